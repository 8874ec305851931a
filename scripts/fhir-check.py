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


AUDIT = {"action": set("CRUDE"), "outcome": {"0", "4", "8", "12"}}
# The elements that IHE BALP 1.1.4 asks for by profile: action, interaction, code of the client's role, of the server's.
BALP = {
    "Create": ("C", "create", "110153", "110152"),
    "Read": ("R", "read", "110152", "110153"),
    "Update": ("U", "update", "110153", "110152"),
    "Delete": ("D", "delete", "110150", "custodian"),
    "Query": ("E", "search", "110153", "110152"),
}


def check_events(path: Path) -> int:
    events = json.loads(path.read_text())
    for event in events:
        get_fhir_model_class("AuditEvent").model_validate(event)
        for element, known in AUDIT.items():
            if event[element] not in known:
                raise ValueError(f"{path}: AuditEvent.{element} is {event[element]!r}")
        for profile in event.get("meta", {}).get("profile", []):
            name = profile.rsplit(".", 1)[1]
            action, interaction, client, server = BALP[name.removeprefix("Patient")]
            roles = [agent["type"]["coding"][0]["code"] for agent in event["agent"]]
            kinds = [entity["type"]["code"] for entity in event["entity"]]
            is_right = (
                event["action"] == action
                and event["subtype"][0]["code"] == interaction
                and event["type"]["code"] == "rest"
                and event["outcome"] == "0"
                and roles[:2] == [client, server]
                and "2" in kinds
                and name.startswith("Patient") == ("1" in kinds)
                and all("network" in agent for agent in event["agent"][:2])
                and not any("network" in agent for agent in event["agent"][2:])
            )
            if not is_right:
                raise ValueError(f"{path}: an event is not as {profile} has it")
    return len(events)


def main() -> None:
    files = sorted(Path("fixtures/report").glob("*.json"))
    if not files:
        sys.exit("fixtures/report holds no bundle")
    for path in files:
        print(f"{path}: {check(path)} resources are as FHIR R4 has them")
    events = Path("fixtures/audit/events.json")
    print(f"{events}: {check_events(events)} events are as FHIR R4 and IHE BALP have them")


if __name__ == "__main__":
    main()
