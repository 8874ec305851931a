#!/bin/bash
# Tries a running gateway's relay with coturn's client: run.sh HOST PORT MEDIA_ADDRESS MEDIA_PORT USERNAME CREDENTIAL
#
# USERNAME and CREDENTIAL are of `GET /api/diag`, the relay_tcp rung (good for five minutes). Needs turnutils_uclient of the
# package coturn. The media port does not echo, so packets count as lost; what counts here is what the relay grants and
# what it refuses.
set -eu
[ $# = 6 ] || { sed -n 2,6p "$0" >&2; exit 2; }
host=$1 port=$2 media=$3 media_port=$4 user=$5 password=$6
command -v turnutils_uclient >/dev/null || { echo "turnutils_uclient is not here: apt-get install coturn" >&2; exit 1; }

failed=0
# try NAME PATTERN ARGUMENTS...: the client's output must hold the pattern
try() {
  local name=$1 pattern=$2 out
  shift 2
  out=$(timeout 10 turnutils_uclient -t -c -X -v -n 1 -m 1 -p "$port" "$@" "$host" 2>&1 || true)
  if grep -q -- "$pattern" <<<"$out"; then
    echo "ok      $name"
  else
    echo "FAILED  $name: no '$pattern'"
    failed=1
  fi
}

right=(-u "$user" -w "$password")
try "allocation, TCP" "Received relay addr" "${right[@]}" -e "$media" -r "$media_port"
try "channel to the media port" "cb response received" "${right[@]}" -e "$media" -r "$media_port"
try "permission for the media port" "cp response received" "${right[@]}" -s -e "$media" -r "$media_port"
try "no channel to loopback" "channel bind: error 403" "${right[@]}" -e 127.0.0.1 -r "$media_port"
try "no channel to the link-local address of clouds" "channel bind: error 403" "${right[@]}" -e 169.254.169.254 -r 80
try "no channel to SSH of the machine itself" "channel bind: error 403" "${right[@]}" -e "$media" -r 22
try "no permission for a private network" "create permission error 403" "${right[@]}" -s -e 10.0.0.1 -r "$media_port"
try "no TCP allocation (RFC 6062)" "error 442" "${right[@]}" -T
try "no wrong password" "recv: Success" -u "$user" -w wrong -e "$media" -r "$media_port"
exit $failed
