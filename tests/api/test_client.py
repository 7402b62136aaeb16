"""The Python client against a running site, and whether it is that of the API as it is."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from arena.api.keys.services import make_key
from arena.api.models import Scope
from arena.battles import models as battles
from arena.contestants.models import Contestant
from arena.voters.models import Member, Voter
from blind_arena_client import AuthenticatedClient, Client
from blind_arena_client.api.battles import battles_create, battles_retrieve, battles_vote_create
from blind_arena_client.api.boards import (
    boards_leaderboard_retrieve,
    boards_list,
    boards_snapshots_retrieve,
)
from blind_arena_client.models import (
    Battle,
    Leaderboard,
    NewBattle,
    NewVote,
    OutcomeEnum,
    Problem,
    SnapshotList,
)
from tests.factories import answer_all

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = REPOSITORY / "clients" / "python"


@pytest.mark.django_db(transaction=True)
def test_the_client_reads_and_battles(
    live_server: Any, rated: list[Contestant], capsys: pytest.CaptureFixture[str]
) -> None:
    with Client(base_url=live_server.url) as client:
        boards = boards_list.sync(client=client)
        assert isinstance(boards, list)
        assert [board.slug for board in boards] == ["overall", "code"]
        board = boards_leaderboard_retrieve.sync("overall", client=client)
        assert isinstance(board, Leaderboard)
        assert board.rows[0].contestant == "model-0"
        assert board.rows[0].lower < board.rows[0].rating < board.rows[0].upper
        listed = boards_snapshots_retrieve.sync("overall", client=client)
        assert isinstance(listed, SnapshotList)
        assert listed.next_ is None
        assert [head.votes for head in listed.results] == [24]
        missing = boards_leaderboard_retrieve.sync("nothing", client=client)
        assert isinstance(missing, Problem)
        assert missing.status == 404

    member = Member.objects.create_user("ann", "ann@example.org")
    Voter.objects.create(member=member)
    _, key = make_key(member, "The client", [Scope.BATTLE])
    with AuthenticatedClient(base_url=live_server.url, token=key) as client:
        opened = battles_create.sync(client=client, body=NewBattle(prompt="Why?"))
        assert isinstance(opened, Battle)
        answer_all(battles.Battle.objects.get(pk=opened.id), "Because.")
        read = battles_retrieve.sync(opened.id, client=client)
        assert isinstance(read, Battle)
        assert read.turns[0].answers.a == "Because."
        vote = NewVote(outcome=OutcomeEnum.TIE)
        voted = battles_vote_create.sync(opened.id, client=client, body=vote)
        assert isinstance(voted, Battle)
        assert voted.vote is not None
        assert voted.vote.standing == "excluded"

    runpy.run_path(str(ROOT / "examples" / "leaderboard.py"))["main"](live_server.url)
    printed = capsys.readouterr().out
    assert "Model-0" in printed
    assert "Ratings of model-0" in printed


def test_it_was_made_from_the_api_as_it_is(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format=openapi-json", f"--file={made}"
    )
    known = json.loads((ROOT / "openapi.json").read_text())
    assert undescribed(json.loads(made.read_text())) == undescribed(known), (
        "The API changed: run `make client`."
    )


def test_the_pages_scripts_know_the_types_of_the_api() -> None:
    made = subprocess.check_output(
        [sys.executable, REPOSITORY / "scripts" / "api_types.py", ROOT / "openapi.json"], text=True
    )
    known = (REPOSITORY / "frontend" / "types" / "api.d.ts").read_text()
    assert made == known, "The API changed: run `make client`."


def undescribed(part: Any) -> Any:
    """A part of an OpenAPI file without the words that explain it."""
    if isinstance(part, list):
        return [undescribed(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    return {
        key: undescribed(value)
        for key, value in part.items()
        if key != "description" or not isinstance(value, str)
    }
