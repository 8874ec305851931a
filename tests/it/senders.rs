//! By what messages go out, set on the page of administrators: in use at once, secrets told to nobody, and what the file says stays.

use parvis::app::Settings;
use parvis::config::MailSecurity;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::support::mail::{MailPeer, SmsPeer};

const SMS: &str = "/api/admin/senders/sms";
const MAIL: &str = "/api/admin/senders/email";

/// A gateway that may reach this machine by what its pages name.
async fn site(dialect: Dialect, change: impl FnOnce(&mut Settings)) -> (TestApp, Browser) {
    let app = TestApp::start_with(dialect, |settings| {
        for network in ["127.0.0.0/8", "::1"] {
            settings.egress.networks.push(network.parse().unwrap());
        }
        change(settings);
    })
    .await;
    let alex = app.sign_in("alex").await;
    (app, alex)
}

fn sms_form(peer: &SmsPeer) -> Value {
    json!({
        "url": peer.settings("/send").url,
        "method": "post",
        "content": "json",
        "body": r#"{"to": "{to}", "text": "{text}"}"#,
        "headers": [{"name": "Authorization", "value": "Bearer t0ken"}],
    })
}

fn mail_form(peer: &MailPeer) -> Value {
    let port = peer.settings(MailSecurity::None).port;
    json!({"host": "localhost", "port": port, "security": "none", "user": "",
        "from": "visio@hopital.example", "administrators": ["dsi@hopital.example"]})
}

fn with(mut form: Value, name: &str, value: Value) -> Value {
    form[name] = value;
    form
}

async fn trial(admin: &Browser, channel: &str, to: &str) -> Value {
    let (status, outcome) =
        admin.post("/api/admin/senders/test", json!({"channel": channel, "to": to})).await;
    assert_eq!(status, StatusCode::OK, "{outcome}");
    outcome["failed"].clone()
}

async fn code(answer: (StatusCode, Value)) -> (u16, String) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_on_the_page_sends_at_once_and_its_secrets_come_back_to_nobody() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (_app, alex) = site(dialect, |_| {}).await;
        let (mail, sms) = (MailPeer::start(0), SmsPeer::start(0).await);
        assert_eq!(alex.get("/api/admin/senders").await.1, json!({}));
        assert_eq!(trial(&alex, "sms", "06 39 98 12 34").await, "no_server");
        assert_eq!(alex.delete(SMS).await, StatusCode::NOT_FOUND);

        assert_eq!(alex.put(SMS, sms_form(&sms)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(trial(&alex, "sms", "06 39 98 12 34").await, Value::Null);
        assert_eq!(sms.taken().len(), 1);
        let (_, state) = alex.get("/api/admin/senders").await;
        assert_eq!(
            (&state["sms"]["headers"], &state["sms"]["isOfFile"]),
            (&json!(["Authorization"]), &json!(false))
        );
        assert!(!state.to_string().contains("t0ken"), "{state}");
        // What is not typed stays, but goes to no other host.
        let kept = with(sms_form(&sms), "headers", json!([{"name": "Authorization"}]));
        assert_eq!(alex.put(SMS, kept.clone()).await.0, StatusCode::NO_CONTENT);
        assert_eq!(trial(&alex, "sms", "06 39 98 12 34").await, Value::Null);
        let elsewhere = with(kept, "url", json!("https://sms.example/"));
        assert_eq!(code(alex.put(SMS, elsewhere).await).await, (422, "bad_sms_header".to_owned()));
        let wrong = json!([{"name": "Authorization", "value": "Bearer other"}]);
        assert_eq!(alex.put(SMS, with(sms_form(&sms), "headers", wrong)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(trial(&alex, "sms", "06 39 98 12 34").await, "not_trusted");

        assert_eq!(alex.put(MAIL, mail_form(&mail)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(trial(&alex, "email", "alex@example.org").await, Value::Null);
        mail.until(1).await;
        let (_, state) = alex.get("/api/admin/senders").await;
        assert_eq!(state["mail"]["administrators"], json!(["dsi@hopital.example"]));
        assert_eq!(alex.get("/api/local/accounts").await.1["isMailed"], true);
        let told = alex.get("/api/protection").await.1["outside"].to_string();
        assert!(told.contains("mail") && told.contains("sms"), "whom the gateway speaks to: {told}");

        assert_eq!(alex.delete(SMS).await, StatusCode::NO_CONTENT);
        assert_eq!(alex.delete(MAIL).await, StatusCode::NO_CONTENT);
        assert_eq!(trial(&alex, "email", "alex@example.org").await, "no_server");
        let (_, changes) = alex.get("/api/admin/changes").await;
        let all = changes.to_string();
        assert!(!all.contains("t0ken") && !all.contains("Bearer"), "{all}");
        let line = |at: usize| (changes[at]["what"].clone(), changes[at]["before"].clone());
        assert_eq!(line(0).0, "mail_server");
        assert!(line(0).1.as_str().unwrap().contains("from: visio@hopital.example"), "{all}");
        assert_eq!(changes[3]["after"], "headers: changed", "{all}");
        assert_eq!(line(1).0, "sms_gateway");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_sender_has_a_code_and_what_egress_forbids_names_the_setting() {
    let (_app, alex) = site(Dialect::Sqlite, |_| {}).await;
    let (mail, sms) = (MailPeer::start(0), SmsPeer::start(0).await);
    for (name, value, expected) in [
        ("url", json!("http://sms.example/"), "bad_sms_address"),
        ("url", json!("https://sms.example/?to={to}"), "bad_sms_address"),
        ("body", json!("{to}"), "bad_sms_body"),
        ("body", json!("to={to}&text={text}"), "bad_sms_body"),
        ("headers", json!([{"name": "a b", "value": "x"}]), "bad_sms_header"),
        ("headers", json!([{"name": "X", "value": "{token}"}]), "bad_sms_header"),
        ("headers", json!([{"name": "X"}]), "bad_sms_header"),
        ("headers", json!([{"name": "X", "value": "a\r\nb"}]), "bad_request"),
        ("url", json!("https://169.254.169.254/"), "egress_forbidden"),
    ] {
        let answer = alex.put(SMS, with(sms_form(&sms), name, value.clone())).await;
        assert_eq!(code(answer).await.1, expected, "{name}: {value}");
    }
    for (name, value, expected) in [
        ("host", json!(""), "mail_host_missing"),
        ("host", json!("https://mail.example/"), "mail_host_missing"),
        ("port", json!(0), "mail_host_missing"),
        ("host", json!("mail.example"), "mail_unprotected"),
        ("user", json!("visio"), "mail_user_and_password"),
        ("from", json!("visio"), "sender_missing"),
        ("administrators", json!(["dsi"]), "bad_email"),
    ] {
        let answer = alex.put(MAIL, with(mail_form(&mail), name, value.clone())).await;
        assert_eq!(code(answer).await.1, expected, "{name}: {value}");
    }
    assert_eq!(alex.get("/api/admin/senders").await.1, json!({}));

    // As a hospital has it: this machine is in no list.
    let app = TestApp::start(Dialect::Sqlite).await;
    let alex = app.sign_in("alex").await;
    for answer in [alex.put(SMS, sms_form(&sms)).await, alex.put(MAIL, mail_form(&mail)).await] {
        assert!(answer.1["detail"].as_str().unwrap().contains("networks in [egress]"), "{}", answer.1);
        assert_eq!(code(answer).await, (422, "egress_forbidden".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_says_of_senders_is_shown_and_changed_there_alone() {
    let (mail, sms) = (MailPeer::start(0), SmsPeer::start(0).await);
    let (mail_settings, sms_settings) = (mail.settings(MailSecurity::None), sms.settings("/send"));
    let (_app, alex) = site(Dialect::Sqlite, |settings| {
        settings.mail = Some(mail_settings);
        settings.sms = Some(sms_settings);
    })
    .await;
    let (_, state) = alex.get("/api/admin/senders").await;
    assert_eq!((&state["mail"]["isOfFile"], &state["sms"]["isOfFile"]), (&json!(true), &json!(true)));
    assert!(!state.to_string().contains("t0ken"), "{state}");
    let refused = (409, "set_in_file".to_owned());
    assert_eq!(code(alex.put(SMS, sms_form(&sms)).await).await, refused);
    assert_eq!(code(alex.put(MAIL, mail_form(&mail)).await).await, refused);
    assert_eq!(alex.delete(SMS).await, StatusCode::CONFLICT);
    assert_eq!(alex.delete(MAIL).await, StatusCode::CONFLICT);
    assert_eq!(trial(&alex, "sms", "06 39 98 12 34").await, Value::Null);
}
