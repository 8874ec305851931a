#!/bin/sh
# Half a load for a long time: soak.sh [MINUTES, 30 without it]. Ten rooms of three native devices; prints a line a minute and
# fails when memory or file descriptors of the server grow, when packets go missing, or when somebody falls out of a call.
set -eu
cd "$(dirname "$0")/.."

# A machine that cannot do this has not passed.
[ "$(id -u)" = 0 ] || {
    echo "soak: needs root, for network namespaces" >&2
    exit 1
}
scripts/need.sh build bench
make web >/dev/null
REQUIRE_WEB=1 exec cargo bench --quiet --bench bench -- soak "${1:-30}"
