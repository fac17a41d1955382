#!/bin/sh
# Runs a PostgreSQL server in a directory until standard input ends, so that no server outlives the tests that started it,
# however they end. The directory is made a new server's when it is none yet.
#   serve.sh BIN DIRECTORY keep|remove [SETTING=VALUE ...]
# PostgreSQL refuses to run as root; started by root, it runs as nobody.
set -eu
bin=$1 directory=$2 afterwards=$3
shift 3

as=""
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    mkdir -p "$directory"
    chown 65534:65534 "$directory"
    # A checkout in root's home cannot be entered by nobody.
    if ! $as test -x "$bin/postgres"; then
        [ -d "$directory/install" ] || cp -RL "$(dirname "$bin")" "$directory/install"
        [ ! -d "$bin/../../../pgserver.libs" ] || cp -R "$bin/../../../pgserver.libs" "$directory/"
        chown -R 65534:65534 "$directory/install"
        bin=$directory/install/bin
    fi
fi
cd "$directory"

settings=""
for setting; do settings="$settings -c $setting"; done

if [ ! -f data/PG_VERSION ]; then
    $as sh -c 'umask 077; echo "open sesame" > password'
    $as "$bin/initdb" -D data --username=postgres --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
fi
# What a killed server left.
rm -f .s.PGSQL.* data/postmaster.pid

# The connection goes through a socket in the directory; `listen_addresses` among the settings adds ports.
# shellcheck disable=SC2086
$as "$bin/postgres" -D data -k "$directory" -c listen_addresses= $settings >>"$directory/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -INT "$server" 2>/dev/null || true
wait "$server" || true
cd /
[ "$afterwards" = keep ] || rm -rf "$directory"
