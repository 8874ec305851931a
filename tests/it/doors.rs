//! The second door of guests over HTTP and WebSocket, on both databases: what opens it, what does not, and what staff see of it.

use parvis::clinical::{Service, ServiceId};
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::support::mail::SmsPeer;
use crate::visit::{BOTH, Visit, doctor_named, secret, soon};

/// A booked patient who was given a PIN.
struct Door {
    app: TestApp,
    secretary: Browser,
    appointment: String,
    participant: String,
    link: String,
    pin: String,
}

impl Door {
    async fn book(dialect: Dialect, minutes: i64) -> Self {
        Self::book_with(TestApp::start(dialect).await, minutes, json!({"wantsPin": true}), None).await
    }

    async fn book_with(app: TestApp, minutes: i64, more: Value, service: Option<&str>) -> Self {
        app.sign_in("claire").await;
        let secretary = app.sign_in("camille").await;
        let doctor = doctor_named(&secretary, "Claire Martin").await;
        let mut guest = json!({"role": "patient", "name": "Hélène Lefèvre", "language": "fr"});
        guest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut booking = json!({
            "startsAt": soon(minutes), "endsAt": soon(minutes + 30), "service": "Cardiologie",
            "guests": [guest], "practitioners": [doctor], "note": "",
        });
        if let Some(service) = service {
            booking["serviceId"] = json!(service);
        }
        let (status, booked) = secretary.post("/api/appointments", booking).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        let link = &booked["links"][0];
        Self {
            appointment: booked["appointment"]["appointment"].as_str().unwrap().to_owned(),
            participant: link["participant"].as_str().unwrap().to_owned(),
            link: secret(link),
            pin: link["pin"].as_str().unwrap_or_default().to_owned(),
            app,
            secretary,
        }
    }

    async fn look(&self, browser: &Browser) -> Value {
        let (status, look) = browser.post("/api/guest/look", json!({"link": self.link})).await;
        assert_eq!(status, StatusCode::OK, "{look}");
        look
    }

    async fn show(&self, browser: &mut Browser, digits: &str) -> Value {
        browser.open_door(json!({"link": self.link, "digits": digits})).await.1
    }

    /// The patient as staff see them.
    async fn entry(&self) -> Value {
        let path = format!("/api/appointments/{}", self.appointment);
        let (status, entry) = self.secretary.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{entry}");
        let people = entry["participants"].as_array().unwrap();
        people.iter().find(|person| person["role"] == "patient").unwrap()["door"].clone()
    }

    fn of_person(&self, what: &str) -> String {
        format!("/api/appointments/{}/participants/{}/{what}", self.appointment, self.participant)
    }

    /// A PIN that is not the right one.
    fn wrong(&self) -> &'static str {
        if self.pin == "123456" { "654321" } else { "123456" }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_opens_the_door_and_the_link_alone_does_not() {
    for dialect in BOTH {
        let door = Door::book(dialect, 5).await;
        assert!(door.pin.len() == 6 && door.pin.bytes().all(|byte| byte.is_ascii_digit()), "six digits");
        let mut browser = door.app.browser();
        let look = door.look(&browser).await;
        assert_eq!(
            (&look["door"], &look["asks"]),
            (
                &json!("open"),
                &json!({"sms": false, "email": false, "pin": true, "birthDate": false, "isLocked": false})
            )
        );
        assert!(!look.to_string().contains("Lef"), "the link alone tells no name: {look}");
        let (_, refused) = browser.hello(json!({"link": door.link})).await;
        assert_eq!((&refused["type"], &refused["code"]), (&json!("problem"), &json!("pass_needed")));
        let files = format!("/api/appointments/{}/files?name=a.pdf", door.appointment);
        let (status, body) = browser.post_with(&files, &door.link, json!({})).await;
        assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("pass_needed")));

        assert_eq!(door.show(&mut browser, door.wrong()).await, json!({"outcome": "wrong", "triesLeft": 4}));
        assert!(browser.passes.is_empty());
        assert_eq!(door.show(&mut browser, &door.pin).await, json!({"outcome": "opened"}));
        assert_eq!(door.look(&browser).await["asks"], Value::Null);
        let (mut socket, welcome) = browser.hello(json!({"link": door.link})).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        socket.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();

        // The pass is of this browser, and of this link.
        let stranger = door.app.browser();
        assert_eq!(door.look(&stranger).await["asks"]["pin"], true);
        assert_eq!(door.look(&stranger).await["isElsewhere"], true);
        let (_, refused) = stranger.hello(json!({"link": door.link})).await;
        assert_eq!(refused["code"], "pass_needed");
        let path = door.of_person("link");
        let (_, again) = door.secretary.post(&path, json!({})).await;
        let (_, look) = browser.post("/api/guest/look", json!({"link": secret(&again)})).await;
        assert_eq!(look["asks"]["pin"], true, "a new link takes passes back: {look}");
        assert_eq!(door.look(&browser).await["door"], "revoked");
        let (_, opened) = browser.open_door(json!({"link": secret(&again), "digits": door.pin})).await;
        assert_eq!(opened["outcome"], "opened", "the PIN is the person's");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_sms_opens_the_door_once_and_another_comes_a_minute_later() {
    for dialect in BOTH {
        let gateway = SmsPeer::start(0).await;
        let sms = gateway.settings("/send");
        let app = TestApp::start_with(dialect, |settings| settings.sms = Some(sms)).await;
        let reached = json!({"telephone": "06 12 34 56 78"});
        let door = Door::book_with(app, 5, reached, None).await;
        let mut browser = door.app.browser();
        let asks = door.look(&browser).await["asks"].clone();
        assert_eq!(
            (&asks["sms"], &asks["email"], &asks["pin"]),
            (&json!(true), &json!(false), &json!(false))
        );
        let ask = json!({"link": door.link, "channel": "sms"});
        let (_, answer) = browser.post("/api/guest/code", ask.clone()).await;
        assert_eq!(answer["outcome"], "sent", "{answer}");
        let (_, again) = browser.post("/api/guest/code", ask).await;
        assert_eq!((&again["outcome"], &again["againAt"]), (&json!("too_soon"), &answer["againAt"]));
        let (status, _) =
            browser.post("/api/guest/code", json!({"link": door.link, "channel": "email"})).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "there is no address");
        assert!(door.look(&browser).await["asks"]["codeUntil"].is_string());

        let is_code = |text: &str| text.bytes().take(6).filter(u8::is_ascii_digit).count() == 6;
        let code = async {
            loop {
                let texts = gateway.taken().into_iter().filter(|sms| sms["to"] == "+33612345678");
                let mut texts = texts.filter_map(|sms| sms["text"].as_str().map(str::to_owned));
                if let Some(text) = texts.find(|text| is_code(text)) {
                    return text.chars().take(6).collect::<String>();
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let code = tokio::time::timeout(std::time::Duration::from_secs(20), code).await.unwrap();
        assert_eq!(door.show(&mut browser, &code).await, json!({"outcome": "opened"}));
        let mut stranger = door.app.browser();
        assert_eq!(door.show(&mut stranger, &code).await["outcome"], "wrong", "it has opened the door once");
        let (_, welcome) = browser.hello(json!({"link": door.link})).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_lock_it_however_fast_they_come_and_staff_unlock() {
    for dialect in BOTH {
        let door = Door::book(dialect, 5).await;
        let tries = (0..16).map(|_| {
            let mut browser = door.app.browser();
            let door = &door;
            async move { door.show(&mut browser, door.wrong()).await }
        });
        let answers = futures_util::future::join_all(tries).await;
        let wrong = answers.iter().filter(|answer| answer["outcome"] == "wrong").count();
        let not_told = answers.iter().filter(|answer| answer["code"] == "unavailable").count();
        assert!(wrong <= 4, "the fifth locks it: {answers:?}");
        assert!(not_told < 16, "{answers:?}");
        let mut browser = door.app.browser();
        for _ in 0..5 {
            door.show(&mut browser, door.wrong()).await;
        }
        assert_eq!(door.show(&mut browser, &door.pin).await, json!({"outcome": "locked", "triesLeft": 0}));
        assert_eq!(door.look(&browser).await["asks"]["isLocked"], true);
        assert_eq!(door.entry().await["isLocked"], true);

        let (status, _) = browser.post(&door.of_person("unlock"), json!({})).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "not by the guest");
        let (status, _) = door.secretary.post(&door.of_person("unlock"), json!({})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(door.entry().await["isLocked"], false);
        // Another PIN takes the place of the first.
        let (status, issued) = door.secretary.post(&door.of_person("pin"), json!({})).await;
        assert_eq!((status, &issued["participant"]), (StatusCode::OK, &json!(door.participant)));
        if issued["pin"] != json!(door.pin) {
            assert_eq!(door.show(&mut browser, &door.pin).await["outcome"], "wrong");
        }
        let opened = door.show(&mut browser, issued["pin"].as_str().unwrap()).await;
        assert_eq!(opened["outcome"], "opened");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_opens_every_address_changes_nothing() {
    for dialect in BOTH {
        let door = Door::book(dialect, 5).await;
        let before = door.entry().await;
        let browser = door.app.browser();
        let guests = ["look", "code", "open", "information", "consent", "company", "rehearsal"]
            .map(|what| format!("/api/guest/{what}?link={}", door.link));
        let pages = [format!("/join#{}", door.link), format!("/join?{}", door.link), "/join".to_owned()];
        for path in guests.iter().chain(&pages) {
            for method in [Method::GET, Method::HEAD] {
                for _ in 0..3 {
                    let answer = browser.knock(method.clone(), path).await;
                    assert!(answer.headers().get("set-cookie").is_none(), "{path}");
                }
            }
        }
        // One that runs the page looks at the door, and reads; it taps nothing.
        for _ in 0..20 {
            door.look(&browser).await;
            browser.post("/api/guest/information", json!({"link": door.link})).await;
        }
        assert_eq!(door.entry().await, before);
        let mut browser = door.app.browser();
        assert_eq!(door.show(&mut browser, &door.pin).await["outcome"], "opened");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_the_information_reaches_staff() {
    for dialect in BOTH {
        let door = Door::book(dialect, 5).await;
        let mut browser = door.app.browser();
        let (_, text) = browser.post("/api/guest/information", json!({"link": door.link})).await;
        assert_eq!(text["version"], 0);
        assert!(text["fr"].as_str().unwrap().contains("secret médical"), "{text}");
        let answer =
            |answer: &str, version: u32| json!({"answer": answer, "version": version, "language": "fr"});
        let path = "/api/guest/consent";
        let (status, body) = browser.post_with(path, &door.link, answer("given", 0)).await;
        assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("pass_needed")));
        let (status, _) = browser.post_with(path, &door.link, answer("refused", 0)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "whoever refuses has nothing to prove");
        assert_eq!(door.entry().await["consent"], "refused");
        assert_eq!(door.look(&browser).await["consent"], "refused");

        assert_eq!(door.show(&mut browser, &door.pin).await["outcome"], "opened");
        let (status, body) = browser.post_with(path, &door.link, answer("given", 1)).await;
        assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("out_of_order")), "no such text");
        let (status, _) = browser.post_with(path, &door.link, answer("given", 0)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let company = json!({"isAccompanied": true, "who": "Luc, son fils"});
        let (status, _) = browser.post_with("/api/guest/company", &door.link, company).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let entry = door.entry().await;
        assert_eq!(
            (&entry["consent"], &entry["company"], &entry["isAlone"]),
            (&json!("given"), &json!("Luc, son fils"), &json!(false))
        );
        let stranger = door.app.browser();
        let company = json!({"isAccompanied": false, "who": ""});
        let (status, _) = stranger.post_with("/api/guest/company", &door.link, company).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_before_the_link_tells_when_and_takes_what_a_test_found() {
    for dialect in BOTH {
        let door = Door::book(dialect, 3 * 24 * 60).await;
        let browser = door.app.browser();
        let look = door.look(&browser).await;
        assert_eq!((&look["door"], &look["service"]), (&json!("too_early"), &json!("Cardiologie")));
        let found =
            json!({"camera": "refused", "microphone": "works", "sound": "heard", "network": "detour"});
        let path = "/api/guest/rehearsal";
        assert_eq!(browser.post(path, found.clone()).await.0, StatusCode::UNAUTHORIZED, "no link");
        assert_eq!(browser.post_with(path, "nothing", found.clone()).await.0, StatusCode::FORBIDDEN);
        assert_eq!(browser.post_with(path, &door.link, found).await.0, StatusCode::NO_CONTENT);
        let rehearsal = door.entry().await["rehearsal"].clone();
        assert_eq!(
            (&rehearsal["camera"], &rehearsal["network"], &rehearsal["isGood"]),
            (&json!("refused"), &json!("detour"), &json!(false))
        );
        // The door can be opened already, for whatever may be brought; the waiting room cannot.
        let mut browser = door.app.browser();
        assert_eq!(door.show(&mut browser, &door.pin).await["outcome"], "opened");
        let (_, refused) = browser.hello(json!({"link": door.link})).await;
        assert_eq!(refused["code"], "too_early");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_says_what_opens_its_door_and_what_is_read_there() {
    for dialect in BOTH {
        let app = TestApp::start(dialect).await;
        let service = Service {
            id: ServiceId::new(app.app.clock.new_uuid()),
            name: "Cancérologie".to_owned(),
            site: String::new(),
            telephone: "01 11 11 11 11".to_owned(),
            is_closed: false,
            created_at: app.app.clock.now(),
        };
        app.app.store.put_service(&service).await.unwrap();
        let id = service.id.to_string();
        let (rules, text) = (format!("/api/services/{id}/door"), format!("/api/services/{id}/information"));
        let secretary = app.sign_in("camille").await;
        let wanted = json!({
            "acceptsBirthDate": true, "label": "Hôpital de jour", "asksWhoOfAll": true, "waivesConsent": true,
            "documentsNeed": "both",
        });
        assert_eq!(secretary.put(&rules, wanted.clone()).await.0, StatusCode::NOT_FOUND);
        let administrator = app.sign_in("alex").await;
        let none = json!({
            "acceptsBirthDate": false, "asksWhoOfAll": false, "waivesConsent": false, "documentsNeed": "either",
        });
        assert_eq!(administrator.get(&rules).await.1, none);
        assert_eq!(administrator.put(&rules, wanted.clone()).await, (StatusCode::OK, wanted.clone()));
        assert_eq!(administrator.get(&rules).await.1, wanted);
        let words = json!({"fr": "Rien n’est enregistré.", "en": "Nothing is recorded."});
        let (status, put) = administrator.put(&text, words).await;
        assert_eq!((status, &put["version"]), (StatusCode::OK, &json!(1)));
        let missing = administrator.put(&text, json!({"fr": "Rien.", "en": " "})).await;
        assert_eq!(missing.0, StatusCode::BAD_REQUEST);

        let born = json!({"birthDate": "1946-04-23"});
        let door = Door::book_with(app, 5, born, Some(&id)).await;
        let mut browser = door.app.browser();
        let look = door.look(&browser).await;
        assert_eq!(
            [&look["service"], &look["telephone"], &look["consentVersion"], &look["asks"]["birthDate"]],
            [&json!("Hôpital de jour"), &json!("01 11 11 11 11"), &json!(1), &json!(true)],
            "{look}"
        );
        assert!(!look.to_string().contains("1946"), "{look}");
        let (_, read) = browser.post("/api/guest/information", json!({"link": door.link})).await;
        assert_eq!(read["en"], "Nothing is recorded.");
        let mut show = async |date: &str| {
            browser.open_door(json!({"link": door.link, "birthDate": date})).await.1["outcome"].clone()
        };
        assert_eq!(show("1946-04-24").await, "wrong");
        assert_eq!(show("1946-04-23").await, "opened");
        assert_eq!(show("23/04/1946").await, Value::Null, "not a date");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_links_look_alike_and_whoever_tries_many_is_slowed_down() {
    let door = Door::book(Dialect::Sqlite, 5).await;
    let browser = door.app.browser();
    let mut answers = std::collections::BTreeSet::new();
    for link in ["", "a", "nothing", &"A".repeat(43), &door.link.to_lowercase(), &"x".repeat(2000)] {
        let (status, mut look) = browser.post("/api/guest/look", json!({"link": link})).await;
        look.as_object_mut().unwrap().remove("now");
        answers.insert(format!("{status} {look}"));
        for (path, body) in [
            ("/api/guest/open", json!({"link": link, "digits": "000000"})),
            ("/api/guest/code", json!({"link": link, "channel": "sms"})),
            ("/api/guest/information", json!({"link": link})),
        ] {
            let (status, problem) = browser.post(path, body).await;
            answers.insert(format!("{status} {problem}"));
        }
    }
    assert_eq!(answers.len(), 2, "one look, one refusal: {answers:#?}");
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let body = json!({"link": "nothing", "digits": "000000"});
        statuses.push(browser.post("/api/guest/open", body).await.0);
    }
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    let look = door.look(&browser).await;
    assert_eq!(look["door"], "open", "looking is counted by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anything_to_show_the_link_leads_to_the_waiting_room_and_staff_know() {
    let visit = Visit::book(Dialect::Sqlite).await;
    visit.patient_waits().await;
    let (_, entry) = visit.secretary.get(&format!("/api/appointments/{}", visit.appointment)).await;
    let doors: Vec<_> =
        entry["participants"].as_array().unwrap().iter().map(|person| &person["door"]).collect();
    assert_eq!(doors[0]["isLinkOnly"], true, "{entry}");
    assert_eq!(*doors[2], Value::Null, "a doctor has no door");
    let (status, refused) =
        visit.app.browser().post("/api/guest/open", json!({"link": visit.patient, "digits": "000000"})).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{refused}");
}
