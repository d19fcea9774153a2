#!/bin/sh
# Takes out what a write window put in: reset.sh DATABASE_URL
set -eu
schema=$(psql -XqAt -d "$1" -c "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 't\_%'")
psql -Xq -d "$1" -v ON_ERROR_STOP=1 <<SQL
DELETE FROM $schema.contact WHERE created_at >= '2026-01-01';
TRUNCATE $schema.event;
VACUUM $schema.contact;
CHECKPOINT;
SQL
