//! Messages over HTTP: from a booking to the panel, the texts, the calendar, what came back.

use chrono::{DateTime, TimeDelta, Utc};
use parvis::clock::Clock;
use parvis::config::MailSecurity;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::support::mail::{MailPeer, SmsPeer, read_calendar};

async fn booked(app: &TestApp, secretary: &Browser, email: &str, telephone: Option<&str>) -> Value {
    let doctor = app.sign_in("claire").await;
    let (_, me) = doctor.get("/api/me").await;
    let start = Clock::system().now() + TimeDelta::days(3);
    let mut guest = json!({"role": "patient", "name": "Hélène Lefèvre", "language": "fr", "email": email});
    if let Some(telephone) = telephone {
        guest["telephone"] = json!(telephone);
    }
    let request = json!({
        "startsAt": start.to_rfc3339(), "endsAt": (start + TimeDelta::minutes(30)).to_rfc3339(),
        "service": "Cardiologie", "guests": [guest], "practitioners": [me["practitioner"]], "note": "",
    });
    let (status, answer) = secretary.post("/api/appointments", request).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer["appointment"].clone()
}

/// Waits until the messages of an appointment are as `fits` wants them.
async fn until(browser: &Browser, appointment: &Value, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let path = format!("/api/appointments/{}/messages", appointment["appointment"].as_str().unwrap());
    for _ in 0..500 {
        let (status, messages) = browser.get(&path).await;
        assert_eq!(status, StatusCode::OK);
        let messages = messages.as_array().unwrap().clone();
        if fits(&messages) {
            return messages;
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    }
    panic!("the messages of {path} did not come to it: {}", browser.get(&path).await.1);
}

fn of<'a>(messages: &'a [Value], kind: &str, channel: &str) -> Vec<&'a Value> {
    messages.iter().filter(|each| each["kind"] == kind && each["channel"] == channel).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_told_its_failure_is_seen_and_what_came_back_too() {
    let (mail, sms) = (MailPeer::start(0), SmsPeer::start(0).await);
    let settings = (mail.settings(MailSecurity::Starttls), sms.settings("/send"));
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (mail_settings, sms_settings) = settings.clone();
        let app = TestApp::start_with(dialect, |settings| {
            settings.mail = Some(mail_settings);
            settings.sms = Some(sms_settings);
        })
        .await;
        let before = mail.taken().len();
        let secretary = app.sign_in("camille").await;
        let visit = booked(&app, &secretary, "helene@example.org", Some("06 12 34 56 78")).await;
        let is_sent =
            |messages: &[Value]| messages.iter().filter(|each| each["state"] == "sent").count() == 2;
        let messages = until(&secretary, &visit, is_sent).await;
        assert_eq!(messages.len(), 5, "{messages:#?}");
        assert_eq!(of(&messages, "invitation", "email")[0]["attempts"], 1);
        assert_eq!(of(&messages, "reminder_day", "sms")[0]["state"], "waiting");
        assert_eq!(of(&messages, "reminder_hour", "email").len(), 0, "what is near goes by SMS");
        let told = mail.until(before + 1).await;
        let told = &told[before];

        // The link of the message opens the door page of the person, which changes nothing.
        let text = told["text"].as_str().unwrap();
        let secret = text.split("/join#").nth(1).unwrap().split_whitespace().next().unwrap();
        let (status, look) = app.browser().post("/api/guest/look", json!({"link": secret})).await;
        assert_eq!((status, &look["door"]), (StatusCode::OK, &json!("too_early")));

        // A mail server that shows the secret says that it came back; others are told nothing.
        let report = json!({"messageId": told["headers"]["message-id"]});
        let bounce = |secret: &'static str, report: Value| {
            let request = reqwest::Client::new().post(format!("{}/api/bounces", app.base));
            let request = request.bearer_auth(secret).json(&report).send();
            async move { request.await.unwrap().status() }
        };
        let right = "0123456789abcdef0123456789abcdef";
        assert_eq!(bounce("wrong", report.clone()).await, StatusCode::NOT_FOUND);
        assert_eq!(bounce(right, json!({"messageId": "<x@y>"})).await, StatusCode::NOT_FOUND);
        assert_eq!(bounce(right, report).await, StatusCode::NO_CONTENT);
        let messages = until(&secretary, &visit, |_| true).await;
        let back = of(&messages, "invitation", "email")[0].clone();
        assert_eq!(
            (&back["state"], &back["isAlarming"], &back["mayRepeat"]),
            (&json!("bounced"), &json!(true), &json!(true))
        );
        let (_, alarms) = secretary.get("/api/messages/alarms").await;
        assert_eq!(alarms[0]["appointment"], visit["appointment"]);

        // Once more: it is sent, and nobody is alarmed any more.
        let path = format!("/api/messages/{}/repeat", back["message"].as_str().unwrap());
        let stranger = app.sign_in("karim").await;
        assert_eq!(stranger.post(&path, json!({})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(secretary.post(&path, json!({})).await.0, StatusCode::OK);
        let is_again = |messages: &[Value]| {
            of(messages, "invitation", "email").iter().filter(|each| each["state"] == "sent").count() == 1
        };
        until(&secretary, &visit, is_again).await;
        assert_eq!(secretary.get("/api/messages/alarms").await.1, json!([]));

        // The doctor is late.
        let doctor = app.sign_in("claire").await;
        let late = format!("/api/appointments/{}/late", visit["appointment"].as_str().unwrap());
        assert_eq!(doctor.post(&late, json!({"minutes": 0})).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(stranger.post(&late, json!({"minutes": 15})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(doctor.post(&late, json!({"minutes": 15})).await.0, StatusCode::OK);
        let is_late = |messages: &[Value]| {
            of(messages, "late", "sms").iter().any(|each| each["state"] == "sent" && each["minutes"] == 15)
        };
        until(&secretary, &visit, is_late).await;
        let text = sms.taken().pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(text.contains("environ 15 minutes de retard"), "{text}");

        // It is called off: what waited is dropped, the person is told, the links of the messages stop to work.
        let cancel = format!("/api/appointments/{}/cancel", visit["appointment"].as_str().unwrap());
        assert_eq!(secretary.post(&cancel, json!({})).await.0, StatusCode::OK);
        let is_off = |messages: &[Value]| {
            let told =
                messages.iter().filter(|each| each["kind"] == "cancellation" && each["state"] == "sent");
            told.count() == 2
        };
        let messages = until(&secretary, &visit, is_off).await;
        for reminder in of(&messages, "reminder_day", "sms") {
            assert_eq!((&reminder["state"], &reminder["dropped"]), (&json!("dropped"), &json!("cancelled")));
        }
        let (_, look) = app.browser().post("/api/guest/look", json!({"link": secret})).await;
        assert_eq!(look["door"], "cancelled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_moved_is_the_same_event_at_another_time_and_its_reminders_are_its_own() {
    let mail = MailPeer::start(0);
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let settings = mail.settings(MailSecurity::Starttls);
        let before = mail.taken().len();
        let app = TestApp::start_with(dialect, |app| app.mail = Some(settings)).await;
        let secretary = app.sign_in("camille").await;
        let old = booked(&app, &secretary, "helene@example.org", None).await;
        mail.until(before + 1).await;
        let path = format!("/api/appointments/{}/move", old["appointment"].as_str().unwrap());
        let start = Clock::system().now() + TimeDelta::days(4);
        let to = json!({
            "startsAt": start.to_rfc3339(), "endsAt": (start + TimeDelta::minutes(30)).to_rfc3339(),
        });
        let (status, moved) = secretary.post(&path, to).await;
        assert_eq!(status, StatusCode::CREATED, "{moved}");
        let new = &moved["appointment"];
        let is_told = |messages: &[Value]| {
            messages.iter().any(|each| each["kind"] == "change" && each["state"] == "sent")
        };
        let messages = until(&secretary, new, is_told).await;
        assert_eq!(messages.len(), 3, "a new time and two reminders: {messages:#?}");
        let dropped = until(&secretary, &old, |_| true).await;
        for reminder in dropped.iter().filter(|each| each["kind"] != "invitation") {
            assert_eq!((&reminder["state"], &reminder["dropped"]), (&json!("dropped"), &json!("moved")));
        }
        let taken = mail.until(before + 2).await;
        assert_eq!(taken.len(), before + 2, "nothing says that it was called off");
        let events: Vec<Value> = taken[before..]
            .iter()
            .map(|mail| read_calendar(mail["calendar"].as_str().unwrap()).remove(0)["events"][0].clone())
            .collect();
        assert_eq!(events[0]["uid"], events[1]["uid"]);
        assert_eq!((&events[0]["sequence"], &events[1]["sequence"]), (&json!(0), &json!(1)));
        assert_eq!(events[1]["start"], start.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let text = taken[before + 1]["text"].as_str().unwrap();
        assert!(text.contains("change d'heure"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_added_later_gets_its_invitation() {
    let (mail, sms) = (MailPeer::start(0), SmsPeer::start(0).await);
    let (mail_settings, sms_settings) = (mail.settings(MailSecurity::Tls), sms.settings("/send"));
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.mail = Some(mail_settings);
        settings.sms = Some(sms_settings);
    })
    .await;
    let secretary = app.sign_in("camille").await;
    let visit = booked(&app, &secretary, "bounce@example.org", None).await;
    let is_failed = |messages: &[Value]| {
        of(messages, "invitation", "email").iter().any(|each| each["failed"] == "no_such_address")
    };
    until(&secretary, &visit, is_failed).await;
    assert_eq!(secretary.get("/api/messages/alarms").await.1[0]["messages"], 1);
    let patient = visit["participants"][0]["participant"].as_str().unwrap();
    let path = format!(
        "/api/appointments/{}/participants/{patient}/contact",
        visit["appointment"].as_str().unwrap()
    );
    let (_, known) = secretary.get(&path).await;
    assert_eq!(known, json!({"email": "bounce@example.org"}));
    let (status, problem) = secretary.put(&path, json!({"email": "helene"})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("bad_email")));
    let right = json!({"email": "helene@example.org", "telephone": "06 12 34 56 78"});
    assert_eq!(app.sign_in("karim").await.put(&path, right.clone()).await.0, StatusCode::NOT_FOUND);
    assert_eq!(secretary.put(&path, right).await.0, StatusCode::NO_CONTENT);
    let is_sent =
        |messages: &[Value]| of(messages, "invitation", "sms").iter().any(|each| each["state"] == "sent");
    let messages = until(&secretary, &visit, is_sent).await;
    let failed = of(&messages, "invitation", "email")[0];
    let repeat = format!("/api/messages/{}/repeat", failed["message"].as_str().unwrap());
    assert_eq!(secretary.post(&repeat, json!({})).await.0, StatusCode::OK);
    assert_eq!(mail.until(1).await[0]["to"], json!(["helene@example.org"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_the_demonstration_shows_what_would_be_sent() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let secretary = app.sign_in("camille").await;
    let visit = booked(&app, &secretary, "helene@example.org", None).await;
    let messages = until(&secretary, &visit, |messages| {
        messages.iter().any(|each| each["state"] == "failed" && each["failed"] == "no_server")
    })
    .await;
    assert!(messages.iter().all(|each| each["isAlarming"] == false));
    assert_eq!(secretary.get("/api/messages/alarms").await.1, json!([]));
    let (status, outbox) = secretary.get("/api/outbox").await;
    assert_eq!((status, &outbox["channels"]), (StatusCode::OK, &json!([])));
    let shown = outbox["messages"].as_array().unwrap().iter().find(|each| each["text"].is_object()).unwrap();
    assert_eq!(shown["text"]["to"], "helene@example.org");
    let text = shown["text"]["text"].as_str().unwrap();
    let secret = text.split("/join#").nth(1).unwrap().split_whitespace().next().unwrap();
    let (_, look) = app.browser().post("/api/guest/look", json!({"link": secret})).await;
    assert_eq!(look["door"], "too_early", "the link in it works");
    let doctor = app.sign_in("claire").await;
    assert_eq!(doctor.get("/api/outbox").await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.browser().get("/api/outbox").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_writes_texts_and_one_without_its_link_is_refused() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let (admin, secretary) = (app.sign_in("alex").await, app.sign_in("camille").await);
        let (status, texts) = admin.get("/api/templates").await;
        assert_eq!(status, StatusCode::OK, "{texts}");
        assert_eq!(texts.as_array().unwrap().len(), 7 * 2 * 2);
        assert_eq!(secretary.get("/api/templates").await.0, StatusCode::NOT_FOUND);
        let path = "/api/templates/invitation/email/fr";
        let wrong = json!({"subject": "{hospital}", "body": "Bonjour {name}, le {when}."});
        let (status, preview) = admin.post(&format!("{path}/preview"), wrong.clone()).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            preview["faults"],
            json!([{"fault": "missing", "place": "link"}, {"fault": "unknown", "place": "name"}])
        );
        let (status, problem) = admin.put(path, wrong).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("template_refused"))
        );
        let right = json!({"subject": "{hospital} vous attend", "body": "Le {when}\r\n\r\n{link}\r\n"});
        assert_eq!(secretary.put(path, right.clone()).await.0, StatusCode::NOT_FOUND);
        assert_eq!(admin.put(path, right).await.0, StatusCode::NO_CONTENT);
        let (_, texts) = admin.get("/api/templates").await;
        let own = texts.as_array().unwrap().iter().find(|text| text["changedAt"].is_string()).unwrap();
        assert_eq!((&own["kind"], &own["body"]), (&json!("invitation"), &json!("Le {when}\n\n{link}")));

        booked(&app, &secretary, "helene@example.org", None).await;
        let mut subject = Value::Null;
        for _ in 0..500 {
            let (_, outbox) = secretary.get("/api/outbox").await;
            if let Some(shown) =
                outbox["messages"].as_array().unwrap().iter().find(|each| each["text"].is_object())
            {
                subject = shown["text"]["subject"].clone();
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        }
        assert_eq!(subject, "Hôpital d'essai vous attend");
        assert_eq!(admin.delete(path).await, StatusCode::NO_CONTENT);
        let (_, texts) = admin.get("/api/templates").await;
        assert!(texts.as_array().unwrap().iter().all(|text| text["changedAt"].is_null()));
        assert_eq!(
            admin
                .put("/api/templates/diagnosis/email/fr", json!({"subject": "", "body": ""}))
                .await
                .0
                .as_u16()
                / 100,
            4
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_reads_an_address_until_it_is_taken_back() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = TestApp::start(dialect).await;
        let secretary = app.sign_in("camille").await;
        let visit = booked(&app, &secretary, "helene@example.org", None).await;
        let doctor = app.sign_in("claire").await;
        assert_eq!(doctor.get("/api/me/calendar").await.1, json!({}));
        assert_eq!(secretary.post("/api/me/calendar", json!({})).await.0, StatusCode::NOT_FOUND);
        let (status, made) = doctor.post("/api/me/calendar", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        let address = made["address"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned();
        assert!(doctor.get("/api/me/calendar").await.1["address"].is_null(), "it is told once");
        let anybody = app.browser();
        let (status, headers, bytes) = anybody.fetch(&address).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "text/calendar; charset=utf-8");
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("Lefèvre") && !text.contains("Hélène"), "{text}");
        let starts_at: DateTime<Utc> = visit["startsAt"].as_str().unwrap().parse().unwrap();
        for read in read_calendar(&text) {
            assert_eq!(read["method"], "PUBLISH");
            assert_eq!(read["events"][0]["start"], starts_at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
            assert_eq!(read["events"].as_array().unwrap().len(), 1);
        }
        // Another address: the one before stops to work. Then none.
        let (_, again) = doctor.post("/api/me/calendar", json!({})).await;
        assert_eq!(anybody.fetch(&address).await.0, StatusCode::NOT_FOUND);
        let address = again["address"].as_str().unwrap().strip_prefix(&app.base).unwrap();
        assert_eq!(anybody.fetch(address).await.0, StatusCode::OK);
        assert_eq!(doctor.delete("/api/me/calendar").await, StatusCode::NO_CONTENT);
        assert_eq!(anybody.fetch(address).await.0, StatusCode::NOT_FOUND);
        assert_eq!(anybody.fetch("/calendar/x.ics").await.0, StatusCode::NOT_FOUND);
    }
}
