//! A whole visit as its people live it, over HTTP and WebSocket, on both databases; and what must not happen in one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not so"
)]

use chrono::{TimeDelta, Utc};
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp, share, share_of_another};

pub(crate) const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

#[expect(clippy::disallowed_methods, reason = "the program under test runs on the machine's clock")]
pub(crate) fn soon(minutes: i64) -> String {
    (Utc::now() + TimeDelta::minutes(minutes)).to_rfc3339()
}

pub(crate) async fn doctor_named(secretary: &Browser, name: &str) -> String {
    let (_, people) = secretary.get("/api/practitioners").await;
    let found = people.as_array().unwrap().iter().find(|p| p["name"].as_str().unwrap().contains(name));
    found.expect(name)["practitioner"].as_str().unwrap().to_owned()
}

/// A booking with this start, in minutes from now, as the secretary sends it.
pub(crate) fn booking(doctor: &str, minutes: i64) -> Value {
    json!({
        "startsAt": soon(minutes), "endsAt": soon(minutes + 30), "service": "Cardiologie",
        "guests": [
            {"role": "patient", "name": "Hélène Lefèvre", "language": "fr"},
            {"role": "relative", "name": "Luc Lefèvre", "language": "en"},
        ],
        "practitioners": [doctor], "note": "",
    })
}

/// A booked visit: who booked it, whose it is, and the secrets of the two links.
pub(crate) struct Visit {
    pub(crate) app: TestApp,
    pub(crate) secretary: Browser,
    pub(crate) doctor: Browser,
    pub(crate) appointment: String,
    pub(crate) patient: String,
    pub(crate) relative: String,
}

pub(crate) fn secret(link: &Value) -> String {
    link["address"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

impl Visit {
    pub(crate) async fn book(dialect: Dialect) -> Self {
        Self::book_at(TestApp::start(dialect).await, 5).await
    }

    pub(crate) async fn book_at(app: TestApp, minutes: i64) -> Self {
        // Who has signed in once can be booked.
        let doctor = app.sign_in("claire").await;
        let secretary = app.sign_in("camille").await;
        let id = doctor_named(&secretary, "Claire Martin").await;
        let (status, booked) = secretary.post("/api/appointments", booking(&id, minutes)).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
        let (patient, relative) = (secret(&booked["links"][0]), secret(&booked["links"][1]));
        Self { app, secretary, doctor, appointment, patient, relative }
    }

    /// The patient in the waiting room.
    pub(crate) async fn patient_waits(&self) -> (Socket, String) {
        let (mut socket, welcome) = self.app.guest(&self.patient).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        socket.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        (socket, welcome["participant"].as_str().unwrap().to_owned())
    }

    /// The doctor in the call.
    pub(crate) async fn doctor_enters(&self) -> Socket {
        let (mut socket, welcome) = self.doctor.attend(&self.appointment).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        socket.request(json!({"type": "enter"})).await.unwrap();
        socket
    }

    /// Patient and doctor in the call.
    pub(crate) async fn call(&self) -> (Socket, String, Socket) {
        let (mut patient, id) = self.patient_waits().await;
        let mut doctor = self.doctor_enters().await;
        doctor.request(json!({"type": "admit", "participant": id, "isRecognised": true})).await.unwrap();
        patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        patient.request(json!({"type": "enter"})).await.unwrap();
        (patient, id, doctor)
    }

    pub(crate) fn studies(&self) -> String {
        format!("/api/appointments/{}/studies", self.appointment)
    }
}

/// The synthetic CT as a ZIP, its objects without extension in a folder.
pub(crate) fn ct_zip() -> Vec<u8> {
    let objects = parvis::demo::studies::demo_objects(1).take(12);
    zip_of(objects.enumerate().map(|(i, (_, bytes))| (format!("DICOM/IM{i:04}"), bytes)))
}

pub(crate) fn zip_of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_runs_from_booking_to_outcome() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (_, look) = visit.app.browser().post("/api/guest/look", json!({"link": visit.patient})).await;
        assert_eq!(look["door"], "open");

        let (mut patient, id, mut doctor) = visit.call().await;
        let (mut relative, welcome) = visit.app.guest(&visit.relative).await;
        relative.request(json!({"type": "ready", "camera": "missing", "microphone": "works"})).await.unwrap();
        let waits = |m: &Value| m["people"].as_array().unwrap().iter().any(|p| p["camera"] == "missing");
        let people = doctor.wait_for("people", waits).await;
        assert_eq!(people["people"].as_array().unwrap().len(), 3);
        let relative_id = welcome["participant"].as_str().unwrap();
        doctor
            .request(json!({"type": "admit", "participant": relative_id, "isRecognised": true}))
            .await
            .unwrap();
        relative.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        relative.request(json!({"type": "enter"})).await.unwrap();

        // A CT dropped on the consultation.
        let (status, receipt) = visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        assert_eq!((status, &receipt["received"]), (StatusCode::OK, &json!(12)), "{receipt}");
        doctor.wait_for("receiving", |m| m["isOver"] == false && m["files"].as_u64() > Some(0)).await;
        doctor.wait_for("receiving", |m| m["isOver"] == true && m["received"] == 12).await;
        doctor.wait("studies_changed").await;
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        let series = studies[0]["series"][0].clone();
        assert_eq!(
            (&studies[0]["isOtherPatient"], &studies[0]["isPrior"], &series["frames"]),
            (&json!(false), &json!(false), &json!(12)),
            "{studies}"
        );

        // Everybody sees the same slice, each at their own size.
        for (socket, width) in [(&mut patient, 360), (&mut relative, 640), (&mut doctor, 900)] {
            socket.send(json!({"type": "surface", "viewport": 0, "width": width, "height": 600})).await;
        }
        doctor.request(share(&series["series"])).await.unwrap();
        let (mut before, mut revision) = (Vec::new(), 0);
        for (socket, width) in [(&mut patient, 360), (&mut relative, 640), (&mut doctor, 900)] {
            let (header, bytes) = socket.picture(1).await;
            revision = header["revision"].as_u64().unwrap();
            assert_eq!((&header["width"], &header["index"]), (&json!(width), &json!(6)));
            assert_eq!(header["isLossless"], true);
            let decoded = image::load_from_memory(&bytes).unwrap().to_luma8();
            assert_eq!(decoded.dimensions(), (width, 600));
            assert!(decoded.pixels().any(|pixel| pixel.0[0] > 50), "the picture is black");
            before.push(bytes);
        }
        doctor.send(json!({"type": "set_window", "viewport": 0, "center": -600.0, "width": 1500.0})).await;
        let (header, bytes) = patient.picture(revision + 1).await;
        assert_eq!(header["index"], 6);
        assert_ne!(bytes, before[0], "the patient's picture did not change with the window");
        doctor.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
        let (header, _) = relative.picture(revision + 2).await;
        assert_eq!(header["index"], 2);
        patient.send(json!({"type": "point", "viewport": 0, "x": 0.25, "y": 0.5})).await;
        let pointer = doctor.wait("pointer").await;
        assert_eq!((&pointer["participant"], &pointer["x"]), (&json!(id), &json!(0.25)));

        // The end: outcome kept, everybody told, links closed.
        doctor.send(json!({"type": "end", "request": 99, "outcome": "follow_up"})).await;
        for socket in [&mut patient, &mut relative, &mut doctor] {
            let last = socket.wait("ended").await;
            assert_eq!((&last["outcome"], &last["status"]), (&json!("follow_up"), &json!("fulfilled")));
            assert!(
                socket.until_closed().await.iter().all(|m| m["type"] == "accepted" || m["type"] == "picture")
            );
        }
        let (_, entry) = visit.secretary.get(&format!("/api/appointments/{}", visit.appointment)).await;
        assert_eq!((&entry["status"], &entry["outcome"]), (&json!("fulfilled"), &json!("follow_up")));
        let (_, look) = visit.app.browser().post("/api/guest/look", json!({"link": visit.patient})).await;
        assert_eq!(look["door"], "over");
        let (_, late) = visit.app.guest(&visit.patient).await;
        assert_eq!(late["code"], "consultation_over");
    }
}

/// A doctor and this many guests in one call, with a CT on show.
async fn crowd(app: &TestApp, guests: usize) -> (Socket, Vec<Socket>) {
    let doctor = app.sign_in("claire").await;
    let secretary = app.sign_in("camille").await;
    let claire = doctor_named(&secretary, "Claire Martin").await;
    let mut wanted = booking(&claire, 5);
    let guest = |n| {
        let role = if n == 0 { "patient" } else { "relative" };
        json!({"role": role, "name": format!("Avis {n}"), "language": "fr"})
    };
    wanted["guests"] = (0..guests).map(guest).collect();
    let (status, booked) = secretary.post("/api/appointments", wanted).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    let appointment = booked["appointment"]["appointment"].as_str().unwrap();
    let (mut leading, _) = doctor.attend(appointment).await;
    leading.request(json!({"type": "enter"})).await.unwrap();
    let mut sockets = Vec::new();
    for link in booked["links"].as_array().unwrap() {
        let (mut socket, welcome) = app.guest(&secret(link)).await;
        socket.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        leading
            .request(json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true}))
            .await
            .unwrap();
        socket.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        socket.request(json!({"type": "enter"})).await.unwrap();
        sockets.push(socket);
    }
    doctor.upload(appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = doctor.get(&format!("/api/appointments/{appointment}/studies")).await;
    leading.request(share_of_another(&studies[0]["series"][0]["series"])).await.unwrap();
    (leading, sockets)
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_surfaces_there_are_four_pictures_are_made_of_one_state() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let (mut doctor, mut guests) = crowd(&app, 8).await;
    let side = |n: usize| (300 + 37 * n as u32, 400 - 11 * n as u32);
    for (n, socket) in guests.iter_mut().enumerate() {
        let (width, height) = side(n);
        socket.send(json!({"type": "surface", "viewport": 0, "width": width, "height": height})).await;
        // All are known before a state is compared.
        socket.picture(0).await;
    }
    doctor.send(json!({"type": "set_window", "viewport": 0, "center": 10.0, "width": 300.0})).await;
    let is_it = |m: &Value| m["shown"]["window"]["center"] == 10.0;
    let revision = doctor.wait_for("viewing", is_it).await["revision"].as_u64().unwrap();
    let mut made = std::collections::BTreeSet::new();
    for (n, socket) in guests.iter_mut().enumerate() {
        let (header, bytes) = socket.picture(revision).await;
        let (width, height) = side(n);
        assert_eq!((&header["surfaceWidth"], &header["surfaceHeight"]), (&json!(width), &json!(height)));
        let part: Vec<f64> = serde_json::from_value(header["part"].clone()).unwrap();
        assert!(part[2] >= f64::from(width) - 0.5, "never coarser than the surface: {header}");
        assert!((part[2] / part[3] - f64::from(width) / f64::from(height)).abs() < 1e-6, "{header}");
        // Whoever was slow gets only what is made at rest, which is exactly of its own size.
        if (&header["width"], &header["height"]) != (&json!(width), &json!(height)) {
            made.insert(bytes);
        }
    }
    assert!(made.len() <= 4, "{} pictures", made.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_person_gets_nothing_of_the_room() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, _) = visit.patient_waits().await;
    let mut doctor = visit.doctor_enters().await;
    visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    doctor.request(share(&studies[0]["series"][0]["series"])).await.unwrap();
    for message in [
        json!({"type": "enter"}),
        json!({"type": "admit", "participant": "01990000-0000-7000-8000-000000000001", "isRecognised": true}),
        json!({"type": "end", "outcome": "completed"}),
        share(&studies[0]["series"][0]["series"]),
        json!({"type": "present"}),
    ] {
        assert!(patient.request(message.clone()).await.is_err(), "{message}");
    }
    for message in [
        json!({"type": "surface", "viewport": 0, "width": 300, "height": 300}),
        json!({"type": "point", "viewport": 0, "x": 0.1, "y": 0.1}),
        json!({"type": "publish_offer", "generation": 1, "sdp": "v=0\r\n", "tracks": []}),
    ] {
        patient.send(message).await;
        assert_eq!(patient.wait("problem").await["code"], "not_allowed");
    }
    patient.send(json!({"type": "ping"})).await;
    let mut seen = Vec::new();
    loop {
        let message = patient.next().await;
        seen.push(message["type"].as_str().unwrap().to_owned());
        if message["type"] == "pong" {
            break;
        }
    }
    assert_eq!(seen, ["pong"], "nothing but the answer came");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_do_not_open_say_why() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let visit = Visit::book_at(app, 60).await;
    let look = async |secret: &str| {
        let (status, look) = visit.app.browser().post("/api/guest/look", json!({"link": secret})).await;
        assert_eq!(status, StatusCode::OK);
        look
    };
    let early = look(&visit.patient).await;
    assert_eq!(early["door"], "too_early");
    assert!(early["opensAt"].is_string() && early["startsAt"].is_string());
    assert_eq!(early["service"], "Cardiologie", "where they are awaited, and no name");
    assert!(!early.to_string().contains("Lefèvre") && !early.to_string().contains("Martin"), "{early}");
    assert_eq!(visit.app.guest(&visit.patient).await.1["code"], "too_early");
    let unknown = look("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!((&unknown["door"], &unknown["startsAt"]), (&json!("unknown"), &Value::Null));
    assert_eq!(visit.app.guest("nonsense").await.1["code"], "link_unknown");

    // A new link takes the place of the one before.
    let (_, entry) = visit.secretary.get(&format!("/api/appointments/{}", visit.appointment)).await;
    let id = entry["participants"][0]["participant"].as_str().unwrap();
    let path = format!("/api/appointments/{}/participants/{id}/link", visit.appointment);
    let (status, new) = visit.secretary.post(&path, json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(look(&visit.patient).await["door"], "revoked");
    assert_eq!(look(&secret(&new)).await["door"], "too_early");
    assert_eq!(visit.secretary.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(look(&secret(&new)).await["door"], "revoked");
    assert_eq!(visit.app.guest(&secret(&new)).await.1["code"], "link_revoked");

    let cancel = format!("/api/appointments/{}/cancel", visit.appointment);
    assert_eq!(visit.secretary.post(&cancel, json!({})).await.0, StatusCode::OK);
    assert_eq!(look(&visit.relative).await["door"], "cancelled");
    assert_eq!(visit.secretary.post(&cancel, json!({})).await.1["code"], "wrong_status");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_open_links_first_change_nothing() {
    let visit = Visit::book(Dialect::Sqlite).await;
    for _ in 0..3 {
        for path in ["/join", "/app", "/login?return_to=/app"] {
            visit.app.browser().get(path).await;
        }
        visit.app.browser().post("/api/guest/look", json!({"link": visit.patient})).await;
    }
    let (_, entry) = visit.secretary.get(&format!("/api/appointments/{}", visit.appointment)).await;
    assert_eq!(entry["participants"][0]["place"]["state"], "invited");
    assert_eq!(entry["participants"][0]["link"], "open");
    visit.patient_waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_takes_over_and_the_older_one_says_so() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut older, _, mut doctor) = visit.call().await;
    let (mut newer, welcome) = visit.app.guest(&visit.patient).await;
    assert_eq!(welcome["place"]["state"], "admitted", "no second admission");
    assert_eq!(older.wait("taken_over").await["type"], "taken_over");
    assert!(older.until_closed().await.is_empty());
    newer.request(json!({"type": "enter"})).await.unwrap();
    let is_in = |m: &Value| m["people"][0]["place"]["state"] == "in_call";
    doctor.wait_for("people", is_in).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_keeps_place_and_admission() {
    let visit = Visit::book(Dialect::Postgres).await;
    let (patient, _, mut doctor) = visit.call().await;
    drop(patient);
    let people = doctor.wait_for("people", |m| m["people"][0]["place"]["state"] == "lost").await;
    assert!(people["people"][0]["place"]["until"].is_string());
    let (mut again, welcome) = visit.app.guest(&visit.patient).await;
    assert_eq!(welcome["place"]["state"], "admitted");
    again.request(json!({"type": "enter"})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_stays_out_until_there_is_a_new_link() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, id, mut doctor) = visit.call().await;
    doctor.request(json!({"type": "remove", "participant": id})).await.unwrap();
    patient.wait_for("place", |m| m["place"]["state"] == "removed").await;
    patient.until_closed().await;
    assert_eq!(visit.app.guest(&visit.patient).await.1["code"], "link_revoked");
    let path = format!("/api/appointments/{}/participants/{id}/link", visit.appointment);
    let (_, new) = visit.doctor.post(&path, json!({})).await;
    let (_, welcome) = visit.app.guest(&secret(&new)).await;
    assert_eq!(welcome["place"]["state"], "testing");
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_that_cannot_be_are_refused_with_their_reason() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let id = doctor_named(&visit.secretary, "Claire Martin").await;
        let code = async |change: &dyn Fn(&mut Value)| {
            let mut wanted = booking(&id, 300);
            change(&mut wanted);
            let (status, answer) = visit.secretary.post("/api/appointments", wanted).await;
            assert!(status.is_client_error(), "{answer}");
            answer["code"].as_str().unwrap().to_owned()
        };
        assert_eq!(code(&|b| b["startsAt"] = soon(-30).into()).await, "in_the_past");
        let over = |b: &mut Value| {
            b["startsAt"] = soon(20).into();
            b["endsAt"] = soon(40).into();
        };
        assert_eq!(code(&over).await, "practitioner_busy");
        assert_eq!(code(&|b| b["guests"] = json!([])).await, "not_one_patient");
        assert_eq!(code(&|b| b["practitioners"] = json!([])).await, "no_practitioner");
        let nobody = "01990000-0000-7000-8000-000000000001";
        assert_eq!(code(&|b| b["practitioners"] = json!([nobody])).await, "unknown_practitioner");
        assert_eq!(code(&|b| b["guests"][0]["name"] = "".into()).await, "name_missing");
        assert_eq!(code(&|b| b["startsAt"] = "tomorrow".into()).await, "bad_request");
        assert_eq!(code(&|b| b["surprise"] = 1.into()).await, "bad_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_what_is_not_theirs() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let path = format!("/api/appointments/{}", visit.appointment);
    for (who, may_see) in
        [("claire", true), ("camille", true), ("karim", false), ("sofia", false), ("alex", false)]
    {
        let browser = visit.app.sign_in(who).await;
        let (status, _) = browser.get(&path).await;
        assert_eq!(status == StatusCode::OK, may_see, "{who}");
        let (status, _) = browser.get(&visit.studies()).await;
        assert_eq!(status == StatusCode::OK, who == "claire", "{who} and the studies");
        let (_, first) = browser.attend(&visit.appointment).await;
        assert_eq!(first["type"] == "welcome", who == "claire", "{who}: {first}");
    }
    let (status, answer) = visit.app.browser().get(&path).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("sign_in_needed")));
    // What is not there and what is not theirs look the same.
    let karim = visit.app.sign_in("karim").await;
    let (_, forbidden) = karim.get(&path).await;
    let (_, unknown) = karim.get("/api/appointments/01990000-0000-7000-8000-000000000001").await;
    assert_eq!(forbidden, unknown);
    let (_, day) = karim.get(&format!("/api/appointments?day={}", &soon(5)[..10])).await;
    assert_eq!(day, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_with_a_role_that_nobody_mapped_is_refused() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let (browser, page) = app.try_to_sign_in("theo").await;
    assert_eq!(browser.cookie, None);
    assert_eq!(page, "/app/sign-in?problem=no_role&reason=no_role");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_login() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let camille = app.sign_in("camille").await;
    assert_eq!(camille.get("/api/me").await.1["name"], "Camille Roux");
    let (status, out) = camille.post("/logout", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert!(out["next"].as_str().unwrap().contains("/demo-idp/"), "{out}");
    assert_eq!(camille.get("/api/me").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_speak_for_a_visitor() {
    let visit = Visit::book(Dialect::Sqlite).await;
    for origin in ["https://evil.example", "http://localhost:1", "null"] {
        assert_eq!(visit.doctor.try_socket(origin).await.err(), Some(403), "{origin}");
        assert_eq!(visit.doctor.post_from(Some(origin), "/logout").await, StatusCode::FORBIDDEN, "{origin}");
    }
    assert_eq!(visit.doctor.post_from(None, "/logout").await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_out_of_order_disturb_nobody() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let mut hasty = visit.app.browser().socket().await;
    hasty.send(json!({"type": "enter", "request": 1})).await;
    assert_eq!(hasty.next().await["code"], "out_of_order");
    assert!(hasty.until_closed().await.is_empty());
    let mut old = visit.app.browser().socket().await;
    old.send(json!({"type": "hello", "protocol": 99, "language": "fr", "link": visit.patient})).await;
    assert_eq!(old.next().await["code"], "unsupported_protocol");

    let (mut patient, _, mut doctor) = visit.call().await;
    for text in
        ["{", "[]", "{\"type\":\"surprise\"}", "{\"type\":\"hello\",\"protocol\":3,\"language\":\"fr\"}"]
    {
        patient.send_text(text.to_owned()).await;
    }
    let sdp = "x".repeat(70_000);
    patient.send(json!({"type": "publish_offer", "generation": 1, "sdp": sdp, "tracks": []})).await;
    patient.wait_for("problem", |m| m["code"] == "bad_media").await;
    patient.send(json!({"type": "subscribe_answer", "generation": 7, "sdp": "v=0\r\n"})).await;
    patient.send(json!({"type": "scroll", "viewport": 0, "index": 3})).await;
    patient.wait_for("problem", |m| m["code"] == "not_allowed").await;
    patient.send(json!({"type": "drawn", "sequence": 77})).await;
    patient.send(json!({"type": "ping"})).await;
    patient.wait("pong").await;
    doctor.send(json!({"type": "ping"})).await;
    doctor.wait("pong").await;
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 3})).await;
    assert_eq!(doctor.wait("problem").await["code"], "nothing_shared");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_no_studies_say_so_and_lose_nothing() {
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.archive.max_upload_bytes = 40 << 20;
    });
    let visit = Visit::book_at(app.await, 5).await;
    let refusal = async |name: &str, bytes: Vec<u8>| {
        let (status, receipt) = visit.doctor.upload(&visit.appointment, name, bytes).await;
        assert_eq!(status, StatusCode::OK, "{receipt}");
        assert_eq!(receipt["received"], 0, "{receipt}");
        receipt["refused"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(refusal("letter.txt", b"Dear colleague, ...".repeat(40)).await.len(), 1);
    assert_eq!(refusal("cd.zip", zip_of([("readme.txt".into(), b"hello".to_vec())])).await, ["no_images"]);
    let (_, object) = parvis::demo::studies::demo_objects(1).next().unwrap();
    let slip = zip_of([("../../etc/evil.dcm".to_owned(), object.clone())]);
    assert_eq!(refusal("slip.zip", slip).await, ["unsafe_archive"]);
    let bomb = zip_of([("a.dcm".to_owned(), vec![0; 200 << 20])]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(refusal("bomb.zip", bomb).await, ["archive_too_large"]);
    let (status, problem) = visit.doctor.upload(&visit.appointment, "huge", vec![0; 41 << 20]).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));

    // A good file beside bad ones is kept, once however often it comes.
    let mixed = [("IM1".to_owned(), object.clone()), ("junk".to_owned(), vec![7; 5000])];
    for _ in 0..2 {
        let (_, receipt) = visit.doctor.upload(&visit.appointment, "mixed.zip", zip_of(mixed.clone())).await;
        assert_eq!(receipt["received"], 1, "{receipt}");
    }
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    assert_eq!(studies[0]["series"][0]["frames"], 1);
    let left: Vec<_> = std::fs::read_dir(visit.app.folder.path().join("archive/incoming")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_another_name_are_shown_with_a_warning() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let doctor = app.sign_in("claire").await;
    let id = doctor_named(&doctor, "Claire Martin").await;
    let mut wanted = booking(&id, 5);
    wanted["guests"] = json!([{"role": "patient", "name": "Marcel Aubry", "language": "fr"}]);
    let (_, booked) = doctor.post("/api/appointments", wanted).await;
    let appointment = booked["appointment"]["appointment"].as_str().unwrap();
    doctor.upload(appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = doctor.get(&format!("/api/appointments/{appointment}/studies")).await;
    assert_eq!(studies[0]["isOtherPatient"], true);
    assert!(studies[0]["patientName"].as_str().unwrap().contains("LEFEVRE"));

    // Shown only after the person was asked, and that is written down.
    let series = &studies[0]["series"][0]["series"];
    let (mut socket, welcome) = doctor.attend(appointment).await;
    socket.request(json!({"type": "enter"})).await.unwrap();
    assert_eq!(socket.request(share(series)).await, Err("other_patient".to_owned()));
    let id = appointment.parse().unwrap();
    assert_eq!(app.app.store.other_patients_shown_in(id).await.unwrap(), []);
    socket.request(share_of_another(series)).await.unwrap();
    let written = async {
        loop {
            let acts = app.app.store.other_patients_shown_in(id).await.unwrap();
            if let [act] = acts[..] {
                break act;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let act = tokio::time::timeout(std::time::Duration::from_secs(10), written).await.unwrap();
    assert_eq!(
        (act.series.to_string(), act.by.to_string()),
        (series.as_str().unwrap().to_owned(), welcome["participant"].as_str().unwrap().to_owned(),)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_answer_carries_its_guards() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let client = reqwest::Client::new();
    for path in ["/app", "/join", "/api/me", "/api/hospital", "/nothing/here.js"] {
        let response = client.get(format!("{}{path}", app.base)).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer", "{path}");
    }
    assert_eq!(app.browser().get("/health/live").await.0, StatusCode::OK);
    assert_eq!(app.browser().get("/health/ready").await.0, StatusCode::OK);
}

/// Over TLS browsers speak HTTP/2, and then they ask for a socket with another method.
#[tokio::test]
async fn a_browser_on_http_2_gets_its_sockets() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let doctor = app.sign_in("claire").await;
    let stream = tokio::net::TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    let asked = ask_for_sockets(&app, &doctor, requests);
    tokio::select! {
        ended = connection => panic!("the connection ended: {ended:?}"),
        () = asked => {}
    }
}

async fn ask_for_sockets(app: &TestApp, doctor: &Browser, requests: h2::client::SendRequest<bytes::Bytes>) {
    let mut requests = requests.ready().await.unwrap();
    while !requests.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    for path in ["/ws", "/ws/agenda"] {
        let request = http::Request::builder()
            .method("CONNECT")
            .uri(format!("{}{path}", app.base))
            .header("origin", &app.base)
            .header("cookie", format!("__Host-parvis-login={}", doctor.cookie.as_deref().unwrap()))
            .header("sec-websocket-version", "13")
            .extension(h2::ext::Protocol::from_static("websocket"))
            .body(())
            .unwrap();
        let (answer, mut said) = requests.send_request(request, false).unwrap();
        assert_eq!(answer.await.unwrap().status(), StatusCode::OK, "{path}");
        said.send_reset(h2::Reason::CANCEL);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_media_thread_has_ended_is_not_ready() {
    let app = TestApp::start(Dialect::Sqlite).await;
    app.app.sfu.send(parvis::sfu::Command::Drill { room: None }).unwrap();
    let ended = async {
        while app.app.sfu.is_running() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), ended).await.unwrap();
    assert_eq!(app.browser().get("/health/live").await.0, StatusCode::OK);
    let (status, why) = app.browser().get("/health/ready").await;
    assert_eq!((status, why), (StatusCode::SERVICE_UNAVAILABLE, "a media thread has ended\n".into()));
}
