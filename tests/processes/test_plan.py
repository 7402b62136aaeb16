"""The connections that all processes may open together fit into PostgreSQL."""

import json

import pytest
import yaml
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings

from arena.embedded.supervisor import ROOT
from arena.processes import plan
from arena.processes.plan import Share
from arena.settings.schema.deployment import PLAN_OF_COMPOSE, PLAN_OF_MAKE_RUN


def test_a_plan_is_read_and_summed() -> None:
    shares = plan.parse("web=2*2*10  generation=1*20 beat=1*1")
    assert shares == {"web": Share(4, 10), "generation": Share(1, 20), "beat": Share(1, 1)}
    assert plan.total(shares) == 61
    assert plan.pool_of(shares, "web") == 10
    assert plan.spelled_out(shares) == "web 4 x 10 + generation 1 x 20 + beat 1 x 1 = 61"
    with pytest.raises(ValueError, match="'ratings'"):
        plan.pool_of(shares, "ratings")


@pytest.mark.parametrize(
    "text", ["web", "web=", "web=10", "web=2*", "web=2*x", "web=0*3", "web=-1*3", "=2*3", "web:2*3"]
)
def test_a_plan_in_another_form_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="KIND=PROCESSES"):
        plan.parse(text)


@pytest.mark.django_db
def test_the_start_is_refused_if_processes_may_ask_for_too_many(settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        most = int(cursor.fetchone()[0])
    settings.DATABASE_PLAN = plan.parse("web=2*10 beat=1*1")
    assert run_checks(databases=["default"]) == []
    settings.DATABASE_PLAN = plan.parse(f"web=2*10 beat=1*{most - 21}")
    (error,) = run_checks(databases=["default"])  # some are reserved
    assert f"web 2 x 10 + beat 1 x {most - 21} = {most - 1}" in error.msg
    assert f"max_connections {most}" in error.msg and "DATABASE_PROCESSES" in str(error.hint)


def test_the_compose_file_plans_for_the_processes_it_starts() -> None:
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    text = services["web-a"]["environment"]["DATABASE_PROCESSES"]
    shares = plan.parse(text.removeprefix("${DATABASE_PROCESSES:-").removesuffix("}"))
    assert shares == plan.parse(PLAN_OF_COMPOSE)

    found: dict[str, int] = {}
    for service in services.values():
        kind = service.get("environment", {}).get("ARENA_PROCESS")
        if kind is None:
            continue
        words = service.get("command", image_command())
        processes = 1
        if "--workers" in words:
            processes = int(words[words.index("--workers") + 1])
        if "prefork" in words:
            processes = 1 + int(words[words.index("-c") + 1])
        found[kind] = found.get(kind, 0) + processes
    assert found == {name: share.processes for name, share in shares.items() if name in found}
    assert set(shares) == {*found, plan.COMMAND}


def image_command() -> list[str]:
    """What a container runs if the compose file does not say."""
    *_, line = (ROOT / "docker" / "Dockerfile").read_text().splitlines()
    words: list[str] = json.loads(line.removeprefix("CMD "))
    return words


def test_every_kind_of_site_has_room_in_its_default_plan() -> None:
    for default in (PLAN_OF_MAKE_RUN, PLAN_OF_COMPOSE):
        assert plan.total(plan.parse(default)) <= 97
