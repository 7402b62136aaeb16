from django.apps import AppConfig


class ContestantsConfig(AppConfig):
    name = "arena.contestants"
