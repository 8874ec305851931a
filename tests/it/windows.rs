//! Second windows: a person's further screens for images, beside the device that is in the call.

use std::time::Duration;

use parvis::store::Dialect;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp, share};
use crate::visit::{Visit, ct_zip};

const LIMIT: Duration = Duration::from_secs(15);

/// A second window of the doctor that has said hello, and the answer.
async fn open(visit: &Visit) -> (Socket, Value) {
    visit.doctor.hello(json!({"appointment": visit.appointment, "window": "second"})).await
}

/// The same, where it is let in.
async fn opened(visit: &Visit) -> Socket {
    let (window, welcome) = open(visit).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    window
}

/// What a window was told at the end, before its connection was closed.
async fn last_word(window: &mut Socket) -> Value {
    let told = tokio::time::timeout(LIMIT, window.until_closed()).await;
    told.expect("it is closed").pop().expect("with a word")
}

async fn surface(socket: &mut Socket, width: u64, height: u64) {
    socket.send(json!({"type": "surface", "viewport": 0, "width": width, "height": height})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_shows_the_same_revision_in_pictures_of_its_own_size_and_pace() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, _, mut doctor) = visit.call().await;
    visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    let series = studies[0]["series"][0]["series"].clone();
    surface(&mut doctor, 120, 90).await;
    doctor.request(share(&series)).await.unwrap();

    // It comes when something is on show already.
    let (mut window, welcome) = open(&visit).await;
    assert_eq!((&welcome["type"], &welcome["place"]["state"]), (&json!("welcome"), &json!("in_call")));
    surface(&mut window, 400, 300).await;
    let is_at = async |socket: &mut Socket, index: u64| {
        socket.wait_for("viewing", |m| m["shown"]["index"] == index).await
    };
    doctor.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
    let state = is_at(&mut doctor, 2).await;
    let seen = is_at(&mut window, 2).await;
    assert_eq!(
        (&seen["revision"], &seen["shown"]["picture"]),
        (&state["revision"], &state["shown"]["picture"])
    );
    let revision = state["shown"]["picture"].as_u64().unwrap();
    // The main one has not said yet that it has drawn anything: the window does not wait for it.
    for (socket, width, height) in [(&mut window, 400, 300), (&mut doctor, 120, 90)] {
        let (header, bytes) = socket.picture(revision).await;
        assert_eq!((&header["revision"], &header["index"]), (&json!(revision), &json!(2)));
        assert_eq!((&header["surfaceWidth"], &header["surfaceHeight"]), (&json!(width), &json!(height)));
        let picture = image::load_from_memory(&bytes).unwrap().to_luma8();
        assert_eq!(picture.dimensions(), (width, height), "the exact picture has the size of its surface");
        assert!(picture.pixels().any(|pixel| pixel.0[0] > 50), "the picture is black");
    }

    // What is done in it its person does: who presents steers, and everybody sees it.
    window.send(json!({"type": "scroll", "viewport": 0, "index": 4})).await;
    for socket in [&mut doctor, &mut window, &mut patient] {
        is_at(socket, 4).await;
    }
    // So does whoever points, and is seen by the others.
    window.send(json!({"type": "point", "viewport": 0, "x": 0.5, "y": 0.5})).await;
    let pointer = patient.wait("pointer").await;
    assert_eq!(pointer["participant"], welcome["participant"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_has_neither_media_nor_chat_nor_the_door() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, id, mut doctor) = visit.call().await;
    let mut window = opened(&visit).await;
    let media = [
        json!({"type": "publish_offer", "generation": 1, "sdp": "v=0", "tracks": []}),
        json!({"type": "subscribe_answer", "generation": 1, "sdp": "v=0"}),
        json!({"type": "restart_subscribe"}),
        json!({"type": "mute", "source": "microphone", "isMuted": true}),
        json!({"type": "watch", "tracks": [], "isSavingData": false, "isVideoOff": false}),
    ];
    for message in media {
        window.send(message.clone()).await;
        assert_eq!(window.wait("problem").await["code"], "not_allowed", "{message}");
    }
    for request in [
        json!({"type": "chat", "text": "Bonjour"}),
        json!({"type": "leave"}),
        json!({"type": "enter"}),
        json!({"type": "remove", "participant": id}),
        json!({"type": "mute_other", "participant": id, "source": "microphone"}),
        json!({"type": "end", "outcome": "completed"}),
    ] {
        assert_eq!(window.request(request.clone()).await, Err("not_allowed".to_owned()), "{request}");
    }
    // What is said to the room is said to each person once, and a chat is read on the main page.
    patient.request(json!({"type": "chat", "text": "Je vous vois bien"})).await.unwrap();
    doctor.wait_for("chat_line", |m| m["text"] == "Je vous vois bien").await;
    let heard = async {
        window.send(json!({"type": "ping"})).await;
        loop {
            let message = window.next().await;
            assert!(message["type"] != "chat_line" && message["type"] != "chat_history", "{message}");
            if message["type"] == "pong" {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, heard).await.expect("it is still there");
    // It leaves no trace: whoever closes it is still in the call.
    drop(window);
    doctor.request(json!({"type": "chat", "text": "Moi aussi"})).await.unwrap();
    let mut others = opened(&visit).await;
    others.request(json!({"type": "present"})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_has_no_second_window_and_nobody_who_is_not_in_the_call() {
    let visit = Visit::book(Dialect::Sqlite).await;
    // Nobody is there at all.
    let (_, refused) = open(&visit).await;
    assert_eq!((&refused["type"], &refused["code"]), (&json!("problem"), &json!("not_allowed")));
    // Staff who have opened their page and have not gone in.
    let (mut doctor, welcome) = visit.doctor.attend(&visit.appointment).await;
    assert_ne!(welcome["place"]["state"], "in_call", "{welcome}");
    assert_eq!(open(&visit).await.1["code"], "not_allowed");
    // A guest who waits, and one who is in the call.
    let beside = json!({"link": visit.patient, "window": "second"});
    let (mut patient, id) = visit.patient_waits().await;
    assert_eq!(visit.app.browser().hello(beside.clone()).await.1["code"], "not_allowed");
    doctor.request(json!({"type": "enter"})).await.unwrap();
    doctor.request(json!({"type": "admit", "participant": id, "isRecognised": true})).await.unwrap();
    patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
    patient.request(json!({"type": "enter"})).await.unwrap();
    assert_eq!(visit.app.browser().hello(beside).await.1["code"], "not_allowed");
    // Nobody was disturbed by it, and the doctor may have one now.
    patient.request(json!({"type": "chat", "text": "Toujours là"})).await.unwrap();
    opened(&visit).await;
    // A doctor who is not booked gets what strangers get, and so does whoever is not signed in.
    let stranger = visit.app.sign_in("karim").await;
    let wanted = json!({"appointment": visit.appointment, "window": "second"});
    assert_eq!(stranger.hello(wanted.clone()).await.1["code"], "not_found");
    assert_eq!(visit.app.browser().hello(wanted).await.1["code"], "sign_in_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn second_windows_close_with_a_word_when_the_main_one_leaves_or_is_taken_over() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let mut doctor = visit.doctor_enters().await;
    let (mut one, mut two) = (opened(&visit).await, opened(&visit).await);
    doctor.request(json!({"type": "leave"})).await.unwrap();
    for window in [&mut one, &mut two] {
        let word = last_word(window).await;
        assert_eq!((&word["type"], &word["place"]["state"]), (&json!("place"), &json!("left")), "{word}");
    }
    assert_eq!(open(&visit).await.1["code"], "not_allowed", "there is nothing to be beside");

    let older = visit.doctor_enters().await;
    let mut window = opened(&visit).await;
    let mut newer = visit.doctor_enters().await;
    assert_eq!(last_word(&mut window).await["type"], "taken_over");
    drop(older);
    // The newer one has windows of its own.
    let mut window = opened(&visit).await;
    newer.send(json!({"type": "end", "outcome": "completed", "request": 90})).await;
    let word = last_word(&mut window).await;
    assert_eq!((&word["type"], &word["outcome"]), (&json!("ended"), &json!("completed")), "{word}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_has_two_second_windows_at_most() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let _doctor = visit.doctor_enters().await;
    let (one, welcome) = open(&visit).await;
    let _two = opened(&visit).await;
    let (_, refused) = open(&visit).await;
    assert_eq!((&refused["type"], &refused["code"]), (&json!("problem"), &json!("too_many")));
    // One whose connection broke takes its own place again, also before the gateway has noticed.
    let back = json!({"appointment": visit.appointment, "window": "second", "resume": welcome["resume"]});
    let (_one, again) = visit.doctor.hello(back).await;
    assert_eq!(again["type"], "welcome", "{again}");
    drop(one);
    assert_eq!(open(&visit).await.1["code"], "too_many", "it is still one of two");
    // Its token brings back no call.
    let main = json!({"appointment": visit.appointment, "resume": again["resume"]});
    let (_, other) = visit.doctor.hello(main).await;
    assert_ne!(other["place"]["state"], "in_call", "a new device, as with any other token: {other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_goes_on_while_the_main_one_is_lost_and_comes_back() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, _, doctor) = visit.call().await;
    let mut window = opened(&visit).await;
    visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
    let (_, studies) = visit.doctor.get(&visit.studies()).await;
    let series = studies[0]["series"][0]["series"].clone();
    surface(&mut window, 64, 64).await;
    drop(doctor);
    let is_lost =
        |m: &Value| m["people"].as_array().unwrap().iter().any(|person| person["place"]["state"] == "lost");
    patient.wait_for("people", is_lost).await;
    window.request(share(&series)).await.unwrap();
    assert_eq!(window.picture(1).await.0["surfaceWidth"], 64);
    // Another window opens meanwhile, after a reload.
    drop(window);
    let mut window = opened(&visit).await;
    surface(&mut window, 80, 64).await;
    assert_eq!(window.picture(1).await.0["surfaceWidth"], 80);
}

/// The windows of one person are none of another's.
#[tokio::test(flavor = "multi_thread")]
async fn the_windows_of_one_do_not_count_for_another() {
    let app = TestApp::start(Dialect::Sqlite).await;
    let (claire, karim) = (app.sign_in("claire").await, app.sign_in("karim").await);
    let secretary = app.sign_in("camille").await;
    let mut practitioners = Vec::new();
    for name in ["Claire Martin", "Karim Benali"] {
        practitioners.push(crate::visit::doctor_named(&secretary, name).await);
    }
    let wanted = json!({
        "startsAt": crate::visit::soon(5), "endsAt": crate::visit::soon(35), "service": "Cardiologie", "note": "",
        "guests": [{"role": "patient", "name": "Hélène Lefèvre", "language": "fr"}],
        "practitioners": practitioners,
    });
    let (_, booked) = secretary.post("/api/appointments", wanted).await;
    let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
    let enter = async |browser: &Browser| {
        let (mut socket, _) = browser.attend(&appointment).await;
        socket.request(json!({"type": "enter"})).await.unwrap();
        socket
    };
    let beside = json!({"appointment": appointment, "window": "second"});
    let (mut first, mut second) = (enter(&claire).await, enter(&karim).await);
    let (_one, _two) = (claire.hello(beside.clone()).await, claire.hello(beside.clone()).await);
    let (mut theirs, welcome) = karim.hello(beside).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    first.request(json!({"type": "present"})).await.unwrap();
    // Whoever does not follow looks by themselves on all of their screens.
    second.request(json!({"type": "follow", "isFollowing": false})).await.unwrap();
    theirs.wait_for("own_view", |m| m["arrangement"].is_object()).await;
    theirs.request(json!({"type": "follow", "isFollowing": true})).await.unwrap();
    second.wait_for("own_view", |m| m["arrangement"].is_null()).await;
    first.request(json!({"type": "leave"})).await.unwrap();
    theirs.request(json!({"type": "present"})).await.unwrap();
    let lead = theirs.wait_for("viewing", |m| m["presenter"] == welcome["participant"]).await;
    assert_eq!(lead["presenter"], welcome["participant"]);
}
