"""On a real site, with beat and workers: an endpoint that answers again comes back by itself."""

import psycopg

from arena.embedded.supervisor import Site
from tests.speed import wait_until


def test_an_endpoint_that_works_again_gets_battles_again(live_arena: Site) -> None:
    with psycopg.connect(live_arena.postgres.url("arena"), autocommit=True) as database:
        opened = database.execute(
            "INSERT INTO contestants_endpointhealth (endpoint_id, state, changed_at, failures, "
            "openings, probe_at, last_error, last_error_detail) "
            "SELECT id, 'open', now(), 3, 1, now(), 'timeout', '' FROM contestants_endpoint "
            "ORDER BY id LIMIT 1 ON CONFLICT (endpoint_id) DO UPDATE "
            "SET state = 'open', failures = 3, probe_at = now() RETURNING endpoint_id"
        ).fetchone()
        assert opened
        closed = "SELECT 1 FROM contestants_endpointhealth WHERE endpoint_id = %s"
        closed += " AND state = 'closed'"
        wait_until(lambda: database.execute(closed, opened).fetchone(), every=0.2)
        probes = database.execute(
            "SELECT error, completion_tokens FROM contestants_call "
            "WHERE is_probe AND endpoint_id = %s",
            opened,
        ).fetchall()
        assert set(probes) == {("", 15)}
