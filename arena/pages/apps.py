import gc

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "arena.pages"

    def ready(self) -> None:
        """The last app is loaded: collect garbage from now on, but not among the modules."""
        gc.freeze()
        gc.enable()  # `manage.py` waits with it
