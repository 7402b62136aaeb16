"""Ask the contestants of a battle: check the prompt, add a turn, request its answers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Model, OuterRef, Q, Subquery
from django.utils import timezone

from arena.battles.generation.queue import enqueue_on_commit
from arena.battles.models import Answer, Battle, GoldBattle, Turn
from arena.battles.prompts import images, leaks
from arena.battles.prompts import known as freshness
from arena.battles.prompts import named as named_prompts
from arena.battles.prompts.images import NewImage
from arena.battles.voting.boards import topics_of
from arena.common.inserts import insert_together
from arena.common.plain_text import is_plain
from arena.contestants.catalogue.reading import CatalogueNames, catalogue_names
from arena.text.classification import Categories, classify
from arena.text.identity import Finding
from arena.text.visible import is_visible
from arena.voters.models import Voter


class PromptRefused(Exception):
    """The prompt cannot be answered as it is; the message says why."""


class TooManyBattles(Exception):
    """The voter already has as many battles running as one voter may."""


def checked_prompt(prompt: str) -> str:
    """The prompt, if it can be stored and sent as it is.

    Raises:
        PromptRefused: nothing of it is visible, it is too long, or holds characters that are not
            text.
    """
    if not is_visible(prompt):
        raise PromptRefused("Type a prompt first.")
    if len(prompt) > settings.ARENA.max_prompt_chars:
        raise PromptRefused(
            f"The prompt has {len(prompt):,} characters; "
            f"at most {settings.ARENA.max_prompt_chars:,} are possible."
        )
    if not is_plain(prompt):
        raise PromptRefused("The prompt holds characters that are not text.")
    return prompt


def locked_voter(voter_id: uuid.UUID) -> Voter:
    """The voter, locked, so that two requests at once count one by one."""
    return Voter.objects.select_for_update().get(pk=voter_id)


def running_battles() -> Subquery:
    """How many battles of a voter are running, to annotate voters with; None if there are none."""
    unfinished = Q(state=Battle.State.GENERATING) | Q(
        state=Battle.State.OPEN, shown_at__gt=timezone.now()
    )
    theirs = Battle.objects.filter(unfinished, voter=OuterRef("pk")).order_by().values("voter")
    return Subquery(theirs.annotate(running=Count("pk")).values("running"))


def check_running(running: int | None) -> None:
    """Check how many battles of a voter are running, who was locked before they were counted.

    Raises:
        TooManyBattles: there are as many as one voter may have.
    """
    if (running or 0) >= settings.ARENA.running_battles_per_voter:
        raise TooManyBattles(f"{running} of your battles are still running: let one finish first.")


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """What the arena makes of a prompt."""

    text: str
    categories: Categories
    compared: freshness.Comparison | None
    probe: Finding | None
    named: named_prompts.Keys | None


def read_prompt(
    prompt: str,
    voter: Voter | None,
    *,
    is_blind: bool,
    is_first: bool,
    names: CatalogueNames | None = None,
) -> ReadPrompt:
    """Analyse a prompt. This takes a while: call it before anything is locked.

    Args:
        voter: None: a guest who is new.
        names: of the contestants, if they are known already.
    """
    compared = None
    # What was said to models of one's choice says nothing of what is fresh on the boards.
    if is_blind and (is_first or len(prompt) >= freshness.STOCK_CHARS):
        compared = freshness.compare(prompt, voter)
    probe = leaks.probe_in(prompt, names or catalogue_names()) if is_blind else None
    named = None if is_blind else named_prompts.keys_of(prompt)
    return ReadPrompt(prompt, classify(prompt), compared, probe, named)


def add_turn(
    battle: Battle,
    read: ReadPrompt,
    *,
    number: int,
    image: NewImage | None = None,
    gold: GoldBattle | None = None,
) -> Turn:
    """Add a prompt to a battle, which is inserted, and have both contestants answer it.

    Args:
        gold: what the battle is, if it is a gold question and this is its first turn.
    """
    turn = Turn.objects.create(
        battle=battle,
        number=number,
        prompt=read.text,
        language=read.categories.language,
        topics=topics_of(read.categories),
        repeats=read.compared.repeats if read.compared else None,
    )
    if read.probe:
        leaks.note_probe(turn, read.probe)
    if read.named:
        named_prompts.note(turn, battle.voter_id, read.named)
    if image:
        images.keep(turn, image)
    known = freshness.rows_to_remember(turn, read.compared) if read.compared else []
    request_answers(turn, [*known, *([gold] if gold else [])])
    return turn


def request_answers(turn: Turn, beside: Sequence[Model] = ()) -> None:
    """Have the answers of a turn written.

    Args:
        beside: new rows to insert by the same statement.
    """
    now = timezone.now()
    answers = [Answer(turn=turn, side=side, queued_at=now) for side in turn.battle.sides]
    insert_together([*beside, *answers])
    enqueue_on_commit([answer.pk for answer in answers])
