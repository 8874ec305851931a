//! Notes, report, documents, opinions and the way back in, over HTTP and sockets on both databases.

use std::time::Duration;

use parvis::clinical::AppointmentId;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp, share};
use crate::visit::{BOTH, ct_zip, doctor_named, secret, soon};

/// A visit whose patient was given a PIN, and has opened the door with it.
pub struct Visit {
    pub app: TestApp,
    pub doctor: Browser,
    pub secretary: Browser,
    pub patient: Browser,
    pub appointment: String,
    pub link: String,
    pub relative: String,
}

impl Visit {
    async fn book(dialect: Dialect) -> Self {
        let patient =
            json!({"role": "patient", "name": "Hélène Lefèvre", "language": "fr", "wantsPin": true});
        Self::book_at(TestApp::start_kept(dialect).await, patient).await
    }

    /// A visit of that patient, who wants a PIN.
    pub async fn book_at(app: TestApp, patient: Value) -> Self {
        Self::book_in(app, patient, None).await
    }

    /// The same in a service.
    pub async fn book_in(app: TestApp, patient: Value, service: Option<&str>) -> Self {
        let doctor = app.sign_in("claire").await;
        let secretary = app.sign_in("camille").await;
        let id = doctor_named(&secretary, "Claire Martin").await;
        let mut booking = json!({
            "startsAt": soon(1), "endsAt": soon(31), "service": "Cardiologie", "practitioners": [id], "note": "",
            "guests": [
                patient,
                {"role": "relative", "name": "Luc Lefèvre", "language": "en"},
            ],
        });
        if let Some(service) = service {
            booking["serviceId"] = json!(service);
        }
        let (status, booked) = secretary.post("/api/appointments", booking).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        let (link, relative) = (secret(&booked["links"][0]), secret(&booked["links"][1]));
        let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
        let mut patient = app.browser();
        let pin = &booked["links"][0]["pin"];
        let (_, opened) = patient.open_door(json!({"link": link, "digits": pin})).await;
        assert_eq!(opened["outcome"], "opened");
        Self { app, doctor, secretary, patient, appointment, link, relative }
    }

    pub fn of(&self, what: &str) -> String {
        format!("/api/appointments/{}/{what}", self.appointment)
    }

    /// Patient and doctor in the call.
    pub async fn call(&self) -> (Socket, Socket) {
        self.patient.agree(&self.link).await;
        let (mut patient, welcome) = self.patient.hello(json!({"link": self.link})).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        patient.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        let (mut doctor, _) = self.doctor.attend(&self.appointment).await;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        let admit = json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true});
        doctor.request(admit).await.unwrap();
        patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        patient.request(json!({"type": "enter"})).await.unwrap();
        (patient, doctor)
    }

    /// The doctor ends it; it is written when this returns.
    pub async fn end(&self, doctor: &mut Socket, outcome: &str) {
        doctor.send(json!({"type": "end", "request": 900, "outcome": outcome})).await;
        doctor.wait("ended").await;
        let id: AppointmentId = self.appointment.parse().unwrap();
        let is_written = async {
            loop {
                let links = self.app.app.store.links_of(id).await.unwrap();
                if links.iter().all(|link| link.revoked_at.is_some()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), is_written).await.expect("its links are withdrawn");
    }

    pub async fn after(&self, browser: &Browser, link: &str) -> (StatusCode, Value) {
        browser.post_with("/api/guest/after", link, json!({})).await
    }
}

fn words(report: &Value, conclusions: &str) -> Value {
    let mut words = report["words"].clone();
    words["conclusions"] = json!(conclusions);
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_of_each_practitioner_and_two_windows_do_not_undo_each_other() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (notes, note) = (visit.of("notes"), visit.of("note"));
        assert_eq!(visit.doctor.get(&notes).await, (StatusCode::OK, json!([])));
        let put = |text: &str, version: u32| json!({"text": text, "version": version});
        let (status, saved) = visit.doctor.put(&note, put("Toux.\nFièvre.", 0)).await;
        assert_eq!((status, &saved["version"]), (StatusCode::OK, &json!(1)), "{saved}");
        let (status, stale) = visit.doctor.put(&note, put("autre", 0)).await;
        assert_eq!((status, &stale["code"]), (StatusCode::CONFLICT, &json!("stale")));
        for wrong in ["a\u{7}", &"é".repeat(20_001)] {
            assert_eq!(visit.doctor.put(&note, put(wrong, 1)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(visit.doctor.put(&note, put("Toux depuis 3 jours.", 1)).await.1["version"], 2);
        for (browser, status) in [
            (&visit.secretary, StatusCode::NOT_FOUND),
            (&visit.app.sign_in("karim").await, StatusCode::NOT_FOUND),
            (&visit.patient, StatusCode::UNAUTHORIZED),
        ] {
            assert_eq!(browser.get(&notes).await.0, status);
            assert_eq!(browser.put(&note, put("x", 2)).await.0, status);
        }
        let again = visit.app.started_again(dialect).await;
        let doctor = Browser { cookie: visit.doctor.cookie.clone(), ..again.browser() };
        let (_, kept) = doctor.get(&notes).await;
        assert_eq!(
            (&kept[0]["text"], &kept[0]["version"], &kept[0]["isOwn"]),
            (&json!("Toux depuis 3 jours."), &json!(2), &json!(true)),
            "after a restart: {kept}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_becomes_a_report_that_is_signed_and_that_the_patient_takes_home() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (patient, mut doctor) = visit.call().await;
        let (_, _) = visit.doctor.put(&visit.of("note"), json!({"text": "Toux sèche.", "version": 0})).await;
        let (_, booked) = visit.doctor.get(&format!("/api/appointments/{}", visit.appointment)).await;
        let people = booked["participants"].as_array().unwrap();
        let of_patient = people.iter().find(|person| person["role"] == "patient").unwrap();
        let looked_at =
            visit.of(&format!("participants/{}/identity", of_patient["participant"].as_str().unwrap()));
        let check = json!({
            "means": "document", "document": "passport", "isNameRight": true, "isBirthDateRight": true,
        });
        assert_eq!(visit.doctor.post(&looked_at, check).await.0, StatusCode::CREATED);
        visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        let (_, studies) = visit.doctor.get(&visit.of("studies")).await;
        doctor.request(share(&studies[0]["series"][0]["series"])).await.unwrap();
        doctor.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
        doctor.wait_for("viewing", |m| m["shown"]["index"] == 2).await;
        doctor.request(json!({"type": "keep_image", "viewport": 0, "caption": "Le nodule"})).await.unwrap();
        let letter = parvis_letter();
        let (status, _) =
            visit.doctor.share_file(&visit.appointment, "lettre.pdf", None, letter.clone()).await;
        assert_eq!(status, StatusCode::CREATED);

        // Begun during the call, with what is known; not signed before it is over.
        let (_, empty) = visit.doctor.get(&visit.of("report")).await;
        assert_eq!(empty, json!({"versions": [], "isOver": false}));
        let begin = json!({"language": "fr", "why": ""});
        let (status, state) = visit.doctor.post(&visit.of("report"), begin.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{state}");
        let draft = state["versions"][0].clone();
        let address = format!("/api/reports/{}", draft["report"].as_str().unwrap());
        assert_eq!((&draft["status"], &draft["words"]["findings"]), (&json!("draft"), &json!("Toux sèche.")));
        assert_eq!(draft["words"]["images"].as_array().unwrap().len(), 1);
        let (status, again) = visit.doctor.post(&visit.of("report"), begin).await;
        assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("draft_exists")));
        let change = json!({"revision": 1, "words": words(&draft, "Nodule stable.")});
        let (status, state) = visit.doctor.put(&address, change.clone()).await;
        assert_eq!((status, &state["versions"][0]["revision"]), (StatusCode::OK, &json!(2)), "{state}");
        assert_eq!(visit.doctor.put(&address, change).await.1["code"], "stale");
        let sign = |revision: u32| json!({"revision": revision});
        let (status, early) = visit.doctor.post(&format!("{address}/sign"), sign(2)).await;
        assert_eq!((status, &early["code"]), (StatusCode::CONFLICT, &json!("wrong_status")));

        // Released during the visit: the chat and its files are forgotten when it ends.
        let (_, offered) = visit.doctor.get(&visit.of("documents")).await;
        let kinds: Vec<&str> =
            offered["documents"].as_array().unwrap().iter().map(|d| d["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["image", "file"], "nothing is signed, no summary is written: {offered}");
        let item = |offered: &Value, kind: &str| {
            let found = offered["documents"].as_array().unwrap().iter().find(|d| d["kind"] == kind).unwrap();
            json!({"kind": kind, "item": found["item"]})
        };
        let wanted = json!({"documents": [item(&offered, "image"), item(&offered, "file")]});
        assert_eq!(visit.doctor.put(&visit.of("documents"), wanted).await.0, StatusCode::OK);

        visit.end(&mut doctor, "follow_up").await;
        drop(patient);
        let (status, stale) = visit.doctor.post(&format!("{address}/sign"), sign(1)).await;
        assert_eq!(
            (status, &stale["code"]),
            (StatusCode::CONFLICT, &json!("stale")),
            "nobody signs what they have not read"
        );
        let (status, state) = visit.doctor.post(&format!("{address}/sign"), sign(2)).await;
        assert_eq!(status, StatusCode::OK, "{state}");
        let signed = &state["versions"][0];
        assert_eq!((&signed["status"], &signed["signedBy"]), (&json!("final"), &json!("Dr Claire Martin")));
        let facts = signed["facts"].to_string();
        for expected in [
            "Hélène Lefèvre (patient)",
            "n'est pas entré dans l'appel",
            "est à revoir",
            "Une image a été gardée",
            "passeport",
        ] {
            assert!(facts.contains(expected), "{expected}: {facts}");
        }
        let (status, code) = visit.doctor.post(&format!("{address}/sign"), sign(2)).await;
        assert_eq!((status, &code["code"]), (StatusCode::CONFLICT, &json!("report_signed")));
        let change = json!({"revision": 2, "words": words(signed, "Autre.")});
        assert_eq!(visit.doctor.put(&address, change).await.1["code"], "report_signed");

        let (status, headers, pdf) = visit.doctor.fetch(&format!("{address}/document.pdf")).await;
        assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"application/pdf".parse().unwrap()));
        assert!(pdf.starts_with(b"%PDF-1.7"));
        assert!(headers["content-disposition"].to_str().unwrap().contains("compte-rendu-20"));
        let (_, headers, bundle) = visit.doctor.fetch(&format!("{address}/bundle.json")).await;
        assert_eq!(&headers["content-type"], &"application/fhir+json");
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let resources: Vec<&Value> =
            bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]).collect();
        let one = |kind: &str| *resources.iter().find(|one| one["resourceType"] == kind).expect(kind);
        assert_eq!(one("Composition")["status"], "final");
        assert_eq!(
            (&one("Encounter")["class"]["code"], &one("Encounter")["status"]),
            (&json!("VR"), &json!("finished"))
        );
        // What was on show first may have been so long enough to be kept.
        let shown = one("ImagingStudy")["series"][0]["instance"].as_array().unwrap();
        assert!((1..=2).contains(&shown.len()), "{shown:?}");
        use base64::Engine;
        let data = base64::prelude::BASE64_STANDARD.decode(one("Binary")["data"].as_str().unwrap()).unwrap();
        assert_eq!(data, pdf, "the very document");

        // What was signed stays what it is, also when an image is taken back.
        let (_, images) = visit.doctor.get(&visit.of("key-images")).await;
        let (_, offered) = visit.doctor.get(&visit.of("documents")).await;
        let documents =
            json!({"documents": [item(&offered, "report"), item(&offered, "file"), item(&offered, "image")]});
        let (status, released) = visit.doctor.put(&visit.of("documents"), documents).await;
        assert_eq!(status, StatusCode::OK, "{released}");

        // The link alone leads to no document, nor does the relative's.
        let stranger = visit.app.browser();
        let (status, after) = visit.after(&stranger, &visit.link).await;
        assert_eq!(
            (status, &after["documents"], &after["mayHaveDocuments"]),
            (StatusCode::OK, &Value::Null, &json!(true))
        );
        assert!(!after.to_string().contains("nodule"), "{after}");
        let (_, after) = visit.after(&visit.patient, &visit.relative).await;
        assert_eq!((&after["mayHaveDocuments"], &after["documents"]), (&json!(false), &Value::Null));
        let (_, after) = visit.after(&visit.patient, &visit.link).await;
        let documents = after["documents"].as_array().unwrap().clone();
        assert_eq!(documents.len(), 3, "{after}");
        let way = |kind: &str| {
            let found = documents.iter().find(|document| document["kind"] == kind).unwrap();
            format!("/api/guest/after/documents/{}", found["document"].as_str().unwrap())
        };
        let (status, _, refused) = stranger.take_with(&way("report"), &visit.link).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(serde_json::from_slice::<Value>(&refused).unwrap()["code"], "pass_needed");
        let (status, ..) = visit.patient.take_with(&way("report"), &visit.relative).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (_, _, taken) = visit.patient.take_with(&way("report"), &visit.link).await;
        assert_eq!(taken, pdf);
        let (_, headers, taken) = visit.patient.take_with(&way("file"), &visit.link).await;
        assert_eq!((&headers["content-type"], taken), (&"application/pdf".parse().unwrap(), letter));
        let (_, headers, _) = visit.patient.take_with(&way("image"), &visit.link).await;
        assert_eq!(&headers["content-type"], &"image/png");
        let (_, log) = visit.doctor.get(&visit.of("documents")).await;
        let log = log["downloads"].as_array().unwrap();
        let rows: Vec<_> = log
            .iter()
            .map(|row| {
                (row["who"].as_str().unwrap(), row["kind"].as_str().unwrap(), row["door"].as_str().unwrap())
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("Hélène Lefèvre", "report", "pin"),
                ("Hélène Lefèvre", "file", "pin"),
                ("Hélène Lefèvre", "image", "pin")
            ]
        );

        let image = format!("/api/key-images/{}", images[0]["image"].as_str().unwrap());
        assert!(visit.doctor.delete(&image).await.is_success());
        assert_eq!(visit.doctor.fetch(&format!("{address}/document.pdf")).await.2, pdf);
        let (status, ..) = visit.patient.take_with(&way("image"), &visit.link).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "it is kept no longer");

        // An amendment is another version, and says why.
        let amend = |why: &str| json!({"language": "fr", "why": why});
        assert_eq!(visit.doctor.post(&visit.of("report"), amend(" ")).await.1["code"], "why_missing");
        let (_, state) = visit.doctor.post(&visit.of("report"), amend("Le côté était faux.")).await;
        let amended = &state["versions"][1];
        assert_eq!(
            (&amended["number"], &amended["words"]["conclusions"]),
            (&json!(2), &json!("Nodule stable."))
        );
        let second = format!("/api/reports/{}", amended["report"].as_str().unwrap());
        let (_, state) = visit.doctor.post(&format!("{second}/sign"), sign(1)).await;
        assert_eq!(
            (&state["versions"][0]["status"], &state["versions"][1]["status"]),
            (&json!("final"), &json!("amended"))
        );
        let (_, _, bundle) = visit.doctor.fetch(&format!("{second}/bundle.json")).await;
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let replaces = &bundle["entry"][0]["resource"]["relatesTo"][0];
        let first = address.rsplit('/').next().unwrap();
        assert_eq!(replaces["targetIdentifier"]["value"], format!("urn:uuid:{first}"));

        for (browser, status) in [
            (&visit.secretary, StatusCode::NOT_FOUND),
            (&visit.app.sign_in("karim").await, StatusCode::NOT_FOUND),
            (&visit.patient, StatusCode::UNAUTHORIZED),
        ] {
            for path in [
                visit.of("report"),
                visit.of("documents"),
                visit.of("after"),
                format!("{address}/document.pdf"),
                format!("{address}/bundle.json"),
            ] {
                assert_eq!(browser.fetch(&path).await.0, status, "{path}");
            }
            assert_eq!(browser.put(&visit.of("documents"), json!({"documents": []})).await.0, status);
            assert_eq!(browser.post(&format!("{address}/sign"), sign(2)).await.0, status);
        }
    }
}

/// A small PDF.
pub fn parvis_letter() -> Vec<u8> {
    std::fs::read("fixtures/summary/fr.pdf").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_left_comes_back_and_a_visit_that_was_ended_too_early_is_opened_again() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (mut patient, mut doctor) = visit.call().await;
        let hello = json!({"link": visit.link});
        patient.request(json!({"type": "leave"})).await.unwrap();
        let (mut patient, welcome) = visit.patient.hello(hello.clone()).await;
        assert_eq!(welcome["place"]["state"], "admitted", "nobody admits them again: {welcome}");
        patient.request(json!({"type": "enter"})).await.unwrap();
        let (status, early) = visit.after(&visit.patient, &visit.link).await;
        assert_eq!((status, &early["code"]), (StatusCode::CONFLICT, &json!("wrong_status")));
        let (status, _) = visit.doctor.post(&visit.of("reopen"), json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT, "it is not over");

        visit.end(&mut doctor, "completed").await;
        patient.wait("ended").await;
        let (_, refused) = visit.patient.hello(hello.clone()).await;
        assert_eq!(refused["code"], "consultation_over", "{refused}");
        assert_eq!(visit.doctor.get("/api/call-backs").await.1, json!([]));
        let (status, asked) =
            visit.patient.post_with("/api/guest/after/ask-back", &visit.link, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{asked}");
        assert!(asked["askedBackAt"].is_string(), "{asked}");
        let (_, knocks) = visit.doctor.get("/api/call-backs").await;
        assert_eq!(
            (&knocks[0]["name"], &knocks[0]["appointment"]),
            (&json!("Hélène Lefèvre"), &json!(visit.appointment))
        );
        let karim = visit.app.sign_in("karim").await;
        assert_eq!(karim.get("/api/call-backs").await.1, json!([]));
        for browser in [&karim, &visit.secretary] {
            assert_eq!(browser.post(&visit.of("reopen"), json!({})).await.0, StatusCode::NOT_FOUND);
        }
        let (status, _) = visit.doctor.post(&visit.of("reopen"), json!({})).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(visit.doctor.get("/api/call-backs").await.1, json!([]), "it is open");
        let (mut patient, welcome) = visit.patient.hello(hello).await;
        assert_eq!(welcome["place"]["state"], "admitted", "{welcome}");
        patient.request(json!({"type": "enter"})).await.unwrap();
        let mut doctor = visit.doctor.attend(&visit.appointment).await.0;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        visit.end(&mut doctor, "completed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_says_once_what_they_think() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (_patient, mut doctor) = visit.call().await;
        visit.end(&mut doctor, "completed").await;
        let rate = async |link: &str, score: u8, words: &str| {
            let body = json!({"score": score, "words": words});
            visit.app.browser().post_with("/api/guest/after/rating", link, body).await
        };
        assert_eq!(rate(&visit.link, 0, "").await.0, StatusCode::BAD_REQUEST);
        assert_eq!(rate(&visit.link, 4, &"é".repeat(501)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, state) = rate(&visit.link, 4, " Très bien,\nmerci. ").await;
        assert_eq!(
            (status, &state["hasRated"]),
            (StatusCode::OK, &json!(true)),
            "the link is enough: {state}"
        );
        let (status, again) = rate(&visit.link, 1, "").await;
        assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("answered_before")));
        assert_eq!(rate(&visit.relative, 5, "").await.0, StatusCode::OK);
        let (_, after) = visit.doctor.get(&visit.of("after")).await;
        assert_eq!(
            after["ratings"],
            json!([{"score": 4, "words": "Très bien, merci."}, {"score": 5, "words": ""}])
        );
        assert_eq!(rate("nothing", 5, "").await.0, StatusCode::NOT_FOUND);
    }
}
