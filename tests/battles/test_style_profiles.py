"""Style profiles of contestants are learnt from answers to several voters only."""

from typing import Any

import pytest
from django.utils import timezone

from arena.battles.gold.profiles import MOST, fit_style_profiles, profiles_of
from arena.battles.models import Answer, Battle, GoldBattle, StyleProfile
from arena.battles.tasks import fit_style_profiles as daily
from arena.contestants.models import Contestant
from arena.text.transforms.style_profile import Profile
from arena.voters.models import Voter
from tests.factories import Registered, make_battle

pytestmark = pytest.mark.django_db

LOUD = "Certainly! It is blue.\n\n* air\n* light\n\nThat is all there is."
QUIET = "It is blue, for air scatters blue light more than red light.\n\n- air\n- light"
PRIVATE = "Dear Aunt Agatha! It is blue.\n\n- air"


@pytest.fixture
def pair(contestant: Registered) -> tuple[Contestant, Contestant]:
    return contestant("loud"), contestant("quiet")


def answered(
    voter: Voter,
    pair: tuple[Contestant, Contestant],
    texts: tuple[str, str],
    language: str = "en",
    **values: Any,
) -> Battle:
    """A battle with these answers of the two."""
    return make_battle(*pair, voter=voter, state="open", answers=texts, language=language, **values)


def test_style_profiles_are_learnt_and_read(pair: tuple[Contestant, Contestant]) -> None:
    loud, quiet = pair
    for number in range(12):
        answered(Voter.objects.create(), pair, (LOUD, QUIET))
        if number % 3:
            texts = ("Très bien ! Il est bleu.", "Certainly! Il est bleu.")
            answered(Voter.objects.create(), pair, texts, "fr")
    daily()
    assert StyleProfile.objects.get(contestant=loud).language == "en"
    profile, other = profiles_of(loud.pk, quiet.pk, language="en")
    assert (profile.opening, profile.closing) == ("Certainly!", "That is all there is.")
    assert (profile.bullet, other) == ("*", Profile(bullet="-"))
    assert profiles_of(loud.pk, quiet.pk, language="fr") == [
        Profile(bullet="*"),
        Profile(bullet="-"),
    ]
    Answer.objects.update(text=QUIET)
    daily()
    assert profiles_of(loud.pk, quiet.pk, language="en") == [
        Profile(bullet="-"),
        Profile(bullet="-"),
    ]


def test_what_few_voters_were_told_is_shown_to_nobody(
    pair: tuple[Contestant, Contestant],
) -> None:
    friends = [Voter.objects.create() for _ in range(4)]
    for number in range(40):
        answered(friends[number % 4], pair, (PRIVATE, QUIET))
    for _ in range(5):
        answered(Voter.objects.create(), pair, (QUIET, QUIET))
    fit_style_profiles()
    assert "Agatha" not in str(list(StyleProfile.objects.values()))


def test_a_phrase_with_a_name_of_the_catalogue_is_not_learnt(
    pair: tuple[Contestant, Contestant],
) -> None:
    for _ in range(12):
        answered(Voter.objects.create(), pair, ("Loud says hello to you! It is so.", QUIET))
    fit_style_profiles()
    assert profiles_of(pair[0].pk, language="en")[0].opening == ""


def test_nothing_is_learnt_from_checks_chosen_models_or_what_was_stopped_or_erased(
    pair: tuple[Contestant, Contestant],
) -> None:
    for _ in range(8):
        voter = Voter.objects.create()
        answered(voter, pair, (LOUD, LOUD), mode=Battle.Mode.SIDE_BY_SIDE)
        answered(voter, (pair[0], pair[0]), (LOUD, LOUD), gold=GoldBattle(kind="same"))
        erased = answered(voter, pair, (LOUD, LOUD))
        Battle.objects.filter(pk=erased.pk).update(erased_at=timezone.now())
        stopped = answered(voter, pair, (LOUD, LOUD))
        Answer.objects.filter(turn__battle=stopped).update(finish_reason="stopped")
    fit_style_profiles()
    assert not StyleProfile.objects.exists()


def test_a_bounded_number_of_answers_is_read(pair: tuple[Contestant, Contestant]) -> None:
    voters = [Voter.objects.create() for _ in range(6)]
    for number in range(MOST):
        answered(voters[number % 6], pair, (LOUD, QUIET))
    for number in range(MOST):  # newer ones: the older are not looked at
        answered(voters[number % 6], pair, (QUIET, QUIET))
    fit_style_profiles()
    assert profiles_of(pair[0].pk, language="en") == [Profile(bullet="-")]
