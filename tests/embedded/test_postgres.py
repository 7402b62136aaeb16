"""The embedded PostgreSQL on unusual ground."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from arena.embedded.servers import postgres


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_a_clone_in_a_folder_that_only_root_may_search(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory(prefix="arena-root-") as path:
        closed = Path(path)
        assert closed.stat().st_mode & 0o777 == 0o700
        package = postgres.BIN.parents[1]
        libraries = package.with_name(f"{package.name}.libs")
        for folder in (postgres.BIN.parent, libraries):
            copy = closed / folder.relative_to(package.parent)
            shutil.copytree(folder, copy, symlinks=True)
        monkeypatch.setattr(postgres, "BIN", closed / postgres.BIN.relative_to(package.parent))
        (closed / "run").mkdir()
        server = postgres.Postgres(
            closed / "data", sockets=closed / "run", log=closed / "log", durable=False
        )
        child = server.start()
        try:
            with psycopg.connect(server.url("postgres")) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            child.stop()
