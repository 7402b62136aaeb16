"""The records of contestants: a file for each subject."""

from arena.contestants.models.call import Call, Usage
from arena.contestants.models.claim import CLAIM_PARTS, Claim, ClaimChange
from arena.contestants.models.contestant import (
    COMPETING,
    Contestant,
    StateChange,
    public_state,
    validate_aliases,
)
from arena.contestants.models.endpoint import (
    LONGEST_ANSWER_SECONDS,
    RESERVED_PARAMETERS,
    Endpoint,
    EndpointChange,
    EndpointHealth,
    validate_parameters,
)

__all__ = [
    "CLAIM_PARTS",
    "COMPETING",
    "LONGEST_ANSWER_SECONDS",
    "RESERVED_PARAMETERS",
    "Call",
    "Claim",
    "ClaimChange",
    "Contestant",
    "Endpoint",
    "EndpointChange",
    "EndpointHealth",
    "StateChange",
    "Usage",
    "public_state",
    "validate_aliases",
    "validate_parameters",
]
