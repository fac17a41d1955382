#!/bin/sh
# A registry of OCI artifacts for host/plugins' tests: Debian's docker-registry. Its package is unpacked here and not installed,
# since it would start a service.
#   registry.sh install        fetches it, where it is not
#   registry.sh run DIR PORT   runs it on loopback, with its data in DIR, until it is ended
set -eu
here=$(cd "$(dirname "$0")" && pwd)
registry=$here/.registry/usr/bin/docker-registry

case ${1-} in
install)
    [ ! -x "$registry" ] || exit 0
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    # Where there are no lists of packages yet, fetching them takes root.
    (cd "$fresh" && { apt-get download -q docker-registry 2>/dev/null || { apt-get update -q && apt-get download -q docker-registry; }; })
    dpkg-deb -x "$fresh"/docker-registry_*.deb "$fresh/.registry"
    rm -rf "$here/.registry"
    mv "$fresh/.registry" "$here/.registry"
    ;;
run)
    [ -x "$registry" ] || { echo "$0: the registry is missing: run $0 install" >&2; exit 1; }
    cat > "$2/config.yml" <<CONFIG
version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: $2/data } }
http: { addr: 127.0.0.1:$3 }
CONFIG
    exec "$registry" serve "$2/config.yml"
    ;;
*)
    echo "usage: $0 install | run DIR PORT" >&2
    exit 2
    ;;
esac
