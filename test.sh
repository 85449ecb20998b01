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

# SQLite is compiled from its C source.
if ! command -v cc >/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "test.sh: a C compiler is missing. Install gcc, or run this as root on Debian." >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends gcc libc6-dev
fi

if [ "$#" -eq 0 ]; then
    set -- --workspace --all-features
fi
exec cargo test --locked "$@"
