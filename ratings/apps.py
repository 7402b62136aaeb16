from django.apps import AppConfig
from django.db.models.signals import post_migrate


def register_boards(**_: object) -> None:
    from ratings.services import register_boards as register  # noqa: PLC0415 - apps load first

    register()


class RatingsConfig(AppConfig):
    name = "ratings"

    def ready(self) -> None:
        post_migrate.connect(register_boards, sender=self)
