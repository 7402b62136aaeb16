"""What a moderator is told once a decision is made, or agreed to."""

from collections.abc import Iterable

from django.contrib import messages
from django.utils.translation import gettext as _

from arena.moderation.models import Approval, Decision

Message = tuple[int, str]


def outcomes(made: Iterable[Decision | Approval]) -> list[Message]:
    """One message for each decision that waits, or is of an exercise, and one for all others.

    Returns: levels of Django's messages, and texts; no text twice.
    """
    return list(dict.fromkeys(_of_approval(m) if isinstance(m, Approval) else _of(m) for m in made))


def _of_approval(approval: Approval) -> Message:
    if approval.granted:
        return messages.SUCCESS, _("Agreed. %s") % _done(approval.decision)
    return messages.INFO, _("Refused. The case is again as it was before that decision.")


def _of(decision: Decision) -> Message:
    number = decision.case_id
    if decision.case.is_revealed_simulation:
        text = _("Case %d was an exercise: its voter was simulated, and nothing changes.")
        return messages.INFO, text % number
    if decision.needs_second:
        text = _(
            "Case %d waits for a second moderator. Nothing changes until a senior moderator agrees."
        )
        return messages.WARNING, text % number
    return messages.SUCCESS, _done(decision)


def _done(decision: Decision) -> str:
    """What a decision that is in force does."""
    undone = decision.undoes
    said = {
        Decision.Kind.HIDE: _("Hidden. Only its author sees the conversation now."),
        Decision.Kind.BAN: _("Banned. The ban ends by itself."),
        Decision.Kind.UPHOLD: _("Upheld. The decision stays, and the voter is told."),
    }.get(Decision.Kind(decision.kind))
    if said:
        return said
    if undone and undone.kind == Decision.Kind.BAN:
        return _("Undone. The networks may open battles again.")
    if decision.case.battle_id:
        if decision.kind == Decision.Kind.DISMISS:
            return _("Dismissed. The conversation stays as it is.")
        public = decision.kind == Decision.Kind.GRANT or (
            undone and undone.kind == Decision.Kind.HIDE
        )
        return _("The conversation is public again.") if public else _("Undone.")
    what = {
        Decision.Kind.UNDO: _("Undone."),
        Decision.Kind.GRANT: _("Appeal granted."),
    }.get(Decision.Kind(decision.kind), _("Decided."))
    if decision.votes.exists():
        return what + " " + _("The boards follow within a minute.")
    return what + " " + _("No vote changes.")
