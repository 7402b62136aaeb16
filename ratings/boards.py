"""The boards there are. A board stays on the record once it has been published."""

from dataclasses import dataclass

from django.conf.locale import LANG_INFO

from ratings.models import Board

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
    """A board as the chooser shows it."""

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
