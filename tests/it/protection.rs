//! What is told of how a call is protected, on both databases: to whom, from what is so, and nothing that is not.

use std::fs;
use std::path::Path;

use parvis::config::{Mail, MailSecurity, SyslogAddress};
use parvis::secret::Secret;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::visit::{BOTH, Visit};

fn path(visit: &Visit) -> String {
    format!("/api/appointments/{}/protection", visit.appointment)
}

async fn as_guest(browser: &Browser, path: &str, link: &str) -> (StatusCode, Value) {
    let (status, body) = browser.fetch_with(path, Some(link)).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn of<'a>(facts: &'a Value, participant: &str) -> &'a Value {
    let people = facts["people"].as_array().unwrap();
    people.iter().find(|person| person["participant"] == participant).unwrap_or(&Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_call_are_told_how_each_proved_who_they_are_and_nobody_else_is() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let Visit { app, secretary, doctor, patient, .. } = &visit;
        let guest = app.browser();
        // Whoever waits is told nothing of it, nor is anybody who is not in the visit.
        let (_waiting, _) = visit.patient_waits().await;
        assert_eq!(as_guest(&guest, &path(&visit), patient).await.0, StatusCode::NOT_FOUND, "{dialect:?}");
        let (_socket, id, mut doctor_socket) = visit.call().await;
        let stranger = app.sign_in("karim").await;
        for other in [&stranger, secretary] {
            assert_eq!(other.get(&path(&visit)).await.0, StatusCode::NOT_FOUND);
        }
        assert_eq!(guest.get(&path(&visit)).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(as_guest(&guest, &path(&visit), &visit.relative).await.0, StatusCode::NOT_FOUND);

        let (status, told) = as_guest(&guest, &path(&visit), patient).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        assert_eq!(told["people"].as_array().unwrap().len(), 2, "the relative has not come: {told}");
        let own = of(&told, &id);
        assert_eq!((&own["assurance"], &own["opening"]), (&json!("link_only"), &Value::Null));
        assert_eq!(
            (&own["seen"]["means"], &own["seen"]["name"]),
            (&json!("recognised"), &json!("Dr Claire Martin"))
        );
        let people = told["people"].as_array().unwrap();
        let staff = people.iter().find(|person| person["assurance"] == "signed_in").unwrap();
        assert_eq!(staff["signIn"]["strength"], "unsaid", "the demo's provider names no class: {staff}");
        assert!(staff["signIn"]["at"].is_string() && staff["seen"].is_null());
        assert_eq!(told["deployment"], Value::Null);
        let facts = ["media", "isMediaRecorded", "images", "isEncryptedAtRest", "isSiteEncrypted", "outside"];
        assert_eq!(
            facts.map(|fact| told[fact].clone()),
            [json!("gateway"), json!(false), json!("gateway"), json!(true), json!(false), json!([])],
            "{told}"
        );
        assert_eq!(told["chatDays"], Value::Null, "until it is over");
        let studies =
            told["kept"].as_array().unwrap().iter().find(|kept| kept["class"] == "studies").unwrap();
        assert_eq!(studies["days"], 180);

        let (status, told) = doctor.get(&path(&visit)).await;
        assert_eq!((status, told["people"].as_array().unwrap().len()), (StatusCode::OK, 3), "{told}");
        // Staff are told of the sign-in at the provider of the tests.
        let outside: Vec<_> = told["outside"].as_array().unwrap().iter().map(|each| &each["kind"]).collect();
        assert_eq!(outside, ["sign_in"]);
        doctor_socket.send(json!({"type": "end", "request": 900, "outcome": "completed"})).await;
        doctor_socket.wait("ended").await;
        assert_ne!(as_guest(&guest, &path(&visit), patient).await.0, StatusCode::OK, "it is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_told_to_whoever_showed_it_and_to_staff() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let Visit { app, secretary, doctor, appointment, patient, relative, .. } = &visit;
    let entry = secretary.get(&format!("/api/appointments/{appointment}")).await.1;
    let people = entry["participants"].as_array().unwrap();
    let id =
        people.iter().find(|person| person["role"] == "patient").unwrap()["participant"].as_str().unwrap();
    let pin = format!("/api/appointments/{appointment}/participants/{id}/pin");
    let (_, pin) = secretary.post(&pin, json!({})).await;
    let mut browser = app.browser();
    let opened = browser.open_door(json!({"link": patient, "digits": pin["pin"]})).await.1;
    assert_eq!(opened["outcome"], "opened", "{opened}");
    let mut doctor_socket = visit.doctor_enters().await;
    let mut sockets = Vec::new();
    for (guest, link) in [(&browser, patient), (&app.browser(), relative)] {
        let (mut socket, welcome) = guest.hello(json!({"link": link})).await;
        let whose = welcome["participant"].as_str().unwrap().to_owned();
        socket.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        assert_eq!(guest.agree(link).await, StatusCode::NO_CONTENT);
        let admit = json!({"type": "admit", "participant": whose, "isRecognised": true});
        doctor_socket.request(admit).await.unwrap();
        socket.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        socket.request(json!({"type": "enter"})).await.unwrap();
        sockets.push(socket);
    }
    let told = async |browser: &Browser, link: &str| as_guest(browser, &path(&visit), link).await.1;
    let own = told(&browser, patient).await;
    assert_eq!(
        (&of(&own, id)["assurance"], &of(&own, id)["opening"]),
        (&json!("link_and_code"), &json!("pin"))
    );
    assert_eq!(of(&doctor.get(&path(&visit)).await.1, id)["opening"], "pin");
    let other = told(&app.browser(), relative).await;
    let patient = of(&other, id);
    assert_eq!(patient["assurance"], "link_and_code", "{other}");
    assert!(patient["opening"].is_null() && patient["seen"].is_null(), "{patient}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_follows_the_settings() {
    let mail = Mail {
        host: "smtp.hopital.example".to_owned(),
        port: 587,
        security: MailSecurity::Starttls,
        user: None,
        password: None,
        from: "visio@hopital.example".to_owned(),
        authority: None,
        bounce_secret: None,
        administrators: vec![],
    };
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.mail = Some(mail);
        settings.trail.syslog = Some(SyslogAddress { is_tcp: false, host: "127.0.0.1:1".to_owned() });
        settings.chat_keep = parvis::clinical::ChatKeep::Days(30);
        settings.retention.studies = 7;
        settings.network.relay_urls = vec![
            "turns:relay.example:443?transport=tcp".to_owned(),
            "turn:relay.example:3478?transport=tcp".to_owned(),
        ];
        settings.network.external_secret = Some(Secret::new("x".repeat(32)));
        settings.egress.hosts = vec!["keys.example".to_owned()];
    })
    .await;
    let visit = Visit::book_at(app, 5).await;
    let _call = visit.call().await;
    let guest = visit.app.browser();
    let told = as_guest(&guest, &path(&visit), &visit.patient).await.1;
    assert_eq!(
        told["outside"],
        json!([
            {"kind": "mail", "host": "smtp.hopital.example", "isEncrypted": true},
            // One of its two ways is without TLS.
            {"kind": "relay", "host": "relay.example", "isEncrypted": false},
            {"kind": "syslog", "isEncrypted": false},
        ])
    );
    assert_eq!(told["chatDays"], 30);
    let kept = told["kept"].as_array().unwrap();
    assert!(kept.contains(&json!({"class": "studies", "days": 7})), "{told}");
    assert!(kept.contains(&json!({"class": "chats"})), "{told}");

    let administrator = visit.app.sign_in("alex").await;
    let (_, told) = administrator.get("/api/protection").await;
    let deployment = &told["deployment"];
    assert_eq!(deployment["allowedHosts"], json!(["keys.example"]));
    assert_eq!(deployment["isRelayExternal"], json!(true));
    assert!(told.to_string().contains("\"host\":\"127.0.0.1\""), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deployment_is_told_to_administrators_and_auditors() {
    for dialect in BOTH {
        let app = TestApp::start(dialect).await;
        assert_eq!(app.browser().get("/api/protection").await.0, StatusCode::UNAUTHORIZED);
        for (person, is_told) in [("claire", false), ("camille", false), ("alex", true), ("ines", true)] {
            let (status, told) = app.sign_in(person).await.get("/api/protection").await;
            assert_eq!(
                (status, told["deployment"].is_object()),
                (StatusCode::OK, is_told),
                "{person}: {told}"
            );
            assert_eq!(told["people"], json!([]));
            if !is_told {
                continue;
            }
            let deployment = &told["deployment"];
            let database = if dialect == Dialect::Sqlite { "sqlite" } else { "postgres" };
            assert_eq!(deployment["database"], database);
            // The tests come without TLS, and that is what is said.
            assert_eq!((&deployment["certificates"], &deployment["hstsSeconds"]), (&json!([]), &Value::Null));
            assert_eq!(told["isSiteEncrypted"], json!(false));
            let key = deployment["trail"]["key"].as_str().unwrap();
            assert_eq!(key.len(), 64);
            assert!(deployment["providers"].as_array().is_some_and(|all| all.len() == 1), "{deployment}");
        }
        // The trail is signed by its export, and no further.
        let auditor = app.sign_in("ines").await;
        let trail = async || auditor.get("/api/protection").await.1["deployment"]["trail"].clone();
        assert_eq!(auditor.fetch("/api/trail/export").await.0, StatusCode::OK);
        app.app.trail.settle().await;
        let trail = trail().await;
        assert!(
            trail["signed"].as_u64() > Some(0) && trail["signed"].as_u64() <= trail["records"].as_u64(),
            "{trail}"
        );
    }
}

/// "It is not recorded" is said of what the forwarding is made of: nothing in it can write.
#[test]
fn nothing_that_carries_sound_and_picture_can_keep_them() {
    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!parvis::live::Live::handling().is_media_recorded);
    let mut all = Vec::new();
    for folder in ["src/sfu", "src/room", "src/port", "src/relay"] {
        sources(Path::new(folder), &mut all);
    }
    assert!(all.len() > 40, "{}", all.len());
    for (path, text) in all {
        // What comes after is of tests.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in
            ["File::create", "OpenOptions", "fs::write", "crate::store", "crate::archive", "Command::new"]
        {
            assert!(!text.contains(word), "{path} names {word}: then say in Live::handling what is kept");
        }
    }
}
