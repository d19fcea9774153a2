#!/bin/sh
# The whole product on this machine: what is missing is fetched, then it is built and run.
set -eu
. "$(dirname "$0")/common.sh"

need_tools
get_redis || say "No redis-server or valkey-server here: limits are counted in the gateway itself. To change that, install one."

if [ -f web/package.json ]; then
    get_web_packages
    if [ ! -f web/dist/index.html ] || [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print | head -n 1)" ]; then
        say "Building the web app"
        (cd web && npm run --silent build >/dev/null)
        # The binary carries these files: have it built anew.
        touch crates/api/src/http/web.rs
    fi
fi

say "Building rapport (the first time takes some minutes)"
cargo build --release --locked --bin rapport
exec "$target/release/rapport" dev
