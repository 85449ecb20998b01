#!/usr/bin/env bash
# Installs what the tests need and runs all of them. For Debian with Rust; installing needs root.
#
# Arguments are passed on to `cargo test`: `./test.sh -p booking-core` runs the library's tests only.
set -euo pipefail
cd "$(dirname "$0")"

command -v cargo >/dev/null || {
    echo "test.sh: cargo is missing. Install Rust 1.94 or newer, see https://www.rust-lang.org/tools/install" >&2
    exit 1
}

# The servers live where only root looks.
PATH="$PATH:/usr/sbin:/usr/local/sbin"

# SQLite and the cryptography of TLS are compiled from C. The servers are the tests' own: each is started on a
# free port from these programs, and stopped; one that happens to run on the machine is never used.
missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null || missing+=(postgresql)
command -v pgbouncer >/dev/null || missing+=(pgbouncer)
command -v redis-server >/dev/null || missing+=(redis-server)
# Mails are checked with programs that others wrote.
has_module() { /usr/bin/python3 -c "import $1" 2>/dev/null || python3 -c "import $1" 2>/dev/null; }
has_module icalendar || missing+=(python3-icalendar)
has_module aiosmtpd || missing+=(python3-aiosmtpd)
# Schemathesis comes from PyPI, into a folder of its own.
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "test.sh: missing: ${missing[*]}. Install these, or run this as root on Debian." >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    # No service has to run for the tests, so none is started.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "${missing[@]}"
fi

booking-server/tests/schemathesis/install

if [ "$#" -eq 0 ]; then
    set -- --workspace --all-features
fi
# Nobody reads what the tests' servers write after the tests: it stays in memory, where that has plenty of room.
read -r room options < <(findmnt -bno AVAIL,OPTIONS /dev/shm 2>/dev/null || true) || true
if [ -z "${TMPDIR:-}" ] && [ "${room:-0}" -gt 8000000000 ] && [[ ",$options," != *,noexec,* ]]; then
    export TMPDIR=/dev/shm
fi

# To its end, so that one run tells of every test that fails.
cargo test --locked --no-fail-fast "$@"
