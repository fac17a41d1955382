#!/bin/sh
# A registry of OCI artifacts for host/plugins' tests: Debian's docker-registry.
#   registry.sh install        installs it, where it is not
#   registry.sh run DIR PORT   runs it on loopback, with its data in DIR, until it is ended
set -eu

case ${1-} in
install)
    command -v docker-registry >/dev/null && exit 0
    [ "$(id -u)" = 0 ] || { echo "$0: the registry is missing: run apt-get install docker-registry as root" >&2; exit 1; }
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends docker-registry
    ;;
run)
    command -v docker-registry >/dev/null || { echo "$0: the registry is missing: run $0 install" >&2; exit 1; }
    cat > "$2/config.yml" <<CONFIG
version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: $2/data } }
http: { addr: 127.0.0.1:$3 }
CONFIG
    exec docker-registry serve "$2/config.yml"
    ;;
*)
    echo "usage: $0 install | run DIR PORT" >&2
    exit 2
    ;;
esac
