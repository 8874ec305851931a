//! The waiting room of a service: those who wait, those who tend it, and what neither may.

use parvis::clinical::{Service, ServiceId};
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp};
use crate::visit::{BOTH, doctor_named, secret, soon};

/// A service of Claire and Karim; each has a patient today.
struct Ward {
    app: TestApp,
    service: String,
    claire: Browser,
    karim: Browser,
    desk: Browser,
    claire_id: String,
    karim_id: String,
    /// Hélène, who comes with Luc, of Claire; Marcel of Karim: the appointment, and the patient's link.
    helene: (String, String),
    marcel: (String, String),
}

impl Ward {
    async fn open(dialect: Dialect) -> Self {
        Self::open_in(TestApp::start(dialect).await).await
    }

    async fn open_in(app: TestApp) -> Self {
        let (claire, karim) = (app.sign_in("claire").await, app.sign_in("karim").await);
        let desk = app.sign_in("camille").await;
        let claire_id = doctor_named(&desk, "Claire Martin").await;
        let karim_id = doctor_named(&desk, "Karim Benali").await;
        let store = &app.app.store;
        let id = ServiceId::new(app.app.clock.new_uuid());
        let service = Service {
            id,
            name: "Médecine".to_owned(),
            site: "Nord".to_owned(),
            telephone: String::new(),
            is_closed: false,
            created_at: app.app.clock.now(),
        };
        store.put_service(&service).await.unwrap();
        let members = [claire_id.parse().unwrap(), karim_id.parse().unwrap()];
        store.set_members(id, &members).await.unwrap();
        let service = id.to_string();
        let helene = book(&desk, &service, &claire_id, &["Hélène Lefèvre", "Luc Lefèvre"]).await;
        let marcel = book(&desk, &service, &karim_id, &["Marcel Aubry"]).await;
        Self { app, service, claire, karim, desk, claire_id, karim_id, helene, marcel }
    }

    async fn decide(&self, shows_position: bool, may_take_over: bool) {
        let path = format!("/api/services/{}/waiting-policy", self.service);
        let policy = json!({"showsPosition": shows_position, "mayTakeOver": may_take_over});
        assert_eq!(self.desk.put(&path, policy.clone()).await, (StatusCode::OK, policy));
    }

    async fn take_over(&self, by: &Browser) -> (StatusCode, Value) {
        by.post(&format!("/api/appointments/{}/take-over", self.helene.0), json!({})).await
    }
}

async fn book(desk: &Browser, service: &str, doctor: &str, names: &[&str]) -> (String, String) {
    let role = |place| if place == 0 { "patient" } else { "relative" };
    let guests = names.iter().enumerate();
    let guests: Vec<_> =
        guests.map(|(place, name)| json!({"role": role(place), "name": name, "language": "fr"})).collect();
    let wanted = json!({
        "startsAt": soon(5), "endsAt": soon(35), "service": "Médecine", "serviceId": service, "note": "",
        "guests": guests, "practitioners": [doctor],
    });
    let (status, booked) = desk.post("/api/appointments", wanted).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    (booked["appointment"]["appointment"].as_str().unwrap().to_owned(), secret(&booked["links"][0]))
}

/// A page that waits, and who it is.
async fn waits(app: &TestApp, link: &str) -> (Socket, String) {
    let (mut socket, welcome) = app.guest(link).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    socket.request(json!({"type": "ready", "camera": "works", "microphone": "missing"})).await.unwrap();
    (socket, welcome["participant"].as_str().unwrap().to_owned())
}

async fn room(browser: &Browser) -> Value {
    let (status, room) = browser.get("/api/waiting-room").await;
    assert_eq!(status, StatusCode::OK, "{room}");
    room
}

/// The list once it is as it should be: what a page said may take a moment to be told.
async fn room_with(browser: &Browser, fits: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let room = room(browser).await;
            if fits(&room) {
                return room;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), look).await.expect("the list never fits")
}

fn names(room: &Value) -> Vec<&str> {
    room["people"].as_array().unwrap().iter().map(|each| each["name"].as_str().unwrap()).collect()
}

fn message_path(appointment: &str, participant: &str) -> String {
    format!("/api/appointments/{appointment}/waiting/{participant}/message")
}

fn place_path(appointment: &str, participant: &str) -> String {
    format!("/api/appointments/{appointment}/waiting/{participant}/place")
}

#[tokio::test(flavor = "multi_thread")]
async fn doctors_and_the_front_desk_share_one_list_in_one_order() {
    for dialect in BOTH {
        let ward = Ward::open(dialect).await;
        assert_eq!(room(&ward.desk).await["people"], json!([]));
        let (_helene, helene) = waits(&ward.app, &ward.helene.1).await;
        let (_marcel, marcel) = waits(&ward.app, &ward.marcel.1).await;
        for browser in [&ward.claire, &ward.karim, &ward.desk] {
            let room = room(browser).await;
            assert_eq!(names(&room), ["Hélène Lefèvre", "Marcel Aubry"]);
            let first = &room["people"][0];
            assert_eq!((&first["camera"], &first["microphone"]), (&json!("works"), &json!("missing")));
            assert_eq!(
                (&first["assurance"], &first["isIdentityChecked"]),
                (&json!("link_only"), &json!(false))
            );
            assert_eq!(
                first["others"][0],
                json!({"role": "relative", "name": "Luc Lefèvre", "place": "invited"})
            );
            assert_eq!(first["others"].as_array().unwrap().len(), 2, "{first}");
            let is_claire = std::ptr::eq(browser, &ward.claire);
            assert_eq!(first["mayEnter"], json!(is_claire));
            assert_eq!(first["mayTakeOver"], json!(false));
            assert!(first["since"].is_string() && first["awaySince"].is_null());
        }
        // Others see neither the room nor a way in.
        assert_eq!(room(&ward.app.sign_in("sofia").await).await["people"], json!([]));
        assert_eq!(ward.app.sign_in("alex").await.get("/api/waiting-room").await.0, StatusCode::NOT_FOUND);
        assert_eq!(ward.app.browser().get("/api/waiting-room").await.0, StatusCode::UNAUTHORIZED);
        let (_, refused) = ward.desk.attend(&ward.helene.0).await;
        assert_eq!(refused["code"], "not_found", "the front desk does not enter");

        // The front desk puts them in order; everybody sees it.
        let before = json!({"before": helene});
        let path = place_path(&ward.marcel.0, &marcel);
        assert_eq!(ward.desk.post(&path, before.clone()).await.0, StatusCode::NO_CONTENT);
        for browser in [&ward.claire, &ward.karim, &ward.desk] {
            assert_eq!(names(&room(browser).await), ["Marcel Aubry", "Hélène Lefèvre"]);
        }
        assert_eq!(ward.desk.post(&path, json!({})).await.0, StatusCode::NO_CONTENT, "last");
        assert_eq!(names(&room(&ward.karim).await), ["Hélène Lefèvre", "Marcel Aubry"]);
        let sofia = ward.app.sign_in("sofia").await;
        assert_eq!(sofia.post(&path, before).await.0, StatusCode::NOT_FOUND);
        let nobody = json!({"before": ward.claire_id});
        let (status, refused) = ward.desk.post(&path, nobody).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("not_waiting")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_reads_what_staff_say_and_reads_it_again_on_a_page_that_is_loaded_again() {
    for dialect in BOTH {
        let ward = Ward::open(dialect).await;
        let (mut page, helene) = waits(&ward.app, &ward.helene.1).await;
        let (mut other, _) = waits(&ward.app, &ward.marcel.1).await;
        let since = room(&ward.desk).await["people"][0]["since"].clone();
        let path = message_path(&ward.helene.0, &helene);
        let own = json!({"text": " Encore dix minutes. "});
        // A colleague of the service, and the front desk.
        assert_eq!(
            ward.karim.post(&path, json!({"sentence": "soon_your_turn"})).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(ward.desk.post(&path, own.clone()).await.0, StatusCode::NO_CONTENT);
        let first = page.wait("staff_message").await;
        let second = page.wait("staff_message").await;
        assert_eq!((&first["sentence"], &first["text"]), (&json!("soon_your_turn"), &Value::Null));
        assert_eq!((&second["sentence"], &second["text"]), (&Value::Null, &json!("Encore dix minutes.")));
        assert_eq!(room(&ward.claire).await["people"][0]["told"]["text"], "Encore dix minutes.");
        // Loaded again: the same place, the same "since", the same words.
        let (mut again, welcome) = ward.app.guest(&ward.helene.1).await;
        assert_eq!((&welcome["place"]["state"], &welcome["place"]["since"]), (&json!("waiting"), &since));
        assert_eq!(again.wait("staff_message").await, first);
        assert_eq!(again.wait("staff_message").await, second);
        let list = room(&ward.desk).await;
        assert_eq!(names(&list), ["Hélène Lefèvre", "Marcel Aubry"], "one entry a person");
        assert_eq!(list["people"][0]["since"], since);
        // What cannot be said, or not by them, or to nobody who waits.
        let codes = [
            (&ward.desk, json!({}), 400),
            (&ward.desk, json!({"sentence": "soon_your_turn", "text": "x"}), 400),
            (&ward.desk, json!({"text": "a\u{202E}b"}), 422),
            (&ward.desk, json!({"text": " "}), 422),
        ];
        for (by, body, status) in codes {
            assert_eq!(by.post(&path, body.clone()).await.0.as_u16(), status, "{body}");
        }
        let sofia = ward.app.sign_in("sofia").await;
        assert_eq!(sofia.post(&path, own.clone()).await.0, StatusCode::NOT_FOUND);
        assert_eq!(ward.app.browser().post(&path, own.clone()).await.0, StatusCode::UNAUTHORIZED);
        again.request(json!({"type": "leave"})).await.unwrap();
        assert_eq!(ward.desk.post(&path, own).await.0, StatusCode::CONFLICT);
        // Nobody else heard any of it.
        other.send(json!({"type": "ping"})).await;
        loop {
            let heard = other.next().await;
            assert_ne!(heard["type"], "staff_message", "{heard}");
            if heard["type"] == "pong" {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_somebody_who_is_late_hears_how_late() {
    let ward = Ward::open(Dialect::Sqlite).await;
    let (mut helene, _) = waits(&ward.app, &ward.helene.1).await;
    let (mut marcel, _) = waits(&ward.app, &ward.marcel.1).await;
    let path = |id: &str| format!("/api/practitioners/{id}/delay");
    let (status, late) = ward.claire.put(&path(&ward.claire_id), json!({"minutes": 10})).await;
    assert_eq!((status, &late["minutes"]), (StatusCode::OK, &json!(10)), "{late}");
    assert_eq!(helene.wait("delay").await["minutes"], 10);
    assert_eq!(room(&ward.karim).await["delays"][0]["minutes"], 10);
    // Karim's is another one: the first that Marcel hears of.
    assert_eq!(ward.claire.put(&path(&ward.karim_id), json!({"minutes": 5})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ward.desk.put(&path(&ward.karim_id), json!({"minutes": 181})).await.0.as_u16(), 422);
    assert_eq!(ward.desk.put(&path(&ward.karim_id), json!({"minutes": 20})).await.0, StatusCode::OK);
    assert_eq!(marcel.wait("delay").await["minutes"], 20);
    // A page that comes later hears it before it waits.
    let (mut again, _) = ward.app.guest(&ward.helene.1).await;
    assert_eq!(again.wait("delay").await["minutes"], 10);
    ward.claire.put(&path(&ward.claire_id), json!({"minutes": 0})).await;
    assert_eq!(again.wait("delay").await["minutes"], 0);
    let late = room(&ward.claire).await["delays"].clone();
    assert_eq!(
        (late.as_array().unwrap().len(), &late[0]["minutes"]),
        (1, &json!(20)),
        "Karim still is: {late}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_knows_their_number_unless_the_service_tells_it() {
    let ward = Ward::open(Dialect::Sqlite).await;
    let (mut helene, helene_id) = waits(&ward.app, &ward.helene.1).await;
    let (mut marcel, marcel_id) = waits(&ward.app, &ward.marcel.1).await;
    for (by, status) in
        [(&ward.claire, StatusCode::NOT_FOUND), (&ward.app.browser(), StatusCode::UNAUTHORIZED)]
    {
        let path = format!("/api/services/{}/waiting-policy", ward.service);
        let policy = json!({"showsPosition": true, "mayTakeOver": true});
        assert_eq!(by.put(&path, policy).await.0, status);
    }
    // The first number that comes is the one of after the decision: none was told before.
    ward.decide(true, false).await;
    assert_eq!(helene.wait("position").await["position"], 1);
    assert_eq!(marcel.wait("position").await["position"], 2);
    let before = json!({"before": helene_id});
    ward.desk.post(&place_path(&ward.marcel.0, &marcel_id), before).await;
    assert_eq!(marcel.wait("position").await["position"], 1);
    assert_eq!(helene.wait("position").await["position"], 2);
    ward.decide(false, false).await;
    assert!(helene.wait("position").await["position"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_takes_over_where_the_service_allows_it_and_lets_the_patient_in() {
    for dialect in BOTH {
        let ward = Ward::open(dialect).await;
        let (mut helene, helene_id) = waits(&ward.app, &ward.helene.1).await;
        assert_eq!(ward.take_over(&ward.karim).await.0, StatusCode::NOT_FOUND, "not allowed yet");
        ward.decide(false, true).await;
        assert_eq!(ward.take_over(&ward.desk).await.0, StatusCode::NOT_FOUND);
        let sofia = ward.app.sign_in("sofia").await;
        assert_eq!(ward.take_over(&sofia).await.0, StatusCode::NOT_FOUND, "not of the service");
        assert_eq!(room(&ward.karim).await["people"][0]["mayTakeOver"], true);
        let (status, taken) = ward.take_over(&ward.karim).await;
        assert_eq!(status, StatusCode::OK, "{taken}");
        assert_eq!(ward.take_over(&ward.karim).await, (StatusCode::OK, taken.clone()), "once");
        let entry = room(&ward.karim).await["people"][0].clone();
        assert_eq!((&entry["mayEnter"], &entry["mayTakeOver"]), (&json!(true), &json!(false)));
        let (mut karim, welcome) = ward.karim.attend(&ward.helene.0).await;
        assert_eq!(welcome["participant"], taken["participant"]);
        karim.request(json!({"type": "enter"})).await.unwrap();
        karim
            .request(json!({"type": "admit", "participant": helene_id, "isRecognised": true}))
            .await
            .unwrap();
        helene.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        helene.request(json!({"type": "enter"})).await.unwrap();
        // It is kept, and everybody sees them as one of those who hold it.
        let id = ward.helene.0.parse().unwrap();
        let kept = ward.app.app.store.take_overs_of(id).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(json!(kept[0].0.to_string()), taken["participant"]);
        karim.request(json!({"type": "present"})).await.unwrap();
        assert_eq!(names(&room(&ward.karim).await), Vec::<&str>::new(), "nobody waits any more");
        karim.request(json!({"type": "lock", "isLocked": true})).await.unwrap();
        assert_eq!(ward.take_over(&ward.karim).await.0, StatusCode::OK, "they are in it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_reads_why_and_does_not_come_back() {
    let ward = Ward::open(Dialect::Sqlite).await;
    let (mut page, helene) = waits(&ward.app, &ward.helene.1).await;
    let (mut doctor, _) = ward.claire.attend(&ward.helene.0).await;
    let refuse = json!({"type": "remove", "participant": helene, "sentence": "we_call_you"});
    doctor.request(refuse).await.unwrap();
    assert_eq!(page.wait("turned_away").await["sentence"], "we_call_you");
    assert_eq!(page.wait("place").await["place"]["state"], "removed");
    page.until_closed().await;
    let (_, refused) = ward.app.guest(&ward.helene.1).await;
    assert_eq!(refused["code"], "link_revoked");
    assert_eq!(names(&room(&ward.desk).await), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_answer_is_away_and_keeps_its_place_over_a_restart_too() {
    for dialect in BOTH {
        let ward = Ward::open_in(TestApp::start_kept(dialect).await).await;
        let (page, helene) = waits(&ward.app, &ward.helene.1).await;
        let (_marcel, _) = waits(&ward.app, &ward.marcel.1).await;
        let since = room(&ward.desk).await["people"][0]["since"].clone();
        let message = json!({"sentence": "thank_you_for_waiting"});
        let path = message_path(&ward.helene.0, &helene);
        assert_eq!(ward.desk.post(&path, message.clone()).await.0, StatusCode::NO_CONTENT);
        drop(page);
        let away = room_with(&ward.desk, |room| room["people"][0]["awaySince"].is_string()).await;
        assert_eq!(names(&away), ["Hélène Lefèvre", "Marcel Aubry"], "her place is kept");
        assert_eq!(away["people"][0]["since"], since);
        assert!(away["people"][0]["awayUntil"].is_string());
        // Nobody is let in who is not there, but words reach them when they are back.
        let (mut doctor, _) = ward.claire.attend(&ward.helene.0).await;
        let admit = json!({"type": "admit", "participant": helene, "isRecognised": true});
        assert_eq!(doctor.request(admit).await, Err("not_waiting".to_owned()));
        let people = json!({"type": "ping"});
        doctor.send(people).await;
        assert_eq!(
            ward.desk.post(&path, json!({"sentence": "soon_your_turn"})).await.0,
            StatusCode::NO_CONTENT
        );
        let ward = Ward { app: ward.app.started_again(dialect).await, ..ward };
        let (mut page, welcome) = ward.app.guest(&ward.helene.1).await;
        assert_eq!((&welcome["place"]["state"], &welcome["place"]["since"]), (&json!("waiting"), &since));
        assert_eq!(page.wait("staff_message").await["sentence"], "thank_you_for_waiting");
        assert_eq!(page.wait("staff_message").await["sentence"], "soon_your_turn");
        let desk = ward.app.sign_in("camille").await;
        let list = room(&desk).await;
        assert_eq!((names(&list), &list["people"][0]["since"]), (vec!["Hélène Lefèvre"], &since));
        assert_eq!(list["people"][0]["assurance"], "link_only");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_somebody_is_is_looked_at_kept_and_seen() {
    for dialect in BOTH {
        let ward = Ward::open(dialect).await;
        let (mut page, helene) = waits(&ward.app, &ward.helene.1).await;
        let (mut doctor, _) = ward.claire.attend(&ward.helene.0).await;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        let admit = json!({"type": "admit", "request": 77, "participant": helene, "isRecognised": true});
        doctor.send(admit).await;
        let person = |message: &Value, word: &str| {
            let people = message["people"].as_array().unwrap();
            people.iter().any(|each| each["participant"] == json!(helene) && each["identity"] == word)
        };
        doctor.wait_for("people", |message| person(message, "begun")).await;
        let path = format!("/api/appointments/{}/participants/{helene}/identity", ward.helene.0);
        let check = |document: Value, is_birth_date_right| {
            let mut check = json!({
                "means": "document", "isNameRight": true, "isBirthDateRight": is_birth_date_right,
            });
            if !document.is_null() {
                check["document"] = document;
            }
            check
        };
        let (status, refused) = ward.claire.post(&path, check(json!("passport"), false)).await;
        assert_eq!((status.as_u16(), &refused["code"]), (422, &json!("identity_not_compared")));
        assert_eq!(ward.claire.post(&path, check(Value::Null, true)).await.0, StatusCode::BAD_REQUEST);
        for other in [&ward.karim, &ward.desk] {
            assert_eq!(other.post(&path, check(json!("passport"), true)).await.0, StatusCode::NOT_FOUND);
        }
        let (status, kept) = ward.claire.post(&path, check(json!("passport"), true)).await;
        assert_eq!((status, &kept["isEnough"]), (StatusCode::CREATED, &json!(true)), "{kept}");
        assert_eq!(kept["by"], "Dr Claire Martin");
        doctor.wait_for("people", |message| person(message, "checked")).await;
        // The patient in the call sees how sure everybody is, and nothing of the check.
        page.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        page.send(json!({"type": "enter", "request": 78})).await;
        let people = page.wait_for("people", |m| m["people"].as_array().unwrap().len() == 2).await;
        for each in people["people"].as_array().unwrap() {
            let expected = if each["role"] == "patient" { "link_only" } else { "signed_in" };
            assert_eq!((&each["assurance"], &each["identity"]), (&json!(expected), &Value::Null), "{each}");
        }

        // The national identity, by the front desk.
        let path = format!("/api/appointments/{}/participants/{helene}/ins", ward.helene.0);
        let ins = |number: Value, status: &str| {
            let mut ins = json!({
                "birthName": "Lefèvre", "givenNames": "Hélène", "birthDate": "1948-02-29", "sex": "female",
                "birthPlace": "75056", "status": status,
            });
            if !number.is_null() {
                (ins["number"], ins["register"]) = (number, json!("nir_test"));
            }
            ins
        };
        for (body, code) in [
            (ins(json!("255081416802539"), "qualified"), "ins_number"),
            (ins(json!("255081416802538"), "validated"), "ins_status"),
            (ins(Value::Null, "retrieved"), "ins_status"),
        ] {
            let (status, refused) = ward.desk.post(&path, body.clone()).await;
            assert_eq!((status.as_u16(), &refused["code"]), (422, &json!(code)), "{body}");
        }
        assert_eq!(ward.karim.post(&path, ins(Value::Null, "provisional")).await.0, StatusCode::NOT_FOUND);
        let qualified = ins(json!("2 55 08 14 168 025 38"), "qualified");
        let (status, kept) = ward.desk.post(&path, qualified).await;
        assert_eq!(status, StatusCode::CREATED, "{kept}");
        assert_eq!(kept["oid"], "1.2.250.1.213.1.4.10");
        assert_eq!(kept["traits"]["birthName"], "LEFEVRE");
        let path = format!("/api/appointments/{}/identity", ward.helene.0);
        let (_, state) = ward.claire.get(&path).await;
        let means: Vec<_> = state["checks"].as_array().unwrap().iter().map(|each| &each["means"]).collect();
        assert_eq!(means, [&json!("recognised"), &json!("document")]);
        assert_eq!(
            (&state["ins"][0]["by"], state["ins"].as_array().unwrap().len()),
            (&json!("Camille Roux"), 1)
        );
        assert_eq!(ward.karim.get(&path).await.0, StatusCode::NOT_FOUND);
    }
}

/// Says so often whether it may go in until it may: what was told over HTTP may take a moment.
async fn enters(page: &mut Socket) -> Result<(), String> {
    let trying = async {
        loop {
            match page.request(json!({"type": "enter"})).await {
                Err(code) if code == "consent_needed" => {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
                other => return other,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), trying).await.expect("never let in")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_lets_nobody_in_unseen_or_without_their_agreement() {
    for dialect in BOTH {
        let ward = Ward::open_in(TestApp::start_kept(dialect).await).await;
        let alex = ward.app.sign_in("alex").await;
        let browser = ward.app.browser();
        let link = ward.helene.1.clone();
        let service = format!("/api/services/{}", ward.service);
        // Without `agree`: she has answered nothing.
        let (mut page, welcome) = browser.hello(json!({"link": link})).await;
        let helene = welcome["participant"].as_str().unwrap().to_owned();
        page.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        let (mut doctor, _) = ward.claire.attend(&ward.helene.0).await;
        let asks = |m: &Value, who: &Value| {
            let people = m["people"].as_array().unwrap();
            people.iter().any(|each| each["participant"] == json!(helene) && each["asksWho"] == *who)
        };
        doctor.wait_for("people", |m| asks(m, &json!(true))).await;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        let unseen = json!({"type": "admit", "participant": helene});
        let seen = json!({"type": "admit", "participant": helene, "isRecognised": true});
        assert_eq!(doctor.request(unseen.clone()).await, Err("not_recognised".to_owned()));
        doctor.request(seen.clone()).await.unwrap();
        page.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        let enter = json!({"type": "enter"});
        assert_eq!(page.request(enter.clone()).await, Err("consent_needed".to_owned()));
        // She refuses, and thinks better of it; meanwhile the text is another one.
        let answer =
            |answer: &str, version: u32| json!({"answer": answer, "version": version, "language": "fr"});
        let path = "/api/guest/consent";
        assert_eq!(browser.post_with(path, &link, answer("refused", 0)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(page.request(enter.clone()).await, Err("consent_needed".to_owned()));
        let words = json!({"fr": "Rien n’est enregistré.", "en": "Nothing is recorded."});
        assert_eq!(alex.put(&format!("{service}/information"), words).await.1["version"], 1);
        assert_eq!(browser.post_with(path, &link, answer("given", 0)).await.0, StatusCode::CONFLICT);
        assert_eq!(page.request(enter).await, Err("consent_needed".to_owned()));
        assert_eq!(browser.post_with(path, &link, answer("given", 1)).await.0, StatusCode::NO_CONTENT);
        assert_eq!(enters(&mut page).await, Ok(()));

        // A service that wants everybody looked at, and takes the agreement on paper; kept over a restart.
        let rules = json!({"acceptsBirthDate": false, "asksWhoOfAll": true, "waivesConsent": true});
        assert_eq!(alex.put(&format!("{service}/door"), rules).await.0, StatusCode::OK);
        drop((page, doctor));
        let ward = Ward { app: ward.app.started_again(dialect).await, ..ward };
        let pin = format!("/api/appointments/{}/participants/{}/pin", ward.marcel.0, marcel_of(&ward).await);
        let desk = ward.app.sign_in("camille").await;
        let (_, issued) = desk.post(&pin, json!({})).await;
        let mut browser = ward.app.browser();
        browser.open_door(json!({"link": ward.marcel.1, "digits": issued["pin"]})).await;
        let (mut page, welcome) = browser.hello(json!({"link": ward.marcel.1})).await;
        page.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        let karim = Browser { cookie: ward.karim.cookie.clone(), ..ward.app.browser() };
        let (mut doctor, told) = karim.attend(&ward.marcel.0).await;
        assert_eq!(told["type"], "welcome", "{told}");
        doctor.request(json!({"type": "enter"})).await.unwrap();
        let mut admit = json!({"type": "admit", "participant": welcome["participant"]});
        assert_eq!(doctor.request(admit.clone()).await, Err("not_recognised".to_owned()));
        admit["isRecognised"] = json!(true);
        doctor.request(admit).await.unwrap();
        page.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        page.request(json!({"type": "enter"})).await.unwrap();
    }
}

/// Marcel, as staff know him.
async fn marcel_of(ward: &Ward) -> String {
    let desk = ward.app.sign_in("camille").await;
    let (_, entry) = desk.get(&format!("/api/appointments/{}", ward.marcel.0)).await;
    let people = entry["participants"].as_array().unwrap();
    people.iter().find(|person| person["role"] == "patient").unwrap()["participant"]
        .as_str()
        .unwrap()
        .to_owned()
}
