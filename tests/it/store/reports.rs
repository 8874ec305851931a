//! Reports: drafts, signatures, amendments, and what was released.

use parvis::report::{OutcomeFact, ReportFacts, Span};
use parvis::store::{FrozenReport, StoredReport};
use uuid::Uuid;

use super::*;
use crate::support::db::for_each_database;

fn text(words: &str) -> ClinicalText {
    ClinicalText::new(words).unwrap()
}

fn facts(appointment: &Appointment) -> ReportFacts {
    let local = |minute| at(minute).with_timezone(&chrono::FixedOffset::east_opt(3600).unwrap());
    ReportFacts {
        appointment: appointment.id.uuid(),
        hospital: "Hôpital".to_owned(),
        telephone: String::new(),
        service: "Cardiologie".to_owned(),
        planned: Span { from: local(0), until: local(30) },
        held: Some(Span { from: local(1), until: local(29) }),
        outcome: Some(OutcomeFact::Completed),
        people: Vec::new(),
        identity: None,
        consent: None,
        studies: Vec::new(),
        studies_of_others: 1,
        images: Vec::new(),
        incidents: Vec::new(),
        telephones: Vec::new(),
    }
}

#[tokio::test]
async fn a_note_is_one_for_each_practitioner_and_is_written_over_what_was_read() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let booked = visit(&[&claire, &karim], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let (by, other) = (booked.participants[1].id, booked.participants[2].id);
        let note = |by, words: &str, version, minute| Note {
            by,
            text: text(words),
            version,
            changed_at: at(minute),
        };
        let first = note(by, "Toux.\nFièvre.", 1, 2);
        assert!(store.put_note(booked.id, &first).await.unwrap());
        assert!(!store.put_note(booked.id, &note(by, "x", 1, 3)).await.unwrap(), "there is one");
        assert!(!store.put_note(booked.id, &note(by, "x", 3, 3)).await.unwrap(), "one was not read");
        assert!(store.put_note(booked.id, &note(other, "Vu.", 1, 4)).await.unwrap());
        let second = note(by, "Toux 🫁", 2, 5);
        assert!(store.put_note(booked.id, &second).await.unwrap());
        assert_eq!(store.notes_of(booked.id).await.unwrap(), [note(other, "Vu.", 1, 4), second]);
        let stranger = note(new_id(ParticipantId::new), "x", 1, 4);
        assert!(store.put_note(booked.id, &stranger).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_signed_report_is_written_once_and_never_again() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let body = ReportBody {
            language: Language::English,
            reason: text("Cough"),
            findings: text("a\nb"),
            act: text("1"),
            conclusions: text("Bronchitis 🫁"),
            prescriptions: text("2"),
            follow_up: text("3"),
            images: vec![new_id(KeyImageId::new), new_id(KeyImageId::new)],
        };
        let draft = Report::begin(&[], new_id(ReportId::new), body.clone(), text(""), by, at(1)).unwrap();
        assert!(store.add_report(booked.id, &draft).await.unwrap());
        let twin = Report { id: new_id(ReportId::new), ..draft.clone() };
        assert!(!store.add_report(booked.id, &twin).await.unwrap(), "there is a first version");
        let read = async || store.reports_of(booked.id).await.unwrap();
        assert_eq!(read().await, [StoredReport { report: draft.clone(), frozen: None }]);
        let written = draft.write(ReportBody { act: text("other"), ..body }, 1, by, at(2)).unwrap();
        assert!(store.put_report(&written).await.unwrap());
        assert!(!store.put_report(&written).await.unwrap(), "it is another revision by now");
        assert_eq!(read().await[0].report, written);

        let frozen = FrozenReport { facts: facts(&booked), document: [7; 32] };
        let signature = Signature { at: at(3), by };
        let signed = written.sign(2, by, true, at(3)).unwrap();
        let stale = Report { revision: 1, ..signed.clone() };
        assert!(!store.sign_report(&stale, signature, &frozen).await.unwrap());
        assert!(store.sign_report(&signed, signature, &frozen).await.unwrap());
        assert!(!store.sign_report(&signed, signature, &frozen).await.unwrap(), "once");
        let more = Report { revision: 3, ..written };
        assert!(!store.put_report(&more).await.unwrap(), "it is signed");
        assert_eq!(read().await, [StoredReport { report: signed.clone(), frozen: Some(frozen) }]);
        assert!(store.is_file_shared([7; 32]).await.unwrap(), "its document is not cleared away");

        let amended =
            Report::begin(&[signed], new_id(ReportId::new), ReportBody::default(), text("Faux."), by, at(5))
                .unwrap();
        assert!(store.add_report(booked.id, &amended).await.unwrap());
        let numbers: Vec<_> = read().await.iter().map(|stored| stored.report.number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(store.appointment_of_report(amended.id).await.unwrap(), Some(booked.id));
        assert_eq!(store.appointment_of_report(new_id(ReportId::new)).await.unwrap(), None);
        assert_eq!(store.reports_of(other.id).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_is_released_stays_what_it_is_and_whoever_took_it_is_written_down() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let (patient, by) = (booked.participants[0].id, booked.participants[1].id);
        let document = |subject, minute| PatientDocument {
            id: new_id(DocumentId::new),
            subject,
            released_at: at(minute),
            by,
        };
        let image = KeyImageId::new(Uuid::from_u128(5));
        let all = [
            document(DocumentSubject::Summary(Language::French), 1),
            document(DocumentSubject::Report(new_id(ReportId::new)), 1),
            document(DocumentSubject::Image(image), 1),
            document(DocumentSubject::File(new_id(SharedFileId::new)), 1),
        ];
        store.release_documents(booked.id, &all, at(1)).await.unwrap();
        assert_eq!(store.documents_of(booked.id).await.unwrap(), all);
        let download = |document: DocumentId, minute, door| Download {
            document,
            participant: patient,
            at: at(minute),
            door,
            provider: (door == DocumentDoor::Provider).then(|| "FranceConnect (eidas1)".to_owned()),
        };
        let id = || clock().new_uuid();
        let first = download(all[2].id, 2, DocumentDoor::Sms);
        store.add_download(id(), booked.id, &first).await.unwrap();
        // Released again, the summary is the one that it was; the others are withdrawn.
        let again = [document(DocumentSubject::Summary(Language::French), 3)];
        store.release_documents(booked.id, &again, at(3)).await.unwrap();
        assert_eq!(store.documents_of(booked.id).await.unwrap(), [all[0]]);
        store
            .release_documents(booked.id, &[again[0], document(DocumentSubject::Image(image), 4)], at(4))
            .await
            .unwrap();
        let now = store.documents_of(booked.id).await.unwrap();
        assert!(now.len() == 2 && now[1].id != all[2].id, "given anew");
        let second = download(all[0].id, 5, DocumentDoor::Provider);
        store.add_download(id(), booked.id, &second).await.unwrap();
        let taken =
            [(first, DocumentSubject::Image(image)), (second, DocumentSubject::Summary(Language::French))];
        assert_eq!(store.downloads_of(booked.id).await.unwrap(), taken, "also of what was withdrawn");
        let none = download(new_id(DocumentId::new), 6, DocumentDoor::Pin);
        assert!(store.add_download(id(), booked.id, &none).await.is_err(), "no such document");
        assert_eq!(store.document_policy_of(booked.id).await.unwrap(), DocumentPolicy { days: 30 });
    })
    .await;
}

#[tokio::test]
async fn a_released_file_outlives_the_chat_that_it_was_shared_in() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let file = |content| SharedFile {
            id: new_id(SharedFileId::new),
            participant: by,
            at: at(2),
            name: FileName::new("lettre.pdf", FileKind::Pdf),
            kind: FileKind::Pdf,
            bytes: 3,
            content: [content; 32],
        };
        let (kept, gone) = (file(1), file(2));
        store.add_shared_file(booked.id, &kept).await.unwrap();
        store.add_shared_file(booked.id, &gone).await.unwrap();
        let subject = DocumentSubject::File(kept.id);
        let document = PatientDocument { id: new_id(DocumentId::new), subject, released_at: at(3), by };
        store.release_documents(booked.id, &[document], at(3)).await.unwrap();
        for expiry in [ChatExpiry::OverOrEndedBefore(at(900)), ChatExpiry::WrittenBefore(at(900))] {
            store.purge_chats(expiry, (clock().new_uuid(), at(900))).await.unwrap();
            let left: Vec<_> =
                store.shared_files_of(booked.id).await.unwrap().iter().map(|file| file.id).collect();
            assert_eq!(left, [kept.id]);
        }
        store.release_documents(booked.id, &[], at(4)).await.unwrap();
        let purge = (clock().new_uuid(), at(900));
        let purged = store.purge_chats(ChatExpiry::WrittenBefore(at(900)), purge).await.unwrap();
        assert_eq!(purged.files, [[1; 32]]);
    })
    .await;
}

#[tokio::test]
async fn people_say_once_what_they_think_and_are_counted_without_their_words() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        let other = Appointment { service: "Pneumologie".to_owned(), ..other };
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let rating = |participant, score, words: &str, minute| Rating {
            participant,
            score: Score::new(score).unwrap(),
            words: RatingWords::new(words).unwrap(),
            at: at(minute),
        };
        let first = rating(booked.participants[0].id, 5, "Très bien.", 40);
        assert!(store.add_rating(booked.id, &first).await.unwrap());
        assert!(!store.add_rating(booked.id, &rating(booked.participants[0].id, 1, "", 41)).await.unwrap());
        assert!(store.add_rating(other.id, &rating(other.participants[0].id, 2, "", 100)).await.unwrap());
        assert_eq!(store.ratings_of(booked.id).await.unwrap(), [first]);
        let scores = async |from, to, service| {
            let scores = store.scores_between(at(from), at(to), service).await.unwrap();
            scores.into_iter().map(Score::number).collect::<Vec<_>>()
        };
        assert_eq!(scores(0, 200, None).await, [5, 2]);
        assert_eq!(scores(40, 100, None).await, [5], "from then, and before then");
        assert_eq!(scores(0, 200, Some("Pneumologie")).await, [2]);
    })
    .await;
}

#[tokio::test]
async fn a_consultation_is_opened_again_with_the_links_that_its_end_withdrew() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        let (old, new) = (link(&booked, 0, 1, -60), link(&booked, 0, 2, -50));
        store.add_appointment(&booked, std::slice::from_ref(&old)).await.unwrap();
        store.replace_link(&new).await.unwrap();
        let ended = AppointmentStatus::Fulfilled { at: at(20), outcome: Outcome::Completed };
        assert!(!store.reopen(booked.id, at(20), at(21)).await.unwrap(), "it is not over");
        store.set_appointment_status(booked.id, AppointmentStatus::Booked, ended).await.unwrap();
        store.revoke_links_of(booked.id, at(20)).await.unwrap();
        let person = booked.participants[0].id;
        store.ask_back(booked.id, person, at(21)).await.unwrap();
        store.ask_back(booked.id, person, at(22)).await.unwrap();
        assert_eq!(store.asked_back_in(booked.id).await.unwrap(), [(person, at(22))]);
        assert_eq!(store.asked_back_since(at(22)).await.unwrap(), [(booked.id, person, at(22))]);
        assert_eq!(store.asked_back_since(at(23)).await.unwrap(), []);
        assert!(!store.reopen(booked.id, at(19), at(23)).await.unwrap(), "it ended another time");
        assert!(store.reopen(booked.id, at(20), at(23)).await.unwrap());
        let again = store.appointment(booked.id).await.unwrap().unwrap();
        assert_eq!(again.status, AppointmentStatus::Arrived { at: at(23) });
        let links = store.links_of(booked.id).await.unwrap();
        let revoked: Vec<_> = links.iter().map(|link| link.revoked_at).collect();
        assert_eq!(revoked, [Some(at(-50)), None], "one that was replaced before stays so");
        assert!(!store.reopen(booked.id, at(20), at(24)).await.unwrap());
    })
    .await;
}
