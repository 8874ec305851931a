#!/bin/sh
# Validates the FHIR bundles of the fixtures with models that are not ours, in a Python environment of their own.
set -eu
cd "$(dirname "$0")/.."

place=target/fhir-check
if ! "$place/bin/python3" -c 'import fhir.resources.R4B' 2>/dev/null; then
    python3 -m venv "$place"
    "$place/bin/python3" -m pip install --quiet 'fhir.resources==8.3.0'
fi
exec "$place/bin/python3" scripts/fhir-check.py
