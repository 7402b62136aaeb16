"""Variables with which production starts."""

from cryptography.fernet import Fernet

SAFE = {
    "DJANGO_SETTINGS_MODULE": "arena.settings.production",
    "SECRET_KEY": "n2Vq8sT0bY5xK7wZ3mR9cF1hJ6pL4dG-aE_uN2Vq8sT0bY5xK7wZ3",
    "ARENA_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "ARENA_SIGNING_KEYS": "c2lnbmluZy1rZXktb2YtdGVzdHMtMzItYnl0ZXMtLS0=",
    "ALLOWED_HOSTS": "arena.example",
    "CSRF_TRUSTED_ORIGINS": "https://arena.example",
    "DATABASE_URL": "postgresql://arena:secret@db/arena",
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_URL": "smtp+tls://arena:secret@mail.example:587",
}
