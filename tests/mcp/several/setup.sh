#!/bin/sh
# Installs the proxy that the tests of several hosts put before them: Debian's nginx. Does nothing when it is there.
set -eu
[ ! -x /usr/sbin/nginx ] || exit 0
[ "$(id -u)" = 0 ] || { echo "$0: nginx is missing: run apt-get install nginx-light as root" >&2; exit 1; }
apt-get update -q
# No server of the system's: tests start their own.
DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends nginx-light
