#!/bin/sh
# Installs the browser that goes over the dashboard: Debian's Chromium. Does nothing where it is there, or where CHROMIUM names
# another. What drives it comes with tests/clients/setup.sh.
set -eu
if [ -z "${CHROMIUM:-}" ] && ! [ -x /usr/bin/chromium ]; then
    [ "$(id -u)" = 0 ] || { echo "$0: Chromium is missing: run apt-get install chromium as root" >&2; exit 1; }
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
fi
