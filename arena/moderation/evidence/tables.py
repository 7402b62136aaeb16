"""The tables of a case's page: win shares, gold questions, newcomers, signals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.utils.translation import gettext as _
from scipy.special import expit

from arena.battles.models import GoldBattle
from arena.contestants.models import Contestant
from arena.integrity.models import Signal
from arena.integrity.statistics.voter.gold import ReaderNull
from arena.leaderboards.models import Outcome
from arena.moderation.evidence.intervals import wilson_interval
from arena.moderation.evidence.sentences import format_e_value, unusual
from arena.moderation.evidence.votes import CaseVote, GoldVote, signals_of
from arena.moderation.models import Case


@dataclass(frozen=True, slots=True)
class WinShare:
    """How often the voters picked a contestant, and how often the board predicts it.

    Shares are in per cent of the `votes` that picked a side; `low` and `high` are Wilson's 95%
    interval.
    """

    contestant: Contestant
    votes: int
    share: float
    low: float
    high: float
    expected: float

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def is_odd(self) -> bool:
        return not self.low <= self.expected <= self.high


@dataclass(frozen=True, slots=True)
class GoldResult:
    """Votes on gold questions of one kind, beside what honest voters do.

    `picked` of the `decided` votes picked the answer that `what` names; the share of honest voters
    lies between `low` and `high`, in per cent.
    """

    what: str
    votes: int
    picked: int
    decided: int
    low: float
    high: float

    @property
    def is_odd(self) -> bool:
        """Whether the 95% interval of the share lies outside the range of honest voters."""
        if not self.decided:
            return False
        least, most = wilson_interval(np.array(self.picked / self.decided), np.array(self.decided))
        return bool(100 * most < self.low or 100 * least > self.high)


@dataclass(frozen=True, slots=True)
class NewcomersDay:
    """Newcomers' votes on a contestant on one day: their number, and shares in per cent."""

    day: date
    votes: int
    share: float
    most: float
    board: float

    @property
    def is_odd(self) -> bool:
        """Whether the share is above that of any honest crowd by more than chance (95%)."""
        low, _ = wilson_interval(np.array(self.share / 100), np.array(self.votes))
        return bool(100 * low > self.most)


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Newcomers' votes on a contestant, from the newest signal of a case.

    `share` names the quantity of the table; about `honest` of the `votes` are expected to be
    honest.
    """

    name: str
    share: str
    accounts: int
    votes: int
    honest: int
    days: list[NewcomersDay]

    @property
    def honest_share(self) -> float:
        return 100 * self.honest / max(1, self.votes)


@dataclass(frozen=True, slots=True)
class SignalSummary:
    """A signal of some of a case's voters, in words; `e_value` is empty if it has none."""

    at: datetime
    text: str
    e_value: str


def signal_summaries(case: Case) -> list[SignalSummary]:
    """All signals of a case's voters, in this case or another, the newest first."""
    signals = signals_of(case)
    names = dict(
        Contestant.objects.filter(
            pk__in=[signal.detail.get("contestant") for signal in signals]
        ).values_list("pk", "name")
    )
    return [
        SignalSummary(
            signal.created_at,
            unusual(signal.kind, signal.detail, names.get(signal.detail.get("contestant"))),
            "" if signal.log_e is None else format_e_value(signal.log_e),
        )
        for signal in signals
    ]


def newcomers_of(case: Case) -> Newcomers | None:
    if case.kind != Signal.Kind.NEWCOMERS or case.contestant is None:
        return None
    newest = case.signals.filter(kind=Signal.Kind.NEWCOMERS).order_by("-pk").first()
    if newest is None:
        return None
    detail, name = newest.detail, case.contestant.name
    share = {
        "lifted": _("Points for %(model)s"),
        "lowered": _("Points for its opponents"),
        "tied": _("Ties and both bad"),
    }[detail["change"]]
    return Newcomers(
        name=name,
        share=share % {"model": name},
        accounts=detail["accounts"],
        votes=detail["votes"],
        honest=detail["honest"],
        days=[
            NewcomersDay(
                date.fromisoformat(row["day"]),
                row["cast"],
                *(100 * row[name] for name in ("score", "most", "board")),
            )
            for row in detail["days"]
        ],
    )


def win_shares(votes: Sequence[CaseVote]) -> list[WinShare]:
    decisive = [
        vote
        for vote in votes
        if not vote.is_gold and vote.outcome in {Outcome.A, Outcome.B} and vote.number is not None
    ]
    if not decisive:
        return []
    sides = np.array([(vote.a, vote.b) for vote in decisive])
    won = np.array([vote.outcome == Outcome.A for vote in decisive], dtype=float)
    p = expit(np.array([vote.difference or 0.0 for vote in decisive]))
    ids, place = np.unique(sides.T.ravel(), return_inverse=True)
    n = np.bincount(place)
    share = np.bincount(place, np.concatenate([won, 1 - won])) / n
    expected = np.bincount(place, np.concatenate([p, 1 - p])) / n
    low, high = wilson_interval(share, n)
    contestants = Contestant.objects.in_bulk(ids.tolist())
    order = np.argsort(-np.abs(share - expected) * np.sqrt(n))
    return [
        WinShare(
            contestant=contestants[int(ids[i])],
            votes=int(n[i]),
            **{
                name: round(100 * float(values[i]), 1)
                for name, values in (
                    *(("share", share), ("expected", expected)),
                    *(("low", low), ("high", high)),
                )
            },
        )
        for i in order
    ]


def gold_results(votes: Sequence[GoldVote]) -> list[GoldResult]:
    kinds: dict[tuple[str, str], list[GoldVote]] = {}
    for vote in votes:
        kinds.setdefault((vote.kind, vote.target or ""), []).append(vote)
    found = []
    for (kind, target), those in sorted(kinds.items(), reverse=True):
        decided = [vote for vote in those if vote.outcome in {Outcome.A, Outcome.B}]
        # Of the side that was changed, of side A if none was.
        picked = sum(vote.outcome == (vote.side or Outcome.A) for vote in decided)
        (low,), (high,) = ReaderNull().bounds(kind, "" if kind == GoldBattle.Kind.SAME else "a")
        if kind == GoldBattle.Kind.DAMAGED:
            picked, low, high = len(decided) - picked, 1 - high, 1 - low
        what = {
            GoldBattle.Kind.SAME: _("Side A, both answers unchanged"),
            GoldBattle.Kind.DAMAGED: _("The intact answer, the other has shuffled words"),
            GoldBattle.Kind.DECOY: _("The answer in the style of %(model)s") % {"model": target},
            GoldBattle.Kind.INVISIBLE_DECOY: _("The answer with an invisible mark of %(model)s")
            % {"model": target},
        }[GoldBattle.Kind(kind)]
        bounds = round(100 * float(low)), round(100 * float(high))
        found.append(GoldResult(what, len(those), picked, len(decided), *bounds))
    return found
