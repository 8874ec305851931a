// Reads a calendar with ical.js, as Thunderbird does, and prints what it found: node read_ics.mjs FILE
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], "utf8")));
const utc = (time) => (time.zone === ICAL.Timezone.utcTimezone ? time.toString() : `${time} ${time.zone?.tzid}`);
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    sequence: event.sequence,
    start: utc(event.startDate),
    end: utc(event.endDate),
    stamp: utc(component.getFirstPropertyValue("dtstamp")),
    status: component.getFirstPropertyValue("status"),
    summary: event.summary,
    attendees: event.attendees.map((attendee) => attendee.getFirstValue()),
    organizer: event.organizer ?? null,
  };
});
console.log(JSON.stringify({ method: calendar.getFirstPropertyValue("method"), events }));
