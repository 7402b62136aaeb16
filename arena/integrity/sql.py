"""All SQL of this app that is written by hand. Names of tables and columns come from the models.

Statements that run at every vote are here because Django takes longer to compose them than
PostgreSQL to answer them; the others because the ORM cannot express them.

In an f-string, `{VOTE}` is a table with its alias, `{VOTE.outcome}` a column of it, and
`{VOTE.outcome.name}` the name of the column alone. A field that does not exist raises
`FieldDoesNotExist` when this module is imported. Values are always parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Field, Model

from arena.battles.models import (
    Answer,
    Attention,
    Battle,
    GoldBattle,
    IdentityLeak,
    Image,
    KnownPrompt,
    Origin,
    Turn,
    Vote,
    VoteStanding,
    VoteWeight,
)
from arena.battles.models.querysets import kept_sql, rankable_sql
from arena.battles.models.vote import newest_standing_sql
from arena.integrity.models import VoterCountDelta, VoterEvidence, WeighedVote
from arena.leaderboards.models import OUTCOME_COLUMNS, Board, PairDay, PairTotal
from arena.voters.models import Voter
from arena.voters.people import person_sql


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table with an alias."""

    alias: str
    name: str

    def __str__(self) -> str:
        return f"{self.alias}.{self.name}"


class Table:
    """The table of a model, with an alias; its attributes are the columns of the model's fields."""

    def __init__(self, model: type[Model], alias: str) -> None:
        self._model, self._alias = model, alias

    def __str__(self) -> str:
        return f'"{self._model._meta.db_table}" AS {self._alias}'

    def __getattr__(self, field: str) -> Column:
        found = cast("Field[Any, Any]", self._model._meta.get_field(field))
        return Column(self._alias, f'"{found.column}"')

    def columns(self, *fields: str) -> str:
        """The names of these columns, with commas between them."""
        return ", ".join(getattr(self, field).name for field in fields)


def _placeholders(fields: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(fields))


ANSWER = Table(Answer, "answer")
ATTENTION = Table(Attention, "attention")
BATTLE = Table(Battle, "battle")
BATTLE_ASKED = Table(Battle, "asked")
BATTLE_BEFORE = Table(Battle, "before")
BOARD = Table(Board, "board")
CHANGE = Table(VoterCountDelta, "change")
DAY = Table(PairDay, "day")
EVIDENCE = Table(VoterEvidence, "evidence")
GOLD = Table(GoldBattle, "gold")
IMAGE = Table(Image, "image")
KNOWN = Table(KnownPrompt, "known")
KNOWN_SINCE = Table(KnownPrompt, "own")
LEAK = Table(IdentityLeak, "leak")
ORIGIN = Table(Origin, "origin")
STANDING = Table(VoteStanding, "standing")
STEP = Table(WeighedVote, "step")
TOTAL = Table(PairTotal, "total")
TURN = Table(Turn, "turn")
TURN_ASKED = Table(Turn, "asking")
VOTE = Table(Vote, "vote")
VOTER = Table(Voter, "voter")
WEIGHT = Table(VoteWeight, "weight")

COUNT_CHANGES = f"""
SELECT {CHANGE.id}, {CHANGE.delta}, {CHANGE.revision}, {CHANGE.unweighed}, {VOTE.id},
    {VOTE.outcome}, {BATTLE.id}, {BATTLE.contestant_a}, {BATTLE.contestant_b}, {BATTLE.created_at},
    {GOLD.kind}, {GOLD.side}
FROM {CHANGE}
JOIN {VOTE} ON {VOTE.id} = {CHANGE.vote}
JOIN {BATTLE} ON {BATTLE.id} = {VOTE.battle}
LEFT JOIN {GOLD} ON {GOLD.battle} = {BATTLE.id}
WHERE {CHANGE.voter} = %s
ORDER BY {CHANGE.id}
"""
"""Changes of a voter's counts that are pending: `arena.integrity.ledger.PendingDelta`."""

EVIDENCE_FIELDS = [field.name for field in VoterEvidence._meta.concrete_fields]

LOCKED_EVIDENCE = f"""
SELECT {EVIDENCE.columns(*EVIDENCE_FIELDS)} FROM {EVIDENCE}
WHERE {EVIDENCE.voter} = %s FOR UPDATE
"""
"""A voter's evidence, locked: `EVIDENCE_FIELDS`."""

OPENED_BATTLES = f"""
SELECT {BATTLE.id}, {BATTLE.state} = 'voted', {BATTLE.contestant_a}, {BATTLE.contestant_b},
    EXISTS (
        SELECT FROM {TURN} JOIN {IMAGE} ON {IMAGE.turn} = {TURN.id}
        WHERE {TURN.battle} = {BATTLE.id}
    ),
    {BATTLE.created_at}, {BATTLE.shown_at} <= now()
FROM {BATTLE}
WHERE {BATTLE.voter} = %s AND {BATTLE.created_at} BETWEEN %s AND %s
    AND {BATTLE.state} IN ('open', 'voted') AND {rankable_sql()}
ORDER BY {BATTLE.created_at}, {BATTLE.id}
"""
"""Battles that a voter opened in some time, voted on or abandoned."""

VOTE_FEATURES = f"""
SELECT extract(epoch FROM {VOTE.cast_at})::float8,
    (SELECT sum({ANSWER.style_tokens}) FROM {ANSWER} WHERE {ANSWER.turn} = {TURN.id}),
    EXISTS (
        SELECT FROM {LEAK} WHERE {LEAK.kind} = 'probe' AND {LEAK.battle} = (
            SELECT {BATTLE_BEFORE.id} FROM {BATTLE_BEFORE}
            WHERE {BATTLE_BEFORE.voter} = {BATTLE.voter}
                AND {BATTLE_BEFORE.created_at} < {BATTLE.created_at}
            ORDER BY {BATTLE_BEFORE.created_at} DESC, {BATTLE_BEFORE.id} DESC LIMIT 1
        )
    ),
    {TURN.prompt},
    coalesce(
        {TURN.repeats},
        (SELECT {KNOWN_SINCE.id} FROM {KNOWN_SINCE} WHERE {KNOWN_SINCE.turn} = {TURN.id})
    ),
    (
        SELECT {BATTLE_ASKED.voter} <> {BATTLE.voter} FROM {KNOWN}
        JOIN {TURN_ASKED} ON {TURN_ASKED.id} = {KNOWN.turn}
        JOIN {BATTLE_ASKED} ON {BATTLE_ASKED.id} = {TURN_ASKED.battle}
        WHERE {KNOWN.id} = {TURN.repeats}
    ),
    {ATTENTION.server_decided_ms} / 1000.0::float8,
    {ATTENTION.end_seen_a} AND {ATTENTION.end_seen_b}
FROM {VOTE}
JOIN {BATTLE} ON {BATTLE.id} = {VOTE.battle}
JOIN {TURN} ON {TURN.battle} = {BATTLE.id} AND {kept_sql()}
LEFT JOIN {ATTENTION} ON {ATTENTION.vote} = {VOTE.id}
WHERE {VOTE.id} = %s
ORDER BY {TURN.number}
"""
"""What flags of behaviour are computed from; a row for each turn of the vote's battle."""

STEP_FIELDS = (
    "voter",
    "vote",
    "number",
    "models_known",
    "difference",
    "error",
    "gradient_sign",
    "abandoned",
    "tie_closeness",
    "tie_tolerance",
    "log_e",
)

ADD_STEP = f"""
WITH noted AS (
    UPDATE {CHANGE} SET {CHANGE.unweighed.name} = false WHERE {CHANGE.id} = %s
)
INSERT INTO {STEP} ({STEP.columns(*STEP_FIELDS)}, {STEP.weighed_at.name})
VALUES ({_placeholders(STEP_FIELDS)}, now())
"""
"""A change's vote is weighed; its step, with `STEP_FIELDS`."""

UPDATED_FIELDS = (
    "votes",
    "models_known",
    "preference",
    "gold",
    "target_seeking",
    "ties",
    "flags",
    "offset",
    "log_e",
    "peak_log_e",
    "hold_due",
)

UPDATE_EVIDENCE = f"""
UPDATE {EVIDENCE}
SET ({EVIDENCE.columns(*UPDATED_FIELDS)}, {EVIDENCE.updated_at.name})
    = ROW ({_placeholders(UPDATED_FIELDS)}, now())
WHERE {EVIDENCE.voter} = %s
"""
"""The evidence after a vote: `UPDATED_FIELDS`, and the voter."""

VOTES_OF_PERIOD = f"""
WITH period AS MATERIALIZED (
    SELECT {VOTE.id}, {person_sql()} AS person, {ORIGIN.network} AS network,
        ({VOTE.cast_at} AT TIME ZONE 'UTC')::date - %(since)s::date AS day,
        {BATTLE.contestant_a} AS a, {BATTLE.contestant_b} AS b,
        array_position(%(outcomes)s::text[], {VOTE.outcome}::text) - 1 AS outcome,
        coalesce(weight.tenths, %(full)s) AS tenths,
        coalesce(array_position(%(groups)s::text[], weight.bound_by::text), 0) AS bounded,
        (newest.standing = 'counted')::int AS is_counted,
        (first.standing = 'counted')::int AS came_counted,
        (first.id = newest.id)::int AS is_untouched
    FROM {VOTE}
    JOIN {BATTLE} ON {BATTLE.id} = {VOTE.battle}
    JOIN {VOTER} ON {VOTER.id} = {VOTE.voter}
    LEFT JOIN {ORIGIN} ON {ORIGIN.battle} = {VOTE.battle}
    CROSS JOIN LATERAL (
        {newest_standing_sql(columns="id, standing")}
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT {STANDING.id} AS id, {STANDING.standing} AS standing FROM {STANDING}
        WHERE {STANDING.vote} = {VOTE.id} ORDER BY {STANDING.id} LIMIT 1
    ) AS first
    LEFT JOIN LATERAL (
        SELECT {WEIGHT.tenths} AS tenths, {WEIGHT.group} AS bound_by FROM {WEIGHT}
        WHERE {WEIGHT.vote} = {VOTE.id} ORDER BY {WEIGHT.id} DESC LIMIT 1
    ) AS weight ON true
    WHERE {VOTE.cast_at} >= %(begin)s AND 'counted' IN (newest.standing, first.standing)
), people AS (
    SELECT DISTINCT person FROM period
), accounts AS (
    SELECT person, person AS account FROM people
    UNION ALL
    SELECT person, {VOTER.id} FROM people JOIN {VOTER} ON {VOTER.merged_into} = person
), earlier AS (
    SELECT person, sum(number) AS number FROM accounts
    CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM (
            SELECT FROM {VOTE}
            CROSS JOIN LATERAL (
                {newest_standing_sql()}
            ) AS newest
            WHERE {VOTE.voter} = accounts.account AND {VOTE.cast_at} < %(begin)s
                AND newest.standing = 'counted'
            LIMIT %(enough)s
        ) AS counted
    ) AS before
    GROUP BY person
)
SELECT id, dense_rank() OVER (ORDER BY person) - 1,
    CASE WHEN coalesce(network, '') = '' THEN -1 ELSE dense_rank() OVER (ORDER BY network) END,
    day, a, b, outcome, tenths, bounded, number::bigint, is_counted, came_counted, is_untouched
FROM period JOIN earlier USING (person)
"""
"""Votes since a day that count, or counted at first: `arena.integrity.weights.period.Votes`."""

DRAWN_PAIRS = f"""
SELECT ({BATTLE.created_at} AT TIME ZONE 'UTC')::date - %(since)s::date AS day,
    {BATTLE.contestant_a}, {BATTLE.contestant_b}, count(*)
FROM {BATTLE}
WHERE {BATTLE.created_at} >= %(begin)s AND {rankable_sql()}
GROUP BY day, {BATTLE.contestant_a}, {BATTLE.contestant_b}
"""
"""How often each pair was drawn on each day since one."""


def _counts_before() -> str:
    places = dict(enumerate(OUTCOME_COLUMNS, start=1))
    sums = ", ".join(
        f"10 * sum({getattr(DAY, name)}) - sum(coalesce({DAY.discount}[{place}], 0)) AS {name}"
        for place, name in places.items()
    )
    counts = ", ".join(
        f"10 * {getattr(TOTAL, name)} - coalesce({TOTAL.discount}[{place}], 0)"
        f" - coalesce(later.{name}, 0)::bigint"
        for place, name in places.items()
    )
    return f"""
SELECT {TOTAL.first}, {TOTAL.second}, {TOTAL.revision}, {counts}
FROM {TOTAL}
JOIN {BOARD} ON {BOARD.id} = {TOTAL.board} AND {BOARD.slug} = %(board)s
LEFT JOIN LATERAL (
    SELECT {sums} FROM {DAY}
    WHERE {DAY.board} = {TOTAL.board} AND {DAY.first} = {TOTAL.first}
        AND {DAY.second} = {TOTAL.second} AND {DAY.day} >= %(since)s
) AS later ON true
WHERE {TOTAL.window} = 'all'
"""


COUNTS_BEFORE = _counts_before()
"""A board's counts of each pair before a day, in tenths: `OUTCOME_COLUMNS`."""

TRY_LOCK = "SELECT pg_try_advisory_lock(%s)"

UNLOCK = "SELECT pg_advisory_unlock(%s)"
