"""Gold questions: battles whose truth is known, and that look like any other before the vote.

A gold question that tells nothing in the end is **owed**: the next battle of its voter is one.
Else who stopped every battle early enough would never answer one.
"""

import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, Expression, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone

from arena.battles.drawing.catalogue import Catalogue
from arena.battles.gold.profiles import profiles_of
from arena.battles.live.streams import NOT_CHANGED, Changed, Entry
from arena.battles.models import Answer, AnswerEnding, Battle, GoldBattle, Side
from arena.battles.voter_checks import voter_checks
from arena.text.transforms.mimicry import StyleMimic
from arena.text.transforms.protocol import TextTransform
from arena.text.transforms.shuffle import WordShuffler
from arena.voters.models import Voter
from arena.voters.people import of_person
from arena.voters.throttling.risk import is_flagged

_random = secrets.SystemRandom()

WATCHED_FOR = timedelta(days=1)
"""After a voter stopped a gold question too early, they get as many as a flagged voter does.

They know that it was one, and that the next battle is one, and could vote honestly on that one
only. So for a day they get more of them, at random times.
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The kind of gold question drawn, and the contestant on both of its sides."""

    contestant: int
    kind: GoldBattle.Kind
    side: str = ""
    target: int | None = None
    instead_of: uuid.UUID | None = None
    """The battle of a gold question that was voided, which this one replaces."""


@dataclass(frozen=True, slots=True)
class Debt:
    """What the gold questions before leave to be made up for.

    Attributes:
        owed: the battle of the oldest gold question that another one is owed for.
        stopped_lately: whether the voter stopped one too early within `WATCHED_FOR`.
    """

    owed: uuid.UUID | None = None
    stopped_lately: bool = False


def debt_of() -> dict[str, Expression | Combinable]:
    """The members of a `Debt`, to annotate voters with; merged guests count with their voter."""
    gold = GoldBattle.objects.filter(
        of_person(OuterRef("pk"), "battle__voter"), battle__is_gold=True
    )
    oldest = gold.filter(owed=True).order_by("battle__created_at")
    since = timezone.now() - WATCHED_FOR
    return {
        "owed": Subquery(oldest.values("pk")[:1]),
        "stopped_lately": Exists(gold.filter(stopped_at__gte=since)),
    }


def drawn_if_due(
    voter: Voter | None, pair: tuple[int, int], catalogue: Catalogue, debt: Debt
) -> Drawn | None:
    """What the next battle of a voter (None: of a new guest) is to be, if a gold question.

    The voter is locked, so that two battles at once do not make up for the same one. As long as
    there are gold questions, one is drawn in any case: the time it takes tells nothing.
    """
    if settings.ARENA.gold_one_in <= 0:
        return None
    able = catalogue.answer_twice
    question = draw(voter, (pair[0], pair[1]) if pair[0] in able else (pair[1], pair[0]), catalogue)
    if question.contestant not in able:
        return None  # its second answer would wait for the first, and so tell what the battle is
    if debt.owed:
        return replace(question, instead_of=debt.owed)
    return question if is_due(voter, stopped_lately=debt.stopped_lately) else None


def is_due(voter: Voter | None, *, stopped_lately: bool = False) -> bool:
    """Whether the voter's next battle is to be a gold question, by the published rates."""
    one_in = settings.ARENA.gold_one_in
    if one_in > 0 and (stopped_lately or is_flagged(voter)):
        one_in = min(one_in, settings.ARENA.gold_one_in_at_risk)
    return one_in > 0 and _random.randrange(one_in) == 0


def draw(voter: Voter | None, pair: tuple[int, int], catalogue: Catalogue) -> Drawn:
    """Draw a gold question: each possible kind, and then each side, with the same probability.

    For a flagged voter who seems to seek a contestant, every one is a decoy, because decoys show
    whether that is so. The draw depends only on what came before the battle, so the bet on its
    vote stays fair.

    Args:
        pair: contestants drawn for the battle. The first one is on both sides, or the other one
            if the first is the decoy's target.
    """
    kinds = [GoldBattle.Kind.SAME, GoldBattle.Kind.DAMAGED, GoldBattle.Kind.DECOY]
    target = _suspected_target(voter, catalogue) if voter else None
    if target is not None and is_flagged(voter):
        kinds = [GoldBattle.Kind.DECOY]
    elif target is None:
        drawable = {pk for pk, _ in catalogue.all_drawable} - {pair[0]}
        others = sorted(drawable & catalogue.have_profile)
        target = _random.choice(others) if others else None
    kind = _random.choice(kinds if target is not None else kinds[:2])
    if kind == GoldBattle.Kind.SAME:
        return Drawn(pair[0], kind)
    side = _random.choice(list(Side))
    if kind == GoldBattle.Kind.DAMAGED:
        return Drawn(pair[0], kind, side)
    return Drawn(pair[1] if target == pair[0] else pair[0], kind, side, target)


def _suspected_target(voter: Voter, catalogue: Catalogue) -> int | None:
    """The contestant that the voter seems to favour or attack, if it has a style profile."""
    target = voter_checks.suspected_target(voter.pk)
    return target if target in catalogue.have_profile else None


def new_gold(battle: Battle, check: Drawn) -> GoldBattle:
    """What a gold question is, to be inserted once its battle is; another one may be paid off."""
    if check.instead_of:
        GoldBattle.objects.filter(pk=check.instead_of).update(owed=False)
    return GoldBattle(
        battle=battle,
        kind=check.kind,
        side=check.side,
        target_id=check.target,
        drawn_side=check.side,
        drawn_target_id=check.target,
    )


def transform_of(answer: Answer) -> TextTransform | None:
    """What is to change an answer, if it is to a gold question and on the side that is changed.

    Also where the answers before showed nothing of it, or were replaced.
    """
    turn = answer.turn
    if not turn.battle.is_gold:
        return None
    gold = GoldBattle.objects.get(battle=turn.battle_id)
    side, target = _drawn(gold)
    if side != answer.side:
        return None
    if target is None:
        return WordShuffler(str(turn.battle_id))
    of_target, original = profiles_of(target, turn.battle.contestant_a_id, language=turn.language)
    return StyleMimic(of_target, original)


def _drawn(gold: GoldBattle) -> tuple[str, int | None]:
    """The side that is changed, and whose style it mimics, whatever was shown of it so far."""
    if gold.side:
        return gold.side, gold.target_id
    return gold.drawn_side, gold.drawn_target_id


def changed_by(transform: TextTransform) -> Changed:
    """Where an answer was first changed, as far as it has been given back."""
    return Changed(
        seen=transform.visible_span,
        marks=transform.invisible_span,
    )


def change_in(transform: TextTransform | None) -> str:
    """What was done to an answer that is written, for `Answer.changed`."""
    if transform is None or not transform.changes:
        return ""
    if isinstance(transform, WordShuffler):
        return Answer.Changed.DAMAGED
    return Answer.Changed.DECOY if transform.visible_changes else Answer.Changed.INVISIBLE_DECOY


def changes_shown(
    battle: Battle, entries: Iterable[Entry], shown: Mapping[str, str]
) -> dict[str, str]:
    """What was done to the parts of both answers that were shown, for `Answer.changed`.

    Args:
        entries: of both streams.
        shown: the parts, by side.
    """
    changed = dict.fromkeys(shown, "")
    if battle.is_gold:
        gold = GoldBattle.objects.get(battle=battle)
        side, target = _drawn(gold)
        if side:
            of_side = [entry for entry in entries if entry.side == side]
            seen = Answer.Changed.DAMAGED if target is None else Answer.Changed.DECOY
            changed[side] = _change_shown(of_side, len(shown[side]), seen)
    return changed


def _change_shown(entries: Sequence[Entry], chars: int, seen_as: str) -> str:
    """What the first characters of an answer show of a change.

    A change of which only a part is shown is none that readers surely see, nor none at all.
    """
    if len({entry.attempt for entry in entries}) > 1:
        return Answer.Changed.UNCLEAR  # the text may be that of either
    changes = (entry.changed for entry in entries if entry.text)
    seen, marks = max(changes, key=_known, default=NOT_CHANGED)
    if seen and chars > seen.start:
        return seen_as if chars >= seen.end else Answer.Changed.UNCLEAR
    if marks and chars > marks.start:
        return Answer.Changed.INVISIBLE_DECOY if chars >= marks.end else Answer.Changed.UNCLEAR
    return ""


def _known(changed: Changed) -> int:
    return sum(span is not None for span in changed)


def settle_truth(battle: Battle) -> None:
    """Say what a gold question is, now that its answers ended: by what its voter has in view.

    The battle is locked. If it tells nothing, for it failed, an endpoint broke an answer off, or
    it was stopped where a part of the change was shown, another one is owed.
    """
    # Locked: another battle may be opened in its stead at the same time.
    gold = GoldBattle.objects.select_for_update(of=("self",)).get(battle=battle)
    if battle.state == Battle.State.FAILED:
        gold.owed = True
        stopped = battle.failure == Battle.Failure.STOPPED
    else:
        complete = (
            Answer.objects.kept()
            .filter(turn__battle=battle, state=Answer.State.COMPLETE)
            .values_list("changed", "ending")
        )
        changes = {changed for changed, _ in complete}
        broken_off = AnswerEnding.BROKEN_OFF in {ending for _, ending in complete}
        was_void = gold.kind == GoldBattle.Kind.VOIDED
        side, target = _drawn(gold)
        gold.kind = GoldBattle.Kind.VOIDED if broken_off else _kind_of(changes)
        is_void = gold.kind == GoldBattle.Kind.VOIDED
        is_same = gold.kind == GoldBattle.Kind.SAME
        gold.side, gold.target_id = ("", None) if is_same else (side, target)
        gold.drawn_side, gold.drawn_target_id = side, target
        # One that was void before may have been made up for already.
        gold.owed = is_void and (gold.owed or not was_void)
        stopped = is_void and Answer.Changed.UNCLEAR in changes
    if stopped:
        gold.stopped_at = timezone.now()
    gold.save()


def _kind_of(changes: Collection[str]) -> GoldBattle.Kind:
    """What a gold question is whose answers in view were changed so."""
    for changed, kind in (
        (Answer.Changed.DAMAGED, GoldBattle.Kind.DAMAGED),
        (Answer.Changed.DECOY, GoldBattle.Kind.DECOY),
        (Answer.Changed.UNCLEAR, GoldBattle.Kind.VOIDED),
        (Answer.Changed.INVISIBLE_DECOY, GoldBattle.Kind.INVISIBLE_DECOY),
    ):
        if changed in changes:
            return kind
    return GoldBattle.Kind.SAME
