"""Prompts put to models by name: who then asks them blind may recognise a model by its answer.

The vote of a blind battle does not count if a prompt of its conversation, or a near copy, was put
to a named model before the vote

- by its voter, by another voter of the same person, or by one whom the voter was found to act with;
- from the network that the battle was opened from, or the vote is cast from;
- by anybody else, if the prompt is **rare**: at no time did more than `FEW` askers have it within a
  week, its own voter and whoever named it among them.

Voters who are one person, and voters on one network on one day, are one asker. So nobody makes
strangers' battles void by naming many prompts: the usual ones are not rare, and the others are not
known to anybody else. And who would make a prompt of their own common needs more voters on more
networks, who are then linked by that prompt.

A follow-up like "shorter, please" is asked by everybody; of strangers' ones only those count that
`arena.battles.prompts.known` compares as well.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, pairwise

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from arena.battles.models import (
    ERASED,
    Battle,
    KnownPrompt,
    NamedAsking,
    NamedPrompt,
    Origin,
    Turn,
)
from arena.battles.models.querysets import rankable
from arena.battles.voter_checks import voter_checks
from arena.text import near_duplicates
from arena.text.near_duplicates import ALIKE, LONG_PART, is_near_copy
from arena.voters.models import Voter

FEW = 2
WEEK = timedelta(days=7)
CANDIDATES = 20  # that share the most keys are compared in full
MOST_FOUND = 2000  # that share any, of which those are taken
MOST_ASKINGS = 200  # the newest that are looked at to see how many ask a prompt
PARTS = 3
FEWEST_IN_A_PART = 3  # fingerprints
FEWEST_BANDS = 4  # that near copies share: of 32, at a similarity of 0.7

KEPT_ERASED_FOR = timedelta(days=1)
"""As long as where an erased battle was opened from is kept, and for the same reason."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a prompt is found by."""

    digest: str
    sketch: list[int]
    fingerprints: list[int]


def keys_of(prompt: str) -> Keys:
    """Analyse a prompt. This takes a while: call it before anything is locked."""
    return Keys(
        near_duplicates.digest(prompt),
        near_duplicates.sketch(prompt),
        near_duplicates.fingerprints(prompt),
    )


def note(turn: Turn, voter_id: uuid.UUID, keys: Keys) -> None:
    """Record that the prompt of `turn` is put to a model by name."""
    values = NamedPrompt(digest=keys.digest, keys=[*keys.sketch, *keys.fingerprints])
    NamedPrompt.objects.bulk_create([values], ignore_conflicts=True)
    prompt = NamedPrompt.objects.only("pk").get(digest=keys.digest)
    NamedAsking.objects.create(turn=turn, prompt=prompt, voter_id=voter_id)


def were_named(battle_id: uuid.UUID, networks: Collection[str] = ()) -> bool:
    """Whether a prompt of an open battle was put to a named model, so that its vote cannot count.

    False of a battle whose vote counts nowhere anyway. This takes a while: call it before the
    battle is locked. What is named after that is not answered before the vote.

    Args:
        networks: names that the network which the vote comes from has had lately.
    """
    turns = (
        Turn.objects.kept()
        .filter(rankable("battle__"), battle=battle_id, battle__state=Battle.State.OPEN)
        .select_related("battle__voter", "known", "repeats")
        .order_by("number")
    )
    for turn in turns:
        near = _near_copies(turn.prompt, turn.battle.voter)
        if near and (_by_its_own(turn.battle, near, networks) or _by_others(turn, near)):
            return True
    return False


def _near_copies(prompt: str, voter: Voter) -> dict[int, str]:
    """The named prompts that a prompt is a near copy of, and how each was written last.

    If there are too many to look at, those that the voter named come first: nobody hides their own
    behind others.
    """
    keys = keys_of(prompt)
    wanted = Q(digest=keys.digest) | Q(keys__overlap=keys.sketch)
    for part in _parts(keys.fingerprints):
        wanted |= Q(keys__contains=part)
    found = list(NamedPrompt.objects.filter(wanted).values_list("pk", flat=True)[:MOST_FOUND])
    if not found:
        return {}
    shared = RawSQL(
        "(SELECT count(*) FROM unnest(battles_namedprompt.keys) key WHERE key = ANY(%s))",
        [[*keys.sketch, *keys.fingerprints]],
    )
    written = (
        NamedAsking.objects.filter(prompt=OuterRef("pk"))
        .exclude(turn__prompt=ERASED)
        .order_by("-pk")
        .values("turn__prompt")[:1]
    )
    own = NamedAsking.objects.filter(prompt=OuterRef("pk"), voter__in=_person(voter))
    rows = list(
        NamedPrompt.objects.filter(pk__in=found)
        .order_by(Exists(own).desc(), shared.desc(), "-pk")
        .values_list("pk", "digest", Subquery(written))[:CANDIDATES]
    )
    erased = [pk for pk, digest, text in rows if digest != keys.digest and not text]
    alike = {pk for pk in erased if _share_keys(keys, pk)}
    return {
        pk: text or prompt
        for pk, digest, text in rows
        if digest == keys.digest or pk in alike or (text and is_near_copy(prompt, text))
    }


def _share_keys(keys: Keys, named_id: int) -> bool:
    """Whether a named prompt whose text was erased is a near copy, as far as its keys tell."""
    theirs = set(NamedPrompt.objects.values_list("keys", flat=True).get(pk=named_id))
    bands = len(theirs.intersection(keys.sketch))
    parts = len(theirs.intersection(keys.fingerprints))
    return bands >= FEWEST_BANDS or parts >= max(1, ALIKE * len(keys.fingerprints))


def _parts(fingerprints: list[int]) -> list[list[int]]:
    """Runs of fingerprints: a text that shares a good part of a prompt has all of one of them."""
    if not fingerprints:
        return []
    parts = PARTS if len(fingerprints) >= PARTS * FEWEST_IN_A_PART else 1
    ends = [len(fingerprints) * number // parts for number in range(parts + 1)]
    return [fingerprints[start:end] for start, end in pairwise(ends)]


def _by_its_own(battle: Battle, near: Iterable[int], networks: Collection[str]) -> bool:
    """Whether the voter named one of these prompts, or somebody who is linked to the voter."""
    linked = _person(battle.voter).union(voter_checks.ring_members(battle.voter_id))
    askings = NamedAsking.objects.filter(prompt__in=list(near))
    if askings.filter(Q(voter__in=linked) | Q(voter__merged_into__in=linked)).exists():
        return True
    opened_from = Origin.objects.filter(battle=battle).exclude(network="").values("network")
    there = Origin.objects.filter(Q(network__in=opened_from) | Q(network__in=list(networks)))
    return askings.filter(turn__battle__in=there.values("battle")).exists()


def _person(voter: Voter) -> set[uuid.UUID]:
    """The voter, and the member's voter that a guest was merged into."""
    return {voter.pk, voter.merged_into_id or voter.pk}


def _by_others(turn: Turn, near: Mapping[int, str]) -> bool:
    """Whether anybody named one of these prompts, and the prompt is rare."""
    own: KnownPrompt | None = getattr(turn, "known", None)
    known = turn.repeats or own
    if known is None:
        return False
    named = [pk for pk, text in near.items() if is_near_copy(turn.prompt, text, part=LONG_PART)]
    if not named or known.is_common:
        return False
    askings = chain(
        _askings(Turn.objects.filter(repeats=known)),
        _askings(Turn.objects.filter(known=known)),
        _askings(Turn.objects.filter(named_asking__prompt__in=named)),
    )
    if not is_common(askings):
        return True
    KnownPrompt.objects.filter(pk=known.pk).update(is_common=True)
    return False


Asking = tuple[uuid.UUID, str, datetime]
"""Who asked a prompt, from which network ("" if that is not known), and when."""


def _askings(turns: QuerySet[Turn]) -> Iterable[Asking]:
    rows = turns.order_by("-pk").values_list(
        "battle__voter", "battle__voter__merged_into", "battle__origin__network", "created_at"
    )
    for voter, joined, network, at in rows[:MOST_ASKINGS]:
        yield joined or voter, network or "", at


def is_common(askings: Iterable[Asking]) -> bool:
    """Whether more than `FEW` askers had a prompt within a week, at any time.

    Askers who share a voter or a network are one.
    """
    rows = sorted(askings, key=lambda asking: asking[2])
    within: Counter[tuple[uuid.UUID, str]] = Counter()
    first = 0
    for voter, network, at in rows:
        within[voter, network] += 1
        while rows[first][2] < at - WEEK:
            gone = rows[first][:2]
            within[gone] -= 1
            if not within[gone]:
                del within[gone]
            first += 1
        if len(within) > FEW and _askers(within) > FEW:
            return True
    return False


def _askers(pairs: Iterable[tuple[uuid.UUID, str]]) -> int:
    """How many askers there are: what shares a voter or a network is one."""
    groups: list[set[object]] = []
    for voter, network in pairs:
        mine: set[object] = {voter, network} - {""}
        apart = []
        for group in groups:
            if group & mine:
                mine |= group
            else:
                apart.append(group)
        groups = [*apart, mine]
    return len(groups)


@transaction.atomic
def forget_erased() -> None:
    """Remove what erased prompts are found by, a day after they were erased."""
    before = timezone.now() - KEPT_ERASED_FOR
    askings = NamedAsking.objects.filter(turn__battle__erased_at__lt=before)
    prompts = list(askings.values_list("prompt", flat=True))
    askings.delete()
    NamedPrompt.objects.filter(pk__in=prompts, askings=None).delete()
