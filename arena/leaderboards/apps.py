from django.apps import AppConfig
from django.db.models.signals import post_migrate


def register_boards(**_: object) -> None:
    from arena.leaderboards import boards  # noqa: PLC0415 - apps load first

    boards.register_boards()


class LeaderboardsConfig(AppConfig):
    name = "arena.leaderboards"
    label = "ratings"  # of its tables and migrations

    def ready(self) -> None:
        post_migrate.connect(register_boards, sender=self)
