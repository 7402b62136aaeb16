"""Battles to test with: real rows, answered by a real HTTP server that speaks the protocol."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any, ParamSpec

import pytest
from django.db import connection, transaction
from django.utils import timezone

from arena.battles.generation.claim import Claim
from arena.battles.generation.claiming import claim_answer
from arena.battles.generation.results import complete_answer
from arena.battles.models import (
    Answer,
    Battle,
    GoldBattle,
    KnownPrompt,
    Origin,
    Side,
    Turn,
    Vote,
    VoteStanding,
)
from arena.battles.opening import names_of_origin
from arena.battles.reading import conversations
from arena.battles.voting.standing import update_counts
from arena.contestants.catalogue.changes import EndpointSpec, register
from arena.contestants.models import Contestant, Endpoint
from arena.contestants.provider import Finished
from arena.leaderboards.boards import boards_named
from arena.leaderboards.counting.count import count
from arena.leaderboards.models import Outcome
from arena.text.style import AnswerStyle
from arena.voters.models import Voter
from arena.voters.origin.network import DayKeys
from tests.openai_server import OpenAIServer

P = ParamSpec("P")
Registered = Callable[..., Contestant]
OpenBattle = Callable[..., Battle]

FINISHED = Finished("stop", 3, 5, 0.1, 0.2)
"""What the endpoint reports of an answer that it ended well."""

NO_STYLE = AnswerStyle(0, 0, 0, 0)


def claimed(answer: Answer) -> Claim:
    """The claim of a worker that begins to write an answer."""
    claim = claim_answer(answer.pk)
    assert claim is not None
    return claim


def registering_at(server: OpenAIServer) -> Registered:
    """Registers a contestant whose endpoint behaves as its model id says."""

    def make(slug: str, behaviour: str = "ok", **values: Any) -> Contestant:
        spec = EndpointSpec(base_url=server.url, model_id=behaviour)
        values = {
            "name": slug.title(),
            "organisation": f"{slug} org",
            "licence": "Apache-2.0",
            "description": f"{slug}, for a test.",
            **values,
        }
        return register(slug=slug, endpoint=spec, **values)

    return make


@transaction.atomic
def enter(made: list[Contestant]) -> list[Contestant]:
    """Enter contestants with an endpoint each that nobody asks."""
    Contestant.objects.bulk_create(made)
    Endpoint.objects.bulk_create(
        Endpoint(contestant=each, base_url="http://localhost:1/v1", model_id="x") for each in made
    )
    return made


def make_contestants(number: int) -> list[Contestant]:
    """Enter this many active contestants of one maker that nobody asks."""
    return enter(
        [
            Contestant(
                slug=f"model-{place}",
                name=f"Model {place}",
                organisation="A maker",
                licence="Apache-2.0",
                description="For a test.",
                state=Contestant.State.ACTIVE,
            )
            for place in range(number)
        ]
    )


def note_origin(battle: Battle, *, network: str | None, client_signature: str | None) -> None:
    """Note from where a battle was opened, as the service that opens battles does."""
    names = names_of_origin(DayKeys(), network, client_signature)
    if any(names):
        Origin.objects.create(battle=battle, network=names[0], client_signature=names[1])


@dataclass(frozen=True, slots=True)
class NewBattle:
    """A battle to make. Its rows are written as they stand: no service checks or counts them."""

    contestant_a: Contestant
    contestant_b: Contestant
    _: KW_ONLY
    voter: Voter | None = None
    """None: a guest of its own."""
    mode: str = Battle.Mode.BLIND
    state: str = Battle.State.GENERATING
    """Of a battle with an outcome: voted, whatever is said here."""
    failure: str = ""
    by_program: bool = False
    may_publish: bool = False
    """It is published, if it has an outcome."""
    gold: GoldBattle | None = None
    """Not saved yet; it makes the battle a check."""

    prompts: Sequence[str] = ("Why?",)
    """Of its turns."""
    language: str = "und"
    topics: Sequence[str] = ()
    repeats: KnownPrompt | None = None
    """What the first prompt is a near copy of."""
    answers: tuple[str, str] = ("Answer a", "Answer b")
    """To each prompt, which `{prompt}` stands for; still to be written until the battle is open."""
    styles: tuple[AnswerStyle, AnswerStyle] = (NO_STYLE, NO_STYLE)

    opened_at: datetime | None = None
    """None: now, as for the other times."""
    finished_at: datetime | None = None
    shown_at: datetime | None = None
    """None: the battle does not say."""
    network: str | None = None
    """Where it was opened from, with which client_signature; None: unknown."""
    client_signature: str | None = None

    outcome: str | None = None
    cast_at: datetime | None = None
    standings: Sequence[str] = (VoteStanding.Standing.COUNTED,)
    """Of its vote, the one in force last."""
    on_boards: bool = False
    """Whether its vote is in the counts of the boards, if it stands as counted."""


def make_battles(new: Iterable[NewBattle]) -> list[Battle]:
    """Make many battles in a few statements, with their turns, answers, votes and standings."""
    now = timezone.now()
    specs = list(new)
    guests = iter(Voter.objects.bulk_create(Voter() for spec in specs if spec.voter is None))
    battles = Battle.objects.bulk_create(
        _unsaved(spec, spec.voter or next(guests), now) for spec in specs
    )
    made = list(zip(specs, battles, strict=True))
    for spec, battle in made:
        if spec.opened_at:
            Battle.objects.filter(pk=battle.pk).update(created_at=spec.opened_at)
        if spec.gold:
            spec.gold.battle = battle
            spec.gold.save()
        note_origin(battle, network=spec.network, client_signature=spec.client_signature)
    _add_turns(made, now)
    _add_votes([(spec, battle) for spec, battle in made if spec.outcome], now)
    found = Battle.objects.in_bulk([battle.pk for battle in battles])
    return [found[battle.pk] for battle in battles]


def _one(spec: Callable[P, NewBattle]) -> Callable[P, Battle]:
    def make(*args: P.args, **kwargs: P.kwargs) -> Battle:
        return make_battles([spec(*args, **kwargs)])[0]

    return make


make_battle = _one(NewBattle)
"""Make one battle; takes what `NewBattle` takes."""


def _unsaved(spec: NewBattle, voter: Voter, now: datetime) -> Battle:
    state = Battle.State.OPEN if spec.outcome else spec.state  # until the vote is cast
    is_finished = state != Battle.State.GENERATING
    return Battle(
        voter=voter,
        contestant_a=spec.contestant_a,
        contestant_b=spec.contestant_b,
        mode=spec.mode,
        state=state,
        failure=spec.failure,
        is_gold=spec.gold is not None,
        by_program=spec.by_program,
        may_publish=spec.may_publish,
        finished_at=spec.finished_at or (now if is_finished else None),
        shown_at=spec.shown_at,
    )


def _add_turns(made: Sequence[tuple[NewBattle, Battle]], now: datetime) -> None:
    turns = Turn.objects.bulk_create(
        Turn(
            battle=battle,
            number=number,
            prompt=prompt,
            repeats=spec.repeats if number == 1 else None,
            language=spec.language,
            topics=list(spec.topics),
        )
        for spec, battle in made
        for number, prompt in enumerate(spec.prompts, start=1)
    )
    spec_of = {battle.pk: spec for spec, battle in made}
    Answer.objects.bulk_create(
        _unsaved_answer(spec_of[turn.battle_id], turn, side, now)
        for turn in turns
        for side in turn.battle.sides
    )


def _unsaved_answer(spec: NewBattle, turn: Turn, side: Side, now: datetime) -> Answer:
    place = list(Side).index(side)
    if turn.battle.state != Battle.State.OPEN:
        return Answer(turn=turn, side=side, queued_at=spec.opened_at or now)
    style = spec.styles[place]._asdict()
    return Answer(
        turn=turn,
        side=side,
        state=Answer.State.COMPLETE,
        text=spec.answers[place].replace("{prompt}", turn.prompt),
        queued_at=spec.opened_at or now,
        **{f"style_{name}": number for name, number in style.items()},
    )


def _add_votes(made: Sequence[tuple[NewBattle, Battle]], now: datetime) -> None:
    votes = Vote.objects.bulk_create(
        Vote(
            battle=battle,
            voter=battle.voter,
            outcome=spec.outcome or "",
            cast_at=spec.cast_at or now,
        )
        for spec, battle in made
    )
    Battle.objects.filter(pk__in=[battle.pk for _, battle in made]).update(state=Battle.State.VOTED)
    counted = VoteStanding.Standing.COUNTED
    VoteStanding.objects.bulk_create(
        VoteStanding(
            vote=vote,
            standing=standing,
            code="" if standing == counted else VoteStanding.Code.REVIEW,
            reason="For a test.",
        )
        for (spec, _), vote in zip(made, votes, strict=True)
        for standing in spec.standings
    )
    for (spec, battle), vote in zip(made, votes, strict=True):
        conversations.publish(battle)
        if spec.on_boards and spec.standings[-1] == counted:
            update_counts(vote)


def make_history(
    voter: Voter,
    pairs: Sequence[tuple[Contestant, Contestant]],
    number: int,
    *,
    turns: int = 1,
    are_voted: bool = False,
) -> None:
    """Give a voter thousands of battles, a minute apart and older than those they have.

    Those that are voted on are public as well. The rules that the rows keep have tests of their
    own: here PostgreSQL checks none of them.
    """
    begin = Battle.objects.filter(voter=voter).count()
    values: dict[str, Any] = {
        "voter": voter.pk,
        "a": [a.pk for a, _ in pairs],
        "b": [b.pk for _, b in pairs],
        "first": begin + 1,
        "last": begin + number,
        "turns": turns,
        "state": Battle.State.VOTED if are_voted else Battle.State.OPEN,
        "are_voted": are_voted,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(HISTORY, values)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute(
            "ANALYZE battles_battle, battles_turn, battles_answer, battles_vote,"
            " battles_votestanding, battles_conversation"
        )


HISTORY = """
    WITH battle AS (
        INSERT INTO battles_battle (id, voter_id, contestant_a_id, contestant_b_id, mode, state,
            failure, is_gold, by_program, created_at, finished_at, may_publish)
        SELECT gen_random_uuid(), %(voter)s, (%(a)s::bigint[])[place], (%(b)s::bigint[])[place],
            'blind', %(state)s, '', false, false, now() - n * interval '1 minute', now(),
            %(are_voted)s
        FROM generate_series(%(first)s::int, %(last)s) n,
            LATERAL (SELECT 1 + n %% cardinality(%(a)s::bigint[]) AS place) pair
        RETURNING *
    ), turn AS (
        INSERT INTO battles_turn (
            battle_id, number, prompt, language, topics, excluded_reason, created_at
        )
        SELECT id, n, 'Question about ' || id, 'en', '{code}', '', created_at
        FROM battle CROSS JOIN generate_series(1, %(turns)s) n
        RETURNING id
    ), answer AS (
        INSERT INTO battles_answer (turn_id, side, state, text, attempt, queued_at, error,
            error_detail, finish_reason, removed, style_tokens, style_headers, style_lists,
            style_bold)
        SELECT id, side, 'complete', 'Yes.', 1, now(), '', '', 'stop', '{}', 1, 0, 0, 0
        FROM turn CROSS JOIN unnest('{a,b}'::text[]) side
    ), vote AS (
        INSERT INTO battles_vote (battle_id, voter_id, outcome, turns, cast_at)
        SELECT id, voter_id, (ARRAY['a', 'b', 'tie'])[1 + row_number() OVER () %% 3], %(turns)s,
            created_at
        FROM battle WHERE state = 'voted'
        RETURNING id, cast_at
    ), standing AS (
        INSERT INTO battles_votestanding (vote_id, standing, code, reason, created_at)
        SELECT id, 'counted', '', 'For a test.', cast_at FROM vote
    )
    INSERT INTO battles_conversation (battle_id, published_at, language, topics, contestants, words)
    SELECT id, created_at, 'en', '{code}', ARRAY[contestant_a_id, contestant_b_id],
        to_tsvector('simple', 'Question')
    FROM battle WHERE state = 'voted'
"""


STYLES = AnswerStyle(90, 1, 0, 2), AnswerStyle(40, 0, 0, 0)


def count_votes(slugs: Sequence[str], a: Contestant, b: Contestant, outcomes: str) -> None:
    """Count votes of today on boards, without battles: `outcomes` as in "a a tie both_bad"."""
    for outcome in outcomes.split():
        count(
            boards_named(slugs),
            a.pk,
            b.pk,
            Outcome(outcome),
            day=datetime.now(UTC).date(),
            style=STYLES,
        )


@pytest.fixture
def contestant(openai_server: OpenAIServer) -> Registered:
    return registering_at(openai_server)


@pytest.fixture
def voter(db: None) -> Voter:
    return Voter.objects.create()


@pytest.fixture
def running_battle(contestant: Registered, voter: Voter) -> OpenBattle:
    """A battle of two contestants that behave as asked, its answers still to be written."""

    def make(behaviour_a: str = "ok", behaviour_b: str = "ok", prompt: str = "Why?") -> Battle:
        a = contestant("left", behaviour_a)
        b = contestant("right", behaviour_b)
        return make_battle(a, b, voter=voter, prompts=[prompt])

    return make


def answer_all(battle: Battle, text: str = "Answer {side}") -> Battle:
    """Complete all answers of a battle that are still to be written."""
    for answer in Answer.objects.filter(turn__battle=battle, state=Answer.State.PENDING):
        assert complete_answer(claimed(answer), text.format(side=answer.side), FINISHED)
    battle.refresh_from_db()
    return battle


@pytest.fixture
def open_battle(running_battle: OpenBattle) -> OpenBattle:
    """A battle whose two answers are complete."""

    def make() -> Battle:
        return answer_all(running_battle())

    return make
