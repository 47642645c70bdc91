#!/bin/sh
# Make the exchange's account, which is no superuser, and its database. PostgreSQL's image runs this once, on an empty
# volume. Without `-e` in psql's way: the first refusal ends it.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set account="$DATABASE_USER" --set database="$DATABASE_NAME" <<'END'
\getenv password DATABASE_PASSWORD
CREATE ROLE :"account" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"account" TEMPLATE template0;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
END
