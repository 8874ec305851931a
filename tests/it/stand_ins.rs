//! Access in an emergency and acting for somebody, over HTTP and sockets, on both databases.

use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::visit::{BOTH, Visit, doctor_named, secret, soon};

const REASON: &str = "Patiente inconsciente aux urgences, traitement inconnu";

async fn trail(app: &TestApp, query: &str) -> Vec<Value> {
    app.app.trail.settle().await;
    let auditor = app.sign_in("ines").await;
    let (status, page) = auditor.get(&format!("/api/trail?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["entries"].as_array().unwrap().clone()
}

/// A visit of Dr Martin whose patient's date of birth is known.
async fn with_birth_date(dialect: Dialect) -> Visit {
    let app = TestApp::start(dialect).await;
    let doctor = app.sign_in("claire").await;
    let secretary = app.sign_in("camille").await;
    let id = doctor_named(&secretary, "Claire Martin").await;
    let booking = json!({
        "startsAt": soon(5), "endsAt": soon(35), "service": "Cardiologie",
        "guests": [{"role": "patient", "name": "Hélène Lefèvre", "language": "fr", "birthDate": "1950-02-28"}],
        "practitioners": [id], "note": "Sous anticoagulants",
    });
    let (status, booked) = secretary.post("/api/appointments", booking).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
    let patient = secret(&booked["links"][0]);
    Visit { app, secretary, doctor, appointment, relative: String::new(), patient }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_emergency_one_appointment_is_read_with_a_reason_and_everybody_concerned_is_told() {
    for dialect in BOTH {
        let visit = with_birth_date(dialect).await;
        let Visit { app, doctor, appointment, .. } = &visit;
        let karim = app.sign_in("karim").await;
        let path = format!("/api/appointments/{appointment}");
        let seek = async |body: Value| karim.post("/api/emergency/search", body).await;
        // Nothing but the right name with the right date of birth, or the very appointment.
        for wrong in [
            json!({"name": "Hélène Lefèvre", "birthDate": "1950-03-01"}),
            json!({"name": "Hélène", "birthDate": "1950-02-28"}),
            json!({"name": "Personne", "birthDate": "1950-02-28"}),
            json!({"appointment": "0190a0b0-0000-7000-8000-000000000001"}),
            json!({"appointment": "nothing"}),
        ] {
            assert_eq!(seek(wrong.clone()).await, (StatusCode::OK, json!([])), "{wrong}");
        }
        for half in [json!({"name": "Hélène Lefèvre"}), json!({"birthDate": "1950-02-28"}), json!({})] {
            assert_eq!(seek(half).await.0, StatusCode::BAD_REQUEST);
        }
        let (_, found) = seek(json!({"name": "LEFEVRE Helene", "birthDate": "1950-02-28"})).await;
        assert_eq!(found[0]["appointment"], appointment.as_str(), "{dialect:?} {found}");
        assert_eq!(found[0].as_object().unwrap().len(), 2, "when it is, and nothing else: {found}");
        assert_eq!(seek(json!({"appointment": appointment})).await.1.as_array().unwrap().len(), 1);
        assert_eq!(karim.get(&path).await.0, StatusCode::NOT_FOUND, "to find it opens nothing");

        let open = format!("{path}/emergency");
        let (status, refused) = karim.post(&open, json!({"reason": "urgent"})).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason_too_short"))
        );
        assert_eq!(karim.get(&path).await.0, StatusCode::NOT_FOUND);
        for nobody in ["camille", "alex", "ines"] {
            let other = app.sign_in(nobody).await;
            assert_eq!(
                other.post(&open, json!({"reason": REASON})).await.0,
                StatusCode::NOT_FOUND,
                "{nobody}"
            );
        }
        let (status, own) = doctor.post(&open, json!({"reason": REASON})).await;
        assert_eq!((status, &own["code"]), (StatusCode::CONFLICT, &json!("already_yours")));
        let (status, entry) = karim.post(&open, json!({"reason": REASON})).await;
        assert_eq!((status, &entry["patient"]), (StatusCode::CREATED, &json!("Hélène Lefèvre")), "{entry}");

        // Read, and nothing else.
        let (status, read) = karim.get(&path).await;
        assert_eq!((status, &read["note"]), (StatusCode::OK, &json!("Sous anticoagulants")));
        assert_eq!((&read["mayEnter"], &read["mayChange"]), (&json!(false), &json!(false)));
        for part in ["studies", "report", "key-images", "viewing", "received"] {
            assert_eq!(karim.get(&format!("{path}/{part}")).await.0, StatusCode::OK, "{part}");
        }
        for part in ["notes", "identity", "documents", "summary"] {
            assert_eq!(karim.get(&format!("{path}/{part}")).await.0, StatusCode::NOT_FOUND, "{part}");
        }
        for (part, body) in [
            ("cancel", json!({})),
            ("report", json!({"language": "fr", "why": ""})),
            ("take-over", json!({})),
            ("drop-in", json!({})),
        ] {
            assert_eq!(karim.post(&format!("{path}/{part}"), body).await.0, StatusCode::NOT_FOUND, "{part}");
        }
        let (_, problem) = karim.attend(appointment).await;
        assert_eq!((&problem["type"], &problem["code"]), (&json!("problem"), &json!("not_found")));

        // In the trail as a deed of its own, with the reason; in the alerts; told to whoever is booked.
        let broken = trail(app, "deed=break_glass&outcome=done").await;
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert_eq!((&broken[0]["reason"], &broken[0]["name"]), (&json!(REASON), &json!("Dr Karim Benali")));
        let reads = trail(app, &format!("appointment={appointment}&deed=read&outcome=done")).await;
        assert!(reads.iter().any(|each| each["detail"].as_str().unwrap().ends_with(" in:emergency")));
        let alerts = app.sign_in("alex").await.get("/api/trail/alerts").await.1;
        assert!(alerts["alerts"].as_array().unwrap().iter().any(|each| each["deed"] == "break_glass"));
        let (_, told) = doctor.get("/api/emergency").await;
        assert_eq!(
            (&told["told"][0]["by"], &told["told"][0]["reason"]),
            (&json!("Dr Karim Benali"), &json!(REASON))
        );
        assert_eq!(karim.get("/api/emergency").await.1["open"][0]["appointment"], appointment.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_is_over_when_its_time_is_and_whoever_tries_many_names_is_slowed_down() {
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.emergency_lasts = chrono::TimeDelta::seconds(2);
    })
    .await;
    let visit = Visit::book_at(app, 5).await;
    let karim = visit.app.sign_in("karim").await;
    let path = format!("/api/appointments/{}", visit.appointment);
    let (status, _) = karim.post(&format!("{path}/emergency"), json!({"reason": REASON})).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(karim.get(&path).await.0, StatusCode::OK);
    let over = async {
        while karim.get(&path).await.0 != StatusCode::NOT_FOUND {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), over).await.unwrap();
    let mut slowed = false;
    for day in 1..=28 {
        let body = json!({"name": "Jeanne Petit", "birthDate": format!("1950-02-{day:02}")});
        slowed |= karim.post("/api/emergency/search", body).await.0 == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(slowed, "a date of birth is not found by trying");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_acts_for_a_practitioner_sees_books_and_opens_until_it_is_taken_back_at_once() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let Visit { app, doctor, secretary, appointment, .. } = &visit;
        let karim = app.sign_in("karim").await;
        let path = format!("/api/appointments/{appointment}");
        let karim_id = doctor_named(secretary, "Karim Benali").await;
        let claire_id = doctor_named(secretary, "Claire Martin").await;
        assert_eq!(karim.get(&path).await.0, StatusCode::NOT_FOUND);
        // Nobody gives what is not theirs, and nobody gives it to themselves.
        let give = |to: &str, until| json!({"to": to, "startsAt": soon(-1), "endsAt": soon(until)});
        assert_eq!(secretary.post("/api/delegations", give(&karim_id, 60)).await.0, StatusCode::NOT_FOUND);
        for (to, until) in [(&claire_id, 60), (&karim_id, -2), (&karim_id, 93 * 24 * 60)] {
            let (status, _) = doctor.post("/api/delegations", give(to, until)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{until}");
        }
        let (status, given) = doctor.post("/api/delegations", give(&karim_id, 60)).await;
        assert_eq!((status, &given["isInForce"]), (StatusCode::CREATED, &json!(true)), "{given}");
        let (_, told) = karim.get("/api/delegations").await;
        assert_eq!(told["received"][0]["name"], "Dr Claire Martin");

        let (status, entry) = karim.get(&path).await;
        assert_eq!(
            (status, &entry["mayChange"], &entry["mayEnter"]),
            (StatusCode::OK, &json!(true), &json!(false))
        );
        let day = soon(-24 * 60)[..10].to_owned();
        let (_, agenda) = karim.get(&format!("/api/appointments?day={day}&days=3")).await;
        assert!(agenda.as_array().unwrap().iter().any(|each| each["appointment"] == appointment.as_str()));
        // The trail says for whom.
        let reads = trail(app, &format!("appointment={appointment}&deed=read&outcome=done")).await;
        assert!(
            reads.iter().any(|each| each["detail"].as_str().unwrap().ends_with(&format!(" for:{claire_id}")))
        );
        assert!(reads.iter().any(|each| each["forName"] == "Dr Claire Martin"), "{reads:?}");
        // What is written of the patient is not theirs by that, nor is the call before they take it.
        assert_eq!(karim.get(&format!("{path}/report")).await.0, StatusCode::NOT_FOUND);
        assert_eq!(karim.attend(appointment).await.1["code"], "not_found");

        let (status, joined) = karim.post(&format!("{path}/take-over"), json!({})).await;
        assert_eq!(status, StatusCode::OK, "{joined}");
        let (mut patient, id) = visit.patient_waits().await;
        let (mut acting, welcome) = karim.attend(appointment).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        acting.request(json!({"type": "enter"})).await.unwrap();
        acting.request(json!({"type": "admit", "participant": id, "isRecognised": true})).await.unwrap();
        patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;

        let delegation = given["delegation"].as_str().unwrap();
        let revoke = format!("/api/delegations/{delegation}");
        assert_eq!(karim.delete(&revoke).await, StatusCode::NOT_FOUND, "only whoever gave it takes it back");
        assert_eq!(doctor.delete(&revoke).await, StatusCode::NO_CONTENT);
        let last = acting.until_closed().await;
        assert!(last.iter().any(|m| m["code"] == "not_found"), "{last:?}");
        assert_eq!(karim.get(&path).await.0, StatusCode::NOT_FOUND);
        assert_eq!(karim.attend(appointment).await.1["code"], "not_found");
        assert_eq!(doctor.delete(&revoke).await, StatusCode::NOT_FOUND, "once");
        let deeds = trail(app, "subject=delegation&outcome=done").await;
        let deeds: Vec<_> = deeds.iter().map(|each| each["deed"].as_str().unwrap()).collect();
        assert_eq!(deeds, ["delete", "create"]);
    }
}
