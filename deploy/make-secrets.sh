#!/usr/bin/env bash
# Makes the secrets that compose.yaml hands to the containers. Those that exist already are kept.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
# Nobody else gets into the folder. The files are handed to containers one by one, whose users read them.
chmod 700 secrets

# Arguments: file, content. A new start must find the old passwords, or PostgreSQL lets nobody in.
keep() {
    [ -e "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
    chmod 644 "secrets/$1"
}
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

keep database-password "$(random)"
keep redis-password "$(random)"
keep ipn-secret "$(random)"
database=$(cat secrets/database-password)
redis=$(cat secrets/redis-password)
keep database-url "postgres://booking:$database@pgbouncer:6432/booking"
keep migrate-url "postgres://booking:$database@postgres:5432/booking"
keep redis-url "redis://:$redis@redis:6379"
