//! What is counted of visits.

use chrono::NaiveDate;

use super::services::service;
use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn a_visit_is_counted_from_its_rows_and_then_without_them() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        let mut booked = visit(&[&claire], 0, 30);
        booked.service_id = Some(heart.id);
        let later = visit(&[&claire], 60, 30);
        for each in [&booked, &later] {
            store.add_appointment(each, &[]).await.unwrap();
        }
        let (patient, staff) = (booked.participants[0].id, booked.participants[1].id);
        let check = DeviceCheck { camera: DeviceState::Missing, microphone: DeviceState::Works };
        for (to, minute, check) in [
            (PlaceKind::Testing, -9, None),
            (PlaceKind::Waiting, -5, Some(check)),
            (PlaceKind::Admitted, 7, None),
            (PlaceKind::Waiting, 9, None),
            (PlaceKind::Admitted, 10, None),
        ] {
            let line = Move { participant: patient, to, at: at(minute), by: None, check };
            store.add_move(booked.id, clock().new_uuid(), &line).await.unwrap();
        }
        let line = Move { participant: staff, to: PlaceKind::InCall, at: at(1), by: None, check: None };
        store.add_move(booked.id, clock().new_uuid(), &line).await.unwrap();
        for _ in 0..2 {
            store.note_browser(booked.id, patient, BrowserFamily::SafariIos).await.unwrap();
        }
        let tally = QualityTally {
            reports: 1,
            loss_pct: Measure { mean: 1.0, max: 20.0 },
            ..QualityTally::default()
        };
        let key = (patient, MediaDirection::Publish, MediaPath::Udp);
        store.put_quality(booked.id, &[(key, tally)]).await.unwrap();
        let telephone = Telephone { since: at(12), reason: TelephoneReason::NoSound, by: staff };
        store.begin_telephone(booked.id, new_id(TelephoneId::new), &telephone).await.unwrap();
        let held = AppointmentStatus::Fulfilled { at: at(25), outcome: Outcome::ByTelephone };
        store.set_appointment_status(booked.id, AppointmentStatus::Booked, held).await.unwrap();

        let visits = store.visits_between(at(0), at(60)).await.unwrap();
        assert_eq!(visits.len(), 1, "the other begins later");
        let expected = VisitFacts {
            starts_at: at(0),
            ends_at: at(30),
            status: held,
            waited_at: Some(at(-5)),
            admitted_at: Some(at(7)),
            guests: vec![GuestFacts {
                browser: Some(BrowserFamily::SafariIos),
                incidents: vec![Incident::NoCamera, Incident::HeavyLoss],
            }],
            telephone: vec![TelephoneReason::NoSound],
            ..visits[0].facts.clone()
        };
        assert_eq!((visits[0].service, &visits[0].facts), (Some(heart.id), &expected));

        let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        assert_eq!(store.uncounted_visits(at(30), 9).await.unwrap(), [], "it ended at that time, not before");
        let due = store.uncounted_visits(at(31), 9).await.unwrap();
        assert_eq!(due, visits);
        let tally = Tally::of(&due[0].facts, at(99));
        let counted = [(booked.id, day, Some(heart.id), tally.clone())];
        for _ in 0..2 {
            store.count_visits(&counted).await.unwrap();
        }
        assert_eq!(store.daily_counts(day, day, None).await.unwrap()[&day], tally, "once");
        assert_eq!(store.daily_counts(day, day, Some(heart.id)).await.unwrap()[&day], tally);
        let other = new_id(ServiceId::new);
        assert!(store.daily_counts(day, day, Some(other)).await.unwrap().is_empty());
        let tomorrow = day.succ_opt().unwrap();
        assert!(store.daily_counts(tomorrow, tomorrow, None).await.unwrap().is_empty());
        assert_eq!(store.visits_between(at(0), at(60)).await.unwrap(), [], "its rows are in the counts now");
        assert_eq!(store.uncounted_visits(at(31), 9).await.unwrap(), []);

        // Another visit of that day is added.
        let more = store.uncounted_visits(at(91), 9).await.unwrap();
        let more: Vec<_> = more
            .iter()
            .map(|visit| (visit.appointment, day, None, Tally::of(&visit.facts, at(99))))
            .collect();
        store.count_visits(&more).await.unwrap();
        let sum = &store.daily_counts(day, day, None).await.unwrap()[&day];
        assert_eq!((sum.amount(Count::Booked), sum.amount(Count::Open)), (2, 1));
    })
    .await;
}
