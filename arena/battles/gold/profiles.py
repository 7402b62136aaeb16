"""Style profiles of contestants: fitted to recorded answers, and read when a decoy is written."""

from collections import Counter
from dataclasses import asdict

from django.db import transaction
from django.db.models import Q

from arena.battles.models import Answer, AnswerEnding, StyleProfile
from arena.battles.models.querysets import rankable
from arena.battles.prompts.leaks import names_somebody
from arena.text.transforms.style_profile import Features, Profile, features_of, fit_profiles

NEWEST = 30_000
"""Answers of all contestants that are looked at."""

MOST = 300
"""Of one contestant."""


@transaction.atomic
def fit_style_profiles() -> None:
    """Fit the style profile of each contestant to its newest answers, and replace the earlier ones.

    First answers in blind battles alone, none that was changed, cut off, or erased; and nothing
    that voters might have a model say: phrases of the prompt, prompts given before or by programs.
    """
    rows = (
        Answer.objects.filter(
            rankable("turn__battle__"),
            state=Answer.State.COMPLETE,
            turn__number=1,
            turn__battle__erased_at=None,
            turn__battle__voter__suspended_at=None,
            turn__repeats=None,
        )
        .exclude(Q(finish_reason="stopped") | Q(ending=AnswerEnding.BROKEN_OFF))
        .order_by("-pk")
        .values_list(
            *("side", "turn__battle__contestant_a", "turn__battle__contestant_b"),
            *("turn__battle__voter", "turn__language", "turn__prompt", "text"),
        )
    )
    found: dict[int, list[tuple[object, str, Features]]] = {}
    for side, a, b, voter, language, prompt, answer in rows[:NEWEST].iterator():
        of = found.setdefault(a if side == "a" else b, [])
        if len(of) < MOST:
            of.append((voter, language, _unasked(features_of(answer), prompt)))
    languages = {
        contestant: Counter(language for _, language, _ in answers).most_common(1)[0][0]
        for contestant, answers in found.items()
    }
    fitted = fit_profiles(
        {
            contestant: [
                (
                    voter,
                    features if language == languages[contestant] else features.without_phrases(),
                )
                for voter, language, features in answers
            ]
            for contestant, answers in found.items()
        },
        names_somebody,
    )
    StyleProfile.objects.all().delete()
    StyleProfile.objects.bulk_create(
        StyleProfile(contestant_id=contestant, language=languages[contestant], **asdict(profile))
        for contestant, profile in fitted.items()
    )


def _unasked(features: Features, prompt: str) -> Features:
    """What an answer features but for phrases that the prompt has."""
    asked = prompt.casefold()
    opening, closing = (
        "" if phrase.rstrip(".!?").casefold() in asked else phrase
        for phrase in (features.opening, features.closing)
    )
    return features._replace(opening=opening, closing=closing)


def profiles_of(*contestants: int, language: str) -> list[Profile]:
    """The style profiles of contestants for a language; an empty one where none is known."""
    kept = StyleProfile.objects.in_bulk(contestants)
    return [
        _worn_in(language, kept[contestant]) if contestant in kept else Profile()
        for contestant in contestants
    ]


def _worn_in(language: str, kept: StyleProfile) -> Profile:
    spoken = kept.language == language
    return Profile(
        opening=kept.opening if spoken else "",
        closing=kept.closing if spoken else "",
        openings=tuple(kept.openings) if spoken else (),
        closings=tuple(kept.closings) if spoken else (),
        bullet=kept.bullet,
        head=kept.head,
        title=kept.title,
    )
