"""Update database, static files and catalogue in one process.

`python -m arena.embedded.prepare <catalogue> [NAME=URL of a local model …]`
"""

import gc
import os
import sys

import django
from django.core.management import call_command

if __name__ == "__main__":
    gc.disable()  # until all apps are loaded, as in manage.py
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings.embedded")
    django.setup()
    call_command("migrate", interactive=False)
    call_command("collectstatic", interactive=False)
    call_command("seed_embedded", sys.argv[1], server=sys.argv[2:])
