"""All boards. Never remove one that was published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf.locale import LANG_INFO
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from arena.leaderboards.counting.windows import ROLLING
from arena.leaderboards.models import Board, Leaderboard, Style, Window, WindowStart

OVERALL = "overall"
FRESH = "fresh"
LANGUAGE_PREFIX = "lang-"
OTHER_LANGUAGES = {  # which Django has no translation into, or under another code
    "am": "Amharic",
    "arz": "Egyptian Arabic",
    "ceb": "Cebuano",
    "gu": "Gujarati",
    "iw": "Hebrew",
    "jv": "Javanese",
    "la": "Latin",
    "lo": "Lao",
    "mt": "Maltese",
    "no": "Norwegian",
    "ps": "Pashto",
    "sd": "Sindhi",
    "sh": "Serbo-Croatian",
    "si": "Sinhala",
    "so": "Somali",
    "su": "Sundanese",
    "tl": "Tagalog",
    "wuu": "Wu Chinese",
    "yi": "Yiddish",
    "yue": "Cantonese",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """A board: its name, description and place in the list of boards."""

    slug: str
    name: str
    description: str
    group: Board.Group = Board.Group.TOPIC


BOARDS = (
    BoardSpec(OVERALL, "Overall", "Every battle that counts.", Board.Group.GENERAL),
    BoardSpec(
        FRESH,
        "Fresh prompts",
        "Prompts that were neither asked here before nor taken from a published benchmark.",
        Board.Group.GENERAL,
    ),
    BoardSpec(
        "hard-prompt",
        "Hard prompts",
        "Prompts that are specific, complex or need real problem solving.",
        Board.Group.GENERAL,
    ),
    BoardSpec("long-prompt", "Long prompts", "Prompts of 500 tokens or more.", Board.Group.GENERAL),
    BoardSpec(
        "multi-turn", "Multi-turn", "Conversations of two turns or more.", Board.Group.GENERAL
    ),
    BoardSpec("code", "Code", "Prompts about programs, queries, markup and their tools."),
    BoardSpec("mathematics", "Mathematics", "Prompts that ask for calculation or proof."),
    BoardSpec("creative-writing", "Creative writing", "Prompts for stories, poems and the like."),
    BoardSpec(
        "instruction-following",
        "Instruction following",
        "Prompts that set checkable limits on the form of the answer.",
    ),
)


def language_board(language: str) -> BoardSpec:
    """The board of a language (ISO 639 code)."""
    name = OTHER_LANGUAGES.get(language) or LANG_INFO.get(language, {}).get("name", language)
    return BoardSpec(
        f"{LANGUAGE_PREFIX}{language}", name, f"Prompts in {name}.", Board.Group.LANGUAGE
    )


def boards() -> QuerySet[Board]:
    """The boards that pages list: overall, and all others that have votes."""
    voted = Leaderboard.objects.filter(board=OuterRef("pk"), votes__gt=0)
    return Board.objects.filter(Q(slug=OVERALL) | Exists(voted))


def vote_count() -> int:
    """The number of votes that count on the overall board, as of its last fit."""
    fitted = Leaderboard.objects.filter(board__slug=OVERALL, style=Style.PLAIN, window=Window.ALL)
    return fitted.values_list("votes", flat=True).first() or 0


LANGUAGE_POSITION = 1000


def register_boards() -> None:
    """Update the table of boards from `BOARDS`."""
    for position, spec in enumerate(BOARDS):
        Board.objects.update_or_create(slug=spec.slug, defaults=_stated(spec, position))
    for window, days in ROLLING.items():
        first_day = timezone.now().date() - timedelta(days=days - 1)
        WindowStart.objects.get_or_create(window=window, defaults={"first_day": first_day})


def _stated(spec: BoardSpec, position: int) -> dict[str, Any]:
    return {
        "name": spec.name,
        "description": spec.description,
        "group": spec.group,
        "position": position,
    }


def boards_named(slugs: Iterable[str]) -> list[Board]:
    """The boards with these slugs; creates the board of a language at its first use.

    Raises:
        ValueError: there is no such board.
    """
    wanted = set(slugs)
    found = list(Board.objects.filter(slug__in=wanted))
    for slug in sorted(wanted - {board.slug for board in found}):
        if not slug.startswith(LANGUAGE_PREFIX):
            raise ValueError(f"There is no board {slug!r}.")
        spec = language_board(slug.removeprefix(LANGUAGE_PREFIX))
        # Not update_or_create: its lock would hold up every vote on the board.
        board, _ = Board.objects.get_or_create(slug=slug, defaults=_stated(spec, LANGUAGE_POSITION))
        found.append(board)
    return found
