#!/bin/sh
# Restore a dump into a new database, which the account of PGUSER owns. Refuses a database that exists: nothing is ever
# overwritten. The superuser makes the database.
#   SUPERUSER_PASSWORD=... restore.sh exchange-20260101T000000Z.dump exchange_restored
set -eu
dump="${1:?which dump?}" database="${2:?into which new database?}"
[ -f "$dump" ] || dump="${BACKUP_DIR:-.}/$dump"
[ -r "$dump" ] || { echo "There is no dump $1." >&2; exit 66; }
: "${SUPERUSER_PASSWORD:?the password of the superuser}"
PGPASSWORD="$SUPERUSER_PASSWORD" psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "${SUPERUSER:-postgres}" --dbname postgres \
    --set database="$database" --set account="$PGUSER" <<'END'
CREATE DATABASE :"database" OWNER :"account" TEMPLATE template0;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
END
pg_restore --exit-on-error --no-owner --no-privileges --jobs="${RESTORE_JOBS:-2}" --dbname="$database" "$dump"
# Without its warnings of the superuser's tables.
psql --no-psqlrc --quiet --dbname "$database" --command "SET client_min_messages = error" --command ANALYZE
echo "Restored into $database. Check it before it is used: manage.py check_ledger"
