"""Battles that were not blind: what is found in their texts, and what it means for their vote."""

from functools import lru_cache

from django.db.models import OuterRef, Subquery

from arena.battles.models import Battle, IdentityLeak, Turn, VoteStanding
from arena.contestants.catalogue.reading import CatalogueNames, catalogue_names
from arena.text.identity import Finding, IdentityDetector


@lru_cache(maxsize=2)
def _detector(names: CatalogueNames) -> IdentityDetector:
    return IdentityDetector(names.models, names.makers)


def probe_in(prompt: str, names: CatalogueNames) -> Finding | None:
    """What in a prompt asks the models who they are, if anything does."""
    return _detector(names).asks(prompt)


def note_probe(turn: Turn, probe: Finding) -> None:
    """Record that the prompt of `turn` asks the models who they are."""
    IdentityLeak.objects.bulk_create(
        [IdentityLeak(battle_id=turn.battle_id, kind=probe.kind, excerpt=probe.excerpt)],
        ignore_conflicts=True,
    )


def leak_in(text: str) -> Finding | None:
    """What in an answer says who wrote it, if anything does."""
    return _detector(catalogue_names()).reveals(text)


def names_somebody(text: str) -> bool:
    """Whether a text names, or tells, a model or a maker of one."""
    detector = _detector(catalogue_names())
    return detector.names(text) or detector.reveals(text) is not None


def note_leak(battle: Battle, side: str, leak: Finding) -> None:
    """Record that an answer of that side says who wrote it."""
    IdentityLeak.objects.bulk_create(
        [IdentityLeak(battle=battle, side=side, kind=leak.kind, excerpt=leak.excerpt)],
        ignore_conflicts=True,
    )


def first_kind(battle: str) -> Subquery:
    """The kind of the first leak of a battle, to annotate rows with.

    Args:
        battle: the lookup that leads to it, such as `battle`.
    """
    found = IdentityLeak.objects.filter(battle=OuterRef(battle)).order_by("pk")
    return Subquery(found.values("kind")[:1])


def code_of(kind: str | None) -> VoteStanding.Code | None:
    """Why a vote does not count in a battle whose first leak is of this kind (None: no leak)."""
    if kind is None:
        return None
    if kind == IdentityLeak.Kind.PROBE:
        return VoteStanding.Code.IDENTITY_PROBE
    return VoteStanding.Code.IDENTITY_LEAK
