//! Who may do what, as a table that is made from the rules; and that nobody gets at what is another service's, by whatever address.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use parvis::clinical::*;
use parvis::secret::Pii;
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Browser, TestApp};
use crate::visit::{BOTH, ct_zip, doctor_named, secret, soon};

const PAGE: &str = "docs/permissions.md";

/// Another service lets the radiologists of theirs come in.
const READER: &str = "radiologist, where theirs reads for the service";
const ME: PractitionerId = PractitionerId::new(Uuid::from_u128(1));
const COLLEAGUE: PractitionerId = PractitionerId::new(Uuid::from_u128(2));
const GUEST: ParticipantId = ParticipantId::new(Uuid::from_u128(3));
const OTHER_GUEST: ParticipantId = ParticipantId::new(Uuid::from_u128(4));
const MINE: ServiceId = ServiceId::new(Uuid::from_u128(5));
const ANOTHER: ServiceId = ServiceId::new(Uuid::from_u128(6));

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

/// Everybody there is, each with one role.
fn actors() -> Vec<(&'static str, Actor)> {
    let staff = |role, services| Actor::Staff {
        practitioner: ME,
        roles: vec![role],
        places: Workplaces { services, read_for: vec![] },
        lent: Lent::default(),
    };
    let mut actors = Vec::new();
    for role in StaffRole::ALL {
        let name = match role {
            StaffRole::Secretary => "secretary of services",
            StaffRole::Nurse => "nurse",
            StaffRole::Doctor => "doctor",
            StaffRole::Radiologist => "radiologist",
            StaffRole::Administrator => "administrator",
            StaffRole::Auditor => "auditor",
        };
        actors.push((name, staff(role, vec![MINE])));
        if role == StaffRole::Secretary {
            actors.push(("secretary of no service", staff(role, vec![])));
        }
    }
    let places = Workplaces { services: vec![MINE], read_for: vec![] };
    let lent =
        |role, lent| Actor::Staff { practitioner: ME, roles: vec![role], places: places.clone(), lent };
    let other = appointment(Whose::Other, AppointmentStatus::Booked, Role::Patient).id;
    let open = Lent { emergencies: vec![other], ..Lent::default() };
    let acting = Lent { acts_for: vec![COLLEAGUE], ..Lent::default() };
    for (name, role, what) in [
        ("nurse, in an emergency", StaffRole::Nurse, &open),
        ("doctor, in an emergency", StaffRole::Doctor, &open),
        ("secretary of services, for the booked colleague", StaffRole::Secretary, &acting),
        ("nurse, for the booked colleague", StaffRole::Nurse, &acting),
        ("doctor, for the booked colleague", StaffRole::Doctor, &acting),
    ] {
        actors.push((name, lent(role, what.clone())));
    }
    let reading = Workplaces { read_for: vec![ANOTHER], ..places.clone() };
    let roles = vec![StaffRole::Radiologist];
    let reader = Actor::Staff { practitioner: ME, roles, places: reading, lent: Lent::default() };
    actors.push((READER, reader));
    for role in Role::ALL {
        let name = match role {
            Role::Patient => "patient",
            Role::Relative => "relative",
            Role::Interpreter => "interpreter",
            Role::Practitioner => continue,
        };
        actors.push((name, Actor::Guest { participant: GUEST, role }));
    }
    actors.push((
        "sender",
        Actor::Sender { appointment: appointment(Whose::Own, AppointmentStatus::Booked, Role::Patient).id },
    ));
    for scope in Scope::ALL {
        let name = match scope {
            Scope::ReadServices => "program that reads services",
            Scope::ReadAppointments => "program that reads appointments",
            Scope::ReadStatistics => "program that reads statistics",
        };
        let grants = Grants { scopes: vec![scope], services: vec![MINE] };
        actors.push((name, Actor::Machine { token: ApiTokenId::new(Uuid::from_u128(11)), grants }));
    }
    actors
}

/// What an appointment is to whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    /// They are in it.
    Own,
    Service,
    Other,
    Unassigned,
}

impl Whose {
    const ALL: [Self; 4] = [Self::Own, Self::Service, Self::Other, Self::Unassigned];

    fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Service => "of their service",
            Self::Other => "of another service",
            Self::Unassigned => "of no service",
        }
    }
}

/// `role`: what the guest is in it.
fn appointment(whose: Whose, status: AppointmentStatus, role: Role) -> Appointment {
    let person =
        |id, part| Participant { id, name: Pii::new("x".to_owned()), part, language: Language::French };
    let is_own = whose == Whose::Own;
    let guest_role = match role {
        Role::Relative => GuestRole::Relative,
        Role::Interpreter => GuestRole::Interpreter,
        Role::Patient | Role::Practitioner => GuestRole::Patient,
    };
    let guest = if is_own { GUEST } else { OTHER_GUEST };
    let mut participants = vec![person(guest, Part::Guest(guest_role))];
    if guest_role != GuestRole::Patient {
        participants.push(person(ParticipantId::new(Uuid::from_u128(7)), Part::Guest(GuestRole::Patient)));
    }
    let practitioner = if is_own { ME } else { COLLEAGUE };
    participants.push(person(ParticipantId::new(Uuid::from_u128(8)), Part::Practitioner(practitioner)));
    Appointment {
        id: AppointmentId::new(Uuid::from_u128(if is_own { 9 } else { 10 })),
        starts_at: at(0),
        ends_at: at(30),
        service: "x".to_owned(),
        service_id: match whose {
            Whose::Own | Whose::Service => Some(MINE),
            Whose::Other => Some(ANOTHER),
            Whose::Unassigned => None,
        },
        participants,
        status,
        booked_by: COLLEAGUE,
        booked_at: at(-60),
        note: Pii::new(String::new()),
    }
}

fn statuses() -> [(&'static str, AppointmentStatus); 5] {
    let booked = AppointmentStatus::Booked;
    let arrived = booked.arrive(at(1)).unwrap();
    [
        ("booked", booked),
        ("arrived", arrived),
        ("fulfilled", arrived.fulfil(at(2), Outcome::Completed).unwrap()),
        ("cancelled", booked.cancel(at(2), COLLEAGUE).unwrap()),
        ("missed", booked.miss(at(60), COLLEAGUE).unwrap()),
    ]
}

/// Where somebody may do a verb: what it is asked of, with the states in which the answer is yes.
type Rows = BTreeMap<(usize, String), BTreeSet<String>>;

/// All objects in all states, and whether this person may.
fn rows(actor: &Actor, role: Role, verb: Verb) -> (Rows, Rows) {
    let (mut yes, mut all) = (Rows::new(), Rows::new());
    let mut ask = |order: usize, what: String, state: &str, object: &Object<'_>| {
        all.entry((order, what.clone())).or_default().insert(state.to_owned());
        if authorize(actor, verb, object).is_ok() {
            yes.entry((order, what)).or_default().insert(state.to_owned());
        }
    };
    ask(0, "the hospital".to_owned(), "", &Object::Hospital);
    ask(1, "the agenda".to_owned(), "", &Object::Agenda);
    for (what, whose) in [("themselves", ME), ("a colleague", COLLEAGUE)] {
        ask(2, what.to_owned(), "", &Object::Practitioner(whose));
    }
    for is_member in [true, false] {
        let of = if is_member { "their service" } else { "another service" };
        ask(3, of.to_owned(), "", &Object::Service { is_member });
        ask(4, format!("queue of {of}"), "", &Object::Queue { is_member });
    }
    for whose in Whose::ALL {
        for (state, status) in statuses() {
            let appointment = appointment(whose, status, role);
            ask(5, format!("appointment {}", whose.word()), state, &Object::Appointment(&appointment));
            for may_take_over in [true, false] {
                let members = if whose <= Whose::Service { vec![ME] } else { vec![COLLEAGUE] };
                let policy = WaitingPolicy { may_take_over, ..WaitingPolicy::default() };
                let object = Object::WaitingRoom { appointment: &appointment, members: &members, policy };
                let state = format!("{state}{}", if may_take_over { "" } else { ", no taking over" });
                ask(6, format!("waiting room {}", whose.word()), &state, &object);
            }
        }
        let appointment = appointment(whose, statuses()[1].1, role);
        for place in PlaceKind::ALL {
            let object = Object::Consultation { appointment: &appointment, place };
            let state = format!("{place:?}");
            ask(7, format!("consultation {}", whose.word()), &state, &object);
        }
    }
    (yes, all)
}

/// The page. It is made, so that it says what the rules do.
fn page() -> String {
    let mut page = String::from(
        "# Who may do what\n\nMade from the rules by `UPDATE=1 cargo test --test it permissions::`. Do not edit.\n\n\
         One function answers every request and every message of a call: `authorize(actor, verb, object)` in\n\
         `src/clinical/policy.rs`. What is not in this table is refused. Who is refused is told the same as of what does not exist.\n\n\
         A state in brackets: only then. Without one: in every state. *Own*: the person is in the appointment. A secretary who is a\n\
         member of services sees what is of these and of no service; one who is a member of none is the front desk of the whole hospital.\n\
         The places of a consultation are those of the person who asks. *In an emergency*: they gave a reason for that appointment, a moment\n\
         ago. *For the booked colleague*: somebody who is in it lets them act, for\n\
         now. Of these, and of a radiologist whose service reads for another, only what they have besides.\n",
    );
    for verb in Verb::ALL {
        let mut lines = Vec::new();
        for (name, actor) in actors() {
            let role = match &actor {
                Actor::Guest { role, .. } => *role,
                _ => Role::Patient,
            };
            let (mut yes, all) = rows(&actor, role, verb);
            // Of what is lent to somebody only that is told which they have not by who they are.
            if let Actor::Staff { practitioner, roles, places, lent } = &actor
                && (*lent != Lent::default() || !places.read_for.is_empty())
            {
                let (practitioner, roles) = (*practitioner, roles.clone());
                let places = Workplaces { read_for: vec![], ..places.clone() };
                let own = Actor::Staff { practitioner, roles, places, lent: Lent::default() };
                let (own, _) = rows(&own, role, verb);
                yes.retain(|what, states| own.get(what) != Some(&*states));
            }
            let places = yes.iter().map(|(what, states)| {
                let list = states.iter().cloned().collect::<Vec<_>>().join("; ");
                if states.len() == all[what].len() { what.1.clone() } else { format!("{} ({list})", what.1) }
            });
            let places: Vec<_> = places.collect();
            if !places.is_empty() {
                lines.push(format!("| {name} | {} |", places.join("<br>")));
            }
        }
        assert!(
            !lines.is_empty(),
            "{verb:?} has no row: nobody may ever do it, or its objects are not asked here"
        );
        write!(page, "\n## {verb:?}\n\n| who | of what |\n| --- | --- |\n{}\n", lines.join("\n")).unwrap();
    }
    page
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how a person asks the test to write")]
fn the_page_says_what_the_rules_do_and_every_verb_has_a_row() {
    let made = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PAGE, &made).unwrap();
    }
    let committed = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(committed == made, "{PAGE} is old: run `UPDATE=1 cargo test --test it permissions::`");
}

#[test]
fn nobody_reaches_patients_of_another_service_and_an_auditor_reaches_none() {
    // What a reason opens is read and nothing else; whoever acts for a colleague books, tends their waiting room and takes over.
    let in_an_emergency = [
        Verb::SeeAppointment,
        Verb::ListStudies,
        Verb::SeeViewingRecord,
        Verb::ReadReceived,
        Verb::ReadReport,
        Verb::SeeKeyImages,
    ];
    let for_a_colleague = [
        Verb::SeeAppointment,
        Verb::IssueLink,
        Verb::ManageFolders,
        Verb::ChangeAppointment,
        Verb::TendWaitingRoom,
        Verb::TakeOver,
    ];
    for (name, actor) in actors() {
        if matches!(name, "secretary of no service" | "sender") {
            continue;
        }
        for verb in Verb::ALL {
            let (yes, _) = rows(&actor, Role::Patient, verb);
            for (_, what) in yes.keys() {
                let is_lent = name.ends_with("in an emergency") && in_an_emergency.contains(&verb)
                    || name.ends_with("for the booked colleague") && for_a_colleague.contains(&verb)
                    || name == READER && verb == Verb::DropIn;
                assert!(
                    !what.contains("of another service") || what.starts_with("queue") || is_lent,
                    "{name} {verb:?} {what}"
                );
                let is_of_patients =
                    ["appointment", "consultation", "waiting"].iter().any(|of| what.starts_with(of));
                assert!(name != "auditor" || !is_of_patients, "{name} {verb:?} {what}");
            }
        }
    }
}

/// One of the two services: a visit with its people, and things of it that have identifiers.
struct Place {
    appointment: String,
    patient: String,
    link: String,
    study: String,
    series: String,
    folder: String,
    message: Option<String>,
}

async fn place(secretary: &Browser, doctor: &Browser, named: &str, service: &str, minutes: i64) -> Place {
    let id = doctor_named(secretary, named).await;
    let booking = json!({
        "startsAt": soon(minutes), "endsAt": soon(minutes + 30), "service": "x", "serviceId": service,
        "guests": [{"role": "patient", "name": format!("Patient {named}"), "language": "fr", "email": "p@example.org"}],
        "practitioners": [id], "note": "",
    });
    let (status, booked) = secretary.post("/api/appointments", booking).await;
    assert_eq!(status, StatusCode::CREATED, "{booked}");
    let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
    doctor.upload(&appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = doctor.get(&format!("/api/appointments/{appointment}/studies")).await;
    let folders = format!("/api/appointments/{appointment}/upload-folders");
    let (_, folder) =
        doctor.post(&folders, json!({"label": "CT", "quotaMib": 100, "quotaFiles": 10, "days": 7})).await;
    let (_, messages) = doctor.get(&format!("/api/appointments/{appointment}/messages")).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Place {
        patient: text(&booked["links"][0]["participant"]),
        link: secret(&booked["links"][0]),
        study: text(&studies[0]["study"]),
        series: text(&studies[0]["series"][0]["series"]),
        folder: text(&folder["folder"]["folder"]),
        message: messages[0]["message"].as_str().map(str::to_owned),
        appointment,
    }
}

/// Methods and addresses of the router, read from its text, of those that name something of a patient.
fn routes() -> Vec<(Method, String)> {
    let text: String = fs::read_to_string("src/web/router.rs").unwrap().split_whitespace().collect();
    let mut routes = Vec::new();
    for part in text.split(".route(\"").skip(1) {
        let (route, rest) = part.split_once("\",").unwrap();
        let own = rest.split(".route(").next().unwrap();
        for (word, method) in [
            ("get(", Method::GET),
            ("post(", Method::POST),
            ("put(", Method::PUT),
            ("delete(", Method::DELETE),
        ] {
            let at = own.find(word);
            let is_whole =
                at.is_some_and(|at| !own[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            let is_of_patients = route.contains('{')
                && !route.starts_with("/api/services")
                && !route.starts_with("/api/templates")
                && !route.starts_with("/api/practitioners")
                && !route.starts_with("/calendar")
                && !route.starts_with("/login")
                && !route.starts_with("/documents/callback");
            if is_whole && is_of_patients {
                routes.push((method, route.to_owned()));
            }
        }
    }
    routes
}

/// A body that the address would take.
fn body(route: &str) -> Value {
    let end = route.rsplit('/').next().unwrap();
    match end {
        "move" => json!({"startsAt": soon(600), "endsAt": soon(630)}),
        "close" => json!({"status": "noshow"}),
        "save" => json!({"images": [], "description": "x"}),
        "caption" => json!({"caption": "x"}),
        "message" => json!({"sentence": "few_minutes"}),
        "place" => json!({"index": 0}),
        "identity" => json!({"means": "said", "isNameRight": true}),
        "documents" => json!({"documents": []}),
        "late" => json!({"minutes": 15}),
        "contact" => json!({"email": "x@example.org"}),
        "upload-folders" => json!({"label": "CT", "quotaMib": 100, "quotaFiles": 10, "days": 7}),
        "search" => json!({"pacs": "radio"}),
        "fetches" => json!({"pacs": "radio", "study": "1.2"}),
        "number" => json!({"number": "1"}),
        "note" => json!({"text": "x", "version": 0}),
        "summary" => json!({"version": 0, "sentences": []}),
        _ => json!({}),
    }
}

/// Two services, and six people who each try everything of the one that is not theirs: the answer is the one for what does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_of_another_service_looks_as_if_it_did_not_exist() {
    for dialect in BOTH {
        let app = TestApp::start(dialect).await;
        let (claire, karim) = (app.sign_in("claire").await, app.sign_in("karim").await);
        let (sofia, camille) = (app.sign_in("sofia").await, app.sign_in("camille").await);
        let (alex, ines) = (app.sign_in("alex").await, app.sign_in("ines").await);
        let mut services = Vec::new();
        for name in ["Cardiologie", "Pneumologie"] {
            let service = Service {
                id: ServiceId::new(app.app.clock.new_uuid()),
                name: name.to_owned(),
                site: String::new(),
                telephone: String::new(),
                is_closed: false,
                created_at: app.app.clock.now(),
            };
            app.app.store.put_service(&service).await.unwrap();
            services.push(service.id);
        }
        let ours = place(&camille, &claire, "Claire Martin", &services[0].to_string(), 5).await;
        let theirs = place(&camille, &karim, "Karim Benali", &services[1].to_string(), 5).await;
        assert!(
            !theirs.study.is_empty() && !theirs.folder.is_empty(),
            "the other service has things to reach for"
        );
        // From here on the secretary is one of cardiology.
        let (_, me) = camille.get("/api/me").await;
        let desk = PractitionerId::new(me["practitioner"].as_str().unwrap().parse().unwrap());
        app.app.store.set_members(services[0], &[desk]).await.unwrap();

        let routes = routes();
        assert!(routes.len() > 60, "the routes were not found");
        let unknown = || app.app.clock.new_uuid().to_string();
        let patient = app.browser();
        let people = [
            ("claire", &claire, None),
            ("sofia", &sofia, None),
            ("camille", &camille, None),
            ("alex", &alex, None),
            ("ines", &ines, None),
            ("the patient of the other visit", &patient, Some(ours.link.as_str())),
        ];
        let mut not_found = 0;
        for (name, browser, link) in people {
            for (method, route) in &routes {
                let with = |is_theirs: bool| {
                    let mut path = String::new();
                    for part in route.split('/').skip(1) {
                        let id = match part {
                            "{appointment}" => Some(&theirs.appointment),
                            "{participant}" => Some(&theirs.patient),
                            "{study}" => Some(&theirs.study),
                            "{series}" => Some(&theirs.series),
                            "{folder}" => Some(&theirs.folder),
                            "{message}" => theirs.message.as_ref(),
                            _ => None,
                        };
                        path.push('/');
                        match (part.starts_with('{'), id.filter(|_| is_theirs)) {
                            (false, _) => path += part,
                            (true, Some(id)) => path += id,
                            (true, None) => path += &unknown(),
                        }
                    }
                    path
                };
                let ask = async |path: String| {
                    let mut request = browser.raw(method.clone(), &path);
                    if let Some(link) = link {
                        request = request.header("authorization", format!("Link {link}"));
                    }
                    if *method == Method::POST || *method == Method::PUT {
                        request = request.json(&body(route));
                    }
                    let response = request.send().await.unwrap();
                    (response.status(), response.text().await.unwrap())
                };
                let (real, made_up) = (ask(with(true)).await, ask(with(false)).await);
                assert_eq!(real, made_up, "{dialect:?}: {name}: {method} {route}");
                assert!(real.0.is_client_error(), "{dialect:?}: {name}: {method} {route}: {real:?}");
                not_found += u32::from(real.0 == StatusCode::NOT_FOUND);
            }
            // And nothing of it is in any list.
            let agenda = format!("/api/appointments?day={}&days=7", app.app.clock.now().format("%Y-%m-%d"));
            for list in [
                agenda.as_str(),
                "/api/waiting-room",
                "/api/queue",
                "/api/outbox",
                "/api/messages/alarms",
                "/api/call-backs",
            ] {
                let (_, told) = browser.get(list).await;
                let is_desk_of_it = name == "alex" && list == "/api/outbox";
                assert!(
                    is_desk_of_it || !told.to_string().contains(&theirs.appointment),
                    "{name}: {list}: {told}"
                );
            }
            let sought = json!({"name": "Karim"});
            let (_, found) = browser.post("/api/appointments/search", sought).await;
            assert!(!found.to_string().contains(&theirs.appointment), "{name}: {found}");
        }
        assert!(not_found > 250, "most are told that there is nothing: {not_found}");
        // It is still all there for whoever it belongs to.
        let (status, _) = karim.get(&format!("/api/appointments/{}", theirs.appointment)).await;
        assert_eq!(status, StatusCode::OK);
        let (_, studies) = karim.get(&format!("/api/appointments/{}/studies", theirs.appointment)).await;
        assert_eq!(studies[0]["study"], theirs.study.as_str());
    }
}

/// The same on the WebSocket: `hello` with what is somebody else's, then every verb with identifiers of another visit.
#[tokio::test(flavor = "multi_thread")]
async fn every_verb_of_the_socket_with_identifiers_of_another_visit_is_refused_like_an_unknown_one() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let (claire, karim) = (app.sign_in("claire").await, app.sign_in("karim").await);
    let camille = app.sign_in("camille").await;
    let service = Service {
        id: ServiceId::new(app.app.clock.new_uuid()),
        name: "Cardiologie".to_owned(),
        site: String::new(),
        telephone: String::new(),
        is_closed: false,
        created_at: app.app.clock.now(),
    };
    app.app.store.put_service(&service).await.unwrap();
    let ours = place(&camille, &claire, "Claire Martin", &service.id.to_string(), 5).await;
    let theirs = place(&camille, &karim, "Karim Benali", &service.id.to_string(), 5).await;
    let unknown = app.app.clock.new_uuid().to_string();
    for browser in [
        &claire,
        &camille,
        &app.sign_in("sofia").await,
        &app.sign_in("alex").await,
        &app.sign_in("ines").await,
    ] {
        let (_, real) = browser.attend(&theirs.appointment).await;
        let (_, made_up) = browser.attend(&unknown).await;
        assert_eq!(real, made_up);
        assert_eq!((&real["type"], &real["code"]), (&json!("problem"), &json!("not_found")));
    }
    // In the call of one visit, with what is of the other.
    let (mut doctor, welcome) = claire.attend(&ours.appointment).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    doctor.request(json!({"type": "enter"})).await.unwrap();
    let mut asked = 0;
    for file in fs::read_dir("fixtures/protocol/client").unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let message: Value = serde_json::from_str(&text).unwrap();
        let foreign = [
            ("participant", &theirs.patient),
            ("to", &theirs.patient),
            ("series", &theirs.series),
            ("study", &theirs.study),
        ];
        let named: Vec<_> = foreign.into_iter().filter(|(key, _)| message[*key].is_string()).collect();
        if named.is_empty() || message.get("request").is_none() {
            continue;
        }
        let with = |is_theirs: bool| {
            let mut message = message.clone();
            for (key, id) in &named {
                message[*key] = json!(if is_theirs { (*id).clone() } else { unknown.clone() });
            }
            message
        };
        let (real, made_up) = (doctor.request(with(true)).await, doctor.request(with(false)).await);
        assert_eq!(real, made_up, "{message}");
        // To say no to somebody who does not ask changes nothing.
        assert!(real.is_err() || message["type"] == "decline_asking", "{message}: {real:?}");
        asked += 1;
    }
    assert!(asked >= 5, "the verbs that name somebody or something were not found: {asked}");
}
