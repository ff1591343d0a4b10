#!/bin/sh
# One test runs Airflow on Debian's PostgreSQL, as it runs in containers, since no driver or dialect
# can be judged on SQLite.
set -eu
if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "A test of Airflow needs PostgreSQL. Install the package postgresql (as root: apt-get install postgresql) and run again." >&2
    exit 2
fi
echo "Installing PostgreSQL from Debian's packages …"
# The package would start a server of its own, which nobody here asked for.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql >/dev/null
