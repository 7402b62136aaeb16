"""Production refuses to start with an unsafe value, and starts with safe ones."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from tests.settings.safe import SAFE

ROOT = Path(__file__).resolve().parents[2]


def start(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    """Import the settings with the safe values and these changes; None unsets a variable."""
    monkeypatch.delenv("DEBUG", raising=False)
    for name, value in {**SAFE, **changes}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "arena.settings.production", raising=False)
    import_module("arena.settings.production")


def test_safe_values_pass_every_check_of_django() -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **SAFE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DEBUG", "true", "DEBUG is on"),
        ("SECRET_KEY", None, "SECRET_KEY must be a random text"),
        ("SECRET_KEY", "short", "SECRET_KEY must be a random text"),
        ("SECRET_KEY", "a" * 60, "SECRET_KEY must be a random text"),
        ("SECRET_KEY", "django-insecure-" + SAFE["SECRET_KEY"], "SECRET_KEY must be"),
        ("ARENA_SIGNING_KEYS", None, "ARENA_SIGNING_KEYS must hold"),
        ("ARENA_SIGNING_KEYS", "c2hvcnQ=", "not a signing key"),
        ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS must list"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must list"),
        ("ALLOWED_HOSTS", "arena.example,*", "ALLOWED_HOSTS must list"),
        ("ALLOWED_HOSTS", ".example", "ALLOWED_HOSTS must list"),
        ("CSRF_TRUSTED_ORIGINS", "http://arena.example", "CSRF_TRUSTED_ORIGINS must be"),
        ("CSRF_TRUSTED_ORIGINS", "https://*.example", "CSRF_TRUSTED_ORIGINS must be"),
        ("ARENA_ENCRYPTION_KEYS", None, "at least one Fernet key"),
        ("ARENA_ENCRYPTION_KEYS", "no-key", "not a Fernet key"),
        ("DATABASE_URL", None, "DATABASE_URL must be"),
        ("DATABASE_URL", "sqlite:///arena.db", "DATABASE_URL must be"),
        ("REDIS_URL", None, "REDIS_URL must be"),
        ("REDIS_URL", "memory://", "REDIS_URL must be"),
        ("EMAIL_URL", None, "EMAIL_URL must be"),
        ("EMAIL_URL", "consolemail://", "EMAIL_URL must be"),
    ],
)
def test_an_unsafe_value_is_refused_and_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, message: str
) -> None:
    start(monkeypatch)
    with pytest.raises(ImproperlyConfigured, match=message) as refusal:
        start(monkeypatch, **{name: value})
    assert str(refusal.value).count("\n- ") == 1
    if value and name in {"SECRET_KEY", "ARENA_ENCRYPTION_KEYS"}:
        assert value not in str(refusal.value)


def test_all_unsafe_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        start(
            monkeypatch,
            **{**dict.fromkeys(SAFE), "DEBUG": "1", "CSRF_TRUSTED_ORIGINS": "http://arena.example"},
        )
    assert str(refusal.value).count("\n- ") == 9


def test_cookies_and_addresses_are_for_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch)
    production = sys.modules["arena.settings.production"]
    for name in (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
    ):
        assert getattr(production, name)
    assert not production.DEBUG


def test_strict_transport_is_short_until_the_operator_extends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A browser keeps a year, or a rule for all sub-domains, until it has passed."""
    start(monkeypatch)
    production = sys.modules["arena.settings.production"]
    assert 0 < production.SECURE_HSTS_SECONDS <= 24 * 3600
    assert not production.SECURE_HSTS_INCLUDE_SUBDOMAINS
    start(monkeypatch, SECURE_HSTS_SECONDS="31536000", SECURE_HSTS_INCLUDE_SUBDOMAINS="1")
    production = sys.modules["arena.settings.production"]
    assert production.SECURE_HSTS_SECONDS == 31_536_000
    assert production.SECURE_HSTS_INCLUDE_SUBDOMAINS


def test_a_request_outwaits_a_whole_cycle_of_reconnecting(settings: Settings) -> None:
    """Else every request fails for minutes after the database was away for minutes."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    assert pool["reconnect_timeout"] < pool["timeout"]
    assert settings.DATABASES["default"]["CONN_HEALTH_CHECKS"]
