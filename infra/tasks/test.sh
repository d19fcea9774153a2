#!/bin/sh
# Everything CI runs. All steps are done even when one fails; the end says what ran and how long it took.
set -u
. "$(dirname "$0")/common.sh"

need_tools
summary=''
failed=0

note() { summary="$summary$(printf '  %-9s %5s  %s' "$1" "$2" "$3")
"; }

# step <name> <command…>
step() {
    name=$1
    shift
    say ''
    say "== $name"
    begun=$(date +%s)
    if "$@"; then result=ok; else result=FAILED failed=1; fi
    note "$result" "$(($(date +%s) - begun)) s" "$name"
    [ "$result" = ok ]
}

# Something that has to run did not: the whole is no success.
miss() {
    note MISSING - "$1: $2"
    failed=1
}

skip() { note skipped - "$1: $2"; }

web() { (cd web && npm run --silent "$1"); }

# with <postgres flavour> <command…>: the command with servers of its own.
with() {
    flavour=$1
    shift
    "$target/debug/rapport" dev --postgres "$flavour" --exec -- "$@"
}

# Playwright starts the product with its demo on these servers, and stops it (web/playwright.config.ts).
browser_tests() { with embedded env RAPPORT_E2E_BINARY="$target/debug/rapport" npm --prefix web run --silent e2e; }

# Field types are modules that a macro lists: cargo fmt does not find them.
format() { cargo fmt --all --check && rustfmt --check --edition 2024 crates/domain/src/catalog/types/*.rs; }

step 'format (cargo fmt)' format
step 'dependencies point one way' infra/tasks/dependencies.sh
if has cargo-deny; then
    step 'licences and bans (cargo deny)' cargo deny --log-level error check bans licenses sources
else
    skip 'licences and bans' 'cargo-deny is not installed'
fi

if [ -f web/package.json ]; then
    step 'web: packages' get_web_packages &&
        for check in typecheck lint test build; do step "web: $check" web "$check"; done
fi

step 'audits of GraphQL over HTTP: packages' get_packages tests/audits

step 'lints (cargo clippy)' cargo clippy --workspace --all-targets --locked --quiet -- --deny warnings

shared_limits='tests of limits shared through Redis'
if get_redis; then
    :
elif [ "${RAPPORT_TEST_WITHOUT_REDIS:-}" = 1 ]; then
    skip "$shared_limits" 'there is neither redis-server nor valkey-server here'
else
    miss "$shared_limits" 'install redis-server or valkey-server, or say RAPPORT_TEST_WITHOUT_REDIS=1 to do without'
fi

if step 'build' cargo build --workspace --locked --quiet; then
    if get_chromium; then
        step 'web: browser tests' browser_tests
    else
        skip 'web: browser tests' 'neither Chromium nor Chrome is here (Debian: apt-get install chromium)'
    fi
    step 'tests on PostgreSQL 18' with embedded cargo test --workspace --locked --quiet --no-fail-fast
    if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        version=$(ls /usr/lib/postgresql | sort -n | tail -n 1)
        step "tests on the system's PostgreSQL $version" \
            with system cargo test --package rapport-tenancy --package rapport-tests --locked --quiet --no-fail-fast
    else
        skip 'tests on an older PostgreSQL' 'none below /usr/lib/postgresql (Debian: apt-get install postgresql)'
    fi
fi

say ''
say "$summary"
[ "$failed" = 0 ] && say 'All is well.' || say 'Something failed: see above.'
exit $failed
