#!/bin/bash
# Starts a throw-away archive of images (Debian's Orthanc with its DICOMweb plugin) for the tests: start.sh
#
# Prints the address of its own interface on one line, DICOMweb is at dicom-web below; user and password are pacs. Then runs until its
# standard input ends, which happens when the program that started it goes away. Installs nothing, listens on this machine only, and
# speaks no DIMSE.
set -eu
trap '' INT HUP PIPE TERM

plugin=/usr/share/orthanc/plugins/libOrthancDicomWeb.so
if ! command -v Orthanc >/dev/null || [ ! -e "$plugin" ]; then
  echo "Orthanc is not here: apt-get install orthanc orthanc-dicomweb" >&2
  exit 1
fi

dir=$(mktemp -d /tmp/parvis-orthanc.XXXXXX)
pid=
finish() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat >"$dir/orthanc.json" <<END
{"Name": "PACS", "StorageDirectory": "$dir/db", "IndexDirectory": "$dir/db", "Plugins": ["$plugin"],
 "HttpServerEnabled": true, "HttpPort": $port, "HttpBindAddresses": ["127.0.0.1"], "RemoteAccessAllowed": false,
 "AuthenticationEnabled": true, "RegisteredUsers": {"pacs": "pacs"}, "DicomServerEnabled": false, "StorageCompression": false,
 "DefaultEncoding": "Utf8", "DicomWeb": {"Enable": true, "Root": "/dicom-web/"}}
END
Orthanc "$dir/orthanc.json" >"$dir/log" 2>&1 </dev/null &
pid=$!

for _ in $(seq 300); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "http://127.0.0.1:$port/"
    exec >/dev/null 2>&1
    cat >/dev/null
    exit 0
  fi
  sleep 0.1
done
cat "$dir/log" >&2
echo "Orthanc does not start" >&2
exit 1
