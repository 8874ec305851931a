//! Radiologists see where there is work, and come into a consultation that runs without being booked.

use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp, share};
use crate::visit::{BOTH, doctor_named, secret, soon, zip_of};

/// A consultation of Claire's with a patient in the call, and the radiologist, who is not booked.
struct Visit {
    app: TestApp,
    appointment: String,
    claire: Browser,
    sofia: Browser,
    doctor: Socket,
    doctor_id: String,
    patient: Socket,
}

impl Visit {
    async fn begin() -> Self {
        let app = TestApp::start(Dialect::Sqlite).await;
        let (claire, sofia) = (app.sign_in("claire").await, app.sign_in("sofia").await);
        let secretary = app.sign_in("camille").await;
        let (appointment, link) = book(&secretary, "Claire Martin").await;
        let (mut doctor, known) = claire.attend(&appointment).await;
        let doctor_id = known["participant"].as_str().unwrap().to_owned();
        let (mut patient, welcome) = app.guest(&link).await;
        patient.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        assert_eq!(sofia.get("/api/worklist").await, (StatusCode::OK, json!([])), "nothing has begun");
        let path = format!("/api/appointments/{appointment}/drop-in");
        assert_eq!(sofia.post(&path, json!({})).await.0, StatusCode::NOT_FOUND, "it has not begun");
        doctor.request(json!({"type": "enter"})).await.unwrap();
        let admit = json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true});
        doctor.request(admit).await.unwrap();
        patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        patient.request(json!({"type": "enter"})).await.unwrap();
        Self { app, appointment, claire, sofia, doctor, doctor_id, patient }
    }

    async fn upload(&self) -> Value {
        let objects = parvis::demo::studies::demo_objects(1).take(3).map(|(_, bytes)| bytes);
        let files = objects.enumerate().map(|(i, bytes)| (format!("IM{i:04}"), bytes));
        let (status, receipt) = self.claire.upload(&self.appointment, "study.zip", zip_of(files)).await;
        assert_eq!(status, StatusCode::OK, "{receipt}");
        self.claire.get(&format!("/api/appointments/{}/studies", self.appointment)).await.1
    }

    async fn drop_in(&self, by: &Browser) -> (StatusCode, Value) {
        by.post(&format!("/api/appointments/{}/drop-in", self.appointment), json!({})).await
    }
}

/// Books a doctor with one patient; the answer is the appointment and the patient's link.
async fn book(secretary: &Browser, doctor: &str) -> (String, String) {
    let wanted = json!({
        "startsAt": soon(5), "endsAt": soon(35), "service": "Cardiologie", "note": "",
        "guests": [{"role": "patient", "name": "Hélène Lefèvre", "language": "fr"}],
        "practitioners": [doctor_named(secretary, doctor).await],
    });
    let (status, booked) = secretary.post("/api/appointments", wanted).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    (booked["appointment"]["appointment"].as_str().unwrap().to_owned(), secret(&booked["links"][0]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worklist_shows_radiologists_what_runs_and_has_studies() {
    let visit = Visit::begin().await;
    assert_eq!(visit.sofia.get("/api/worklist").await.1, json!([]), "there is nothing to look at");
    let studies = visit.upload().await;
    let (status, worklist) = visit.sofia.get("/api/worklist").await;
    assert_eq!(status, StatusCode::OK);
    let [entry] = &worklist.as_array().unwrap()[..] else { panic!("{worklist}") };
    assert_eq!(
        (&entry["appointment"], &entry["patient"]),
        (&json!(visit.appointment), &json!("Hélène Lefèvre"))
    );
    assert_eq!((&entry["service"], &entry["isRunning"]), (&json!("Cardiologie"), &json!(true)));
    let [study] = &entry["studies"].as_array().unwrap()[..] else { panic!("{entry}") };
    let of = &studies[0];
    assert_eq!(study["study"], of["study"]);
    assert_eq!(
        (&study["series"], &study["modality"]),
        (&of["series"][0]["series"], &of["series"][0]["modality"])
    );
    assert_eq!((&study["description"], &study["date"]), (&of["description"], &of["date"]));
    for other in ["claire", "karim", "camille", "alex"] {
        let other = visit.app.sign_in(other).await;
        assert_eq!(other.get("/api/worklist").await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(visit.app.browser().get("/api/worklist").await.0, StatusCode::UNAUTHORIZED);
    // What is taken back is no work.
    let path = format!("/api/studies/{}", of["study"].as_str().unwrap());
    assert_eq!(visit.claire.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(visit.sofia.get("/api/worklist").await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_radiologist_drops_in_and_everybody_knows() {
    let mut visit = Visit::begin().await;
    let studies = visit.upload().await;
    let mut before = visit.sofia.socket().await;
    let hello = json!({"type": "hello", "protocol": parvis::protocol::PROTOCOL, "language": "fr", "appointment": visit.appointment});
    before.send(hello).await;
    assert_eq!(before.next().await["code"], "not_found", "not without dropping in");
    for nobody in ["karim", "camille", "alex"] {
        let nobody = visit.app.sign_in(nobody).await;
        assert_eq!(visit.drop_in(&nobody).await.0, StatusCode::NOT_FOUND);
    }
    let (status, dropped_in) = visit.drop_in(&visit.sofia).await;
    assert_eq!(status, StatusCode::OK, "{dropped_in}");
    for socket in [&mut visit.doctor, &mut visit.patient] {
        let told = socket.wait("dropped_in").await;
        assert_eq!(
            (&told["participant"], &told["name"]),
            (&dropped_in["participant"], &json!("Dr Sofia Lindqvist"))
        );
    }
    let (mut radiologist, welcome) = visit.sofia.attend(&visit.appointment).await;
    assert_eq!(welcome["participant"], dropped_in["participant"]);
    radiologist.request(json!({"type": "enter"})).await.unwrap();
    let is_there = |message: &Value| {
        let people = message["people"].as_array().unwrap();
        people.iter().any(|person| {
            person["participant"] == dropped_in["participant"]
                && person["place"]["state"] == "in_call"
                && person["hasDroppedIn"] == true
        })
    };
    visit.patient.wait_for("people", is_there).await;
    // Staff, and never a host: who leads goes on leading.
    let series = &studies[0]["series"][0]["series"];
    visit.doctor.request(share(series)).await.unwrap();
    assert_eq!(radiologist.request(json!({"type": "present"})).await, Err("not_presenter".to_owned()));
    radiologist.request(json!({"type": "follow", "isFollowing": false})).await.unwrap();
    radiologist.request(json!({"type": "ask_to_present", "isAsking": true})).await.unwrap();
    let asked = visit.doctor.wait_for("viewing", |state| state["asking"] != json!([])).await;
    let claire = json!(visit.doctor_id);
    assert_eq!(asked["ownViews"], json!([dropped_in["participant"]]));
    assert_eq!((&asked["presenter"], &asked["asking"]), (&claire, &json!([dropped_in["participant"]])));
    assert_eq!(asked["hosts"], json!([claire]));
    // Whoever lost the connection comes back as the one they were.
    drop(radiologist);
    let mut again = visit.sofia.socket().await;
    let hello = json!({
        "type": "hello", "protocol": parvis::protocol::PROTOCOL, "language": "fr",
        "appointment": visit.appointment, "resume": welcome["resume"],
    });
    again.send(hello).await;
    let back = again.wait("welcome").await;
    assert_eq!(
        (&back["participant"], &back["place"]["state"]),
        (&dropped_in["participant"], &json!("in_call"))
    );
    assert_eq!(
        visit.drop_in(&visit.sofia).await,
        (StatusCode::OK, dropped_in),
        "asked again, the same answer"
    );
    again.send(json!({"type": "end", "request": 99, "outcome": "completed"})).await;
    visit.patient.wait("ended").await;
    assert_eq!(visit.drop_in(&visit.sofia).await.0, StatusCode::NOT_FOUND, "it is over");
    assert_eq!(visit.sofia.get("/api/worklist").await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_drop_in_at_once_are_one_and_their_time_is_not_taken() {
    let visit = Visit::begin().await;
    let (one, other) = tokio::join!(visit.drop_in(&visit.sofia), visit.drop_in(&visit.sofia));
    assert_eq!((one.0, other.0), (StatusCode::OK, StatusCode::OK));
    assert_eq!(one.1, other.1);
    let path = format!("/api/appointments/{}", visit.appointment);
    let (_, entry) = visit.claire.get(&path).await;
    assert_eq!(entry["participants"].as_array().unwrap().len(), 3, "{entry}");
    // At the same time they may still be booked.
    let secretary = visit.app.sign_in("camille").await;
    book(&secretary, "Sofia Lindqvist").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_drops_in_while_it_is_locked() {
    let mut visit = Visit::begin().await;
    visit.doctor.request(json!({"type": "lock", "isLocked": true})).await.unwrap();
    let (status, refused) = visit.drop_in(&visit.sofia).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("locked")), "{refused}");
    visit.doctor.request(json!({"type": "lock", "isLocked": false})).await.unwrap();
    assert_eq!(visit.drop_in(&visit.sofia).await.0, StatusCode::OK);
    // Who was in it before the lock comes in again.
    let (mut radiologist, _) = visit.sofia.attend(&visit.appointment).await;
    radiologist.request(json!({"type": "enter"})).await.unwrap();
    visit.doctor.request(json!({"type": "lock", "isLocked": true})).await.unwrap();
    assert_eq!(visit.drop_in(&visit.sofia).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_radiologist_sees_the_consultations_of_the_services_they_read_for_and_no_other() {
    for dialect in BOTH {
        let app = TestApp::start(dialect).await;
        let (claire, sofia) = (app.sign_in("claire").await, app.sign_in("sofia").await);
        let camille = app.sign_in("camille").await;
        let service = async |name: &str, members: &[&str], readers: &[&str]| {
            let wanted = json!({
                "name": name, "site": "", "telephone": "", "isClosed": false, "members": members, "readers": readers,
                "policy": {"mayPatientsCancel": false, "mayPatientsMove": false, "noticeHours": 24, "isOpenOnHolidays": false},
            });
            let (status, made) = camille.post("/api/services", wanted).await;
            assert_eq!(status, StatusCode::CREATED, "{made}");
            made["service"].as_str().unwrap().to_owned()
        };
        let (_, me) = sofia.get("/api/me").await;
        let radiology = service("Radiologie", &[me["practitioner"].as_str().unwrap()], &[]).await;
        let heart = service("Cardiologie", &[], &[]).await;
        let wanted = json!({
            "startsAt": soon(5), "endsAt": soon(35), "service": "Cardiologie", "serviceId": heart, "note": "",
            "guests": [{"role": "patient", "name": "Hélène Lefèvre", "language": "fr"}],
            "practitioners": [doctor_named(&camille, "Claire Martin").await],
        });
        let (status, booked) = camille.post("/api/appointments", wanted).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
        let (mut doctor, _) = claire.attend(&appointment).await;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        let objects =
            parvis::demo::studies::demo_objects(1).take(1).map(|(_, bytes)| ("IM1".to_owned(), bytes));
        let (status, receipt) = claire.upload(&appointment, "study.zip", zip_of(objects)).await;
        assert_eq!(status, StatusCode::OK, "{receipt}");
        let path = format!("/api/appointments/{appointment}/drop-in");

        // Another service's consultation is not there.
        assert_eq!(sofia.get("/api/worklist").await, (StatusCode::OK, json!([])));
        let unknown =
            sofia.post(&format!("/api/appointments/{}/drop-in", app.app.clock.new_uuid()), json!({})).await;
        assert_eq!(sofia.post(&path, json!({})).await, unknown);
        let (_, services) = camille.get("/api/services").await;
        let of = |id: &str| {
            services.as_array().unwrap().iter().find(|each| each["service"] == id).unwrap().clone()
        };
        let change = async |readers: Value| {
            let kept = of(&heart);
            let wanted = json!({
                "name": kept["name"], "site": "", "telephone": "", "isClosed": false, "members": [], "readers": readers,
                "policy": kept["policy"],
            });
            camille.put(&format!("/api/services/{heart}"), wanted).await
        };
        let (status, refused) = change(json!([app.app.clock.new_uuid().to_string()])).await;
        assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("unknown_service")));
        let (status, kept) = change(json!([radiology, radiology])).await;
        assert_eq!((status, &kept["readers"]), (StatusCode::OK, &json!([radiology])));
        let (status, kept) = change(Value::Null).await;
        assert_eq!(
            (status, &kept["readers"]),
            (StatusCode::OK, &json!([radiology])),
            "of whom nothing was said"
        );

        // Cardiology lets radiology come in.
        let (_, worklist) = sofia.get("/api/worklist").await;
        assert_eq!(worklist[0]["appointment"], json!(appointment), "{worklist}");
        // It takes that back: whoever is in it stays in it, and sees no other.
        assert_eq!(sofia.post(&path, json!({})).await.0, StatusCode::OK);
        assert_eq!(change(json!([])).await.0, StatusCode::OK);
        assert_eq!(sofia.get("/api/worklist").await.1[0]["appointment"], json!(appointment));
        let studies = format!("/api/appointments/{appointment}/studies");
        assert_eq!(sofia.get(&studies).await.0, StatusCode::OK);
    }
}
