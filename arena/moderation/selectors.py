"""Reads of cases: the queue, the votes behind a case, and what a decision would do."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from numpy.typing import NDArray

from arena.battles.models import Battle, Origin, Report, Turn, Vote, VoteStanding
from arena.battles.reading.battle_view import of_voter
from arena.battles.voting.boards import boards_of
from arena.contestants.models import Contestant
from arena.integrity.models import Signal
from arena.integrity.selectors import SEEN_FROM_B
from arena.moderation.models import Appeal, Case, DecidedVote, Decision
from arena.moderation.votes import COUNTED, EXCLUDED, HELD, CaseVote, votes_of
from arena.voters.models import Voter
from ratings import core
from ratings.boards import OVERALL
from ratings.models import Board, Outcome
from ratings.selectors import Variant, counts_of

TOP = 10  # the ranks that a decision may move only so far without a second moderator


def within(votes: Iterable[CaseVote], scope: dict[str, Any]) -> list[CaseVote]:
    """Those of a decision's scope: all, of a period (dates, both included), or a selection.

    Raises:
        ValueError: the scope names no dates.
    """
    since = date.fromisoformat(scope["since"]) if scope.get("since") else date.min
    until = date.fromisoformat(scope["until"]) if scope.get("until") else date.max
    chosen = set(scope.get("votes", ()))
    return [
        vote
        for vote in votes
        if since <= vote.cast_at.date() <= until and (not chosen or vote.pk in chosen)
    ]


OF_VOTES = (
    Decision.Kind.DISMISS,
    Decision.Kind.HOLD,
    Decision.Kind.EXCLUDE,
    Decision.Kind.GROUP,
    Decision.Kind.SUSPEND,
)
OF_NEWCOMERS = (Decision.Kind.DISMISS, Decision.Kind.HOLD, Decision.Kind.EXCLUDE)
"""No voter of them is named: honest ones are among them."""

OF_CONTENT = (Decision.Kind.DISMISS, Decision.Kind.HIDE)


def decisions_for(case: Case) -> tuple[Decision.Kind, ...]:
    """What can be decided in such a case."""
    if case.kind == Signal.Kind.NEWCOMERS:
        return OF_NEWCOMERS
    return OF_CONTENT if case.battle_id else OF_VOTES


def of_same(signal: Signal, voters: Collection[Voter]) -> Q:
    """Cases about what a signal is about: its voters; or what newcomers do to a contestant."""
    if signal.kind == Signal.Kind.NEWCOMERS:
        about = {key: signal.detail[key] for key in ("contestant", "change")}
        same = Signal.objects.filter(kind=signal.kind, detail__contains=about)
        return Q(pk__in=Case.signals.through.objects.filter(signal__in=same).values("case"))
    return Q(pk__in=Case.voters.through.objects.filter(voter__in=voters).values("case"))


def touched(kind: str, votes: Iterable[CaseVote]) -> list[CaseVote]:
    """The votes whose standing such a decision changes."""
    from_standings = {
        Decision.Kind.DISMISS: {HELD},
        Decision.Kind.HOLD: {COUNTED},
        Decision.Kind.EXCLUDE: {COUNTED, HELD},
        Decision.Kind.GROUP: {COUNTED, HELD},
        Decision.Kind.SUSPEND: {COUNTED, HELD},
    }.get(Decision.Kind(kind), set())
    return [vote for vote in votes if vote.ours and vote.standing in from_standings]


def restored(decision: Decision, votes: Iterable[CaseVote]) -> list[CaseVote]:
    """The votes that still stand as a decision left them, or as they came in by its suspension."""
    left = dict(decision.votes.exclude(after=None).values_list("vote", "after"))
    came: set[int] = set()
    if decision.kind == Decision.Kind.SUSPEND:
        later = Vote.objects.filter(voter__in=decision.case.voters.all(), standings__author=None)
        moderated = later.filter(standings__code=VoteStanding.Code.MODERATED)
        came.update(moderated.values_list("standings", flat=True))
    return [
        vote for vote in votes if left.get(vote.pk) == vote.standing_id or vote.standing_id in came
    ]


Changes = NDArray[np.int64]
"""Of counts: ids of the pair, the lower first, the outcome's code, and tenths; (votes, 4)."""


def changes(votes: Collection[CaseVote], delta: int) -> Changes:
    """What these votes add to a board's counts (delta 1), or take from them (-1)."""
    rows = [
        (vote.a, vote.b, core.OUTCOMES.index(vote.outcome), delta * vote.tenths)
        if vote.a < vote.b
        else (
            *(vote.b, vote.a),
            *(core.OUTCOMES.index(SEEN_FROM_B[Outcome(vote.outcome)]), delta * vote.tenths),
        )
        for vote in votes
        if not vote.is_check
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class Shift:
    """A contestant's rating in points and rank on a board, before and after a change of it."""

    contestant: Contestant
    before: float
    after: float
    rank_before: int
    rank_after: int

    @property
    def points(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class BoardEffect:
    """What a change of counts does to a board; the largest shifts first.

    `top` is the most points by which one of the ten highest, before or after, is moved.
    """

    board: Board
    votes: int
    shifts: list[Shift]
    top: float

    @property
    def largest(self) -> list[Shift]:
        return [shift for shift in self.shifts[:TOP] if abs(shift.points) >= 0.05]


def board_effect(board: Board, before: Changes, after: Changes) -> BoardEffect:
    """How a board's ratings move from its counts with some changes to those with others."""
    counts = counts_of(Variant(board))
    named = np.concatenate([before[:, :2].ravel(), after[:, :2].ravel()])
    ids = np.union1d(np.array(counts.ids, dtype=np.int64), named)
    fits = []
    for changed in (before, after):
        cells = np.zeros((len(ids), len(ids), 4))
        place = np.searchsorted(ids, np.array(counts.ids, dtype=np.int64))
        cells[place[counts.table.first], place[counts.table.second]] = counts.table.cells
        first, second = np.searchsorted(ids, changed[:, 0]), np.searchsorted(ids, changed[:, 1])
        np.add.at(cells, (first, second, changed[:, 2]), changed[:, 3] / 10)
        cells = np.maximum(cells.round(1), 0.0)
        here, there = np.nonzero(cells.any(axis=2))
        table = core.PairTable(tuple(map(str, ids)), here, there, *cells[here, there].T)
        fits.append(core.fit(table))
    old, new = fits
    highest = {*np.argsort(-old.ratings)[:TOP].tolist(), *np.argsort(-new.ratings)[:TOP].tolist()}
    top = max((abs(float(new.ratings[i] - old.ratings[i])) for i in highest), default=0.0)
    contestants = Contestant.objects.in_bulk(ids.tolist())
    shifts = [
        Shift(
            contestant=contestants[int(pk)],
            before=float(old.ratings[i]),
            after=float(new.ratings[i]),
            rank_before=int(old.rank[i]),
            rank_after=int(new.rank[i]),
        )
        for i, pk in enumerate(ids)
    ]
    shifts.sort(key=lambda shift: -abs(shift.points))
    return BoardEffect(board, max(len(before), len(after)), shifts, top)


def effect_without(board: Board, votes: Sequence[CaseVote]) -> BoardEffect:
    """A board without these votes, against the board with all of them that may count."""
    ours = [vote for vote in votes if vote.ours]
    if board.slug != OVERALL:
        ours = on_board(ours, board.slug)
    here = [vote for vote in ours if vote.standing == COUNTED]
    away = [vote for vote in ours if vote.standing != COUNTED]
    return board_effect(board, changes(away, 1), changes(here, -1))


def on_board(votes: Sequence[CaseVote], slug: str) -> list[CaseVote]:
    """Those of the votes that count on a board, or would."""
    found = boards_by_vote(vote.texts for vote in votes)
    return [vote for vote in votes if slug in found[vote.texts]]


def boards_by_vote(votes: Iterable[int]) -> dict[int, set[str]]:
    """The slugs of the boards that each of these votes (ids) counts on."""
    turns: dict[int, list[Turn]] = {}
    columns = ("number", "repeats_id", "topics", "language")
    found = Turn.objects.filter(battle__vote__in=list(votes)).only("battle_id", *columns)
    for turn in found.annotate(vote=F("battle__vote")):
        turns.setdefault(turn.vote, []).append(turn)
    return {vote: boards_of(own) for vote, own in turns.items()}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do: how many votes change, from and to what, and the overall board."""

    case: Case
    votes: list[CaseVote]
    standing: str
    effect: BoardEffect | None

    @property
    def influence(self) -> float:
        return self.effect.top if self.effect else 0.0


NOW = {
    Decision.Kind.DISMISS: COUNTED,
    Decision.Kind.HOLD: HELD,
    Decision.Kind.EXCLUDE: EXCLUDED,
    Decision.Kind.GROUP: EXCLUDED,
    Decision.Kind.SUSPEND: EXCLUDED,
    Decision.Kind.GRANT: COUNTED,
    Decision.Kind.UNDO: COUNTED,
}
"""The standing that a decision gives to votes that it does not put back to an earlier one."""


def preview(case: Case, kind: str, scope: dict[str, Any]) -> Preview:
    """What such a decision would do, without doing it."""
    votes = touched(kind, within(votes_of(case), scope))
    standing = NOW.get(Decision.Kind(kind), "")
    return Preview(case, votes, standing, _moved(votes, standing))


@dataclass(frozen=True, slots=True)
class Together:
    """What one decision in several cases does in sum, and the points that hang on it.

    `moves` has how many votes go from which standing to which.
    """

    moves: list[tuple[int, str, str]]
    effect: BoardEffect | None
    at_stake: float

    @property
    def needs_second(self) -> bool:
        """Whether a second moderator has to agree."""
        return bool(self.at_stake > settings.ARENA_SECOND_MODERATOR_POINTS)


def together(previews: Iterable[Preview], kind: str) -> Together:
    """The sum of what was previewed; a vote in several of the cases is one."""
    each = {(vote.voter_id, vote.pk): vote for found in previews for vote in found.votes}
    votes = list(each.values())
    after = NOW.get(Decision.Kind(kind), "")
    before = Counter(vote.standing for vote in votes)
    moves = [
        (before[now], str(now.label), _label(after)) for now in VoteStanding.Standing if before[now]
    ]
    return Together(moves, _moved(votes, after), stakes(kind, votes))


def _label(standing: str) -> str:
    return str(VoteStanding.Standing(standing).label) if standing else ""


def at_stake(cases: Iterable[Case], kind: str, scope: dict[str, Any]) -> float:
    """The points that hang on one decision in all of these cases together."""
    real = [case for case in cases if case.simulation_id is None]
    each = {vote.pk: vote for case in real for vote in within(votes_of(case), scope)}
    return stakes(kind, touched(kind, each.values()))


def _moved(votes: Sequence[CaseVote], standing: str) -> BoardEffect | None:
    """What it does to the overall board if these votes get a standing; None: nothing."""
    gone = [vote for vote in votes if vote.standing == COUNTED and standing != COUNTED]
    come = [vote for vote in votes if vote.standing != COUNTED and standing == COUNTED]
    if not gone and not come:
        return None
    nothing = changes([], 1)
    board = Board.objects.get(slug=OVERALL)
    return board_effect(board, nothing, np.concatenate([changes(gone, -1), changes(come, 1)]))


def stakes(kind: str, votes: Sequence[CaseVote]) -> float:
    """The most points that hang on a decision about these votes for one of the ten highest.

    Votes that are held already move nothing when they are excluded; but it is then that they are
    lost to the board.
    """
    if kind == Decision.Kind.HOLD or not votes:
        return 0.0
    return effect_without(Board.objects.get(slug=OVERALL), votes).top


def networks_of(case: Case) -> set[str]:
    """The names that the networks of a case's voters have today, and had yesterday."""
    since = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    if case.simulation_id is not None:
        return {"simulated"} if case.opened_at >= since else set()
    origins = Origin.objects.filter(battle__voter__in=case.voters.all(), created_at__gte=since)
    return set(origins.exclude(network="").values_list("network", flat=True))


def accounts_of(voter_id: uuid.UUID) -> set[uuid.UUID]:
    """A voter and the guests joined to them."""
    own = Voter.objects.filter(Q(pk=voter_id) | Q(joined=voter_id))
    return set(own.values_list("pk", flat=True))


def reports_without_case() -> list[Report]:
    """Reports that came before their cases were opened at once, the oldest first."""
    return list(Report.objects.filter(battle__case=None).order_by("pk"))


def signals_without_case() -> list[int]:
    """Signals whose case was not opened."""
    in_case = Case.signals.through.objects.filter(signal=OuterRef("pk"))
    return list(Signal.objects.filter(~Exists(in_case)).order_by("pk").values_list("pk", flat=True))


def decisions_due() -> list[int]:
    """Decisions that may be done and are not, as a whole."""
    due = DecidedVote.objects.filter(after=None)
    allowed = Q(decision__needs_second=False) | Q(decision__approval__granted=True)
    return list(due.filter(allowed).values_list("decision", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a voter is told of a decision on their votes."""

    decision: Decision
    votes: int
    appeal: Appeal | None

    @property
    def may_appeal(self) -> bool:
        return self.appeal is None

    @property
    def answer(self) -> Decision | None:
        """The answer to the appeal, once it is in force."""
        answer = self.appeal and self.appeal.answer
        return answer if answer and answer.is_agreed else None


def rulings_for(voter_id: uuid.UUID) -> list[Ruling]:
    """The decisions in force against this voter, or guests joined to them: that exclude votes,
    suspend, or hide a conversation."""
    own = Q(vote__voter=voter_id) | Q(vote__voter__joined=voter_id)
    excluded = (
        DecidedVote.objects.filter(own, after__standing=EXCLUDED)
        .values("decision")
        .annotate(n=Count("pk"))
        .values_list("decision", "n")
    )
    numbers = dict(excluded)
    decisions = (
        Decision.objects.filter(
            Q(pk__in=numbers)
            | Q(kind=Decision.Kind.HIDE, case__battle__in=Battle.objects.filter(of_voter(voter_id)))
            | Q(
                kind=Decision.Kind.SUSPEND,
                case__in=Case.voters.through.objects.filter(
                    Q(voter=voter_id) | Q(voter__joined=voter_id)
                ).values("case"),
            )
        )
        .select_related("case__battle", "approval")
        .prefetch_related("undoings__approval")
        .order_by("-pk")
    )
    appeals = {
        appeal.case_id: appeal
        for appeal in Appeal.objects.filter(
            Q(voter=voter_id) | Q(voter__joined=voter_id)
        ).prefetch_related("answers__approval", "answers__undoings__approval")
    }
    return [
        Ruling(decision, numbers.get(decision.pk, 0), appeals.get(decision.case_id))
        for decision in decisions
        if decision.in_force
    ]


def standing_counts(voter_id: uuid.UUID) -> dict[str, int]:
    """How many votes of a voter, and of guests joined to them, count, are held, are excluded."""
    newest = VoteStanding.objects.filter(vote=OuterRef("pk")).order_by("-pk")
    found = dict(
        Vote.objects.filter(Q(voter=voter_id) | Q(voter__joined=voter_id))
        .annotate(now=Subquery(newest.values("standing")[:1]))
        .order_by()
        .values_list("now")
        .annotate(Count("pk"))
    )
    return {standing: found.get(standing, 0) for standing in VoteStanding.Standing.values}


def standings_of(voter: Voter) -> dict[str, int]:
    """The same for moderators, who do not know whether the voter is simulated."""
    case = voter.cases.exclude(simulation=None).first()
    if case is None:
        return standing_counts(voter.pk)
    return {**dict.fromkeys(VoteStanding.Standing.values, 0), HELD: len(votes_of(case))}
