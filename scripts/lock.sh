#!/bin/sh
# Resolve the lock files anew from pyproject.toml. No index address is written into them.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1
uv=${UV:-.venv/bin/uv}
options="--universal --generate-hashes --python-version 3.11 --no-header --no-annotate --quiet"
# shellcheck disable=SC2086
{
    echo uv | $uv pip compile $options - -o bootstrap.lock
    $uv pip compile $options pyproject.toml --group build --group test -o requirements.lock
    $uv pip compile $options --group lint -o requirements-lint.lock
    $uv pip compile $options --group provider -o requirements-provider.lock
}
