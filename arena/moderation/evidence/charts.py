"""What the page of a case shows of its votes: figures, and what its pictures are drawn from."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from scipy.special import expit

from arena.battles.models import Canary
from arena.contestants.models import Contestant
from arena.integrity.flags import HABITS
from arena.integrity.models import Signal
from arena.integrity.statistics.voter.gold import Reading
from arena.integrity.statistics.voter.preference import Floats
from arena.leaderboards.models import Outcome
from arena.moderation.evidence.votes import CaseVote, CheckVote, check_votes_of, signals_of
from arena.moderation.models import Case

MOST_POINTS = 200  # of a picture; more are not told apart
MOST_LINES = 8
MOST_MODELS = 40  # of the table of what was picked, unless all are asked for
Z = 1.96


@dataclass(frozen=True, slots=True)
class Step:
    """An e-value after a vote, for the table behind the picture."""

    number: int
    vote: CaseVote
    e_value: str


@dataclass(frozen=True, slots=True)
class Process:
    """The e-processes over the votes, one line for each voter: powers of ten at vote numbers."""

    numbers: list[int]
    lines: list[list[float | None]]
    threshold_power: float
    threshold: str
    highest: str
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Picked:
    """How often a contestant was picked, with Wilson's 95% interval, and what the board predicts.

    Shares in per cent of the `votes` that picked a side.
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
class Checked:
    """What was picked in check battles of one kind, and where an honest voter's share may be.

    `picked` of the votes that `decided`; `low` and `high` in per cent.
    """

    what: str
    votes: int
    picked: int
    decided: int
    low: float
    high: float

    @property
    def is_odd(self) -> bool:
        """Whether the 95% interval of the share lies outside of what is honest."""
        if not self.decided:
            return False
        least, most = wilson(np.array(self.picked / self.decided), np.array(self.decided))
        return bool(100 * most < self.low or 100 * least > self.high)


@dataclass(frozen=True, slots=True)
class Timed:
    """Votes by when they were cast, in seconds since 1970, and the seconds that they took."""

    votes: list[int]
    cast: list[float]
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class NewcomersDay:
    """Newcomers' votes on a contestant on a day: how many, and shares in per cent."""

    day: date
    votes: int
    share: float
    most: float
    board: float

    @property
    def is_odd(self) -> bool:
        """Whether it is above that of any honest crowd by more than chance (95%)."""
        low, _ = wilson(np.array(self.share / 100), np.array(self.votes))
        return bool(100 * low > self.most)


@dataclass(frozen=True, slots=True)
class Newcomers:
    """What newcomers do to a contestant, from the newest signal of a case.

    `share` is what their votes are measured by, in words; `honest` of the `votes` of all
    `accounts` are expected to be honest, `honest_share` in per cent.
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
class Told:
    """A signal of some of a case's voters, in words; `e_value` is empty if it has none."""

    at: datetime
    text: str
    e_value: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of a case's pictures."""

    sentence: str
    signals: list[Told]
    process: Process | None
    picked: list[Picked]
    checked: list[Checked]
    timed: Timed | None
    hours: list[int]  # votes of each hour of the day, in UTC
    sides: list[tuple[str, int, float]]  # label, votes, per cent
    newcomers: Newcomers | None = None

    @property
    def charts(self) -> dict[str, Any]:
        """What the page draws, in columns."""
        charts: dict[str, Any] = {"hours": self.hours}
        if self.process:
            charts["process"] = {
                "numbers": self.process.numbers,
                "lines": self.process.lines,
                "threshold": self.process.threshold_power,
            }
        if self.timed:
            charts["timed"] = asdict(self.timed)
        return charts


def evidence_of(case: Case, signal: Signal | None, votes: Sequence[CaseVote]) -> Evidence:
    """The pictures of a case, from its votes and the signal that tells most."""
    outcomes = Counter(vote.outcome for vote in votes)
    total = max(1, len(votes))
    newcomers = _newcomers(case)
    return Evidence(
        sentence=sentence(case, signal),
        signals=_signals(case),
        # Of newcomers only votes that speak for one thing are held: of these both would be unfair.
        process=None if newcomers else _process(votes),
        picked=[] if newcomers else _picked(votes),
        newcomers=newcomers,
        checked=_checked(check_votes_of(case)),
        timed=_timed(votes),
        hours=_hours(votes),
        sides=[
            (label, outcomes[outcome], 100 * outcomes[outcome] / total)
            for outcome, label in (
                (Outcome.A, _("Side A")),
                (Outcome.B, _("Side B")),
                (Outcome.TIE, _("Tie")),
                (Outcome.BOTH_BAD, _("Both bad")),
            )
        ],
    )


def told(log_e: float) -> str:
    """An e-value as it is written: 2,300, or 10^12 where nobody counts digits."""
    if log_e > math.log(1e9):
        return f"10^{log_e / math.log(10):.0f}"
    e = math.exp(log_e)
    digits = max(0, len(f"{e:.0f}") - 2)
    return f"{round(e, -digits):,.0f}" if e >= 10 else f"{e:.2g}"


def sentence(case: Case, signal: Signal | None) -> str:
    """What is unusual, and how sure that is, in plain words."""
    name = case.contestant.name if case.contestant else None
    what = unusual(case.kind, signal.detail if signal else {}, name)
    if case.kind == Signal.Kind.NEWCOMERS:
        sure = _(
            "E-value %(e)s: with honest visitors alone, votes about any model of this site ever get"
            " there with a chance of at most 1 in %(e)s."
        )
        return what + " " + sure % {"e": told(case.log_e)}
    if case.log_e <= 0:
        return what + " " + _("No e-value belongs to it: it says where to look, nothing more.")
    return (
        what
        + " "
        + _("E-value %(e)s: an honest voter ever gets there with a chance of at most 1 in %(e)s.")
        % {"e": told(case.log_e)}
    )


def unusual(kind: str, detail: dict[str, Any], name: str | None) -> str:
    """What is unusual about a case's votes, in a sentence without a subject.

    Args:
        kind, detail: of its signal.
        name: of the contestant that they favour or disfavour, if known.
    """
    if kind == Signal.Kind.NEWCOMERS:
        return {
            "lifted": _("New accounts together vote for %(model)s as no honest crowd would."),
            "lowered": _("New accounts together vote against %(model)s as no honest crowd would."),
            "tied": _("New accounts together call %(model)s a tie as no honest crowd would."),
        }[detail.get("change", "lifted")] % {"model": name or _("one model")}
    if kind == Signal.Kind.GROUP:
        return _("Voters who share networks, prompts or devices favour the same side together.")
    if habit := HABITS.get(detail.get("habit", "")):
        return habit.told(detail["measure"])
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
    }.get(detail.get("alternative", ""), _("Votes as no honest voter would.")) % names


def _signals(case: Case) -> list[Told]:
    """All that was told of the case's voters, in this case or another, the newest first."""
    signals = signals_of(case)
    names = dict(
        Contestant.objects.filter(
            pk__in=[signal.detail.get("contestant") for signal in signals]
        ).values_list("pk", "name")
    )
    return [
        Told(
            signal.created_at,
            unusual(signal.kind, signal.detail, names.get(signal.detail.get("contestant"))),
            "" if signal.log_e is None else told(signal.log_e),
        )
        for signal in signals
    ]


def _newcomers(case: Case) -> Newcomers | None:
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


def _spread(count: int, most: int = MOST_POINTS) -> list[int]:
    """Places of at most `most` of so many points, the first and the last among them."""
    places = np.linspace(0, count - 1, min(count, most)).round().astype(int)
    return [int(place) for place in np.unique(places)]


def _process(votes: Sequence[CaseVote]) -> Process | None:
    weighed: dict[Any, list[tuple[int, float, CaseVote]]] = {}
    for vote in votes:
        if vote.number is not None and vote.log_e is not None:
            weighed.setdefault(vote.voter_id, []).append((vote.number, vote.log_e, vote))
    if not weighed:
        return None
    lines = sorted(weighed.values(), key=len, reverse=True)[:MOST_LINES]
    powers = [
        {line[place][0]: line[place][1] / math.log(10) for place in _spread(len(line))}
        for line in lines
    ]
    numbers = sorted(set().union(*powers))
    longest = lines[0]
    return Process(
        numbers=numbers,
        lines=[[power.get(number) for number in numbers] for power in powers],
        threshold_power=-math.log10(settings.ARENA_HOLD_ALPHA),
        threshold=f"{1 / settings.ARENA_HOLD_ALPHA:,.0f}",
        highest=told(max(max(log_e for _, log_e, _ in line) for line in lines)),
        steps=[
            Step(longest[place][0], longest[place][2], told(longest[place][1]))
            for place in _spread(len(longest), 40)
        ],
    )


def _picked(votes: Sequence[CaseVote]) -> list[Picked]:
    decisive = [
        vote
        for vote in votes
        if not vote.is_check and vote.outcome in {Outcome.A, Outcome.B} and vote.number is not None
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
    low, high = wilson(share, n)
    contestants = Contestant.objects.in_bulk(ids.tolist())
    order = np.argsort(-np.abs(share - expected) * np.sqrt(n))
    return [
        Picked(
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


def _checked(votes: Sequence[CheckVote]) -> list[Checked]:
    kinds: dict[tuple[str, str], list[CheckVote]] = {}
    for vote in votes:
        kinds.setdefault((vote.kind, vote.target or ""), []).append(vote)
    found = []
    for (kind, target), those in sorted(kinds.items(), reverse=True):
        decided = [vote for vote in those if vote.outcome in {Outcome.A, Outcome.B}]
        # Of the side that was changed, of side A if none was.
        picked = sum(vote.outcome == (vote.side or Outcome.A) for vote in decided)
        (low,), (high,) = Reading().bounds(kind, "" if kind == Canary.Kind.SAME else "a")
        if kind == Canary.Kind.DAMAGED:
            picked, low, high = len(decided) - picked, 1 - high, 1 - low
        what = {
            Canary.Kind.SAME: _("Side A, both as they came"),
            Canary.Kind.DAMAGED: _("The sound one, the other's words out of order"),
            Canary.Kind.DECOY: _("The one in the manner of %(model)s") % {"model": target},
            Canary.Kind.MARKED: _("The one marked as those of %(model)s, unseen")
            % {"model": target},
        }[Canary.Kind(kind)]
        bounds = round(100 * float(low)), round(100 * float(high))
        found.append(Checked(what, len(those), picked, len(decided), *bounds))
    return found


def wilson(share: Floats, n: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """95% intervals of shares of `n`, in their shape.

    Wilson 1927, Journal of the American Statistical Association 22, 209-212.
    """
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def _timed(votes: Sequence[CaseVote]) -> Timed | None:
    timed = [vote for vote in votes if vote.decided_ms is not None]
    if not timed:
        return None
    kept = sorted((timed[place] for place in _spread(len(timed))), key=lambda vote: vote.cast)
    return Timed(
        votes=[vote.pk for vote in kept],
        cast=[vote.cast for vote in kept],
        seconds=[(vote.decided_ms or 0) / 1000 for vote in kept],
    )


def _hours(votes: Sequence[CaseVote]) -> list[int]:
    counts = Counter(int(vote.cast // 3600) % 24 for vote in votes)
    return [counts[hour] for hour in range(24)]
