#!/bin/sh
# The browser tests drive Debian's chromium: a browser that a test tool downloads for itself would
# come from no package registry. The tool's own driver needs a library that small systems lack.
set -eu
if command -v chromium >/dev/null && PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q 'libatomic\.so\.1 '; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The browser tests need chromium and libatomic. Install their packages (as root: apt-get install chromium libatomic1) and run again." >&2
    exit 2
fi
echo "Installing chromium from Debian's packages …"
apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium libatomic1 fonts-dejavu-core >/dev/null
