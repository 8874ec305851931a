//! The journal of who came to which place.

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn the_journal_comes_back_as_it_was_written() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        let other = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let (patient, doctor) = (booked.participants[0].id, booked.participants[1].id);
        let states = [
            DeviceState::Works,
            DeviceState::Refused,
            DeviceState::Missing,
            DeviceState::InUse,
            DeviceState::Off,
        ];
        let mut journal: Vec<_> = PlaceKind::ALL
            .map(|to| Move { participant: patient, to, at: at(7), by: Some(doctor), check: None })
            .to_vec();
        journal.extend(states.map(|state| Move {
            participant: doctor,
            to: PlaceKind::Waiting,
            at: at(3),
            by: None,
            check: Some(DeviceCheck { camera: state, microphone: DeviceState::Works }),
        }));
        for line in &journal {
            let id = clock().new_uuid();
            // Whoever heard no answer writes it again.
            for _ in 0..2 {
                store.add_move(booked.id, id, line).await.unwrap();
            }
        }
        assert_eq!(
            store.moves_of(booked.id).await.unwrap(),
            journal,
            "in the order of writing, not of the times"
        );
        assert_eq!(store.moves_of(other.id).await.unwrap(), []);
        let stranger = other.participants[0].id;
        let line = Move { participant: stranger, ..journal[0] };
        let id = clock().new_uuid();
        assert!(store.add_move(booked.id, id, &line).await.is_err(), "not of this appointment");
    })
    .await;
}
