//! The trail over HTTP, on both databases: what leaves a record, who reads it, how it is verified, and whom else it is told to.

use std::time::Duration;

use parvis::audit::verify_export;
use parvis::config::SyslogAddress;
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::StatusCode;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::store_away::OwnPostgres;
use crate::support::app::{Browser, TestApp};
use crate::visit::{BOTH, Visit, doctor_named, secret, soon};

/// Everything that is waited for comes within this time.
const LIMIT: Duration = Duration::from_secs(30);

/// Lines of the trail that fit, newest first, once what was done is written.
async fn trail(app: &TestApp, reader: &Browser, query: &str) -> Vec<Value> {
    app.app.trail.settle().await;
    let (status, page) = reader.get(&format!("/api/trail?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["entries"].as_array().unwrap().clone()
}

/// Waits until there are lines that fit.
async fn found(app: &TestApp, reader: &Browser, query: &str) -> Vec<Value> {
    let look = async {
        loop {
            let entries = trail(app, reader, query).await;
            if !entries.is_empty() {
                return entries;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LIMIT, look).await.unwrap_or_else(|_| panic!("no line fits {query}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_access_leaves_a_record_of_who_what_and_how_it_went() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let Visit { app, doctor, secretary, appointment, .. } = &visit;
        let auditor = app.sign_in("ines").await;
        let path = format!("/api/appointments/{appointment}");
        assert_eq!(doctor.get(&path).await.0, StatusCode::OK);
        let stranger = app.sign_in("karim").await;
        assert_eq!(stranger.get(&path).await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.browser().get(&path).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(secretary.get("/api/appointments?day=2026-11-29").await.0, StatusCode::OK);
        let (mut patient, _, mut doctor_socket) = visit.call().await;
        patient.request(json!({"type": "chat", "text": "Vous me voyez ?"})).await.unwrap();
        doctor_socket.wait("chat_line").await;

        let of = format!("appointment={appointment}");
        let read = trail(app, &auditor, &format!("{of}&deed=read&subject=appointment")).await;
        let told: Vec<_> =
            read.iter().map(|e| (e["name"].as_str(), e["outcome"].as_str().unwrap())).collect();
        assert_eq!(
            told,
            [(None, "refused"), (Some("Dr Karim Benali"), "refused"), (Some("Dr Claire Martin"), "done")],
            "{dialect:?}"
        );
        assert!(
            read.iter()
                .all(|e| e["origin"] == "127.0.0.1" && e["detail"] == "GET /api/appointments/{appointment}")
        );
        assert_eq!(read[0]["actor"], "nobody");
        let lists = trail(app, &auditor, "deed=list&subject=agenda").await;
        assert_eq!(lists[0]["name"], "Camille Roux");
        assert!(lists.iter().all(|e| e["appointment"].is_null()), "a list is of many");
        for (query, name) in [
            ("deed=admit", Some("Dr Claire Martin")),
            ("deed=write&subject=chat_line", None),
            ("deed=create&subject=appointment&outcome=done", Some("Camille Roux")),
        ] {
            let entries = found(app, &auditor, query).await;
            assert_eq!((entries.len(), entries[0]["name"].as_str()), (1, name), "{query}: {entries:?}");
        }
        assert!(found(app, &auditor, &format!("{of}&deed=enter")).await.len() >= 2, "patient and doctor");
        // Sign-ins, also those that do not go well.
        let (_, refused) = app.try_to_sign_in("theo").await;
        assert!(refused.contains("no_role"), "{refused}");
        let sign_ins = trail(app, &auditor, "deed=sign_in").await;
        assert_eq!((&sign_ins[0]["outcome"], &sign_ins[0]["actor"]), (&json!("refused"), &json!("nobody")));
        assert!(sign_ins[0]["detail"].as_str().unwrap().ends_with("no_role"));
        assert!(sign_ins.iter().any(|e| e["name"] == "Dr Claire Martin" && e["outcome"] == "done"));
        // No line holds a name or what somebody wrote: they are found by identifier when it is read.
        let (_, _, bytes) = auditor.fetch("/api/trail/export").await;
        let text = String::from_utf8(bytes).unwrap();
        for word in ["Lefèvre", "Claire", "Camille", "Vous me voyez"] {
            assert!(!text.contains(word), "{word} stands in the trail");
        }
    }
}

/// Only what was refused was limited, and sign-ins not even then: without any login there were as many rows as somebody liked, none of
/// which is ever deleted.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_lengthen_the_chain_by_so_much_and_a_person_who_is_refused_is_in_it() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let auditor = app.sign_in("ines").await;
    app.app.trail.settle().await;
    let before = app.app.store.audit_last().await.unwrap();
    let nobody = app.browser();
    for _ in 0..40 {
        for path in ["/login/callback?code=x&state=x", "/documents/callback/x", "/login/front-channel-logout"]
        {
            nobody.get(path).await;
        }
        nobody.post("/logout", json!({})).await;
        let left = nobody.post("/api/queue/leave", json!({"entry": "x"})).await.0;
        assert_eq!(left, StatusCode::NO_CONTENT);
    }
    // It began here, and the provider said who it is.
    let (_, refused) = app.try_to_sign_in("theo").await;
    assert!(refused.contains("no_role"), "{refused}");
    app.app.trail.settle().await;
    // The minute may have changed once.
    let added = app.app.store.audit_last().await.unwrap() - before;
    assert!(added <= 2 * 30 + 5, "{added}");
    let sign_ins = trail(&app, &auditor, "deed=sign_in&outcome=refused").await;
    assert!(sign_ins[0]["detail"].as_str().unwrap().ends_with("no_role"), "{}", sign_ins[0]);
    let outs = trail(&app, &auditor, "deed=sign_out").await;
    assert!(outs.is_empty(), "nothing ended: {outs:?}");
    assert!(trail(&app, &auditor, "deed=leave").await.is_empty());
    let told = found(&app, &auditor, "deed=lose").await;
    let said =
        told[0]["detail"].as_str().unwrap().strip_prefix("strangers ").expect("how many were left out");
    assert!((1..=80).contains(&said.parse::<u32>().unwrap()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn auditors_and_administrators_read_it_and_nobody_else() {
    let app = TestApp::start(Dialect::Sqlite).await;
    for (who, status) in [
        ("ines", StatusCode::OK),
        ("alex", StatusCode::OK),
        ("camille", StatusCode::NOT_FOUND),
        ("claire", StatusCode::NOT_FOUND),
        ("sofia", StatusCode::NOT_FOUND),
    ] {
        let browser = app.sign_in(who).await;
        for path in ["/api/trail", "/api/trail/alerts", "/api/trail/export"] {
            assert_eq!(browser.fetch(path).await.0, status, "{who}: {path}");
        }
    }
    assert_eq!(app.browser().get("/api/trail").await.0, StatusCode::UNAUTHORIZED);
    // Whoever reads the trail reads nothing that it is about.
    let auditor = app.sign_in("ines").await;
    for path in [
        "/api/appointments?day=2026-11-29",
        "/api/worklist",
        "/api/outbox",
        "/api/retention",
        "/api/statistics/services",
    ] {
        assert_eq!(auditor.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    // Pages, and words that are none.
    let (_, first) = auditor.get("/api/trail").await;
    assert!(first["records"].as_f64().unwrap() > 10.0);
    let (_, next) = auditor.get("/api/trail?before=4").await;
    let seqs: Vec<_> =
        next["entries"].as_array().unwrap().iter().map(|e| e["seq"].as_f64().unwrap()).collect();
    assert_eq!(seqs, [3.0, 2.0, 1.0]);
    assert!(next["next"].is_null());
    assert_eq!(auditor.get("/api/trail?deed=dance").await.0, StatusCode::BAD_REQUEST);
}

#[expect(clippy::disallowed_methods, reason = "the command line is what is tested")]
fn verify(arguments: &[&str]) -> (i32, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_parvis"))
        .args(["audit", "verify"])
        .args(arguments)
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_verified_offline_and_the_first_record_that_does_not_fit_is_named() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let app = &visit.app;
        let auditor = app.sign_in("ines").await;
        let (status, headers, bytes) = auditor.fetch("/api/trail/export").await;
        assert_eq!(
            (status, &headers["cache-control"]),
            (StatusCode::OK, &"private, no-store".parse().unwrap())
        );
        let walked = verify_export(&bytes, Some(app.app.trail.key())).unwrap();
        assert!(walked.records >= 5 && walked.signed_to == walked.last, "{walked:?}");
        let key = parvis::audit::hex(&app.app.trail.key());
        let file = app.folder.path().join("trail.jsonl");
        let path = file.to_str().unwrap();
        std::fs::write(&file, &bytes).unwrap();
        let (code, told) = verify(&[path, "--key", &key]);
        assert_eq!(code, 0, "{told}");
        assert!(told.contains(&format!("{} record(s)", walked.records)) && told.contains(&key), "{told}");
        // A byte of the fourth.
        let mut changed = bytes.clone();
        let fourth = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0 + 60;
        changed[fourth] ^= 1;
        std::fs::write(&file, &changed).unwrap();
        let (code, told) = verify(&[path]);
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("line 4, record 4"), "{told}");
        std::fs::write(&file, &bytes).unwrap();
        let (code, told) = verify(&[path, "--key", &"00".repeat(32)]);
        assert!(code == 1 && told.contains("another key"), "{told}");
        assert_eq!(verify(&[path, "--key", "short"]).0, 2);
        assert_eq!(verify(&["/nowhere/at/all"]).0, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn patients_see_who_has_opened_their_data_behind_the_second_door() {
    for dialect in BOTH {
        let app = TestApp::start(dialect).await;
        let doctor = app.sign_in("claire").await;
        let secretary = app.sign_in("camille").await;
        let id = doctor_named(&secretary, "Claire Martin").await;
        let booking = json!({
            "startsAt": soon(1), "endsAt": soon(31), "service": "Cardiologie", "practitioners": [id], "note": "",
            "guests": [{"role": "patient", "name": "Hélène Lefèvre", "language": "fr", "wantsPin": true},
                {"role": "relative", "name": "Luc Lefèvre", "language": "fr", "wantsPin": true}],
        });
        let (_, booked) = secretary.post("/api/appointments", booking).await;
        let (link, pin) = (secret(&booked["links"][0]), &booked["links"][0]["pin"]);
        let relative = secret(&booked["links"][1]);
        let appointment = booked["appointment"]["appointment"].as_str().unwrap();
        let mut patient = app.browser();
        patient.open_door(json!({"link": link, "digits": pin})).await;
        let mut companion = app.browser();
        companion.open_door(json!({"link": relative, "digits": booked["links"][1]["pin"]})).await;
        let (mut socket, welcome) = patient.hello(json!({"link": link})).await;
        socket.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        let (mut staff, _) = doctor.attend(appointment).await;
        staff.request(json!({"type": "enter"})).await.unwrap();
        staff.request(json!({"type": "admit", "participant": welcome["participant"]})).await.unwrap();
        staff.send(json!({"type": "end", "request": 900, "outcome": "completed"})).await;
        staff.wait("ended").await;
        doctor.get(&format!("/api/appointments/{appointment}")).await;
        doctor.get(&format!("/api/appointments/{appointment}")).await;
        app.app.trail.settle().await;

        let ask = async |browser: &Browser, link: &str| {
            let look = async {
                loop {
                    let answer = browser.post_with("/api/guest/after/access", link, json!({})).await;
                    // Until the end is written the visit is not over.
                    if answer.0 != StatusCode::CONFLICT {
                        return answer;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            tokio::time::timeout(LIMIT, look).await.unwrap()
        };
        let (status, seen) = ask(&patient, &link).await;
        assert_eq!(status, StatusCode::OK, "{seen}");
        let entries = seen["entries"].as_array().unwrap();
        let read = entries.iter().find(|e| e["deed"] == "read" && e["subject"] == "appointment").unwrap();
        assert_eq!(read["name"], "Dr Claire Martin");
        assert!(read["times"].as_f64().unwrap() >= 2.0, "put together: {seen}");
        assert!(entries.iter().any(|e| e["deed"] == "admit" && e["name"] == "Dr Claire Martin"), "{seen}");
        assert!(entries.iter().any(|e| e["who"] == "you"), "{seen}");
        // The link alone, and whoever came along, see nothing of it.
        let (status, _) = ask(&app.browser(), &link).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(ask(&companion, &relative).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_who_sees_very_many_patients_is_an_alert_once() {
    let app = TestApp::start_with(Dialect::Sqlite, |settings| settings.trail.mass_access.patients = 3).await;
    let auditor = app.sign_in("ines").await;
    app.sign_in("claire").await;
    let secretary = app.sign_in("camille").await;
    let doctor = doctor_named(&secretary, "Claire Martin").await;
    for n in 0..4 {
        let booking = json!({
            "startsAt": soon(60 * (n + 1)), "endsAt": soon(60 * (n + 1) + 30), "service": "Cardiologie",
            "guests": [{"role": "patient", "name": "Patient", "language": "fr"}],
            "practitioners": [doctor], "note": "",
        });
        let (_, booked) = secretary.post("/api/appointments", booking).await;
        let id = booked["appointment"]["appointment"].as_str().unwrap();
        secretary.get(&format!("/api/appointments/{id}")).await;
        if n < 1 {
            let none = trail(&app, &auditor, "deed=alert").await;
            assert!(none.is_empty(), "one patient is no alert: {none:?}");
        }
    }
    let alerts = found(&app, &auditor, "deed=alert").await;
    assert_eq!(alerts.len(), 1);
    assert_eq!((&alerts[0]["name"], &alerts[0]["actor"]), (&json!("Camille Roux"), &json!("gateway")));
    let (_, shown) = auditor.get("/api/trail/alerts").await;
    assert_eq!(shown["alerts"][0]["seq"], alerts[0]["seq"]);
    // What comes after it in the same time is not told again: the listener has seen it when it is past it.
    secretary.get("/api/waiting-room").await;
    app.app.trail.settle().await;
    let (last, _) = app.app.store.audit_tip().await.unwrap();
    let past = async {
        while app.app.store.audit_told("alerts").await.unwrap() < last {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, past).await.unwrap();
    assert_eq!(trail(&app, &auditor, "deed=alert").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn collectors_of_syslog_hear_every_record_over_udp_and_over_tcp() {
    let udp = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    for is_tcp in [false, true] {
        let address = if is_tcp { tcp.local_addr().unwrap() } else { udp.local_addr().unwrap() };
        let app = TestApp::start_with(Dialect::Sqlite, |settings| {
            settings.trail.syslog = Some(SyslogAddress { is_tcp, host: address.to_string() });
        })
        .await;
        app.sign_in("claire").await;
        app.app.trail.settle().await;
        let (last, _) = app.app.store.audit_tip().await.unwrap();
        let heard = async {
            let mut messages = Vec::new();
            if is_tcp {
                let (mut stream, _) = tcp.accept().await.unwrap();
                while (messages.len() as u64) < last {
                    // Octet counting: a number, a space, so many bytes.
                    let mut length = String::new();
                    loop {
                        let byte = stream.read_u8().await.unwrap();
                        if byte == b' ' {
                            break;
                        }
                        length.push(byte.into());
                    }
                    let mut message = vec![0; length.parse().unwrap()];
                    stream.read_exact(&mut message).await.unwrap();
                    messages.push(String::from_utf8(message).unwrap());
                }
            } else {
                let mut buffer = vec![0; 4096];
                while (messages.len() as u64) < last {
                    let length = udp.recv(&mut buffer).await.unwrap();
                    messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
                }
            }
            messages
        };
        let messages = tokio::time::timeout(LIMIT, heard).await.expect("every record is heard");
        for (n, message) in (1..).zip(&messages) {
            assert!(message.starts_with("<1") && message.contains(&format!(" seq=\"{n}\" ")), "{message}");
            assert!(message.contains(" localhost parvis - ") && message.ends_with("\"]"), "{message}");
            assert!(!message.contains("Martin"), "no names: {message}");
        }
        assert!(messages.iter().any(|message| message.contains("deed=\"sign_in\"")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fhir_server_is_given_every_record_in_order_once_it_takes_them() {
    use axum::http::HeaderMap;
    let taken: std::sync::Arc<std::sync::Mutex<Vec<(HeaderMap, Value)>>> = Default::default();
    let (keep, count) = (taken.clone(), std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0)));
    let take = move |headers: HeaderMap, body: String| {
        let (keep, count) = (keep.clone(), count.clone());
        async move {
            // It is away at first.
            if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            keep.lock().unwrap().push((headers, serde_json::from_str(&body).unwrap()));
            StatusCode::CREATED
        }
    };
    let server = axum::Router::new().route("/fhir/AuditEvent", axum::routing::post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url::Url::parse(&format!("http://{}/fhir", listener.local_addr().unwrap())).unwrap();
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.trail.fhir = Some((url, Some(Secret::new("let-me".to_owned()))));
    })
    .await;
    app.app.tasks.spawn("a FHIR server", async move { axum::serve(listener, server).await.unwrap() });
    app.sign_in("claire").await;
    app.app.trail.settle().await;
    let (last, _) = app.app.store.audit_tip().await.unwrap();
    let all = async {
        while (taken.lock().unwrap().len() as u64) < last {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, all).await.expect("every record is taken");
    let taken = taken.lock().unwrap().clone();
    let ids: Vec<_> = taken.iter().map(|(_, event)| event["id"].as_str().unwrap().to_owned()).collect();
    let records = app.app.store.audit_records(0, 1000).await.unwrap();
    let known: Vec<_> = records.into_iter().map(|record| record.unwrap().record.id.to_string()).collect();
    assert_eq!(ids, known[..ids.len()]);
    for (headers, event) in taken.iter() {
        assert_eq!(headers["authorization"], "Bearer let-me");
        assert_eq!(headers["content-type"], "application/fhir+json; charset=utf-8");
        assert_eq!(event["resourceType"], "AuditEvent");
    }
}

/// The database does not answer for a while: requests that it could not record are in a file, and in the chain once it is back, in order.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_the_database_is_away_is_in_the_chain_once_it_is_back() {
    let postgres = OwnPostgres::start();
    let url = Secret::new(postgres.url.clone());
    let app = TestApp::start_with(Dialect::Postgres, |settings| settings.store.url = url).await;
    let auditor = app.sign_in("ines").await;
    app.app.trail.settle().await;
    let waiting = app.folder.path().join("audit/waiting.jsonl");
    postgres.signal(Signal::STOP);
    let trail = &app.app.trail;
    for n in 0..5 {
        let mut record = trail.record(
            parvis::audit::Who::Nobody,
            parvis::audit::Deed::SignIn,
            parvis::audit::Subject::Login,
        );
        record.detail = Some(format!("while it was away {n}"));
        trail.note(record);
    }
    trail.settle().await;
    let text = std::fs::read_to_string(&waiting).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(!text.contains("while it was away"), "they wait sealed: {text}");
    postgres.signal(Signal::CONT);
    let back = async {
        while waiting.exists() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LIMIT, back).await.expect("the file is gone once all of it is in the chain");
    let (_, page) = auditor.get("/api/trail?deed=sign_in").await;
    let told: Vec<_> =
        page["entries"].as_array().unwrap().iter().filter_map(|e| e["detail"].as_str()).collect();
    let numbers: Vec<_> =
        told.iter().filter_map(|detail| detail.strip_prefix("while it was away ")).collect();
    assert_eq!(numbers, ["4", "3", "2", "1", "0"], "newest first, each once");
    parvis::trail::verify(&app.app.store, Some(trail.key())).await.unwrap().unwrap();
}
