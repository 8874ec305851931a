#!/usr/bin/env python3
"""Holds the bundles in fixtures/report against models of FHIR that are not ours (fhir.resources, R4B), and its closed lists of codes.

R4B is R4 for the resources that are used here. The models know elements, types and cardinalities, but bind no codes, so the lists are here.
"""

import json
import sys
from pathlib import Path

from fhir.resources.R4B import get_fhir_model_class

# Required bindings of FHIR R4 (http://hl7.org/fhir/R4/valuesets.html).
CODES = {
    ("Composition", "status"): {"preliminary", "final", "amended", "entered-in-error"},
    ("DocumentReference", "status"): {"current", "superseded", "entered-in-error"},
    ("DocumentReference", "docStatus"): {"preliminary", "final", "amended", "entered-in-error"},
    ("Encounter", "status"): {
        "planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown",
    },
    ("Consent", "status"): {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"},
    ("ImagingStudy", "status"): {"registered", "available", "cancelled", "entered-in-error", "unknown"},
    ("Bundle", "type"): {"document"},
}
NARRATIVE = {"generated", "extensions", "additional", "empty"}


def check(path: Path) -> int:
    bundle = json.loads(path.read_text())
    get_fhir_model_class("Bundle").model_validate(bundle)
    resources = [bundle] + [entry["resource"] for entry in bundle["entry"]]
    for resource in resources:
        kind = resource["resourceType"]
        # Strict: an element that the resource does not have is an error.
        get_fhir_model_class(kind).model_validate(resource)
        for (of, element), known in CODES.items():
            if kind == of and element in resource and resource[element] not in known:
                raise ValueError(f"{path}: {kind}.{element} is {resource[element]!r}")
    composition = bundle["entry"][0]["resource"]
    for part in composition["section"]:
        if part["text"]["status"] not in NARRATIVE:
            raise ValueError(f"{path}: the narrative of {part['title']!r} is {part['text']['status']!r}")
    for history in (r for r in resources if r["resourceType"] == "Encounter"):
        for step in history["statusHistory"]:
            if step["status"] not in CODES["Encounter", "status"]:
                raise ValueError(f"{path}: Encounter.statusHistory has {step['status']!r}")
    spoiled = json.loads(path.read_text())
    spoiled["entry"][0]["resource"]["titel"] = "x"
    try:
        get_fhir_model_class("Bundle").model_validate(spoiled)
    except ValueError:
        return len(resources)
    raise ValueError("the models take whatever they are given")


def main() -> None:
    files = sorted(Path("fixtures/report").glob("*.json"))
    if not files:
        sys.exit("fixtures/report holds no bundle")
    for path in files:
        print(f"{path}: {check(path)} resources are as FHIR R4 has them")


if __name__ == "__main__":
    main()
