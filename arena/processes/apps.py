from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    name = "arena.processes"

    def ready(self) -> None:
        from arena.processes import checks  # noqa: F401, PLC0415 - registers them
