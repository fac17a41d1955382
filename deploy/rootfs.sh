#!/bin/sh
# Makes the files of the image: rootfs.sh VESICLE DIRECTORY
# The binary, the libraries that it needs and nothing else: no shell, no package manager, no other program. The user has no
# name's rights, and owns two directories: /data, which hosts share, and /cache, which each has for itself.
set -eu
vesicle=$1 root=$2

mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$root/data" "$root/cache" "$root/tmp"
cp "$vesicle" "$root/usr/bin/vesicle"
# Each line names a library behind =>, or the loader alone.
ldd "$vesicle" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
# Whom to trust: providers of embeddings, servers over HTTPS, and PostgreSQL.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'vesicle:x:65532:65532::/data:/nowhere' > "$root/etc/passwd"
echo 'vesicle:x:65532:' > "$root/etc/group"
chmod 0700 "$root/data" "$root/cache"
chmod 1777 "$root/tmp"
if [ "$(id -u)" = 0 ]; then chown 65532:65532 "$root/data" "$root/cache"; fi
