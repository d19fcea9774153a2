#!/bin/sh
# Search beside what one would do without it: 100,000 contacts, the same words asked of the product, of `ILIKE` on plain
# columns and of `ILIKE` with trigram indexes. Starts a PostgreSQL of its own and takes some two minutes once built:
# bench/search/run.sh [rows]
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
for tool in python3 psql pgbench; do
  command -v "$tool" >/dev/null && continue
  echo "bench/search needs $tool (Debian: python3 postgresql)" >&2
  exit 1
done
cargo build --release --locked --bin rapport
exec "$target/release/rapport" dev --exec -- python3 bench/search/run.py "$target/release/rapport" "${1:-100000}"
