"""Reads of the checks."""

import math
import time
import uuid
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest, Least
from numpy.typing import NDArray

from arena.battles.models import Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity.models import OwnChange, Signal, VoterEvidence
from arena.integrity.prepared import prepared
from arena.integrity.statistics.board import Board
from arena.integrity.statistics.flags import Facts
from arena.integrity.statistics.ledger import Change, pair_keys
from arena.integrity.words import digests
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board as RatedBoard
from arena.leaderboards.models import Outcome
from arena.leaderboards.variants import Variant
from arena.voters.models import Voter
from ratings.engine import OUTCOMES

FRESH_SECONDS = 30.0
LEFT_WITHIN = timedelta(days=1)
PICKED_A = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: math.nan, Outcome.BOTH_BAD: math.nan}
SEEN_FROM_B = {
    Outcome.A: Outcome.B,
    Outcome.B: Outcome.A,
    Outcome.TIE: Outcome.TIE,
    Outcome.BOTH_BAD: Outcome.BOTH_BAD,
}


class NotedChange(NamedTuple):
    """An `OwnChange` with its vote and battle; the last two as in `Canary`, None if it is no check.

    A model's instance for each of the three takes longer than PostgreSQL to find them.
    """

    pk: int
    delta: int
    number: int
    unweighed: bool
    vote: int
    outcome: str
    battle: uuid.UUID
    contestant_a: int
    contestant_b: int
    opened_at: datetime
    check_kind: str | None
    changed_side: str | None

    @property
    def pair(self) -> tuple[int, int]:
        """The contestants, the lower id first."""
        a, b = self.contestant_a, self.contestant_b
        return (a, b) if a < b else (b, a)

    @property
    def own(self) -> Change:
        """What it adds to its voter's own counts, or takes from them."""
        return own_change(self.contestant_a, self.contestant_b, self.outcome, self.delta)


@dataclass(frozen=True, slots=True)
class KnownBoard:
    """The overall board as the checks see it; `ids` says which contestant has which place.

    `pairs` are the keys of its table's pairs, `changes` and `pair_changes` (by pair of ids) say
    which changes of the counts it contains.
    """

    board: Board
    ids: list[int]
    places: dict[int, int]
    pairs: NDArray[np.int64]
    changes: int
    pair_changes: dict[tuple[int, int], int]
    read_at: float = field(default_factory=time.monotonic)

    def contains(self, change: NotedChange) -> bool:
        """Whether these counts were read after the change."""
        return change.number <= self.pair_changes.get(change.pair, 0)


_known: list[KnownBoard] = []


def known_board(contestants: Set[int], *, models: int, changes: int) -> KnownBoard:
    """The overall board, read again when it is older than FRESH_SECONDS, or than one of these
    contestants, or than a process that knew so many, or had read so many changes.

    It may be a little older than a vote that is weighed against it, or hold that vote already.
    """
    if (
        not _known
        or time.monotonic() - _known[0].read_at > FRESH_SECONDS
        or not _known[0].places.keys() >= contestants
        or len(_known[0].places) < models
        or _known[0].changes < changes
    ):
        keep_board(_read_board())
    return _known[0]


def keep_board(board: KnownBoard) -> None:
    """Weigh the next votes of this process against a board."""
    _known[:] = [board]


def forget_board() -> None:
    """Have the board read anew at the next vote."""
    _known.clear()


def _read_board() -> KnownBoard:
    counts = counts_of(Variant(RatedBoard.objects.get(slug=OVERALL)), as_cast=True)
    ids = all_contestants()
    places = {pk: place for place, pk in enumerate(ids)}
    in_table = np.array(counts.ids, dtype=np.int64)
    return KnownBoard(
        board=Board(counts.table, [places[pk] for pk in counts.ids], len(places)),
        ids=ids,
        places=places,
        pairs=pair_keys(in_table[counts.table.first], in_table[counts.table.second]),
        changes=counts.changes,
        pair_changes={(a, b): changes for a, b, changes in counts.pair_changes.tolist()},
    )


def own_change(a: int, b: int, outcome: str, delta: int = 1) -> Change:
    """What a vote between these contestants adds to its voter's own counts, or takes from them."""
    if a < b:
        return a, b, OUTCOMES.index(outcome), delta
    return b, a, OUTCOMES.index(SEEN_FROM_B[Outcome(outcome)]), delta


def all_contestants() -> list[int]:
    """The ids of all contestants in the order of their places.

    Drafts too: a contestant's place never changes, for new ones get higher ids.
    """
    return list(Contestant.objects.order_by("pk").values_list("pk", flat=True))


def voters_to_check() -> set[uuid.UUID]:
    """Voters with votes that are still to be weighed, or to be held."""
    unweighed = OwnChange.objects.filter(unweighed=True).values_list("voter", flat=True)
    return {
        *unweighed.distinct(),
        *VoterEvidence.objects.filter(hold_due=True).values_list("voter", flat=True),
    }


def voters_between(first: uuid.UUID, last: uuid.UUID) -> list[uuid.UUID]:
    """Voters with an id in this range who voted."""
    voters = Voter.objects.filter(pk__gte=first, pk__lte=last)
    voted = Exists(Vote.objects.filter(voter=OuterRef("pk")))
    return list(voters.filter(voted).order_by("pk").values_list("pk", flat=True))


def counted_votes(voter_id: uuid.UUID) -> QuerySet[Vote]:
    """A voter's votes that count now, pair by pair."""
    newest = VoteStanding.objects.filter(vote=OuterRef("pk")).order_by("-pk")
    return (
        Vote.objects.filter(voter=voter_id)
        .alias(now=Subquery(newest.values("standing")[:1]))
        .filter(now=VoteStanding.Standing.COUNTED)
        .select_related("battle")
        .order_by(
            Least("battle__contestant_a", "battle__contestant_b"),
            Greatest("battle__contestant_a", "battle__contestant_b"),
            "pk",
        )
    )


# In SQL, for each is asked once a vote, and Django takes longer to write them than PostgreSQL to
# answer them.
NOTED = """
SELECT change.id, delta, number, unweighed, vote.id, outcome, battle.id,
    contestant_a_id, contestant_b_id, battle.created_at, canary.kind, canary.side
FROM integrity_ownchange change
JOIN battles_vote vote ON vote.id = change.vote_id
JOIN battles_battle battle ON battle.id = vote.battle_id
LEFT JOIN battles_canary canary ON canary.battle_id = battle.id
WHERE change.voter_id = %s
ORDER BY change.id
"""


def noted_changes(voter_id: uuid.UUID) -> list[NotedChange]:
    """Changes that wait for their votes to be weighed or for a board that contains them."""
    return [NotedChange(*row) for row in prepared(NOTED, [voter_id])]


EVIDENCE = [field.attname for field in VoterEvidence._meta.concrete_fields]
LOCKED = f"""
SELECT {", ".join(f'"{name}"' for name in EVIDENCE)} FROM integrity_voterevidence
WHERE voter_id = %s FOR UPDATE
"""  # noqa: S608 - names of our own columns


def locked_evidence(voter_id: uuid.UUID) -> tuple[VoterEvidence | None, list[NotedChange]]:
    """A voter's evidence, locked, and after that the changes noted of the voter."""
    kept = prepared(LOCKED, [voter_id]).fetchone()
    evidence = VoterEvidence.from_db(connection.alias, EVIDENCE, kept) if kept else None
    return evidence, noted_changes(voter_id)


OPENED = """
SELECT battle.id, battle.state = 'voted', contestant_a_id, contestant_b_id,
    EXISTS (
        SELECT FROM battles_turn turn JOIN battles_image image ON image.turn_id = turn.id
        WHERE turn.battle_id = battle.id
    ),
    battle.created_at, shown_at <= now()
FROM battles_battle battle
WHERE voter_id = %s AND battle.created_at BETWEEN %s AND %s AND state IN ('open', 'voted')
    AND mode = 'blind' AND NOT is_check AND NOT by_program
ORDER BY battle.created_at, battle.id
"""


Left = dict[uuid.UUID, list[tuple[int, int]]]
"""What a voter left: contestants of battles that nobody decided, by the battle voted on next."""


def circumstances(
    voter_id: uuid.UUID, batch: Sequence[NotedChange]
) -> tuple[Left, dict[int, Facts]]:
    """What a voter left before these votes, and what habits are measured by, by the vote's id."""
    opened = [change.opened_at for change in batch]
    battles = prepared(OPENED, [voter_id, min(opened) - LEFT_WITHIN, max(opened)])
    return _left(battles), {change.vote: facts_of(change.vote) for change in batch}


def _left(battles: Iterable[tuple[Any, ...]]) -> Left:
    """From the rows of `OPENED`.

    Within a day before, with an image or without as the one voted on, for such are drawn among
    other contestants; none whose answers were not shown whole.
    """
    found: Left = {}
    left: list[tuple[int, int, bool, datetime]] = []
    for battle, voted, a, b, has_image, at, was_shown in battles:
        if voted:
            found[battle] = [
                (c, d)
                for c, d, as_well, before in left
                if as_well == has_image and at - before <= LEFT_WITHIN
            ]
            left = []
        elif was_shown:
            left.append((a, b, has_image, at))
    return found


FACTS = """
SELECT extract(epoch FROM vote.cast_at)::float8,
    (SELECT sum(style_tokens) FROM battles_answer answer WHERE answer.turn_id = turn.id),
    EXISTS (
        SELECT FROM battles_identityleak leak WHERE leak.kind = 'probe' AND leak.battle_id = (
            SELECT before.id FROM battles_battle before
            WHERE before.voter_id = battle.voter_id AND before.created_at < battle.created_at
            ORDER BY before.created_at DESC, before.id DESC LIMIT 1
        )
    ),
    turn.prompt,
    coalesce(
        turn.repeats_id,
        (SELECT own.id FROM battles_knownprompt own WHERE own.turn_id = turn.id)
    ),
    (
        SELECT asked.voter_id <> battle.voter_id FROM battles_knownprompt known
        JOIN battles_turn asking ON asking.id = known.turn_id
        JOIN battles_battle asked ON asked.id = asking.battle_id
        WHERE known.id = turn.repeats_id
    ),
    server_decided_ms / 1000.0::float8, end_seen_a AND end_seen_b
FROM battles_vote vote
JOIN battles_battle battle ON battle.id = vote.battle_id
JOIN battles_turn turn ON turn.battle_id = battle.id AND turn.dropped = ''
LEFT JOIN battles_attention attention ON attention.vote_id = vote.id
WHERE vote.id = %s
ORDER BY turn.number
"""


def facts_of(vote_id: int) -> Facts:
    """What habits are measured by: the first prompt of a vote's battle, the answers read last."""
    turns = prepared(FACTS, [vote_id]).fetchall()
    at, _, probed, prompt, known, shared, reading, ends_seen = turns[0]
    return Facts(
        at=at,
        reading=math.inf if reading is None else reading,
        length=float(turns[-1][1] or 0),
        ends_seen=ends_seen,
        prompt=known,
        shared=bool(shared),
        probed=probed,
        words=digests(prompt),
    )


def group_of(voter_id: uuid.UUID) -> set[uuid.UUID]:
    """The voters who were found to act together with a voter, in any group, and the voter."""
    together = Signal.objects.filter(kind=Signal.Kind.GROUP, voters=voter_id)
    return set(Voter.objects.filter(signals__in=together).values_list("pk", flat=True))


def suspects(log_e: float) -> QuerySet[VoterEvidence]:
    """Voters whose e-value ever reached this (natural logarithm), the strongest first."""
    return VoterEvidence.objects.filter(peak_log_e__gte=log_e).order_by("-peak_log_e")
