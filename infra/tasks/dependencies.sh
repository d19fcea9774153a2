#!/bin/sh
# Dependencies point one way: api -> {domain, billing} -> tenancy. Fails with each that does not.
set -eu
. "$(dirname "$0")/common.sh"

failed=0

# Everything a crate reaches, or with --depth 1 what it asks for itself; tests left out.
reach() {
    tree=$(cargo tree --locked --package "$1" --edges normal --prefix none --format '{p}' ${2:-}) ||
        die "cargo cannot list the dependencies of $1"
    printf '%s\n' "$tree" | sed 's/ .*//' | sort -u
}

# forbid <crate> <why> <depth option or ''> <names…>
forbid() {
    crate=$1 why=$2 depth=$3
    shift 3
    reached=$(reach "$crate" "$depth")
    for name; do
        if printf '%s\n' "$reached" | grep -qx "$name"; then
            say "$crate must not use $name: $why"
            failed=1
        fi
    done
}

# expect <crate> <depth option or ''> <name>: what is there is found, or nothing below proves anything.
expect() {
    reached=$(reach "$1" "$2")
    printf '%s\n' "$reached" | grep -qx "$3" || die "$1 uses $3, which was not found: is this check still right?"
}

expect rapport-tenancy '--depth=1' tokio-postgres
expect rapport-domain '' tokio-postgres
expect rapport-api '' axum-core

web='axum axum-core hyper tower-http async-graphql async-graphql-parser'
forbid rapport-tenancy 'tenancy is below everything' '' rapport-domain rapport-billing rapport-api $web async-stripe stripe-rust
forbid rapport-domain 'what a CRM is knows no HTTP, no GraphQL and no money' '' rapport-billing rapport-api $web async-stripe stripe-rust
forbid rapport-billing 'billing knows no CRM and is not reached by HTTP' '' rapport-domain rapport-api axum axum-core async-graphql
for crate in rapport-domain rapport-billing rapport-api; do
    forbid "$crate" 'only tenancy opens connections to a database' '--depth=1' sea-orm sqlx tokio-postgres deadpool-postgres postgres
done
forbid rapport-api 'only billing knows Stripe' '--depth=1' async-stripe stripe-rust
exit $failed
