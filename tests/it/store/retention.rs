//! What is deleted when it has been kept long enough, what is not, and the proofs.

use parvis::store::{ClassState, Purged};

use super::studies::object;
use super::uploads::{folder, upload};
use super::*;
use crate::support::db::for_each_database;

async fn purge(store: &Store, class: DataClass, before: i64) -> Purged {
    store
        .purge_class(
            class,
            at(before),
            10,
            (clock().new_uuid(), at(9999), PurgeRule::AfterVisit { days: 30 }),
        )
        .await
        .unwrap()
}

/// Whatever names an appointment goes with it, or it could never go: a table that is missing here is found before anybody has to wait
/// twenty years for it.
#[test]
fn every_table_of_an_appointment_belongs_to_a_class() {
    let code = fs::read_to_string("src/store/retention.rs").unwrap();
    let mut files: Vec<_> = fs::read_dir("migrations").unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "sql"));
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut missing = Vec::new();
    let mut found = 0;
    for table in text.split("CREATE TABLE ").skip(1) {
        let name = table.split([' ', '(']).next().unwrap();
        let columns = table.split("\n);").next().unwrap();
        if name != "appointment" && columns.contains("appointment_id") {
            found += 1;
            if !code.contains(&format!("\"{name}\"")) && !code.contains(&format!("DELETE FROM {name} ")) {
                missing.push(name);
            }
        }
    }
    assert!(found > 15, "the tables were not found");
    assert!(missing.is_empty(), "add them to a class in src/store/retention.rs: {missing:?}");
}

#[tokio::test]
async fn a_class_goes_with_its_proof_and_others_and_later_visits_stay() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (old, new) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        let mut gone = Vec::new();
        for (appointment, digest) in [(&old, 1), (&new, 2)] {
            store.add_appointment(appointment, &[]).await.unwrap();
            let sender = FolderSender::Guest(appointment.participants[0].id);
            let folder = folder(appointment, sender, Quota { bytes: 1 << 40, files: 9 });
            store.add_upload_folder(&folder).await.unwrap();
            // The first content is of both visits.
            for content in [9, digest] {
                let upload = upload(&folder, content, ReceivedAs::File(ReceivedKind::Mp4));
                store.add_received_upload(&upload).await.unwrap();
                if digest == 1 {
                    gone.push(upload.id.uuid());
                }
            }
            if digest == 1 {
                gone.push(folder.id.uuid());
            }
        }
        let state = ClassState { kept: 2, due: 1, held: 0, earliest: Some(at(30)) };
        assert_eq!(store.class_state(DataClass::Files, at(31)).await.unwrap(), state);
        assert_eq!(purge(&store, DataClass::Files, 30).await, Purged::default(), "it ended at that time");
        let purged = purge(&store, DataClass::Files, 31).await;
        let proof = purged.proof.unwrap();
        assert_eq!((proof.class, proof.rows), (DataClass::Files, 3));
        assert_eq!(proof.rule, PurgeRule::AfterVisit { days: 30 });
        assert_eq!(proof.digest, digest_of(&gone));
        assert_eq!((purged.files, purged.objects), (vec![[1; 32]], vec![]), "the other content is in use");
        assert_eq!(store.purge_proofs(9).await.unwrap(), [proof]);
        assert_eq!(store.received_uploads_of(old.id).await.unwrap(), []);
        assert_eq!(store.received_uploads_of(new.id).await.unwrap().len(), 2);
        assert!(store.appointment(old.id).await.unwrap().is_some());
        assert_eq!(purge(&store, DataClass::Files, 31).await, Purged::default(), "nothing is left of it");
    })
    .await;
}

#[tokio::test]
async fn studies_go_with_the_objects_that_no_other_visit_has() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (old, new) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        for appointment in [&old, &new] {
            store.add_appointment(appointment, &[]).await.unwrap();
        }
        let objects: Vec<_> = (1..=3).map(|number| object("1.2.3", "1.2.3.4", number)).collect();
        store.add_received(old.id, &objects, &clock()).await.unwrap();
        store.add_received(new.id, &objects[..1], &clock()).await.unwrap();
        let purged = purge(&store, DataClass::Studies, 31).await;
        assert_eq!(purged.objects, [[2; 32], [3; 32]]);
        assert_eq!(purged.proof.unwrap().rows, 5, "three objects, their series, their study");
        assert!(store.is_object_named([1; 32]).await.unwrap());
        assert!(!store.is_object_named([2; 32]).await.unwrap());
        assert!(store.studies_of(old.id).await.unwrap().is_empty());
        assert_eq!(store.studies_of(new.id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_held_stays_until_the_hold_is_lifted() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[link(&booked, 0, 1, 0)]).await.unwrap();
        let by = booked.participants[0].id;
        let line = ChatLine {
            id: new_id(ChatLineId::new),
            participant: by,
            at: at(5),
            text: ChatText::new("Bonjour").unwrap(),
        };
        store.add_chat_line(booked.id, &line).await.unwrap();
        let line = Move { participant: by, to: PlaceKind::Waiting, at: at(1), by: None, check: None };
        store.add_move(booked.id, clock().new_uuid(), &line).await.unwrap();
        let hold = LegalHold::set(new_id(LegalHoldId::new), booked.id, "Plainte", claire.id, at(40)).unwrap();
        store.add_legal_hold(&hold).await.unwrap();
        for class in DataClass::ALL {
            assert_eq!(purge(&store, class, 999).await, Purged::default(), "{class:?}");
        }
        let chats = async || {
            store
                .purge_chats(ChatExpiry::WrittenBefore(at(999)), (clock().new_uuid(), at(999)))
                .await
                .unwrap()
        };
        assert_eq!(chats().await, Purged::default());
        let state = store.class_state(DataClass::Appointments, at(999)).await.unwrap();
        assert_eq!(state, ClassState { kept: 1, due: 0, held: 1, earliest: None });
        assert!(store.lift_legal_hold(hold.id, claire.id, at(50)).await.unwrap());
        assert!(!store.lift_legal_hold(hold.id, claire.id, at(51)).await.unwrap());
        let lifted = LegalHold { lifted: Some((at(50), claire.id)), ..hold };
        assert_eq!(store.legal_holds().await.unwrap(), [lifted]);
        assert_eq!(chats().await.proof.unwrap().rows, 1);
        for class in DataClass::ALL {
            let purged = purge(&store, class, 999).await.proof.map(|proof| proof.rows);
            let expected = match class {
                DataClass::Moves => Some(1),
                // The hold, the link, the slot, two people, the appointment.
                DataClass::Appointments => Some(6),
                _ => None,
            };
            assert_eq!(purged, expected, "{class:?}");
        }
        assert_eq!(store.appointment(booked.id).await.unwrap(), None);
        assert_eq!(store.purge_proofs(9).await.unwrap().len(), 3, "the chat, the moves, the appointment");
    })
    .await;
}

#[tokio::test]
async fn of_several_instances_one_has_the_turn() {
    for_each_database(|store| async move {
        let ask = |minute| store.take_purge_turn("classes", at(minute), at(minute - 60));
        let told = futures_util::future::join_all((0..4).map(|_| ask(0))).await;
        assert_eq!(told.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
        assert!(!ask(59).await.unwrap());
        assert!(ask(60).await.unwrap());
        assert!(store.take_purge_turn("objects", at(60), at(0)).await.unwrap(), "another turn");
    })
    .await;
}
