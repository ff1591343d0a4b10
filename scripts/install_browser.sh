#!/bin/sh
# The browser tests drive Debian's chromium: a browser that a test tool downloads for itself would
# come from no package registry.
set -eu
if command -v chromium >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The browser tests need chromium. Install the package chromium (as root: apt-get install chromium) and run again." >&2
    exit 2
fi
echo "Installing chromium from Debian's packages …"
apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core >/dev/null
