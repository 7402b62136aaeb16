"""What is unusual about a case, in plain sentences."""

import math
from typing import Any

from django.utils.translation import gettext as _

from arena.integrity.flags import FLAGS
from arena.integrity.models import Signal
from arena.moderation.models import Case


def format_e_value(log_e: float) -> str:
    """An e-value with two significant digits: 2,300; from 10^9 on as a power of ten."""
    if log_e > math.log(1e9):
        return f"10^{log_e / math.log(10):.0f}"
    e = math.exp(log_e)
    digits = max(0, len(f"{e:.0f}") - 2)
    return f"{round(e, -digits):,.0f}" if e >= 10 else f"{e:.2g}"


def sentence(case: Case, signal: Signal | None) -> str:
    """What is unusual about a case, and how sure this is."""
    name = case.contestant.name if case.contestant else None
    what = unusual(case.kind, signal.detail if signal else {}, name)
    if case.kind == Signal.Kind.NEWCOMERS:
        sure = _(
            "E-value %(e)s: if all visitors were honest, the chance that votes on any model of this"
            " site ever get this far would be at most 1 in %(e)s."
        )
        return what + " " + sure % {"e": format_e_value(case.log_e)}
    if case.log_e <= 0:
        return what + " " + _("It has no e-value: it only shows where to look.")
    return (
        what
        + " "
        + _("E-value %(e)s: at most 1 in %(e)s honest voters ever gets this far.")
        % {"e": format_e_value(case.log_e)}
    )


def unusual(kind: str, detail: dict[str, Any], name: str | None) -> str:
    """What is unusual about a case's votes, in a sentence without a subject.

    Args:
        kind, detail: of its signal.
        name: of the contestant that they favour or disfavour, if known.
    """
    if kind == Signal.Kind.NEWCOMERS:
        return {
            "lifted": _("New accounts vote for %(model)s more often than any honest crowd would."),
            "lowered": _(
                "New accounts vote against %(model)s more often than any honest crowd would."
            ),
            "tied": _(
                "New accounts call ties with %(model)s more often than any honest crowd would."
            ),
        }[detail.get("change", "lifted")] % {"model": name or _("one model")}
    if kind == Signal.Kind.GROUP:
        return _("Voters who share networks, prompts or devices favour the same side together.")
    if flag := FLAGS.get(detail.get("flag", "")):
        return flag.describe(detail["measure"])
    names = {"model": name or _("one model"), "side": str(detail.get("side", "")).upper()}
    return {
        "favours": _("Votes for %(model)s more often than any honest taste explains."),
        "disfavours": _("Votes against %(model)s more often than any honest taste explains."),
        "omnipresent": _("Votes in every battle for the outcome that helps %(model)s."),
        "seeks": _("Votes on battles of %(model)s, and leaves those of others without a vote."),
        "ties_for": _("Calls ties where %(model)s meets stronger models, more than elsewhere."),
        "ties_against": _("Calls ties where %(model)s meets weaker models, more than elsewhere."),
        "side": _("Picks side %(side)s, whatever the answers are."),
        "pattern": _("Picks sides by a pattern, whatever the answers are."),
        "random": _("Picks at random, whatever the answers are."),
    }.get(detail.get("alternative", ""), _("Votes unlike any honest voter.")) % names
