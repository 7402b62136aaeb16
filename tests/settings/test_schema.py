"""Every setting has a type, a range and a meaning; whatever is wrong is reported at once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pydantic import ValidationError

from arena.settings.refusal import SettingsRefused
from arena.settings.schema import reference
from arena.settings.schema.arena import PREFIX, ArenaSettings
from arena.settings.schema.deployment import DeploymentSettings
from arena.settings.schema.loading import Loaded, load, unknown
from arena.settings.schema.variable import Variable
from tests.arena_settings import ChangeSettings
from tests.settings.safe import SAFE

ROOT = Path(__file__).resolve().parents[2]


def faults(environ: dict[str, str], **options: Any) -> list[str]:
    """What is wrong with these variables, each in a sentence."""
    with pytest.raises(SettingsRefused) as refusal:
        load(environ, **options)
    return str(refusal.value).split("\n- ")[1:]


def in_production(**changes: str) -> list[str]:
    return faults({**SAFE, **changes}, production=True)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("ARENA_HOLD_ALPHA", "often", "must be a number, above 0 and below 1"),
        ("ARENA_HOLD_ALPHA", "0", "must be a number, above 0 and below 1"),
        ("ARENA_HOLD_ALPHA", "1", "must be a number, above 0 and below 1"),
        ("ARENA_HOLD_ALPHA", "nan", "must be a number, above 0 and below 1"),
        ("ARENA_SLOT_SECONDS", "inf", "must be a number, above 0 and at most 86,400"),
        ("ARENA_SLOT_SECONDS", "-3", "must be a number, above 0 and at most 86,400"),
        ("ARENA_MAX_TURNS", "8.5", "must be a whole number, at least 1 and at most 100"),
        ("ARENA_MAX_TURNS", "", "must be a whole number, at least 1 and at most 100"),
        ("ARENA_PACED", "perhaps", "must be true or false"),
        ("ARENA_RATE_OPEN", "60/600", "must be three limits as COUNT/SECONDS"),
        ("ARENA_RATE_OPEN", "60 600 6000", "must be three limits as COUNT/SECONDS"),
        ("ARENA_RATE_OPEN", "0/600 1/600 1/600", "must be three limits as COUNT/SECONDS"),
        ("ARENA_RATE_ENTER_KNOWN", "1/2 3/4", "must be one limit as COUNT/SECONDS"),
        ("ARENA_NEWCOMERS", "60 600", "must be three whole numbers above 0"),
        ("ARENA_NEWCOMERS", "60 600 -1", "must be three whole numbers above 0"),
        ("ARENA_EXPORTS", "", "must be a path"),
        ("ARENA_CONSENT_VERSION", "9" * 99, "must be a text of at most 20 characters"),
        ("LOG_LEVEL", "loud", "must be one of DEBUG, INFO"),
        ("DATABASE_PROCESSES", "web=many", "must be KIND=PROCESSES*CONNECTIONS"),
        ("SECURE_HSTS_SECONDS", "a year", "must be a whole number, at least 0"),
    ],
)
def test_a_wrong_value_is_named_and_shown(name: str, given: str, expected: str) -> None:
    (fault,) = faults({name: given})
    assert fault.startswith(f"{name} {expected}")
    assert fault.endswith(f"; it is {given!r}")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("ARENA_ENCRYPTION_KEYS", "my-password"),
        ("ARENA_SIGNING_KEYS", "my-password"),
        ("DATABASE_URL", "mysql://arena:my-password@db/arena"),
        ("REDIS_URL", "memcached://:my-password@cache"),
        ("EMAIL_URL", "pop3://arena:my-password@mail"),
    ],
)
def test_a_wrong_secret_is_named_and_never_shown(name: str, given: str) -> None:
    (fault,) = faults({name: given})
    assert fault.startswith(name) and "my-password" not in fault


def test_all_faults_are_reported_at_once() -> None:
    """A wrong type hides no contradiction, no unsafe value and no unknown name."""
    reported = in_production(
        ARENA_MAX_TURNS="many",
        ARENA_HOLD_ALPHA="0.2",
        ARENA_RISK_ALPHA="0.1",
        ARENA_PACED="false",
        ARENA_PACE_LEED_SECONDS="1",
        SECURE_SSL_REDIRECT="sometimes",
        DEBUG="true",
        OIDC_SERVER_URL="https://id.example",
    )
    assert [fault.split()[0] for fault in reported] == [
        "ARENA_MAX_TURNS",
        "ARENA_HOLD_ALPHA",  # not below ARENA_RISK_ALPHA
        "SECURE_SSL_REDIRECT",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
        "ARENA_PACED",
        "ARENA_HOLD_ALPHA",  # unsafe
        "DEBUG",
        "ARENA_PACE_LEED_SECONDS",
    ]


@pytest.mark.parametrize("order", ArenaSettings.ORDERS, ids=lambda order: order.lower)
def test_values_in_a_wrong_order_are_reported(order: Any) -> None:
    upper = getattr(load({}).arena, order.upper)
    names = [f"{PREFIX}{name.upper()}" for name in (order.lower, order.upper)]
    above = min(upper * 2, (upper + 1) / 2) if upper < 1 else upper + 1
    reported = faults({names[0]: str(above)})
    assert any(all(name in fault for name in names) for fault in reported)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARENA_PACED", "false"),
        ("ARENA_PACE_LEAD_SECONDS", "600"),
        ("ARENA_PACE_CHARS_PER_SECOND", "9999"),
        ("ARENA_PACE_EXTRA_SECONDS", "0"),
        ("ARENA_HOLD_ALPHA", "0.06"),
        ("ARENA_RISK_ALPHA", "0.9"),
        ("ARENA_GOLD_ONE_IN", "1"),
        ("ARENA_GOLD_ONE_IN_AT_RISK", "1"),
        ("ARENA_SECOND_MODERATOR_POINTS", "1000"),
        ("ARENA_QUALITY_CHECK_SHARE", "0.9"),
        ("ARENA_EXPORT_SMALLEST_CELL", "1"),
        ("ARENA_RUNNING_BATTLES_PER_VOTER", "1000"),
        ("ARENA_ANSWER_SECONDS", "7200"),
        ("ARENA_RATE_OPEN", ""),
        ("ARENA_RATE_ENTER_ACCOUNT", ""),
        ("ARENA_NEWCOMERS", ""),
    ],
)
def test_production_refuses_what_weakens_the_arena(name: str, value: str) -> None:
    load({name: value})  # elsewhere it is allowed
    (fault,) = in_production(**{name: value})
    assert fault.startswith(f"{name} must be ") and "in production" in fault


def test_an_unknown_variable_is_reported_with_the_nearest_name() -> None:
    (fault,) = in_production(ARENA_HOLD_ALFA="0.01")
    assert fault == "ARENA_HOLD_ALFA is unknown; did you mean ARENA_HOLD_ALPHA?"
    assert unknown({"ARENA_XYZZY": "1"}) == ["ARENA_XYZZY is unknown"]
    assert unknown({"ARENA_TEST_FULL": "1", "PATH": "/bin", "ARENA_PORT": "1"}) == []


def test_every_default_is_safe_and_a_valid_value() -> None:
    loaded: Loaded = load(SAFE, production=True)
    assert loaded.arena == load({}).arena.changed(
        encryption_keys=SAFE["ARENA_ENCRYPTION_KEYS"], signing_keys=SAFE["ARENA_SIGNING_KEYS"]
    )


def test_values_are_typed() -> None:
    arena = load(
        {
            "ARENA_RATE_VOTE": "1/2 3/4 5/6",
            "ARENA_RATE_OPEN": "",
            "ARENA_NEWCOMERS": "",
            "ARENA_DATA": "/srv/arena",
            "ARENA_IMAGES": "/images",
            "ARENA_PACED": " No ",
        }
    ).arena
    assert arena.rates["vote"] == {"voter": (1, 2), "network": (3, 4), "site": (5, 6)}
    assert arena.rates["open"] == {} and arena.newcomers is None and arena.paced is False
    assert (arena.exports, arena.images) == (Path("/srv/arena/exports"), Path("/images"))


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        settings.ARENA.max_turns = 3


@pytest.mark.parametrize(
    "changes", [{"max_turns": 0}, {"max_turn": 3}, {"hold_alpha": 0.5, "risk_alpha": 0.4}]
)
def test_tests_change_settings_only_to_what_a_site_may_have(
    arena_settings: ChangeSettings, changes: dict[str, Any]
) -> None:
    arena_settings(max_turns=3)
    assert settings.ARENA.max_turns == 3
    with pytest.raises(ValueError, match=r"max_turn|HOLD_ALPHA"):
        arena_settings(**changes)


def test_the_tables_of_the_documents_are_up_to_date() -> None:
    document = (ROOT / "docs" / "operating.md").read_text()
    assert document == reference.replaced(document), "run `make settings`"
    for model, prefix in ((ArenaSettings, PREFIX), (DeploymentSettings, "")):
        for name, field in model.model_fields.items():
            row = f"\n| `{prefix}{name.upper()}` | "
            assert document.count(row) == 1
            assert (field.description or "").endswith(".") and Variable.of(field)


def test_the_documents_name_no_variable_that_is_gone() -> None:
    known = {PREFIX + name.upper() for name in ArenaSettings.model_fields}
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "docker/env.example"):
        words = "".join(c if c.isalnum() or c == "_" else " " for c in path.read_text()).split()
        named = {word for word in words if word.startswith(PREFIX) and not word.endswith("_")}
        assert {name for name in named if not name.startswith("ARENA_TEST_")} <= known, path.name


PROGRAMS = {
    "manage.py": ["manage.py", "check"],
    "migrate": ["manage.py", "migrate"],
    "worker": ["-m", "celery", "-A", "arena", "worker"],
    "beat": ["-m", "celery", "-A", "arena", "beat"],
    "web": ["-c", "import arena.asgi"],
    "health check": ["-m", "arena.processes.alive", "beat"],
}


@pytest.mark.parametrize("words", PROGRAMS.values(), ids=PROGRAMS)
def test_every_program_says_plainly_what_is_wrong(words: list[str]) -> None:
    said = run(words, **SAFE, ARENA_PACED="false", ARENA_MAX_TURNS="many")
    assert "- ARENA_PACED must be true in production" in said
    assert "- ARENA_MAX_TURNS must be a whole number" in said
    assert "Traceback" not in said


def test_make_run_says_plainly_what_is_wrong_before_anything_starts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    said = run(
        ["-m", "arena.embedded"],
        ARENA_DATA=str(data),
        ARENA_PORT="eighty",
        ARENA_HOLD_ALPHA="2",
        ARENA_PROT="80",
    )
    assert "- ARENA_PORT must be a whole number" in said and "- ARENA_HOLD_ALPHA must" in said
    assert "ARENA_PROT is unknown; did you mean ARENA_PORT?" in said
    assert "Traceback" not in said and not data.exists()


def test_a_command_without_a_site_says_how_to_run_it() -> None:
    said = run(["manage.py", "jobs"])
    assert "- SECRET_KEY must be set\n" in said and "- REDIS_URL must be set\n" in said
    assert "python -m arena.embedded manage COMMAND" in said and "Traceback" not in said


def run(words: list[str], **environ: str) -> str:
    """What a program prints that must fail with these variables."""
    result = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(Path.home()), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    return result.stdout + result.stderr
