"""What flags of behaviour are computed from."""

import math

from arena.integrity import sql
from arena.integrity.flags.prompt_token_hashes import hashes
from arena.integrity.prepared_statements import prepared
from arena.integrity.statistics.flags import VoteFeatures


def features_of(vote_id: int) -> VoteFeatures:
    """The features of a vote: from the first prompt of its battle and the last answers."""
    turns = prepared(sql.VOTE_FEATURES, [vote_id]).fetchall()
    at, _, probed, prompt, known, shared, reading, ends_seen = turns[0]
    return VoteFeatures(
        at=at,
        reading=math.inf if reading is None else reading,
        length=float(turns[-1][1] or 0),
        ends_seen=ends_seen,
        prompt=known,
        shared=bool(shared),
        probed=probed,
        words=hashes(prompt),
    )
