#!/bin/sh
# Back up each BACKUP_INTERVAL_SECS until asked to end. A backup that fails is tried again after a minute; `is-recent.sh`
# says when there is no recent one.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
trap 'exit 0' TERM INT
while true; do
    if "$here/backup.sh"; then pause="$BACKUP_INTERVAL_SECS"; else pause=60; fi
    # A signal ends `wait`, where it would wait for the end of `sleep`.
    sleep "$pause" &
    wait $!
done
