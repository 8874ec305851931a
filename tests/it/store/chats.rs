//! Lines and files of a chat as rows, and when they go.

use super::*;
use crate::support::db::for_each_database;

fn line(by: ParticipantId, minute: i64, text: &str) -> ChatLine {
    ChatLine {
        id: new_id(ChatLineId::new),
        participant: by,
        at: at(minute),
        text: ChatText::new(text).unwrap(),
    }
}

fn file(by: ParticipantId, minute: i64, content: u8) -> SharedFile {
    SharedFile {
        id: new_id(SharedFileId::new),
        participant: by,
        at: at(minute),
        name: FileName::new("ordonnance.pdf", FileKind::Pdf),
        kind: FileKind::Pdf,
        bytes: SharedFile::MAX_BYTES,
        content: [content; 32],
    }
}

/// The contents that nothing names any more.
async fn purge(store: &Store, expiry: ChatExpiry) -> Vec<[u8; 32]> {
    store.purge_chats(expiry, (clock().new_uuid(), at(95))).await.unwrap().files
}

#[tokio::test]
async fn lines_and_files_come_back_in_their_order() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let (patient, doctor) = (booked.participants[0].id, booked.participants[1].id);
        let lines = [line(patient, 9, "L'ordonnance, s'il vous plaît 🙂"), line(doctor, 3, "Un\nmoment")];
        for line in lines.iter().chain(&lines) {
            // Written again, a line is there once.
            store.add_chat_line(booked.id, line).await.unwrap();
        }
        assert_eq!(store.chat_lines_of(booked.id).await.unwrap(), lines, "in the order of writing");
        let mut files: Vec<_> =
            FileKind::ALL.map(|kind| SharedFile { kind, ..file(doctor, 4, 1) }).into_iter().collect();
        for file in &mut files {
            file.id = new_id(SharedFileId::new);
            store.add_shared_file(booked.id, file).await.unwrap();
        }
        assert_eq!(store.shared_files_of(booked.id).await.unwrap(), files);
        assert_eq!(store.chat_lines_of(other.id).await.unwrap(), []);
        assert_eq!(store.shared_files_of(other.id).await.unwrap(), []);
        let stranger = other.participants[0].id;
        assert!(store.add_chat_line(booked.id, &line(stranger, 5, "x")).await.is_err(), "not of this one");
        assert!(store.add_shared_file(booked.id, &file(stranger, 5, 3)).await.is_err(), "not of this one");
    })
    .await;
}

#[tokio::test]
async fn the_history_has_an_end() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let by = booked.participants[0].id;
        for number in 0..Store::MAX_HISTORY + 3 {
            store.add_chat_line(booked.id, &line(by, 1, &number.to_string())).await.unwrap();
        }
        let kept = store.chat_lines_of(booked.id).await.unwrap();
        let ends = (kept.first().unwrap().text.expose(), kept.last().unwrap().text.expose());
        assert_eq!((kept.len() as i64, ends), (Store::MAX_HISTORY, ("3", "502")));
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_with_the_files_that_nobody_else_has() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (over, ended) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        let running = visit(&[&claire], 120, 30);
        for appointment in [&over, &ended, &running] {
            store.add_appointment(appointment, &[]).await.unwrap();
            let by = appointment.participants[0].id;
            store.add_chat_line(appointment.id, &line(by, 5, "Bonjour")).await.unwrap();
            // The first content is everybody's, the second only their own.
            store.add_shared_file(appointment.id, &file(by, 5, 1)).await.unwrap();
        }
        store.add_shared_file(over.id, &file(over.participants[0].id, 6, 7)).await.unwrap();
        store.add_shared_file(over.id, &file(over.participants[0].id, 7, 7)).await.unwrap();
        store.add_shared_file(ended.id, &file(ended.participants[0].id, 6, 8)).await.unwrap();
        let fulfilled = AppointmentStatus::Fulfilled { at: at(20), outcome: Outcome::Completed };
        store.set_appointment_status(over.id, AppointmentStatus::Booked, fulfilled).await.unwrap();

        let count = async |appointment: &Appointment| {
            let lines = store.chat_lines_of(appointment.id).await.unwrap().len();
            (lines, store.shared_files_of(appointment.id).await.unwrap().len())
        };
        let unused = purge(&store, ChatExpiry::OverOrEndedBefore(at(80))).await;
        assert_eq!(unused, [[7; 32]], "the other content is in use");
        assert_eq!(
            (count(&over).await, count(&ended).await, count(&running).await),
            ((0, 0), (1, 2), (1, 1))
        );
        let unused = purge(&store, ChatExpiry::OverOrEndedBefore(at(91))).await;
        assert_eq!((unused, count(&ended).await, count(&running).await), (vec![[8; 32]], (0, 0), (1, 1)));
        assert!(
            store.is_file_shared([1; 32]).await.unwrap() && !store.is_file_shared([8; 32]).await.unwrap()
        );

        assert_eq!(purge(&store, ChatExpiry::WrittenBefore(at(5))).await, Vec::<[u8; 32]>::new());
        assert_eq!(count(&running).await, (1, 1), "not before its time");
        assert_eq!(purge(&store, ChatExpiry::WrittenBefore(at(6))).await, [[1; 32]]);
        assert_eq!(count(&running).await, (0, 0));
    })
    .await;
}
