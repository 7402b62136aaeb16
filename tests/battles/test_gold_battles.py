"""Gold questions have a known result, look like any other battle, and never count."""

import re
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.test import Client
from django.utils import timezone

from arena.battles.drawing.catalogue import read_catalogue
from arena.battles.generation.worker import generate
from arena.battles.gold import draw
from arena.battles.live.streams import Changed, stream_key
from arena.battles.models import Answer, Battle, GoldBattle, StyleProfile, VoteStanding
from arena.battles.opening import open_battle
from arena.battles.reading.battle_view import battle_view
from arena.battles.turns import continue_battle, stop_battle
from arena.battles.voter_checks import voter_checks
from arena.battles.voting.cast import cast_vote
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Outcome, PairTotal
from arena.text.transforms.protocol import Span
from arena.text.transforms.shuffle import WordShuffler
from arena.voters.models import Voter
from arena.voters.throttling.risk import flag_until
from tests.arena_settings import ChangeSettings
from tests.battles.normal import normalised
from tests.factories import Registered, make_battle
from tests.members import as_voter

pytestmark = pytest.mark.django_db(transaction=True)  # `generate` gives its connection back

PROMPT = "Why is the sky blue, and is it of the same blue\n\n- by day?\n- by night?"
TEXT = "The sky is blue because air scatters it.\n\nBlue light: more than red! Yes. So on and on"


def damaged(text: str, piece: int) -> str:
    shuffler = WordShuffler("a battle")
    pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
    return "".join([*map(shuffler.feed, pieces), shuffler.end()])


def test_damage_puts_the_words_of_each_sentence_out_of_order() -> None:
    whole = damaged(TEXT, len(TEXT))
    assert all(damaged(TEXT, piece) == whole for piece in (1, 3, 8))
    assert whole != TEXT
    assert re.sub(r"\S+", "x", whole) == re.sub(r"\S+", "x", TEXT)
    for before, after in zip(TEXT.split("\n\n"), whole.split("\n\n"), strict=True):
        assert sorted(after.split()) == sorted(before.split())


def test_what_is_too_short_stays_as_it_is() -> None:
    shuffler = WordShuffler("a battle")
    assert shuffler.feed("Yes, it is.") + shuffler.end() == "Yes, it is."
    assert shuffler.changes == 0


def with_profile(contestant: Contestant, opening: str) -> Contestant:
    """The contestant, whose answers to English prompts are known to open so."""
    StyleProfile.objects.create(
        contestant=contestant, language="en", opening=opening, openings=[opening]
    )
    return contestant


def half_shown(battle: Battle) -> None:
    """Both answers have begun, and half of the first change is shown."""
    changed = Changed(seen=Span(0, 20)).written()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for side in "ab":
            fields = {"n": 1, "o": 0, "t": "Blue the is"}
            if side == battle.gold.side:
                fields["c"] = changed
            client.xadd(stream_key(battle.pk, side), fields)


@pytest.fixture
def check(contestant: Registered, voter: Voter, arena_settings: ChangeSettings) -> Any:
    """Opens a check of a kind and has its answers written."""
    arena_settings(gold_one_in=1)
    register_boards()
    for slug in ("left", "right"):
        with_profile(contestant(slug, "echo"), f"Says {slug}!")

    def make(kind: GoldBattle.Kind) -> Battle:
        drawn = kind
        if kind == GoldBattle.Kind.INVISIBLE_DECOY:
            StyleProfile.objects.update(opening="", openings=[], bullet="*")
            drawn = GoldBattle.Kind.DECOY
        if kind == GoldBattle.Kind.VOIDED:
            drawn = GoldBattle.Kind.DAMAGED
        while True:
            battle = open_battle(voter, PROMPT)
            if battle.gold.kind == drawn:
                break
        if kind == GoldBattle.Kind.VOIDED:
            half_shown(battle)
            stop_battle(voter.pk, battle.pk)
        for answer in Answer.objects.filter(turn__battle=battle, state="pending"):
            generate(answer.pk)
        battle = Battle.objects.get(pk=battle.pk)
        assert battle.gold.kind == kind
        return battle

    return make


@pytest.fixture(autouse=True)
def _any_number_of_battles(arena_settings: ChangeSettings) -> None:
    arena_settings(running_battles_per_voter=100)


def test_a_damaged_answer_has_the_words_of_a_real_one(check: Any) -> None:
    battle = check(GoldBattle.Kind.DAMAGED)
    assert battle.contestant_a == battle.contestant_b
    texts = dict(Answer.objects.filter(turn__battle=battle).values_list("side", "text"))
    bad = texts.pop(battle.gold.side)
    (good,) = texts.values()
    assert good == PROMPT
    assert bad != good
    assert sorted(bad.split()) == sorted(good.split())


def test_a_decoy_is_a_real_answer_in_the_style_of_another_model(check: Any) -> None:
    battle = check(GoldBattle.Kind.DECOY)
    assert battle.contestant_a == battle.contestant_b != battle.gold.target
    texts = dict(Answer.objects.filter(turn__battle=battle).values_list("side", "text"))
    decoy = texts.pop(battle.gold.side)
    (plain,) = texts.values()
    assert plain == PROMPT
    assert decoy == f"{battle.gold.target.style_profile.opening} {plain}"


def test_a_decoy_that_no_reader_sees_is_flagged_until_one_is_seen(
    contestant: Registered, voter: Voter, arena_settings: ChangeSettings
) -> None:
    arena_settings(gold_one_in=1)
    pair = [contestant("left", "echo"), contestant("right", "echo")]
    battle = open_battle(voter, "- air\n- light")
    target = next(each for each in pair if each != battle.contestant_a)
    StyleProfile.objects.create(contestant=target, language="und", bullet="*", head="**{}**:")
    GoldBattle.objects.filter(battle=battle).update(kind="decoy", side="a", target=target)
    kinds = []
    for prompt in ("- air: blue", "None."):
        for answer in Answer.objects.filter(turn__battle=battle, state="pending"):
            generate(answer.pk)
        kinds.append(GoldBattle.objects.get(battle=battle).kind)
        Battle.objects.filter(pk=battle.pk).update(shown_at=F("finished_at"))
        continue_battle(voter.pk, battle.pk, prompt)
    for answer in Answer.objects.filter(turn__battle=battle, state="pending"):
        generate(answer.pk)
    assert [*kinds, GoldBattle.objects.get(battle=battle).kind] == [
        "invisible_decoy",
        "decoy",
        "decoy",
    ]
    texts = Answer.objects.filter(turn__battle=battle, side="a").order_by("pk")
    assert texts[0].text == "* air\n* light"


@pytest.mark.parametrize("kind", [GoldBattle.Kind.DAMAGED, GoldBattle.Kind.DECOY])
def test_an_answer_that_could_not_be_changed_makes_a_check_of_the_same(
    contestant: Registered, voter: Voter, arena_settings: ChangeSettings, kind: GoldBattle.Kind
) -> None:
    arena_settings(gold_one_in=1)
    pair = [contestant("left", "echo"), contestant("right", "echo")]
    battle = open_battle(voter, "Why?")
    target = next(each for each in pair if each != battle.contestant_a)
    with_profile(target, "Says it!")
    StyleProfile.objects.update(language="fr")  # of which the prompt is not
    GoldBattle.objects.filter(battle=battle).update(
        kind=kind, side="b", target=target if kind == GoldBattle.Kind.DECOY else None
    )
    for answer in Answer.objects.filter(turn__battle=battle):
        generate(answer.pk)
    battle.gold.refresh_from_db()
    gold = battle.gold
    assert (gold.kind, gold.side, gold.target) == ("same", "", None)


def test_a_further_answer_with_nothing_to_change_leaves_the_check_as_it_is(
    check: Any, voter: Voter
) -> None:
    battle = check(GoldBattle.Kind.DECOY)
    Battle.objects.filter(pk=battle.pk).update(shown_at=F("finished_at"))
    StyleProfile.objects.all().delete()
    continue_battle(voter.pk, battle.pk, "And at night?")
    for answer in Answer.objects.filter(turn__battle=battle, state="pending"):
        generate(answer.pk)
    assert Answer.objects.filter(turn__battle=battle, state="complete").count() == 4
    assert GoldBattle.objects.get(battle=battle).kind == GoldBattle.Kind.DECOY


@pytest.mark.parametrize("kind", list(GoldBattle.Kind))
def test_before_the_vote_it_looks_like_any_other(
    check: Any, voter: Voter, kind: GoldBattle.Kind, arena_settings: ChangeSettings
) -> None:
    checked = check(kind)
    arena_settings(gold_one_in=0)
    ordinary = open_battle(voter, PROMPT)
    for answer in Answer.objects.filter(turn__battle=ordinary):
        generate(answer.pk)
    texts = Answer.objects.filter(turn__battle=checked).values_list("side", "text")
    for side, text in texts:
        Answer.objects.filter(turn__battle=ordinary, side=side).update(text=text)
    client = as_voter(voter)

    def seen(battle: Battle) -> str:
        page = client.get(battle.get_absolute_url())
        document = client.get(f"/api/v1/battles/{battle.pk}")
        assert (page.status_code, document.status_code) == (200, 200)
        assert document.json()["state"] == "open"
        return normalised(
            "".join(
                [
                    str(page.headers),
                    page.content.decode(),
                    str(document.headers),
                    document.content.decode(),
                ]
            )
        )

    assert seen(checked) == seen(Battle.objects.get(pk=ordinary.pk))


@pytest.mark.parametrize("kind", list(GoldBattle.Kind))
def test_its_vote_counts_on_no_board_and_its_voter_is_told(
    check: Any, voter: Voter, kind: GoldBattle.Kind
) -> None:
    battle = check(kind)
    cast_vote(voter.pk, battle.pk, Outcome.A)
    assert not PairTotal.objects.exists()
    view = battle_view(Battle.objects.get(pk=battle.pk))
    assert view["vote"] is not None
    assert view["vote"]["standing"] == "excluded"
    assert "gold question" in str(view["vote"]["reason"])
    with pytest.raises(DatabaseError, match="never counts"), transaction.atomic():
        VoteStanding.objects.create(vote=battle.vote, standing="counted", reason="a moderator")


def test_the_database_keeps_checks_and_battles_apart(check: Any) -> None:
    battle = check(GoldBattle.Kind.SAME)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Battle.objects.filter(pk=battle.pk).update(is_gold=False)
    with pytest.raises(DatabaseError, match="battle_of_two_contestants"), transaction.atomic():
        make_battle(battle.contestant_a, battle.contestant_a, voter=battle.voter)
    another = Contestant.objects.exclude(pk=battle.contestant_a_id).get()
    ordinary = make_battle(battle.contestant_a, another, voter=battle.voter)
    with pytest.raises(DatabaseError, match="is no gold question"), transaction.atomic():
        GoldBattle.objects.create(battle=ordinary, kind="same")
    gold = GoldBattle.objects.filter(battle=battle)
    other = ordinary.contestant_b
    for wrong in (
        {"kind": "same", "side": "a"},
        {"kind": "damaged", "side": ""},
        {"kind": "damaged", "side": "a", "target": other},
        {"kind": "decoy", "side": "a"},
        {"kind": "decoy", "side": "", "target": other},
    ):
        with pytest.raises(DatabaseError, match="what_was_changed"), transaction.atomic():
            gold.update(**wrong)
    with pytest.raises(DatabaseError, match="of the target itself"), transaction.atomic():
        gold.update(kind="decoy", side="a", target=battle.contestant_a)
    gold.update(kind="decoy", side="a", target=other)


def test_a_decoy_mimics_the_suspected_target(
    contestant: Registered, voter: Voter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of whom the voter is suspected to seek; else of any that may be drawn and has one."""
    one, two, three, *_ = (contestant(slug) for slug in ("one", "two", "three", "four"))

    def draws(times: int) -> list[draw.Drawn]:
        catalogue = read_catalogue()
        return [draw.draw(voter, (one.pk, two.pk), catalogue) for _ in range(times)]

    drawn = draws(50)
    assert {each.kind for each in drawn} == {GoldBattle.Kind.SAME, GoldBattle.Kind.DAMAGED}
    for each in (one, two, three):
        with_profile(each, "Sure!")
    kinds = Counter(each.kind for each in draws(600))
    assert all(140 <= kinds[kind] <= 260 for kind in kinds)  # within five deviations of 200
    assert kinds.keys() == set(GoldBattle.Kind) - {
        GoldBattle.Kind.INVISIBLE_DECOY,
        GoldBattle.Kind.VOIDED,
    }

    def decoys() -> set[tuple[int, int | None]]:
        return {(each.contestant, each.target) for each in draws(100) if each.kind == "decoy"}

    assert decoys() == {(one.pk, two.pk), (one.pk, three.pk)}

    def suspected_target(voter_id: uuid.UUID) -> int | None:
        return one.pk if voter_id == voter.pk else None

    monkeypatch.setattr(voter_checks, "suspected_target", suspected_target)
    assert decoys() == {(two.pk, one.pk)}
    assert len({each.kind for each in draws(100)}) == 3
    voter.flagged_until = timezone.now() + timedelta(hours=1)
    assert {each.kind for each in draws(100)} == {"decoy"}
    StyleProfile.objects.filter(contestant=one).delete()
    assert decoys() == {(one.pk, two.pk), (one.pk, three.pk)}


def test_the_rate_is_kept_and_published(
    contestant: Registered, voter: Voter, arena_settings: ChangeSettings, client: Client
) -> None:
    for slug in ("left", "right"):
        contestant(slug)
    arena_settings(gold_one_in=0)
    assert not any(draw.is_due(voter) for _ in range(1000))
    assert b"Gold questions" not in client.get("/about/").content
    arena_settings(gold_one_in=50)
    # 10,000 draws: within six standard deviations of 200.
    assert 116 <= sum(draw.is_due(voter) for _ in range(10_000)) <= 284
    arena_settings(gold_one_in_at_risk=10)
    voter.flagged_until = timezone.now() - timedelta(seconds=1)  # not any more
    assert 116 <= sum(draw.is_due(voter) for _ in range(10_000)) <= 284
    flag_until(voter.pk, timezone.now() + timedelta(hours=1))
    voter.refresh_from_db()
    assert 820 <= sum(draw.is_due(voter) for _ in range(10_000)) <= 1180
    arena_settings(gold_one_in=0)
    assert not any(draw.is_due(voter) for _ in range(1000))
    arena_settings(gold_one_in=50)
    about = client.get("/about/").content
    assert b"One battle in 50" in about
    assert b"one in 10" in about


def test_gold_questions_from_before_decoys_keep_their_kind(check: Any) -> None:
    damaged = check(GoldBattle.Kind.DAMAGED).gold
    same = check(GoldBattle.Kind.SAME).gold
    MigrationExecutor(connection).migrate([("battles", "0022_stopped_early")])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT battle_id, kind, damaged FROM battles_canary")
            kept = {battle: (kind, side) for battle, kind, side in cursor.fetchall()}
        assert kept[damaged.pk] == ("damaged", damaged.side)
        assert kept[same.pk] == ("same", "")
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    for gold in (damaged, same):
        now = GoldBattle.objects.get(pk=gold.pk)
        assert (now.kind, now.side, now.target) == (gold.kind, gold.side, None)
