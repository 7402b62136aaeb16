"""Which boards the vote of a battle counts on."""

from collections.abc import Sequence
from dataclasses import asdict

from arena.battles.models import Turn
from arena.leaderboards.boards import FRESH, LANGUAGE_PREFIX, OVERALL
from arena.text.classification import UNDETERMINED, Categories

MULTI_TURN = "multi-turn"


def topics_of(categories: Categories) -> list[str]:
    """The names of the topics that hold, as a turn keeps them."""
    return [name for name, holds in asdict(categories).items() if holds is True]


def topic_of(slug: str) -> str:
    """The topic, as a turn keeps it, of the board with that slug."""
    return slug.replace("-", "_")


def boards_of(turns: Sequence[Turn]) -> set[str]:
    """The slugs of the boards that a battle with these turns counts on.

    A battle is about a topic if one of its prompts is; its language is that of its first prompt;
    it is fresh if all its prompts are.
    """
    slugs = {OVERALL}
    if all(turn.repeats_id is None for turn in turns):
        slugs.add(FRESH)
    slugs.update(topic.replace("_", "-") for turn in turns for topic in turn.topics)
    if len(turns) > 1:
        slugs.add(MULTI_TURN)
    language = turns[0].language
    if language != UNDETERMINED:
        slugs.add(f"{LANGUAGE_PREFIX}{language}")
    return slugs
