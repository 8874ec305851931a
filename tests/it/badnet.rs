//! The bad network of `tests/badnet/` decides by its seed and its schedule alone.

use std::time::{Duration, Instant};

#[path = "../badnet/schedule.rs"]
mod schedule;
#[path = "../badnet/shaper.rs"]
mod shaper;

use schedule::{Change, Way};
use shaper::{Carried, Conditions, Fate, Firewall, Shaper};

#[expect(clippy::disallowed_methods, reason = "a point to count from")]
fn now() -> Instant {
    Instant::now()
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// Fates of packets of 1000 bytes that come every millisecond, as delays.
fn fates(seed: u64, conditions: &Conditions, count: u32) -> Vec<Result<Duration, Fate>> {
    let (mut shaper, begun) = (Shaper::new(seed), now());
    shaper.set(conditions.clone());
    (0..count)
        .map(|number| {
            let at: Instant = begun + MILLISECOND * number;
            match shaper.offer(at, 1000, Carried::Udp) {
                Fate::Delivered(out) => Ok(out - at),
                other => Err(other),
            }
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_network_and_another_one_another() {
    let bad = Conditions { loss: 0.2, jitter: MILLISECOND * 100, reorder: 0.1, ..Conditions::default() };
    assert_eq!(fates(7, &bad, 2000), fates(7, &bad, 2000));
    assert_ne!(fates(7, &bad, 2000), fates(8, &bad, 2000));
}

#[test]
fn a_condition_does_not_change_the_luck_of_another() {
    let lossy = Conditions { loss: 0.2, ..Conditions::default() };
    let worse = Conditions { jitter: MILLISECOND * 50, reorder: 0.3, ..lossy.clone() };
    let lost = |conditions: &Conditions| -> Vec<bool> {
        fates(3, conditions, 1000).into_iter().map(|fate| fate == Err(Fate::Lost)).collect()
    };
    assert_eq!(lost(&lossy), lost(&worse));
}

#[test]
fn loss_jitter_and_order_are_as_asked_for() {
    let bad = Conditions {
        delay: MILLISECOND * 30,
        jitter: MILLISECOND * 100,
        loss: 0.2,
        reorder: 0.05,
        ..Conditions::default()
    };
    let fates = fates(11, &bad, 20_000);
    let delays: Vec<Duration> = fates.iter().filter_map(|fate| fate.ok()).collect();
    let lost = 1.0 - delays.len() as f64 / fates.len() as f64;
    assert!((0.19..0.21).contains(&lost), "{lost}");
    let (early, late): (Vec<_>, Vec<_>) = delays.iter().partition(|delay| **delay < bad.delay);
    let early = early.len() as f64 / delays.len() as f64;
    assert!((0.04..0.06).contains(&early), "{early}");
    let mean = late.iter().sum::<Duration>() / late.len() as u32;
    assert!((MILLISECOND * 78..MILLISECOND * 82).contains(&mean), "{mean:?}");
    assert!(late.iter().max().is_some_and(|most| *most <= MILLISECOND * 130));
}

#[test]
fn a_bottleneck_passes_its_rate_and_drops_what_its_queue_does_not_hold() {
    // 8 Mbit/s come, 4 Mbit/s go.
    let narrow = Conditions { rate_bps: Some(4_000_000), queue_bytes: 10_000, ..Conditions::default() };
    let fates = fates(1, &narrow, 4000);
    let passed = fates.iter().filter(|fate| fate.is_ok()).count();
    assert!((1990..2020).contains(&passed), "{passed}");
    assert!(fates.iter().all(|fate| fate.is_ok() || *fate == Err(Fate::Overflowed)));
    // A full queue is 20 ms long.
    let longest = fates.iter().filter_map(|fate| fate.ok()).max();
    assert!(
        longest.is_some_and(|delay| (MILLISECOND * 18..=MILLISECOND * 20).contains(&delay)),
        "{longest:?}"
    );
}

#[test]
fn a_blackout_passes_nothing_and_ends() {
    let (mut shaper, now) = (Shaper::new(5), now());
    shaper.set(Conditions { is_black: true, ..Conditions::default() });
    assert!((0..100).all(|_| shaper.offer(now, 60, Carried::Other) == Fate::Blacked));
    shaper.set(Conditions::default());
    assert_eq!(shaper.offer(now, 60, Carried::Other), Fate::Delivered(now));
    assert_eq!((shaper.counts().blacked, shaper.counts().delivered), (100, 1));
}

#[test]
fn a_schedule_reads_as_it_is_written() {
    let text = "# a walk to the car park\n\n0s both delay=30ms\n5.5s up loss=20% jitter=100ms rate=300kbit queue=16000\n\
                10s down blackout\n20s address 10.77.0.3\n60s end\n";
    let steps = schedule::read(text).expect("a schedule");
    let changes: Vec<_> = steps.iter().map(|step| (step.at.as_millis(), &step.change)).collect();
    let wire = Conditions::default();
    let slow = Conditions { delay: MILLISECOND * 30, ..wire.clone() };
    let bad = Conditions {
        loss: 0.2,
        jitter: MILLISECOND * 100,
        rate_bps: Some(300_000),
        queue_bytes: 16_000,
        ..wire.clone()
    };
    let black = Conditions { is_black: true, ..wire };
    assert_eq!(
        changes,
        [
            (0, &Change::Conditions(vec![Way::Up, Way::Down], slow)),
            (5500, &Change::Conditions(vec![Way::Up], bad)),
            (10_000, &Change::Conditions(vec![Way::Down], black)),
            (20_000, &Change::Address("10.77.0.3".to_owned())),
            (60_000, &Change::End),
        ]
    );
}

#[test]
fn a_schedule_with_a_mistake_is_refused_with_its_line() {
    for wrong in [
        "0s",
        "soon end",
        "1s sideways loss=1%",
        "1s up loss=120%",
        "1s up loss=2",
        "1s up rate=0kbit",
        "1s up rate=3",
        "1s up speed=3",
        "1s up block=tcp",
        "1s up only=https",
        "1s up blackout=1",
        "1s address nowhere",
        "1s end now",
        "-1s end",
    ] {
        let told = schedule::read(&format!("0s both\n{wrong}\n")).expect_err(wrong);
        assert!(told.starts_with("line 2: "), "{wrong}: {told}");
    }
    assert!(schedule::read("2s both\n1s end\n").is_err_and(|told| told.contains("earlier")));
}

/// An IPv4 packet with a header of 20 bytes.
fn packet(protocol: u8, from: u16, to: u16) -> Vec<u8> {
    let mut bytes = vec![0; 40];
    (bytes[0], bytes[9]) = (0x45, protocol);
    bytes[20..22].copy_from_slice(&from.to_be_bytes());
    bytes[22..24].copy_from_slice(&to.to_be_bytes());
    bytes
}

#[test]
fn a_firewall_tells_packets_apart() {
    let (udp, there, back) = (packet(17, 5000, 443), packet(6, 5000, 443), packet(6, 443, 5000));
    let (other_port, echo) = (packet(6, 5000, 7882), packet(1, 0, 0));
    let passes = |firewall, packet: &[u8]| {
        let (mut shaper, now) = (Shaper::new(1), now());
        shaper.set(Conditions { firewall, ..Conditions::default() });
        shaper.offer(now, packet.len(), Carried::of(packet)) != Fate::Blocked
    };
    let all = [&udp, &there, &back, &other_port, &echo];
    let let_through = |firewall| all.map(|packet| passes(firewall, packet));
    assert_eq!(let_through(Firewall::Everything), [true; 5]);
    assert_eq!(let_through(Firewall::NoUdp), [false, true, true, true, true]);
    assert_eq!(let_through(Firewall::OnlyTcp(443)), [false, true, true, false, true]);
    assert_eq!(Carried::of(&[]), Carried::Other);
    assert_eq!(Carried::of(&[0x4f, 0, 0, 0, 0, 0, 0, 0, 0, 6]), Carried::Other);
}
