"""Ask the contestants of a battle: check the prompt, add a turn, request its answers."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from arena.battles.generation.queue import enqueue_on_commit
from arena.battles.models import Answer, Battle, Turn
from arena.battles.prompts import images, leaks
from arena.battles.prompts import known as freshness
from arena.battles.prompts import named as named_prompts
from arena.battles.prompts.images import NewImage
from arena.battles.voting.boards import topics_of
from arena.common.plain_text import is_plain
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


def locked_idle(voter: Voter) -> Voter:
    """The voter, locked, so that two requests at once count one by one.

    Raises:
        TooManyBattles: there are as many battles running as one voter may have.
    """
    voter = Voter.objects.select_for_update().get(pk=voter.pk)
    check_running(voter)
    return voter


def check_running(voter: Voter) -> None:
    """Count the running battles of a voter, who is locked.

    Raises:
        TooManyBattles: there are as many as one voter may have.
    """
    unfinished = Q(state=Battle.State.GENERATING) | Q(
        state=Battle.State.OPEN, shown_at__gt=timezone.now()
    )
    running = Battle.objects.filter(unfinished, voter=voter).count()
    if running >= settings.ARENA.running_battles_per_voter:
        raise TooManyBattles(f"{running} of your battles are still running: let one finish first.")


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """What the arena makes of a prompt."""

    text: str
    categories: Categories
    compared: freshness.Comparison | None
    probe: Finding | None
    named: named_prompts.Keys | None


def read_prompt(prompt: str, voter: Voter, *, is_blind: bool, is_first: bool) -> ReadPrompt:
    """Analyse a prompt. This takes a while: call it before anything is locked."""
    compared = None
    # What was said to models of one's choice says nothing of what is fresh on the boards.
    if is_blind and (is_first or len(prompt) >= freshness.STOCK_CHARS):
        compared = freshness.compare(prompt, voter)
    probe = leaks.probe_in(prompt) if is_blind else None
    named = None if is_blind else named_prompts.keys_of(prompt)
    return ReadPrompt(prompt, classify(prompt), compared, probe, named)


def add_turn(
    battle: Battle, read: ReadPrompt, *, number: int, image: NewImage | None = None
) -> None:
    """Add a prompt to a battle and have both contestants answer it."""
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
    if read.compared:
        freshness.remember(turn, read.compared)
    if read.named:
        named_prompts.note(turn, battle.voter_id, read.named)
    if image:
        images.keep(turn, image)
    request_answers(turn)


def request_answers(turn: Turn) -> None:
    answers = Answer.objects.bulk_create(
        [Answer(turn=turn, side=side, queued_at=timezone.now()) for side in turn.battle.sides]
    )
    enqueue_on_commit([answer.pk for answer in answers])
