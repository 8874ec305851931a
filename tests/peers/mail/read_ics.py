"""Reads a calendar with two parsers and prints what each found, one JSON line each: read_ics.py FILE"""

import json
import sys

import icalendar
import vobject

raw = open(sys.argv[1], "rb").read()


def utc(value):
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value.utcoffset() is not None and value.utcoffset().total_seconds() == 0 else str(value)


calendar = icalendar.Calendar.from_ical(raw)
events = []
for event in calendar.walk("VEVENT"):
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    events.append({
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "start": utc(event["DTSTART"].dt),
        "end": utc(event["DTEND"].dt),
        "stamp": utc(event["DTSTAMP"].dt),
        "status": str(event["STATUS"]),
        "summary": str(event["SUMMARY"]),
        "attendees": [str(attendee) for attendee in attendees],
        "organizer": str(event["ORGANIZER"]) if "ORGANIZER" in event else None,
    })
    assert not event.errors, event.errors
assert not calendar.errors, calendar.errors
print(json.dumps({"method": str(calendar["METHOD"]), "events": events}))

calendar = vobject.readOne(raw.decode())
events = []
for event in calendar.vevent_list:
    events.append({
        "uid": event.uid.value,
        "sequence": int(event.sequence.value),
        "start": utc(event.dtstart.value),
        "end": utc(event.dtend.value),
        "stamp": utc(event.dtstamp.value),
        "status": event.status.value,
        "summary": event.summary.value,
        "attendees": [attendee.value for attendee in event.contents.get("attendee", [])],
        "organizer": event.organizer.value if "organizer" in event.contents else None,
    })
print(json.dumps({"method": calendar.method.value, "events": events}))
