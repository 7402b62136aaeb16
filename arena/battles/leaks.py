"""Battles that were not blind: what is found in their texts, and what it means for their vote."""

from functools import lru_cache

from arena.battles.models import Answer, Battle, IdentityLeak, Turn, VoteStanding
from arena.battles.text.identity import IdentityDetector
from arena.contestants.selectors import CatalogueNames, catalogue_names


@lru_cache(maxsize=2)
def _detector(names: CatalogueNames) -> IdentityDetector:
    return IdentityDetector(names.models, names.makers)


def note_probe(turn: Turn) -> None:
    """Record it if the prompt of `turn` asks the models who they are."""
    found = _detector(catalogue_names()).asks(turn.prompt)
    if found:
        IdentityLeak.objects.bulk_create(
            [IdentityLeak(battle_id=turn.battle_id, kind=found.kind, excerpt=found.excerpt)],
            ignore_conflicts=True,
        )


def note_leaks(battle: Battle) -> None:
    """Record which of the complete answers of `battle` say who wrote them."""
    detector = _detector(catalogue_names())
    answers = Answer.objects.filter(turn__battle=battle).values_list("side", "text")
    found = [(side, detector.reveals(text)) for side, text in answers]
    IdentityLeak.objects.bulk_create(
        [
            IdentityLeak(battle=battle, side=side, kind=leak.kind, excerpt=leak.excerpt)
            for side, leak in found
            if leak
        ],
        ignore_conflicts=True,
    )


def code_of(battle: Battle) -> VoteStanding.Code | None:
    """Why a vote of `battle` does not count, or None if it was blind."""
    kind = battle.leaks.values_list("kind", flat=True).first()
    if kind is None:
        return None
    if kind == IdentityLeak.Kind.PROBE:
        return VoteStanding.Code.IDENTITY_PROBE
    return VoteStanding.Code.IDENTITY_LEAK
