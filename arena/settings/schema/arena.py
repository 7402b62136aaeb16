"""All ARENA_* variables as one typed, frozen object: `settings.ARENA`."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

from arena.settings.schema.limits import RateLimits
from arena.settings.schema.sections import (
    Battles,
    Endpoints,
    Integrity,
    Keys,
    Pacing,
    Place,
    Section,
)
from arena.settings.schema.types import Limits

PREFIX = "ARENA_"


class Order(NamedTuple):
    """A relation: the first must be below the second, or equal to it where that is allowed."""

    lower: str
    upper: str
    may_be_equal: bool = True

    def holds(self, lower: float, upper: float) -> bool:
        return lower <= upper if self.may_be_equal else lower < upper


class ArenaSettings(RateLimits, Integrity, Pacing, Endpoints, Battles, Place, Keys):
    """The settings of the arena. A field `hold_alpha` is the variable `ARENA_HOLD_ALPHA`."""

    SECTIONS: ClassVar[tuple[type[Section], ...]] = (
        Keys,
        Place,
        Battles,
        Endpoints,
        Pacing,
        Integrity,
        RateLimits,
    )
    ORDERS: ClassVar[tuple[Order, ...]] = (
        Order("max_prompt_chars", "max_conversation_chars"),
        Order("first_sign_seconds", "first_token_seconds"),
        Order("first_token_seconds", "answer_seconds"),
        Order("between_tokens_seconds", "answer_seconds"),
        Order("hold_alpha", "risk_alpha", may_be_equal=False),
        Order("connections_per_browser", "connections_per_address"),
        Order("connections_per_address", "connections"),
    )

    @property
    def rates(self) -> Mapping[str, Limits]:
        """The limits of each action; see arena.voters.throttling.limits."""
        return {
            "open": self.rate_open,
            "vote": self.rate_vote,
            "react": self.rate_react,
            "report": self.rate_report,
            "read": self.rate_read,
            "read_by_key": self.rate_read_by_key,
            "mail": self.rate_mail,
            "enter": self.rate_enter,
            "enter_account": self.rate_enter_account,
            "enter_known": self.rate_enter_known,
        }

    def changed(self, **changes: Any) -> Self:
        """These settings with a few others, checked in the same way.

        Raises:
            ValueError: a name is unknown, a value is wrong, or two values contradict each other.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        changed = type(self).model_validate(values | changes)
        if wrong := changed.contradictions():
            raise ValueError("; ".join(wrong))
        return changed

    def contradictions(self, but: frozenset[str] = frozenset()) -> list[str]:
        """A sentence for each two values in a wrong order, `but` those of some fields."""
        wrong = []
        for order in self.ORDERS:
            lower, upper = getattr(self, order.lower), getattr(self, order.upper)
            if not but & {order.lower, order.upper} and not order.holds(lower, upper):
                wrong.append(
                    f"{PREFIX}{order.lower.upper()} ({lower:g}) must be "
                    f"{'at most' if order.may_be_equal else 'below'} "
                    f"{PREFIX}{order.upper.upper()} ({upper:g})"
                )
        return wrong
