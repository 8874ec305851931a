#!/bin/sh
# Calls in real browsers through bad networks: badnet.sh [WHAT PLAYWRIGHT TAKES, such as -g blackout]
#
# Two network namespaces: the gateway, and a doctor beside it, in one; the patient's browser in the other. Between them carries
# tests/badnet/ every IP packet as a seeded schedule says. FIGURES=FILE gets one JSON object a line.
# PARVIS and BADNET name the two programs; without them they are built.
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf 'badnet: %s\n' "$1" >&2
    exit 1
}

# A machine that cannot do this has not passed.
[ "$(id -u)" = 0 ] || fail "needs root, for network namespaces"
scripts/need.sh web test badnet
[ -c /dev/net/tun ] || fail "this machine has no /dev/net/tun"

# Playwright is started in another folder.
absolute() { printf '%s/%s\n' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"; }
if [ -z "${PARVIS:-}" ]; then
    make web >/dev/null
    # As the tests build it: `cargo build` alone has other features, and so builds everything anew.
    export REQUIRE_WEB=1
    cargo test --quiet --no-run --test it
    PARVIS=target/debug/parvis
fi
if [ -z "${BADNET:-}" ]; then
    # In the profile of the gateway, so that little is built twice.
    case $PARVIS in
    */release/*)
        cargo build --quiet --release --example badnet
        BADNET=target/release/examples/badnet
        ;;
    *)
        REQUIRE_WEB=1 cargo build --quiet --example badnet
        BADNET=target/debug/examples/badnet
        ;;
    esac
fi
PARVIS=$(absolute "$PARVIS")
BADNET=$(absolute "$BADNET")
[ -z "${FIGURES:-}" ] || FIGURES=$(absolute "$FIGURES")
SERVER_NAMESPACE=parvis-far-$$
CLIENT_NAMESPACE=parvis-near-$$
# Where a gateway is reached that is no demonstration. Firefox takes no bare address for a relay over TLS.
FAR_ADDRESS=10.77.0.1
FAR_NAME=visio.parvis.test
export PARVIS BADNET FIGURES SERVER_NAMESPACE CLIENT_NAMESPACE FAR_ADDRESS FAR_NAME

ends() {
    for namespace in "$CLIENT_NAMESPACE" "$SERVER_NAMESPACE"; do
        # Nothing of this run outlives it.
        pids=$(ip netns pids "$namespace" 2>/dev/null || true)
        # shellcheck disable=SC2086
        [ -z "$pids" ] || kill $pids 2>/dev/null || true
        ip netns delete "$namespace" 2>/dev/null || true
        rm -rf "/etc/netns/$namespace"
    done
    rmdir /etc/netns 2>/dev/null || true
}
trap ends EXIT
trap 'exit 1' INT TERM

for namespace in "$SERVER_NAMESPACE" "$CLIENT_NAMESPACE"; do
    ip netns add "$namespace" || fail "no network namespace can be made here"
    # 127.0.0.1 of the client's namespace leads into the server's: the demonstration listens on loopback only, and browsers
    # take localhost for secure.
    ip netns exec "$namespace" sh -c 'for name in all default; do echo 1 >/proc/sys/net/ipv4/conf/$name/route_localnet; done'
    ip -n "$namespace" link set lo up
    # What runs in a namespace finds this in the place of /etc/hosts.
    mkdir -p "/etc/netns/$namespace"
    printf '127.0.0.1 localhost\n%s %s\n' "$FAR_ADDRESS" "$FAR_NAME" >"/etc/netns/$namespace/hosts"
done
ip -n "$CLIENT_NAMESPACE" address delete 127.0.0.1/8 dev lo

cd web
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
# The identity provider beside a gateway that is no demonstration.
[ -d ../tests/peers/oidc/node_modules ] || (cd ../tests/peers/oidc && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
ip netns exec "$CLIENT_NAMESPACE" npx playwright test --config badnet.config.ts "$@"
