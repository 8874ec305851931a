#!/bin/sh
# Makes sure that this machine has what a part of the work needs: need.sh build|web|test|lemonldap|badnet|bench ...
# Debian and Ubuntu, as root: installs it. Elsewhere: names it, with the command, and fails.
set -eu

packages=""
need() { # command package
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}

fail() {
    printf 'parvis: %s\n' "$1" >&2
    exit 1
}

for part in "$@"; do
    case $part in
    build)
        command -v cargo >/dev/null 2>&1 || fail "Rust is missing: install Rust 1.95 or later with rustup, then try again."
        have=$(rustc --version | sed 's/^rustc \([0-9]*\)\.\([0-9]*\).*/\1 \2/')
        # shellcheck disable=SC2086
        set -- $have
        [ "$1" -gt 1 ] || [ "$2" -ge 95 ] || fail "Rust $1.$2 is too old: this needs Rust 1.95 or later."
        need cc gcc
        need c++ g++
        need cmake cmake
        need nasm nasm
        need make make
        ;;
    web)
        command -v node >/dev/null 2>&1 || fail "Node is missing: install Node 20.19 or later, then try again."
        node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' ||
            fail "Node $(node --version) is too old: this needs Node 20.19 or later."
        ;;
    test)
        [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || packages="$packages postgresql"
        command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || packages="$packages chromium"
        command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 || packages="$packages firefox-esr"
        need setpriv util-linux
        need ffmpeg ffmpeg
        need pebble pebble
        need Orthanc orthanc
        [ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || packages="$packages orthanc-dicomweb"
        need openssl openssl
        python3 -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
        ;;
    lemonldap)
        # Debian's LemonLDAP::NG without a web server of its own: the portal, what it needs of Perl beside that, and starman to serve it.
        [ -e /usr/share/perl5/Lemonldap/NG/Portal/Main.pm ] || packages="$packages lemonldap-ng"
        need starman starman
        need openssl openssl
        for module in Plack::Builder:libplack-perl IO::String:libio-string-perl \
            String::Random:libstring-random-perl Convert::Base32:libconvert-base32-perl \
            Crypt::OpenSSL::X509:libcrypt-openssl-x509-perl MIME::Entity:libmime-tools-perl \
            Email::Sender:libemail-sender-perl; do
            perl -M"${module%:*}" -e 1 2>/dev/null || packages="$packages ${module##*:}"
        done
        ;;
    badnet)
        need ip iproute2
        need openssl openssl
        ;;
    bench)
        # What the figures are measured against.
        need Orthanc orthanc
        [ -e /usr/share/orthanc/plugins/libOrthancGdcm.so ] || packages="$packages orthanc-gdcm"
        need gdcmconv libgdcm-tools
        need janus janus
        need ip iproute2
        ;;
    *) fail "need.sh knows build, web, test, lemonldap, badnet and bench, not $part" ;;
    esac
done

[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'parvis: installing%s\n' "$packages" >&2
    # Packages must not start services behind anybody's back.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    fail "this machine lacks:$packages. On Debian or Ubuntu: sudo apt-get install --no-install-recommends$packages"
fi
