//! Who saw what: the steps of a viewing as they are read afterwards, and their pictures.

use std::time::Duration;

use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, share};
use crate::visit::{BOTH, Visit, ct_zip};

const LIMIT: Duration = Duration::from_secs(20);

/// The record, once it is as it should be.
pub async fn record_when(visit: &Visit, what: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let path = format!("/api/appointments/{}/viewing", visit.appointment);
    let mut last = Value::Null;
    let reading = async {
        loop {
            let (status, record) = visit.doctor.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{record}");
            let steps = record["steps"].as_array().unwrap();
            if fits(steps) {
                return steps.clone();
            }
            last = record;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let read = tokio::time::timeout(LIMIT, reading).await;
    read.unwrap_or_else(|_| panic!("{what} was not recorded: {last:#}"))
}

/// Who saw the step, and whether exactly.
fn seen(step: &Value) -> Vec<(&str, bool)> {
    let sights = step["seenBy"].as_array().unwrap().iter();
    let sight = |sight: &'_ Value| sight["isLossless"].as_bool().unwrap();
    let mut seen: Vec<_> = sights.map(|one| (one["participant"].as_str().unwrap(), sight(one))).collect();
    seen.sort_unstable();
    seen
}

fn exactly<'a>(people: &[&'a str]) -> Vec<(&'a str, bool)> {
    let mut people: Vec<_> = people.iter().map(|person| (*person, true)).collect();
    people.sort_unstable();
    people
}

fn last_is(steps: &[Value], cause: &str, count: usize) -> bool {
    steps.last().is_some_and(|step| {
        step["cause"] == cause
            && step["seenBy"].as_array().unwrap().len() == count
            && step["seenBy"].as_array().unwrap().iter().all(|sight| sight["isLossless"] == true)
    })
}

/// Everybody in the call, each with a screen of the size of a step's picture.
async fn everybody(visit: &Visit) -> (Socket, String, Socket, Socket, String) {
    let (mut patient, patient_id, mut doctor) = visit.call().await;
    let (mut relative, welcome) = visit.app.guest(&visit.relative).await;
    relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let relative_id = welcome["participant"].as_str().unwrap().to_owned();
    doctor.request(json!({"type": "admit", "participant": relative_id, "isRecognised": true})).await.unwrap();
    relative.wait_for("place", |m| m["place"]["state"] == "admitted").await;
    relative.request(json!({"type": "enter"})).await.unwrap();
    visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
    for socket in [&mut patient, &mut doctor, &mut relative] {
        socket.send(json!({"type": "surface", "viewport": 0, "width": 320, "height": 240})).await;
    }
    (patient, patient_id, doctor, relative, relative_id)
}

/// The doctor does something to the view; both who look have the exact picture of it. The answer is the patient's.
async fn steer(
    doctor: &mut Socket,
    patient: &mut Socket,
    message: Value,
    fits: impl Fn(&Value) -> bool,
) -> Vec<u8> {
    doctor.send(message).await;
    let state = doctor.wait_for("viewing", |m| fits(&m["shown"])).await;
    let revision = state["shown"]["picture"].as_u64().unwrap();
    doctor.picture(revision).await;
    patient.picture(revision).await.1
}

/// How far a picture of the record and one that was shown are apart, as a mean over their pixels.
fn distance(kept: &[u8], shown: &[u8]) -> f64 {
    let kept = turbojpeg::decompress(kept, turbojpeg::PixelFormat::GRAY).unwrap();
    let shown = image::load_from_memory(shown).unwrap().to_luma8();
    assert_eq!(((kept.width, kept.height), shown.dimensions()), ((320, 240), (320, 240)));
    let rows = kept.pixels.chunks(kept.pitch).flat_map(|row| &row[..kept.width]);
    let apart = rows.zip(shown.pixels()).map(|(kept, shown)| f64::from(kept.abs_diff(shown.0[0])));
    apart.sum::<f64>() / f64::from(320 * 240)
}

async fn picture(browser: &Browser, step: &Value, link: Option<&str>) -> (StatusCode, Vec<u8>) {
    let step = step["step"].as_str().unwrap();
    browser.fetch_with(&format!("/api/steps/{step}/picture?viewport=0"), link).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_visit_showed_is_read_in_order_with_who_saw_it_and_who_was_away() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (mut patient, patient_id, mut doctor, mut relative, relative_id) = everybody(&visit).await;
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        let series = studies[0]["series"][0]["series"].clone();
        doctor.request(share(&series)).await.unwrap();
        let mut shown = Vec::new();
        for socket in [&mut doctor, &mut relative, &mut patient] {
            shown = socket.picture(1).await.1;
        }
        let mut pictures = vec![shown];
        record_when(&visit, "that all three see it", |steps| last_is(steps, "show", 3)).await;
        // The relative's telephone falls asleep.
        drop(relative);
        let is_lost =
            |m: &Value| m["people"].as_array().unwrap().iter().any(|p| p["place"]["state"] == "lost");
        doctor.wait_for("people", is_lost).await;
        let scroll = json!({"type": "scroll", "viewport": 0, "index": 1});
        pictures.push(steer(&mut doctor, &mut patient, scroll, |shown| shown["index"] == 1).await);
        record_when(&visit, "the scroll", |steps| last_is(steps, "scroll", 2)).await;
        let window = json!({"type": "set_window", "viewport": 0, "center": 40.0, "width": 80.5});
        pictures
            .push(steer(&mut doctor, &mut patient, window, |shown| shown["window"]["width"] == 80.5).await);
        record_when(&visit, "the window", |steps| last_is(steps, "window", 2)).await;
        let view = json!({"type": "set_view", "viewport": 0, "zoom": 2.5, "centerX": 0.3, "centerY": 1.0 / 3.0,
            "quarterTurns": 1, "isFlipped": true});
        pictures.push(steer(&mut doctor, &mut patient, view, |shown| shown["zoom"] == 2.5).await);
        record_when(&visit, "the view", |steps| last_is(steps, "view", 2)).await;
        doctor.request(json!({"type": "describe", "text": "à gauche : le foie"})).await.unwrap();
        record_when(&visit, "the line", |steps| last_is(steps, "describe", 2)).await;
        doctor.request(json!({"type": "stop_sharing"})).await.unwrap();
        let steps = record_when(&visit, "the end", |steps| last_is(steps, "stop", 0)).await;

        let causes: Vec<_> = steps.iter().map(|step| step["cause"].as_str().unwrap()).collect();
        assert_eq!(causes, ["show", "scroll", "window", "view", "describe", "stop"]);
        let doctor_id = steps[0]["presenter"].as_str().unwrap();
        assert_ne!(doctor_id, patient_id);
        assert!(
            steps.iter().all(|step| step["isMoving"] == false && step["presenter"] == doctor_id),
            "{steps:#?}"
        );
        assert_eq!(seen(&steps[0]), exactly(&[doctor_id, &patient_id, &relative_id]));
        assert_eq!(steps[0]["missedBy"], json!([]));
        for step in &steps[1..5] {
            assert_eq!(seen(step), exactly(&[doctor_id, &patient_id]), "{step:#}");
            assert_eq!(step["missedBy"], json!([relative_id]), "{step:#}");
            let shown = json!([{"viewport": 0, "series": series, "index": 1, "isPicture": true}]);
            assert_eq!((&step["viewports"], &step["layout"]), (&shown, &json!("one")));
        }
        assert_eq!((&steps[5]["viewports"], &steps[5]["missedBy"]), (&json!([]), &json!([])));
        // Times are those of the steps, and each lasts until the next.
        let at = |step: &Value| chrono::DateTime::parse_from_rfc3339(step["at"].as_str().unwrap()).unwrap();
        for pair in steps.windows(2) {
            let lasted = (at(&pair[1]) - at(&pair[0])).num_milliseconds();
            let told = pair[0]["untilMs"].as_i64().unwrap();
            assert!(lasted > 0 && (told - lasted).abs() <= 1, "{lasted} {told}");
        }
        assert!(steps[5].get("untilMs").is_none());
        assert!(steps.iter().all(|step| seen(step).is_empty() || at(&step["seenBy"][0]) >= at(step)));

        // The picture of a step is what was on the screens, as far as JPEG tells.
        let mut kept = Vec::new();
        for step in &steps[..4] {
            let (status, bytes) = picture(&visit.doctor, step, None).await;
            assert_eq!(status, StatusCode::OK);
            kept.push(bytes);
        }
        for (place, kept) in kept.iter().enumerate() {
            let apart: Vec<_> = pictures.iter().map(|shown| distance(kept, shown)).collect();
            assert!(apart[place] < 2.5, "{place}: {apart:?}");
            assert!(
                apart.iter().enumerate().all(|(other, far)| other == place || *far > apart[place]),
                "{place}: {apart:?}"
            );
        }
        assert_eq!(
            picture(&visit.doctor, &steps[5], None).await.0,
            StatusCode::NOT_FOUND,
            "nothing was shown"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_for_staff_of_the_appointment_and_stays_when_it_is_over() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, _, mut doctor) = visit.call().await;
    visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    for socket in [&mut patient, &mut doctor] {
        socket.send(json!({"type": "surface", "viewport": 0, "width": 64, "height": 64})).await;
    }
    doctor.request(share(&studies[0]["series"][0]["series"])).await.unwrap();
    for socket in [&mut patient, &mut doctor] {
        socket.picture(1).await;
    }
    let steps = record_when(&visit, "the series", |steps| last_is(steps, "show", 2)).await;
    let path = format!("/api/appointments/{}/viewing", visit.appointment);
    let nobody = visit.app.browser();
    for (who, link, expected) in [
        (&nobody, Some(visit.patient.as_str()), StatusCode::NOT_FOUND),
        // Not even the doctor, by the link of a guest.
        (&visit.doctor, Some(visit.patient.as_str()), StatusCode::NOT_FOUND),
        (&nobody, None, StatusCode::UNAUTHORIZED),
        (&visit.app.sign_in("karim").await, None, StatusCode::NOT_FOUND),
        (&visit.secretary, None, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(who.fetch_with(&path, link).await.0, expected);
        assert_eq!(picture(who, &steps[0], link).await.0, expected);
    }
    let unknown = json!({"step": uuid::Uuid::nil().to_string()});
    assert_eq!(picture(&visit.doctor, &unknown, None).await.0, StatusCode::NOT_FOUND);
    let other = format!("/api/steps/{}/picture?viewport=3", steps[0]["step"].as_str().unwrap());
    assert_eq!(visit.doctor.fetch_with(&other, None).await.0, StatusCode::NOT_FOUND);

    // Everybody goes: from then on nobody looks at it.
    doctor.send(json!({"type": "end", "request": 9, "outcome": "completed"})).await;
    patient.wait("ended").await;
    let steps = record_when(&visit, "the end", |steps| last_is(steps, "unwatched", 0)).await;
    assert_eq!(steps.len(), 2, "{steps:#?}");
    assert_eq!(steps[1]["viewports"], json!([]));
    assert_eq!(picture(&visit.doctor, &steps[0], None).await.0, StatusCode::OK, "also when it is over");
}
