"""Enter the contestants of a catalogue file, or bring them up to date."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from arena.contestants.calls.circuit_breaker import probe_soon
from arena.contestants.catalogue.changes import EndpointSpec, register
from arena.embedded import catalogue


class Command(BaseCommand):
    help = "Enters the contestants of a catalogue file; run again, it brings them up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("catalogue", nargs="?", type=Path, default=catalogue.DEFAULT)
        parser.add_argument(
            "--server",
            action="append",
            default=[],
            metavar="NAME=URL",
            help="where a local model of the catalogue listens; its key is LLAMA_API_KEY",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        local = dict(server.split("=", 1) for server in options["server"])
        for entry in catalogue.read(options["catalogue"]):
            server = entry.pop("server", None)
            endpoint = EndpointSpec(
                base_url=local[server] if server else entry.pop("base_url"),
                model_id=server or entry.pop("model_id"),
                api_key=os.environ["LLAMA_API_KEY"] if server else entry.pop("api_key", ""),
                system_prompt=entry.pop("system_prompt", ""),
                parameters=entry.pop("parameters", {}),
            )
            contestant = register(endpoint=endpoint, **entry)
            for registered in contestant.endpoints.filter(answered_at=None):
                probe_soon(registered.pk)
            self.stdout.write(f"{contestant.name}: {endpoint.model_id} at {endpoint.base_url}")
