"""Endpoints' keys at rest: encrypted, and moved to a new key without being seen."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from arena.contestants.models import Contestant, Endpoint
from tests.arena_settings import ChangeSettings
from tests.factories import Registered


def stored(endpoint: Endpoint) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM contestants_endpoint WHERE id = %s", [endpoint.pk])
        (value,) = cursor.fetchone()
    return str(value)


@pytest.mark.django_db
def test_keys_move_to_the_newest_encryption_key(
    contestant: Registered,
    arena_settings: ChangeSettings,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keyed: Contestant = contestant("keyed")
    contestant("keyless")
    endpoint = keyed.endpoints.get()
    endpoint.api_key = "sk-secret"
    endpoint.save()
    assert "sk-secret" not in stored(endpoint)

    old, new = settings.ARENA.encryption_keys[0], Fernet.generate_key().decode()
    arena_settings(encryption_keys=[new, old])
    call_command("reencrypt_keys")
    assert capsys.readouterr().out.strip() == "Encrypted with the newest key: 1."

    arena_settings(encryption_keys=[new])
    assert Endpoint.objects.get(pk=endpoint.pk).api_key == "sk-secret"
    arena_settings(encryption_keys=[old])
    with pytest.raises(ImproperlyConfigured, match="cannot be decrypted"):
        Endpoint.objects.get(pk=endpoint.pk)
