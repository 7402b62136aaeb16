"""`manage.py jobs`: when each periodic job ran last, and when it is due."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from arena.jobs import services


class Command(BaseCommand):
    help = "List the periodic jobs: when each ran last, and when it is due."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for state in services.states(now):
            done = f"{state.done_at:%Y-%m-%d %H:%M}" if state.done_at else "never"
            if state.running_since:
                due = f"runs since {state.running_since:%H:%M}"
            elif state.due_at <= now:
                due = f"was due {state.due_at:%Y-%m-%d %H:%M}"
            else:
                due = f"is due {state.due_at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{state.name}: ran last {done}, {due} (UTC)")
