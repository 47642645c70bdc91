#!/bin/sh
# Whether the newest backup is no older than two intervals.
set -eu
minutes=$((BACKUP_INTERVAL_SECS * 2 / 60 + 1))
[ -n "$(find "$BACKUP_DIR" -name "*.dump" -type f -mmin "-$minutes" -print -quit)" ]
