"""The messages to a moderator after a decision or an approval."""

from collections.abc import Iterable

from django.contrib import messages
from django.utils.translation import gettext as _

from arena.moderation.models import Approval, Decision

Message = tuple[int, str]


def outcomes(made: Iterable[Decision | Approval]) -> list[Message]:
    """The level and the text of each message, without repetitions.

    Decisions that wait for a second moderator or belong to exercises have a message each; the
    others share one.
    """
    return list(dict.fromkeys(_of_approval(m) if isinstance(m, Approval) else _of(m) for m in made))


def _of_approval(approval: Approval) -> Message:
    if approval.granted:
        return messages.SUCCESS, _("Approved. %s") % _done(approval.decision)
    return messages.INFO, _("Refused. The case is as it was before the decision.")


def _of(decision: Decision) -> Message:
    number = decision.case_id
    if decision.case.is_revealed_simulation:
        text = _("Case %d was an exercise with a simulated voter. Nothing changes.")
        return messages.INFO, text % number
    if decision.needs_second:
        text = _(
            "Case %d waits for a second moderator. Nothing changes until a senior moderator"
            " approves the decision."
        )
        return messages.WARNING, text % number
    return messages.SUCCESS, _done(decision)


def _done(decision: Decision) -> str:
    """The message about a decision in force."""
    undone = decision.undoes
    said = {
        Decision.Kind.HIDE: _("Hidden. Only the author can see the conversation now."),
        Decision.Kind.BAN: _("Banned. The ban ends by itself."),
        Decision.Kind.UPHOLD: _("Upheld. The decision stands, and the voter is informed."),
    }.get(Decision.Kind(decision.kind))
    if said:
        return said
    if undone and undone.kind == Decision.Kind.BAN:
        return _("Undone. The networks can open battles again.")
    if decision.case.battle_id:
        if decision.kind == Decision.Kind.DISMISS:
            return _("Dismissed. The conversation does not change.")
        public = decision.kind == Decision.Kind.GRANT or (
            undone and undone.kind == Decision.Kind.HIDE
        )
        return _("The conversation is public again.") if public else _("Undone.")
    what = {
        Decision.Kind.UNDO: _("Undone."),
        Decision.Kind.GRANT: _("Appeal granted."),
    }.get(Decision.Kind(decision.kind), _("Decided."))
    if decision.votes.exists():
        return what + " " + _("The leaderboards change within a minute.")
    return what + " " + _("No vote changes.")
