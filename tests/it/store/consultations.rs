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
            store.begin_telephone(booked.id, &telephone, &Clock::system()).await.unwrap();
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
        assert!(store.begin_telephone(booked.id, &stranger, &Clock::system()).await.is_err());
    })
    .await;
}
