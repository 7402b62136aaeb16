"""Static files under names that change with their content, also those that modules import."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Rewrites the import statements of ES modules to the hashed names as well."""

    support_js_module_import_aggregation = True
