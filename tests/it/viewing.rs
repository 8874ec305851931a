//! The shared viewing over sockets: viewports, own views, and what each device is told.

mod lead;
pub(crate) mod round;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use parvis::store::Dialect;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use round::{Device, Round, as_series, share, slices};

#[tokio::test(flavor = "multi_thread")]
async fn four_viewports_come_to_rest_at_one_revision_for_five_people_each_at_their_own_size() {
    let mut round = Round::begin().await;
    let ct = slices(6);
    let other = as_series(1, &ct[..3], |_, _| {});
    let series = round.upload(ct.into_iter().chain(other)).await;
    for (n, device) in (0_u64..).zip(&mut round.devices) {
        for viewport in 0..4 {
            device.surface(viewport, 60 + 16 * n, 80 - 8 * n).await;
        }
    }
    let claire = &mut round.devices[0];
    claire.send(json!({"type": "set_layout", "layout": "four"})).await;
    for (viewport, place) in [(0, 0), (1, 1), (2, 0)] {
        claire.request(share(&series[place], viewport)).await.unwrap();
    }
    claire.send(json!({"type": "scroll", "viewport": 2, "index": 5})).await;
    claire.until("the scroll", |device| device.state["viewports"][2]["index"] == 5).await;
    let state = claire.state.clone();
    assert_eq!((&state["layout"], &state["viewports"][3]), (&json!("four"), &Value::Null), "{state}");
    assert_eq!(state["presenter"], claire.id);
    assert_eq!(state["viewports"][0]["index"], 3, "another viewport of the same series stays: {state}");
    round.rest(&state["revision"]).await;
    for (n, device) in (0_u64..).zip(&round.devices) {
        assert_eq!(device.state["viewports"][0]["picture"], state["viewports"][0]["picture"]);
        for (header, bytes) in device.pictures.values() {
            // Nobody shares a picture, though there are more surfaces than are told apart while the view moves.
            let (width, height) = (60 + 16 * n, 80 - 8 * n);
            assert_eq!((&header["surfaceWidth"], &header["isOwn"]), (&json!(width), &json!(false)));
            assert_eq!((&header["width"], &header["height"]), (&json!(width), &json!(height)));
            assert_eq!(header["part"], json!([0.0, 0.0, width as f64, height as f64]));
            assert!(image::load_from_memory(bytes).unwrap().to_luma8().pixels().any(|pixel| pixel.0[0] > 50));
        }
    }
    // A scroll in one viewport makes no picture of another.
    let before = round.devices[2].pictures[&(false, 1)].0["sequence"].clone();
    round.devices[0].send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
    round.devices[2]
        .until("the scroll", |device| device.state["viewports"][0]["index"] == 1 && device.rests())
        .await;
    assert_eq!(round.devices[2].pictures[&(false, 1)].0["sequence"], before);
    // What has no viewport in a smaller layout is there again in a larger one.
    for layout in ["one", "side_by_side"] {
        round.devices[0].send(json!({"type": "set_layout", "layout": layout})).await;
    }
    let has_two = |device: &Device| device.state["layout"] == "side_by_side" && device.rests();
    round.devices[3].until("two viewports", has_two).await;
    assert_eq!(round.devices[3].state["viewports"][1]["series"], series[1]);
    round.devices[0].send(json!({"type": "scroll", "viewport": 2, "index": 0})).await;
    round.devices[0].until("the refusal", |device| device.count("problem") > 0).await;
    assert_eq!(round.devices[0].heard("problem").unwrap()["code"], "bad_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_viewports_scroll_together() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let ct = slices(8);
    let other = as_series(1, &ct[2..], |_, _| {});
    let series = round.upload(ct.into_iter().chain(other)).await;
    let claire = &mut round.devices[0];
    claire.send(json!({"type": "set_layout", "layout": "stacked"})).await;
    for viewport in [0, 1] {
        claire.request(share(&series[viewport as usize], viewport)).await.unwrap();
    }
    claire.send(json!({"type": "set_linked", "isLinked": true})).await;
    claire.until("the link", |device| device.state["isLinked"] == true).await;
    let places = |state: &Value| [0, 1].map(|n| state["viewports"][n]["index"].as_i64().unwrap());
    let [first, second] = places(&claire.state);
    claire.send(json!({"type": "scroll", "viewport": 0, "index": first + 2})).await;
    claire.until("the scroll", |device| places(&device.state)[0] == first + 2).await;
    assert_eq!(places(&claire.state)[1], second + 2, "{}", claire.state);
    // Not beyond its end.
    claire.send(json!({"type": "scroll", "viewport": 0, "index": 0})).await;
    claire.until("the scroll", |device| places(&device.state)[0] == 0).await;
    let [_, bounded] = places(&claire.state);
    assert!((0..6).contains(&bounded), "{}", claire.state);
    let revision = claire.state["revision"].clone();
    round.devices[2].until("the same", |device| device.state["revision"] == revision).await;
    assert_eq!(places(&round.devices[2].state), [0, bounded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_follow_looks_by_themselves_and_nobody_else_sees_it() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(5)).await;
    for device in &mut round.devices {
        device.surface(0, 64, 64).await;
    }
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let refused = round.devices[0].request(json!({"type": "follow", "isFollowing": false})).await;
    assert_eq!(refused, Err("not_allowed".to_owned()), "whoever presents shows what everybody sees");
    let karim = &mut round.devices[1];
    karim.request(json!({"type": "follow", "isFollowing": false})).await.unwrap();
    karim.send(json!({"type": "scroll", "viewport": 0, "index": 4})).await;
    karim
        .until("the own view", |device| {
            device.own["arrangement"]["viewports"][0]["index"] == 4 && device.rests()
        })
        .await;
    assert_eq!(karim.pictures[&(true, 0)].0["index"], 4);
    let (id, own_name) = (karim.id.clone(), "ownViews");
    let claire = &mut round.devices[0];
    claire.until("who looks alone", |device| device.state[own_name][0] == id).await;
    assert_eq!(claire.state["viewports"][0]["index"], 2, "{}", claire.state);
    // What everybody sees goes on, and is told to who looks elsewhere; pictures of it are not made for them.
    claire.send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
    let karim = &mut round.devices[1];
    karim.until("the scroll", |device| device.state["viewports"][0]["index"] == 1).await;
    assert_eq!(karim.own["arrangement"]["viewports"][0]["index"], 4);
    let shared = karim.pictures.get(&(false, 0)).map(|(header, _)| header["index"].clone());
    assert_ne!(shared, Some(json!(1)), "a picture that nobody looks at");
    karim.request(json!({"type": "follow", "isFollowing": true})).await.unwrap();
    karim.until("everybody's view", |device| device.own["arrangement"].is_null() && device.rests()).await;
    assert_eq!(karim.pictures[&(false, 0)].0["index"], 1);
    let patient = &mut round.devices[2];
    patient.until("nobody alone", |device| device.state[own_name] == json!([])).await;
    assert!(patient.own.is_null());
    let follow = json!({"type": "follow", "isFollowing": false});
    assert_eq!(patient.request(follow).await, Err("not_allowed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_to_read_gets_the_newest_state_and_not_each_in_between() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let patient = &mut round.devices[2];
    patient.until("the series", |device| device.state["viewports"][0].is_object()).await;
    let states = patient.states;
    const STEPS: u32 = 600;
    for step in 1..=STEPS {
        let window = json!({"type": "set_window", "viewport": 0, "center": step, "width": 400.0});
        round.devices[0].send(window).await;
        let point = json!({"type": "point", "viewport": 0, "x": f64::from(step) / 1000.0, "y": 0.5});
        round.devices[0].send(point).await;
    }
    let is_last = |device: &Device| {
        let pointer = device.heard("pointer").map(|pointer| pointer["x"].as_f64().unwrap());
        device.state["viewports"][0]["window"]["center"] == f64::from(STEPS) && pointer == Some(0.6)
    };
    let patient = &mut round.devices[2];
    patient.until("the last of them", is_last).await;
    let told = patient.states - states;
    assert!(told < STEPS as usize / 2, "{told} states");
    assert!(patient.count("pointer") < STEPS as usize / 2, "{} pointers", patient.count("pointer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_broken_is_named_and_the_others_are_shown() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let ct = slices(5);
    let broken = as_series(1, &ct, |place, object| {
        if place == 2 {
            let nonsense = PrimitiveValue::from("NONSENSE");
            object.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, nonsense));
        }
    });
    let series = round.upload(broken).await;
    for device in &mut round.devices {
        device.surface(0, 64, 64).await;
    }
    // It begins in its middle.
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let [claire, _, patient] = &mut round.devices[..] else { panic!("three are there") };
    for device in [&mut *claire, &mut *patient] {
        device.until("the failure", |device| device.count("frame_failed") > 0).await;
        device.until("its place", |device| device.count("frames_failed") > 0).await;
        let failed = device.heard("frame_failed").unwrap();
        assert_eq!((&failed["series"], &failed["index"]), (&series[0], &json!(2)), "{failed}");
        assert_eq!(failed["revision"], device.state["viewports"][0]["picture"]);
        assert_eq!(device.heard("frames_failed").unwrap()["places"], json!([2]));
    }
    assert_ne!(claire.heard("frame_failed").unwrap()["detail"], "");
    assert_eq!(patient.heard("frame_failed").unwrap()["detail"], "", "in words of machines");
    for index in [1, 3] {
        claire.send(json!({"type": "scroll", "viewport": 0, "index": index})).await;
        let is_there = |device: &Device| device.state["viewports"][0]["index"] == index && device.rests();
        patient.until("a picture beside it", is_there).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_does_what_is_the_presenters_is_refused_and_changes_nothing() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let claire = round.devices[0].id.clone();
    let patient = &mut round.devices[2];
    patient.until("the series", |device| device.state["viewports"][0].is_object()).await;
    let before = patient.state.clone();
    for message in [
        share(&series[0], 0),
        json!({"type": "stop_sharing"}),
        json!({"type": "clear_viewport", "viewport": 0}),
        json!({"type": "present"}),
        json!({"type": "ask_to_present", "isAsking": true}),
        json!({"type": "give_presenting", "participant": claire}),
        json!({"type": "decline_asking", "participant": claire}),
        json!({"type": "follow", "isFollowing": false}),
        json!({"type": "describe", "text": "moi aussi"}),
    ] {
        assert_eq!(patient.request(message.clone()).await, Err("not_allowed".to_owned()), "{message}");
    }
    let silent = [
        json!({"type": "set_layout", "layout": "four"}),
        json!({"type": "set_active", "viewport": 0}),
        json!({"type": "set_linked", "isLinked": true}),
        json!({"type": "scroll", "viewport": 0, "index": 2}),
        json!({"type": "set_window", "viewport": 0, "center": 1.0, "width": 1.0}),
        json!({"type": "reset_window", "viewport": 0}),
        json!({"type": "set_alternative", "viewport": 0, "alternative": 0}),
        json!({"type": "set_layers", "viewport": 0, "isOverlaid": false, "isShuttered": false}),
        json!({"type": "set_state", "viewport": 0}),
        json!({"type": "set_inverted", "viewport": 0, "isInverted": true}),
        json!({"type": "set_view", "viewport": 0, "zoom": 2.0, "centerX": 0.5, "centerY": 0.5, "quarterTurns": 0,
               "isFlipped": false}),
        json!({"type": "reset_view", "viewport": 0}),
        json!({"type": "set_named", "isNamed": true}),
        json!({"type": "set_guest_tools", "mayMark": true, "mayMeasure": true}),
    ];
    for message in &silent {
        patient.send(message.clone()).await;
    }
    patient.until("the refusals", |device| device.count("problem") == silent.len()).await;
    assert!(patient.heard.iter().filter(|m| m["type"] == "problem").all(|m| m["code"] == "not_allowed"));
    // Nothing of it has changed anything: the next state is the next revision.
    round.devices[0].send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    let patient = &mut round.devices[2];
    patient.until("the scroll", |device| device.state["viewports"][0]["index"] == 2).await;
    let revision = before["revision"].as_u64().unwrap() + 1;
    assert_eq!(patient.state["revision"], revision, "{}", patient.state);
    assert_eq!((&patient.state["layout"], &patient.state["isNamed"]), (&json!("one"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_late_sees_what_everybody_sees() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let ct = slices(5);
    let other = as_series(1, &ct[..2], |_, _| {});
    let series = round.upload(ct.into_iter().chain(other)).await;
    let claire = &mut round.devices[0];
    claire.send(json!({"type": "set_layout", "layout": "four"})).await;
    for viewport in 0..4 {
        claire.request(share(&series[viewport as usize % 2], viewport)).await.unwrap();
    }
    claire.request(json!({"type": "describe", "text": "à droite : le foie"})).await.unwrap();
    claire.request(json!({"type": "telephone", "isOver": false, "reason": "no_sound"})).await.unwrap();
    claire.send(json!({"type": "point", "viewport": 1, "x": 0.25, "y": 0.5})).await;
    claire.until("all of it", |device| device.state["description"].is_object()).await;
    let state = claire.state.clone();
    round.join(1).await;
    let late = round.devices.last_mut().unwrap();
    for viewport in 0..4 {
        late.surface(viewport, 48, 48).await;
    }
    late.until("everything", |device| device.rests() && device.count("pointer") > 0).await;
    for what in ["layout", "presenter", "description"] {
        assert_eq!(late.state[what], state[what], "{what}");
    }
    for viewport in 0..4 {
        let of = |state: &Value| {
            let shown = &state["viewports"][viewport];
            (shown["series"].clone(), shown["index"].clone(), shown["picture"].clone())
        };
        assert_eq!(of(&late.state), of(&state), "{viewport}");
    }
    assert_eq!((late.pictures.len(), &late.heard("pointer").unwrap()["viewport"]), (4, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_patients_name_is_for_staff_until_the_presenter_says_so() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    let claire = &mut round.devices[0];
    claire.request(share(&series[0], 0)).await.unwrap();
    claire.until("the series", |device| device.state["viewports"][0].is_object()).await;
    let name = claire.state["viewports"][0]["patient"].as_str().unwrap().to_owned();
    assert!(name.contains("LEFEVRE"), "{name}");
    let patient = &mut round.devices[2];
    patient.until("the series", |device| device.state["viewports"][0].is_object()).await;
    assert!(patient.state["viewports"][0]["patient"].is_null());
    round.devices[0].send(json!({"type": "set_named", "isNamed": true})).await;
    let patient = &mut round.devices[2];
    patient.until("the name", |device| device.state["viewports"][0]["patient"] == name).await;
    let claire = &mut round.devices[0];
    for (text, code) in [("a\u{7}b".to_owned(), "bad_request"), ("x".repeat(201), "too_large")] {
        let refused = claire.request(json!({"type": "describe", "text": text})).await;
        assert_eq!(refused, Err(code.to_owned()));
    }
    claire.request(json!({"type": "describe", "text": "le foie"})).await.unwrap();
    let (id, told) = (claire.id.clone(), json!("le foie"));
    let patient = &mut round.devices[2];
    patient.until("the line", |device| device.state["description"]["text"] == told).await;
    assert_eq!(patient.state["description"]["participant"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_magnifier_is_for_one_device_alone() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    for device in &mut round.devices {
        device.surface(0, 96, 96).await;
    }
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let patient = &mut round.devices[2];
    patient.until("rest", |device| device.state["viewports"][0].is_object() && device.rests()).await;
    let revision = patient.state["revision"].clone();
    let magnify = |x: f64| json!({"type": "magnify", "viewport": 0, "x": x, "y": 0.5, "factor": 4.0, "width": 40, "height": 30});
    patient.send(magnify(0.5)).await;
    // A machine that is busy makes the line look slow: then something small comes first.
    let is_whole =
        |device: &Device| device.pictures.get(&(false, 9)).is_some_and(|(header, _)| header["width"] == 40);
    patient.until("a magnified picture", is_whole).await;
    let (header, first) = patient.pictures[&(false, 9)].clone();
    assert_eq!((&header["width"], &header["height"]), (&json!(40), &json!(30)), "{header}");
    assert_eq!(header["revision"], patient.state["viewports"][0]["picture"]);
    patient.send(magnify(0.3)).await;
    patient.until("another place", |device| device.pictures[&(false, 9)].1 != first).await;
    assert_eq!(patient.state["revision"], revision, "it changes nothing that is shared");
    patient.send(json!({"type": "stop_magnifying"})).await;
    patient.pictures.clear();
    round.devices[0].send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    let patient = &mut round.devices[2];
    patient.until("the scroll", |device| device.state["viewports"][0]["index"] == 2 && device.rests()).await;
    assert!(!patient.pictures.contains_key(&(false, 9)));
    assert!(!round.devices[1].pictures.contains_key(&(false, 9)));
}
