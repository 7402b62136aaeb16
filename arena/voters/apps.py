from django.apps import AppConfig


class VotersConfig(AppConfig):
    name = "arena.voters"
