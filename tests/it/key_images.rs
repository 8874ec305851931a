//! Images that staff keep of what is shown, and what the patient takes home, over sockets and HTTP.

use std::time::Duration;

use parvis::clinical::AppointmentId;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp, share};
use crate::visit::{BOTH, Visit, ct_zip};

fn keep(caption: &str) -> Value {
    json!({"type": "keep_image", "viewport": 0, "caption": caption})
}

/// A series of the patient is on show, at its third place.
async fn shown(visit: &Visit, doctor: &mut Socket) -> Value {
    visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    let series = studies[0]["series"][0]["series"].clone();
    doctor.request(share(&series)).await.unwrap();
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    doctor.wait_for("viewing", |m| m["shown"]["index"] == 2).await;
    series
}

fn list(visit: &Visit) -> String {
    format!("/api/appointments/{}/key-images", visit.appointment)
}

/// How many files are kept beside the studies.
fn files(app: &TestApp) -> usize {
    let shelves = std::fs::read_dir(app.folder.path().join("archive/files")).unwrap();
    shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count()).sum()
}

/// Waits until so many images are told.
async fn told(socket: &mut Socket, count: usize) -> Value {
    let is_it = |m: &Value| m["images"].as_array().is_some_and(|images| images.len() == count);
    socket.wait_for("key_images", is_it).await["images"].clone()
}

fn pixels(png: &[u8]) -> image::GrayImage {
    image::load_from_memory_with_format(png, image::ImageFormat::Png).unwrap().to_luma8()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_show_is_kept_captioned_and_taken_back_and_is_there_after_a_restart() {
    for dialect in BOTH {
        let app = TestApp::start_kept(dialect);
        let visit = Visit::book_at(app.await, 5).await;
        let (mut patient, _, mut doctor) = visit.call().await;
        assert_eq!(doctor.request(keep("")).await, Err("nothing_shared".to_owned()));
        let series = shown(&visit, &mut doctor).await;
        doctor.request(keep(" Le nodule ")).await.unwrap();
        let images = told(&mut doctor, 1).await;
        assert_eq!((&images[0]["caption"], &images[0]["index"]), (&json!("Le nodule"), &json!(2)));
        assert_eq!(images[0]["isShownToPatient"], false);
        // Closer and negative.
        let view = json!({
            "type": "set_view", "viewport": 0, "zoom": 4.0, "centerX": 0.5, "centerY": 0.5, "quarterTurns": 0,
            "isFlipped": false,
        });
        doctor.send(view).await;
        doctor.send(json!({"type": "set_inverted", "viewport": 0, "isInverted": true})).await;
        doctor.send(json!({"type": "surface", "viewport": 0, "width": 200, "height": 100})).await;
        doctor.request(keep("")).await.unwrap();
        told(&mut doctor, 2).await;
        let (_, entries) = visit.doctor.get(&list(&visit)).await;
        assert_eq!((&entries[0]["series"], &entries[0]["modality"]), (&series, &json!("CT")), "{entries}");
        let address = |place: usize, end: &str| {
            format!("/api/key-images/{}{end}", entries[place]["image"].as_str().unwrap())
        };
        let mut pictures = Vec::new();
        for place in [0, 1] {
            let (status, headers, bytes) = visit.doctor.fetch(&address(place, "/picture")).await;
            assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"image/png".parse().unwrap()));
            let size = pixels(&bytes).dimensions();
            assert_eq!(json!([size.0, size.1]), json!([entries[place]["width"], entries[place]["height"]]));
            pictures.push(bytes);
        }
        assert_eq!(
            (pixels(&pictures[0]).dimensions(), pixels(&pictures[1]).dimensions()),
            ((1024, 1024), (1024, 512))
        );
        // Air around the patient is black, and white in the negative of what is seen closer.
        assert!(pixels(&pictures[0]).get_pixel(2, 2).0[0] < 20);
        assert_ne!(pixels(&pictures[0]).get_pixel(512, 512), pixels(&pictures[1]).get_pixel(512, 256));

        let caption = json!({"type": "caption_image", "image": entries[1]["image"], "caption": "De près"});
        doctor.request(caption).await.unwrap();
        let is_new = |m: &Value| m["images"][1]["caption"] == "De près";
        doctor.wait_for("key_images", is_new).await;
        let (status, _) = visit.doctor.put(&address(0, "/caption"), json!({"caption": "Nodule 1"})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        doctor.wait_for("key_images", |m| m["images"][0]["caption"] == "Nodule 1").await;
        for (wrong, code) in [("a\nb".to_owned(), "bad_request"), ("é".repeat(201), "too_large")] {
            let (status, problem) =
                visit.doctor.put(&address(0, "/caption"), json!({"caption": wrong})).await;
            assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!(code)));
            assert_eq!(doctor.request(keep(&wrong)).await, Err(code.to_owned()));
        }
        let unknown = json!({"type": "remove_image", "image": visit.appointment});
        assert_eq!(doctor.request(unknown).await, Err("not_found".to_owned()));

        // What is not theirs: the patient keeps nothing and is told of nothing, a secretary and strangers find nothing.
        assert_eq!(patient.request(keep("")).await, Err("not_allowed".to_owned()));
        let stranger = visit.app.sign_in("karim").await;
        for (browser, status) in [
            (&visit.secretary, StatusCode::NOT_FOUND),
            (&stranger, StatusCode::NOT_FOUND),
            (&visit.app.browser(), StatusCode::UNAUTHORIZED),
        ] {
            assert_eq!(browser.get(&list(&visit)).await.0, status);
            assert_eq!(browser.fetch(&address(0, "/picture")).await.0, status);
            assert_eq!(browser.put(&address(0, "/caption"), json!({"caption": ""})).await.0, status);
            assert_eq!(browser.delete(&address(0, "")).await, status);
            assert_eq!(browser.post(&format!("{}/save", list(&visit)), json!({})).await.0, status);
        }

        assert_eq!(files(&visit.app), 2);
        let remove = json!({"type": "remove_image", "image": entries[1]["image"]});
        doctor.request(remove).await.unwrap();
        assert_eq!(files(&visit.app), 1, "its picture is removed with it");
        told(&mut doctor, 1).await;
        assert_eq!(visit.doctor.fetch(&address(1, "/picture")).await.0, StatusCode::NOT_FOUND);
        let after = visit.app.started_again(dialect).await;
        let browser = Browser { cookie: visit.doctor.cookie.clone(), ..after.browser() };
        let (mut doctor, _) = browser.attend(&visit.appointment).await;
        doctor.send(json!({"type": "enter", "request": 9})).await;
        assert_eq!(told(&mut doctor, 1).await[0]["caption"], "Nodule 1");
        let (status, _, bytes) = browser.fetch(&address(0, "/picture")).await;
        assert_eq!((status, bytes == pictures[0]), (StatusCode::OK, true), "the files were not cleared away");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn selections_are_written_when_asked_for_and_when_nobody_is_there_any_more() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (_patient, _, mut doctor) = visit.call().await;
    shown(&visit, &mut doctor).await;
    let save = format!("{}/save", list(&visit));
    let (_, nothing) = visit.doctor.post(&save, json!({})).await;
    assert_eq!(nothing, json!({"images": 0, "selections": 0}));
    doctor.request(keep("Le nodule")).await.unwrap();
    let (status, saved) = visit.doctor.post(&save, json!({})).await;
    assert_eq!((status, saved), (StatusCode::OK, json!({"images": 1, "selections": 1})));
    doctor.wait("studies_changed").await;
    let (_, again) = visit.doctor.post(&save, json!({})).await;
    assert_eq!(again, json!({"images": 1, "selections": 0}), "there is one already");
    let (_, entries) = visit.doctor.get(&list(&visit)).await;
    assert_eq!(entries[0]["isSaved"], true);
    let selections = async || {
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        assert_eq!(studies.as_array().unwrap().len(), 1, "beside the images: {studies}");
        let series = studies[0]["series"].as_array().unwrap().iter();
        series.filter(|series| series["modality"] == "KO").cloned().collect::<Vec<_>>()
    };
    let written = selections().await;
    assert_eq!(written.len(), 1);
    doctor.send(json!({"type": "surface", "viewport": 0, "width": 64, "height": 64})).await;
    doctor.request(share(&written[0]["series"])).await.unwrap();
    doctor.wait_for("viewing", |m| m["shown"]["count"] == 1 && m["shown"]["edges"]["left"].is_string()).await;

    // What changed since is written at the end, and what said something else is not there any more.
    doctor
        .send(
            json!({"type": "caption_image", "request": 70, "image": entries[0]["image"], "caption": "Autre"}),
        )
        .await;
    doctor.wait_for("key_images", |m| m["images"][0]["caption"] == "Autre").await;
    doctor.send(json!({"type": "end", "request": 71, "outcome": "completed"})).await;
    doctor.wait("ended").await;
    drop(doctor);
    let at_the_end = async {
        while !matches!(&selections().await[..], [one] if one["series"] != written[0]["series"]) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), at_the_end).await.expect("another selection");
    let id: AppointmentId = visit.appointment.parse().unwrap();
    let is_saved = async {
        while visit.app.app.store.key_images_of(id).await.unwrap()[0].saved_as.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_saved).await.expect("it says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_is_written_in_two_languages_and_comes_as_a_document() {
    let visit = Visit::book(Dialect::Postgres).await;
    let (_patient, _, mut doctor) = visit.call().await;
    shown(&visit, &mut doctor).await;
    for caption in ["Le nodule", "Encore"] {
        doctor.request(keep(caption)).await.unwrap();
    }
    let (_, entries) = visit.doctor.get(&list(&visit)).await;
    let (first, second) = (entries[0]["image"].clone(), entries[1]["image"].clone());
    let address = format!("/api/appointments/{}/summary", visit.appointment);
    let document = |language: &str| format!("{address}.pdf?language={language}");
    assert_eq!(visit.doctor.get(&address).await.1, json!({"texts": []}));
    assert_eq!(visit.doctor.fetch(&document("fr")).await.0, StatusCode::NOT_FOUND, "it is not written");
    assert_eq!(visit.doctor.fetch(&document("xx")).await.0, StatusCode::BAD_REQUEST);
    let french = json!({
        "language": "fr", "sentences": ["Un petit nodule, à revoir dans un an."], "images": [second, first, second],
    });
    let (status, state) = visit.doctor.put(&address, french).await;
    assert_eq!(status, StatusCode::OK, "{state}");
    assert_eq!(state["texts"][0]["images"], json!([second, first]));
    let are_shown =
        |m: &Value| m["images"].as_array().unwrap().iter().all(|image| image["isShownToPatient"] == true);
    doctor
        .wait_for("key_images", |m| m["images"].as_array().is_some_and(|i| i.len() == 2) && are_shown(m))
        .await;
    let english = json!({"language": "en", "sentences": ["A small nodule."], "images": []});
    let (_, state) = visit.doctor.put(&address, english).await;
    assert_eq!(state["texts"].as_array().unwrap().len(), 2, "{state}");
    let mut sizes = Vec::new();
    for (language, name) in [("fr", "resume"), ("en", "summary")] {
        let (status, headers, bytes) = visit.doctor.fetch(&document(language)).await;
        assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &"application/pdf".parse().unwrap()));
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with(&format!("attachment; filename=\"{name}-2")), "{disposition}");
        assert!(bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF"));
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Lefèvre") && !text.contains("Lefevre"), "nobody is named");
        assert_eq!(bytes, visit.doctor.fetch(&document(language)).await.2, "the same again");
        sizes.push(bytes.len());
    }
    assert!(sizes[0] > sizes[1] + 10_000, "two images: {sizes:?}");
    // An image that is kept no longer stands in no summary.
    doctor.request(json!({"type": "remove_image", "image": second})).await.unwrap();
    assert_eq!(visit.doctor.get(&address).await.1["texts"][0]["images"], json!([first]));
    let (_, _, smaller) = visit.doctor.fetch(&document("fr")).await;
    assert!(smaller.len() < sizes[0]);

    for (body, status) in [
        (
            json!({"language": "fr", "sentences": ["x\u{1F600}"], "images": []}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({"language": "fr", "sentences": ["é".repeat(2001)], "images": []}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({"language": "fr", "sentences": vec![""; 61], "images": []}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (json!({"language": "fr", "sentences": [], "images": [second]}), StatusCode::BAD_REQUEST),
        (json!({"language": "de", "sentences": [], "images": []}), StatusCode::BAD_REQUEST),
    ] {
        let (answer, problem) = visit.doctor.put(&address, body).await;
        assert_eq!((answer, &problem["code"]), (status, &json!("bad_request")), "{problem}");
    }
    // As long as it may be.
    let longest = json!({"language": "en", "sentences": vec!["é".repeat(2000); 60], "images": []});
    assert_eq!(visit.doctor.put(&address, longest).await.0, StatusCode::OK);
    assert_eq!(visit.doctor.fetch(&document("en")).await.0, StatusCode::OK);
    // Nor one of a study that was brought by mistake.
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    let study = format!("/api/studies/{}", studies[0]["study"].as_str().unwrap());
    assert!(visit.doctor.delete(&study).await.is_success());
    told(&mut doctor, 0).await;
    assert_eq!(visit.doctor.get(&list(&visit)).await.1, json!([]));
    assert_eq!(visit.doctor.get(&address).await.1["texts"][0]["images"], json!([]));
    let picture = format!("/api/key-images/{}/picture", first.as_str().unwrap());
    assert_eq!(visit.doctor.fetch(&picture).await.0, StatusCode::NOT_FOUND);
    let empty = json!({"language": "fr", "sentences": [], "images": []});
    for browser in [&visit.secretary, &visit.app.sign_in("karim").await] {
        assert_eq!(browser.get(&address).await.0, StatusCode::NOT_FOUND);
        assert_eq!(browser.put(&address, empty.clone()).await.0, StatusCode::NOT_FOUND);
        assert_eq!(browser.fetch(&document("fr")).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(visit.app.browser().fetch(&document("fr")).await.0, StatusCode::UNAUTHORIZED);
}
