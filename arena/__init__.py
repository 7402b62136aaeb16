"""The Django project and its apps."""

from arena.celery import app as celery_app

__all__ = ["celery_app"]
