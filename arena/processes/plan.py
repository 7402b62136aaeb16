"""How many processes of each kind there are, and how many database connections each may hold.

Without Django, because the settings use it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

COMMAND = "command"  # manage.py, and whatever does not say what it is


@dataclass(frozen=True, slots=True)
class Share:
    """The processes of one kind."""

    processes: int
    pool: int  # connections of each process

    @property
    def connections(self) -> int:
        return self.processes * self.pool


def parse(text: str) -> Mapping[str, Share]:
    """The kinds of processes in a text such as "web=2*2*10 generation=1*20".

    The last number of a kind is the connections of a process; the product of the others is how
    many processes there are.

    Raises:
        ValueError: the text is not of that form.
    """
    shares = {}
    for word in text.split():
        name, _, numbers = word.partition("=")
        try:
            *counts, pool = map(int, numbers.split("*"))
        except ValueError:
            counts, pool = [], 0
        if not name or not counts or min(*counts, pool) < 1:
            raise ValueError(
                f"{word!r} must be KIND=PROCESSES*CONNECTIONS, for instance web=2*2*10"
            )
        shares[name] = Share(math.prod(counts), pool)
    return shares


def pool_of(plan: Mapping[str, Share], kind: str) -> int:
    """How many connections a process of a kind may hold.

    Raises:
        ValueError: the plan does not name the kind.
    """
    if kind not in plan:
        raise ValueError(f"names no processes of the kind {kind!r}")
    return plan[kind].pool


def total(plan: Mapping[str, Share]) -> int:
    """The connections that all processes together may open."""
    return sum(share.connections for share in plan.values())


def spelled_out(plan: Mapping[str, Share]) -> str:
    """The sum with its terms: "web 4 x 10 + beat 1 x 1 = 41"."""
    terms = [f"{kind} {share.processes} x {share.pool}" for kind, share in plan.items()]
    return f"{' + '.join(terms)} = {total(plan)}"
