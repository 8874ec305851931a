//! Wall times and instants. On the night on which an hour does not exist, a slot that would begin in it is not offered; on the night
//! on which one exists twice, a wall time means its first. Every slot lasts as long as it says, whatever the clocks do.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::Hours;

/// The instant of a wall time: the first where it exists twice, `None` where it does not exist.
pub fn instant(zone: Tz, at: NaiveDateTime) -> Option<DateTime<Utc>> {
    zone.from_local_datetime(&at).earliest().map(|at| at.to_utc())
}

/// The same; the first instant after the gap where the wall time does not exist.
pub fn first_at_or_after(zone: Tz, at: NaiveDateTime) -> DateTime<Utc> {
    exists_at_or_after(zone, at).and_then(|at| instant(zone, at)).unwrap_or_else(|| at.and_utc())
}

/// The last instant of a wall time that exists twice; else as [`first_at_or_after`].
pub fn last_at_or_after(zone: Tz, at: NaiveDateTime) -> DateTime<Utc> {
    let found = exists_at_or_after(zone, at).and_then(|at| zone.from_local_datetime(&at).latest());
    found.map_or_else(|| at.and_utc(), |at| at.to_utc())
}

/// When a day begins: at midnight, or when its first wall time exists.
pub fn start_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    first_at_or_after(zone, day.and_time(NaiveTime::MIN))
}

/// The day that it is at an instant.
pub fn day_of(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// No zone has ever left out more than a day.
fn exists_at_or_after(zone: Tz, at: NaiveDateTime) -> Option<NaiveDateTime> {
    (0..=26 * 60)
        .map(|minutes| at + TimeDelta::minutes(minutes))
        .find(|at| zone.from_local_datetime(at).earliest().is_some())
}

/// Cuts hours of a day into slots, one after another on the wall clock.
pub(super) fn cut(
    zone: Tz,
    day: NaiveDate,
    hours: Hours,
    slot_minutes: u16,
) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let length = TimeDelta::minutes(i64::from(slot_minutes));
    if length <= TimeDelta::zero() {
        return Vec::new();
    }
    let closes = last_at_or_after(zone, day.and_time(hours.to));
    let mut slots: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    let mut at = day.and_time(hours.from);
    while at + length <= day.and_time(hours.to) {
        if let Some(starts_at) = instant(zone, at) {
            let ends_at = starts_at + length;
            // A slot before the gap may reach over it, into what the wall clock calls the next ones.
            let is_after_the_last = slots.last().is_none_or(|(_, end)| *end <= starts_at);
            if is_after_the_last && ends_at <= closes {
                slots.push((starts_at, ends_at));
            }
        }
        at += length;
    }
    slots
}
