//! Threads that forward, their sockets, and what happens when one fails.

use super::*;

/// Two calls on one gateway with two threads, each on its own.
fn two_threads() -> (Sfu, [Call; 2]) {
    let sfu = start_with(2);
    let call_on = |shard: usize| {
        let calls = std::iter::repeat_with(|| Call::on(sfu.clone()));
        calls.take(200).find(|call| sfu.shard_of(call.room.id()) == shard).unwrap()
    };
    let calls = [call_on(0), call_on(1)];
    (sfu, calls)
}

#[test]
fn rooms_on_two_threads_have_one_port_and_do_not_mix() {
    let (sfu, [mut one, mut two]) = two_threads();
    let mut all: [Vec<ConnectionId>; 2] = Default::default();
    // Whose socket the kernel brings a device to is chance: they come until one came to the wrong one.
    for number in 1.. {
        assert!(number < 30, "nothing came to the wrong socket");
        for (index, call) in [&mut one, &mut two].into_iter().enumerate() {
            all[index].push(call.enter_and_publish(number * 2 + index as u64, &BOTH));
        }
        let is_seen = |call: &Call, all: &[ConnectionId]| {
            let pairs = all.iter().flat_map(|from| all.iter().map(move |by| (*from, *by)));
            let mut pairs = pairs.filter(|(from, by)| from != by);
            pairs.all(|(from, by)| BOTH.iter().all(|source| call.received(from, *source, by) >= 20))
        };
        one.until("everybody sees everybody", |call| {
            two.step();
            is_seen(call, &all[0]) && is_seen(&two, &all[1])
        });
        if number >= 2 && sfu.counters().datagrams_handed > 0 {
            break;
        }
    }
    for (call, all) in [(&one, &all[0]), (&two, &all[1])] {
        for (from, by) in all.iter().zip(all.iter().skip(1)) {
            BOTH.iter().for_each(|source| call.assert_intact(*from, *source, *by));
        }
        assert_eq!(call.trouble, []);
    }
    sfu.stop();
    let (each, sum) = (sfu.counters_of_shards(), sfu.counters());
    assert_eq!(each.len(), 2);
    for (of_one, of_all) in [
        (each[0].packets_in + each[1].packets_in, sum.packets_in),
        (each[0].packets_out + each[1].packets_out, sum.packets_out),
        (each[0].datagrams_in + each[1].datagrams_in, sum.datagrams_in),
    ] {
        assert_eq!(of_one, of_all);
    }
    assert!(each.iter().all(|counters| counters.packets_in > 0 && counters.packets_out > 0), "{each:?}");
    // Each datagram was counted where it came in, and each packet where its room is.
    assert!(sum.datagrams_in > sum.packets_in && sum.datagrams_in > sum.datagrams_handed, "{sum:?}");
    assert_eq!((sum.datagrams_unhanded, sum.packets_dropped, sum.panics), (0, 0, 0), "{sum:?}");
}

#[test]
fn a_device_that_changes_its_address_is_found_by_its_thread() {
    let (_sfu, calls) = two_threads();
    for mut call in calls {
        let publisher = call.enter_and_publish(1, &BOTH);
        let subscriber = call.enter(2);
        call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 20);
        for _ in 0..3 {
            call.device(publisher).publish.as_mut().unwrap().move_away();
            call.device(subscriber).subscribe.as_mut().unwrap().move_away();
            call.run_for(Duration::from_millis(50)); // what was on its way
            let before = call.received(publisher, Source::Camera, subscriber);
            call.until("media from there to there", |call| {
                call.received(publisher, Source::Camera, subscriber) > before + 50
            });
        }
        assert_eq!(call.trouble, []);
    }
}

#[test]
fn streams_lead_to_the_thread_of_their_room() {
    let (sfu, calls) = two_threads();
    for mut call in calls {
        let all = [(1, Way::Path(MediaPath::Tcp)), (2, Way::Path(MediaPath::RelayTls)), (3, Way::Udp)];
        let all = all.map(|(number, way)| {
            let connection = call.enter(number);
            call.device(connection).way = way;
            let now = call.now();
            call.device(connection).publish(now, &BOTH);
            connection
        });
        for (from, by) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            call.until("media", |call| call.received(all[from], Source::Camera, all[by]) > 20);
            call.assert_intact(all[from], Source::Camera, all[by]);
        }
        assert_eq!(call.trouble, []);
    }
    let each = sfu.counters_of_shards();
    assert!(each.iter().all(|counters| counters.paths_out > 100), "{each:?}");
}

/// A test that was not made is no success where everything is to be tested.
fn skip_without_ipv6(error: &dyn std::error::Error) {
    #[expect(clippy::disallowed_methods, reason = "where a test runs is for it to know")]
    let is_ci = std::env::var_os("CI").is_some();
    assert!(!is_ci, "CI is set and there is no IPv6 here: {error}");
    eprintln!("not tested, there is no IPv6 here: {error}");
}

#[test]
fn one_socket_serves_both_families() {
    let settings = SfuSettings {
        listen: "[::]:0".parse().unwrap(),
        announce: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
        shards: 1,
        tcp_port: None,
    };
    let sfu = match Sfu::start(settings, Clock::system()) {
        Ok(sfu) => sfu,
        Err(error) => return skip_without_ipv6(&error),
    };
    let mut call = Call::on(sfu);
    let [one, two] = [1, 2].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("both see", |call| {
        call.received(one, Source::Camera, two) > 20 && call.received(two, Source::Camera, one) > 20
    });
    let offer = call.device(one).offers[0].clone();
    assert!(offer.contains(" 127.0.0.1 ") && offer.contains(" ::1 "), "both addresses are told");
}

#[test]
fn closing_a_room_ends_its_connections_and_stopping_ends_the_thread() {
    let mut call = Call::new();
    let [one, two] = [1, 2].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("both see", |call| {
        call.received(one, Source::Camera, two) > 5 && call.received(two, Source::Camera, one) > 5
    });
    call.sfu.send(Command::CloseRoom { room: call.room.id() }).unwrap();
    call.until("the devices see the end", |call| {
        !call.device(one).subscribe.as_ref().unwrap().is_connected
            && !call.device(two).publish.as_ref().unwrap().is_connected
    });
    call.sfu.stop();
    assert!(call.sfu.send(Command::Close { connection: one }).is_err());
}

#[test]
fn a_panic_while_layers_are_chosen_ends_its_room_and_no_other() {
    let sfu = start();
    let mut calls = [Call::on(sfu.clone()), Call::on(sfu.clone())];
    let pairs: Vec<_> = calls
        .iter_mut()
        .zip([10, 20])
        .map(|(call, number)| {
            let pair = [1, 2].map(|other| call.enter_and_publish(number + other, &BOTH));
            call.until("each sees the other", |call| {
                call.received(pair[0], Source::Camera, pair[1]) > 20
                    && call.received(pair[1], Source::Camera, pair[0]) > 20
            });
            pair
        })
        .collect();
    let [failing, other] = &mut calls;
    let failed = |call: &Call, connection: ConnectionId, direction: Direction| {
        let is_it = |event: &Event| matches!(event, Event::Failed { connection: of, which, .. } if *of == connection && *which == direction);
        call.trouble.iter().any(is_it)
    };
    let before = other.received(pairs[1][0], Source::Camera, pairs[1][1]);
    sfu.send(Command::Drill { room: Some(failing.room.id()) }).unwrap();
    failing.until("all of the room are told", |call| {
        other.step();
        pairs[0].iter().all(|connection| {
            failed(call, *connection, Direction::Publish) && failed(call, *connection, Direction::Subscribe)
        })
    });
    other.until("the other room goes on", |call| {
        call.received(pairs[1][0], Source::Camera, pairs[1][1]) > before + 50
    });
    assert_eq!(other.trouble, []);
    assert_eq!(sfu.counters().panics, 1);
    assert!(sfu.is_running());
    // Its devices may begin anew.
    for connection in pairs[0] {
        failing.leave(connection);
    }
    let again = [13, 14].map(|number| failing.enter_and_publish(number, &BOTH));
    failing.until("a picture again", |call| call.received(again[0], Source::Camera, again[1]) > 20);
}

#[test]
fn a_thread_that_ends_by_itself_is_told() {
    let sfu = start();
    assert!(sfu.is_running());
    sfu.send(Command::Drill { room: None }).unwrap();
    let call = &mut Call::on(sfu.clone());
    call.until("it has ended", |_| !sfu.is_running());
    sfu.stop();
}
