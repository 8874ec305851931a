//! A day at the hospital, so that whoever asks for anything finds something: visits to come, one in its call and one that is over.

use parvis::clinical::{PractitionerId, Service, ServiceId};
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::support::app::{Browser, Socket, TestApp, share};
use crate::visit::{ct_zip, doctor_named, secret, soon};

/// The gateway, its people, and what there is to ask for.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) secretary: Browser,
    pub(crate) doctor: Browser,
    pub(crate) administrator: Browser,
    /// A guest, with the pass of their second factor.
    pub(crate) guest: Browser,
    /// The token of a program.
    pub(crate) token: String,
    /// What is there whoever asks.
    common: Map<String, Value>,
    running: Map<String, Value>,
    over: Map<String, Value>,
    to_come: Vec<Map<String, Value>>,
    /// A visit of another doctor.
    foreign: Map<String, Value>,
    /// The call goes on while these are open.
    _call: [Socket; 2],
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn guests(email: Option<&str>) -> Value {
    let mut patient = json!({"role": "patient", "name": "Hélène Lefèvre", "language": "fr"});
    if let Some(email) = email {
        patient["email"] = json!(email);
        patient["telephone"] = json!("0612345678");
    } else {
        patient["wantsPin"] = json!(true);
    }
    json!([patient, {"role": "relative", "name": "Luc Lefèvre", "language": "en"}])
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let app = TestApp::start_with(Dialect::Sqlite, |settings| {
            // Each request may say that it comes from somewhere else: the limits of one address are no matter here.
            settings.network.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        })
        .await;
        let (doctor, secretary) = (app.sign_in("claire").await, app.sign_in("camille").await);
        let (administrator, karim) = (app.sign_in("alex").await, app.sign_in("karim").await);
        let claire = doctor_named(&secretary, "Claire Martin").await;
        let service = service(&app, &claire).await;

        let mut common = of_the_hospital(&app, &administrator, &doctor, &karim, &secretary, &service).await;
        common.extend(object(json!({
            "practitioner": claire, "practitioners": claire, "members": claire, "service": service, "serviceId": service,
            "startsAt": soon(24 * 60), "endsAt": soon(24 * 60 + 30), "validFrom": day(1), "query.day": day(0), "slug": "cardio",
            "query.from": day(0), "query.to": day(1), "query.language": "fr", "to": doctor_named(&secretary, "Karim").await,
            "firstDay": day(2), "lastDay": day(3), "birthDate": "1961-04-23",
        })));
        let wanted = json!({"scopes": ["read_services", "read_appointments", "read_statistics"], "name": "x", "services": [service], "days": 7});
        let (status, issued) = administrator.post("/api/admin/tokens", wanted).await;
        assert_eq!(status, StatusCode::CREATED, "{issued}");
        let token = issued["secret"].as_str().unwrap().to_owned();

        common.extend(bodies(&claire, &service));

        let mut to_come = Vec::new();
        for (i, minutes) in [120, 160, 200, 240, 280, 320].into_iter().enumerate() {
            let email = format!("patient{i}@example.org");
            to_come.push(booked(&secretary, &claire, &service, minutes, guests(Some(&email))).await.0);
        }
        let other = doctor_named(&secretary, "Karim").await;
        let (foreign, _) = booked(&secretary, &other, &service, 120, guests(None)).await;
        let (mut over, pin) = booked(&secretary, &claire, &service, 1, guests(None)).await;
        let mut guest = app.browser();
        let (_, opened) = guest.open_door(json!({"link": over["link"], "digits": pin})).await;
        assert_eq!(opened["outcome"], "opened", "{opened}");
        let (_patient, mut ended) = call(&guest, &doctor, &mut over).await;
        ended.send(json!({"type": "end", "request": 900, "outcome": "completed"})).await;
        ended.wait("ended").await;
        written(&doctor, &mut over).await;
        let (mut running, pin) = booked(&secretary, &claire, &service, 10, guests(None)).await;
        guest.open_door(json!({"link": running["link"], "digits": pin})).await;
        let (patient, presenter) = call(&guest, &doctor, &mut running).await;
        let call = [patient, presenter];
        Self {
            app,
            secretary,
            doctor,
            administrator,
            guest,
            token,
            common,
            running,
            over,
            to_come,
            foreign,
            _call: call,
        }
    }

    /// What there is to name, for the actor of this number: each has visits of their own to spoil.
    pub(crate) fn known(&self, number: usize) -> Value {
        let own = &self.to_come[number * 2..number * 2 + 2];
        let visits = [&self.running, &self.over, &own[0], &self.foreign, &own[1]];
        let with = |visit: &Map<String, Value>| {
            let mut all = self.common.clone();
            all.extend(visit.clone());
            Value::Object(all)
        };
        visits.into_iter().map(with).collect()
    }
}

fn day(days: i64) -> String {
    soon(days * 24 * 60)[..10].to_owned()
}

/// Bodies that are good, for operations whose fields have to fit each other; each for the one operation.
fn bodies(doctor: &str, service: &str) -> Map<String, Value> {
    let members = json!([doctor]);
    let policy = json!({
        "mayPatientsCancel": true, "mayPatientsMove": true, "noticeHours": 0, "isOpenOnHolidays": true,
    });
    let of_service = |name: &str| {
        json!({
            "name": name, "site": "Site Nord", "telephone": "", "isClosed": false, "members": members, "policy": policy,
        })
    };
    let hours = json!({
        "weekday": "mon", "from": "09:00", "to": "11:00", "site": "", "slotMinutes": 30, "validFrom": day(1),
    });
    let booking = json!({
        "startsAt": soon(3 * 24 * 60), "endsAt": soon(3 * 24 * 60 + 30), "service": "Cardiologie", "serviceId": service,
        "guests": guests(Some("patient@example.org")), "practitioners": [doctor], "note": "",
    });
    let ins = json!({
        "birthName": "Lefèvre", "givenNames": "Hélène", "birthDate": "1948-02-29", "sex": "female", "birthPlace": "75056",
        "status": "provisional",
    });
    object(json!({
        "POST /api/appointments": booking,
        "POST /api/appointments/{appointment}/move": {"startsAt": soon(4 * 24 * 60), "endsAt": soon(4 * 24 * 60 + 30)},
        "POST /api/appointments/{appointment}/participants/{participant}/ins": ins,
        "POST /api/appointments/{appointment}/participants/{participant}/number": {"number": "IPP 1", "domain": ""},
        "POST /api/appointments/{appointment}/upload-folders": {"label": "CT", "quotaMib": 100, "quotaFiles": 10, "days": 7},
        "POST /api/appointments/{appointment}/emergency": {"reason": "Douleur thoracique, le médecin ne répond pas."},
        "POST /api/reports/{report}/sign": {"revision": 2},
        "POST /api/guest/after/rating": {"score": 4, "words": "Très bien."},
        "POST /api/services": of_service("Pneumologie"),
        "PUT /api/services/{service}": of_service("Cardiologie"),
        "PUT /api/services/{service}/queue": {"slug": "cardio", "isOpen": true, "wantsNewCode": false, "minutes": 20},
        "POST /api/services/{service}/patterns": hours,
        "PUT /api/services/{service}/patterns/{pattern}": hours,
        "POST /api/admin/senders/test": {"channel": "email", "to": "it@example.org"},
        "POST /api/admin/tokens": {"name": "x", "scopes": ["read_services"], "services": [service], "days": 7},
    }))
}

async fn service(app: &TestApp, member: &str) -> String {
    let service = Service {
        id: ServiceId::new(app.app.clock.new_uuid()),
        name: "Cardiologie".to_owned(),
        site: String::new(),
        telephone: String::new(),
        is_closed: false,
        created_at: app.app.clock.now(),
    };
    app.app.store.put_service(&service).await.unwrap();
    let member = PractitionerId::new(member.parse().unwrap());
    app.app.store.set_members(service.id, &[member]).await.unwrap();
    service.id.to_string()
}

/// Hours, a queue with somebody in it, an invitation, a delegation.
async fn of_the_hospital(
    app: &TestApp,
    administrator: &Browser,
    doctor: &Browser,
    karim: &Browser,
    secretary: &Browser,
    service: &str,
) -> Map<String, Value> {
    let (_, me) = karim.get("/api/me").await;
    let given = json!({"to": me["practitioner"], "startsAt": soon(-1), "endsAt": soon(600)});
    let (status, given) = doctor.post("/api/delegations", given).await;
    assert_eq!(status, StatusCode::CREATED, "{given}");
    let exception = json!({
        "isOfHospital": false, "firstDay": day(3), "lastDay": day(3), "from": null, "to": null, "reason": "x",
    });
    let exceptions = format!("/api/services/{service}/exceptions");
    let (status, schedule) = secretary.post(&exceptions, exception).await;
    assert_eq!(status, StatusCode::CREATED, "{schedule}");
    let hours = json!({
        "weekday": "tue", "from": "09:00", "to": "11:00", "site": "", "slotMinutes": 30, "validFrom": day(1),
    });
    let (status, with_hours) = secretary.post(&format!("/api/services/{service}/patterns"), hours).await;
    assert_eq!(status, StatusCode::CREATED, "{with_hours}");
    let (_, calendar) = karim.post("/api/me/calendar", json!({})).await;
    let file = calendar["address"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let queue = json!({"slug": "cardio", "isOpen": true, "wantsNewCode": false, "minutes": 20});
    let (_, with_queue) = secretary.put(&format!("/api/services/{service}/queue"), queue).await;
    let code = with_queue["queue"]["code"].clone();
    let enter = json!({"queue": "cardio", "code": code, "name": "Awa Diallo", "telephone": "0612345678", "language": "fr"});
    let (status, entered) = app.browser().post("/api/queue/enter", enter).await;
    assert_eq!(status, StatusCode::CREATED, "{entered}");
    let (_, queue) = doctor.get("/api/queue").await;
    let (status, _) = administrator
        .post("/api/local/accounts", json!({"name": "Nadia Ferrand", "roles": ["administrator"]}))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (_, accounts) = administrator.get("/api/local/accounts").await;
    object(json!({
        "delegation": given["delegation"], "exception": schedule["exceptions"][0]["exception"], "queue": "cardio",
        "path.entry": queue[0]["entry"], "body.entry": entered["entry"],
        "pattern": with_hours["patterns"][0]["pattern"], "GET /calendar/{file} file": file,
        "POST /api/queue/enter": {
            "queue": "cardio", "code": code, "name": "Paul Garnier", "telephone": "0612345678", "language": "fr",
        },
        "invitation": accounts["invitations"][0]["invitation"],
    }))
}

/// A visit that is booked, and the PIN of its patient.
async fn booked(
    secretary: &Browser,
    doctor: &str,
    service: &str,
    minutes: i64,
    guests: Value,
) -> (Map<String, Value>, Value) {
    let wanted = json!({
        "startsAt": soon(minutes), "endsAt": soon(minutes + 9), "service": "Cardiologie", "serviceId": service,
        "guests": guests, "practitioners": [doctor], "note": "",
    });
    let (status, booked) = secretary.post("/api/appointments", wanted).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    let appointment = &booked["appointment"]["appointment"];
    let of = |what: &str| format!("/api/appointments/{}/{what}", appointment.as_str().unwrap());
    let (_, messages) = secretary.get(&of("messages")).await;
    let folder = json!({"label": "CT", "quotaMib": 100, "quotaFiles": 10, "days": 7});
    let (_, folder) = secretary.post(&of("upload-folders"), folder).await;
    let known = json!({
        "appointment": appointment, "participant": booked["links"][0]["participant"],
        "link": secret(&booked["links"][0]), "message": messages[0]["message"], "folder": folder["folder"]["folder"],
    });
    (object(known), booked["links"][0]["pin"].clone())
}

/// Patient and doctor in the call, with a series on show, an image that is kept and a file.
async fn call(guest: &Browser, doctor: &Browser, visit: &mut Map<String, Value>) -> (Socket, Socket) {
    let (link, id) =
        (visit["link"].as_str().unwrap().to_owned(), visit["appointment"].as_str().unwrap().to_owned());
    let of = |what: &str| format!("/api/appointments/{id}/{what}");
    guest.agree(&link).await;
    let (mut patient, welcome) = guest.hello(json!({"link": link})).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    patient.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let (mut presenter, _) = doctor.attend(&id).await;
    presenter.request(json!({"type": "enter"})).await.unwrap();
    let admit = json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true});
    presenter.request(admit).await.unwrap();
    patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
    patient.request(json!({"type": "enter"})).await.unwrap();
    let (status, receipt) = doctor.upload(&id, "ct.zip", ct_zip()).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    let (_, studies) = doctor.get(&of("studies")).await;
    let series = studies[0]["series"][0]["series"].clone();
    presenter.request(share(&series)).await.unwrap();
    presenter.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    presenter.wait_for("viewing", |m| m["shown"]["index"] == 2).await;
    presenter.request(json!({"type": "keep_image", "viewport": 0, "caption": "Le nodule"})).await.unwrap();
    presenter
        .wait_for("key_images", |m| m["images"].as_array().is_some_and(|images| images.len() == 1))
        .await;
    let (_, images) = doctor.get(&of("key-images")).await;
    let (_, record) = doctor.get(&of("viewing")).await;
    let (status, file) = doctor.share_file(&id, "lettre.txt", None, "Bonjour.").await;
    assert_eq!(status, StatusCode::CREATED, "{file}");
    visit.extend(object(json!({
        "study": studies[0]["study"], "series": series, "image": images[0]["image"], "step": record["steps"][0]["step"],
        "path.file": file["file"],
    })));
    (patient, presenter)
}

/// A report that is begun, and what the patient may fetch, once the visit is over.
async fn written(doctor: &Browser, visit: &mut Map<String, Value>) {
    let id = visit["appointment"].as_str().unwrap().to_owned();
    let of = |what: &str| format!("/api/appointments/{id}/{what}");
    let (status, state) = doctor.post(&of("report"), json!({"language": "fr", "why": ""})).await;
    assert_eq!(status, StatusCode::CREATED, "{state}");
    let draft = &state["versions"][0];
    let mut words = draft["words"].clone();
    words["conclusions"] = json!("Nodule stable.");
    let address = format!("/api/reports/{}", draft["report"].as_str().unwrap());
    let (status, told) = doctor.put(&address, json!({"revision": draft["revision"], "words": words})).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let (_, offered) = doctor.get(&of("documents")).await;
    let item = |document: &Value| json!({"kind": document["kind"], "item": document["item"]});
    let items: Vec<_> = offered["documents"].as_array().unwrap().iter().map(item).collect();
    let (status, _) = doctor.put(&of("documents"), json!({"documents": items})).await;
    assert_eq!(status, StatusCode::OK);
    let (_, offered) = doctor.get(&of("documents")).await;
    visit.extend(object(json!({
        "report": state["versions"][0]["report"], "path.document": offered["documents"][0]["document"],
    })));
}
