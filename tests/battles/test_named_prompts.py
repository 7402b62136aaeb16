"""A battle whose prompt was put to a named model before the vote was not blind."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from django.core import signing
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.battles.erasure import erase_texts
from arena.battles.models import (
    Battle,
    KnownPrompt,
    NamedAsking,
    NamedPrompt,
    Origin,
    Turn,
    Vote,
    VoteStanding,
)
from arena.battles.opening import Request, open_battle, open_named
from arena.battles.prompts import named
from arena.battles.prompts.named import WEEK, is_common
from arena.battles.turns import continue_battle, regenerate
from arena.battles.voting.cast import cast_vote
from arena.integrity.models import Signal
from arena.leaderboards.models import Outcome, PairTotal
from arena.voters.identity import COOKIE, SALT
from arena.voters.models import Member, Voter
from arena.voters.origin.network import pseudonym
from tests.arena_settings import ChangeSettings
from tests.factories import Registered, answer_all

pytestmark = pytest.mark.django_db

PROMPT = "Write a short story about a lighthouse keeper who is afraid of the dark."
REWORDED = "hey! write a short   story about a Lighthousekeeper, who is afraid of the dark..."
OTHER = "How does a heat pump get warmth out of cold air, and what does that cost?"
COUNTED, NAMED = "", "named_before"


@pytest.fixture(autouse=True)
def _two_contestants(contestant: Registered, arena_settings: ChangeSettings) -> None:
    arena_settings(running_battles_per_voter=1000, gold_one_in=0)
    contestant("one"), contestant("two")


def seen_from(battle: Battle, network: str) -> Battle:
    if network:
        Origin.objects.create(battle=battle, network=network)
    return battle


def name(
    voter: Voter, prompt: str = PROMPT, *slugs: str, network: str = "", by_program: bool = False
) -> Battle:
    """Put a prompt to models by name: in a direct chat, or to two side by side."""
    battle = open_named(voter, prompt, slugs or ["one"], request=Request(by_program=by_program))
    return answer_all(seen_from(battle, network))


def opened(voter: Voter, *prompts: str, network: str = "") -> Battle:
    """A blind battle with these prompts that awaits its vote."""
    first, *more = prompts or [PROMPT]
    battle = answer_all(seen_from(open_battle(voter, first), network))
    for prompt in more:
        continue_battle(voter.pk, battle.pk, prompt)
        answer_all(battle)
    return battle


def vote(battle: Battle, networks: Sequence[str] = ()) -> str:
    """Vote, and say why the vote does not count; nothing if it does."""
    cast_vote(battle.voter_id, battle.pk, Outcome.A, networks=networks)
    code: str = VoteStanding.objects.get(vote__battle=battle).code
    return code


def stranger() -> Voter:
    return Voter.objects.create()


@pytest.mark.parametrize("slugs", [("one",), ("two", "one")])
@pytest.mark.parametrize("prompt", [PROMPT, REWORDED])
def test_who_named_a_prompt_first_casts_no_vote_that_counts(
    voter: Voter, slugs: Sequence[str], prompt: str
) -> None:
    name(voter, prompt, *slugs)
    battle = opened(voter)
    assert vote(battle) == NAMED
    assert not PairTotal.objects.exists()
    assert vote(opened(voter, OTHER)) == COUNTED


def test_nobody_hides_their_own_naming_behind_many_of_others(voter: Voter) -> None:
    make_common(PROMPT)
    name(voter, f"My dear friend, I have a wish today: {PROMPT} Take your time, there is no hurry.")
    for number in range(named.CANDIDATES + 5):
        name(stranger(), f"{PROMPT} {number}", network=f"far away {number}")
    assert vote(opened(voter, network="here")) == NAMED


def test_its_voter_is_told_why(voter: Voter, client: Client) -> None:
    name(voter)
    battle = opened(voter)
    client.cookies[COOKIE] = signing.dumps(str(voter.pk), salt=SALT)
    reply = client.post(
        f"/api/v1/battles/{battle.pk}/vote", {"outcome": "a"}, "application/json"
    ).json()
    assert reply["vote"]["standing"] == "excluded"
    assert "put to a model by name" in reply["vote"]["reason"]


def test_naming_it_while_the_battle_is_open_counts_as_well_and_later_does_not(
    voter: Voter,
) -> None:
    battle, other = opened(voter), opened(voter, OTHER)
    name(voter)
    assert vote(battle) == NAMED
    assert vote(other) == COUNTED
    name(voter, OTHER)
    assert Vote.objects.get(battle=other).standings.get().standing == "counted"


def test_every_prompt_of_both_conversations_counts(voter: Voter) -> None:
    chat = name(voter, "Good morning, and welcome to the test.")
    continue_battle(voter.pk, chat.pk, PROMPT)
    assert vote(opened(voter, OTHER, PROMPT)) == NAMED
    assert vote(opened(voter, OTHER, "And in winter, by how much does that rise?")) == COUNTED
    name(voter, "Tell me a joke!")
    assert vote(opened(voter, "Which sea is the saltiest one?", "Tell me a joke!")) == NAMED


def test_a_prompt_put_as_a_part_of_a_longer_one_is_found(voter: Voter) -> None:
    name(voter, f"{OTHER} When that is done: {PROMPT} Mark both parts with a title, please.")
    assert vote(opened(voter)) == NAMED


def test_what_is_answered_anew_is_put_once(voter: Voter) -> None:
    chat = name(voter)
    regenerate(voter.pk, chat.pk)
    answer_all(chat)
    assert NamedAsking.objects.count() == 1
    assert vote(opened(voter)) == NAMED


def test_a_program_that_names_it_counts_for_its_owner(voter: Voter) -> None:
    name(voter, by_program=True)
    assert vote(opened(voter)) == NAMED


def test_all_voters_of_one_person_are_one(voter: Voter) -> None:
    member = Voter.objects.create(member=Member.objects.create_user("ann"))
    make_common(PROMPT)
    name(voter)
    assert vote(opened(member)) == COUNTED
    Voter.objects.filter(pk=voter.pk).update(merged_into=member)
    assert vote(opened(member)) == NAMED
    guest = Voter.objects.create(merged_into=member)
    assert vote(opened(guest)) == NAMED


def test_voters_who_were_found_to_act_together_are_one(voter: Voter) -> None:
    make_common(PROMPT)
    friend = stranger()
    name(friend)
    battle, later = opened(voter), opened(voter)
    assert vote(battle) == COUNTED
    Signal.objects.create(kind="group", log_e=9.0).voters.add(voter, friend, stranger())
    assert vote(later) == NAMED


def make_common(prompt: str) -> None:
    """Three strangers on networks of their own ask it."""
    for number in range(3):
        opened(stranger(), prompt, network=f"far away {number}")


def test_a_network_counts_under_the_names_it_has_had_lately(voter: Voter) -> None:
    make_common(PROMPT)
    name(stranger(), network="today's")
    name(stranger(), network="yesterday's")
    assert vote(opened(voter)) == COUNTED
    assert vote(opened(voter, network="another")) == COUNTED
    assert vote(opened(voter, network="today's")) == NAMED
    assert vote(opened(voter, network="another"), networks=["today's"]) == NAMED
    assert vote(opened(voter), networks=["tomorrow's", "yesterday's"]) == NAMED


def test_the_api_tells_the_network_that_a_vote_comes_from(
    voter: Voter, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was named yesterday from where the vote is cast today, by somebody else."""
    make_common(PROMPT)
    battle, other = opened(voter, network="a café's"), opened(voter, network="a café's")
    yesterday = timezone.now() - timedelta(days=1)
    with monkeypatch.context() as patched:
        patched.setattr("arena.voters.origin.network.timezone.now", lambda: yesterday)
        yesterdays = pseudonym("127.0.0.0/24")
    name(stranger(), network=yesterdays)
    client.cookies[COOKIE] = signing.dumps(str(voter.pk), salt=SALT)
    for each, remote, code in ((other, "203.0.113.9", COUNTED), (battle, "127.0.0.1", NAMED)):
        path = f"/api/v1/battles/{each.pk}/vote"
        reply = client.post(path, {"outcome": "a"}, "application/json", REMOTE_ADDR=remote)
        assert reply.status_code == 201
        assert VoteStanding.objects.get(vote__battle=each).code == code


def test_a_rare_prompt_that_a_stranger_named_counts_as_well(voter: Voter) -> None:
    name(stranger(), network="far away")
    assert vote(opened(voter, network="here")) == NAMED
    assert vote(opened(stranger(), OTHER, network="here")) == COUNTED


def test_a_prompt_that_many_ask_is_safe_from_strangers_and_not_from_oneself(voter: Voter) -> None:
    name(stranger(), network="far away")
    opened(stranger(), REWORDED, network="there")
    battle = opened(voter, network="here")
    assert vote(battle) == COUNTED
    assert KnownPrompt.objects.get(
        turn__battle__voter=Voter.objects.exclude(pk=voter.pk).get(battles__mode="blind")
    ).is_common
    name(voter)
    assert vote(opened(voter, network="here")) == NAMED


def test_many_voters_on_one_network_are_one_asker(voter: Voter) -> None:
    """Who throws cookies away makes no prompt a usual one."""
    for _ in range(5):
        name(stranger(), network="far away")
        opened(stranger(), network="far away")
    assert vote(opened(voter, network="here")) == NAMED


def test_a_prompt_is_common_only_by_what_was_asked_within_a_week(voter: Voter) -> None:
    name(stranger(), network="far away")
    Turn.objects.update(created_at=timezone.now() - timedelta(days=20))
    for days in (16, 8):
        turn = opened(stranger(), network=f"{days} days ago").turns.get()
        Turn.objects.filter(pk=turn.pk).update(created_at=timezone.now() - timedelta(days=days))
    assert vote(opened(voter, network="here")) == NAMED
    opened(stranger(), network="of today"), opened(stranger(), network="of today, too")
    assert vote(opened(voter, network="here")) == COUNTED


def test_a_strangers_follow_up_that_everybody_asks_costs_nobody_a_vote(voter: Voter) -> None:
    chat = name(stranger(), "Good morning, and welcome to the test.", network="far away")
    continue_battle(chat.voter_id, chat.pk, "Shorter, please.")
    assert vote(opened(voter, OTHER, "Shorter, please.", network="here")) == COUNTED


@pytest.mark.parametrize("prompt", [PROMPT, f"At dawn: {PROMPT} Thanks."])
def test_an_erased_account_is_remembered_for_a_day(voter: Voter, prompt: str) -> None:
    chat = name(voter, prompt, network="here")
    erase_texts(voter.pk)
    assert vote(opened(stranger(), network="here")) == NAMED
    Battle.objects.filter(pk=chat.pk).update(erased_at=timezone.now() - timedelta(days=2))
    named.forget_erased()
    assert not NamedPrompt.objects.exists() and not NamedAsking.objects.exists()
    assert vote(opened(stranger(), network="here")) == COUNTED


def test_forgetting_the_erased_leaves_the_others(voter: Voter) -> None:
    chat = name(voter)
    name(stranger())
    erase_texts(voter.pk)
    Battle.objects.filter(pk=chat.pk).update(erased_at=timezone.now() - timedelta(days=2))
    named.forget_erased()
    assert NamedAsking.objects.count() == NamedPrompt.objects.count() == 1


def test_the_database_takes_no_blind_prompt_for_a_named_one(voter: Voter) -> None:
    name(voter)
    turn = opened(voter).turns.get()
    prompt = NamedPrompt.objects.get()
    with pytest.raises(DatabaseError, match="no named model"), transaction.atomic():
        NamedAsking.objects.create(turn=turn, prompt=prompt, voter=voter)


def test_a_vote_costs_two_queries_more_and_those_go_by_an_index(voter: Voter) -> None:
    """Of a prompt that nobody named."""
    name(voter, OTHER)
    battle = opened(voter)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert not named.were_named(battle.pk)
    assert len(queries) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[1]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on battles_namedprompt" not in plan
    assert "named_prompt_keys" in plan


@pytest.mark.parametrize(("battles_a_day", "weeks"), [(11_000, 1), (1_100, 13)])
def test_a_flood_of_the_commonest_prompts_costs_at_most_two_of_a_hundred_honest_battles(
    battles_a_day: int, weeks: int
) -> None:
    """One flooder names the 1,000 commonest prompts, of a site that is so many weeks old.

    A fifth of all honest prompts is one of these, with a frequency of one over the rank (Zipf); the
    others are unique, so nobody can name them. Whoever asks has a network of their own. The worst
    case for the honest: the flooder is one asker, and the voter the other one of that week.
    """
    chance, now = np.random.default_rng(7), timezone.now()
    shares = 1 / np.arange(1, 1001)
    shares *= 0.2 / shares.sum()
    lost = 0.0
    for share in shares:
        asked = chance.poisson(share * 7 * battles_a_day * weeks)
        days = np.sort(chance.uniform(0, 7 * weeks, asked))[: named.MOST_ASKINGS]
        askings = [(uuid.uuid4(), "", now - timedelta(days=float(ago))) for ago in [0, 0, *days]]
        lost += share * (not is_common(askings))
    assert 0 < lost <= 0.02


def test_what_makes_a_prompt_common() -> None:
    now = timezone.now()
    ann, ben, cem = (uuid.uuid4() for _ in range(3))
    assert not is_common([])
    assert not is_common([(ann, "", now)] * 300)
    assert not is_common([(ann, "", now), (ben, "", now)])
    assert is_common([(ann, "", now), (ben, "", now), (cem, "", now)])
    assert not is_common([(ann, "x", now), (ben, "x", now), (cem, "y", now)])
    # Ann was on both networks, so all four are one.
    one = [
        (ben, "x", now),
        (cem, "y", now),
        (ann, "x", now),
        (ann, "y", now),
        (uuid.uuid4(), "x", now),
    ]
    assert not is_common(one)
    assert is_common([*one, (uuid.uuid4(), "", now), (uuid.uuid4(), "", now - WEEK)])
    assert not is_common([*one, (uuid.uuid4(), "", now), (uuid.uuid4(), "", now - 2 * WEEK)])
