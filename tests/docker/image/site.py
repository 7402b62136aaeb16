"""The site of docker/compose.yaml, as it is shipped, on an image of another name."""

import base64
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet

from arena.embedded.supervisor import free_port
from tests.docker.image.engine import Docker, Failed
from tests.visitor import Visitor

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = "blind-arena:latest"
START_SECONDS = 600
BATTLE_SECONDS = 300
# The first contestants of the developers' site, whose endpoints are behaviours of the fake one.
CATALOGUE = ROOT / "arena" / "workbench" / "catalogue.json"
ENTER = """
from arena.contestants.calls.circuit_breaker import probe_soon
from arena.contestants.catalogue.changes import EndpointSpec, register
for entry in {entries}:
    endpoint = EndpointSpec(base_url=entry.pop("base_url"), model_id=entry.pop("model_id"))
    for registered in register(endpoint=endpoint, **entry).endpoints.all():
        probe_soon(registered.pk)
"""


def shipped() -> dict[str, Any]:
    """docker/compose.yaml, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    return parsed


class ComposedSite:
    """The whole site, on ports and with data of its own, with a fake endpoint beside it."""

    def __init__(self, docker: Docker, image: str, folder: Path) -> None:
        self.docker = docker
        self.folder = folder
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        compose = shipped()
        services: dict[str, dict[str, Any]] = compose["services"]
        for service in services.values():
            if service["image"] == SHIPPED:
                service["image"] = image
                service.pop("build", None)
            if "healthcheck" in service:
                service["healthcheck"]["interval"] = "3s"
        self.checked = [name for name, service in services.items() if "healthcheck" in service]
        services["proxy"]["ports"] = [f"127.0.0.1:{self.port}:443"]
        # It listens on the loopback address that the worker asks.
        services["endpoint"] = {
            "image": image,
            "command": ["python", "-m", "tests.openai_server", "--rate", "200"],
            "network_mode": "service:generation",
            "working_dir": "/checkout",
            "volumes": [f"{ROOT}:/checkout:ro"],
        }
        folder.mkdir()
        kept = {key: compose[key] for key in ("services", "volumes")}
        (folder / "compose.yaml").write_text(yaml.safe_dump({"version": "3.8", **kept}))
        (folder / "Caddyfile").write_bytes((ROOT / "docker" / "Caddyfile").read_bytes())
        (folder / ".env").write_text(self._environment())

    def _environment(self) -> str:
        """docker/env.example, filled in as it says."""
        password = secrets.token_hex(16)
        example = (ROOT / "docker" / "env.example").read_text()
        values = {
            "SITE_ADDRESS": "localhost",
            "CSRF_TRUSTED_ORIGINS": self.url,
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ARENA_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "ARENA_SIGNING_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
            "POSTGRES_PASSWORD": password,
        }
        lines = [
            f"{name}={values.pop(name, value).replace('THE_SAME_PASSWORD', password)}"
            for name, sign, value in (line.partition("=") for line in example.splitlines())
            if sign and not name.startswith("#")
        ]
        if values:
            raise Failed(f"docker/env.example does not name {', '.join(values)}")
        return "\n".join([*lines, "ARENA_CONSENT_VERSION=", ""])

    def start(self) -> None:
        """Start all services and wait until those with a health check are healthy.

        Raises:
            Failed: one ended, or was not healthy in time; the text holds the end of its log.
        """
        self.docker.compose(self.folder, "up", "--detach")
        deadline = time.monotonic() + START_SECONDS
        for name in self.checked:
            while (state := self._health(name)) != "healthy":
                if time.monotonic() > deadline:
                    log = self.docker.compose(self.folder, "logs", "--tail", "40", name)
                    raise Failed(f"{name} is {state} after {START_SECONDS} s:\n{log}")
                time.sleep(0.5)

    def stop(self) -> None:
        """End all containers, and remove them and their data; what fails is printed."""
        try:
            self.docker.compose(self.folder, "down", "--volumes", "--timeout", "5")
        except Failed as error:
            print(error, file=sys.stderr)

    def in_web(self, *command: str) -> str:
        """What a command prints in a web container."""
        return self.docker.compose(self.folder, "exec", "-T", "web-a", *command)

    def visitor(self) -> Visitor:
        """A browser on the site, which trusts the proxy's own authority."""
        authority = self.folder / "root.crt"
        if not authority.exists():
            proxy = self.docker.compose(self.folder, "ps", "-q", "proxy").strip()
            self.docker.run("cp", f"{proxy}:/data/caddy/pki/authorities/local/root.crt", authority)
        os.environ["SSL_CERT_FILE"] = str(authority)
        return Visitor(self.url)

    def play_battle(self) -> None:
        """Enter contestants, and play a battle between them to the vote.

        Raises:
            Failed: a page or the API did not answer as it must.
        """
        entries = json.loads(CATALOGUE.read_text())[:2]
        self.in_web("python", "manage.py", "shell", "-c", ENTER.format(entries=entries))
        visitor = self.visitor()
        deadline = time.monotonic() + BATTLE_SECONDS
        opening = {"prompt": "Why is the sky blue?"}
        while (reply := visitor.post("/api/v1/battles", opening)).status != 201:
            # No contestant takes part before its endpoint has answered a probe.
            if time.monotonic() > deadline:
                raise Failed(f"opening a battle answered {reply.status}: {reply.body[:300]}")
            time.sleep(1)
        battle = reply.json()
        while battle["state"] == "generating":
            if time.monotonic() > deadline:
                raise Failed(f"the battle did not open in {BATTLE_SECONDS} s: {battle}")
            time.sleep(0.5)
            battle = visitor.get(f"/api/v1/battles/{battle['id']}").json()
        page = visitor.get(f"/battles/{battle['id']}/")
        if page.status != 200 or battle["id"] not in page.body:
            raise Failed(f"the battle's page answered {page.status}")
        voted = visitor.vote(battle, "a")
        if voted.status not in (200, 201) or voted.json()["state"] != "voted":
            raise Failed(f"the vote answered {voted.status}: {voted.body[:300]}")

    def _health(self, name: str) -> str:
        container = self.docker.compose(self.folder, "ps", "-q", name).strip()
        return self.docker.run("inspect", "--format", "{{.State.Health.Status}}", container).strip()
