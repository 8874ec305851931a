//! Weekly hours and exceptions of services.

use chrono::{NaiveDate, NaiveTime, Weekday};
use parvis::store::{Change, Changed};

use super::services::service;
use super::*;
use crate::support::db::for_each_database;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn hours(from: u32, to: u32) -> Hours {
    let at = |hour| NaiveTime::from_hms_opt(hour, 15, 0).unwrap();
    Hours { from: at(from), to: at(to) }
}

fn pattern(service: ServiceId, practitioner: Option<PractitionerId>, weekday: Weekday) -> WeeklyPattern {
    WeeklyPattern {
        id: new_id(PatternId::new),
        service,
        practitioner,
        site: "Bâtiment B".to_owned(),
        weekday,
        hours: hours(9, 12),
        slot_minutes: 20,
        valid_from: day("2026-01-01"),
        valid_until: Some(day("2026-12-31")),
    }
}

#[tokio::test]
async fn weekly_hours_are_kept_changed_and_taken_away() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (heart, lungs) = (service("Cardiologie", ""), service("Pneumologie", ""));
        for each in [&heart, &lungs] {
            store.put_service(each).await.unwrap();
        }
        let change = |minutes| Change { by: claire.id, at: at(minutes) };
        let sunday = pattern(heart.id, None, Weekday::Sun);
        let mut monday = pattern(heart.id, Some(claire.id), Weekday::Mon);
        store.put_pattern(&sunday, change(1)).await.unwrap();
        store.put_pattern(&monday, change(2)).await.unwrap();
        store.put_pattern(&pattern(lungs.id, None, Weekday::Tue), change(3)).await.unwrap();
        monday.valid_until = None;
        monday.hours = hours(14, 17);
        store.put_pattern(&monday, change(4)).await.unwrap();
        let kept = |value: &WeeklyPattern, minutes| Changed { value: value.clone(), change: change(minutes) };
        assert_eq!(store.patterns_of(heart.id).await.unwrap(), [kept(&monday, 4), kept(&sunday, 1)]);
        assert!(!store.remove_pattern(lungs.id, monday.id).await.unwrap(), "it is of another service");
        assert!(store.remove_pattern(heart.id, monday.id).await.unwrap());
        assert!(!store.remove_pattern(heart.id, monday.id).await.unwrap());
        assert_eq!(store.patterns_of(heart.id).await.unwrap(), [kept(&sunday, 1)]);
    })
    .await;
}

#[tokio::test]
async fn exceptions_of_a_service_and_of_the_hospital_are_told_together() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (heart, lungs) = (service("Cardiologie", ""), service("Pneumologie", ""));
        for each in [&heart, &lungs] {
            store.put_service(each).await.unwrap();
        }
        let exception = |service, first: &str, hours, kind| ScheduleException {
            id: new_id(ExceptionId::new),
            service,
            practitioner: None,
            first_day: day(first),
            last_day: day("2026-12-31"),
            hours,
            kind,
            reason: "Congés d’été".to_owned(),
        };
        let mut leave = exception(Some(heart.id), "2026-08-01", None, ExceptionKind::Closed);
        leave.practitioner = Some(claire.id);
        let extra = exception(
            Some(heart.id),
            "2026-07-01",
            Some(hours(9, 12)),
            ExceptionKind::Open { slot_minutes: 15 },
        );
        let bridge = exception(None, "2026-05-15", None, ExceptionKind::Closed);
        let other = exception(Some(lungs.id), "2026-05-15", Some(hours(9, 10)), ExceptionKind::Closed);
        let change = Change { by: claire.id, at: at(1) };
        for each in [&leave, &extra, &bridge, &other] {
            store.put_exception(each, change).await.unwrap();
        }
        leave.reason = "Autre".to_owned();
        store.put_exception(&leave, change).await.unwrap();
        let kept = |value: &ScheduleException| Changed { value: value.clone(), change };
        assert_eq!(store.exceptions_of(heart.id).await.unwrap(), [kept(&bridge), kept(&extra), kept(&leave)]);
        assert!(!store.remove_exception(Some(heart.id), bridge.id).await.unwrap());
        assert!(!store.remove_exception(None, leave.id).await.unwrap());
        assert!(store.remove_exception(None, bridge.id).await.unwrap());
        assert!(store.remove_exception(Some(heart.id), leave.id).await.unwrap());
        assert_eq!(store.exceptions_of(heart.id).await.unwrap(), [kept(&extra)]);
    })
    .await;
}

#[tokio::test]
async fn how_a_service_books_is_closed_until_somebody_says_otherwise() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let heart = service("Cardiologie", "");
        assert_eq!(store.booking_policy(heart.id).await.unwrap(), None);
        store.put_service(&heart).await.unwrap();
        assert_eq!(store.booking_policy(heart.id).await.unwrap(), Some((BookingPolicy::default(), None)));
        let policy = BookingPolicy {
            may_patients_cancel: true,
            may_patients_move: true,
            notice_hours: 48,
            is_open_on_holidays: true,
        };
        let change = Change { by: claire.id, at: at(5) };
        store.set_booking_policy(heart.id, &policy, change).await.unwrap();
        assert_eq!(store.booking_policy(heart.id).await.unwrap(), Some((policy, Some(change))));
    })
    .await;
}

#[tokio::test]
async fn time_that_is_taken_is_what_reaches_into_it_and_was_not_given_back() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        for (who, start) in [(&claire, 0), (&claire, 60), (&claire, 120), (&karim, 30)] {
            store.add_appointment(&visit(&[who], start, 30), &[]).await.unwrap();
        }
        let off = visit(&[&claire], 30, 30);
        store.add_appointment(&off, &[]).await.unwrap();
        assert!(store.call_off(off.id, CalledOff::ByStaff, claire.id, at(1)).await.unwrap());
        let taken = store.taken_of(claire.id, at(29), at(120)).await.unwrap();
        let times: Vec<_> = taken.iter().map(|time| (time.starts_at, time.ends_at)).collect();
        assert_eq!(times, [(at(0), at(30)), (at(60), at(90))]);
        assert!(taken.iter().all(|time| time.practitioner == claire.id));
        assert_eq!(store.taken_of(claire.id, at(30), at(60)).await.unwrap(), []);
    })
    .await;
}
