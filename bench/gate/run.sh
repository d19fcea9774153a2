#!/bin/sh
# What it costs Redis to answer "does this session stand, and is there room in the bucket?" in one script call: beside
# the bucket alone, the session alone and a plain GET. Takes a server of its own for some seconds.
set -eu
cd "$(dirname "$0")/../.."
port=${RAPPORT_BENCH_REDIS_PORT:-55512}
redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no > /dev/null &
server=$!
trap 'kill $server' EXIT
until redis-cli -p "$port" ping > /dev/null 2>&1; do sleep 0.1; done

script=$(redis-cli -p "$port" script load "$(cat crates/api/src/limits/gate.lua)")
bucket='rapport:limit:{t:1}:u:1'
session='rapport:session:{t:1}:1'
redis-cli -p "$port" set "$session" 1 > /dev/null

measure() {
    name=$1
    shift
    # The best of five: the others shared the machine.
    best=$(for _ in 1 2 3 4 5; do redis-benchmark -p "$port" -n 40000 -c 20 --csv "$@" | tail -1 | awk -F'","' '{ print "median " $5 " ms, " int($2) " calls/s" }'; done | sort | head -1)
    printf '%-22s %s\n' "$name" "$best"
}
measure 'session and bucket' evalsha "$script" 2 "$bucket" "$session" 1 100 1000000000
measure 'bucket alone' evalsha "$script" 1 "$bucket" 1 100 1000000000
measure 'session alone' evalsha "$script" 1 "$session" 1
measure 'GET' get "$session"
