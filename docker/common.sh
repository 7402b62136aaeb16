# shellcheck shell=sh
# What the scripts of this folder share. COMPOSE names the command, if it is not `docker compose`.
docker=$(cd "$(dirname "$0")" && pwd)

compose() {
    ${COMPOSE:-docker compose} --project-directory "$docker" --env-file "$docker/.env" \
        --file "$docker/compose.yaml" "$@"
}

# manage.py in a container of its own, which needs no running site.
manage() {
    compose run --rm -T --no-deps migrate python manage.py "$@"
}

die() {
    echo "$*" >&2
    exit 1
}

[ -r "$docker/.env" ] || die "docker/.env is missing: copy docker/env.example and fill it in."
