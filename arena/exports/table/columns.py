"""The columns of an export: LMArena's public ones, and what it takes to rebuild every board."""

from typing import Any

import pyarrow as pa

CONVERSATION = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
COUNTS = ("tokens", "headers", "lists", "bold")  # of style, as `ratings.engine.GRID` names them

DESCRIPTIONS: dict[str, tuple[pa.DataType, str]] = {
    "question_id": (pa.string(), "Of the battle; holds within this export only."),
    "model_a": (pa.string(), "Slug of the contestant on side A."),
    "model_b": (pa.string(), "Slug of the contestant on side B."),
    "winner": (pa.string(), "model_a, model_b, tie, or tie (bothbad)."),
    "judge": (pa.string(), "Pseudonym of the voter; holds for one day and this export only."),
    "conversation_a": (
        CONVERSATION,
        "Messages {role, content} with side A; null unless everybody may read the conversation.",
    ),
    "conversation_b": (CONVERSATION, "The same with side B."),
    "turn": (pa.int32(), "Prompts of the conversation."),
    "anony": (pa.bool_(), "Always true: names were hidden until the vote."),
    "language": (
        pa.string(),
        "Of the first prompt: ISO 639 code; und where it has none; unknown where so few votes are"
        " in it that it is withheld.",
    ),
    "tstamp": (
        pa.float64(),
        "Begin of the vote's period, in seconds since 1970 (UTC); null where it is withheld.",
    ),
    "period": (pa.string(), "What tstamp is exact to: day, month, or withheld."),
    "topics": (pa.list_(pa.string()), "Of all prompts; each is the name of a board, with _ for -."),
    "fresh": (pa.bool_(), "No prompt was asked here before, or is a published benchmark's."),
    "standing": (pa.string(), "counted, held or excluded, when the export was made."),
    "reason": (pa.string(), "Code of why it does not count; empty if it does."),
    "weight": (
        pa.float64(),
        "How much it counts, in tenths from 0 to 1: the boards are sums of these. Only votes that"
        " count are weighed; the others have 1.",
    ),
    "weight_reason": (
        pa.string(),
        "What it weighs less for: voter, network, day, week or class, the group of votes that moved"
        " a model further than chance explains; empty if it counts fully.",
    ),
    **{
        f"{name}_{side}": (pa.int32(), f"{name.title()} in all answers of side {side.upper()}.")
        for name in COUNTS
        for side in "ab"
    },
}
SCHEMA = pa.schema(
    [
        pa.field(name, kind, metadata={"description": about})
        for name, (kind, about) in DESCRIPTIONS.items()
    ]
)

_NULLABLE = {"judge", "conversation_a", "conversation_b", "tstamp"}
_ENUMS: dict[str, list[str]] = {
    "winner": ["model_a", "model_b", "tie", "tie (bothbad)"],
    "period": ["day", "month", "withheld"],
    "standing": ["counted", "held", "excluded"],
    "weight_reason": ["", "voter", "network", "day", "week", "class"],
}
_JSON_TYPES: dict[pa.DataType, dict[str, Any]] = {
    pa.string(): {"type": "string"},
    pa.int32(): {"type": "integer"},
    pa.float64(): {"type": "number"},
    pa.bool_(): {"type": "boolean"},
    pa.list_(pa.string()): {"type": "array", "items": {"type": "string"}},
    CONVERSATION: {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "role": {"enum": ["user", "assistant"]},
                "content": {"type": "string"},
            },
            "required": ["role", "content"],
            "additionalProperties": False,
        },
    },
}


def json_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a row."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One vote of an export of Blind Arena",
        "type": "object",
        "properties": {
            name: {"description": about} | _json_type(name, kind)
            for name, (kind, about) in DESCRIPTIONS.items()
        },
        "required": list(DESCRIPTIONS),
        "additionalProperties": False,
    }


def _json_type(name: str, kind: pa.DataType) -> dict[str, Any]:
    if name in _ENUMS:
        return {"enum": _ENUMS[name]}
    known = _JSON_TYPES[kind]
    return {"anyOf": [known, {"type": "null"}]} if name in _NULLABLE else known
