//! Connections that break, servers that restart, and what staff may do to a consultation: lock it, mute people, telephone.

use std::time::Duration;

use parvis::clinical::AppointmentId;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::record::record_when;
use crate::support::app::{Browser, Socket, TestApp, share};
use crate::visit::{BOTH, Visit, ct_zip, doctor_named, soon};

/// Patient and doctor in the call, with what `welcome` told the patient.
async fn call_with_welcome(visit: &Visit) -> (Socket, Value, Socket) {
    let (mut patient, welcome) = visit.app.guest(&visit.patient).await;
    patient.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let mut doctor = visit.doctor_enters().await;
    doctor
        .request(json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true}))
        .await
        .unwrap();
    patient.wait_for("place", |m| m["place"]["state"] == "admitted").await;
    patient.request(json!({"type": "enter"})).await.unwrap();
    (patient, welcome, doctor)
}

/// How many devices' media have been ended, once the media part has heard everything that was said so far.
async fn closed(visit: &Visit, socket: &mut Socket) -> u64 {
    // Commands are carried out in order, and this one is answered.
    socket.send(json!({"type": "publish_offer", "generation": 1, "sdp": "x", "tracks": []})).await;
    socket.wait_for("problem", |m| m["code"] == "bad_media").await;
    visit.app.app.sfu.counters().connections_closed
}

fn stands(place: &'static str) -> impl Fn(&Value) -> bool {
    move |message| message["people"][0]["place"]["state"] == place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_connection_breaks_takes_its_place_again_and_its_media_go_on() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (mut patient, welcome, mut doctor) = call_with_welcome(&visit).await;
        assert_eq!(closed(&visit, &mut patient).await, 0);
        patient.request(json!({"type": "chat", "text": "Je reviens"})).await.unwrap();
        drop(patient);
        doctor.wait_for("people", stands("lost")).await;
        let (mut again, second) = visit.app.guest_again(&visit.patient, &welcome).await;
        assert_eq!(
            (&second["type"], &second["place"]["state"]),
            (&json!("welcome"), &json!("in_call")),
            "{second}"
        );
        assert_ne!(second["resume"], welcome["resume"], "a new token for the next time");
        doctor.wait_for("people", stands("in_call")).await;
        // What it missed is told, without that it enters again.
        assert_eq!(again.wait("chat_history").await["lines"][0]["text"], "Je reviens");
        assert_eq!(closed(&visit, &mut again).await, 0, "no media were ended");

        // The token before the last is good too: its successor may have got lost.
        drop(again);
        doctor.wait_for("people", stands("lost")).await;
        let (mut again, third) = visit.app.guest_again(&visit.patient, &welcome).await;
        assert_eq!(third["place"]["state"], "in_call");
        assert_eq!(closed(&visit, &mut again).await, 0);
        // The one before that is not: the person comes with a new device, admitted as before.
        drop(again);
        doctor.wait_for("people", stands("lost")).await;
        let (mut other, fourth) = visit.app.guest_again(&visit.patient, &welcome).await;
        assert_eq!(fourth["place"]["state"], "admitted");
        other.request(json!({"type": "enter"})).await.unwrap();
        assert_eq!(closed(&visit, &mut other).await, 1, "the media of the older device");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_only_the_client_knows_to_be_broken_is_replaced() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut older, welcome, mut doctor) = call_with_welcome(&visit).await;
    let (mut newer, second) = visit.app.guest_again(&visit.patient, &welcome).await;
    assert_eq!(second["place"]["state"], "in_call");
    assert!(older.until_closed().await.iter().all(|m| m["type"] != "taken_over"), "it is the same device");
    drop(older);
    assert_eq!(closed(&visit, &mut newer).await, 0);
    // That the older connection ends says nothing about the person.
    doctor.send(json!({"type": "chat", "request": 70, "text": "Vous êtes là ?"})).await;
    newer.wait("chat_line").await;
    newer.request(json!({"type": "chat", "text": "Oui"})).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let message = doctor.next().await;
        if message["type"] == "chat_line" && message["text"] == "Oui" {
            break;
        }
        seen.push(message);
    }
    let is_lost = |m: &Value| m["type"] == "people" && m["people"][0]["place"]["state"] == "lost";
    assert!(!seen.iter().any(is_lost), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_brings_back_nobody_else_and_nobody_past_the_staff() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (patient, welcome, mut doctor) = call_with_welcome(&visit).await;
    // Another person of the same appointment shows it: they come as themselves, and test their device.
    let (_relative, other) = visit.app.guest_again(&visit.relative, &welcome).await;
    assert_ne!(other["participant"], welcome["participant"]);
    assert_eq!(other["place"]["state"], "testing");
    // Without the link it is worth nothing.
    let (_, nobody) = visit.app.guest_again("nonsense", &welcome).await;
    assert_eq!(nobody["code"], "link_unknown");
    // Removed while away: the link is withdrawn, token or not.
    drop(patient);
    doctor.wait_for("people", stands("lost")).await;
    doctor.request(json!({"type": "remove", "participant": welcome["participant"]})).await.unwrap();
    let (_, removed) = visit.app.guest_again(&visit.patient, &welcome).await;
    assert_eq!(removed["code"], "link_revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_in_the_call_is_not_admitted_again_after_a_restart() {
    let visit = Visit::book(Dialect::Postgres).await;
    let (_patient, welcome, mut doctor) = call_with_welcome(&visit).await;
    let (mut relative, _) = visit.app.guest(&visit.relative).await;
    relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    doctor.request(json!({"type": "lock", "isLocked": true})).await.unwrap();
    doctor.request(json!({"type": "telephone", "isOver": false, "reason": "network"})).await.unwrap();
    let id: AppointmentId = visit.appointment.parse().unwrap();
    let pulse = async {
        while visit.app.app.store.remains_of(id).await.unwrap().seen_at.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), pulse).await.expect("it is written that the call goes on");
    visit.app.app.tasks.stop();
    visit.app.app.sfu.stop();

    let store = visit.app.store.clone();
    let after = TestApp::start_with(Dialect::Postgres, |settings| settings.store = store).await;
    let (mut patient, second) = after.guest_again(&visit.patient, &welcome).await;
    assert_eq!(second["type"], "welcome", "{second}");
    assert_eq!(second["place"]["state"], "admitted", "the token is unknown, the admission is not: {second}");
    assert_eq!(second["isLocked"], true);
    patient.send(json!({"type": "enter", "request": 50})).await;
    assert_eq!(patient.wait("telephone").await["state"]["reason"], "network");
    let (_, waits) = after.guest(&visit.relative).await;
    assert_eq!(waits["place"]["state"], "waiting", "nobody had admitted them");
    // Signed in as before: the login is a row too.
    let doctor = Browser { cookie: visit.doctor.cookie.clone(), ..after.browser() };
    let (mut doctor, third) = doctor.attend(&visit.appointment).await;
    assert_eq!(third["place"]["state"], "admitted");
    doctor.request(json!({"type": "enter"})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_series_that_was_on_show_is_shown_again_after_a_restart() {
    for dialect in BOTH {
        let app = TestApp::start_kept(dialect);
        let visit = Visit::book_at(app.await, 5).await;
        let (_patient, welcome, mut doctor) = call_with_welcome(&visit).await;
        visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        let series = studies[0]["series"][0]["series"].clone();
        doctor.request(share(&series)).await.unwrap();
        doctor.send(json!({"type": "scroll", "viewport": 0, "index": 2})).await;
        doctor.wait_for("viewing", |m| m["shown"]["index"] == 2).await;
        let after = visit.app.started_again(dialect).await;
        let (mut patient, _) = after.guest_again(&visit.patient, &welcome).await;
        patient.send(json!({"type": "enter", "request": 50})).await;
        let is_shown = |m: &Value| m["shown"]["series"] == series;
        let back = patient.wait_for("viewing", is_shown).await;
        assert_eq!((&back["shown"]["index"], &back["presenter"]), (&json!(2), &Value::Null), "{back}");
        patient.send(json!({"type": "surface", "viewport": 0, "width": 100, "height": 100})).await;
        assert_eq!(patient.picture(0).await.0["index"], 2);
        // Nobody presents: the doctor takes the place, and stops.
        let doctor = Browser { cookie: visit.doctor.cookie.clone(), ..after.browser() };
        let (mut doctor, _) = doctor.attend(&visit.appointment).await;
        doctor.request(json!({"type": "enter"})).await.unwrap();
        doctor.request(json!({"type": "present"})).await.unwrap();
        doctor.request(json!({"type": "stop_sharing"})).await.unwrap();
        let id: AppointmentId = visit.appointment.parse().unwrap();
        assert_eq!(after.app.store.on_show_in(id).await.unwrap(), None, "it is not come back to any more");
    }
}

/// One viewport came back, and the others had to be put up again.
#[tokio::test(flavor = "multi_thread")]
async fn the_layout_that_was_on_show_is_shown_again_after_a_restart() {
    for dialect in BOTH {
        let app = TestApp::start_kept(dialect);
        let visit = Visit::book_at(app.await, 5).await;
        let (_patient, welcome, mut doctor) = call_with_welcome(&visit).await;
        visit.doctor.upload(&visit.appointment, "ct.zip", ct_zip()).await;
        let (_, studies) = visit.doctor.get(&visit.studies()).await;
        let series = studies[0]["series"][0]["series"].clone();
        doctor.send(json!({"type": "set_layout", "layout": "side_by_side"})).await;
        for viewport in [0, 1] {
            let mut share = share(&series);
            share["viewport"] = json!(viewport);
            doctor.request(share).await.unwrap();
        }
        for message in [
            json!({"type": "scroll", "viewport": 0, "index": 1}),
            json!({"type": "set_active", "viewport": 1}),
            json!({"type": "scroll", "viewport": 1, "index": 2}),
            json!({"type": "set_window", "viewport": 1, "center": -600.5, "width": 1500}),
            json!({"type": "set_inverted", "viewport": 1, "isInverted": true}),
            json!({"type": "set_view", "viewport": 1, "zoom": 2, "centerX": 0.25, "centerY": 0.5, "quarterTurns": 1, "isFlipped": false}),
        ] {
            doctor.send(message).await;
        }
        doctor.wait_for("viewing", |m| m["viewports"][1]["zoom"] == 2.0).await;
        // The record is written beside the call, when what is shown rests.
        record_when(&visit, "the last step", |steps| {
            steps.last().is_some_and(|step| step["viewports"][1]["index"] == 2)
        })
        .await;
        let after = visit.app.started_again(dialect).await;
        let (mut patient, _) = after.guest_again(&visit.patient, &welcome).await;
        patient.send(json!({"type": "enter", "request": 50})).await;
        let back = patient.wait_for("viewing", |m| m["viewports"][1]["series"] == series).await;
        assert_eq!((&back["layout"], &back["presenter"]), (&json!("side_by_side"), &Value::Null), "{back}");
        let (left, right) = (&back["viewports"][0], &back["viewports"][1]);
        assert_eq!(
            (&left["index"], &left["isInverted"], &left["zoom"]),
            (&json!(1), &json!(false), &json!(1.0)),
            "{back}"
        );
        assert_eq!(
            (&right["index"], &right["isInverted"], &right["zoom"]),
            (&json!(2), &json!(true), &json!(2.0)),
            "{back}"
        );
        assert_eq!((&right["quarterTurns"], &right["centerX"]), (&json!(1), &json!(0.25)), "{back}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_consultation_lets_nobody_new_in() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, welcome, mut doctor) = call_with_welcome(&visit).await;
    let (mut relative, waiting) = visit.app.guest(&visit.relative).await;
    assert_eq!(waiting["isLocked"], false);
    relative.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
    let refused = patient.request(json!({"type": "lock", "isLocked": true})).await;
    assert_eq!(refused, Err("not_allowed".to_owned()));
    doctor.request(json!({"type": "lock", "isLocked": true})).await.unwrap();
    for socket in [&mut patient, &mut relative] {
        assert_eq!(socket.wait("locked").await["isLocked"], true);
    }
    let admit = json!({"type": "admit", "participant": waiting["participant"], "isRecognised": true});
    assert_eq!(doctor.request(admit.clone()).await, Err("locked".to_owned()));
    // Who is in comes back, on this device and on another.
    drop(patient);
    doctor.wait_for("people", stands("lost")).await;
    let (patient, second) = visit.app.guest_again(&visit.patient, &welcome).await;
    assert_eq!((&second["place"]["state"], &second["isLocked"]), (&json!("in_call"), &json!(true)));
    drop(patient);
    doctor.wait_for("people", stands("lost")).await;
    let (mut patient, _) = visit.app.guest(&visit.patient).await;
    patient.request(json!({"type": "enter"})).await.unwrap();
    doctor.request(json!({"type": "lock", "isLocked": false})).await.unwrap();
    doctor.request(admit).await.unwrap();
    relative.wait_for("place", |m| m["place"]["state"] == "admitted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_ask_people_in_the_call_to_mute() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, welcome, mut doctor) = call_with_welcome(&visit).await;
    let (_relative, waiting) = visit.app.guest(&visit.relative).await;
    let ask = |whom: &Value| json!({"type": "mute_other", "participant": whom, "source": "microphone"});
    doctor.request(ask(&welcome["participant"])).await.unwrap();
    assert_eq!(patient.wait("mute_asked").await["source"], "microphone");
    assert_eq!(doctor.request(ask(&waiting["participant"])).await, Err("not_in_call".to_owned()));
    assert_eq!(doctor.request(ask(&json!("nobody"))).await, Err("unknown_participant".to_owned()));
    assert_eq!(patient.request(ask(&welcome["participant"])).await, Err("not_allowed".to_owned()));
}

/// Offers a microphone, without anything that would send.
async fn publish_microphone(socket: &mut Socket) {
    let sdp = format!(
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=ice-ufrag:abcd\r\n\
         a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n\
         a=rtpmap:111 opus/48000/2\r\na=ssrc:11 cname:x\r\n",
        ["AB"; 32].join(":")
    );
    let tracks = json!([{"mid": "0", "source": "microphone"}]);
    socket.send(json!({"type": "publish_offer", "generation": 1, "sdp": sdp, "tracks": tracks})).await;
    socket.wait("publish_answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_staff_mute_is_muted_for_everybody_until_he_says_otherwise() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let (mut patient, welcome, mut doctor) = call_with_welcome(&visit).await;
    publish_microphone(&mut patient).await;
    let whom = &welcome["participant"];
    let mute = || json!({"type": "mute_other", "participant": whom, "source": "microphone"});
    doctor.request(mute()).await.unwrap();
    assert_eq!(patient.wait("muted").await["isMuted"], true, "before he has done anything");
    patient.wait("mute_asked").await;
    patient.send(json!({"type": "mute", "source": "microphone", "isMuted": false})).await;
    let unmuted = doctor.wait_for("muted", |m| m["isMuted"] == false).await;
    assert_eq!((&unmuted["participant"], &unmuted["source"]), (whom, &json!("microphone")));
    // Also somebody whose signalling is lost while his sound goes on; he hears of it when he is back.
    drop(patient);
    doctor.wait_for("people", stands("lost")).await;
    doctor.request(mute()).await.unwrap();
    let (mut again, second) = visit.app.guest_again(&visit.patient, &welcome).await;
    assert_eq!(second["place"]["state"], "in_call");
    assert_eq!(again.wait("mute_asked").await["source"], "microphone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_by_telephone_is_kept_with_its_reason() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (mut patient, _, mut doctor) = call_with_welcome(&visit).await;
        let (mut relative, _) = visit.app.guest(&visit.relative).await;
        let begin = |reason: &str| json!({"type": "telephone", "isOver": false, "reason": reason});
        assert_eq!(patient.request(begin("no_sound")).await, Err("not_allowed".to_owned()));
        for wrong in [
            json!({"type": "telephone", "isOver": false}),
            json!({"type": "telephone", "isOver": true, "reason": "other"}),
        ] {
            assert_eq!(doctor.request(wrong).await, Err("bad_request".to_owned()));
        }
        doctor.request(begin("no_sound")).await.unwrap();
        assert_eq!(patient.wait("telephone").await["state"]["reason"], "no_sound");
        // Somebody outside of the room learns nothing of it.
        relative.send(json!({"type": "ping"})).await;
        assert_eq!(relative.next().await["type"], "pong");
        let (_, another) = visit.app.guest(&visit.relative).await;
        assert_eq!(another["telephone"], Value::Null);
        doctor.request(json!({"type": "telephone", "isOver": true})).await.unwrap();
        assert_eq!(patient.wait("telephone").await["state"], Value::Null);
        doctor.request(begin("device")).await.unwrap();
        doctor.send(json!({"type": "end", "request": 99, "outcome": "by_telephone"})).await;
        patient.wait("ended").await;
        let path = format!("/api/appointments/{}/quality", visit.appointment);
        let (_, record) = visit.doctor.get(&path).await;
        let told: Vec<_> = record["telephone"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                assert!(entry["until"].is_string(), "the end of the visit ends it: {entry}");
                entry["reason"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(told, ["no_sound", "device"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_is_told_as_a_word_and_kept_as_a_record() {
    for dialect in BOTH {
        let visit = Visit::book(dialect).await;
        let (mut patient, welcome, mut doctor) = call_with_welcome(&visit).await;
        let report = |loss: f64, path: &str| {
            json!({
                "type": "quality", "direction": "subscribe", "path": path, "lossPct": loss, "rttMs": 40.0,
                "jitterMs": 4.0, "freezesMs": 0, "concealedPct": 0.0, "bitrateKbps": 800,
            })
        };
        for loss in [0.5, 12.5, 0.5, 0.5] {
            patient.send(report(loss, "relay_tls")).await;
        }
        for word in ["poor", "good"] {
            let told = doctor.wait("quality_of").await;
            assert_eq!((&told["participant"], &told["word"]), (&welcome["participant"], &json!(word)));
        }
        let (mut relative, waiting) = visit.app.guest(&visit.relative).await;
        relative.send(report(50.0, "udp")).await;
        assert_eq!(relative.wait("problem").await["code"], "not_allowed", "measured where there is no call");
        let relay = &waiting["iceServers"][0];
        let ends_at = relay["username"].as_str().unwrap().split(':').next().unwrap().parse::<i64>().unwrap();
        assert!(
            ends_at > 0 && relay["credential"].is_string(),
            "each person has credentials that end: {relay}"
        );
        doctor.send(json!({"type": "end", "request": 99, "outcome": "completed"})).await;
        patient.wait("ended").await;

        let path = format!("/api/appointments/{}/quality", visit.appointment);
        let (status, record) = visit.doctor.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{record}");
        let people = record["people"].as_array().unwrap();
        assert_eq!((people.len(), &people[0]["participant"]), (1, &welcome["participant"]), "{record}");
        assert_eq!(people[0]["incidents"], json!(["heavy_loss", "relay_only", "no_udp"]));
        let kept = &people[0]["paths"][0];
        assert_eq!(
            (&kept["reports"], &kept["maxLossPct"], &kept["meanLossPct"]),
            (&json!(4), &json!(12.5), &json!(3.5))
        );
        for person in ["karim", "camille"] {
            let (status, _) = visit.app.sign_in(person).await.get(&path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{person}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tumour_board_has_room_for_forty() {
    let visit = Visit::book(Dialect::Sqlite).await;
    let claire = doctor_named(&visit.secretary, "Claire Martin").await;
    let booking = |relatives: usize| {
        let mut guests = vec![json!({"role": "patient", "name": "Paul Durand", "language": "fr"})];
        guests.extend(
            (0..relatives)
                .map(|n| json!({"role": "relative", "name": format!("Avis {n}"), "language": "fr"})),
        );
        json!({
            "startsAt": soon(60), "endsAt": soon(90), "service": "Oncologie", "practitioners": [claire], "note": "",
            "guests": guests,
        })
    };
    let (_, refused) = visit.secretary.post("/api/appointments", booking(39)).await;
    assert_eq!(refused["code"], "too_many_people", "{refused}");
    let (status, booked) = visit.secretary.post("/api/appointments", booking(38)).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(booked["appointment"]["participants"].as_array().unwrap().len(), 40);
}
