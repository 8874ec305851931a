#!/bin/sh
# A portal of Debian's LemonLDAP::NG on loopback: start.sh FOLDER. Prints its issuer, waits until FOLDER/site names the site that signs
# in there, serves, and ends when its standard input does. `scripts/need.sh lemonldap` installs what it needs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'http://127.0.0.1:%s/\n' "$port"

# Whoever started it may go away before it is told.
waited=0
while [ ! -e "$folder/site" ]; do
    [ "$waited" -lt 1200 ] || exit 1
    waited=$((waited + 1))
    sleep 0.1
done
python3 "$here/configure.py" "$folder" "$port" "$(cat "$folder/site")"
LLNG_DEFAULTCONFFILE="$folder/llng.ini" starman --host 127.0.0.1 --port "$port" --workers 2 --preload-app \
    "$here/portal.psgi" >"$folder/portal.log" 2>&1 &
starman=$!
trap 'kill "$starman" 2>/dev/null || true; wait "$starman" 2>/dev/null || true' EXIT
cat >/dev/null
