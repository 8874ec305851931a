//! Files that come by a link: from a centre, from a guest, and who reads them.

use parvis::clinical::{ChatKeep, RetentionPolicy, sha256_hex};
use parvis::clock::Clock;
use parvis::config::Hospital;
use parvis::demo::studies::demo_objects;
use parvis::retention::{Parts, Retention};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::app::{Browser, TestApp};
use crate::visit::{BOTH, Visit, zip_of};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";

fn hash(bytes: &[u8]) -> String {
    sha256_hex(&Sha256::digest(bytes))
}

fn with(browser: &Browser, method: Method, path: &str, link: &str) -> reqwest::RequestBuilder {
    browser.raw(method, path).header("authorization", format!("Link {link}"))
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Sends a file, and says of it what `sha256` and `bytes` say.
async fn send_as(
    browser: &Browser,
    link: &str,
    name: &str,
    body: &[u8],
    sha256: &str,
    bytes: usize,
) -> (StatusCode, Value) {
    let path = format!("/api/upload?bytes={bytes}&sha256={sha256}");
    let request = with(browser, Method::POST, &path, link).header("x-file-name", name);
    answer(request.body(body.to_vec())).await
}

async fn send(browser: &Browser, link: &str, name: &str, body: &[u8]) -> (StatusCode, Value) {
    send_as(browser, link, name, body, &hash(body), body.len()).await
}

async fn look(browser: &Browser, link: &str) -> Value {
    answer(with(browser, Method::POST, "/api/upload/look", link)).await.1
}

/// A folder that the secretary makes, its identifier and the secret of its link.
async fn folder(visit: &Visit, mib: u32, files: u32) -> (String, String) {
    let path = format!("/api/appointments/{}/upload-folders", visit.appointment);
    let wish = json!({"label": "Centre Saint-Roch", "quotaMib": mib, "quotaFiles": files, "days": 7});
    let (status, made) = visit.secretary.post(&path, wish).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let secret = made["address"].as_str().unwrap().split_once("/upload#").unwrap().1.to_owned();
    (made["folder"]["folder"].as_str().unwrap().to_owned(), secret)
}

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap_or_default()
}

/// Three slices that bear this name, of as many letters as the demo's.
fn ct_of(name: &str) -> Vec<u8> {
    let renamed = |bytes: Vec<u8>| -> Vec<u8> {
        let place = bytes.windows(14).position(|word| word == b"LEFEVRE^HELENE").unwrap();
        [&bytes[..place], name.as_bytes(), &bytes[place + 14..]].concat()
    };
    assert_eq!(name.len(), 14);
    zip_of(demo_objects(1).take(3).enumerate().map(|(i, (_, bytes))| (format!("IM{i}"), renamed(bytes))))
}

fn ct() -> Vec<u8> {
    zip_of(demo_objects(1).take(3).enumerate().map(|(i, (_, bytes))| (format!("IM{i}"), bytes)))
}

/// A picture that is a picture.
fn photo() -> Vec<u8> {
    std::fs::read("fixtures/codestreams/color.jpg").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_centre_sends_by_its_link_and_staff_read_what_came() {
    for dialect in BOTH {
        let visit = Visit::book_at(TestApp::start(dialect).await, 6000).await;
        let (_, link) = folder(&visit, 100, 10).await;
        let outside = visit.app.browser();
        let looked = look(&outside, &link).await;
        assert_eq!(
            (&looked["state"], &looked["isGuest"], &looked["label"], &looked["filesLeft"]),
            (&json!("open"), &json!(false), &json!("Centre Saint-Roch"), &json!(10))
        );
        assert!(!looked.to_string().contains("Lefèvre"), "no name of the patient");

        let (status, receipt) = send(&outside, &link, "Compte%20rendu%20%C3%A9.pdf", PDF).await;
        assert_eq!((status, &receipt["sha256"]), (StatusCode::OK, &json!(hash(PDF))), "{receipt}");
        let (_, again) = send(&outside, &link, "autre.pdf", PDF).await;
        assert_eq!((&again["receipt"], &again["isKnown"]), (&receipt["receipt"], &json!(true)));
        let asked =
            with(&outside, Method::POST, "/api/upload/receipt", &link).json(&json!({"sha256": hash(PDF)}));
        assert_eq!(answer(asked).await.1["receipt"], receipt["receipt"]);
        let (status, images) = send(&outside, &link, "cd.zip", &ct_of("DURAND^ANNETTE")).await;
        assert_eq!((status, &images["objects"]), (StatusCode::OK, &json!(3)), "{images}");

        // Nothing can be listed or read back through the link.
        let path = format!("/api/appointments/{}/received", visit.appointment);
        for path in [&path, &format!("/api/received/{}", receipt["receipt"].as_str().unwrap())] {
            let (status, _) = answer(with(&outside, Method::GET, path, &link)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        }
        let (status, _) = visit.secretary.get(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "documents are for those who treat");

        let (_, list) = visit.doctor.get(&path).await;
        assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
        let (pdf, zip) = (&list[0], &list[1]);
        assert_eq!(
            (&pdf["name"], &pdf["reader"], &pdf["sha256"]),
            (&json!("Compte rendu é.pdf"), &json!("pdf"), &json!(hash(PDF)))
        );
        assert_eq!(
            (&zip["objects"], &zip["isOtherPatient"], &zip["reader"]),
            (&json!(3), &json!(true), &json!("none"))
        );
        let address = format!("/api/received/{}", pdf["upload"].as_str().unwrap());
        let (status, headers, bytes) = visit.doctor.fetch(&address).await;
        assert_eq!((status, bytes.as_slice()), (StatusCode::OK, PDF));
        assert_eq!(headers["content-type"], "application/pdf");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        assert_eq!(studies[0]["series"][0]["frames"], 3, "{studies}");
        let other = visit.app.sign_in("sofia").await;
        assert_eq!(other.get(&path).await.0, StatusCode::NOT_FOUND, "who is not booked reads nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_too_much_or_late_does_not_go_in() {
    for dialect in BOTH {
        let visit = Visit::book_at(TestApp::start(dialect).await, 6000).await;
        let (id, link) = folder(&visit, 1, 2).await;
        let outside = visit.app.browser();
        let wrong = "0".repeat(64);
        for (sha256, bytes) in
            [(wrong.as_str(), PDF.len()), (&hash(PDF), PDF.len() - 1), (&hash(PDF), PDF.len() + 1)]
        {
            let (status, body) = send_as(&outside, &link, "a.pdf", PDF, sha256, bytes).await;
            assert_eq!(
                (status, code(&body)),
                (StatusCode::UNPROCESSABLE_ENTITY, "checksum_mismatch"),
                "{bytes}"
            );
        }
        let (status, body) = send(&outside, &link, "virus.exe", b"MZ\x90\0\x03\0\0\0").await;
        assert_eq!((status, code(&body)), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_file_kind"), "{body}");
        assert_eq!(look(&outside, &link).await["filesLeft"], 2, "what was refused takes no room");
        let large = vec![b'a'; (1 << 20) + 1];
        let (status, body) = send(&outside, &link, "a.txt", &large).await;
        assert_eq!((status, code(&body)), (StatusCode::CONFLICT, "quota_exceeded"));
        for text in ["one", "two"] {
            assert_eq!(send(&outside, &link, "a.txt", text.as_bytes()).await.0, StatusCode::OK);
        }
        let (_, body) = send(&outside, &link, "a.txt", b"three").await;
        assert_eq!(code(&body), "quota_exceeded");

        assert_eq!(visit.doctor.delete(&format!("/api/upload-folders/{id}")).await, StatusCode::NO_CONTENT);
        assert_eq!(look(&outside, &link).await["state"], "revoked");
        let (status, body) = send(&outside, &link, "a.txt", b"four").await;
        assert_eq!((status, code(&body)), (StatusCode::FORBIDDEN, "folder_closed"));
        assert_eq!(look(&outside, "no such link").await["state"], "unknown");
        assert_eq!(send(&outside, "no such link", "a.txt", b"x").await.0, StatusCode::NOT_FOUND);
        let other = visit.app.sign_in("sofia").await;
        assert_eq!(other.delete(&format!("/api/upload-folders/{id}")).await, StatusCode::NOT_FOUND);

        let (_, link) = folder(&visit, 1, 2).await;
        let cancel = format!("/api/appointments/{}/cancel", visit.appointment);
        assert_eq!(visit.secretary.post(&cancel, json!({})).await.0, StatusCode::OK);
        assert_eq!(look(&outside, &link).await["state"], "over");
        assert_eq!(
            look(&outside, &visit.patient).await["state"],
            "revoked",
            "the link of the patient went too"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_door_asks_for_more_than_the_link_files_go_in_after_it() {
    for dialect in BOTH {
        let visit = Visit::book_at(TestApp::start(dialect).await, 6000).await;
        let (_, entry) = visit.secretary.get(&format!("/api/appointments/{}", visit.appointment)).await;
        let people = entry["participants"].as_array().unwrap();
        let patient = people.iter().find(|person| person["role"] == "patient").unwrap();
        let path = format!(
            "/api/appointments/{}/participants/{}/pin",
            visit.appointment,
            patient["participant"].as_str().unwrap()
        );
        let (_, issued) = visit.secretary.post(&path, json!({})).await;
        let mut browser = visit.app.browser();
        assert_eq!(look(&browser, &visit.patient).await["state"], "pass_needed");
        let (status, refused) = send(&browser, &visit.patient, "a.pdf", PDF).await;
        assert_eq!((status, code(&refused)), (StatusCode::FORBIDDEN, "pass_needed"));
        // The folder of a centre has no door, and the relative has nothing else to show.
        let (_, centre) = folder(&visit, 5, 5).await;
        for link in [&centre, &visit.relative] {
            assert_eq!(look(&browser, link).await["state"], "open");
        }
        let (_, opened) = browser.open_door(json!({"link": visit.patient, "digits": issued["pin"]})).await;
        assert_eq!(opened["outcome"], "opened");
        assert_eq!(look(&browser, &visit.patient).await["state"], "open");
        assert_eq!(send(&browser, &visit.patient, "a.pdf", PDF).await.0, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sends_before_the_door_opens_and_a_doctor_shows_the_photograph() {
    let visit = Visit::book_at(TestApp::start(BOTH[0]).await, 6000).await;
    let browser = visit.app.browser();
    assert_eq!(look(&browser, &visit.patient).await["isGuest"], true);
    let (status, receipt) = send(&browser, &visit.patient, "Photo.jpg", &photo()).await;
    assert_eq!((status, &receipt["objects"]), (StatusCode::OK, &json!(0)), "{receipt}");
    let (_, list) = visit.doctor.get(&format!("/api/appointments/{}/received", visit.appointment)).await;
    assert_eq!((&list[0]["isGuest"], &list[0]["reader"]), (&json!(true), &json!("image")), "{list}");
    let put = format!("/api/received/{}/studies", list[0]["upload"].as_str().unwrap());
    let (status, receipt) = visit.doctor.post(&put, json!({})).await;
    assert_eq!((status, &receipt["received"]), (StatusCode::OK, &json!(1)), "{receipt}");
    assert_eq!(list[0]["isAmongImages"], false);
    let (_, list) = visit.doctor.get(&format!("/api/appointments/{}/received", visit.appointment)).await;
    assert_eq!(list[0]["isAmongImages"], true);
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    assert_eq!(studies[0]["series"][0]["modality"], "XC", "{studies}");
    // The relative has a folder of their own.
    assert_eq!(send(&browser, &visit.relative, "lettre.txt", "Bonjour".as_bytes()).await.0, StatusCode::OK);
    let (_, folders) =
        visit.secretary.get(&format!("/api/appointments/{}/upload-folders", visit.appointment)).await;
    assert_eq!(folders.as_array().unwrap().len(), 2, "{folders}");
}

/// What lies under a folder of the archive.
fn lying(app: &TestApp, shelf: &str) -> usize {
    let mut count = 0;
    let mut folders = vec![app.folder.path().join("archive").join(shelf)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { count += 1 }
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_their_rows_and_the_proof_and_the_counts_stay() {
    for dialect in BOTH {
        let visit = Visit::book_at(TestApp::start(dialect).await, 5).await;
        let browser = visit.app.browser();
        assert_eq!(send(&browser, &visit.patient, "a.pdf", PDF).await.0, StatusCode::OK);
        assert_eq!(send(&browser, &visit.patient, "cd.zip", &ct()).await.0, StatusCode::OK);
        let (status, _) =
            visit.doctor.share_file(&visit.appointment, "a.txt", None, "Bonjour".as_bytes().to_vec()).await;
        assert_eq!(status, StatusCode::CREATED);
        let (_patient, _, _doctor) = visit.call().await;
        assert_eq!((lying(&visit.app, "files"), lying(&visit.app, "objects")), (2, 3));
        // An object that no row names: a crash left it.
        let stray = visit.app.folder.path().join("archive/objects/00");
        std::fs::create_dir_all(&stray).unwrap();
        std::fs::write(stray.join(format!("{}.dcm", "00".repeat(32))), b"x").unwrap();

        let app = &visit.app.app;
        let days = |days: u64| {
            let clock = Clock::fixed(app.clock.now());
            clock.advance(std::time::Duration::from_secs(days * 86_400));
            let parts = Parts {
                store: app.store.clone(),
                archive: app.archive.clone(),
                clock,
                hospital: Hospital {
                    name: String::new(),
                    telephone: String::new(),
                    time_zone: chrono_tz::Europe::Paris,
                },
                policy: RetentionPolicy::default(),
                chat_keep: ChatKeep::Consultation,
                door: app.door,
            };
            Retention::new(parts)
        };
        let administrator = visit.app.sign_in("alex").await;
        let state = async || administrator.get("/api/retention").await.1;
        let class = |state: &Value, name: &str| {
            state["classes"].as_array().unwrap().iter().find(|class| class["class"] == name).unwrap().clone()
        };
        let before = state().await;
        assert_eq!(
            (&class(&before, "files")["kept"], &class(&before, "files")["due"]),
            (&json!(1.0), &json!(0.0))
        );
        assert_eq!(class(&before, "studies")["days"], 180);
        // It is found to be held: by the name, by the day, however it is spelt; by administrators alone.
        let seek = async |wanted: Value| administrator.post("/api/retention/appointments", wanted).await;
        let starts_at =
            app.store.appointment(visit.appointment.parse().unwrap()).await.unwrap().unwrap().starts_at;
        let today = starts_at.with_timezone(&chrono_tz::Europe::Paris).date_naive();
        let tomorrow = today.checked_add_days(chrono::Days::new(2)).unwrap();
        for (wanted, is_found) in [
            (json!({"name": "lefevre"}), true),
            (json!({"name": "", "day": today.to_string()}), true),
            (json!({"name": "Hélène", "day": today.to_string()}), true),
            (json!({"name": "lefevre", "day": tomorrow.to_string()}), false),
            (json!({"name": "Garnier"}), false),
        ] {
            let (status, found) = seek(wanted.clone()).await;
            assert_eq!(status, StatusCode::OK, "{found}");
            let ids: Vec<_> = found.as_array().unwrap().iter().map(|each| &each["appointment"]).collect();
            let mine = json!(visit.appointment);
            assert_eq!(ids, if is_found { vec![&mine] } else { vec![] }, "{wanted}");
        }
        for bad in
            [json!({"name": " "}), json!({"name": "x".repeat(300)}), json!({"name": "x", "day": "hier"})]
        {
            assert_eq!(seek(bad).await.0, StatusCode::BAD_REQUEST);
        }
        // Nothing is due after a day but the chat; what is held not even after fifty years.
        let hold = json!({"appointment": visit.appointment, "reason": "Plainte"});
        let (status, held) = administrator.post("/api/retention/holds", hold).await;
        assert_eq!(status, StatusCode::CREATED, "{held}");
        assert_eq!(held["appointment"]["appointment"], json!(visit.appointment));
        days(20_000).run().await.unwrap();
        assert_eq!((lying(&visit.app, "files"), lying(&visit.app, "objects") >= 3), (2, true));
        assert_eq!(state().await["proofs"], json!([]));
        let lift = format!("/api/retention/holds/{}", held["hold"].as_str().unwrap());
        assert_eq!(administrator.delete(&lift).await, StatusCode::NO_CONTENT);
        assert_eq!(administrator.delete(&lift).await, StatusCode::NOT_FOUND);

        days(181).run().await.unwrap();
        assert_eq!((lying(&visit.app, "files"), lying(&visit.app, "objects") <= 1), (0, true));
        let after = state().await;
        let proven: Vec<_> =
            after["proofs"].as_array().unwrap().iter().map(|proof| proof["class"].clone()).collect();
        for name in ["chats", "files", "studies"] {
            assert!(proven.contains(&json!(name)), "{after}");
        }
        assert!(!proven.contains(&json!("moves")));
        let retention = days(20_000);
        retention.run().await.unwrap();
        retention.sweep().await.unwrap();
        assert_eq!(lying(&visit.app, "objects"), 0, "what nothing names is swept");
        let id = visit.appointment.parse().unwrap();
        assert_eq!(app.store.appointment(id).await.unwrap(), None);
        let text = state().await["proofs"].to_string();
        assert!(!text.contains(&visit.appointment) && !text.contains("Lef"), "a proof names nobody");
        let (status, headers, csv) = administrator.fetch("/api/retention/proofs.csv").await;
        assert_eq!(
            (status, &headers["content-type"]),
            (StatusCode::OK, &"text/csv; charset=utf-8; header=present".parse().unwrap())
        );
        assert!(String::from_utf8(csv).unwrap().starts_with("\u{feff}proof,at,class,rule,rows,sha256\r\n"));

        // The visit is still counted.
        let day = app.clock.now().date_naive();
        let (from, to) = (day.pred_opt().unwrap(), day.succ_opt().unwrap());
        let path = format!("/api/statistics?from={from}&to={to}&period=month");
        let (status, report) = administrator.get(&path).await;
        assert_eq!((status, &report["total"]["booked"]), (StatusCode::OK, &json!(1.0)), "{report}");
        assert_eq!(report["total"]["browser.other"], Value::Null, "one of a kind is hidden");
        assert!(report["total"].as_object().unwrap().contains_key("browser.other"), "{report}");
        for browser in [&visit.doctor, &visit.secretary] {
            for path in ["/api/retention", "/api/retention/proofs.csv", &path] {
                assert_eq!(browser.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
            }
            assert_eq!(browser.post("/api/retention/run", json!({})).await.0, StatusCode::NOT_FOUND);
            let seek = browser.post("/api/retention/appointments", json!({"name": "lefevre"})).await;
            assert_eq!(seek.0, StatusCode::NOT_FOUND);
        }
        let (status, ran) = administrator.post("/api/retention/run", json!({})).await;
        assert_eq!((status, &ran["rows"]), (StatusCode::OK, &json!(0.0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secretary_reads_the_counts_of_their_own_service() {
    let app = TestApp::start(BOTH[0]).await;
    let secretary = app.sign_in("camille").await;
    let store = &app.app.store;
    let (_, me) = secretary.get("/api/me").await;
    let id = me["practitioner"].as_str().unwrap().parse().unwrap();
    let service = |name: &str| parvis::clinical::Service {
        id: parvis::clinical::ServiceId::new(app.app.clock.new_uuid()),
        name: name.to_owned(),
        site: String::new(),
        telephone: String::new(),
        is_closed: false,
        created_at: app.app.clock.now(),
    };
    let (own, other) = (service("Cardiologie d'essai"), service("Pneumologie d'essai"));
    for each in [&own, &other] {
        store.put_service(each).await.unwrap();
    }
    store.set_members(own.id, &[id]).await.unwrap();
    let (_, choice) = secretary.get("/api/statistics/services").await;
    assert_eq!(choice["maySeeAll"], false);
    let names: Vec<_> =
        choice["services"].as_array().unwrap().iter().map(|each| each["name"].clone()).collect();
    assert!(
        names.contains(&json!("Cardiologie d'essai")) && !names.contains(&json!("Pneumologie d'essai")),
        "{choice}"
    );
    let asked = |service: &str, end: &str| {
        format!("/api/statistics{end}?service={service}&from=2026-01-01&to=2026-12-31&period=week")
    };
    assert_eq!(secretary.get(&asked(&own.id.to_string(), "")).await.0, StatusCode::OK);
    let (status, headers, _) = secretary.fetch(&asked(&own.id.to_string(), ".csv")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers["content-disposition"].to_str().unwrap().contains("parvis-2026-01-01-2026-12-31.csv"));
    for service in [other.id.to_string(), String::new(), "nonsense".to_owned()] {
        assert_eq!(secretary.get(&asked(&service, "")).await.0, StatusCode::NOT_FOUND, "{service}");
    }
    let doctor = app.sign_in("claire").await;
    assert_eq!(doctor.get("/api/statistics/services").await.0, StatusCode::NOT_FOUND);
    let long = "/api/statistics?from=2020-01-01&to=2026-12-31&period=week";
    let administrator = app.sign_in("alex").await;
    assert_eq!(administrator.get(long).await.0, StatusCode::BAD_REQUEST);
}
