from typing import Any

from django.apps import AppConfig


def check(*, voter_id: Any, **_: Any) -> None:
    from arena.integrity.tasks import request_check  # noqa: PLC0415 - apps load first

    request_check(voter_id)


def note_change(*, vote: Any, delta: int, number: int, is_new: bool, **_: Any) -> None:
    from arena.integrity.ledger import record_count_delta  # noqa: PLC0415 - apps load first

    record_count_delta(vote, delta, number, is_new=is_new)


def note_gold_vote(*, vote: Any, **_: Any) -> None:
    from arena.integrity.ledger import record_gold_vote  # noqa: PLC0415 - apps load first

    record_gold_vote(vote)


def bound(**_: Any) -> None:
    from arena.integrity.weights.bounding import bound_influence  # noqa: PLC0415 - apps load first

    bound_influence()


class IntegrityConfig(AppConfig):
    """Checks on how voters vote: evidence, and holds that a human reviews."""

    name = "arena.integrity"

    def ready(self) -> None:
        from arena.battles.signals import (  # noqa: PLC0415 - apps load first
            gold_question_answered,
            vote_counted,
            vote_recounted,
        )
        from arena.battles.voter_checks import voter_checks  # noqa: PLC0415 - apps load first
        from arena.integrity.collusion.rings import ring_members  # noqa: PLC0415 - apps load first
        from arena.integrity.weighing import suspected_target  # noqa: PLC0415 - apps load first
        from arena.leaderboards.signals import publishing  # noqa: PLC0415 - apps load first

        publishing.connect(bound)
        vote_counted.connect(check)
        vote_recounted.connect(note_change)
        gold_question_answered.connect(note_gold_vote)
        voter_checks.suspected_target = suspected_target
        voter_checks.ring_members = ring_members
