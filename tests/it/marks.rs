//! Marks over sockets: what everybody sees of them, who may draw, what is kept, and the presentation states that they are written in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dicom_dictionary_std::tags;
use parvis::clinical::AppointmentId;
use parvis::imaging::{FrameNumber, MeasureShape, decode_frame, measure};
use parvis::store::Dialect;
use serde_json::{Value, json};

use crate::support::app::{Browser, TestApp};
use crate::viewing::round::{Device, Round, as_series, share, slices};
use crate::visit::BOTH;

const LIMIT: Duration = Duration::from_secs(20);

fn add(index: u64, shape: &str, points: Value, text: &str) -> Value {
    let mark = json!({"shape": shape, "points": points, "text": text});
    json!({"type": "add_mark", "viewport": 0, "index": index, "mark": mark})
}

fn length(index: u64) -> Value {
    add(index, "length", json!([[0.25, 0.5], [0.375, 0.5]]), "")
}

/// The marks that a device knows, by identifier.
fn known(device: &Device) -> BTreeMap<String, Value> {
    let mut marks = BTreeMap::new();
    let id = |mark: &Value| mark["mark"].as_str().unwrap().to_owned();
    for message in &device.heard {
        match message["type"].as_str().unwrap() {
            "marks" => {
                let all = message["marks"].as_array().unwrap().iter();
                marks = all.map(|mark| (id(mark), mark.clone())).collect();
            }
            "mark" => {
                marks.insert(id(&message["mark"]), message["mark"].clone());
            }
            "mark_gone" => {
                marks.remove(&id(message));
            }
            _ => {}
        }
    }
    marks
}

/// The one mark that fits, once there is one and what it measures is known.
async fn marked(device: &mut Device, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let find = |device: &Device| known(device).into_values().find(|mark| fits(mark));
    device.until(what, |device| find(device).is_some()).await;
    find(device).unwrap()
}

async fn until_count(device: &mut Device, count: usize) {
    device.until(&format!("{count} marks"), |device| known(device).len() == count).await;
}

fn is(shape: &str) -> impl Fn(&Value) -> bool {
    move |mark| mark["shape"] == shape && mark["measured"].is_object()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_one_mark_with_one_number() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let ct = slices(3);
    let bare = as_series(1, &ct[..1], |_, object| {
        object.remove_element(tags::PIXEL_SPACING);
    });
    let series = round.upload(ct.iter().cloned().chain(bare)).await;
    let claire = &mut round.devices[0];
    claire.request(share(&series[0], 0)).await.unwrap();
    let middle = json!([0.5, 0.5]);
    for message in [
        length(0),
        add(1, "probe", json!([middle]), "le cœur"),
        add(1, "ellipse", json!([[0.25, 0.25], [0.5, 0.375]]), ""),
        add(1, "circle", json!([middle, [0.625, 0.5]]), ""),
        add(1, "number", json!([middle]), ""),
        // An end outside of the frame.
        add(1, "angle", json!([[0.25, 0.25], [0.25, 0.5], [1.25, 0.5]]), ""),
    ] {
        claire.request(message).await.unwrap();
    }
    let told = marked(claire, "the length", is("length")).await;
    let quantity = &told["measured"]["length"];
    assert_eq!((&quantity["unit"], &quantity["source"]), (&json!("mm"), &json!("patient")), "{told}");
    assert!((quantity["value"].as_f64().unwrap() - 44.8).abs() < 1e-9, "64 pixels of 0.7 mm: {told}");
    assert_eq!((&told["participant"], &told["points"]), (&json!(claire.id), &length(0)["mark"]["points"]));
    assert_eq!(told["index"], 0, "where it lies in its stack: {told}");
    let ellipse = marked(claire, "the ellipse", is("ellipse")).await["measured"]["region"].clone();
    assert_eq!((&ellipse["unit"], &ellipse["area"]["unit"]), (&json!("hu"), &json!("mm")), "{ellipse}");
    let angle = marked(claire, "the angle", is("angle")).await;
    assert_eq!(angle["measured"], json!({"refused": "outside_frame"}));
    let number = marked(claire, "the number", |mark| mark["shape"] == "number").await;
    assert_eq!((&number["number"], number.get("measured")), (&json!(1), None));

    // The value of that very pixel.
    let probe = marked(claire, "the probe", is("probe")).await;
    let stored =
        round.app.app.store.instances_of(series[0].as_str().unwrap().parse().unwrap()).await.unwrap();
    let of_it = stored.iter().find(|(id, _)| probe["instance"] == id.to_string()).unwrap();
    let uid = |bytes: &Vec<u8>| {
        let object = dicom_object::from_reader(&bytes[..]).unwrap();
        object.element(tags::SOP_INSTANCE_UID).unwrap().to_str().unwrap().into_owned()
    };
    let bytes = ct.iter().find(|bytes| uid(bytes) == of_it.1.uid).unwrap();
    let frame = decode_frame(bytes, FrameNumber::FIRST).unwrap();
    let expected = measure(&frame, &MeasureShape::Probe((0.5, 0.5))).probe.unwrap().values;
    assert_eq!(probe["measured"]["value"], json!({"values": expected, "unit": "hu"}));

    // All have the same, and who comes later too.
    let all = known(&round.devices[0]);
    assert_eq!(all.len(), 6);
    round.join(1).await;
    for device in &mut round.devices {
        device.until("the same marks", |device| known(device) == all).await;
    }

    // Nothing is known of lengths here; guests have the marks of what is on show.
    round.devices[0].request(share(&series[1], 0)).await.unwrap();
    round.devices[0].request(length(0)).await.unwrap();
    let is_bare = |mark: &Value| mark["series"] == series[1] && mark["measured"].is_object();
    for device in &mut round.devices {
        let told = marked(device, "the length without a scale", is_bare).await;
        assert_eq!(told["measured"], json!({"length": {"value": 64.0, "unit": "px"}}));
    }
    until_count(&mut round.devices[2], 1).await;
    assert_eq!(known(&round.devices[1]).len(), 7, "staff have all");
    let heard = |device: &Device| device.heard.iter().map(Value::to_string).collect::<String>();

    // What a doctor draws on an own view is for staff.
    round.devices[1].request(json!({"type": "follow", "isFollowing": false})).await.unwrap();
    round.devices[1].request(share(&series[0], 0)).await.unwrap();
    round.devices[1].request(add(0, "text", json!([middle]), "entre nous")).await.unwrap();
    marked(&mut round.devices[0], "the words", |mark| mark["text"] == "entre nous").await;
    round.devices[0].request(add(0, "text", json!([middle]), "pour tous")).await.unwrap();
    marked(&mut round.devices[2], "the words for all", |mark| mark["text"] == "pour tous").await;
    assert!(!heard(&round.devices[2]).contains("entre nous"));
    round.devices[0].send(json!({"type": "show_marks", "isShown": false})).await;
    round.devices[2].until("no marks", |device| device.state["hasMarks"] == false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_are_their_authors_and_hosts_take_any_away() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    let tools = json!({"type": "set_guest_tools", "mayMark": true, "mayMeasure": true});
    round.devices[0].send(tools).await;
    for by in [0, 2] {
        round.devices[by].until("leave to draw", |device| device.state["guests"]["mayMark"] == true).await;
        round.devices[by].request(add(0, "arrow", json!([[0.1, 0.1], [0.2, 0.2]]), "")).await.unwrap();
    }
    until_count(&mut round.devices[1], 2).await;
    let of = |device: &Device, by: usize, round: &Round| {
        let found = known(device).into_values().find(|mark| mark["participant"] == round.devices[by].id);
        found.unwrap()["mark"].clone()
    };
    let doctors = of(&round.devices[1], 0, &round);
    let patients = of(&round.devices[1], 2, &round);
    let delete = |mark: &Value| json!({"type": "delete_mark", "mark": mark});
    let change = |mark: &Value, x: f64| json!({"type": "change_mark", "mark": mark, "points": [[x, 0.1], [0.2, 0.2]], "text": ""});
    let not_allowed = || Err("not_allowed".to_owned());
    assert_eq!(round.devices[2].request(delete(&doctors)).await, not_allowed());
    assert_eq!(round.devices[2].request(change(&doctors, 0.3)).await, not_allowed());
    assert_eq!(round.devices[0].request(change(&patients, 0.3)).await, not_allowed());
    for x in [0.3, 0.4] {
        round.devices[2].request(change(&patients, x)).await.unwrap();
    }
    let at = |x: f64| move |mark: &Value| mark["points"][0][0] == x;
    marked(&mut round.devices[1], "the change", at(0.4)).await;

    // Each takes back what they did themself.
    round.devices[0].request(json!({"type": "undo_mark"})).await.unwrap();
    until_count(&mut round.devices[1], 1).await;
    round.devices[2].request(json!({"type": "undo_mark"})).await.unwrap();
    marked(&mut round.devices[1], "the way back", at(0.3)).await;
    round.devices[2].request(json!({"type": "redo_mark"})).await.unwrap();
    marked(&mut round.devices[1], "the way on", at(0.4)).await;
    let nothing_more = round.devices[1].request(json!({"type": "undo_mark"})).await;
    assert_eq!(nothing_more, Err("out_of_order".to_owned()), "they did nothing");
    round.devices[0].request(json!({"type": "redo_mark"})).await.unwrap();
    until_count(&mut round.devices[1], 2).await;

    // Any host, and the author.
    round.devices[1].request(delete(&patients)).await.unwrap();
    until_count(&mut round.devices[2], 1).await;
    assert_eq!(round.devices[2].request(delete(&patients)).await, Err("not_found".to_owned()));
    round.devices[0].request(delete(&doctors)).await.unwrap();
    until_count(&mut round.devices[2], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_draws_only_what_whoever_presents_lets_them() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 1).await;
    let series = round.upload(slices(3)).await;
    let arrow = || add(0, "arrow", json!([[0.1, 0.1], [0.2, 0.2]]), "");
    assert_eq!(round.devices[2].request(arrow()).await, Err("nothing_shared".to_owned()));
    round.devices[0].request(share(&series[0], 0)).await.unwrap();
    round.devices[2].until("the series", |device| device.state["viewports"][0].is_object()).await;
    assert_eq!(round.devices[2].state["guests"], json!({"mayMark": false, "mayMeasure": false}));
    let tools = |mark: bool, measure: bool| json!({"type": "set_guest_tools", "mayMark": mark, "mayMeasure": measure});
    round.devices[2].send(tools(true, true)).await;
    round.devices[2].until("the refusal", |device| device.count("problem") > 0).await;
    let not_allowed = || Err("not_allowed".to_owned());
    for message in [arrow(), length(0), json!({"type": "undo_mark"}), json!({"type": "save_marks"})] {
        assert_eq!(round.devices[2].request(message.clone()).await, not_allowed(), "{message}");
    }
    round.devices[0].send(tools(true, false)).await;
    round.devices[2].until("leave to draw", |device| device.state["guests"]["mayMark"] == true).await;
    round.devices[2].request(arrow()).await.unwrap();
    assert_eq!(round.devices[2].request(length(0)).await, not_allowed());
    round.devices[0].send(tools(false, true)).await;
    round.devices[2].until("leave to measure", |device| device.state["guests"]["mayMeasure"] == true).await;
    round.devices[2].request(length(0)).await.unwrap();
    assert_eq!(round.devices[2].request(arrow()).await, not_allowed());
    until_count(&mut round.devices[1], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_drawn_is_refused_and_there_is_a_limit() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 0).await;
    let series = round.upload(slices(3)).await;
    let claire = &mut round.devices[0];
    claire.request(share(&series[0], 0)).await.unwrap();
    let line = |points: usize| add(0, "freehand", json!(vec![[0.5, 0.5]; points]), "");
    let other = json!({"shape": "arrow", "points": [[0.1, 0.1], [0.2, 0.2]], "text": ""});
    for (message, code) in [
        (length(3), "bad_request"),
        (json!({"type": "add_mark", "viewport": 1, "index": 0, "mark": other}), "nothing_shared"),
        (add(0, "length", json!([[0.1, 0.1]]), ""), "bad_request"),
        (add(0, "length", json!([[0.1, 0.1], [9.0, 0.1]]), ""), "bad_request"),
        (line(1), "bad_request"),
        (line(513), "bad_request"),
        (add(0, "text", json!([[0.1, 0.1]]), ""), "bad_request"),
        (add(0, "text", json!([[0.1, 0.1]]), "a\u{7}b"), "bad_request"),
        (add(0, "text", json!([[0.1, 0.1]]), "a\nb"), "bad_request"),
        (add(0, "text", json!([[0.1, 0.1]]), "a\u{202e}b"), "bad_request"),
        (add(0, "text", json!([[0.1, 0.1]]), &"é".repeat(201)), "too_large"),
        (json!({"type": "delete_mark", "mark": "nobody"}), "not_found"),
        (json!({"type": "delete_mark", "mark": series[0]}), "not_found"),
    ] {
        assert_eq!(claire.request(message.clone()).await, Err(code.to_owned()), "{message}");
    }
    claire.request(line(512)).await.unwrap();
    for _ in 1..200 {
        claire.request(add(0, "arrow", json!([[0.1, 0.1], [0.2, 0.2]]), "")).await.unwrap();
    }
    assert_eq!(claire.request(line(2)).await, Err("too_many".to_owned()));
    until_count(&mut round.devices[1], 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_are_there_after_a_restart() {
    for dialect in BOTH {
        let app = TestApp::start_kept(dialect);
        let mut round = Round::begin_in(app.await, 0).await;
        let series = round.upload(slices(3)).await;
        let claire = &mut round.devices[0];
        claire.request(share(&series[0], 0)).await.unwrap();
        for message in [length(1), length(2), add(0, "number", json!([[0.5, 0.5]]), "ici")] {
            claire.request(message).await.unwrap();
        }
        claire
            .until("all numbers", |device| {
                known(device).values().filter(|mark| is("length")(mark)).count() == 2
            })
            .await;
        let gone = known(claire).into_values().find(is("length")).unwrap()["mark"].clone();
        claire.request(json!({"type": "delete_mark", "mark": gone})).await.unwrap();
        until_count(claire, 2).await;
        let before = known(claire);
        let after = round.app.started_again(dialect).await;
        let doctor = Browser { cookie: round.browser.cookie.clone(), ..after.browser() };
        let (socket, welcome) = doctor.attend(&round.appointment).await;
        let mut claire = Device::new(socket, &welcome);
        claire.request(json!({"type": "enter"})).await.unwrap();
        claire.until("the marks", |device| known(device) == before).await;
        // The next number is another one, and the author changes what is theirs.
        claire.request(json!({"type": "present"})).await.unwrap();
        claire.until("the series", |device| device.state["viewports"][0].is_object()).await;
        claire.request(add(0, "number", json!([[0.25, 0.5]]), "là")).await.unwrap();
        let second = marked(&mut claire, "the second", |mark| mark["text"] == "là").await;
        assert_eq!(second["number"], 2);
        let kept = before.into_values().find(is("length")).unwrap()["mark"].clone();
        claire
            .request(
                json!({"type": "change_mark", "mark": kept, "points": [[0.25, 0.5], [0.5, 0.5]], "text": ""}),
            )
            .await
            .unwrap();
        let is_longer =
            |mark: &Value| mark["measured"]["length"]["value"].as_f64().is_some_and(|mm| mm > 89.0);
        marked(&mut claire, "the longer one", is_longer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_on_a_photograph_are_kept_and_in_no_presentation_state() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 0).await;
    let mut photo = std::io::Cursor::new(Vec::new());
    let red = image::RgbImage::from_pixel(40, 20, image::Rgb([200, 30, 10]));
    red.write_to(&mut photo, image::ImageFormat::Png).unwrap();
    let (_, receipt) = round.browser.upload(&round.appointment, "photo.png", photo.into_inner()).await;
    assert_eq!(receipt["received"], 1, "{receipt}");
    round.upload(slices(1)).await;
    let path = format!("/api/appointments/{}/studies", round.appointment);
    let (_, studies) = round.browser.get(&path).await;
    let all = || studies.as_array().unwrap().iter().flat_map(|study| study["series"].as_array().unwrap());
    let of = |is_ct: bool| all().find(|one| (one["modality"] == "CT") == is_ct).unwrap()["series"].clone();
    let (ct, photo) = (of(true), of(false));
    let claire = &mut round.devices[0];
    claire.request(share(&photo, 0)).await.unwrap();
    claire.request(add(0, "probe", json!([[0.5, 0.5]]), "")).await.unwrap();
    claire.request(add(0, "ellipse", json!([[0.25, 0.25], [0.5, 0.75]]), "")).await.unwrap();
    let probe = marked(claire, "the colour", is("probe")).await;
    assert_eq!(probe["measured"], json!({"value": {"values": [200.0, 30.0, 10.0], "unit": "stored"}}));
    let ellipse = marked(claire, "the ellipse", is("ellipse")).await["measured"].clone();
    assert_eq!(
        (&ellipse["refused"], &ellipse["area"]["unit"]),
        (&json!("colour"), &json!("px")),
        "{ellipse}"
    );
    claire.request(share(&ct, 0)).await.unwrap();
    claire.request(length(0)).await.unwrap();
    // What can be written is.
    assert_eq!(claire.request(json!({"type": "save_marks"})).await, Err("cannot_show".to_owned()));
    let id: AppointmentId = round.appointment.parse().unwrap();
    let store = &round.app.app.store;
    let written = async {
        loop {
            let kept = store.marks_of(id).await.unwrap();
            let is_saved: Vec<_> = kept.iter().map(|(stored, _)| stored.saved_as.is_some()).collect();
            if is_saved == [false, false, true] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, written).await.expect("the one on the slice is written");
    assert_eq!(states(&round).await.len(), 1);

    // What is taken back takes with it what was drawn on it, on show or not.
    let studies = studies.as_array().unwrap().iter();
    let study = studies.into_iter().find(|study| study["series"][0]["series"] == photo).unwrap();
    let path = format!("/api/studies/{}", study["study"].as_str().unwrap());
    assert!(round.browser.delete(&path).await.is_success());
    until_count(&mut round.devices[0], 1).await;
    assert_eq!(round.app.app.store.marks_of(id).await.unwrap().len(), 1);
}

/// The presentation states of an appointment.
async fn states(round: &Round) -> Vec<Value> {
    let path = format!("/api/appointments/{}/studies", round.appointment);
    let (_, studies) = round.browser.get(&path).await;
    let series = studies.as_array().unwrap().iter().flat_map(|study| study["series"].as_array().unwrap());
    series.filter(|series| series["modality"] == "PR").map(|series| series["series"].clone()).collect()
}

/// Every object in the archive, with its bytes.
fn objects(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let shelves = std::fs::read_dir(folder.join("archive/objects")).unwrap();
    let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_on_three_frames_are_written_as_a_presentation_state_that_draws_them() {
    let mut round = Round::begin_in(TestApp::start(Dialect::Sqlite).await, 0).await;
    let series = round.upload(slices(4)).await;
    let before = objects(round.app.folder.path());
    let claire = &mut round.devices[0];
    claire.request(json!({"type": "save_marks"})).await.unwrap();
    claire.request(share(&series[0], 0)).await.unwrap();
    for message in [
        length(0),
        add(1, "circle", json!([[0.5, 0.5], [0.625, 0.5]]), "nodule"),
        add(3, "number", json!([[0.25, 0.75]]), ""),
    ] {
        claire.request(message).await.unwrap();
    }
    marked(claire, "the length", is("length")).await;
    let told = claire.count("studies_changed");
    claire.request(json!({"type": "save_marks"})).await.unwrap();
    claire.until("the news", |device| device.count("studies_changed") > told).await;
    let written = states(&round).await;
    assert_eq!(written.len(), 1, "one for the series");
    for (path, bytes) in &before {
        assert!(std::fs::read(path).unwrap() == *bytes, "a source is another");
    }
    let id: AppointmentId = round.appointment.parse().unwrap();
    let kept = round.app.app.store.marks_of(id).await.unwrap();
    let referring = round.app.app.store.referring_of(id).await.unwrap();
    assert_eq!(referring.len(), 1);
    assert!(kept.iter().all(|(stored, _)| stored.saved_as == Some(referring[0].0)), "{kept:?}");

    // What is written is not written again.
    let claire = &mut round.devices[0];
    claire.request(json!({"type": "save_marks"})).await.unwrap();
    assert_eq!(states(&round).await, written);

    // It opens, and draws what was drawn.
    let claire = &mut round.devices[0];
    claire.surface(0, 200, 200).await;
    claire.request(share(&written[0], 0)).await.unwrap();
    let draws = |device: &Device, shape: &str| {
        let shown = &device.state["shown"];
        shown["graphics"].as_array().is_some_and(|drawn| drawn.iter().any(|one| one["shape"] == shape))
    };
    claire.until("the line", |device| draws(device, "polyline")).await;
    let shown = claire.state["shown"].clone();
    assert_eq!(
        (&shown["count"], &shown["graphics"][0]["points"]),
        (&json!(3), &json!([[0.25, 0.5], [0.375, 0.5]]))
    );
    assert_eq!(shown["graphics"][1]["text"], "44.8 mm (in the patient)");
    claire.send(json!({"type": "scroll", "viewport": 0, "index": 1})).await;
    claire.until("the circle", |device| draws(device, "circle")).await;
    let shown = claire.state["shown"].clone();
    assert_eq!(shown["graphics"][0]["points"], json!([[0.5, 0.5], [0.625, 0.5]]));
    assert_eq!(shown["graphics"][1]["text"], "nodule");
    claire.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    claire.until("the number", |device| draws(device, "points")).await;
    assert_eq!(claire.state["shown"]["graphics"][1]["text"], "1");

    // Shared again, the images offer it.
    claire.request(share(&series[0], 0)).await.unwrap();
    claire
        .until("the offer", |device| {
            device.state["shown"]["states"]
                .as_array()
                .is_some_and(|offered| offered.len() == 1 && device.state["shown"]["count"] == 4)
        })
        .await;

    // What is changed is written once more, and what nobody wrote when all have gone.
    let id = marked(claire, "the number", |mark| mark["shape"] == "number").await["mark"].clone();
    claire
        .request(json!({"type": "change_mark", "mark": id, "points": [[0.5, 0.75]], "text": "à revoir"}))
        .await
        .unwrap();
    claire.request(json!({"type": "save_marks"})).await.unwrap();
    assert_eq!(states(&round).await.len(), 2);
    let claire = &mut round.devices[0];
    claire.request(length(2)).await.unwrap();
    claire.send(json!({"type": "end", "request": 1, "outcome": "completed"})).await;
    claire.until("the end", |device| device.count("ended") > 0).await;
    let written = async {
        while states(&round).await.len() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, written).await.expect("it is written at the end");
}
