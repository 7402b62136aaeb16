"""What voters say beside their vote: why, for a while; and what moderators should look at."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from arena.battles.access import BattleUnknown
from arena.battles.models import Battle, Reaction, Report, Trait
from arena.battles.reading.battle_view import battle_of, battle_view
from arena.battles.voting.cast import cast_vote
from arena.battles.voting.reactions import Contradiction, ReactionRefused, react, report, reports_of
from arena.leaderboards.models import Outcome, PairTotal
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.factories import OpenBattle

pytestmark = pytest.mark.django_db

NONE: dict[str, list[Trait]] = {"a": [], "b": []}


@pytest.fixture
def voted(open_battle: OpenBattle) -> Battle:
    battle = open_battle()
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    return battle


def view(battle: Battle) -> Any:
    found = battle_of(battle.voter_id, battle.pk)
    assert found is not None
    return battle_view(found)


def test_the_last_word_stands_and_the_vote_is_as_it_was(voted: Battle) -> None:
    counts = list(PairTotal.objects.values_list())
    assert view(voted)["reaction"] is None
    react(voted.voter_id, voted.pk, {"a": [Trait.CORRECT], "b": [Trait.WRONG]}, " Because. ")
    said = {"a": [Trait.CLEAR, Trait.CORRECT, Trait.CLEAR], "b": []}
    react(voted.voter_id, voted.pk, said, "Better so.")
    assert view(voted)["reaction"] == {
        "traits": {"a": ["clear", "correct"], "b": []},
        "comment": "Better so.",
    }
    assert Reaction.objects.count() == 1
    assert list(PairTotal.objects.values_list()) == counts


def test_nothing_is_said_before_the_vote_nor_long_after(
    open_battle: OpenBattle, arena_settings: ChangeSettings
) -> None:
    battle = open_battle()
    with pytest.raises(ReactionRefused, match="Vote first"):
        react(battle.voter_id, battle.pk, NONE, "")
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    arena_settings(reaction_hours=0)
    with pytest.raises(ReactionRefused, match="closed"):
        react(battle.voter_id, battle.pk, NONE, "")
    assert not Reaction.objects.exists()


def test_an_answer_is_not_a_thing_and_its_opposite(voted: Battle) -> None:
    with pytest.raises(Contradiction, match="Clear, Unclear"):
        react(voted.voter_id, voted.pk, {**NONE, "b": [Trait.CLEAR, Trait.UNCLEAR]}, "")
    react(voted.voter_id, voted.pk, {"a": [Trait.CLEAR], "b": [Trait.UNCLEAR]}, "")


def test_nobody_else_reacts(voted: Battle) -> None:
    with pytest.raises(BattleUnknown):
        react(Voter.objects.create().pk, voted.pk, NONE, "Mine.")


def test_a_report_of_an_own_answer_goes_to_the_moderators(open_battle: OpenBattle) -> None:
    battle = open_battle()  # before the vote as well
    report(battle.voter_id, battle.pk, Report.Reason.HATEFUL, side="b", comment=" Look. ")
    kept = Report.objects.get()
    assert (kept.battle, kept.side, kept.reason, kept.comment) == (battle, "b", "hateful", "Look.")
    assert [shown["comment"] for shown in reports_of(battle.voter_id)] == ["Look."]
    stranger = Voter.objects.create()
    with pytest.raises(BattleUnknown):
        report(stranger.pk, battle.pk, Report.Reason.SEXUAL, side="a", comment="")
    assert reports_of(stranger.pk) == []


def test_what_is_not_shown_yet_is_not_reported(open_battle: OpenBattle) -> None:
    battle = open_battle()
    Battle.objects.update(shown_at=timezone.now() + timedelta(seconds=9))
    with pytest.raises(ReactionRefused, match="complete"):
        report(battle.voter_id, battle.pk, Report.Reason.SEXUAL, side="a", comment="")


@pytest.mark.parametrize(
    "values",
    [
        {"traits_a": ["correct", "wrong"]},
        {"traits_b": ["pretty"]},
        {"comment": "x" * 2001},
    ],
)
def test_the_database_itself_keeps_reactions_whole(voted: Battle, values: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Reaction.objects.create(vote=voted.vote, **values)
