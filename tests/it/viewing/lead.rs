//! Who leads, whatever becomes of their devices, and what is taken back.

use std::time::Duration;

use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::json;

use super::round::{Device, Round, share, slices};
use crate::support::app::TestApp;
use crate::visit::zip_of;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_the_lead_at_once_one_has_it_and_all_see_the_same() {
    let mut round = Round::begin().await;
    for (number, device) in round.devices.iter_mut().take(2).enumerate() {
        device.send(json!({"type": "present", "request": 500 + number})).await;
    }
    let mut leads = Vec::new();
    for (number, device) in round.devices.iter_mut().take(2).enumerate() {
        let answer = device.answer(&json!(500 + number)).await;
        let refused = answer.as_ref().err().map(String::as_str);
        assert!(matches!(refused, None | Some("not_presenter")), "{refused:?}");
        leads.extend(answer.is_ok().then(|| device.id.clone()));
    }
    // The state may come a little after the answers.
    let mut revisions: Vec<Option<u64>> = Vec::new();
    while revisions.is_empty()
        || revisions.iter().any(|revision| revision.is_none() || *revision != revisions[0])
    {
        revisions.clear();
        for device in &mut round.devices {
            let before = device.count("pong");
            device.send(json!({"type": "ping"})).await;
            device.until("pong", |device| device.count("pong") > before).await;
            revisions.push(device.state["revision"].as_u64());
        }
    }
    let presenter = |device: &Device| device.state["presenter"].as_str().unwrap().to_owned();
    let mut presenters: Vec<_> = round.devices.iter().map(presenter).collect();
    presenters.dedup();
    let [presenter] = &presenters[..] else { panic!("{presenters:?}") };
    assert!(leads.contains(presenter), "{presenter} {leads:?}");
    // Guests never do, and ask for nothing.
    for message in [json!({"type": "present"}), json!({"type": "ask_to_present", "isAsking": true})] {
        assert_eq!(round.devices[2].request(message).await, Err("not_allowed".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_lost_for_long_goes_to_the_host_who_is_there() {
    let app = TestApp::start_with(Dialect::Sqlite, |settings| {
        settings.presenter_lost_for = Duration::from_millis(300);
    });
    let mut round = Round::begin_in(app.await, 1).await;
    let series = round.upload(slices(3)).await;
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let claire = round.devices.remove(0);
    let [karim, patient] = &mut round.devices[..] else { panic!("two are left") };
    patient.until("who presents", |device| device.state["presenter"] == claire.id).await;
    drop(claire);
    patient.until("the loss", |device| device.state["isPresenterLost"] == true).await;
    assert!(patient.state["viewports"][0].is_object(), "the picture stays");
    let led = karim.id.clone();
    for device in [patient, karim] {
        device.until("the host", |device| device.state["presenter"] == led).await;
        assert_eq!(device.state["isPresenterLost"], false);
    }
    round.devices[0].send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    round.devices[1].until("the scroll", |device| device.state["viewports"][0]["index"] == 2).await;
}

/// Whoever went on on a tablet had left the call for the viewing: the lead went to somebody else, and an own view was gone.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_over_to_another_device_keeps_the_lead() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    round.devices[1].request(json!({"type": "follow", "isFollowing": false})).await.unwrap();
    let (claire, karim) = (round.devices[0].id.clone(), round.devices[1].id.clone());
    round.devices[2].until("the own view", |device| device.state["ownViews"][0] == karim).await;
    for (place, person) in [(0, "claire"), (1, "karim")] {
        let browser = round.app.sign_in(person).await;
        let (mut socket, welcome) = browser.attend(&round.appointment).await;
        if place == 0 {
            let patient = &mut round.devices[2];
            patient.until("the change", |device| device.state["isPresenterLost"] == true).await;
            assert_eq!(patient.state["presenter"], claire);
        }
        socket.request(json!({"type": "enter"})).await.unwrap();
        round.devices[place] = Device::new(socket, &welcome);
    }
    round.devices[0].send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    round.devices[2].until("the scroll", |device| device.state["viewports"][0]["index"] == 2).await;
    let state = &round.devices[2].state;
    assert_eq!((&state["presenter"], &state["isPresenterLost"]), (&json!(claire), &json!(false)));
    round.devices[1].send(json!({"type": "scroll", "viewport": 0, "index": 0})).await;
    round.devices[1]
        .until("the own view", |device| device.own["arrangement"]["viewports"][0]["index"] == 0)
        .await;
    assert_eq!(round.devices[2].state["ownViews"], json!([karim]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_come_in_on_the_other_device_has_left() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let (mut socket, _) = round.browser.attend(&round.appointment).await;
    let patient = &mut round.devices[2];
    patient.until("the change", |device| device.state["isPresenterLost"] == true).await;
    socket.send(json!({"type": "leave", "request": 1})).await;
    let karim = round.devices[1].id.clone();
    round.devices[2].until("the other host", |device| device.state["presenter"] == karim).await;
    assert_eq!(round.devices[2].state["hosts"].as_array().unwrap().len(), 2);
    assert_eq!(round.devices[2].state["host"], karim, "who has left is no host in the call");
}

/// Nothing withdrew a series on show: whoever saw it went on seeing it.
#[tokio::test(flavor = "multi_thread")]
async fn a_study_that_is_taken_back_goes_off_every_screen_with_a_word_for_everybody() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    for device in &mut round.devices {
        device.surface(0, 64, 64).await;
    }
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    round.devices[1].request(json!({"type": "follow", "isFollowing": false})).await.unwrap();
    let is_seen = |device: &Device| !device.pictures.is_empty() && device.rests();
    for device in &mut round.devices {
        device.until("the series", is_seen).await;
    }
    let list = format!("/api/appointments/{}/studies", round.appointment);
    let (_, studies) = round.browser.get(&list).await;
    let study = format!("/api/studies/{}", studies[0]["study"].as_str().unwrap());
    let (secretary, stranger) = (round.app.sign_in("camille").await, round.app.sign_in("sofia").await);
    for nobody in [&secretary, &stranger] {
        assert_eq!(nobody.delete(&study).await, StatusCode::NOT_FOUND);
    }
    assert_eq!(round.browser.delete(&study).await, StatusCode::NO_CONTENT);
    for device in &mut round.devices {
        let is_gone = |device: &Device| {
            let is_own = device.own["arrangement"].is_object();
            let seen = if is_own { &device.own["arrangement"] } else { &device.state };
            device.count("series_withdrawn") == 1
                && device.state["viewports"][0].is_null()
                && seen["viewports"][0].is_null()
        };
        device.until("the end of it", is_gone).await;
        assert_eq!(device.heard("series_withdrawn").unwrap()["series"], json!([series[0]]));
    }
    assert_eq!(round.browser.get(&list).await.1, json!([]));
    let thumbnail = format!("/api/series/{}/thumbnail", series[0].as_str().unwrap());
    assert_eq!(round.browser.get(&thumbnail).await.0, StatusCode::NOT_FOUND);
    assert_eq!(round.browser.delete(&study).await, StatusCode::NOT_FOUND);
    let refused = round.devices[0].request(share(&series[0], 0)).await;
    assert_eq!(refused, Err("unknown_series".to_owned()));
    // Brought again, it is there again.
    let files = slices(3).into_iter().enumerate().map(|(i, bytes)| (format!("IM{i:04}"), bytes));
    let (status, _) = round.browser.upload(&round.appointment, "study.zip", zip_of(files)).await;
    assert_eq!(status, StatusCode::OK);
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let is_back = |device: &Device| device.state["viewports"][0]["series"] == series[0];
    round.devices[2].until("the series", is_back).await;
}
