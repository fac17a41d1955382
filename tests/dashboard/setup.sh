#!/bin/sh
# Installs the browser that goes over the dashboard: Debian's Chromium. Does nothing where one is there, or where CHROMIUM names
# another.
set -eu
if [ -z "${CHROMIUM:-}" ] && ! [ -x /usr/bin/chromium ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
fi
