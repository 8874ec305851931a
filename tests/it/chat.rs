//! What people write and share in a consultation, and who must not get any of it.

use parvis::clinical::{ChatKeep, SharedFile};
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::ConnectOptions;

use crate::support::app::{Browser, TestApp};
use crate::visit::{BOTH, Visit, doctor_named, secret, soon, zip_of};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";

/// Deletes what the policy of a finished consultation deletes; the program itself does so every ten minutes.
async fn purge(visit: &Visit) {
    let app = &visit.app.app;
    let now = app.clock.now();
    let expiry = ChatKeep::Consultation.expiry(app.door, now);
    let purged = app.store.purge_chats(expiry, (app.clock.new_uuid(), now)).await.unwrap();
    let shelf = app.archive.shelf().await;
    for content in purged.files {
        shelf.remove(content).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_reaches_everybody_in_the_call_and_whoever_enters_later() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (mut patient, id, mut doctor) = visit.call().await;
        let text = "J'ai mal là\net là 🙂";
        patient.request(json!({"type": "chat", "text": text})).await.unwrap();
        let line = doctor.wait("chat_line").await;
        assert_eq!(
            (&line["participant"], &line["text"], &line["name"]),
            (&json!(id), &json!(text), &json!("Hélène Lefèvre"))
        );
        doctor.request(json!({"type": "chat", "text": "Montrez."})).await.unwrap();
        assert_eq!(
            patient.wait_for("chat_line", |m| m["text"] == "Montrez.").await["name"],
            "Dr Claire Martin"
        );

        // A relative who waits neither reads nor writes; once in the call they read what was written before.
        let (mut relative, welcome) = visit.app.guest(&visit.relative).await;
        relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        let refused = relative.request(json!({"type": "chat", "text": "Bonjour"})).await;
        assert_eq!(refused, Err("not_allowed".to_owned()));
        doctor
            .request(json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true}))
            .await
            .unwrap();
        relative.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        relative.send(json!({"type": "enter", "request": 50})).await;
        let history = relative.wait("chat_history").await;
        let texts: Vec<_> = history["lines"].as_array().unwrap().iter().map(|line| &line["text"]).collect();
        assert_eq!(texts, [text, "Montrez."]);
        assert_eq!(history["lines"][0]["id"], line["id"], "a client can tell that it is the same line");

        for (text, code) in [
            (String::new(), "bad_request"),
            (" \n ".to_owned(), "bad_request"),
            ("a\u{7}b".to_owned(), "bad_request"),
            ("abc\u{202e}fdp".to_owned(), "bad_request"),
            ("x".repeat(2001), "too_large"),
        ] {
            let refused = patient.request(json!({"type": "chat", "text": text})).await;
            assert_eq!(refused, Err(code.to_owned()), "{text:?}");
        }
        let mut answers = Vec::new();
        for number in 0..12 {
            answers.push(patient.request(json!({"type": "chat", "text": number.to_string()})).await);
        }
        assert!(answers.contains(&Err("too_many".to_owned())), "{answers:?}");
        doctor.request(json!({"type": "chat", "text": "Un autre peut encore écrire."})).await.unwrap();

        doctor.send(json!({"type": "end", "request": 99, "outcome": "completed"})).await;
        patient.wait("ended").await;
        purge(&visit).await;
        let id = visit.appointment.parse().unwrap();
        assert_eq!(visit.app.app.store.chat_lines_of(id).await.unwrap(), [], "gone with the consultation");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_kept_is_not_told_as_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parvis.db");
    let url = format!("sqlite://{}", file.display());
    let app = TestApp::start_with(Dialect::Sqlite, |settings| settings.store.url = Secret::new(url)).await;
    let visit = Visit::book_at(app, 5).await;
    let (mut patient, _, mut doctor) = visit.call().await;
    let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let refuse = "CREATE TRIGGER refusal BEFORE INSERT ON chat_line BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(refuse).execute(&mut other).await.unwrap();
    patient.request(json!({"type": "chat", "text": "Perdue"})).await.unwrap();
    let line = doctor.wait("chat_line").await;
    assert_eq!((&line["text"], &line["isKept"]), (&json!("Perdue"), &json!(false)));
    sqlx::query("DROP TRIGGER refusal").execute(&mut other).await.unwrap();
    // It holds nothing up, and is told once.
    patient.request(json!({"type": "chat", "text": "Gardée"})).await.unwrap();
    let line = doctor.wait("chat_line").await;
    assert_eq!((&line["text"], &line["isKept"]), (&json!("Gardée"), &Value::Null));
    let kept = visit.app.app.store.chat_lines_of(visit.appointment.parse().unwrap()).await.unwrap();
    assert_eq!(kept.iter().map(|line| line.text.expose()).collect::<Vec<_>>(), ["Gardée"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_reaches_the_people_of_the_call_and_is_only_ever_saved() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (_patient, id, mut doctor) = visit.call().await;
        let guest = visit.app.browser();
        let link = Some(visit.patient.as_str());
        let name = "..%2F..%2Fetc%2FR%C3%A9sultats%0D%0A%20du%2025.exe";
        let (status, file) = guest.share_file(&visit.appointment, name, link, PDF).await;
        assert_eq!(
            (status, &file["fileName"]),
            (StatusCode::CREATED, &json!("Résultats du 25.exe.pdf")),
            "{file}"
        );
        let told = doctor.wait("file_shared").await;
        assert_eq!((&told["id"], &told["participant"]), (&file["id"], &json!(id)));
        assert_eq!((&told["mediaType"], &told["bytes"]), (&json!("application/pdf"), &json!(PDF.len())));
        for (browser, link) in [(&visit.doctor, None), (&guest, link)] {
            let (status, headers, bytes) = browser.fetch_file(&visit.appointment, &file, link).await;
            assert_eq!((status, bytes.as_slice()), (StatusCode::OK, PDF));
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            let disposition = "attachment; filename*=UTF-8''R%C3%A9sultats%20du%2025.exe.pdf";
            assert_eq!(header("content-disposition"), disposition);
            assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(
                (header("content-type"), header("cache-control")),
                ("application/pdf".into(), "private, no-store".into())
            );
        }
        // A page that says it is a picture is no picture; nor is a program, nor a sheet with macros.
        let macros = zip_of([
            ("[Content_Types].xml".to_owned(), b"<x/>".to_vec()),
            ("word/document.xml".to_owned(), b"<x/>".to_vec()),
            ("word/vbaProject.bin".to_owned(), vec![0; 10]),
        ]);
        let letter = zip_of([
            ("[Content_Types].xml".to_owned(), b"<x/>".to_vec()),
            ("word/document.xml".to_owned(), b"<x/>".to_vec()),
        ]);
        for (name, bytes, expected) in [
            ("photo.png", b"<html><script>alert(1)</script>\0".to_vec(), None),
            ("run.pdf", b"MZ\x90\0\x03".to_vec(), None),
            ("macros.docx", macros, None),
            ("empty.txt", Vec::new(), None),
            ("lettre.docx", letter, Some("lettre.docx")),
            ("page.html", b"<script>alert(1)</script>".to_vec(), Some("page.html.txt")),
        ] {
            let (status, answer) = visit.doctor.share_file(&visit.appointment, name, None, bytes).await;
            match expected {
                Some(name) => {
                    assert_eq!((status, &answer["fileName"]), (StatusCode::CREATED, &json!(name)), "{answer}")
                }
                None => {
                    let got = (status, &answer["code"]);
                    assert_eq!(
                        got,
                        (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("wrong_file_kind")),
                        "{name}"
                    );
                }
            }
        }
        let mut large = PDF.to_vec();
        large.resize(SharedFile::MAX_BYTES as usize + 1, b' ');
        let (status, answer) = visit.doctor.share_file(&visit.appointment, "large.pdf", None, large).await;
        assert_eq!((status, &answer["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));

        doctor.send(json!({"type": "end", "request": 99, "outcome": "completed"})).await;
        doctor.wait("ended").await;
        let (status, answer) = visit.doctor.share_file(&visit.appointment, "late.pdf", None, PDF).await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("consultation_over")));
        let incoming = std::fs::read_dir(visit.app.folder.path().join("archive/incoming")).unwrap();
        assert_eq!(incoming.count(), 0, "what was refused is cleared away");
        purge(&visit).await;
        assert_eq!(visit.doctor.fetch_file(&visit.appointment, &file, None).await.0, StatusCode::NOT_FOUND);
        assert_eq!(visit.app.app.archive.shelf().await.contents().await.unwrap(), Vec::<[u8; 32]>::new());
    }
}

/// The status with which a person is refused a file, and may not share one either.
async fn refusal(
    browser: &Browser,
    appointment: &str,
    file: &Value,
    link: Option<&str>,
) -> (StatusCode, String) {
    let (status, _, body) = browser.fetch_file(appointment, file, link).await;
    let problem: Value = serde_json::from_slice(&body).unwrap();
    let (shared, answer) = browser.share_file(appointment, "x.pdf", link, PDF).await;
    assert_eq!(
        (status, &problem["code"]),
        (shared, &answer["code"]),
        "fetching and sharing are refused alike"
    );
    (status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_files_of_a_call_that_they_are_not_in() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (patient, id, mut doctor) = visit.call().await;
    let (status, file) = visit.doctor.share_file(&visit.appointment, "o.pdf", None, PDF).await;
    assert_eq!(status, StatusCode::CREATED);
    let nobody = visit.app.browser();
    let not_found = (StatusCode::NOT_FOUND, "not_found".to_owned());
    for person in ["karim", "sofia", "camille", "alex"] {
        let browser = visit.app.sign_in(person).await;
        assert_eq!(refusal(&browser, &visit.appointment, &file, None).await, not_found, "{person}");
    }
    let anonymous = refusal(&nobody, &visit.appointment, &file, None).await;
    assert_eq!(anonymous, (StatusCode::UNAUTHORIZED, "sign_in_needed".to_owned()));
    let unknown = refusal(&nobody, &visit.appointment, &file, Some("nonsense")).await;
    assert_eq!(unknown, (StatusCode::FORBIDDEN, "link_unknown".to_owned()));

    // Somebody who waits, and somebody of another appointment, though its doctor is the same.
    let (mut relative, _) = visit.app.guest(&visit.relative).await;
    relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let link = Some(visit.relative.as_str());
    assert_eq!(refusal(&nobody, &visit.appointment, &file, link).await, not_found, "waits");
    let claire = doctor_named(&visit.secretary, "Claire Martin").await;
    let booking = json!({
        "startsAt": soon(60), "endsAt": soon(90), "service": "Cardiologie", "practitioners": [claire], "note": "",
        "guests": [{"role": "patient", "name": "Paul Durand", "language": "fr"}],
    });
    let (_, other) = visit.secretary.post("/api/appointments", booking).await;
    let elsewhere = other["appointment"]["appointment"].as_str().unwrap();
    let (status, _, _) = visit.doctor.fetch_file(elsewhere, &file, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "the file is of another appointment");
    let early = refusal(&nobody, &visit.appointment, &file, Some(&secret(&other["links"][0]))).await;
    assert_eq!(early, (StatusCode::FORBIDDEN, "too_early".to_owned()));
    // A good link of this appointment opens no other.
    let link = Some(visit.patient.as_str());
    assert_eq!(nobody.fetch_file(&visit.appointment, &file, link).await.0, StatusCode::OK);
    assert_eq!(nobody.fetch_file(elsewhere, &file, link).await.0, StatusCode::NOT_FOUND);

    // Away, the place is kept and the files are not handed out; removed, the link opens nothing.
    drop(patient);
    doctor.wait_for("people", |m| m["people"][0]["place"]["state"] == "lost").await;
    assert_eq!(refusal(&nobody, &visit.appointment, &file, link).await, not_found, "lost");
    doctor.request(json!({"type": "remove", "participant": id})).await.unwrap();
    let revoked = (StatusCode::FORBIDDEN, "link_revoked".to_owned());
    assert_eq!(refusal(&nobody, &visit.appointment, &file, link).await, revoked, "removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_withdrawn_during_the_call_fetches_nothing_more() {
    let visit = Visit::book(Dialect::Postgres).await;
    let (_patient, id, _doctor) = visit.call().await;
    let (_, file) = visit.doctor.share_file(&visit.appointment, "o.pdf", None, PDF).await;
    let (guest, link) = (visit.app.browser(), Some(visit.patient.as_str()));
    assert_eq!(guest.fetch_file(&visit.appointment, &file, link).await.0, StatusCode::OK);
    let path = format!("/api/appointments/{}/participants/{id}/link", visit.appointment);
    assert_eq!(visit.doctor.delete(&path).await, StatusCode::NO_CONTENT);
    let refused = refusal(&guest, &visit.appointment, &file, link).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, "link_revoked".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_share_files_for_a_visitor() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let path = format!("/api/appointments/{}/files?name=x.pdf", visit.appointment);
    for origin in [Some("https://evil.example"), None] {
        assert_eq!(visit.doctor.post_from(origin, &path).await, StatusCode::FORBIDDEN, "{origin:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_whose_rows_are_gone_are_cleared_away_at_the_start() {
    let first = TestApp::start(Dialect::Postgres).await;
    let shelf_of = |app: &TestApp| app.folder.path().join("archive");
    let left_over = shelf_of(&first).join("left-over");
    std::fs::write(&left_over, PDF).unwrap();
    first.app.archive.shelf().await.keep(&left_over, [9; 32]).await.unwrap();
    let folder = shelf_of(&first);
    let again = TestApp::start_with(Dialect::Sqlite, |settings| settings.archive.folder = folder).await;
    let cleared = async {
        while !again.app.archive.shelf().await.contents().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), cleared).await.expect("it is cleared away");
}
