#!/bin/sh
# dbt's pages on every model, column, metric and exposure, as one file that opens without a server.
# Usage: scripts/docs.sh VENV. Needs no data: types and meanings stand in the YAML.
set -eu
cd "$(dirname "$0")/.."
project=$PWD/dbt_project
target=$PWD/var/docs
mkdir -p "$target"
export WAREHOUSE_BUILD_FILE="$target/nothing.duckdb" DBT_TARGET_PATH="$target" DBT_LOG_PATH="$target"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DO_NOT_TRACK=1
"$1/bin/dbt" --quiet --no-version-check docs generate --static --empty-catalog \
    --project-dir "$project" --profiles-dir "$project"
rm -f "$WAREHOUSE_BUILD_FILE"
echo "Written: ${target#"$PWD"/}/static_index.html"
