"""The votes of a case, and the texts of a vote, of real voters or of simulated ones.

A case of the quality check names its `Simulation`. Its votes are shown here like those of any other
case, and exist nowhere else.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypedDict

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, FloatField, Func, IntegerField, OuterRef, Q, Value
from django.db.models.functions import Cast, Extract

from arena.battles.models import ERASED, Battle, GoldBattle, Image, Vote, VoteStanding, VoteWeight
from arena.battles.reading import conversations
from arena.battles.voting.standing import INITIAL_REASON
from arena.integrity.holding import hold_reason
from arena.integrity.models import Signal, VoterEvidence
from arena.leaderboards.models import Outcome
from arena.moderation.models import Case, DecidedVote, Simulation
from arena.voters.throttling.price import DAY

COUNTED, HELD, EXCLUDED = VoteStanding.Standing
REVIEWABLE = {
    VoteStanding.Code.REVIEW,
    VoteStanding.Code.NEWCOMERS,
    VoteStanding.Code.MODERATED,
}
"""Codes of votes that do not count, but that a moderator can count again."""
MOST_SIGNALS = 50
IDS = ArrayField(models.UUIDField())


class CaseVote(NamedTuple):
    """A vote of a case: `cast` in seconds since 1970, `log_e` of its voter after it."""

    pk: int
    voter_id: uuid.UUID
    a: int
    b: int
    outcome: str
    cast: float
    is_gold: bool
    number: int | None
    log_e: float | None
    difference: float | None
    decided_ms: int | None
    standing: str
    code: str
    standing_id: int
    tenths: int = VoteWeight.FULL  # its weight if it counts
    group: str = ""  # what bounds the weight, as in `VoteWeight`
    source_vote: int = 0  # of a simulated vote: whose conversation it shows

    @property
    def texts(self) -> int:
        """The id of the vote whose conversation is shown with it."""
        return self.source_vote or self.pk

    @property
    def cast_at(self) -> datetime:
        return datetime.fromtimestamp(self.cast, UTC)

    @property
    def seconds(self) -> float | None:
        """Seconds from the time when both answers were shown to the vote."""
        return None if self.decided_ms is None else self.decided_ms / 1000

    @property
    def is_weighed(self) -> bool:
        """Whether its weight is shown: only that of votes that count.

        Simulated votes are held and have no weight, so weights of held real votes are hidden too.
        """
        return self.standing == COUNTED and not self.is_gold

    @property
    def weight(self) -> float:
        return self.tenths / VoteWeight.FULL

    @property
    def bounded_by(self) -> str:
        """The group of votes that moved a model too far, in words; empty if it counts fully."""
        return str(VoteWeight.Group(self.group).label) if self.group else ""

    @property
    def outcome_label(self) -> str:
        return str(Outcome(self.outcome).label)

    @property
    def is_reviewable(self) -> bool:
        """Whether a moderator can decide about it: it counts, or is under review or excluded."""
        return self.standing == COUNTED or self.code in REVIEWABLE


def votes_of(case: Case) -> list[CaseVote]:
    """The votes that a case is about, oldest first, in four queries; none of a case of content.

    In a case of newcomers these are only the votes that were held as newcomers' votes; in the
    others all votes of the voters.
    """
    if case.simulation is not None:
        return _simulated_votes(case, case.simulation.votes)
    return _votes(list(case.voters.values_list("pk", flat=True)), _within(case))


def votes_decided_in(decisions: Collection[int]) -> list[CaseVote]:
    """The votes that some decisions changed, or are about to change, oldest first."""
    decided = DecidedVote.objects.filter(decision__in=decisions)
    voters = list(decided.values_list("vote__voter", flat=True).distinct())
    return _votes(voters, Q(pk__in=decided.values("vote")))


def _votes(voters: list[uuid.UUID], where: Q) -> list[CaseVote]:
    """The votes of some voters that match a condition."""
    # Few objects for each vote: many objects start a full garbage collection on most pages.
    place = Func(
        Value(voters, IDS), "voter", function="array_position", output_field=IntegerField()
    )
    rows = (
        Vote.objects.filter(where, voter__in=voters)
        .order_by("pk")
        .values_list(
            *("pk", place, "battle__contestant_a", "battle__contestant_b"),
            # As a number: Django converts each datetime in Python, which is slow.
            *("outcome", Cast(Extract("cast_at", "epoch"), FloatField()), "battle__is_gold"),
            *("weighed__number", "weighed__log_e", "weighed__difference"),
            "attention__server_decided_ms",
        )
    )
    # In one query: for single votes, a planner without statistics reads the whole table each time.
    newest = (
        VoteStanding.objects.filter(vote__voter__in=voters)
        .newest()
        .values_list("vote", "standing", "code", "pk")
    )
    now = {row[0]: row for row in newest}
    weights = (
        VoteWeight.objects.filter(vote__voter__in=voters)
        .order_by("vote", "-pk")
        .distinct("vote")
        .values_list("vote", "tenths", "group")
    )
    weighed = {row[0]: row[1:] for row in weights}
    return [
        CaseVote(*(pk, voters[number - 1], *row, *now[pk][1:], *weighed.get(pk, ())))
        for pk, number, *row in rows
    ]


def _within(case: Case) -> Q:
    """The condition for votes of its voters that a case is about."""
    if case.kind != Signal.Kind.NEWCOMERS:
        return Q()
    about = Q(battle__contestant_a=case.contestant_id) | Q(battle__contestant_b=case.contestant_id)
    held = VoteStanding.objects.filter(vote=OuterRef("pk"), code=VoteStanding.Code.NEWCOMERS)
    return Q(Exists(held)) & about


class GoldVote(NamedTuple):
    """A vote on a gold question: its kind, the changed `side`, and the imitated contestant."""

    kind: str
    side: str
    target: str | None  # name
    outcome: str


def gold_votes_of(case: Case) -> list[GoldVote]:
    """The votes of a case's voters on gold questions; simulated voters have none."""
    if case.simulation is not None:
        return []
    checks = GoldBattle.objects.filter(battle__vote__voter__in=case.voters.all())
    checks = checks.exclude(kind=GoldBattle.Kind.VOIDED)
    rows = checks.values_list("kind", "side", "target__name", "battle__vote__outcome")
    return [GoldVote(*row) for row in rows]


class SimulatedVote(TypedDict):
    """A vote as a `Simulation` keeps it.

    Contestants are ids; `at` is in seconds from some midnight; `texts` the vote whose
    conversation it shows.
    """

    pk: int
    texts: int
    a: int
    b: int
    outcome: str
    at: float
    decided_ms: int
    difference: float
    log_e: float


def _simulated_votes(case: Case, rows: Sequence[SimulatedVote]) -> list[CaseVote]:
    """The votes of a simulation, all held; the last was cast in the day before the case opened.

    Their ids look like those of real votes of that time, and differ between cases.
    """
    voter_id = case.voters.values_list("pk", flat=True).get()
    rows = rows[: case.votes]
    midnight = case.opened_at.replace(hour=0, minute=0, second=0, microsecond=0)
    midnight -= timedelta(days=rows[-1]["at"] // DAY)
    if midnight + timedelta(seconds=rows[-1]["at"]) > case.opened_at:
        midnight -= timedelta(days=1)
    return [
        CaseVote(
            pk=row["pk"] + case.pk,
            voter_id=voter_id,
            a=row["a"],
            b=row["b"],
            outcome=row["outcome"],
            cast=midnight.timestamp() + row["at"],
            is_gold=False,
            number=number,
            log_e=row["log_e"],
            difference=row["difference"],
            decided_ms=row["decided_ms"],
            standing=HELD,
            code=VoteStanding.Code.REVIEW,
            standing_id=0,
            source_vote=row["texts"],
        )
        for number, row in enumerate(rows, 1)
    ]


def strongest_signal(case: Case) -> Signal | None:
    """The signal of a case with the highest e-value."""
    if case.simulation is not None:
        return _simulated_signal(case, case.simulation)
    return case.signals.order_by(F("log_e").desc(nulls_last=True), "-pk").first()


def strongest_signals(cases: Sequence[Case]) -> dict[int, Signal]:
    """The strongest signal of each of these cases, by the case's id."""
    found = {
        case.pk: _simulated_signal(case, case.simulation)
        for case in cases
        if case.simulation is not None
    }
    through = (
        Case.signals.through.objects.filter(
            case__in=[case for case in cases if case.pk not in found]
        )
        .select_related("signal")
        .order_by("case_id", F("signal__log_e").desc(nulls_last=True), "-signal_id")
        .distinct("case_id")
    )
    return found | {row.case_id: row.signal for row in through}


def signals_of(case: Case) -> list[Signal]:
    """The signals about a case's voters, in this case or another, the newest first."""
    if case.simulation is not None:
        return [_simulated_signal(case, case.simulation)]
    signals = Signal.objects.filter(voters__in=case.voters.all())
    return list(signals.distinct().order_by("-pk")[:MOST_SIGNALS])


def _simulated_signal(case: Case, simulation: Simulation) -> Signal:
    return Signal(
        kind=case.kind,
        log_e=max(row["log_e"] for row in simulation.votes[: case.votes]),
        detail=simulation.detail,
        created_at=case.opened_at,
    )


class ReviewedTurn(NamedTuple):
    """A turn as moderators read it: `answers` by side."""

    prompt: str
    answers: dict[str, str]
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class VoteDetail:
    """A vote of a case, with its conversation and its standings."""

    vote: Vote
    seconds: float | None
    exchanges: list[ReviewedTurn]
    standings: list[VoteStanding]
    weights: list[VoteWeight]
    """The newest first; empty for a vote that does not count."""


def vote_detail(case: Case, vote_id: int) -> VoteDetail | None:
    """A vote of a case's voters; None if the case has no such vote."""
    votes = Vote.objects.select_related("battle__contestant_a", "battle__contestant_b", "attention")
    if case.simulation is not None:
        found = next((vote for vote in votes_of(case) if vote.pk == vote_id), None)
        return found and _simulated(case, found, votes.get(pk=found.texts).battle)
    vote = (
        votes.filter(pk=vote_id, voter__in=case.voters.all())
        .prefetch_related("standings__author")
        .first()
    )
    if vote is None:
        return None
    attention = getattr(vote, "attention", None)
    standings = list(vote.standings.all())
    counts = standings[0].standing == COUNTED
    return VoteDetail(
        vote=vote,
        seconds=attention and attention.server_decided_ms / 1000,
        exchanges=exchanges_of(vote.battle),
        standings=standings,
        weights=list(vote.weights.all()) if counts else [],
    )


def exchanges_of(battle: Battle) -> list[ReviewedTurn]:
    """The prompts and answers of a battle, turn by turn."""
    turns = battle.turns.select_related("image").prefetch_related("answers")
    return [
        ReviewedTurn(
            prompt=turn.prompt,
            answers={answer.get_side_display(): answer.text for answer in turn.answers.all()},
            image=getattr(turn, "image", None),
        )
        for turn in turns
    ]


def _simulated(case: Case, found: CaseVote, battle: Battle) -> VoteDetail:
    """A vote of a simulation; its conversation is erased once it is no longer public."""
    public = conversations.conversation_of(battle.pk)
    said = conversations.exchanges(public) if public else [conversations.Exchange(*3 * [ERASED])]
    evidence = VoterEvidence(peak_log_e=max(vote.log_e or 0.0 for vote in votes_of(case)))
    return VoteDetail(
        vote=Vote(pk=found.pk, battle=battle, outcome=found.outcome, cast_at=found.cast_at),
        seconds=found.seconds,
        exchanges=[ReviewedTurn(turn.prompt, {"A": turn.a, "B": turn.b}) for turn in said],
        standings=[
            VoteStanding(standing=HELD, reason=hold_reason(evidence), created_at=case.opened_at),
            VoteStanding(standing=COUNTED, reason=INITIAL_REASON, created_at=found.cast_at),
        ],
        weights=[],
    )
