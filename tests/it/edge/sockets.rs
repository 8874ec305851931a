//! WebSockets: from pages of this site alone, and with a ticket that only such a page can have.

use std::time::Duration;

use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::foreign_origins;
use crate::support::app::{Browser, Socket, TestApp};
use crate::visit::Visit;

/// The first word to a hello that is exactly this.
async fn answer_to(browser: &Browser, hello: Value) -> Value {
    let mut socket = browser.socket().await;
    let mut whole = json!({"type": "hello", "protocol": parvis::protocol::PROTOCOL, "language": "fr"});
    whole.as_object_mut().unwrap().extend(hello.as_object().unwrap().clone());
    socket.send_text(whole.to_string()).await;
    let first = socket.next().await;
    if first["type"] == "problem" {
        assert!(socket.until_closed().await.is_empty());
    }
    first
}

async fn ticket(browser: &Browser, link: Option<&str>) -> String {
    let (status, given) = browser.ticket(link).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    given["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_opens_from_its_own_origin_alone() {
    let visit = Visit::book(Dialect::Sqlite).await;
    for path in ["/ws", "/ws/agenda"] {
        for origin in foreign_origins(&visit.app.base) {
            assert_eq!(visit.doctor.try_socket_at(path, &origin).await.err(), Some(403), "{path} {origin}");
        }
        assert!(visit.doctor.try_socket_at(path, &visit.app.base).await.is_ok(), "{path}");
        let upgrade = visit.doctor.from(Method::GET, path, Some(&visit.app.base), Some("cross-site"));
        let upgrade = upgrade.header("connection", "upgrade").header("upgrade", "websocket");
        assert_eq!(upgrade.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_without_a_good_ticket_is_not_heard() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (id, doctor) = (json!(visit.appointment), &visit.doctor);
    let (own, of_link) = (ticket(doctor, None).await, ticket(doctor, Some(&visit.patient)).await);
    let of_another = ticket(&visit.secretary, None).await;
    for (what, hello) in [
        ("none", json!({"appointment": id})),
        ("a made-up one", json!({"appointment": id, "ticket": "0".repeat(64)})),
        ("that of a link", json!({"appointment": id, "ticket": of_link})),
        ("somebody else's", json!({"appointment": id, "ticket": of_another})),
        ("a token that nobody was told", json!({"appointment": id, "resume": "x"})),
        ("that of a login, for a link", json!({"link": visit.patient, "ticket": own})),
        ("none, for a link", json!({"link": visit.patient})),
        ("a token that nobody was told, for a link", json!({"link": visit.patient, "resume": "x"})),
    ] {
        assert_eq!(answer_to(doctor, hello).await["code"], "ticket_needed", "{what}");
    }
    let good = ticket(doctor, None).await;
    let hello = json!({"appointment": id, "ticket": good});
    assert_eq!(answer_to(doctor, hello.clone()).await["type"], "welcome");
    assert_eq!(answer_to(doctor, hello).await["code"], "ticket_needed", "a second time");
    let good = ticket(&visit.app.browser(), Some(&visit.patient)).await;
    let mut patient = visit.app.browser().socket().await;
    let hello = json!({"type": "hello", "protocol": parvis::protocol::PROTOCOL, "language": "fr",
        "link": visit.patient, "ticket": good});
    patient.send_text(hello.to_string()).await;
    let welcome = patient.next().await;
    assert_eq!(welcome["type"], "welcome");
    // Whoever was told a token on a socket of this site needs nothing else.
    let back = json!({"link": visit.patient, "resume": welcome["resume"]});
    let again = answer_to(&visit.app.browser(), back).await;
    assert_eq!(again["type"], "welcome", "{again}");
    assert_eq!(visit.app.browser().ticket(None).await.0, StatusCode::UNAUTHORIZED, "nobody is signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agenda_tells_changes_to_whoever_shows_a_ticket() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let open = async |hello: Option<Value>| -> Socket {
        let mut socket = visit.doctor.try_socket_at("/ws/agenda", &visit.app.base).await.unwrap();
        if let Some(hello) = hello {
            socket.send_text(hello.to_string()).await;
        }
        socket
    };
    for wrong in [json!({"ticket": "x"}), json!({}), json!({"ticket": ticket(&visit.secretary, None).await})]
    {
        assert_eq!(open(Some(wrong.clone())).await.next().await, Value::Null, "{wrong}");
    }
    let mut told = open(Some(json!({"ticket": ticket(&visit.doctor, None).await}))).await;
    let mut deaf = open(None).await;
    // The ticket is read by and by; what happens after it is told.
    let changed = async {
        loop {
            visit.app.app.live.announce_change();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        message = told.next() => assert_eq!(message["type"], "agenda_changed"),
        () = changed => {}
    }
    let silence = tokio::time::timeout(Duration::from_millis(300), deaf.next()).await;
    assert!(silence.is_err(), "whoever shows none is told nothing: {silence:?}");
}

/// Anybody opened as many as they liked, each with its buffers, and said nothing.
#[tokio::test(flavor = "multi_thread")]
async fn so_many_sockets_wait_for_a_hello_and_no_more() {
    // Of eight one address has two.
    let few = |settings: &mut parvis::app::Settings| settings.network.requests_at_once = Some(8);
    let visit = Visit::book_at(TestApp::start_with(Dialect::Sqlite, few).await, 5).await;
    let base = &visit.app.base;
    let nobody = visit.app.browser();
    let opened = async |browser: &Browser| {
        let opening = async {
            loop {
                match browser.try_socket(base).await {
                    Ok(socket) => return socket,
                    Err(status) => assert_eq!(status, 503),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), opening).await.expect("a place is given back")
    };
    let (mut first, second) = (opened(&nobody).await, opened(&nobody).await);
    for path in ["/ws", "/ws/agenda"] {
        assert_eq!(visit.doctor.try_socket_at(path, base).await.err(), Some(503), "{path}");
    }
    assert_eq!(visit.doctor.get("/api/me").await.0, StatusCode::OK, "requests have places of their own");
    // Whoever is refused gives the place back, so does whoever goes, and so does whoever is let in.
    first.send_text("{}".to_owned()).await;
    assert_eq!(first.next().await["type"], "problem");
    let third = opened(&nobody).await;
    drop(second);
    drop(third);
    for _ in 0..4 {
        drop(opened(&nobody).await);
    }
    let mut let_in = Vec::new();
    for _ in 0..3 {
        let mut socket = opened(&visit.doctor).await;
        let hello = json!({"type": "hello", "protocol": parvis::protocol::PROTOCOL, "language": "fr",
            "appointment": visit.appointment, "ticket": ticket(&visit.doctor, None).await});
        socket.send_text(hello.to_string()).await;
        assert_eq!(socket.next().await["type"], "welcome");
        let_in.push(socket);
    }
}
