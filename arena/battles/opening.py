"""Open a battle: check the prompt, draw the contestants, request the answers."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from redis import RedisError

from arena.battles.asking import add_turn, checked_prompt, locked_idle, read_prompt
from arena.battles.gold import draw
from arena.battles.matchmaking import check_drawable, draw_pair
from arena.battles.models import ORIGIN_DAYS, Battle, Origin
from arena.battles.prompts.images import NewImage
from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.models import Contestant
from arena.voters.models import Voter
from arena.voters.network import pseudonyms

logger = logging.getLogger(__name__)


class ContestantsRefused(Exception):
    """The chosen contestants cannot be asked so; the message says why."""


def check_takes_images(chosen: Sequence[str] = ()) -> None:
    """Refuse a prompt with an image that nobody could be asked about, before it is decoded.

    Args:
        chosen: slugs of the contestants to ask; none: two are to be drawn.

    Raises:
        ContestantsRefused: one of the chosen ones takes no images, or cannot be asked now.
        arena.battles.matchmaking.NoContestants: fewer than two contestants take images.
    """
    if chosen:
        _drawable_by_slug(chosen, taking_images=True)
    else:
        check_drawable(taking_images=True)


@transaction.atomic
def open_battle(
    voter: Voter,
    prompt: str,
    *,
    image: NewImage | None = None,
    may_publish: bool | None = None,
    by_program: bool = False,
) -> Battle:
    """Open a battle of two contestants drawn at random and have both answers written.

    Args:
        image: is asked about; only contestants that take images are drawn.
        may_publish: whether everybody may read the conversation after the vote, which is remembered
            for the voter's next battles; None: as chosen last, at first not.
        by_program: a program opens it for the voter; it is no check, and its vote counts nowhere.

    Raises:
        PromptRefused: the prompt cannot be answered as it is.
        TooManyBattles: the voter has too many battles running.
        arena.battles.matchmaking.NoContestants: fewer than two contestants can be drawn.
    """
    read = read_prompt(checked_prompt(prompt), voter, is_blind=True, is_first=True)
    voter = locked_idle(voter)
    if may_publish is not None and may_publish != voter.publishes:
        voter.publishes = may_publish
        voter.save(update_fields=["publishes"])
    side_a, side_b = draw_pair(taking_images=image is not None)
    check = None if by_program else draw.drawn_if_due(voter, (side_a, side_b))
    if check:
        side_a = side_b = check.contestant
    battle = Battle.objects.create(
        voter=voter,
        contestant_a_id=side_a,
        contestant_b_id=side_b,
        is_gold=check is not None,
        by_program=by_program,
        may_publish=voter.publishes,
    )
    if check:
        draw.record_gold(battle, check)
    add_turn(battle, read, number=1, image=image)
    return battle


@transaction.atomic
def open_named(
    voter: Voter,
    prompt: str,
    chosen: Sequence[str],
    *,
    image: NewImage | None = None,
    by_program: bool = False,
) -> Battle:
    """Have contestants of the voter's choice answer, by slug: one alone, or A and B side by side.

    The voter sees the names, nobody else reads it, and no vote in it counts on any board.

    Raises:
        PromptRefused, TooManyBattles: as `open_battle`.
        ContestantsRefused: two are one and the same, or one of them cannot be asked now.
    """
    read = read_prompt(checked_prompt(prompt), voter, is_blind=False, is_first=True)
    if len(set(chosen)) < len(chosen):
        raise ContestantsRefused("Choose two different models.")
    found = _drawable_by_slug(chosen, taking_images=image is not None)
    battle = Battle.objects.create(
        voter=locked_idle(voter),
        contestant_a=found[chosen[0]],
        contestant_b=found[chosen[-1]],
        mode=Battle.Mode.DIRECT if len(chosen) == 1 else Battle.Mode.SIDE_BY_SIDE,
        by_program=by_program,
    )
    add_turn(battle, read, number=1, image=image)
    return battle


def _drawable_by_slug(chosen: Sequence[str], *, taking_images: bool) -> dict[str, Contestant]:
    found = {each.slug: each for each in drawable_contestants().filter(slug__in=chosen)}
    for slug in chosen:
        if slug not in found:
            raise ContestantsRefused(f"{slug} is not available at the moment.")
        if taking_images and not found[slug].takes_images:
            raise ContestantsRefused(f"{found[slug]} takes no images.")
    return found


def note_origin(battle: Battle, *, network: str | None, device: str | None) -> None:
    """Note from where a battle was opened, and with what, if that can be told under today's key.

    Args:
        network: of `arena.voters.network.network_of`.
        device: of `arena.voters.device.device_of`.
    """
    told = {"network": network, "device": device}
    known = {field: thing for field, thing in told.items() if thing is not None}
    if not known:
        return
    try:
        names = pseudonyms(*known.values())
    except RedisError:
        logger.warning("Redis is away: the origin of battle %s is not noted.", battle.pk)
        return
    Origin.objects.create(battle=battle, **dict(zip(known, names, strict=True)))


def forget_origins() -> None:
    """Remove from where battles were opened: after `ORIGIN_DAYS` days, of erased ones after one.

    Not at once, or sybils who erase each account after its vote would share nothing.
    """
    now = timezone.now()
    Origin.objects.filter(created_at__lt=now - timedelta(days=ORIGIN_DAYS)).delete()
    a_day_old = Origin.objects.filter(created_at__lt=now - timedelta(days=1))
    a_day_old.filter(battle__erased_at__isnull=False).delete()
