//! Services and their hours, slots, moving and calling off by staff and patients, search and queues, over HTTP; on both databases where
//! rows decide.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::visit::{BOTH, doctor_named, secret, soon};

#[expect(clippy::disallowed_methods, reason = "the program under test runs on the machine's clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn today() -> NaiveDate {
    now().with_timezone(&Paris).date_naive()
}

fn policy(may: bool, notice_hours: u16) -> Value {
    json!({
        "mayPatientsCancel": may, "mayPatientsMove": may, "noticeHours": notice_hours, "isOpenOnHolidays": true,
    })
}

fn at(value: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap().to_utc()
}

/// A gateway with a service whose two doctors see patients every day from 9 to 11, for 30 minutes each.
struct House {
    app: TestApp,
    secretary: Browser,
    claire: String,
    service: String,
}

impl House {
    async fn open(dialect: Dialect) -> Self {
        Self::open_at(TestApp::start(dialect).await).await
    }

    async fn open_at(app: TestApp) -> Self {
        // Only who has signed in once is known.
        for person in ["claire", "karim"] {
            app.sign_in(person).await;
        }
        let secretary = app.sign_in("camille").await;
        let claire = doctor_named(&secretary, "Claire").await;
        let karim = doctor_named(&secretary, "Karim").await;
        let wanted = json!({
            "name": "Cardiologie", "site": "Site Nord", "telephone": "01 02 03 04 05", "isClosed": false,
            "members": [claire, karim], "policy": policy(true, 24),
        });
        let (status, made) = secretary.post("/api/services", wanted).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let service = made["service"].as_str().unwrap().to_owned();
        let house = Self { app, secretary, claire, service };
        for weekday in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
            house.add_hours(json!({"weekday": weekday, "from": "09:00", "to": "11:00"})).await;
        }
        house
    }

    async fn add_hours(&self, change: Value) -> Value {
        let mut wanted =
            json!({"site": "", "slotMinutes": 30, "validFrom": (today() - Days::new(7)).to_string()});
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let path = format!("/api/services/{}/patterns", self.service);
        let (status, schedule) = self.secretary.post(&path, wanted).await;
        assert_eq!(status, StatusCode::CREATED, "{schedule}");
        schedule
    }

    /// Free time of Claire on this day.
    async fn slots(&self, day: NaiveDate) -> Vec<Value> {
        let path =
            format!("/api/services/{}/slots?from={day}&days=1&practitioner={}", self.service, self.claire);
        let (status, slots) = self.secretary.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{slots}");
        slots.as_array().unwrap().clone()
    }

    fn booking(&self, slot: &Value, name: &str) -> Value {
        json!({
            "startsAt": slot["startsAt"], "endsAt": slot["endsAt"], "service": "", "serviceId": self.service,
            "guests": [
                {"role": "patient", "name": name, "language": "fr", "telephone": "06 12 34 56 78"},
                {"role": "relative", "name": "Luc Lefèvre", "language": "en"},
            ],
            "practitioners": [slot["practitioner"]], "note": "",
        })
    }

    async fn book(&self, slot: &Value, name: &str) -> Value {
        let (status, booked) = self.secretary.post("/api/appointments", self.booking(slot, name)).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        booked
    }

    async fn set_policy(&self, policy: Value) {
        let wanted = json!({
            "name": "Cardiologie", "site": "Site Nord", "telephone": "", "isClosed": false,
            "members": [self.claire], "policy": policy,
        });
        let (status, kept) = self.secretary.put(&format!("/api/services/{}", self.service), wanted).await;
        assert_eq!(status, StatusCode::OK, "{kept}");
    }

    async fn open_queue(&self) -> String {
        let wanted = json!({"slug": "cardio", "isOpen": true, "wantsNewCode": false, "minutes": 20});
        let path = format!("/api/services/{}/queue", self.service);
        let (status, service) = self.secretary.put(&path, wanted).await;
        assert_eq!(status, StatusCode::OK, "{service}");
        assert_eq!(service["queue"]["address"], format!("{}/queue/cardio", self.app.base));
        service["queue"]["code"].as_str().unwrap().to_owned()
    }

    async fn enter_queue(&self, code: &str, name: &str) -> (StatusCode, Value) {
        let wanted = json!({
            "queue": "cardio", "code": code, "name": name, "telephone": "0612345678", "language": "fr",
        });
        self.app.browser().post("/api/queue/enter", wanted).await
    }
}

fn id(booked: &Value) -> &str {
    booked["appointment"]["appointment"].as_str().unwrap()
}

fn starts(slots: &[Value]) -> Vec<String> {
    slots.iter().map(|slot| at(&slot["startsAt"]).with_timezone(&Paris).format("%H:%M").to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_changed_by_those_who_may_and_say_who_did() {
    let house = House::open(Dialect::Sqlite).await;
    let path = format!("/api/services/{}", house.service);
    let wanted = json!({
        "name": "Cardiologie", "site": "Site Nord", "telephone": "", "isClosed": false, "members": [house.claire],
        "policy": policy(false, 12),
    });
    for doctor in ["claire", "sofia"] {
        let doctor = house.app.sign_in(doctor).await;
        assert_eq!(doctor.put(&path, wanted.clone()).await.0, StatusCode::NOT_FOUND);
        assert_eq!(doctor.post("/api/services", wanted.clone()).await.0, StatusCode::NOT_FOUND);
        let (status, list) = doctor.get("/api/services").await;
        assert_eq!((status, &list[0]["name"]), (StatusCode::OK, &json!("Cardiologie")));
        assert_eq!(doctor.get(&format!("{path}/schedule")).await.0, StatusCode::OK);
        assert_eq!(doctor.get("/api/services/candidates").await.0, StatusCode::NOT_FOUND);
    }
    let nobody = house.app.browser();
    assert_eq!(nobody.get("/api/services").await.0, StatusCode::UNAUTHORIZED);
    let administrator = house.app.sign_in("alex").await;
    let (status, kept) = administrator.put(&path, wanted).await;
    assert_eq!(status, StatusCode::OK, "{kept}");
    assert_eq!(
        (&kept["changed"]["name"], &kept["policy"]["noticeHours"]),
        (&json!("Alex Morel"), &json!(12))
    );
    let (_, schedule) = administrator.get(&format!("{path}/schedule")).await;
    assert_eq!(schedule["patterns"][0]["changed"]["name"], "Camille Roux");
    assert_eq!(schedule["patterns"].as_array().unwrap().len(), 7);
    assert!((11..=12).contains(&schedule["holidays"].as_array().unwrap().len()), "{schedule}");
    let twice = json!({
        "name": "Cardiologie", "site": "Site Nord", "telephone": "", "isClosed": false, "members": [],
        "policy": policy(false, 24),
    });
    let (status, refused) = administrator.post("/api/services", twice).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("service_name_taken")));
    // Hours that cannot be, of people who do not work there.
    let bad = async |change: Value| {
        let mut wanted = json!({
            "site": "", "weekday": "mon", "from": "09:00", "to": "10:00", "slotMinutes": 20, "validFrom": "2026-01-01",
        });
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        administrator.post(&format!("{path}/patterns"), wanted).await.1["code"].clone()
    };
    assert_eq!(bad(json!({"to": "08:00"})).await, "bad_schedule");
    assert_eq!(bad(json!({"from": "9"})).await, "bad_schedule");
    assert_eq!(bad(json!({"slotMinutes": 61})).await, "bad_schedule");
    assert_eq!(
        bad(json!({"practitioner": doctor_named(&house.secretary, "Karim").await})).await,
        "unknown_practitioner"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn free_time_is_offered_until_it_is_booked_and_again_once_it_is_given_back() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let day = today() + Days::new(3);
        let slots = house.slots(day).await;
        assert_eq!(starts(&slots), ["09:00", "09:30", "10:00", "10:30"]);
        assert_eq!((&slots[0]["name"], &slots[0]["site"]), (&json!("Dr Claire Martin"), &json!("Site Nord")));
        let path = format!("/api/services/{}/slots?from={day}&days=2", house.service);
        assert_eq!(house.secretary.get(&path).await.1.as_array().unwrap().len(), 16, "of both, on two days");
        // Of many who book one slot at once, one gets it.
        let names: Vec<_> = (0..8).map(|number| format!("Patient {number}")).collect();
        let all = names
            .iter()
            .map(|name| house.secretary.post("/api/appointments", house.booking(&slots[1], name)));
        let outcomes = futures_util::future::join_all(all).await;
        let booked: Vec<_> = outcomes.iter().filter(|(status, _)| *status == StatusCode::CREATED).collect();
        assert_eq!(booked.len(), 1, "{dialect:?}");
        let is_busy = |answer: &&(StatusCode, Value)| answer.1["code"] == "practitioner_busy";
        assert_eq!(outcomes.iter().filter(is_busy).count(), 7, "{dialect:?}");
        assert_eq!(starts(&house.slots(day).await), ["09:00", "10:00", "10:30"]);
        // A closed hour, and then the whole hospital.
        let exceptions = format!("/api/services/{}/exceptions", house.service);
        let closed = |from: Value, to: Value, is_of_hospital: bool| {
            json!({
                "isOfHospital": is_of_hospital, "firstDay": day.to_string(), "lastDay": day.to_string(),
                "from": from, "to": to, "reason": "Réunion",
            })
        };
        let (status, schedule) =
            house.secretary.post(&exceptions, closed("10:15".into(), "10:20".into(), false)).await;
        assert_eq!(status, StatusCode::CREATED, "{schedule}");
        assert_eq!(starts(&house.slots(day).await), ["09:00", "10:30"]);
        let (_, schedule) = house.secretary.post(&exceptions, closed(Value::Null, Value::Null, true)).await;
        assert_eq!(house.slots(day).await, Vec::<Value>::new());
        for exception in schedule["exceptions"].as_array().unwrap() {
            let path = format!("{exceptions}/{}", exception["exception"].as_str().unwrap());
            assert_eq!(house.secretary.delete(&path).await, StatusCode::OK);
        }
        let cancel = format!("/api/appointments/{}/cancel", id(&booked[0].1));
        let (status, entry) = house.secretary.post(&cancel, json!({})).await;
        assert_eq!((status, &entry["course"]["calledOff"]), (StatusCode::OK, &json!("by_staff")), "{entry}");
        assert_eq!(house.slots(day).await.len(), 4);
        // Nothing is offered that has begun.
        let past = house.slots(today() - Days::new(1)).await;
        assert_eq!(past, Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_appointment_is_a_chain_with_new_links() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let day = today() + Days::new(3);
        let slots = house.slots(day).await;
        let mut wanted = house.booking(&slots[0], "Hélène Lefèvre");
        wanted["course"] = json!({"place": "room", "room": "Salle 4", "site": "Site Nord"});
        let (_, first) = house.secretary.post("/api/appointments", wanted).await;
        assert_eq!((&first["appointment"]["course"]["room"]), (&json!("Salle 4")), "{first}");
        let to = json!({"startsAt": slots[2]["startsAt"], "endsAt": slots[2]["endsAt"]});
        let path = format!("/api/appointments/{}/move", id(&first));
        let karim = house.app.sign_in("karim").await;
        assert_eq!(karim.post(&path, to.clone()).await.0, StatusCode::NOT_FOUND, "it is Claire's");
        let claire = house.app.sign_in("claire").await;
        let (status, second) = claire.post(&path, to.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{second}");
        let course = &second["appointment"]["course"];
        assert_eq!((&course["replaces"], &course["room"]), (&json!(id(&first)), &json!("Salle 4")));
        assert_eq!(second["links"].as_array().unwrap().len(), 2);
        let (status, again) = claire.post(&path, to).await;
        assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("wrong_status")));
        // The old link opens nothing; the new one is known.
        let look = async |link: &Value| {
            let wanted = json!({"link": secret(link)});
            let (_, look) = house.app.browser().post("/api/guest/look", wanted).await;
            (look["door"].clone(), look["startsAt"].clone(), look["mayChange"].clone())
        };
        let new_start = second["appointment"]["startsAt"].clone();
        assert_eq!(look(&first["links"][0]).await, (json!("moved"), new_start.clone(), Value::Null));
        assert_eq!(look(&second["links"][0]).await, (json!("too_early"), new_start.clone(), json!(true)));
        assert_eq!(
            look(&second["links"][1]).await,
            (json!("too_early"), new_start, Value::Null),
            "whoever comes along"
        );
        // Moved once more, and followed.
        let to = json!({"startsAt": slots[1]["startsAt"], "endsAt": slots[1]["endsAt"]});
        let (_, third) = house.secretary.post(&format!("/api/appointments/{}/move", id(&second)), to).await;
        let newest = third["appointment"]["startsAt"].clone();
        assert_eq!(look(&first["links"][0]).await, (json!("moved"), newest, Value::Null), "the newest time");
        let mut follow = house.booking(&slots[3], "Hélène Lefèvre");
        follow["guests"][0]["telephone"] = Value::Null;
        follow["course"] = json!({"place": "at_home", "follows": id(&third)});
        let (status, next) = house.secretary.post("/api/appointments", follow.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{next}");
        let (_, chain) = house.secretary.get(&format!("/api/appointments/{}/chain", id(&second))).await;
        let ids =
            |of: &Value| of.as_array().unwrap().iter().map(|l| l["appointment"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&chain["links"]), [id(&first), id(&second), id(&third)]);
        assert_eq!(ids(&chain["followUps"]), [id(&next)]);
        assert_eq!(
            (&chain["links"][0]["calledOff"], &chain["links"][2]["status"]),
            (&json!("moved"), &json!("booked"))
        );
        let known = house.app.app.store.contacts_of(id(&next).parse().unwrap()).await.unwrap();
        assert_eq!(known.len(), 1, "the patient is reached as before");
        // Nobody follows what they may not see.
        follow["startsAt"] = soon(60).into();
        follow["endsAt"] = soon(80).into();
        assert_eq!(karim.post("/api/appointments", follow).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn patients_move_and_cancel_where_the_service_lets_them() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let slots = house.slots(today() + Days::new(4)).await;
        let booked = house.book(&slots[0], "Hélène Lefèvre").await;
        let [patient, relative] = [secret(&booked["links"][0]), secret(&booked["links"][1])];
        let (status, refused) = house.app.browser().post("/api/guest/slots", json!({"link": patient})).await;
        assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("pass_needed")));
        let guest = house.app.with_code(&patient).await;
        let offered = async |link: &str| guest.post("/api/guest/slots", json!({"link": link})).await;
        let (status, changes) = offered(&patient).await;
        assert_eq!(
            (status, &changes["mayCancel"], &changes["mayMove"]),
            (StatusCode::OK, &json!(true), &json!(true))
        );
        let free = changes["slots"].as_array().unwrap().clone();
        assert!(free.len() > 100, "{} in six weeks", free.len());
        assert!(free.iter().all(|slot| at(&slot["startsAt"]) >= now() + TimeDelta::hours(23)));
        assert!(
            !free.iter().any(|slot| slot["startsAt"] == slots[0]["startsAt"]),
            "it is taken, by themselves"
        );
        assert!(!changes.to_string().contains("Claire"), "no name comes by a link alone");
        // Whoever comes along changes nothing, and a wrong link is nobody's.
        assert_eq!(offered(&relative).await.0, StatusCode::NOT_FOUND);
        assert_eq!(offered("nonsense").await.1["code"], "link_unknown");
        let cancel = async |link: &str| guest.post("/api/guest/cancel", json!({"link": link})).await;
        assert_eq!(cancel(&relative).await.0, StatusCode::NOT_FOUND);
        let move_to = async |link: &str, to: &Value| {
            guest.post("/api/guest/reschedule", json!({"link": link, "startsAt": to})).await
        };
        let (status, refused) = move_to(&patient, &json!("2030-01-01T09:00:00Z")).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("slot_taken")));
        // Two tabs at once: one moves.
        let to = [&free[3]["startsAt"], &free[5]["startsAt"]];
        let (one, other) = tokio::join!(move_to(&patient, to[0]), move_to(&patient, to[1]));
        let (won, lost) = if one.0 == StatusCode::OK { (one, other) } else { (other, one) };
        assert_eq!(won.0, StatusCode::OK, "{}", won.1);
        assert_ne!(lost.0, StatusCode::OK, "{}", lost.1);
        assert!(to.contains(&&won.1["startsAt"]));
        let new = secret(&json!({"address": won.1["address"]}));
        assert_ne!(offered(&patient).await.0, StatusCode::OK, "the old link is over");
        assert_ne!(offered(&relative).await.0, StatusCode::OK);
        assert_eq!(
            offered(&new).await.1["code"],
            "pass_needed",
            "they are somebody else in the new appointment"
        );
        let guest = house.app.with_code(&new).await;
        let offered = async |link: &str| guest.post("/api/guest/slots", json!({"link": link})).await;
        let cancel = async |link: &str| guest.post("/api/guest/cancel", json!({"link": link})).await;
        assert_eq!(offered(&new).await.0, StatusCode::OK);
        let (_, entry) = house.secretary.get(&format!("/api/appointments/{}", id(&booked))).await;
        assert_eq!((&entry["status"], &entry["course"]["calledOff"]), (&json!("cancelled"), &json!("moved")));
        // Not if the service does not let them, or it is too late.
        house.set_policy(policy(false, 24)).await;
        assert_eq!(cancel(&new).await.1["code"], "change_not_offered");
        house.set_policy(policy(true, 336)).await;
        assert_eq!(cancel(&new).await.1["code"], "change_too_late");
        let (_, changes) = offered(&new).await;
        assert_eq!((&changes["mayCancel"], &changes["slots"]), (&json!(false), &json!([])));
        house.set_policy(policy(true, 0)).await;
        assert_eq!(cancel(&new).await.0, StatusCode::NO_CONTENT);
        let moved = entry["course"]["movedTo"].as_str().unwrap();
        let (_, entry) = house.secretary.get(&format!("/api/appointments/{moved}")).await;
        assert_eq!(
            (&entry["status"], &entry["course"]["calledOff"]),
            (&json!("cancelled"), &json!("by_patient"))
        );
        assert_ne!(cancel(&new).await.0, StatusCode::NO_CONTENT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_code_waits_in_the_queue_and_is_taken_once() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let nobody = house.app.browser();
        assert_eq!(
            house.enter_queue("ABCD2345", "Awa Diallo").await.1["code"],
            "queue_closed",
            "there is none yet"
        );
        let code = house.open_queue().await;
        assert_eq!(house.enter_queue("AAAA2222", "Awa Diallo").await.1["code"], "queue_code_wrong");
        assert_eq!(house.enter_queue(&code, " ").await.1["code"], "name_missing");
        let typed = format!("{}-{}", code[..4].to_lowercase(), &code[4..]);
        let (status, entered) = house.enter_queue(&typed, "Awa Diallo").await;
        assert_eq!(status, StatusCode::CREATED, "{entered}");
        let own = entered["entry"].as_str().unwrap().to_owned();
        let state = async |entry: &str| {
            nobody.post("/api/queue/state", json!({"entry": entry})).await.1["state"].clone()
        };
        assert_eq!(state(&own).await, "waiting");
        assert_eq!(state("nonsense").await, "gone");
        // It is no link yet.
        let (_, look) = nobody.post("/api/guest/look", json!({"link": own})).await;
        assert_eq!(look["door"], "unknown");
        // Only who serves the queue sees it.
        let (claire, sofia) = (house.app.sign_in("claire").await, house.app.sign_in("sofia").await);
        assert_eq!(sofia.get("/api/queue").await.1, json!([]));
        let (_, queue) = claire.get("/api/queue").await;
        let entry = &queue[0];
        assert_eq!((&entry["name"], &entry["telephone"]), (&json!("Awa Diallo"), &json!("+33612345678")));
        let path = format!("/api/queue/{}/take", entry["entry"].as_str().unwrap());
        assert_eq!(sofia.post(&path, json!({})).await.0, StatusCode::NOT_FOUND);
        let (status, refused) = house.secretary.post(&path, json!({})).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("unknown_practitioner"))
        );
        // Two take at once: one appointment.
        let by_claire = json!({"practitioner": house.claire});
        let (one, other) =
            tokio::join!(claire.post(&path, json!({})), house.secretary.post(&path, by_claire.clone()));
        let (won, lost) = if one.0 == StatusCode::CREATED { (one, other) } else { (other, one) };
        assert_eq!((won.0, lost.0), (StatusCode::CREATED, StatusCode::CONFLICT), "{} {}", won.1, lost.1);
        assert_eq!(state(&own).await, "taken");
        // Their page goes in with its secret, as with a link, and waits for the doctor as everybody does.
        let (_, welcome) = house.app.guest(&own).await;
        assert_eq!(
            (&welcome["type"], &welcome["place"]["state"]),
            (&json!("welcome"), &json!("testing")),
            "{welcome}"
        );
        // They are there: nobody invites them.
        let taken = won.1["appointment"].as_str().unwrap();
        let (status, sent) = house.secretary.get(&format!("/api/appointments/{taken}/messages")).await;
        assert_eq!((status, sent), (StatusCode::OK, json!([])));
        // Claire is taken now; somebody else is refused or leaves.
        let (_, entered) = house.enter_queue(&code, "Paul Garnier").await;
        let second = entered["entry"].as_str().unwrap().to_owned();
        let (_, queue) = claire.get("/api/queue").await;
        let path = format!("/api/queue/{}", queue[0]["entry"].as_str().unwrap());
        let (status, busy) = claire.post(&format!("{path}/take"), json!({})).await;
        assert_eq!((status, &busy["code"]), (StatusCode::CONFLICT, &json!("practitioner_taken_now")));
        assert_eq!(sofia.post(&format!("{path}/refuse"), json!({})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(claire.post(&format!("{path}/refuse"), json!({})).await.0, StatusCode::NO_CONTENT);
        assert_eq!(state(&second).await, "refused");
        let (_, entered) = house.enter_queue(&code, "Paul Garnier").await;
        let third = entered["entry"].as_str().unwrap();
        let left = nobody.post("/api/queue/leave", json!({"entry": third})).await.0;
        assert_eq!((left, state(third).await), (StatusCode::NO_CONTENT, json!("left")));
        assert_eq!(claire.get("/api/queue").await.1, json!([]));
    }
}

/// Thirty wrong codes from one address closed the queue to everybody.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_codes_keeps_nobody_else_out_of_the_queue() {
    let trusting = |settings: &mut parvis::app::Settings| {
        settings.network.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    };
    let house = House::open_at(TestApp::start_with(Dialect::Sqlite, trusting).await).await;
    let code = house.open_queue().await;
    let nobody = house.app.browser();
    let enter = async |from: &str, code: &str| {
        let wanted = json!({
            "queue": "cardio", "code": code, "name": "Awa Diallo", "telephone": "0612345678", "language": "fr",
        });
        let asking = nobody.raw(Method::POST, "/api/queue/enter").header("x-forwarded-for", from);
        asking.json(&wanted).send().await.unwrap().status()
    };
    let slowed = async {
        for _ in 0..59 {
            if enter("198.51.100.7", "AAAA2222").await == StatusCode::TOO_MANY_REQUESTS {
                return true;
            }
        }
        false
    };
    assert!(slowed.await, "nothing slows whoever tries codes");
    assert_eq!(
        enter("198.51.100.7", &code).await,
        StatusCode::TOO_MANY_REQUESTS,
        "nor does it tell the right one"
    );
    assert_eq!(enter("203.0.113.9", &code).await, StatusCode::CREATED);
    // Those who have the code do not count, however many come from one address.
    for _ in 0..40 {
        assert_eq!(enter("203.0.113.9", &code).await, StatusCode::CREATED);
    }
    assert_eq!(enter("203.0.113.9", "AAAA2222").await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_codes_is_stopped_and_the_code_is_changed() {
    let house = House::open(Dialect::Sqlite).await;
    let code = house.open_queue().await;
    for _ in 0..30 {
        assert_eq!(house.enter_queue("AAAA2222", "Awa Diallo").await.1["code"], "queue_code_wrong");
    }
    let (status, refused) = house.enter_queue(&code, "Awa Diallo").await;
    assert_eq!((status, &refused["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("too_many")));
    let path = format!("/api/services/{}/queue", house.service);
    let settings = |slug: Value, is_open: bool, wants_new_code: bool| json!({"slug": slug, "isOpen": is_open, "wantsNewCode": wants_new_code, "minutes": 20});
    let (_, same) = house.secretary.put(&path, settings("cardio".into(), true, false)).await;
    assert_eq!(same["queue"]["code"], json!(code));
    let (_, new) = house.secretary.put(&path, settings("cardio".into(), true, true)).await;
    assert_ne!(new["queue"]["code"], json!(code));
    let (_, bad) = house.secretary.put(&path, settings("Cardio!".into(), true, false)).await;
    assert_eq!(bad["code"], "bad_queue_address");
    let (_, closed) = house.secretary.put(&path, settings("cardio".into(), false, false)).await;
    assert_eq!(closed["queue"]["code"], Value::Null);
    // Who is no member and may not change services sees no code.
    house.secretary.put(&path, settings("cardio".into(), true, false)).await;
    let (sofia, claire) = (house.app.sign_in("sofia").await, house.app.sign_in("claire").await);
    assert_eq!(sofia.get("/api/services").await.1[0]["queue"]["code"], Value::Null);
    assert_ne!(claire.get("/api/services").await.1[0]["queue"]["code"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_lasts_over_midnight_is_in_the_agenda_of_both_days() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let day = today() + Days::new(2);
        let at = |day: NaiveDate, hour, minute| {
            let wall = day.and_hms_opt(hour, minute, 0).unwrap();
            Paris.from_local_datetime(&wall).unwrap().to_utc().to_rfc3339()
        };
        let booking = json!({
            "startsAt": at(day, 23, 40), "endsAt": at(day + Days::new(1), 0, 20), "service": "Cardiologie",
            "guests": [{"role": "patient", "name": "Awa Diallo", "language": "fr"}], "practitioners": [house.claire], "note": "",
        });
        assert_eq!(house.secretary.post("/api/appointments", booking).await.0, StatusCode::CREATED);
        let claire = house.app.sign_in("claire").await;
        for (day, count) in
            [(day, 1), (day + Days::new(1), 1), (day + Days::new(2), 0), (today() + Days::new(1), 0)]
        {
            let (_, agenda) = claire.get(&format!("/api/appointments?day={day}")).await;
            assert_eq!(agenda.as_array().unwrap().len(), count, "{day} {agenda}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_may_be_seen_and_an_appointment_is_closed_by_hand() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let slots = house.slots(today() + Days::new(2)).await;
        let booked = house.book(&slots[0], "Hélène Lefèvre").await;
        house.book(&slots[1], "Marcel Aubry").await;
        let seek = async |who: &Browser, name: &str| {
            let (status, found) = who.post("/api/appointments/search", json!({"name": name})).await;
            assert_eq!(status, StatusCode::OK, "{found}");
            found.as_array().unwrap().len()
        };
        let (claire, karim) = (house.app.sign_in("claire").await, house.app.sign_in("karim").await);
        assert_eq!(seek(&house.secretary, "lefevre").await, 1);
        assert_eq!(seek(&claire, "HEL lef").await, 1);
        assert_eq!(seek(&karim, "lefevre").await, 0, "not his");
        assert_eq!(seek(&house.secretary, "").await, 0);
        assert_eq!(
            house.app.sign_in("alex").await.post("/api/appointments/search", json!({"name": "l"})).await.0,
            StatusCode::NOT_FOUND
        );
        // A week of the agenda.
        let path = format!("/api/appointments?day={}&days=7", today());
        assert_eq!(house.secretary.get(&path).await.1.as_array().unwrap().len(), 2);
        assert_eq!(house.secretary.get(&format!("/api/appointments?day={}", today())).await.1, json!([]));
        let path = format!("/api/appointments/{}/close", id(&booked));
        assert_eq!(karim.post(&path, json!({"outcome": "completed"})).await.0, StatusCode::NOT_FOUND);
        let (status, closed) = claire.post(&path, json!({"outcome": "by_telephone"})).await;
        assert_eq!((status, &closed["outcome"]), (StatusCode::OK, &json!("by_telephone")), "{closed}");
        let (status, again) = claire.post(&path, json!({"outcome": "in_person"})).await;
        assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("wrong_status")));
    }
}

/// The next day on which the clocks of Paris change, and by how many hours.
fn next_change() -> (NaiveDate, i64) {
    let offset = |day: NaiveDate| {
        let noon = day.and_hms_opt(12, 0, 0).unwrap();
        Paris.from_local_datetime(&noon).unwrap().offset().fix().local_minus_utc()
    };
    let mut day = today() + Days::new(2);
    while offset(day) == offset(day - Days::new(1)) {
        day = day + Days::new(1);
    }
    (day, i64::from(offset(day) - offset(day - Days::new(1))) / 3600)
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_change_of_the_clocks_nine_stays_nine_and_no_slot_is_lost_or_doubled() {
    for dialect in BOTH {
        let house = House::open(dialect).await;
        let (day, hours) = next_change();
        assert_eq!(day.weekday(), chrono::Weekday::Sun);
        house
            .add_hours(
                json!({"weekday": "sun", "from": "01:00", "to": "04:00", "practitioner": house.claire}),
            )
            .await;
        let night = house.slots(day).await;
        let expected: &[&str] = match hours {
            1 => &["01:00", "01:30", "03:00", "03:30"],
            _ => &["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"],
        };
        assert_eq!(starts(&night[..night.len() - 4]), expected, "the clocks go {hours} h on {day}");
        assert_eq!(starts(&night[night.len() - 4..]), ["09:00", "09:30", "10:00", "10:30"]);
        for pair in night.windows(2) {
            assert!(at(&pair[0]["endsAt"]) <= at(&pair[1]["startsAt"]), "{pair:?}");
        }
        // From nine on the day before to nine on that day it is not 24 hours; the wall says nine on both.
        let before = house.slots(day - Days::new(1)).await;
        let nine = &night[night.len() - 4];
        let between = at(&nine["startsAt"]) - at(&before[0]["startsAt"]);
        assert_eq!(between, TimeDelta::hours(24 - hours));
        let booked = house.book(&before[0], "Hélène Lefèvre").await;
        let to = json!({"startsAt": nine["startsAt"], "endsAt": nine["endsAt"]});
        let (status, moved) =
            house.secretary.post(&format!("/api/appointments/{}/move", id(&booked)), to).await;
        assert_eq!(status, StatusCode::CREATED, "{moved}");
        // Each is in the agenda of its own day, and of no other.
        let of_day = async |day: NaiveDate| {
            let (_, entries) = house.secretary.get(&format!("/api/appointments?day={day}")).await;
            entries.as_array().unwrap().iter().map(|e| e["status"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(of_day(day - Days::new(1)).await, [json!("cancelled")]);
        assert_eq!(of_day(day).await, [json!("booked")]);
        assert_eq!(of_day(day + Days::new(1)).await, Vec::<Value>::new());
        assert_eq!(starts(&house.slots(day).await).iter().filter(|start| *start == "09:00").count(), 0);
    }
}
