#!/bin/sh
# Rights: a list of 50 of 100,000 contacts within the reach of a role, beside the same list of somebody who reads everything. Figures and
# plans go to bench/reports/latest, or to the folder that is the first argument.
set -eu
cd "$(dirname "$0")/../.."
export RAPPORT_BENCH_HARNESS="${RAPPORT_BENCH_HARNESS:-$PWD/../shared/bench}" BENCH_WORK="${BENCH_WORK:-$PWD/bench/.work}"
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked --bin rapport
export RAPPORT_BINARY="$target/release/rapport"
exec python3 bench/rights/bench.py "${1:-bench/reports/latest}"
