# Sourced by scripts: starts a host that serves HTTP on a free port of this machine, in a directory of its own, and ends it
# with the script. Takes the vesicle; sets `host` (its process), `place` (the directory) and `url`. Where the script has a
# function `prepare`, that is called before, with the place.
place=$(mktemp -d)
trap 'kill "${host:-}" 2>/dev/null || true; wait "${host:-}" 2>/dev/null || true; rm -rf "$place"' EXIT
if declare -F prepare >/dev/null; then prepare "$place"; fi
(cd "$place" && exec "$1" serve --http 127.0.0.1:0 --data-dir "$place") 2>"$place/log" &
host=$!
for _ in $(seq 100); do
  url=$(sed -n 's/^serving MCP at //p' "$place/log")
  [ -z "$url" ] || break
  sleep 0.1
done
[ -n "$url" ] || { cat "$place/log" >&2; exit 1; }
