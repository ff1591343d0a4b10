#!/bin/sh
# Make one virtual environment hold what one lock file names, and nothing else.
# Usage: scripts/setup.sh VENV LOCK [install-project]. Does nothing when that is so already.
set -eu
venv=$1
lock=$2
project=${3:-}
cd "$(dirname "$0")/.."

# Whatever the caller's shell says: without bytecode every import takes two to three times as long.
unset PYTHONDONTWRITEBYTECODE
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "Python 3.11 was not found. Install it, or name it: make setup PYTHON=/path/to/python3.11" >&2
    exit 2
fi

# What the environment was made from: the locks, the project's own metadata, the place it lies in.
wanted=$(cat bootstrap.lock "$lock" pyproject.toml | cat - scripts/setup.sh | sha256sum | cut -d' ' -f1)-$(pwd | sha256sum | cut -c1-12)
stamp="$venv/.made-from"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3-venv, which this Python lacks …"
        apt-get update -q >/dev/null && apt-get install -y -q python3-venv >/dev/null
    else
        echo "This Python cannot make virtual environments. Install the package python3-venv (as root: apt-get install python3-venv) and run again." >&2
        exit 2
    fi
fi

rm -f "$stamp"
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    echo "Making $venv …"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
echo "Installing the installer …"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
echo "Installing what $lock names (a minute or two the first time) …"
"$venv/bin/uv" pip sync --python "$venv/bin/python" --require-hashes --compile-bytecode "$lock"
if [ -n "$project" ]; then
    "$venv/bin/uv" pip install --python "$venv/bin/python" --quiet --no-deps --no-build-isolation -e .
fi
echo "$wanted" > "$stamp"
if [ -n "$project" ]; then
    # So that the first night in a new home need not: it does so where this failed.
    echo "Letting dbt read its project …"
    "$venv/bin/python" -m warehouse.dbt_process || true
fi
echo "$venv is ready."
