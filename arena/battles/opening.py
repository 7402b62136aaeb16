"""Open a battle: the guest, their consent, the battle, its origin and its first turn at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from redis import RedisError

from arena.battles.asking import (
    ReadPrompt,
    add_turn,
    check_running,
    checked_prompt,
    locked_voter,
    read_prompt,
    running_battles,
)
from arena.battles.drawing.catalogue import read_catalogue
from arena.battles.drawing.matchmaking import check_enough, draw_pair
from arena.battles.gold import draw
from arena.battles.models import ORIGIN_DAYS, Battle, GoldBattle, Origin, Turn
from arena.battles.prompts.images import NewImage
from arena.battles.repeats.request_key import RequestKey
from arena.common.inserts import insert_together
from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.models import Contestant
from arena.leaderboards.sampling import drawable
from arena.voters import consent
from arena.voters.models import Voter
from arena.voters.origin.network import DayKeys

logger = logging.getLogger(__name__)


class ContestantsRefused(Exception):
    """The chosen contestants cannot be asked so; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a battle is opened with, beside its voter and prompt.

    Attributes:
        by_program: a program opens it for the voter; it is no gold question, and its vote counts
            nowhere.
        gives_consent: the voter agrees to the text in force, which is recorded.
        network, client_signature: pseudonyms (see `Origin`) of where it comes from; empty: unknown.
        key: by which the same request is known if it is sent again.
    """

    by_program: bool = False
    gives_consent: bool = False
    network: str = ""
    client_signature: str = ""
    key: RequestKey | None = None


PLAIN = Request()


def names_of_origin(
    keys: DayKeys, network: str | None, client_signature: str | None
) -> tuple[str, str]:
    """Pseudonyms of a network and a client signature, empty if unknown; see `Origin`."""
    try:
        return (
            keys.now(network) if network else "",
            keys.now(client_signature) if client_signature else "",
        )
    except RedisError:
        logger.warning("Redis is away: the origin of a battle is not noted.")
        return "", ""


def check_takes_images(chosen: Sequence[str] = ()) -> None:
    """Refuse a prompt with an image that nobody could be asked about, before it is decoded.

    Args:
        chosen: slugs of the contestants to ask; none: two are to be drawn.

    Raises:
        ContestantsRefused: one of the chosen ones takes no images, or cannot be asked now.
        arena.battles.drawing.matchmaking.NoContestants: fewer than two contestants take images.
    """
    if chosen:
        _drawable_by_slug(chosen, taking_images=True)
    else:
        check_enough(drawable(taking_images=True))


def open_battle(
    voter: Voter | None,
    prompt: str,
    *,
    image: NewImage | None = None,
    may_publish: bool | None = None,
    request: Request = PLAIN,
) -> Battle:
    """Open a battle of two contestants drawn at random and have both answers written.

    One transaction stores all of it, a refused battle leaves nothing.

    Args:
        voter: None: a new guest, who is stored with the battle.
        image: is asked about; only contestants that take images are drawn.
        may_publish: whether everybody may read the conversation after the vote, which is remembered
            for the voter's next battles; None: as chosen last, at first not.

    Raises:
        PromptRefused: the prompt cannot be answered as it is.
        TooManyBattles: the voter has too many battles running.
        arena.battles.drawing.matchmaking.NoContestants: fewer than two contestants can be drawn.
        django.db.IntegrityError: a request with the same key was faster.
    """
    prompt = checked_prompt(prompt)
    catalogue = read_catalogue()
    contestants = catalogue.drawable(taking_images=image is not None)
    check_enough(contestants)
    read = read_prompt(prompt, voter, is_blind=True, is_first=True, names=catalogue.names)
    side_a, side_b = draw_pair(contestants)
    with transaction.atomic():
        known, debt = _locked_idle(voter)
        gold = None
        if not request.by_program:
            gold = draw.drawn_if_due(known, (side_a, side_b), catalogue, debt)
        opener = known or Voter()
        if may_publish is not None and may_publish != opener.publishes:
            opener.publishes = may_publish
            if known:
                known.save(update_fields=["publishes"])
        battle = Battle(
            voter=opener,
            contestant_a_id=gold.contestant if gold else side_a,
            contestant_b_id=gold.contestant if gold else side_b,
            is_gold=gold is not None,
            by_program=request.by_program,
            may_publish=opener.publishes,
        )
        gold_row = draw.new_gold(battle, gold) if gold else None
        _store(battle, read, image, request, is_new=known is None, gold=gold_row)
    return battle


def open_named(
    voter: Voter | None,
    prompt: str,
    chosen: Sequence[str],
    *,
    image: NewImage | None = None,
    request: Request = PLAIN,
) -> Battle:
    """Have contestants of the voter's choice answer, by slug: one alone, or A and B side by side.

    The voter sees the names, nobody else reads it, and no vote in it counts on any board.

    Raises:
        PromptRefused, TooManyBattles, django.db.IntegrityError: as `open_battle`.
        ContestantsRefused: two are one and the same, or one of them cannot be asked now.
    """
    prompt = checked_prompt(prompt)
    if len(set(chosen)) < len(chosen):
        raise ContestantsRefused("Choose two different models.")
    found = _drawable_by_slug(chosen, taking_images=image is not None)
    read = read_prompt(prompt, voter, is_blind=False, is_first=True)
    with transaction.atomic():
        known, _ = _locked_idle(voter)
        battle = Battle(
            voter=known or Voter(),
            contestant_a=found[chosen[0]],
            contestant_b=found[chosen[-1]],
            mode=Battle.Mode.DIRECT if len(chosen) == 1 else Battle.Mode.SIDE_BY_SIDE,
            by_program=request.by_program,
        )
        _store(battle, read, image, request, is_new=known is None)
    return battle


def _locked_idle(voter: Voter | None) -> tuple[Voter | None, draw.Debt]:
    """The voter, locked, and what gold questions are owed to them; a new guest has neither.

    Raises:
        TooManyBattles: there are as many battles running as one voter may have.
    """
    if voter is None:
        return None, draw.Debt()
    known = locked_voter(voter.pk)
    # Counted by a statement of its own, which sees what was committed before the lock was given.
    now = (
        Voter.objects.filter(pk=known.pk)
        .annotate(running=running_battles(), **draw.debt_of())
        .values_list("running", "owed", "stopped_lately", named=True)
        .get()
    )
    check_running(now.running)
    return known, draw.Debt(now.owed, now.stopped_lately)


def _store(
    battle: Battle,
    read: ReadPrompt,
    image: NewImage | None,
    request: Request,
    *,
    is_new: bool,
    gold: GoldBattle | None = None,
) -> None:
    """Insert a battle with all that belongs to it.

    Args:
        is_new: whether its voter is to be inserted too.
    """
    rows: list[Model] = [battle.voter] if is_new else []
    if request.gives_consent and is_new:
        rows.append(consent.new(battle.voter))
    elif request.gives_consent:
        consent.give(battle.voter)
    if request.network or request.client_signature:
        rows.append(
            Origin(
                battle=battle, network=request.network, client_signature=request.client_signature
            )
        )
    if request.key:
        rows.append(request.key.row(battle))
    insert_together([*rows, battle])
    turn = add_turn(battle, read, number=1, image=image, gold=gold)
    _prefetched(battle, turn, image)


def _prefetched(battle: Battle, turn: Turn, image: NewImage | None) -> None:
    """Spare a reader of the new battle what was just written, as `prefetch_related` would."""
    turns = battle.turns.all()
    turns._result_cache = [turn]
    vars(battle)["_prefetched_objects_cache"] = {"turns": turns}
    if image is None:
        turn._state.fields_cache["image"] = None


def _drawable_by_slug(chosen: Sequence[str], *, taking_images: bool) -> dict[str, Contestant]:
    found = {each.slug: each for each in drawable_contestants().filter(slug__in=chosen)}
    for slug in chosen:
        if slug not in found:
            raise ContestantsRefused(f"{slug} is not available at the moment.")
        if taking_images and not found[slug].takes_images:
            raise ContestantsRefused(f"{found[slug]} takes no images.")
    return found


def forget_origins() -> None:
    """Remove from where battles were opened: after `ORIGIN_DAYS` days, of erased ones after one.

    Not at once, or sybils who erase each account after its vote would share nothing.
    """
    now = timezone.now()
    Origin.objects.filter(created_at__lt=now - timedelta(days=ORIGIN_DAYS)).delete()
    a_day_old = Origin.objects.filter(created_at__lt=now - timedelta(days=1))
    a_day_old.filter(battle__erased_at__isnull=False).delete()
