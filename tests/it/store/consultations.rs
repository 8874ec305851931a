//! Consultations as rows: their states, times by telephone and what was shown.

use parvis::store::StoredOtherPatient;

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn what_is_remembered_of_a_consultation_comes_back() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        assert_eq!(store.remains_of(booked.id).await.unwrap(), Remains::default());
        for minute in [1, 2] {
            store.see_consultation(booked.id, at(minute)).await.unwrap();
        }
        store.lock_consultation(booked.id, true).await.unwrap();
        store.lock_consultation(other.id, true).await.unwrap();
        store.lock_consultation(other.id, false).await.unwrap();
        let remains = store.remains_of(booked.id).await.unwrap();
        assert_eq!(remains, Remains { seen_at: Some(at(2)), is_locked: true, telephone: None });
        store.see_consultation(booked.id, at(3)).await.unwrap();
        assert!(store.remains_of(booked.id).await.unwrap().is_locked, "seeing it opens nothing");
        assert_eq!(store.remains_of(other.id).await.unwrap(), Remains::default());
        let nowhere = new_id(AppointmentId::new);
        assert!(store.see_consultation(nowhere, at(1)).await.is_err());
        assert!(store.lock_consultation(nowhere, true).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn that_a_series_of_another_patient_was_shown_is_written_once() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let act = |minute, of: &Appointment| StoredOtherPatient {
            id: clock().new_uuid(),
            by: of.participants[1].id,
            series: new_id(SeriesId::new),
            at: at(minute),
        };
        let acts = [act(1, &booked), act(2, &booked)];
        for act in acts.iter().chain(&acts) {
            store.add_other_patient_shown(booked.id, act).await.unwrap();
        }
        assert_eq!(store.other_patients_shown_in(booked.id).await.unwrap(), acts);
        assert_eq!(store.other_patients_shown_in(other.id).await.unwrap(), []);
        let stranger = store.add_other_patient_shown(booked.id, &act(3, &other)).await;
        assert!(stranger.is_err(), "nobody of this appointment");
    })
    .await;
}

#[tokio::test]
async fn times_by_telephone_are_kept_with_reason_and_end() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let reasons = [
            TelephoneReason::NoVideo,
            TelephoneReason::NoSound,
            TelephoneReason::Network,
            TelephoneReason::Device,
            TelephoneReason::Other,
        ];
        assert!(!store.end_telephone(booked.id, at(1)).await.unwrap(), "it was none");
        for (minute, reason) in (0..).map(|i| i * 4).zip(reasons) {
            let telephone = Telephone { since: at(minute), reason, by };
            let id = new_id(TelephoneId::new);
            for _ in 0..2 {
                store.begin_telephone(booked.id, id, &telephone).await.unwrap();
            }
            assert_eq!(store.remains_of(booked.id).await.unwrap().telephone, Some(telephone));
            assert!(store.end_telephone(booked.id, at(minute + 2)).await.unwrap());
            assert_eq!(store.remains_of(booked.id).await.unwrap().telephone, None);
        }
        let kept = store.telephones_of(booked.id).await.unwrap();
        let told: Vec<_> = kept.iter().map(|stored| (stored.telephone.reason, stored.until)).collect();
        let expected: Vec<_> =
            (0..).map(|i| at(i * 4 + 2)).zip(reasons).map(|(until, reason)| (reason, Some(until))).collect();
        assert_eq!(told, expected);
        assert!(kept.iter().all(|stored| stored.telephone.by == by));
        assert_eq!(store.telephones_of(other.id).await.unwrap(), []);
        let stranger =
            Telephone { since: at(0), reason: TelephoneReason::Other, by: other.participants[0].id };
        assert!(store.begin_telephone(booked.id, new_id(TelephoneId::new), &stranger).await.is_err());
    })
    .await;
}
