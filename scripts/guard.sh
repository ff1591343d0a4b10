#!/bin/sh
# What must never be committed: anything of a home, keys, published files, a machine's paths, a
# registry's address, and files too large for a repository.
set -eu
cd "$(dirname "$0")/.."
bad=0
complain() {
    echo "guard: $1" >&2
    bad=1
}
files=$(git ls-files)
[ -n "$files" ] || complain "git lists no files, so nothing was checked"
if git ls-files | grep -E '^var/|\.duckdb$|pseudonym\.key$|(^|/)\.env$|\.pem$'; then
    complain "files of a home, keys or databases are committed"
fi
# The patterns are written so that this file does not match itself.
if git grep -nIE '/ro[o]t/|/ho[m]e/[a-z]+/|pypi\.o[r]g|files\.pythonhost[e]d|registry\.npmjs\.o[r]g' -- . ':!tests/data' ':!data'; then
    complain "a path of one machine or a registry's address is committed"
fi
if git grep -nIE 'BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|(password|secret|token) *= *["'"'"'][A-Za-z0-9/+]{16,}["'"'"']' -- . ':!*.lock'; then
    complain "something that looks like a secret is committed"
fi
large=$(git ls-files -z | xargs -0 -r du -k --apparent-size 2>/dev/null | awk '$1 > 1024 { print $2 }')
[ -z "$large" ] || complain "files over 1 MiB: $large"
exit $bad
