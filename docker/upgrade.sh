#!/bin/sh
# Upgrade the site of docker/compose.yaml while it goes on serving: sh docker/upgrade.sh
# It builds the image, migrates the database, and replaces one web process after the other, then
# the workers. `sh docker/upgrade.sh --restart` only restarts, for instance after docker/.env changed.
set -eu
. "$(dirname "$0")/common.sh"

replace() {
    echo "Replacing $1"
    compose up -d --no-deps --no-build --force-recreate "$1"
    id=$(compose ps -q "$1")
    waited=0
    until [ "$(docker inspect -f '{{.State.Health.Status}}' "$id")" = healthy ]; do
        waited=$((waited + 1))
        [ "$waited" -le 180 ] || die "$1 does not become healthy: docker compose logs $1
The other web process serves on. Mend the fault and run this again."
        sleep 1
    done
    sleep 3 # until the proxy has seen it
}

case "${1:-}" in
"")
    compose build migrate
    compose up -d --no-build --no-recreate postgres redis
    manage migrate --noinput
    ;;
--restart) ;;
*) die "sh docker/upgrade.sh [--restart]" ;;
esac
replace web-a
replace web-b
compose up -d --no-deps --no-build --force-recreate generation ratings beat
compose up -d --no-build
compose exec -T proxy caddy reload --adapter caddyfile --config - < "$docker/Caddyfile"
echo "Done."
