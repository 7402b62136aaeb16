"""What flags of behaviour are computed from."""

import math

from arena.integrity.flags.prompt_token_hashes import digests
from arena.integrity.prepared_statements import prepared
from arena.integrity.statistics.flags import Facts

FACTS = """
SELECT extract(epoch FROM vote.cast_at)::float8,
    (SELECT sum(style_tokens) FROM battles_answer answer WHERE answer.turn_id = turn.id),
    EXISTS (
        SELECT FROM battles_identityleak leak WHERE leak.kind = 'probe' AND leak.battle_id = (
            SELECT before.id FROM battles_battle before
            WHERE before.voter_id = battle.voter_id AND before.created_at < battle.created_at
            ORDER BY before.created_at DESC, before.id DESC LIMIT 1
        )
    ),
    turn.prompt,
    coalesce(
        turn.repeats_id,
        (SELECT own.id FROM battles_knownprompt own WHERE own.turn_id = turn.id)
    ),
    (
        SELECT asked.voter_id <> battle.voter_id FROM battles_knownprompt known
        JOIN battles_turn asking ON asking.id = known.turn_id
        JOIN battles_battle asked ON asked.id = asking.battle_id
        WHERE known.id = turn.repeats_id
    ),
    server_decided_ms / 1000.0::float8, end_seen_a AND end_seen_b
FROM battles_vote vote
JOIN battles_battle battle ON battle.id = vote.battle_id
JOIN battles_turn turn ON turn.battle_id = battle.id AND turn.dropped = ''
LEFT JOIN battles_attention attention ON attention.vote_id = vote.id
WHERE vote.id = %s
ORDER BY turn.number
"""


def facts_of(vote_id: int) -> Facts:
    """What habits are measured by: the first prompt of a vote's battle, the answers read last."""
    turns = prepared(FACTS, [vote_id]).fetchall()
    at, _, probed, prompt, known, shared, reading, ends_seen = turns[0]
    return Facts(
        at=at,
        reading=math.inf if reading is None else reading,
        length=float(turns[-1][1] or 0),
        ends_seen=ends_seen,
        prompt=known,
        shared=bool(shared),
        probed=probed,
        words=digests(prompt),
    )
