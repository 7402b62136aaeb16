"""What a probe is. Each stands in a folder of its own below `ratings.audit.probes`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ratings.audit.evidence import Evidence
from ratings.audit.records import Exchange, Mode, Part, Request, Source


@dataclass(frozen=True, slots=True)
class Texts:
    """What the public page says of a probe, one sentence or two each.

    Args:
        title: such as "One-token fingerprint".
        sends: what it asks. null: what is assumed of an honest endpoint.
        blind_to: what it cannot see.
    """

    title: str
    sends: str
    null: str
    blind_to: str


class Probe(Protocol):
    """One test of one part of a claim.

    A probe keeps no state: the runner asks its requests in their order, of the endpoint and of the
    reference in turn, stores what came back, and computes the evidence again from all exchanges
    of a version so far. So an audit may be killed anywhere, and whoever has the exchanges can
    replay the evidence.
    """

    name: str  # of its folder
    part: Part
    mode: Mode
    sources: frozenset[Source]  # any one of these is enough; NOTHING: needs no reference
    texts: Texts

    def requests(self, seed: int) -> Iterator[Request]:
        """What to ask, in order; the same for the same seed. It ends where more tells nothing."""

    def evidence(self, exchanges: Sequence[Exchange]) -> Evidence:
        """What these exchanges tell, which are in the order of asking and of one source.

        Exchanges that are not complete (`Exchange.is_complete`) count for nothing.
        """
