#!/bin/bash
# Starts a throw-away certificate authority that speaks ACME (Debian's pebble) for the tests: start.sh TLS_PORT [EAB_KEY_ID EAB_HMAC_KEY]
#
# Every name leads to this machine; the authority looks at TLS_PORT for tls-alpn-01. With the other two, accounts need an external one.
# Prints, on one line, the address of the directory, the file of the certificate that vouches for it, and the address of the root that
# vouches for what it gives; then runs until its standard input ends, which happens when the program that started it goes away.
# Installs nothing, listens on this machine only.
set -eu
trap '' INT HUP PIPE TERM

for program in pebble pebble-challtestsrv openssl python3; do
  command -v "$program" >/dev/null || { echo "$program is not here: apt-get install pebble openssl python3" >&2; exit 1; }
done

dir=$(mktemp -d /tmp/parvis-acme.XXXXXX)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap finish EXIT
cd "$dir"

free='import socket
socks = [socket.socket() for _ in range(4)]
for sock in socks: sock.bind(("127.0.0.1", 0))
print(*(sock.getsockname()[1] for sock in socks))'
read -r acme management dns dns_management < <(python3 -c "$free")

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=test" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj "/CN=localhost" 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem 2>/dev/null

eab=""
if [ $# -ge 3 ]; then eab=", \"externalAccountBindingRequired\": true, \"externalAccountMACKeys\": {\"$2\": \"$3\"}"; fi
cat >config.json <<END
{"pebble": {"listenAddress": "127.0.0.1:$acme", "managementListenAddress": "127.0.0.1:$management", "certificate": "$dir/server.pem",
 "privateKey": "$dir/server.key", "httpPort": 1, "tlsPort": $1, "ocspResponderURL": ""$eab}}
END

pebble-challtestsrv -http01 "" -https01 "" -tlsalpn01 "" -management "127.0.0.1:$dns_management" -dns01 "127.0.0.1:$dns" \
  -defaultIPv4 127.0.0.1 -defaultIPv6 "" >dns.log 2>&1 </dev/null &
pids+=($!)
# One nonce in twenty is refused, as happens to those who are slow.
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=5 pebble -config config.json -dnsserver "127.0.0.1:$dns" >pebble.log 2>&1 </dev/null &
pids+=($!)

for _ in $(seq 300); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$acme") 2>/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$management") 2>/dev/null; then
    echo "https://localhost:$acme/dir $dir/ca.pem https://localhost:$management/roots/0"
    exec >/dev/null
    cat >/dev/null
    exit 0
  fi
  sleep 0.1
done
cat dns.log pebble.log >&2
echo "pebble does not start" >&2
exit 1
