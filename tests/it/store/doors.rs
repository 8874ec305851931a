//! Keys, tries and passes at the second door.

use std::collections::HashMap;

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn a_door_is_written_by_one_at_a_time() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        let patient = booked.participants[0].id;
        store.add_appointment(&booked, &[]).await.unwrap();
        let mut door = store.door(patient).await.unwrap();
        assert_eq!(door, Door::new(patient));
        assert!(store.doors_of(booked.id).await.unwrap().is_empty(), "nobody has tried it");

        door.send([7; 8], CodeChannel::Sms, at(1)).unwrap();
        let wrong = Shown::Digits("000000".into());
        let _ = door.open(&wrong, &KnownKeys::default(), at(2));
        assert!(store.put_door(&door).await.unwrap());
        assert!(!store.put_door(&door).await.unwrap(), "it was written since");
        let mut kept = store.door(patient).await.unwrap();
        assert_eq!(kept, Door { revision: 1, ..door.clone() });
        assert_eq!(store.doors_of(booked.id).await.unwrap(), HashMap::from([(patient, kept.clone())]));

        // Many at once: each try counts.
        let tries = (0..4).map(|_| {
            let (store, id) = (store.clone(), patient);
            async move {
                loop {
                    let mut door = store.door(id).await.unwrap();
                    let wrong = Shown::Digits("000000".into());
                    let refused = door.open(&wrong, &KnownKeys::default(), at(3));
                    if store.put_door(&door).await.unwrap() {
                        return refused;
                    }
                }
            }
        });
        futures_util::future::join_all(tries).await;
        kept = store.door(patient).await.unwrap();
        assert_eq!((kept.wrong_tries, kept.locked_at, kept.code), (5, Some(at(3)), None));
    })
    .await;
}

#[tokio::test]
async fn passes_are_given_with_the_door_and_the_oldest_go() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        let patient = booked.participants[0].id;
        store.add_appointment(&booked, &[]).await.unwrap();
        let mut passes = Vec::new();
        let openings = [
            Opening::Pin,
            Opening::BirthDate,
            Opening::LinkOnly,
            Opening::Code(CodeChannel::Sms),
            Opening::Code(CodeChannel::Email),
        ];
        for number in 0..10_u8 {
            let door = store.door(patient).await.unwrap();
            let opening = openings[usize::from(number) % openings.len()];
            let (_, pass) = Pass::make([number; 32], patient, opening, at(i64::from(number)));
            assert!(store.open_door(&door, &pass).await.unwrap());
            let refused = Pass::make([100 + number; 32], patient, opening, at(0)).1;
            assert!(!store.open_door(&door, &refused).await.unwrap(), "the door was written since");
            assert_eq!(store.pass(refused.digest).await.unwrap(), None);
            passes.push(pass);
        }
        for (number, pass) in passes.iter().enumerate() {
            let kept = (number >= 2).then(|| pass.clone());
            assert_eq!(store.pass(pass.digest).await.unwrap(), kept, "{number}");
        }
        let over = passes[3].expires_at;
        assert_eq!(store.clear_passes(over).await.unwrap(), 2, "the ones that are over, and no other");
        assert_eq!(store.clear_passes(over).await.unwrap(), 0);
        assert_eq!(store.take_passes_back(patient).await.unwrap(), 6);
        assert_eq!(store.pass(passes[9].digest).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn pins_and_rules_are_replaced() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let patient = booked.participants[0].id;
        assert!(store.pins_of(booked.id).await.unwrap().is_empty());
        for seed in [1, 2] {
            let (_, pin) = Pin::make([seed; 8], patient);
            store.put_pin(booked.id, patient, pin, at(0)).await.unwrap();
            assert_eq!(store.pins_of(booked.id).await.unwrap(), HashMap::from([(patient, pin)]));
        }
        let moved = visit(&[&claire], 60, 30);
        store.add_appointment(&moved, &[]).await.unwrap();
        let same = moved.participants[0].id;
        store.carry_pins(moved.id, &[(patient, same)], at(1)).await.unwrap();
        let pin = store.pins_of(booked.id).await.unwrap()[&patient];
        assert_eq!(
            store.pins_of(moved.id).await.unwrap(),
            HashMap::from([(same, pin)]),
            "the digits are the same"
        );
        let service = services::service("Cardiologie", "");
        store.put_service(&service).await.unwrap();
        let service = service.id;
        assert_eq!(store.door_rules(service).await.unwrap(), DoorRules::default());
        let label = |label: &str| Some(label.to_owned());
        for (accepts_birth_date, label, asks_who_of_all, waives_consent, documents_need) in [
            (true, label("Le centre"), false, true, DocumentNeed::Provider),
            (false, None, true, false, DocumentNeed::Both),
            (false, None, false, false, DocumentNeed::Either),
        ] {
            let rules =
                DoorRules { accepts_birth_date, label, asks_who_of_all, waives_consent, documents_need };
            store.put_door_rules(service, &rules).await.unwrap();
            assert_eq!(store.door_rules(service).await.unwrap(), rules);
        }
    })
    .await;
}
