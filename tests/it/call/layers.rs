//! Which layer of a picture a device gets, and when a picture pauses.

use super::*;

/// Which layer of a publisher of all layers a payload is of, counted from the smallest.
fn layer_of(call: &Call, from: ConnectionId, payload: &[u8]) -> usize {
    let ssrc = u32::from_be_bytes(payload[5..9].try_into().unwrap());
    let is_it = |sending: &&peer::Sending| sending.sent.iter().any(|sent| sent[5..9] == payload[5..9]);
    let mut layers = call.devices[&from].sending.iter().filter(|sending| sending.source == Source::Camera);
    layers.position(|sending| is_it(&sending)).unwrap_or_else(|| panic!("nobody sent {ssrc}"))
}

/// The layer that came last.
fn last_layer(call: &Call, from: ConnectionId, by: ConnectionId) -> Option<usize> {
    let id = call.publication(from, Source::Camera)?;
    let payload = call.devices.get(&by)?.received.get(&id)?.payloads.last()?;
    Some(layer_of(call, from, payload))
}

fn watch(call: &Call, from: ConnectionId, by: ConnectionId, width: u32, height: u32) {
    let publication = call.publication(from, Source::Camera).unwrap();
    let tracks = vec![Watched { publication, width, height, is_pinned: false }];
    let (is_saving_data, is_video_off) = (false, false);
    call.sfu.send(Command::Watch { connection: by, tracks, is_saving_data, is_video_off }).unwrap();
}

fn wanted_layers(call: &Call, from: ConnectionId) -> Option<Vec<String>> {
    call.devices[&from].told.iter().rev().find_map(|event| match event {
        Event::LayersWanted { rids, .. } => Some(rids.clone()),
        _ => None,
    })
}

#[test]
fn layers_follow_the_size_shown_without_a_gap() {
    let mut call = Call::new();
    let publisher = call.enter(1);
    let now = call.now();
    call.device(publisher).publish_all_layers(now, &["l", "m", "h"]);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 20);
    watch(&call, publisher, subscriber, 320, 180);
    call.until("the small layer", |call| last_layer(call, publisher, subscriber) == Some(0));
    call.until("the others are off", |call| wanted_layers(call, publisher) == Some(vec!["l".to_owned()]));
    watch(&call, publisher, subscriber, 640, 360);
    call.until("the middle layer", |call| last_layer(call, publisher, subscriber) == Some(1));
    watch(&call, publisher, subscriber, 320, 180);
    call.until("the small layer again", |call| last_layer(call, publisher, subscriber) == Some(0));
    watch(&call, publisher, subscriber, 0, 0);
    call.until("nobody looks", |call| wanted_layers(call, publisher) == Some(vec![]));
    call.run_for(Duration::from_millis(300));
    let before = call.received(publisher, Source::Camera, subscriber);
    call.run_for(Duration::from_millis(300));
    assert_eq!(call.received(publisher, Source::Camera, subscriber), before, "what is not shown is not sent");
    watch(&call, publisher, subscriber, 320, 180);
    call.until("a picture again", |call| call.received(publisher, Source::Camera, subscriber) > before + 40);
    call.run_for(Duration::from_millis(500));
    // One stream: no sequence number is missing or comes twice, and each change begins with a key frame.
    let id = call.publication(publisher, Source::Camera).unwrap();
    let received = &call.devices[&subscriber].received[&id];
    let first = received.sequence_numbers[0];
    let mut numbers: Vec<u16> =
        received.sequence_numbers.iter().map(|number| number.wrapping_sub(first)).collect();
    numbers.sort_unstable();
    let all: Vec<u16> = (0..numbers.len() as u16).collect();
    assert_eq!(numbers, all);
    let mut changes = 0;
    for pair in received.payloads.windows(2) {
        if pair[0][5..9] != pair[1][5..9] {
            changes += 1;
            assert_eq!((pair[1][0] & 0x10, pair[1][4] & 1), (0x10, 0), "a change without a key frame");
        }
    }
    assert!(changes >= 2, "{changes}");
    assert_eq!(call.trouble, []);
    assert_eq!(call.sfu.counters().panics, 0);
}

#[test]
fn a_way_that_loses_much_pauses_the_picture_and_keeps_the_sound() {
    let mut call = Call::new();
    let publisher = call.enter(1);
    let now = call.now();
    call.device(publisher).does_offer = false;
    call.device(publisher).publish(now, &[Source::Microphone]);
    call.device(publisher).does_offer = true;
    call.device(publisher).publish_all_layers(now, &["l", "m", "h"]);
    let subscriber = call.enter(2);
    let pauses = |call: &Call| -> Vec<bool> {
        let pause = |event: &Event| match event {
            Event::Paused { is_paused, .. } => Some(*is_paused),
            _ => None,
        };
        call.devices[&subscriber].told.iter().filter_map(pause).collect()
    };
    call.until("sound and picture", |call| {
        BOTH.iter().all(|source| call.received(publisher, *source, subscriber) > 20)
    });
    watch(&call, publisher, subscriber, 320, 180);
    call.device(subscriber).subscribe.as_mut().unwrap().lose_every = Some(2);
    let unseen = |call: &Call| {
        call.devices[&publisher].told.iter().rev().find_map(|event| match event {
            Event::Unseen { receivers, .. } => Some(*receivers),
            _ => None,
        })
    };
    assert_eq!(unseen(&call), None, "everybody sees it");
    call.until("the picture is paused", |call| pauses(call).last() == Some(&true));
    call.until("its publisher is told", |call| unseen(call) == Some(1));
    let sound = call.received(publisher, Source::Microphone, subscriber);
    call.until("sound goes on", |call| call.received(publisher, Source::Microphone, subscriber) > sound + 20);
    call.device(subscriber).subscribe.as_mut().unwrap().lose_every = None;
    call.until("the picture is back", |call| pauses(call).last() == Some(&false));
    call.until("its publisher is told", |call| unseen(call) == Some(0));
    let before = call.received(publisher, Source::Camera, subscriber);
    call.until("it is seen", |call| call.received(publisher, Source::Camera, subscriber) > before + 20);
    assert_eq!(call.trouble, []);
}

#[test]
fn an_interpreter_is_seen_where_another_picture_pauses() {
    let mut call = Call::new();
    let now = call.now();
    // The one who was there first would be served first.
    let [other, interpreter] = [1, 2].map(|number| {
        let connection = call.enter(number);
        call.device(connection).publish_all_layers(now, &["l", "m", "h"]);
        connection
    });
    let subscriber = call.enter(3);
    let both = [interpreter, other];
    call.until("both are published", |call| {
        both.iter().all(|from| call.publication(*from, Source::Camera).is_some())
    });
    let wanted = both.map(|from| {
        let id = call.publication(from, Source::Camera).unwrap();
        let is_needed = from == interpreter;
        WantedTrack { is_needed, ..WantedTrack::from(call.room.publication(id).unwrap()) }
    });
    let shown = |publication| Watched { publication, width: 320, height: 180, is_pinned: false };
    let tracks = wanted.iter().map(|track| shown(track.publication)).collect();
    let publications = wanted.to_vec();
    call.sfu.send(Command::Subscribe { connection: subscriber, publications }).unwrap();
    let (is_saving_data, is_video_off) = (false, false);
    call.sfu.send(Command::Watch { connection: subscriber, tracks, is_saving_data, is_video_off }).unwrap();
    call.until("both are seen", |call| {
        both.iter().all(|from| call.received(*from, Source::Camera, subscriber) > 20)
    });
    let is_paused = |call: &Call, track: &WantedTrack| {
        call.devices[&subscriber].told.iter().rev().find_map(|event| match event {
            Event::Paused { publication, is_paused, .. } if *publication == track.publication => {
                Some(*is_paused)
            }
            _ => None,
        })
    };
    call.device(subscriber).subscribe.as_mut().unwrap().lose_every = Some(2);
    call.until("one of them pauses", |call| wanted.iter().any(|track| is_paused(call, track) == Some(true)));
    assert_ne!(is_paused(&call, &wanted[0]), Some(true), "it is the other one");
    assert_eq!(is_paused(&call, &wanted[1]), Some(true));
}

#[test]
fn a_publisher_hears_that_its_picture_does_not_get_through() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 20);
    let slow = |call: &Call| {
        call.devices[&publisher].told.iter().rev().find_map(|event| match event {
            Event::Uplink { is_slow, .. } => Some(*is_slow),
            _ => None,
        })
    };
    call.device(publisher).publish.as_mut().unwrap().lose_every = Some(3);
    call.until("it is slow", |call| slow(call) == Some(true));
    call.device(publisher).publish.as_mut().unwrap().lose_every = None;
    call.until("it is not", |call| slow(call) == Some(false));
}
