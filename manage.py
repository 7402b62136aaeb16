#!/usr/bin/env python
"""Django's command line for Blind Arena."""

import gc
import os
import sys


def main() -> None:
    # What is imported stays, and to look through it takes a third of each start.
    # `arena.pages` goes on with it once all apps are loaded.
    gc.disable()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings.embedded")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
