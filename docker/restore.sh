#!/bin/sh
# Restore a backup into an empty site of docker/compose.yaml: sh docker/restore.sh FILE
# docker/.env must hold the secrets of the backup: `tar -xOf FILE secrets.json` prints them.
set -eu
. "$(dirname "$0")/common.sh"

file=${1:-}
[ -n "$file" ] || die "Say which: sh docker/restore.sh FILE"
[ -r "$file" ] || die "$file cannot be read."
again="To restore again, delete all data of this site first: docker compose -f docker/compose.yaml down --volumes"

for service in web-a web-b generation ratings beat; do
    for id in $(compose ps -q "$service"); do
        [ "$(docker inspect -f '{{.State.Running}}' "$id")" = false ] ||
            die "This site is running ($service). A restore replaces nothing: use an empty site."
    done
done
compose up -d --no-deps postgres redis
waited=0
until compose exec -T postgres pg_isready --quiet --username arena --dbname arena; do
    waited=$((waited + 1))
    [ "$waited" -le 60 ] || die "PostgreSQL does not start: docker compose logs postgres"
    sleep 1
done
tables=$(compose exec -T postgres psql --username arena --dbname arena --tuples-only --no-align \
    --command "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
[ "$tables" = 0 ] || die "The database is not empty, and a restore replaces nothing. $again"

manage backup_check < "$file" || die "Nothing was changed."
# In one transaction: it is restored whole or not at all.
tar -xOf "$file" database.dump | compose exec -T postgres pg_restore --username arena \
    --dbname arena --no-owner --no-privileges --exit-on-error --single-transaction ||
    die "The database cannot be restored; it is still empty."
manage backup_files < "$file" || die "The files cannot be restored. $again"
echo "Restored. Start the site: docker compose -f docker/compose.yaml up --detach"
