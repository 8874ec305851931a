use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Europe::Paris;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const CLAIRE: PractitionerId = PractitionerId::new(Uuid::from_u128(1));
const KARIM: PractitionerId = PractitionerId::new(Uuid::from_u128(2));
const SERVICE: ServiceId = ServiceId::new(Uuid::from_u128(10));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn hours(from: &str, to: &str) -> Hours {
    Hours { from: time(from), to: time(to) }
}

fn utc(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn pattern(weekday: Weekday, from: &str, to: &str, slot_minutes: u16) -> WeeklyPattern {
    WeeklyPattern {
        id: PatternId::new(Uuid::from_u128(20)),
        service: SERVICE,
        practitioner: Some(CLAIRE),
        site: String::new(),
        weekday,
        hours: hours(from, to),
        slot_minutes,
        valid_from: day("2026-01-01"),
        valid_until: None,
    }
}

fn closed(first: &str, last: &str) -> ScheduleException {
    ScheduleException {
        id: ExceptionId::new(Uuid::from_u128(30)),
        service: Some(SERVICE),
        practitioner: None,
        first_day: day(first),
        last_day: day(last),
        hours: None,
        kind: ExceptionKind::Closed,
        reason: "Congés".to_owned(),
    }
}

fn schedule(patterns: Vec<WeeklyPattern>) -> Schedule {
    Schedule {
        zone: Paris,
        site: "Bâtiment A".to_owned(),
        members: vec![CLAIRE, KARIM],
        patterns,
        exceptions: vec![],
        is_open_on_holidays: false,
    }
}

/// The starts on the wall clock of Paris: `09:00`.
fn starts(slots: &[Slot]) -> Vec<String> {
    slots.iter().map(|slot| slot.starts_at.with_timezone(&Paris).format("%H:%M").to_string()).collect()
}

#[test]
fn a_week_is_cut_into_slots_of_whom_they_belong_to() {
    let mut of_all = pattern(Weekday::Tue, "14:00", "15:00", 30);
    of_all.practitioner = None;
    of_all.site = "Site Nord".to_owned();
    let schedule = schedule(vec![pattern(Weekday::Mon, "09:00", "10:10", 20), of_all]);
    // Monday 2 March 2026; what is left of the hours makes no slot.
    let week = schedule.slots(day("2026-03-02"), 7);
    assert_eq!(starts(&week), ["09:00", "09:20", "09:40", "14:00", "14:00", "14:30", "14:30"]);
    assert_eq!(week[0].starts_at, utc("2026-03-02T08:00:00Z"), "winter: an hour ahead of UTC");
    assert!(week[..3].iter().all(|slot| slot.practitioner == CLAIRE && slot.site == "Bâtiment A"));
    assert!(week[3..].iter().all(|slot| slot.site == "Site Nord"));
    assert_eq!(week[3..].iter().filter(|slot| slot.practitioner == KARIM).count(), 2);
}

#[test]
fn hours_hold_from_their_first_to_their_last_day() {
    let mut from_june = pattern(Weekday::Mon, "09:00", "09:30", 30);
    from_june.valid_from = day("2026-06-08");
    from_june.valid_until = Some(day("2026-06-15"));
    let schedule = schedule(vec![from_june]);
    let found: Vec<_> =
        schedule.slots(day("2026-06-01"), 30).iter().map(|slot| slot.starts_at.day()).collect();
    assert_eq!(found, [8, 15]);
}

#[test]
fn a_former_member_has_no_slots() {
    let mut schedule = schedule(vec![pattern(Weekday::Mon, "09:00", "10:00", 20)]);
    schedule.members = vec![KARIM];
    assert_eq!(schedule.slots(day("2026-03-02"), 7), []);
}

#[test]
fn easter_is_where_the_calendar_has_it() {
    // Tables of the Observatoire de Paris.
    for sunday in [
        "1961-04-02",
        "1981-04-19",
        "2000-04-23",
        "2008-03-23",
        "2011-04-24",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
        "2028-04-16",
        "2038-04-25",
        "2049-04-18",
        "2076-04-19",
    ] {
        assert_eq!(easter(day(sunday).year()), Some(day(sunday)));
    }
}

#[test]
fn the_weekly_hours_do_not_hold_on_public_holidays_unless_wished() {
    let days: Vec<_> = holidays_of(2026).into_iter().map(|(day, _)| day.to_string()).collect();
    assert_eq!(
        days,
        [
            "2026-01-01",
            "2026-04-06",
            "2026-05-01",
            "2026-05-08",
            "2026-05-14",
            "2026-05-25",
            "2026-07-14",
            "2026-08-15",
            "2026-11-01",
            "2026-11-11",
            "2026-12-25"
        ]
    );
    let mut schedule = schedule(vec![pattern(Weekday::Mon, "09:00", "09:30", 30)]);
    let mondays = |schedule: &Schedule| -> Vec<_> {
        schedule.slots(day("2026-03-30"), 14).iter().map(|slot| slot.starts_at.day()).collect()
    };
    assert_eq!(mondays(&schedule), [30], "Easter Monday is closed");
    let mut extra = closed("2026-04-06", "2026-04-06");
    extra.kind = ExceptionKind::Open { slot_minutes: 30 };
    extra.hours = Some(hours("10:00", "10:30"));
    extra.practitioner = Some(CLAIRE);
    schedule.exceptions = vec![extra];
    assert_eq!(mondays(&schedule), [30, 6], "but for hours that are opened on purpose");
    schedule.is_open_on_holidays = true;
    assert_eq!(mondays(&schedule), [30, 6, 6]);
}

#[test]
fn closed_days_and_hours_of_one_and_of_all() {
    let mut of_all = pattern(Weekday::Mon, "09:00", "11:00", 30);
    of_all.practitioner = None;
    let mut schedule = schedule(vec![of_all]);
    let mut morning = closed("2026-03-02", "2026-03-02");
    morning.hours = Some(hours("09:40", "10:00"));
    morning.practitioner = Some(CLAIRE);
    let mut hospital = closed("2026-03-09", "2026-03-10");
    hospital.service = None;
    schedule.exceptions = vec![morning, hospital];
    let of = |who| -> Vec<_> {
        let slots = schedule.slots(day("2026-03-01"), 14);
        starts(&slots.into_iter().filter(|slot| slot.practitioner == who).collect::<Vec<_>>())
    };
    assert_eq!(of(CLAIRE), ["09:00", "10:00", "10:30"], "what a closed hour touches is gone");
    assert_eq!(of(KARIM), ["09:00", "09:30", "10:00", "10:30"]);
}

#[test]
fn what_is_taken_or_begins_too_soon_is_not_free() {
    let schedule = schedule(vec![pattern(Weekday::Mon, "09:00", "11:00", 30)]);
    let taken = [
        Taken {
            practitioner: CLAIRE,
            starts_at: utc("2026-03-02T08:40:00Z"),
            ends_at: utc("2026-03-02T09:00:00Z"),
        },
        Taken {
            practitioner: KARIM,
            starts_at: utc("2026-03-02T09:00:00Z"),
            ends_at: utc("2026-03-02T11:00:00Z"),
        },
    ];
    let free = |not_before| starts(&schedule.free(day("2026-03-02"), 1, &taken, utc(not_before)));
    assert_eq!(free("2026-03-01T00:00:00Z"), ["09:00", "10:00", "10:30"]);
    assert_eq!(free("2026-03-02T09:00:00Z"), ["10:00", "10:30"], "the moment itself is soon enough");
    assert_eq!(free("2026-03-02T09:00:01Z"), ["10:30"]);
}

#[test]
fn on_the_night_without_an_hour_what_would_begin_in_it_is_left_out() {
    // 29 March 2026: after 01:59:59 comes 03:00:00.
    let night = |from, to, minutes| {
        let schedule = schedule(vec![pattern(Weekday::Sun, from, to, minutes)]);
        schedule.slots(day("2026-03-29"), 1)
    };
    let slots = night("01:00", "04:00", 30);
    assert_eq!(starts(&slots), ["01:00", "01:30", "03:00", "03:30"]);
    assert_eq!(slots[1].ends_at, slots[2].starts_at, "no time passes between them");
    assert_eq!(slots[2].starts_at, utc("2026-03-29T01:00:00Z"));
    // A slot that reaches over the gap lasts as long as it says, and the next begins after it.
    let slots = night("01:50", "05:20", 90);
    assert_eq!(starts(&slots), ["01:50"], "03:20 would begin before 01:50 has ended at 04:20");
    assert_eq!(slots[0].ends_at - slots[0].starts_at, TimeDelta::minutes(90));
    assert_eq!(night("01:30", "03:00", 60), [], "it would end after the hours");
}

#[test]
fn on_the_night_with_an_hour_twice_it_is_offered_once_and_is_the_first() {
    // 25 October 2026: after 02:59:59 summer time comes 02:00:00 winter time.
    let schedule = schedule(vec![pattern(Weekday::Sun, "01:30", "03:30", 30)]);
    let slots = schedule.slots(day("2026-10-25"), 1);
    assert_eq!(starts(&slots), ["01:30", "02:00", "02:30", "03:00"]);
    assert_eq!(slots[1].starts_at, utc("2026-10-25T00:00:00Z"), "still summer time");
    assert_eq!(slots[3].starts_at, utc("2026-10-25T02:00:00Z"), "winter time");
    assert!(slots.iter().all(|slot| slot.ends_at - slot.starts_at == TimeDelta::minutes(30)));
}

#[test]
fn nine_o_clock_is_nine_o_clock_before_and_after_the_change() {
    let schedule = schedule(vec![pattern(Weekday::Mon, "09:00", "09:20", 20)]);
    let slots = schedule.slots(day("2026-10-19"), 14);
    let found: Vec<_> = slots.iter().map(|slot| slot.starts_at).collect();
    assert_eq!(found, [utc("2026-10-19T07:00:00Z"), utc("2026-10-26T08:00:00Z")]);
}

#[test]
fn a_day_without_midnight_begins_when_its_first_hour_does() {
    // Cairo, 26 April 2024: the clocks went from 00:00 to 01:00.
    let zone = chrono_tz::Africa::Cairo;
    assert_eq!(wall::start_of_day(zone, day("2024-04-26")), utc("2024-04-25T22:00:00Z"));
    assert_eq!(wall::instant(zone, day("2024-04-26").and_time(time("00:30"))), None);
    // Samoa had no 30 December 2011 at all.
    let samoa = chrono_tz::Pacific::Apia;
    assert_eq!(wall::start_of_day(samoa, day("2011-12-30")), wall::start_of_day(samoa, day("2011-12-31")));
}

#[test]
fn hours_that_cannot_be_are_refused() {
    let wrong = |change: &dyn Fn(&mut WeeklyPattern)| {
        let mut one = pattern(Weekday::Mon, "09:00", "10:00", 20);
        change(&mut one);
        one.check().err()
    };
    assert_eq!(wrong(&|_| {}), None);
    assert_eq!(wrong(&|p| p.hours = hours("10:00", "10:00")), Some(ScheduleError::HoursOrder));
    assert_eq!(wrong(&|p| p.slot_minutes = 4), Some(ScheduleError::SlotLength));
    assert_eq!(wrong(&|p| p.slot_minutes = 61), Some(ScheduleError::NoSlotFits));
    assert_eq!(wrong(&|p| p.valid_until = Some(day("2025-12-31"))), Some(ScheduleError::DaysOrder));
    assert_eq!(wrong(&|p| p.site = "é".repeat(121)), Some(ScheduleError::WordsTooLong));
    let mut one = closed("2026-03-02", "2026-03-01");
    assert_eq!(one.check(), Err(ScheduleError::DaysOrder));
    one.last_day = day("2030-01-01");
    assert_eq!(one.check(), Err(ScheduleError::TooManyDays));
    one.last_day = one.first_day;
    one.kind = ExceptionKind::Open { slot_minutes: 30 };
    assert_eq!(one.check(), Err(ScheduleError::HoursMissing));
    one.hours = Some(hours("09:00", "10:00"));
    assert_eq!(one.check(), Ok(()));
    one.service = None;
    assert_eq!(one.check(), Err(ScheduleError::ServiceMissing));
}

#[test]
fn an_appointment_that_begins_now_ends_before_the_next() {
    let now = utc("2026-03-02T08:00:00Z");
    let taken = |from: i64, to: i64| Taken {
        practitioner: CLAIRE,
        starts_at: now + TimeDelta::minutes(from),
        ends_at: now + TimeDelta::minutes(to),
    };
    let ends = |taken: &[Taken]| fit_now(now, 15, taken).map(|end| (end - now).num_minutes());
    assert_eq!(ends(&[]), Some(15));
    assert_eq!(ends(&[taken(-30, 0), taken(20, 40)]), Some(15), "an end is no overlap");
    assert_eq!(ends(&[taken(10, 40)]), Some(10));
    assert_eq!(ends(&[taken(4, 40)]), None);
    assert_eq!(ends(&[taken(-10, 1)]), None);
    assert_eq!(ends(&[taken(0, 30)]), None);
}

fn any_hours() -> impl Strategy<Value = Hours> {
    (0_u32..23 * 60, 5_u32..600).prop_map(|(from, length)| {
        let at = |minutes: u32| NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).unwrap();
        Hours { from: at(from), to: at((from + length).min(24 * 60 - 1)) }
    })
}

fn any_pattern() -> impl Strategy<Value = WeeklyPattern> {
    (any_hours(), 5_u16..200, 0_u8..7, prop_oneof![Just(None), Just(Some(CLAIRE)), Just(Some(KARIM))])
        .prop_map(|(hours, slot_minutes, weekday, practitioner)| WeeklyPattern {
            hours,
            slot_minutes,
            practitioner,
            weekday: Weekday::try_from(weekday).unwrap(),
            ..pattern(Weekday::Mon, "09:00", "10:00", 20)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// In weeks in which the clocks change, and in others; in zones that change at two o'clock, at midnight, and by half an hour.
    #[test]
    fn slots_of_one_person_never_overlap_last_what_they_say_and_begin_on_the_wall(
        patterns in prop::collection::vec(any_pattern(), 1..5),
        first in prop_oneof![Just("2026-03-23"), Just("2026-10-19"), Just("2026-06-08"), Just("2024-04-22"), Just("2026-04-01")],
        zone in prop_oneof![Just(Paris), Just(chrono_tz::Africa::Cairo), Just(chrono_tz::Australia::Lord_Howe)],
    ) {
        let mut schedule = schedule(patterns.clone());
        schedule.zone = zone;
        schedule.is_open_on_holidays = true;
        let slots = schedule.slots(day(first), 14);
        for who in [CLAIRE, KARIM] {
            let own: Vec<_> = slots.iter().filter(|slot| slot.practitioner == who).collect();
            for pair in own.windows(2) {
                prop_assert!(pair[0].ends_at <= pair[1].starts_at, "{:?}", pair);
            }
        }
        for slot in &slots {
            let wall = slot.starts_at.with_timezone(&zone);
            let is_of = |pattern: &&WeeklyPattern| {
                let past = (wall.time() - pattern.hours.from).num_minutes();
                let length = i64::from(pattern.slot_minutes);
                pattern.weekday == wall.weekday()
                    && pattern.practitioner.is_none_or(|one| one == slot.practitioner)
                    && past >= 0 && past % length == 0 && wall.second() == 0
                    && wall.time() + TimeDelta::minutes(length) <= pattern.hours.to
                    && slot.ends_at - slot.starts_at == TimeDelta::minutes(length)
            };
            prop_assert!(patterns.iter().find(is_of).is_some(), "{:?} is of no pattern", slot);
            prop_assert_eq!(wall::instant(zone, wall.naive_local()), Some(slot.starts_at), "the first of two");
        }
    }
}
