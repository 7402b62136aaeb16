"""Make the operator of the development site, once."""

from typing import Any

from django.core.management.base import BaseCommand

from arena.voters.models import Member
from arena.workbench.accounts import operator
from arena.workbench.demo.plan import OPERATOR


class Command(BaseCommand):
    help = "Makes an operator with a known password and second factor, unless there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Member.objects.filter(username=OPERATOR).exists():
            operator(OPERATOR)
