#!/bin/sh
# Go over to another version of the app without a failed request: deploy/upgrade.sh 1.4.0
#
# Its migrations run while the old version serves. Then, service by service, new replicas come up beside the old; when
# they are healthy nginx turns to them, and the old ones end what they have begun. Should the new ones not become
# healthy, they are removed and the old ones go on. To roll back is to upgrade to the version before: docs/deploy.md says
# what migrations must keep for that.
# shellcheck disable=SC2086  # lists of containers are meant to fall apart into words
set -eu
cd "$(dirname "$0")/.."
export APP_VERSION="${1:?which version?}"
HEALTHY_SECS=180

replicas_of() {
    docker compose ps --quiet "$1"
}

# name:port of each container that is given after the port
addresses() {
    port="$1"
    shift
    for container in "$@"; do
        docker inspect --format "{{.Name}}:$port" "$container" | sed "s#^/##"
    done | paste -s -d " " -
}

# Bring up as many new replicas of a service as there are old ones; leaves both in $old and $new.
double() {
    old="$(replicas_of "$1")"
    count="$(echo "$old" | wc -w)"
    [ "$count" -gt 0 ] || { echo "$1 does not run: docker compose up --detach starts it." >&2; exit 1; }
    is_healthy=yes
    docker compose up --detach --no-deps --no-recreate --wait --wait-timeout "$HEALTHY_SECS" \
        --scale "$1=$((count * 2))" "$1" || is_healthy=no
    new="$(replicas_of "$1" | grep --invert-match --fixed-strings --line-regexp "$old" || true)"
    [ "$is_healthy" = yes ] && [ -n "$new" ] && return
    echo "The new $1 is not healthy: it is removed, and the old one goes on." >&2
    [ -z "$new" ] || { docker compose logs --tail 20 "$1" >&2; remove "$new"; }
    exit 1
}

# Ask containers to end, give them their grace period, and forget them.
remove() {
    docker stop $1
    docker rm $1
}

# Unless it was built here.
docker compose pull --policy missing web
docker compose run --rm --no-deps migrate

double web
docker compose exec --no-TTY nginx /opt/nginx/servers "$(addresses 8000 $new)" "streams:8001"
web="$(addresses 8000 $new)"
remove "$old"

double streams
docker compose exec --no-TTY nginx /opt/nginx/servers "$web" "$(addresses 8001 $new)"
remove "$old"

for service in worker redistribution beat; do
    double "$service"
    remove "$old"
done

# By their common names again: so a container that is made anew is found.
docker compose exec --no-TTY nginx /opt/nginx/servers "web:8000" "streams:8001"
if grep -q "^APP_VERSION=" .env; then
    sed -i "s/^APP_VERSION=.*/APP_VERSION=$APP_VERSION/" .env
else
    echo "APP_VERSION=$APP_VERSION" >>.env
fi
echo "Version $APP_VERSION runs."
