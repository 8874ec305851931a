//! Photographs that guests bring from inside a call, and who must not bring any.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::share;
use crate::visit::{BOTH, Visit};

fn photo() -> Vec<u8> {
    std::fs::read("fixtures/codestreams/color.jpg").unwrap()
}

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_in_the_call_brings_a_photograph_that_staff_show() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (_patient, _, mut doctor) = visit.call().await;
        let browser = visit.app.browser();
        let (status, receipt) = browser.bring_photo(&visit.appointment, &visit.patient, photo()).await;
        assert_eq!((status, &receipt["received"]), (StatusCode::OK, &json!(1)), "{receipt}");
        doctor.wait("studies_changed").await;
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        let series = &studies[0]["series"][0];
        assert_eq!(
            (&series["modality"], &series["kind"], &series["frames"]),
            (&json!("XC"), &json!("image"), &json!(1)),
            "{studies}"
        );
        doctor.request(share(&series["series"])).await.unwrap();
        // A guest reads no list.
        let (status, _) = browser.get(&visit.studies()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn photographs_come_from_guests_in_the_call_only_and_are_photographs() {
    let visit = Visit::book(BOTH[0]).await;
    let (_patient, _, _doctor) = visit.call().await;
    let browser = visit.app.browser();
    let bring = async |link: &str, bytes: Vec<u8>| {
        let (status, body) = browser.bring_photo(&visit.appointment, link, bytes).await;
        (status, code(&body).to_owned())
    };
    let refused = |status, code: &str| (status, code.to_owned());
    // The relative has not come yet, then waits.
    assert_eq!(bring(&visit.relative, photo()).await, refused(StatusCode::NOT_FOUND, "not_found"));
    let (mut relative, _) = visit.app.guest(&visit.relative).await;
    relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    assert_eq!(bring(&visit.relative, photo()).await, refused(StatusCode::NOT_FOUND, "not_found"));
    let (status, _) = bring("no such link", photo()).await;
    assert!(status.is_client_error(), "{status}");

    let wrong_kind = refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_file_kind");
    let (_, object) = parvis::demo::studies::demo_objects(1).next().unwrap();
    for bytes in [Vec::new(), b"%PDF-1.7\n".to_vec(), object, crate::visit::ct_zip()] {
        assert_eq!(bring(&visit.patient, bytes).await, wrong_kind);
    }
    let mut large = photo();
    large.resize((20 << 20) + 1, 0);
    assert_eq!(bring(&visit.patient, large).await, refused(StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    // What begins like a picture and is none is refused file by file, as an upload of staff is.
    let (status, receipt) =
        browser.bring_photo(&visit.appointment, &visit.patient, b"\xFF\xD8\xFF broken".to_vec()).await;
    assert_eq!((status, &receipt["received"]), (StatusCode::OK, &json!(0)), "{receipt}");
    assert_eq!(receipt["refused"].as_array().map(Vec::len), Some(1), "{receipt}");
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    assert_eq!(studies, json!([]));
}
