#!/bin/sh
# Dump the database that PGHOST, PGUSER, PGPASSWORD and PGDATABASE name into BACKUP_DIR, and forget what is older than
# BACKUP_KEPT_DAYS. Prints the dump's path. What was cut short leaves no dump behind, and what cannot be read is none.
set -eu
directory="${BACKUP_DIR:?where backups go}"
# Others may see that there are backups, and how old; the dumps themselves are for this account only.
mkdir -p "$directory"
umask 077
dump="$directory/$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump"
unfinished="$dump.unfinished"
trap 'rm -f "$unfinished"' EXIT
# Reads one moment of the database; players go on meanwhile.
pg_dump --format=custom --no-owner --no-privileges --lock-wait-timeout=10s --file="$unfinished"
pg_restore --list "$unfinished" >"$unfinished.list"
rm "$unfinished.list"
mv "$unfinished" "$dump"
find "$directory" -name "*.dump" -type f -mtime "+${BACKUP_KEPT_DAYS:-14}" -exec rm -f {} +
echo "$dump"
