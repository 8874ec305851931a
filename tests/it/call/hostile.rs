//! What strangers, damaged devices and slow readers send: it goes nowhere, and disturbs nobody.

use super::*;

#[test]
fn a_hostile_description_disturbs_nobody() {
    let mut call = Call::new();
    let [one, two] = [1, 2].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("both see", |call| {
        call.received(one, Source::Camera, two) > 20 && call.received(two, Source::Camera, one) > 20
    });
    let hostile = call.enter(3);
    let good = call.device(one).publish.as_ref().unwrap().pc.local_description().unwrap().sdp;
    let section = good.split("\r\nm=").nth(1).unwrap().to_owned();
    let many: String = (0..40).map(|_| format!("m={section}\r\n")).collect();
    let descriptions = [
        String::new(),
        "v=0".to_owned(),
        "\0\u{1}\u{2}".to_owned(),
        "x".repeat(100_000),
        many,
        good.replace("a=mid:0", "a=mid:\u{202e}"),
        good.replace("a=sendonly", "a=sendrecv"),
        good.replace("m=video", "m=application"),
        good.replace("a=ssrc:", "a=ssrc:99999999999"),
        good.replace("sha-256 ", "sha-256 zz"),
        good.replace("m=audio 9 UDP/TLS/RTP/SAVPF 109", "m=audio 9 UDP/TLS/RTP/SAVPF"),
        good.replace("a=rtpmap:120 VP8/90000", "a=rtpmap:120 VP8/0"),
        good.replace("a=ice-pwd:", "a=ice-pwd:\r\na=x:"),
    ];
    let count = descriptions.len();
    for (generation, sdp) in descriptions.into_iter().enumerate() {
        let offer = Command::PublishOffer {
            connection: hostile,
            generation: generation as u32,
            sdp,
            sources: vec![],
        };
        call.sfu.send(offer).unwrap();
    }
    call.sfu
        .send(Command::SubscribeAnswer { connection: hostile, generation: 99, sdp: "v=0".into() })
        .unwrap();
    call.sfu
        .send(Command::SubscribeAnswer { connection: hostile, generation: 1, sdp: "v=0\r\nm=".into() })
        .unwrap();
    // All were handled when the others have gone on and the last one was answered or refused.
    let pairs = [(one, two), (two, one)];
    let before = pairs.map(|(from, by)| call.received(from, Source::Camera, by));
    call.until("the others go on, and the broken answer has had its end", |call| {
        let after = pairs.map(|(from, by)| call.received(from, Source::Camera, by));
        let failed = |event: &Event| matches!(event, Event::Failed { which: Direction::Subscribe, .. });
        after[0] > before[0] + 20 && after[1] > before[1] + 20 && call.trouble.iter().any(failed)
    });
    let is_hostile = |event: &Event| match event {
        Event::Failed { connection, .. } | Event::PublishRejected { connection, .. } => {
            *connection == hostile
        }
        _ => true,
    };
    assert!(call.trouble.iter().all(is_hostile), "{:?}", call.trouble);
    let rejected = call.trouble.iter().filter(|event| matches!(event, Event::PublishRejected { .. })).count();
    assert!(rejected >= 8 && rejected <= count, "{rejected} of {count}: {:?}", call.trouble);
}

/// A small generator of its own, so that a failure can be repeated (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

#[test]
fn damaged_descriptions_harm_nobody() {
    let mut call = Call::new();
    let [one, two] = [1, 2].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("both see", |call| {
        call.received(one, Source::Camera, two) > 20 && call.received(two, Source::Camera, one) > 20
    });
    let good = call.device(one).publish.as_ref().unwrap().pc.local_description().unwrap().sdp;
    let lines: Vec<&str> = good.lines().collect();
    let mut dice = Dice(0x5eed_2026);
    let hostile = call.enter(3);
    for generation in 0..200 {
        let mut damaged: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        for _ in 0..=dice.roll(4) {
            let (at, other) = (dice.roll(damaged.len()), dice.roll(damaged.len()));
            match dice.roll(5) {
                0 => drop(damaged.remove(at)),
                1 => damaged.swap(at, other),
                2 => damaged.insert(at, damaged[other].clone()),
                3 => {
                    let cut = dice.roll(damaged[at].len() + 1);
                    damaged[at].truncate(cut);
                }
                _ => {
                    let digit = char::from(b'0' + dice.roll(10) as u8);
                    damaged[at] = damaged[at].replace(|char: char| char.is_ascii_digit(), &digit.to_string());
                }
            }
        }
        let sdp = damaged.join("\r\n") + "\r\n";
        let offer = Command::PublishOffer { connection: hostile, generation, sdp, sources: vec![] };
        call.sfu.send(offer).unwrap();
        call.step();
    }
    let before = call.received(one, Source::Camera, two);
    call.until("the others go on", |call| call.received(one, Source::Camera, two) > before + 20);
    let is_hostile = |event: &Event| match event {
        Event::Failed { connection, .. } | Event::PublishRejected { connection, .. } => {
            *connection == hostile
        }
        _ => true,
    };
    assert!(call.trouble.iter().all(is_hostile), "{:?}", call.trouble);
    let fresh = call.enter_and_publish(4, &BOTH);
    call.until("a fresh device is seen", |call| call.received(fresh, Source::Camera, one) > 20);
    assert_eq!(call.sfu.counters().panics, 0);
}

#[test]
fn noise_on_the_port_harms_nobody() {
    let mut call = Call::new();
    let [one, two, noisy] = [1, 2, 3].map(|number| call.enter_and_publish(number, &BOTH));
    call.until("all see", |call| {
        [(one, two), (two, one), (noisy, one)]
            .iter()
            .all(|(from, by)| call.received(*from, Source::Camera, *by) > 20)
    });
    let to = call.sfu.local_addr();
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut dice = Dice(0x0150_2026);
    let before = call.received(one, Source::Camera, two);
    for _ in 0..400 {
        let mut bytes: Vec<u8> = (0..dice.roll(300) + 2).map(|_| dice.roll(256) as u8).collect();
        // Of each protocol that the port knows, and of none.
        bytes[0] = [0, 1, 22, 20, 0x80, 0x90, 0xbf, 0xff][dice.roll(8)];
        bytes[1] = [bytes[1], 200, 201, 205, 206, 109][dice.roll(6)];
        if bytes.len() >= 20 && bytes[0] < 2 {
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        }
        stranger.send_to(&bytes, to).unwrap();
        let device = call.device(noisy);
        device.publish.as_mut().unwrap().send_raw(&bytes, to);
        device.subscribe.as_mut().unwrap().send_raw(&bytes, to);
        call.step();
    }
    call.until("the others go on", |call| call.received(one, Source::Camera, two) > before + 100);
    call.assert_intact(one, Source::Camera, two);
    let is_noisy = |event: &Event| matches!(event, Event::Failed { connection, .. } if *connection == noisy);
    assert!(call.trouble.iter().all(is_noisy), "{:?}", call.trouble);
    assert_eq!(call.sfu.counters().panics, 0);
    assert!(call.sfu.counters().datagrams_unknown > 100);
}

#[test]
fn a_device_that_does_not_read_stalls_nobody() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let [reader, sleeper] = [2, 3].map(|number| call.enter(number));
    call.until("both see", |call| {
        [reader, sleeper].iter().all(|by| call.received(publisher, Source::Camera, *by) > 20)
    });
    call.device(sleeper).is_alive = false;
    let before = call.received(publisher, Source::Microphone, reader);
    call.run_for(Duration::from_secs(2));
    let id = call.publication(publisher, Source::Microphone).unwrap();
    let gap = call.devices[&reader].received[&id].longest_gap;
    assert!(gap < Duration::from_millis(200), "silence of {gap:?}");
    assert!(call.received(publisher, Source::Microphone, reader) > before + 80);
    // Nor does one whose events nobody takes and who answers nothing.
    let deaf = call.enter(4);
    call.device(deaf).does_answer = false;
    let third = call.enter_and_publish(5, &BOTH);
    call.until("a new one is seen", |call| call.received(third, Source::Camera, reader) > 20);
}

#[test]
fn streams_that_are_not_read_stall_nobody() {
    let mut call = Call::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let tasks = Tasks::default();
    let rules = Rules {
        realm: "localhost".into(),
        secret: Secret::new(vec![1]),
        nonce_key: Secret::new([2; 32]),
        peers: call.sfu.announced().to_vec(),
    };
    let port = Port::new(call.sfu.clone(), rules, call.clock.clone(), tasks.clone());
    let tcp = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        port.serve_media(listener, None);
        address
    });
    let publisher = call.enter_and_publish(1, &BOTH);
    let ways = [Way::Udp, Way::Tcp(tcp), Way::Tcp(tcp), Way::Path(MediaPath::RelayTls)];
    let [udp, healthy, stalled, relayed] = [0, 1, 2, 3].map(|index| {
        let connection = call.enter(index as u64 + 2);
        call.device(connection).way = ways[index];
        connection
    });
    let all = [udp, healthy, stalled, relayed];
    call.until("all see", |call| all.iter().all(|by| call.received(publisher, Source::Camera, *by) > 20));
    let dropped = call.sfu.counters().paths_dropped;
    for sleeper in [stalled, relayed] {
        call.device(sleeper).subscribe.as_mut().unwrap().does_read = false;
    }
    let before = [udp, healthy].map(|by| call.received(publisher, Source::Microphone, by));
    call.until("both are full", |call| call.sfu.counters().paths_dropped > dropped + 300);
    call.run_for(Duration::from_millis(500));
    let id = call.publication(publisher, Source::Microphone).unwrap();
    for (by, before) in [udp, healthy].into_iter().zip(before) {
        let gap = call.devices[&by].received[&id].longest_gap;
        assert!(gap < Duration::from_millis(200), "silence of {gap:?}");
        assert!(call.received(publisher, Source::Microphone, by) > before + 40);
    }
    assert_eq!(call.sfu.counters().packets_dropped, 0, "nobody else's queue was full");
    // Who reads again goes on.
    for sleeper in [stalled, relayed] {
        call.device(sleeper).subscribe.as_mut().unwrap().does_read = true;
        let before = call.received(publisher, Source::Microphone, sleeper);
        call.until("it goes on", |call| call.received(publisher, Source::Microphone, sleeper) > before + 50);
    }
    assert_eq!(call.trouble, []);
    tasks.stop();
    call.sfu.stop();
}

#[test]
fn replayed_and_forged_media_go_nowhere() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 40);
    let to = call.sfu.local_addr();
    let before = call.sfu.counters();
    let leg = call.device(publisher).publish.as_mut().unwrap();
    let packets: Vec<Vec<u8>> = leg.went_out.iter().cloned().collect();
    assert!(packets.len() > 20);
    let mut dice = Dice(0xf0_2026);
    for packet in &packets {
        leg.send_raw(packet, to);
        let mut forged = packet.clone();
        // Anything but the synchronisation source, under which it would be another stream's.
        let at = [2, 3, 12 + dice.roll(packet.len() - 12)][dice.roll(3)];
        forged[at] ^= 1 << dice.roll(8);
        leg.send_raw(&forged, to);
    }
    call.until("the repeated ones were counted", |call| {
        call.sfu.counters().packets_duplicate >= before.packets_duplicate + packets.len() as u64
    });
    call.run_for(Duration::from_millis(300));
    for source in BOTH {
        call.assert_intact(publisher, source, subscriber);
    }
    assert_eq!(call.trouble, []);
}

#[test]
fn another_certificate_than_announced_is_refused() {
    let mut call = Call::new();
    let publisher = call.enter(1);
    let now = call.now();
    call.device(publisher).does_offer = false;
    call.device(publisher).publish(now, &BOTH);
    let other = "a=fingerprint:sha-256 ".to_owned() + &["AB"; 32].join(":");
    call.device(publisher).offer_with(now, None, |sdp| {
        let line =
            |line: &str| if line.starts_with("a=fingerprint:") { other.clone() } else { line.to_owned() };
        sdp.lines().map(line).collect::<Vec<_>>().join("\r\n") + "\r\n"
    });
    call.until("it is refused", |call| !call.trouble.is_empty());
    let is_it = |event: &Event| matches!(event, Event::Failed { which: Direction::Publish, reason, .. } if reason.contains("certificate"));
    assert!(call.trouble.iter().all(is_it), "{:?}", call.trouble);
    call.run_for(Duration::from_millis(300));
    assert_eq!(call.sfu.counters().packets_in, 0);
}

#[test]
fn nothing_is_sent_to_an_address_that_did_not_prove_itself() {
    let mut call = Call::new();
    let publisher = call.enter_and_publish(1, &BOTH);
    let subscriber = call.enter(2);
    call.until("a picture", |call| call.received(publisher, Source::Camera, subscriber) > 20);
    let answer = call.device(publisher).answers[0].clone();
    let name = answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().to_owned();
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let to = call.sfu.local_addr();
    let username = format!("{name}:abcd");
    for round in 0..50_u8 {
        // A request with the right name; its integrity is wrong, its fingerprint is right.
        let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        request.extend([round; 12]);
        request.extend([0, 6, 0, username.len() as u8]);
        request.extend(username.bytes());
        request.resize(request.len().next_multiple_of(4), 0);
        request.extend([0, 0x25, 0, 0, 0, 8, 0, 20]);
        request.extend([round; 20]);
        let length = (request.len() + 8 - 20) as u16;
        request[2..4].copy_from_slice(&length.to_be_bytes());
        let fingerprint = rtc::stun::fingerprint::fingerprint_value(&request);
        request.extend([0x80, 0x28, 0, 4]);
        request.extend(fingerprint.to_be_bytes());
        stranger.send_to(&request, to).unwrap();
        // Media of the publisher, from there, and the begin of a handshake.
        let leg = call.device(publisher).publish.as_ref().unwrap();
        for packet in leg.went_out.iter().take(4) {
            stranger.send_to(packet, to).unwrap();
        }
        let mut hello = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, round, 0, 60, 1, 0, 0, 48, 0, 0];
        hello.resize(73, 0);
        stranger.send_to(&hello, to).unwrap();
        call.step();
    }
    let before = call.received(publisher, Source::Camera, subscriber);
    call.until("the others go on", |call| call.received(publisher, Source::Camera, subscriber) > before + 50);
    let answer = stranger.recv(&mut [0; 2048]).unwrap_err();
    assert_eq!(answer.kind(), std::io::ErrorKind::WouldBlock, "an answer to a stranger");
    call.assert_intact(publisher, Source::Camera, subscriber);
    assert_eq!(call.trouble, []);
}
