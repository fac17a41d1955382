#!/usr/bin/env bash
# Checks what deploy/ declares, as far as that goes without a container engine and without a cluster: check.sh VESICLE
#   - compose.yml and kubernetes/ by their schemas, and against each other (check.py); the Containerfile by hadolint
#   - nginx.conf by nginx itself, and vesicle.toml by Vesicle itself
#   - the files of the image, which rootfs.sh makes: a program runs in them, as the image's user, with a read-only root, without
#     capabilities. That needs root, and is left out without it.
set -euo pipefail
vesicle=$(realpath "${1:?the vesicle to test}")
cd "$(dirname "$0")"
deploy=$(realpath ../../deploy)

if ! cmp -s requirements.txt .venv/.installed-from; then
  python3 -m venv --clear .venv
  .venv/bin/pip install --quiet --no-deps --requirement requirements.txt
  cp requirements.txt .venv/.installed-from
fi
if ! cmp -s package-lock.json node_modules/.installed-from; then
  npm ci --silent --no-audit --no-fund --ignore-scripts
  cp package-lock.json node_modules/.installed-from
fi

.venv/bin/python check.py
.venv/bin/hadolint "$deploy/Containerfile"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# The names of the hosts are known on their network alone.
sed 's/server host-[a-z]:/server 127.0.0.1:/' "$deploy/nginx.conf" > "$place/site.conf"
cat > "$place/nginx.conf" <<END
error_log stderr warn;
pid $place/pid;
events {}
http { access_log off; include $place/site.conf; }
END
/usr/sbin/nginx -q -t -c "$place/nginx.conf" -p "$place"

env -i HOME="$place" VESICLE_MEMORY_URL=postgres://a:b@database/c "$vesicle" config show \
  --config "$deploy/kubernetes/vesicle.toml" >/dev/null

"$deploy/rootfs.sh" "$vesicle" "$place/root"
if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then
  echo "the files of the image are not run: that needs root"
  exit
fi
mkdir -p "$place/root/proc" "$place/root/dev"
# In a name space of mounts that ends with it.
ran=$(echo 'await state.set("k", 1); return (await state.get("k")) + 1' | unshare --mount sh -euc '
  mount --bind "$1" "$1"
  mount --bind /proc "$1/proc"
  mount --bind /dev "$1/dev"
  for own in data cache tmp; do mount -t tmpfs -o uid=65532,gid=65532,mode=0700 none "$1/$own"; done
  mount -o remount,bind,ro "$1"
  cd /
  exec env -i XDG_CACHE_HOME=/cache VESICLE_DATA_DIR=/data setpriv --no-new-privs \
    /usr/sbin/chroot --userspec=65532:65532 "$1" /usr/bin/vesicle run -
' sh "$place/root")
[ "$ran" = 2 ] || { echo "in the files of the image, a program returned: $ran" >&2; exit 1; }
echo "deploy: the declarations are valid, and the image's files run"
