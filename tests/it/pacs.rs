//! Archives of images (PACS): set on the administrators' page, asked and fetched from by who holds an appointment. Debian's Orthanc is the
//! archive where one should answer well; one that is made here says whatever a hostile or broken one may.

mod hostile;
mod orthanc;

use std::time::Duration;

use parvis::app::Settings;
use parvis::clinical::{PractitionerId, Service, ServiceId};
use parvis::pacs::PacsPatience;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::visit::{Visit, booking, doctor_named};

const PAGE: &str = "/api/admin/pacs";
/// The number that the synthetic study bears.
const NUMBER: &str = "DEMO-0001";
/// Whatever is waited for comes within this time.
const LIMIT: Duration = Duration::from_secs(60);

/// A gateway that may reach this machine by what its pages name.
async fn app(dialect: Dialect, change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::start_with(dialect, |settings| {
        settings.egress.networks.push("127.0.0.0/8".parse().unwrap());
        change(settings);
    })
    .await
}

/// Impatient enough for a test.
fn soon_enough() -> PacsPatience {
    PacsPatience {
        turn: Duration::from_millis(300),
        first: Duration::from_secs(2),
        answer: Duration::from_secs(3),
        quiet: Duration::from_secs(1),
        ..PacsPatience::default()
    }
}

/// What the page sends of an archive of that name.
fn form(key: &str, address: &str) -> Value {
    json!({"pacs": key, "label": "Radiologie", "address": address, "signIn": "password", "user": "pacs",
        "secret": "pacs", "domain": "", "services": []})
}

fn with(mut form: Value, name: &str, value: Value) -> Value {
    form[name] = value;
    form
}

/// A visit whose patient has that number, and an archive that is set.
struct Scene {
    visit: Visit,
    alex: Browser,
}

impl Scene {
    async fn new(app: TestApp, forms: &[Value]) -> Self {
        let alex = app.sign_in("alex").await;
        for form in forms {
            let (status, told) = alex.post(PAGE, form.clone()).await;
            assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
        }
        let visit = Visit::book_at(app, 60).await;
        Self { visit, alex }
    }

    async fn numbered(app: TestApp, forms: &[Value]) -> Self {
        let scene = Self::new(app, forms).await;
        let (status, kept) = scene.keep_number(NUMBER, "").await;
        assert_eq!(status, StatusCode::CREATED, "{kept}");
        scene
    }

    fn path(&self, what: &str) -> String {
        format!("/api/appointments/{}/{what}", self.visit.appointment)
    }

    async fn keep_number(&self, number: &str, domain: &str) -> (StatusCode, Value) {
        let (_, state) = self.visit.secretary.get(&self.path("identity")).await;
        let patient = state["known"][0]["participant"].as_str().unwrap().to_owned();
        let path = self.path(&format!("participants/{patient}/number"));
        self.visit.secretary.post(&path, json!({"number": number, "domain": domain})).await
    }

    async fn search(&self, pacs: &str) -> (StatusCode, Value) {
        self.visit.doctor.post(&self.path("pacs/search"), json!({"pacs": pacs})).await
    }

    /// What that archive told, well or not.
    async fn found(&self, pacs: &str) -> Value {
        let (status, answer) = self.search(pacs).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn begin(&self, pacs: &str, study: &str) -> Value {
        let (status, fetch) =
            self.visit.doctor.post(&self.path("pacs/fetches"), json!({"pacs": pacs, "study": study})).await;
        assert_eq!(status, StatusCode::CREATED, "{fetch}");
        fetch
    }

    /// The fetch, once this is so of it.
    async fn until(&self, fetch: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let (_, state) = self.visit.doctor.get(&self.path("pacs")).await;
                let all = state["fetches"].as_array().unwrap();
                let told = all.iter().find(|each| each["fetch"] == fetch["fetch"]).expect("it is told");
                if is_so(told) {
                    return told.clone();
                }
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        tokio::time::timeout(LIMIT, waiting).await.expect("the fetch came no further in time")
    }

    /// How it ended.
    async fn ended(&self, fetch: &Value) -> Value {
        self.until(fetch, |told| told["state"] != "running").await
    }

    async fn studies(&self) -> Value {
        self.visit.doctor.get(&self.visit.studies()).await.1
    }

    /// Lines of the trail, newest first.
    async fn trail(&self, query: &str) -> Vec<Value> {
        self.visit.app.app.trail.settle().await;
        let auditor = self.visit.app.sign_in("alex").await;
        let (status, page) = auditor.get(&format!("/api/trail?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["entries"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_set_changed_switched_and_removed_with_a_fresh_sign_in_and_its_secret_comes_back_to_nobody()
 {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let app = app(dialect, |_| {}).await;
        let (alex, claire) = (app.sign_in("alex").await, app.sign_in("claire").await);
        assert_eq!(alex.get(PAGE).await.1, json!([]));
        assert_eq!(claire.get(PAGE).await.0, StatusCode::NOT_FOUND, "administrators alone");
        assert_eq!(claire.post(PAGE, form("a", "http://127.0.0.1:1/")).await.0, StatusCode::NOT_FOUND);

        let first = with(form("radio", "http://127.0.0.1:1/dicom-web"), "secret", json!("canary-1"));
        assert_eq!(alex.post(PAGE, first.clone()).await.0, StatusCode::NO_CONTENT);
        let (status, taken) = alex.post(PAGE, first.clone()).await;
        assert_eq!((status, &taken["code"]), (StatusCode::CONFLICT, &json!("pacs_key_taken")));
        let listed = alex.get(PAGE).await.1;
        assert_eq!((&listed[0]["user"], &listed[0]["isOn"]), (&json!("pacs"), &json!(true)), "{listed}");

        // What is not typed stays, but goes to no other server.
        let at = format!("{PAGE}/radio");
        let mut kept = with(first.clone(), "label", json!("Imagerie"));
        kept.as_object_mut().unwrap().remove("secret");
        assert_eq!(alex.put(&at, kept.clone()).await.0, StatusCode::NO_CONTENT);
        for (name, value) in [("address", json!("http://127.0.0.1:2/")), ("user", json!("other"))] {
            let (status, told) = alex.put(&at, with(kept.clone(), name, value)).await;
            assert_eq!((status.as_u16(), &told["code"]), (422, &json!("pacs_secret_missing")), "{name}");
        }
        let token = with(with(first.clone(), "signIn", json!("token")), "secret", json!("canary-2"));
        assert_eq!(alex.put(&at, token).await.0, StatusCode::NO_CONTENT);
        let off = alex.post(&format!("{at}/switch"), json!({"isOn": false})).await;
        assert_eq!(off.0, StatusCode::NO_CONTENT);
        assert_eq!(alex.get(PAGE).await.1[0]["isOn"], false);
        assert_eq!(alex.delete(&at).await, StatusCode::NO_CONTENT);
        assert_eq!(alex.delete(&at).await, StatusCode::NOT_FOUND);

        let (_, changes) = alex.get("/api/admin/changes").await;
        let all = changes.to_string();
        assert!(!all.contains("canary"), "{all}");
        let whats: Vec<_> = changes.as_array().unwrap().iter().map(|line| line["what"].clone()).collect();
        assert_eq!(
            whats,
            ["pacs_removed", "pacs_off", "pacs_changed", "pacs_changed", "pacs_made"],
            "the newest first"
        );
        assert_eq!(changes[3]["before"], "label: Radiologie");
        assert_eq!(changes[3]["after"], "label: Imagerie");
        let turned = changes[2]["after"].as_str().unwrap();
        assert!(turned.contains("sign_in: token") && turned.contains("secret: changed"), "{turned}");
        assert!(!listed.to_string().contains("canary"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_archive_has_a_code() {
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        let lookup = parvis::egress::Lookup::new(|name| {
            Box::pin(async move {
                let address = match name.as_str() {
                    "outside.example" => "93.184.215.14",
                    "meta.example" => "169.254.169.254",
                    _ => "10.1.2.3",
                };
                Ok(vec![address.parse().unwrap()])
            })
        });
        settings.egress.lookup = lookup;
    })
    .await;
    let alex = app.sign_in("alex").await;
    let good = form("radio", "https://pacs.example/dicom-web");
    for (name, value, expected) in [
        ("pacs", json!("Radio 1"), "bad_pacs_key"),
        ("pacs", json!(""), "bad_pacs_key"),
        ("label", json!(" "), "name_missing"),
        ("address", json!("pacs.example"), "bad_pacs_address"),
        ("address", json!("ftp://pacs.example/"), "bad_pacs_address"),
        ("address", json!("https://user:word@pacs.example/"), "bad_pacs_address"),
        ("address", json!("https://pacs.example/?a=b"), "bad_pacs_address"),
        ("address", json!("http://outside.example/"), "pacs_unprotected"),
        ("address", json!("https://meta.example/"), "egress_forbidden"),
        ("address", json!("http://169.254.169.254/"), "egress_forbidden"),
        ("address", json!("http://127.0.0.1:8042/"), "egress_forbidden"),
        ("address", json!("http://[::ffff:127.0.0.1]/"), "egress_forbidden"),
        ("address", json!("http://2130706433/"), "egress_forbidden"),
        ("user", json!("a:b"), "bad_pacs_sign_in"),
        ("user", json!(""), "bad_pacs_sign_in"),
        ("secret", json!(""), "pacs_secret_missing"),
        ("domain", json!("a\\b"), "bad_domain"),
        ("services", json!(["x"]), "bad_request"),
    ] {
        let (status, told) = alex.post(PAGE, with(good.clone(), name, value.clone())).await;
        assert!(status.is_client_error(), "{name} {value}: {told}");
        assert_eq!(told["code"], expected, "{name} {value}");
    }
    for address in ["https://outside.example/dicom-web", "http://pacs.example:8042/"] {
        let key = if address.starts_with("https") { "a" } else { "b" };
        let (status, told) = alex.post(PAGE, form(key, address)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{address}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_written_down_by_who_may_and_an_archive_is_asked_by_nothing_else() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let forms = [
            form("radio", "http://127.0.0.1:1/"),
            with(form("chu", "http://127.0.0.1:1/x"), "domain", json!("CHU")),
        ];
        let scene = Scene::new(app(dialect, |_| {}).await, &forms).await;
        let (status, told) = scene.search("radio").await;
        assert_eq!((status, &told["code"]), (StatusCode::CONFLICT, &json!("patient_number_missing")));
        for (number, domain, expected) in [
            ("*", "", "bad_patient_number"),
            ("DEMO?0001", "", "bad_patient_number"),
            ("", "", "bad_patient_number"),
            ("1", "a\\b", "bad_domain"),
            ("255081416802538", "1.2.250.1.213.1.4.8", "bad_domain"),
        ] {
            let (status, told) = scene.keep_number(number, domain).await;
            assert_eq!((status.as_u16(), &told["code"]), (422, &json!(expected)), "{number} {domain}");
        }
        for number in ["OLD", NUMBER] {
            assert_eq!(scene.keep_number(number, "").await.0, StatusCode::CREATED);
        }
        let (_, identity) = scene.visit.secretary.get(&scene.path("identity")).await;
        assert_eq!(identity["domains"], json!(["", "CHU"]), "whose numbers are asked for");
        assert_eq!(identity["numbers"][1]["number"], NUMBER, "{identity}");
        let (_, state) = scene.visit.doctor.get(&scene.path("pacs")).await;
        let known: Vec<_> =
            state["nodes"].as_array().unwrap().iter().map(|each| each["hasNumber"].clone()).collect();
        assert_eq!(known, [true, false], "each domain has its own: {state}");
        assert!(!state.to_string().contains(NUMBER), "{state}");

        // Whoever does not hold the appointment finds nothing there.
        let stranger = scene.visit.app.sign_in("sofia").await;
        for browser in [&stranger, &scene.visit.secretary, &scene.alex] {
            assert_eq!(browser.get(&scene.path("pacs")).await.0, StatusCode::NOT_FOUND);
            for (what, body) in [
                ("pacs/search", json!({"pacs": "radio"})),
                ("pacs/fetches", json!({"pacs": "radio", "study": "1.2"})),
            ] {
                let (status, told) = browser.post(&scene.path(what), body).await;
                assert_eq!((status, &told["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{what}");
            }
        }
        let nobody = uuid::Uuid::nil();
        let unknown = scene.visit.doctor.get(&format!("/api/appointments/{nobody}/pacs")).await;
        assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_off_or_of_another_service_is_not_offered_and_cannot_be_asked() {
    let app = app(Dialect::Sqlite, |_| {}).await;
    let alex = app.sign_in("alex").await;
    let secretary = app.sign_in("camille").await;
    let claire = app.sign_in("claire").await;
    let id = doctor_named(&secretary, "Claire Martin").await;
    let mut services = Vec::new();
    for name in ["Cardiologie", "Neurologie"] {
        let service = Service {
            id: ServiceId::new(app.app.clock.new_uuid()),
            name: name.to_owned(),
            site: String::new(),
            telephone: String::new(),
            is_closed: false,
            created_at: app.app.clock.now(),
        };
        app.app.store.put_service(&service).await.unwrap();
        let member = PractitionerId::new(id.parse().unwrap());
        app.app.store.set_members(service.id, &[member]).await.unwrap();
        services.push(json!(service.id.to_string()));
    }
    let at = "http://127.0.0.1:1/";
    for (key, of) in [("all", json!([])), ("heart", json!([services[0]])), ("brain", json!([services[1]]))] {
        assert_eq!(alex.post(PAGE, with(form(key, at), "services", of)).await.0, StatusCode::NO_CONTENT);
    }
    let booked = |service: Option<&Value>, minutes| {
        let mut wish = booking(&id, minutes);
        if let Some(service) = service {
            wish["serviceId"] = service.clone();
        }
        let secretary = secretary.clone();
        async move {
            let (status, booked) = secretary.post("/api/appointments", wish).await;
            assert_eq!(status, StatusCode::CREATED, "{booked}");
            booked["appointment"]["appointment"].as_str().unwrap().to_owned()
        }
    };
    let offered = async |appointment: &str| {
        let (_, state) = claire.get(&format!("/api/appointments/{appointment}/pacs")).await;
        let nodes = state["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["pacs"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (heart, none) = (booked(Some(&services[0]), 60).await, booked(None, 120).await);
    assert_eq!(offered(&heart).await, ["all", "heart"]);
    assert_eq!(offered(&none).await, ["all"]);
    let search = format!("/api/appointments/{heart}/pacs/search");
    assert_eq!(claire.post(&search, json!({"pacs": "brain"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(claire.post(&search, json!({"pacs": "nobody"})).await.0, StatusCode::NOT_FOUND);
    let off = alex.post(&format!("{PAGE}/heart/switch"), json!({"isOn": false})).await;
    assert_eq!(off.0, StatusCode::NO_CONTENT);
    assert_eq!(offered(&heart).await, ["all"]);
    assert_eq!(claire.post(&search, json!({"pacs": "heart"})).await.0, StatusCode::NOT_FOUND);
}
