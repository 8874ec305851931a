#!/bin/bash
# Starts a throw-away PostgreSQL for the tests: start.sh
#
# Prints the address of the database `postgres` on one line, then runs until its standard input ends, which happens when
# the program that started it goes away, however it goes. Then it stops the server and removes everything.
# Installs nothing. Listens on a socket only. Never runs as root: as the package's own user, or as nobody.
set -eu
trap '' INT HUP PIPE TERM

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
if [ -z "$bin" ] && command -v initdb >/dev/null; then bin=$(dirname "$(readlink -f "$(command -v initdb)")"); fi
if [ -z "$bin" ] || [ ! -x "$bin/initdb" ]; then
  echo "PostgreSQL is not here: apt-get install postgresql" >&2
  exit 1
fi

dir=$(mktemp -d /tmp/parvis-pg.XXXXXX)
run=()
if [ "$(id -u)" = 0 ]; then
  user=nobody
  if id postgres >/dev/null 2>&1; then user=postgres; fi
  run=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
  chown "$user" "$dir"
fi
chmod 755 "$dir"
cd "$dir"

finish() {
  "${run[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap finish EXIT

settings="-c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=100 -c shared_buffers=32MB"
settings="$settings -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
if ! "${run[@]}" "$bin/initdb" -D "$dir/data" -U parvis -A trust --no-sync -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 ||
  ! "${run[@]}" "$bin/pg_ctl" -D "$dir/data" -w -s -t 120 -l "$dir/data/server.log" -o "$settings" start \
    </dev/null >>"$dir/log" 2>&1; then
  cat "$dir/log" "$dir/data/server.log" >&2 || true
  echo "PostgreSQL in $bin does not start" >&2
  exit 1
fi
echo "postgres://parvis@localhost/postgres?host=$dir"
exec >/dev/null 2>&1
cat >/dev/null
