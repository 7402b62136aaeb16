"""Nothing that a browser receives before the vote tells the contestants apart (invariant 2).

The same is asked until both contestants were on both sides, over the real API and socket of a
whole site; then everything that came, headers and cookies included, is compared and searched.
"""

import json
import re

from tests.battles.conftest import CONTESTANTS, PacedArena
from tests.battles.normal import TOKEN, UUID, normalised
from tests.visitor import Reply, Screen

MAX_BATTLES = 24  # that all of them fall on the same side has a chance of 2^-23


def written(reply: Reply) -> str:
    headers = "".join(f"{name}: {value}\n" for name, value in reply.headers.items())
    return f"{reply.status}\n{headers}\n{reply.body}"


def what_a_browser_gets(arena: PacedArena) -> tuple[str, str, dict[str, str]]:
    """All that reaches a new visitor from the first page to just before the vote, in order.

    Returns the battle's id, and what came: raw, and normalised by place.
    """
    arena.pace(seconds=0.4, tokens=20, held_after=0)
    visitor = arena.visitor()
    got = {"home": written(visitor.home)}
    opened = visitor.post("/api/v1/battles", {"prompt": "Why is the sky blue?"})
    got["opened"] = written(opened)
    battle = opened.json()
    path = f"/api/v1/battles/{battle['id']}"
    got["page while it is written"] = written(visitor.get(battle["url"]))
    got["too early a vote"] = written(visitor.vote(battle, "a"))
    with Screen(visitor, battle) as screen:
        screen.until(lambda screen: screen.state == "generating", 90)
        arena.release()
        screen.until_open(90)
    # How the text is cut into frames is a matter of time, which has a test of its own.
    kinds = [frame["type"] for frame in screen.frames if frame["type"] not in {"text", "beat"}]
    snapshot = next(frame for frame in screen.frames if frame["type"] == "snapshot")
    first = {k: v for k, v in snapshot.items() if k not in "ab"}
    got["socket"] = json.dumps([kinds, first, screen.text])
    got["known keys"] = json.dumps(sorted({key for frame in screen.frames for key in frame}))
    with Screen(visitor, battle) as screen:
        screen.until_open(90)
    got["socket of a late reader"] = json.dumps([screen.state, screen.text])
    got["asked further"] = written(visitor.post(f"{path}/turns", {"prompt": "And at dusk?"}))
    with Screen(visitor, battle) as screen:
        screen.until(lambda screen: screen.turn == 2 and screen.state == "open", 90)
    got["socket of the second turn"] = json.dumps([screen.frames[-1], screen.text])
    got["regenerated"] = written(visitor.post(f"{path}/regenerate", {}))
    with Screen(visitor, battle) as screen:
        screen.until(lambda screen: screen.turn == 3 and screen.state == "open", 90)
    got["page"] = written(visitor.get(battle["url"]))
    got["battle"] = written(visitor.get(path))
    got["cookies"] = json.dumps(sorted(visitor.cookies))
    return (
        battle["id"],
        "\n".join([*got.values(), *visitor.cookies.values(), json.dumps(screen.frames)]),
        {place: normalised(text) for place, text in got.items()},
    )


def test_nothing_before_the_vote_tells_the_contestants_apart(paced_arena: PacedArena) -> None:
    marks = {word for values in CONTESTANTS.values() for word in values.values()}
    marks |= {*CONTESTANTS, "heron", "walrus", "marshland", "icefloe", "paced~"}
    marks |= {str(server.port) for server in paced_arena.servers}

    by_side: dict[str, dict[str, str]] = {}
    for _ in range(MAX_BATTLES):
        battle_id, raw, got = what_a_browser_gets(paced_arena)
        # Digits of an id or of a token would now and then be a port by chance.
        searched = "\n".join([TOKEN.sub("", UUID.sub("", raw)).lower(), *got.values()])
        found = [mark for mark in marks if not mark.isdigit() and mark.lower() in searched]
        found += [mark for mark in marks if mark.isdigit() and f":{mark}" in searched]
        assert not found
        # No vote here: the pages say how many there are.
        ((on_a,),) = paced_arena.rows(
            "SELECT slug FROM battles_battle AS battle"
            " JOIN contestants_contestant AS contestant ON contestant.id = contestant_a_id"
            " WHERE battle.id = %s",
            battle_id,
        )
        by_side.setdefault(str(on_a), got)
        if len(by_side) == 2:
            break
    one, other = by_side.values()
    assert one.keys() == other.keys()
    for place in one:
        assert one[place] == other[place], place


def test_nothing_but_the_battle_itself_is_told_of_it(paced_arena: PacedArena) -> None:
    """No primary key of a contestant, an endpoint, an answer or a turn is in the documents."""
    paced_arena.pace(seconds=0.4, tokens=20)
    visitor = paced_arena.visitor()
    battle = visitor.open()
    with Screen(visitor, battle) as screen:
        screen.until_open(90)
    document = visitor.get(f"/api/v1/battles/{battle['id']}").json()
    assert set(document) == {
        *("id", "mode", "state", "failure", "turns", "url", "socket"),
        *("vote", "reaction", "contestants", "conversation"),
    }
    assert document["vote"] is document["contestants"] is None
    (turn,) = document["turns"]
    assert turn.keys() == {"number", "prompt", "image", "answers", "endings"}
    assert turn["endings"] is None  # whether an answer was cut would tell them apart
    assert turn["answers"].keys() == {"a", "b"}
    page = visitor.get(battle["url"]).body
    embedded = re.search(r'<script id="battle" type="application/json">(.*?)</script>', page)
    assert embedded is not None
    assert json.loads(embedded[1]) == document
    # The page's own markup is the same for every battle but for the document and the token.
    stranger = paced_arena.visitor()
    other = stranger.open()
    with Screen(stranger, other) as screen:
        screen.until_open(90)
    assert normalised(page) == normalised(stranger.get(other["url"]).body)
