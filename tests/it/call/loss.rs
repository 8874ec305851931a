//! Packets that are lost on the way, and what tells of them.

use super::*;

/// A loss both ways, and how many packets are missing in the end.
fn holes_after_loss(
    lose: fn(&mut Call, publisher: ConnectionId, subscriber: ConnectionId) -> &mut peer::Leg,
) -> usize {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &[Source::Camera]);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 20);
    lose(&mut call, publisher, subscriber).lose_every = Some(10);
    call.run_for(Duration::from_secs(2));
    let leg = lose(&mut call, publisher, subscriber);
    leg.lose_every = None;
    let lost = leg.lost;
    call.run_for(Duration::from_millis(700));
    assert!(lost > 10, "{lost}");
    let id = call.publication(publisher, Source::Camera).unwrap();
    let received = &call.devices[&subscriber].received[&id];
    let sent = &call.devices[&publisher].sending[0].sent;
    assert!(received.payloads.iter().all(|payload| sent.contains(payload)), "a payload that was not sent so");
    let first = received.sequence_numbers[0];
    let mut numbers: Vec<u16> =
        received.sequence_numbers.iter().map(|number| number.wrapping_sub(first)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    println!("{lost} lost: {:?}", call.sfu.counters());
    usize::from(*numbers.last().unwrap()) + 1 - numbers.len()
}

#[test]
fn packets_lost_on_the_way_down_are_sent_again() {
    let holes = holes_after_loss(|call, _, subscriber| call.device(subscriber).subscribe.as_mut().unwrap());
    assert!(holes <= 2, "{holes} holes");
}

#[test]
fn packets_lost_on_the_way_up_are_asked_for() {
    let holes = holes_after_loss(|call, publisher, _| call.device(publisher).publish.as_mut().unwrap());
    assert!(holes <= 2, "{holes} holes");
}

#[test]
fn sender_reports_reach_the_subscribers() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    call.until("reports about sound and picture", |call| {
        let reports = |source| {
            let id = call.publication(publisher, source)?;
            Some(call.devices[&subscriber].received.get(&id)?.reports.len())
        };
        BOTH.iter().all(|source| reports(*source).is_some_and(|count| count > 0))
    });
}

#[test]
fn sequence_numbers_roll_over_under_loss() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    for sending in &mut call.device(publisher).sending {
        sending.sequence_number = 65_460;
    }
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 10);
    call.device(publisher).publish.as_mut().unwrap().lose_every = Some(4);
    call.until("far beyond", |call| {
        BOTH.iter().all(|source| call.received(publisher, *source, subscriber) > 150)
    });
    let rolled = |sending: &peer::Sending| sending.sequence_number < 30_000;
    assert!(call.device(publisher).sending.iter().all(rolled));
    for source in BOTH {
        let id = call.publication(publisher, source).unwrap();
        let received = &call.devices[&subscriber].received[&id].payloads;
        let sent =
            &call.devices[&publisher].sending.iter().find(|sending| sending.source == source).unwrap().sent;
        assert!(received.iter().all(|payload| sent.contains(payload)), "a payload that was not sent so");
    }
    assert_eq!(call.trouble, []);
}
