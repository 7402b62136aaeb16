"""On a real site, with beat and workers: an endpoint that answers again comes back by itself."""

import time

import psycopg

from arena.embedded.supervisor import Site


def test_an_endpoint_that_is_up_again_comes_back_by_itself(live_arena: Site) -> None:
    with psycopg.connect(live_arena.postgres.url("arena"), autocommit=True) as database:
        opened = database.execute(
            "INSERT INTO contestants_endpointhealth (endpoint_id, state, changed_at, failures, "
            "openings, probe_at, last_error, last_error_detail) "
            "SELECT id, 'open', now(), 3, 1, now(), 'timeout', '' FROM contestants_endpoint "
            "ORDER BY id LIMIT 1 ON CONFLICT (endpoint_id) DO UPDATE "
            "SET state = 'open', failures = 3, probe_at = now() RETURNING endpoint_id"
        ).fetchone()
        assert opened
        deadline = time.monotonic() + 30
        state = ""
        while state != "closed" and time.monotonic() < deadline:
            time.sleep(0.2)
            row = database.execute(
                "SELECT state FROM contestants_endpointhealth WHERE endpoint_id = %s", opened
            ).fetchone()
            state = row[0] if row else ""
        assert state == "closed"
        probes = database.execute(
            "SELECT error, completion_tokens FROM contestants_call "
            "WHERE is_probe AND endpoint_id = %s",
            opened,
        ).fetchall()
        assert set(probes) == {("", 15)}
