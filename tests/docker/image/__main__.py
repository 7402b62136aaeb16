"""Build the image, run the site of docker/compose.yaml on it, use it, and print the image's size.

Exit code 0: all of it worked, or Docker cannot be had here, which the last line then says.
"""

import json
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.docker.image import bases, engine
from tests.docker.image.engine import Docker, Failed, Unavailable
from tests.docker.image.site import ROOT, SHIPPED, ComposedSite, shipped
from tests.repository.documents import DOCUMENTS, OPERATING, management_commands, modules

MOST_MEGABYTES = 640
PAGES = (
    *("/", "/leaderboard/", "/about/", "/verify/", "/health", "/alive", "/api/v1/schema"),
    "/verify/recompute_the_board.ipynb",
)
# Passed to pip, if this machine sets them.
PIP = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
# Prints which of the named commands and modules are missing in the image, and which of the code's
# own modules cannot be imported there.
MISSING = """
import importlib, importlib.util, json, pkgutil, sys
from django.core.management import get_commands
import django
django.setup()
named = json.load(sys.stdin)
missing = sorted(set(named["commands"]) - set(get_commands()))
missing += [name for name in named["modules"] if importlib.util.find_spec(name) is None]
for package in ("arena", "ratings"):
    for module in pkgutil.walk_packages([package], package + ".", onerror=missing.append):
        if module.name.startswith(("arena.embedded", "arena.settings")):
            continue  # of `make run`, and of other environments
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except Exception as error:
                missing.append(f"{module.name} ({error})")
print(json.dumps(missing))
"""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="arena-image-", dir="/var/tmp") as folder:
        try:
            with engine.running(Path(folder)) as docker:
                check(docker, Path(folder))
        except Unavailable as reason:
            print(f"The image was not built: Docker cannot be had here ({reason}).")
            return 0
        except Failed as error:
            print(f"The check of the image failed: {error}", file=sys.stderr)
            return 1
    print(f"The image was built, and the site ran on it, in {time.monotonic() - started:.0f} s.")
    return 0


def check(docker: Docker, folder: Path) -> None:
    """Build the image and use the site on it; everything that was made here is removed."""
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    [python] = set(re.findall(r"^FROM (\S+:\S+)", dockerfile, re.MULTILINE))
    services = shipped()["services"].values()
    servers = sorted({service["image"] for service in services} - {SHIPPED})
    image = f"blind-arena:{folder.name}"  # not that of a site, or of another run
    made: list[str] = []
    try:
        say("Base images")
        made = bases.provide(docker, python, servers)
        say("Building")
        arguments = [f"--build-arg={name}" for name in PIP if name in docker.env]
        docker.run(
            *("build", "--network", "host", "--tag", image, *arguments),
            *("--file", ROOT / "docker" / "Dockerfile", ROOT),
        )
        made.insert(0, image)
        tell_size(docker, image, python)
        use(docker, image, folder)
    finally:
        for name in made:
            docker.try_run("image", "rm", "--force", name)


def use(docker: Docker, image: str, folder: Path) -> None:
    """Run the site, and do what its visitors and operators do."""
    site = ComposedSite(docker, image, folder / f"site-{folder.name}")
    try:
        say("Starting")
        site.start()
        say("Using")
        visitor = site.visitor()
        for path in PAGES:
            reply = visitor.get(path)
            if reply.status != 200:
                raise Failed(f"{path} answered {reply.status}: {reply.body[:300]}")
        site.play_battle()
        find_commands(docker, image)
        site.in_web("python", "manage.py", "publish_export")
    finally:
        site.stop()


def find_commands(docker: Docker, image: str) -> None:
    """Check that the image has every command that the documents name, and whole packages.

    Raises:
        Failed: it lacks some.
    """
    named = {
        "commands": sorted({name for path in DOCUMENTS for name in management_commands(path)}),
        "modules": sorted(modules(OPERATING)),
    }
    print(f"    {len(named['commands'])} commands, {len(named['modules'])} modules", flush=True)
    settings = "DJANGO_SETTINGS_MODULE=arena.settings.test"
    printed = docker.run(
        *("run", "--rm", "--interactive", "--env", settings, image, "python", "-c", MISSING),
        stdin=json.dumps(named),
    )
    missing = json.loads(printed.splitlines()[-1])  # warnings may stand before it
    if missing:
        raise Failed(f"the image lacks {', '.join(missing)}")


def tell_size(docker: Docker, name: str, python: str) -> None:
    """Print how large the image is.

    Raises:
        Failed: it has grown beyond what is meant.
    """
    image, base = (
        int(docker.run("image", "inspect", "--format", "{{.Size}}", each)) / 1e6
        for each in (name, python)
    )
    say(f"The image has {image:.0f} MB, {base:.0f} MB of them {python}")
    if image > MOST_MEGABYTES:
        raise Failed(f"more than the {MOST_MEGABYTES} MB that it may have")


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
