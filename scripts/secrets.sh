#!/bin/sh
# Look for secrets in every committed file, by detect-secrets. Usage: scripts/secrets.sh VENV
# What it looks for and passes over stands in .secrets.baseline, which holds no finding: a line that
# only looks like a secret says so itself, with a comment `pragma: allowlist secret`.
set -eu
cd "$(dirname "$0")/.."
hook=$PWD/$1/bin/detect-secrets-hook
[ -n "$(git ls-files | head -1)" ] || { echo "secrets: git lists no files, so nothing was looked at" >&2; exit 1; }
grep -q '"results": {}' .secrets.baseline || {
    echo "secrets: .secrets.baseline holds findings. Take the secret out, or mark its line." >&2
    exit 1
}
# Two at a time; no finding is tried out over the network.
git ls-files -z -- ':!*.lock' | xargs -0 -n 120 -P 2 "$hook" --no-verify --baseline .secrets.baseline
