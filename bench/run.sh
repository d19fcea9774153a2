#!/bin/sh
# The benchmark: builds the release binary and runs Rapport beside PostGraphile and the floor, on the same rows, in one run.
# Everything after the script's name goes to the harness (../shared/bench/run -h lists its options).
set -eu
cd "$(dirname "$0")/.."
harness=${RAPPORT_BENCH_HARNESS:-../shared/bench}
if [ ! -x "$harness/run" ]; then
  echo "make bench needs the harness: set RAPPORT_BENCH_HARNESS to the folder that holds its 'run'" >&2
  exit 1
fi
for tool in python3 psql pgbench wrk; do
  command -v "$tool" >/dev/null && continue
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get install -y --no-install-recommends python3 postgresql wrk >/dev/null
  else
    echo "make bench needs $tool (Debian: python3 postgresql wrk)" >&2
    exit 1
  fi
done
cargo build --release --locked --bin rapport
mkdir -p bench/reports
exec python3 bench/run.py --systems "postgraphile,$PWD/bench/rapport,floor,floor_json" --connections 16 \
  --window 8 --warmup 2 --rounds 3 --out bench/reports/latest "$@"
