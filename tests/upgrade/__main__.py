"""`python -m tests.upgrade NAME [OPTIONS]`: keep a small simulated site of today's code.

It builds the simulated site of `make demo` with the options given here and there, backs it up by
what `make backup` does, and writes down what it has published. Both files go to tests/upgrade/NAME,
and from then on the tests upgrade this site.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from arena.embedded.backup import back_up
from arena.embedded.supervisor import DATABASE, ROOT
from tests.upgrade.published import record
from tests.upgrade.serving import address, manage, serving, site_on

SMALL = {
    **{"days": "15", "votes": "400", "voters": "40", "contestants": "10"},
    **{"ring": "6", "odd": "25"},
}
SIMULATED = {"DJANGO_SETTINGS_MODULE": "arena.settings.demo", "ARENA_GOLD_ONE_IN": "50"}
LARGEST_BYTES = 10_000_000
NO_ENDPOINT = "http://127.0.0.1:9001/v1"  # nothing is asked: the votes are simulated


def build(folder: Path, options: dict[str, str]) -> None:
    """Make a site of simulated life in an empty folder."""
    site = site_on(folder, **SIMULATED, ARENA_BUILDING_DEMO="1")
    site.data.make()
    try:
        site.launch("postgres")
        site.launch("redis")
        site.postgres.ensure_database(DATABASE)
        manage(site, "migrate", "--verbosity", "0")
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        manage(site, "build_demo", NO_ENDPOINT, *words)
    finally:
        site.stop()


def main(name: str, *options: str) -> None:
    target = Path(__file__).with_name(name)
    target.mkdir()
    given = {key.removeprefix("--"): value for key, value in zip(*[iter(options)] * 2, strict=True)}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "site")
        build(folder, SMALL | given)
        with serving(folder, **SIMULATED) as site:
            with psycopg.connect(site.postgres.url(DATABASE)) as connection:
                rows = connection.execute("SELECT id FROM ratings_snapshot ORDER BY id").fetchall()
            about = {
                "about": "A simulated site: its votes are nobody's, its secrets guard nothing.",
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "commit": subprocess.check_output(
                    ["git", "rev-parse", "HEAD"], cwd=ROOT, text=True
                ).strip(),
            }
            found = record(address(site), [number for (number,) in rows])
            lines = [
                f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
                for key, value in (about | found).items()
            ]
            (target / "published.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
            back_up(site, target / "site.tar")
    size = sum(file.stat().st_size for file in target.iterdir())
    if size > LARGEST_BYTES:
        sys.exit(f"{target} has {size:,} bytes: too many to commit. Ask for fewer votes or days.")
    print(f"{target}: {size:,} bytes, {found['links']} links")


if __name__ == "__main__":
    main(*sys.argv[1:])
