#!/bin/sh
# Custom fields: JSONB beside an EAV table, a custom field beside a standard column, what metadata costs. Figures and plans go to
# bench/reports/latest, or to the folder that is the first argument.
set -eu
cd "$(dirname "$0")/../.."
export RAPPORT_BENCH_HARNESS="${RAPPORT_BENCH_HARNESS:-$PWD/../shared/bench}" BENCH_WORK="${BENCH_WORK:-$PWD/bench/.work}"
target=${CARGO_TARGET_DIR:-target}
cargo build --release --locked --bin rapport
export RAPPORT_BINARY="$target/release/rapport"
out=${1:-bench/reports/latest}
mkdir -p "$out"
cargo test --release --locked -p rapport-api --lib -- --ignored --nocapture --test-threads 1 schema::tests::cost |
  grep -E '^(a Field|catalog|schema)' | tee "$out/custom-fields-memory.txt"
python3 bench/custom_fields/bench.py "$out"
