"""Static files under names that change with their content, also those that modules import."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# A name depends on the names of all that the module imports: one pass for each step of the longest
# chain of imports, which Django's own 5 are too few for.
PASSES = 50


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Rewrites the import statements of ES modules to the hashed names as well."""

    support_js_module_import_aggregation = True
    max_post_process_passes = PASSES


class CompressedModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """The same, with a gzip and a brotli copy of each file, which takes a while to make."""

    support_js_module_import_aggregation = True
    max_post_process_passes = PASSES
