"""A text that the database only ever sees encrypted."""

from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The cipher of ARENA_ENCRYPTION_KEYS: the first key encrypts, every key decrypts."""
    return _cipher(settings.ARENA.encryption_keys)


class EncryptedTextField(_TextField):
    """Text encrypted at rest with Fernet (AES-128-CBC and HMAC-SHA256, authenticated)."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return cipher().encrypt(value.encode()).decode() if value else value

    def from_db_value(
        self, value: str | None, expression: object, connection: object
    ) -> str | None:
        if not value:
            return value
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored secret cannot be decrypted: put the key it was written with back "
                "into ARENA_ENCRYPTION_KEYS."
            ) from error
