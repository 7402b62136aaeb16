"""Rules about battles that many queries need, each by one name.

Every rule comes as a method of QuerySets; as a condition (`Q`), for queries of other models; and as
SQL, for queries that Django cannot write.
"""

import uuid
from typing import TYPE_CHECKING, Self

from django.db.models import Q, QuerySet

from arena.voters.people import of_person

if TYPE_CHECKING:
    from arena.battles.models.battle import Battle  # noqa: F401
    from arena.battles.models.feedback import Report  # noqa: F401
    from arena.battles.models.turn import Answer, Turn  # noqa: F401


def rankable(battle: str = "") -> Q:
    """Battles whose votes may count on boards: blind, no gold question, not opened by a program.

    Args:
        battle: the path of the lookup that leads to the battle, such as `battle__`.
    """
    return Q(**{f"{battle}mode": "blind", f"{battle}is_gold": False, f"{battle}by_program": False})


def rankable_sql(battle: str = "battle") -> str:
    """The condition of `rankable` in SQL, given the alias of the battle's row."""
    return f"{battle}.mode = 'blind' AND NOT {battle}.is_gold AND NOT {battle}.by_program"


def drawn(battle: str = "") -> Q:
    """Battles that visitors of the pages take for ordinary ones: blind, not opened by a program.

    Gold questions are among them, since no visitor can tell.
    """
    return Q(**{f"{battle}mode": "blind", f"{battle}by_program": False})


def exported(battle: str = "") -> Q:
    """Battles whose votes are published in exports: blind, and no gold question.

    Votes of programs are published too, with the standing that says that they do not count.
    """
    return Q(**{f"{battle}mode": "blind", f"{battle}is_gold": False})


def exported_sql(battle: str = "battle") -> str:
    """The condition of `exported` in SQL, given the alias of the battle's row."""
    return f"{battle}.mode = 'blind' AND NOT {battle}.is_gold"


def kept(turn: str = "") -> Q:
    """Turns that are part of the conversation.

    Args:
        turn: the path of the lookup that leads to the turn, such as `turn__`.
    """
    return Q(**{f"{turn}excluded_reason": ""})


def kept_sql(turn: str = "turn") -> str:
    """The condition of `kept` in SQL, given the alias of the turn's row."""
    return f"{turn}.excluded_reason = ''"


class ReportQuerySet(QuerySet["Report"]):
    def of_person(self, voter_id: uuid.UUID) -> Self:
        """Those of a voter and of the guests merged into it."""
        return self.filter(of_person(voter_id))


class BattleQuerySet(QuerySet["Battle"]):
    def of_person(self, voter_id: uuid.UUID) -> Self:
        """Those of a voter and of the guests merged into it."""
        return self.filter(of_person(voter_id))

    def rankable(self) -> Self:
        """Those whose votes may count on boards, see `rankable`."""
        return self.filter(rankable())

    def drawn(self) -> Self:
        """Those that visitors of the pages take for ordinary ones, see `drawn`."""
        return self.filter(drawn())


class TurnQuerySet(QuerySet["Turn"]):
    def kept(self) -> Self:
        """Those that are part of the conversation."""
        return self.filter(kept())


class AnswerQuerySet(QuerySet["Answer"]):
    def kept(self) -> Self:
        """Those in turns that are part of the conversation."""
        return self.filter(kept("turn__"))
