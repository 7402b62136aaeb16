"""The Celery application; its configuration is the CELERY_* part of the settings."""

import os

from celery import Celery

from arena.settings.startup import show_refusals_plainly

show_refusals_plainly()  # of every program, for each imports this
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings.embedded")

app = Celery("arena")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
