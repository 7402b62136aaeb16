#!/bin/sh
# Back up the site of docker/compose.yaml into one file, while it runs: sh docker/backup.sh [FILE]
# The database, the exports, the images and the secrets. Keep it as you keep a password.
set -eu
. "$(dirname "$0")/common.sh"

file=${1:-$docker/../backups/blind-arena-$(date -u +%Y-%m-%dT%H%M%SZ).tar}
[ ! -e "$file" ] || die "$file exists already: name another file."
umask 077
mkdir -p "$(dirname "$file")"
trap 'rm -f "$file.dump" "$file.partial"' EXIT
trap 'exit 1' HUP INT TERM

# The server's own pg_dump, so that their versions always match.
compose exec -T postgres pg_dump --username arena --format custom --no-owner --no-privileges arena \
    > "$file.dump" || die "The database cannot be dumped. Does the service postgres run?"
manage backup_write --dump-bytes "$(wc -c < "$file.dump" | tr -d ' ')" \
    < "$file.dump" > "$file.partial" || die "The backup was broken off; nothing is left of it."
sync "$file.partial"
mv "$file.partial" "$file"
echo "Backup: $file. It holds the site's secrets: keep it as you keep a password."
