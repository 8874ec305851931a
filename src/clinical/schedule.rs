//! Schedules and the slots that are cut from them (FHIR R4 Schedule and Slot, sections 12.7 and 12.8). All hours are wall times of the
//! hospital's zone; `wall.rs` holds what becomes of them on the nights on which the clocks change.

mod holidays;
#[cfg(test)]
mod tests;
pub mod wall;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use thiserror::Error;

pub use holidays::{Holiday, easter, holiday_of, holidays_of};

use super::{ExceptionId, PatternId, PractitionerId, ServiceId};

/// Hours of one day on the wall clock, `from` before `to`. Nothing goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// Hours that come back every week (FHIR R4 HealthcareService.availableTime).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyPattern {
    pub id: PatternId,
    pub service: ServiceId,
    /// Whose hours; `None`: those of every member of the service.
    pub practitioner: Option<PractitionerId>,
    /// Where the practitioner sits; empty: at the service's own site.
    pub site: String,
    pub weekday: Weekday,
    pub hours: Hours,
    pub slot_minutes: u16,
    pub valid_from: NaiveDate,
    /// The last day; `None`: until further notice.
    pub valid_until: Option<NaiveDate>,
}

/// Days on which it is otherwise than every week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleException {
    pub id: ExceptionId,
    /// `None`: of the whole hospital.
    pub service: Option<ServiceId>,
    /// `None`: of everybody.
    pub practitioner: Option<PractitionerId>,
    pub first_day: NaiveDate,
    /// The last one, which still counts.
    pub last_day: NaiveDate,
    /// `None`: the whole of each day.
    pub hours: Option<Hours>,
    pub kind: ExceptionKind,
    /// For staff: "Leave".
    pub reason: String,
}

/// What is otherwise. Closed hours beat open ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionKind {
    Closed,
    /// Open beside the weekly hours, on public holidays too.
    Open {
        slot_minutes: u16,
    },
}

/// Why hours cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ScheduleError {
    #[error("the hours must end after they begin")]
    HoursOrder,
    #[error("a slot lasts from {} to {} minutes", Schedule::MIN_SLOT_MINUTES, Schedule::MAX_SLOT_MINUTES)]
    SlotLength,
    #[error("not one slot fits into the hours")]
    NoSlotFits,
    #[error("the last day comes before the first")]
    DaysOrder,
    #[error("an exception lasts at most {} days", Schedule::MAX_EXCEPTION_DAYS)]
    TooManyDays,
    #[error("hours that are open beside the weekly ones have a beginning and an end")]
    HoursMissing,
    #[error("open hours belong to a service")]
    ServiceMissing,
    #[error("the words have more than {} characters", Schedule::MAX_WORDS)]
    WordsTooLong,
}

/// Time of a practitioner that can be booked, or has been.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub practitioner: PractitionerId,
    /// Where the practitioner sits.
    pub site: String,
}

/// Time of a practitioner that is taken by an appointment, of whatever service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub practitioner: PractitionerId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

impl Taken {
    /// Whether any moment lies in both. The end of one may be the start of the other.
    pub fn overlaps(&self, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> bool {
        self.starts_at < ends_at && starts_at < self.ends_at
    }
}

/// All that says when one service sees patients.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub zone: Tz,
    /// Where the service is, unless a pattern says otherwise.
    pub site: String,
    pub members: Vec<PractitionerId>,
    pub patterns: Vec<WeeklyPattern>,
    /// Those of the service and those of the whole hospital.
    pub exceptions: Vec<ScheduleException>,
    /// The weekly hours hold on public holidays too.
    pub is_open_on_holidays: bool,
}

impl Hours {
    fn minutes(self) -> i64 {
        (self.to - self.from).num_minutes()
    }

    fn check(self, slot_minutes: Option<u16>) -> Result<(), ScheduleError> {
        if self.from >= self.to {
            return Err(ScheduleError::HoursOrder);
        }
        let Some(slot_minutes) = slot_minutes else { return Ok(()) };
        if !(Schedule::MIN_SLOT_MINUTES..=Schedule::MAX_SLOT_MINUTES).contains(&slot_minutes) {
            return Err(ScheduleError::SlotLength);
        }
        if i64::from(slot_minutes) > self.minutes() {
            return Err(ScheduleError::NoSlotFits);
        }
        Ok(())
    }
}

impl WeeklyPattern {
    /// Whether these hours can be kept.
    pub fn check(&self) -> Result<(), ScheduleError> {
        self.hours.check(Some(self.slot_minutes))?;
        if self.valid_until.is_some_and(|last| last < self.valid_from) {
            return Err(ScheduleError::DaysOrder);
        }
        check_words(&self.site)
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        day.weekday() == self.weekday
            && self.valid_from <= day
            && self.valid_until.is_none_or(|last| day <= last)
    }
}

impl ScheduleException {
    /// Whether this exception can be kept.
    pub fn check(&self) -> Result<(), ScheduleError> {
        if self.last_day < self.first_day {
            return Err(ScheduleError::DaysOrder);
        }
        if (self.last_day - self.first_day).num_days() >= Schedule::MAX_EXCEPTION_DAYS {
            return Err(ScheduleError::TooManyDays);
        }
        match (self.kind, self.hours) {
            (ExceptionKind::Closed, None) => {}
            (ExceptionKind::Closed, Some(hours)) => hours.check(None)?,
            (ExceptionKind::Open { .. }, None) => return Err(ScheduleError::HoursMissing),
            (ExceptionKind::Open { slot_minutes }, Some(hours)) => {
                hours.check(Some(slot_minutes))?;
                if self.service.is_none() {
                    return Err(ScheduleError::ServiceMissing);
                }
            }
        }
        check_words(&self.reason)
    }

    fn is_for(&self, practitioner: PractitionerId, day: NaiveDate) -> bool {
        self.practitioner.is_none_or(|one| one == practitioner)
            && (self.first_day..=self.last_day).contains(&day)
    }
}

fn check_words(words: &str) -> Result<(), ScheduleError> {
    if words.chars().count() > Schedule::MAX_WORDS { Err(ScheduleError::WordsTooLong) } else { Ok(()) }
}

/// Hours of one practitioner on one day, from which slots are cut.
struct Opening<'a> {
    hours: Hours,
    slot_minutes: u16,
    site: &'a str,
}

impl Schedule {
    pub const MIN_SLOT_MINUTES: u16 = 5;
    pub const MAX_SLOT_MINUTES: u16 = 480;
    /// The longest exception.
    pub const MAX_EXCEPTION_DAYS: i64 = 2 * 366;
    /// The longest site or reason, in characters.
    pub const MAX_WORDS: usize = 120;
    /// The most days that are asked for at one time.
    pub const MAX_DAYS: u16 = 62;

    /// The slots that start on these days, taken or not, by start. Two of one practitioner never overlap.
    pub fn slots(&self, first: NaiveDate, days: u16) -> Vec<Slot> {
        let mut all = Vec::new();
        let mut day = Some(first);
        for _ in 0..days.min(Self::MAX_DAYS) {
            let Some(today) = day else { break };
            for practitioner in &self.members {
                self.cut(*practitioner, today, &mut all);
            }
            day = today.checked_add_days(Days::new(1));
        }
        all.sort();
        all.dedup();
        let mut kept: Vec<Slot> = Vec::new();
        for slot in all {
            // By start, so that only the last one of a practitioner can reach into the next.
            let last = kept.iter().rev().find(|other| other.practitioner == slot.practitioner);
            if last.is_none_or(|last| last.ends_at <= slot.starts_at) {
                kept.push(slot);
            }
        }
        kept
    }

    /// The slots of these days that nothing is in the way of, and that start at `not_before` or later.
    pub fn free(&self, first: NaiveDate, days: u16, taken: &[Taken], not_before: DateTime<Utc>) -> Vec<Slot> {
        let mut slots = self.slots(first, days);
        slots.retain(|slot| {
            let is_taken = |other: &Taken| {
                other.practitioner == slot.practitioner && other.overlaps(slot.starts_at, slot.ends_at)
            };
            slot.starts_at >= not_before && !taken.iter().any(is_taken)
        });
        slots
    }

    /// The public holiday of that day, if the weekly hours do not hold on it.
    pub fn holiday(&self, day: NaiveDate) -> Option<Holiday> {
        if self.is_open_on_holidays { None } else { holiday_of(day) }
    }

    fn cut(&self, practitioner: PractitionerId, day: NaiveDate, into: &mut Vec<Slot>) {
        let mut openings = Vec::new();
        if self.holiday(day).is_none() {
            let own = |pattern: &&WeeklyPattern| {
                pattern.holds_on(day) && pattern.practitioner.is_none_or(|one| one == practitioner)
            };
            openings.extend(self.patterns.iter().filter(own).map(|pattern| Opening {
                hours: pattern.hours,
                slot_minutes: pattern.slot_minutes,
                site: if pattern.site.is_empty() { &self.site } else { &pattern.site },
            }));
        }
        let mut closed = Vec::new();
        for exception in self.exceptions.iter().filter(|exception| exception.is_for(practitioner, day)) {
            match (exception.kind, exception.hours) {
                (ExceptionKind::Closed, None) => return,
                (ExceptionKind::Closed, Some(hours)) => closed.push(Taken {
                    practitioner,
                    starts_at: wall::first_at_or_after(self.zone, day.and_time(hours.from)),
                    ends_at: wall::last_at_or_after(self.zone, day.and_time(hours.to)),
                }),
                (ExceptionKind::Open { slot_minutes }, Some(hours)) => {
                    openings.push(Opening { hours, slot_minutes, site: &self.site });
                }
                (ExceptionKind::Open { .. }, None) => {}
            }
        }
        for opening in openings {
            for (starts_at, ends_at) in wall::cut(self.zone, day, opening.hours, opening.slot_minutes) {
                if !closed.iter().any(|hours| hours.overlaps(starts_at, ends_at)) {
                    into.push(Slot { starts_at, ends_at, practitioner, site: opening.site.to_owned() });
                }
            }
        }
    }
}

/// When an appointment that begins now ends: after `minutes`, or when the practitioner's next one begins. `None`: they are taken now,
/// or have less than five minutes.
pub fn fit_now(now: DateTime<Utc>, minutes: u16, taken: &[Taken]) -> Option<DateTime<Utc>> {
    let wanted = now + TimeDelta::minutes(i64::from(minutes));
    if taken.iter().any(|other| other.starts_at <= now && now < other.ends_at) {
        return None;
    }
    let next = taken.iter().map(|other| other.starts_at).filter(|start| *start > now).min();
    let ends_at = next.map_or(wanted, |next| wanted.min(next));
    (ends_at - now >= TimeDelta::minutes(i64::from(Schedule::MIN_SLOT_MINUTES))).then_some(ends_at)
}
