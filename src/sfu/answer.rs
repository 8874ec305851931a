//! Answers to STUN requests that name no device: what a browser asks to see whether it can reach this port at all.
//!
//! Two kinds. A plain Binding request is told where it came from (RFC 8489), 12 bytes longer than the shortest
//! request for IPv4 and 24 for IPv6. A connectivity check for the probe (RFC 8445 section 7) is answered if it is
//! signed with the probe's password, which every page may know: with it a browser tries a whole rung, ICE and all,
//! and nobody is admitted anywhere. The answer is shorter than the check. Both are limited for each sender and in
//! all, so that forged senders gain nothing.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::path::{is_virtual, network};
use crate::stun::{Message, Reply, attribute, kind};

/// Answers that one sender gets at once, and how long it takes until the next.
const BURST: u32 = 40;
const PACE: Duration = Duration::from_millis(100);
/// Answers a second, in all.
const MAX_A_SECOND: u32 = 2000;
/// Senders that are remembered.
const MAX_SENDERS: usize = 4096;

/// Name and password with which a browser tries whether ICE comes through, without entering anything. No secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// ICE user name fragment.
    pub ufrag: String,
    /// ICE password.
    pub pwd: String,
}

pub(super) struct Answers {
    probe: Probe,
    senders: HashMap<IpAddr, Bucket>,
    second: (Instant, u32),
}

struct Bucket {
    left: u32,
    filled_at: Instant,
}

impl Answers {
    pub(super) fn new(probe: Probe, now: Instant) -> Self {
        Self { probe, senders: HashMap::new(), second: (now, 0) }
    }

    /// The answer to a datagram that is for no device. `None` if it gets none.
    pub(super) fn answer(&mut self, now: Instant, datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        let message = Message::read(datagram).filter(|message| message.kind() == kind::BINDING)?;
        let reply = || {
            Reply::new(kind::BINDING | kind::SUCCESS, message.transaction())
                .with_address(attribute::XOR_MAPPED_ADDRESS, from)
        };
        match message.text(attribute::USERNAME) {
            None if message.is_signed() => None,
            None => self.may_answer(now, from).then(|| reply().into_bytes()),
            Some(name) => {
                let is_probe = name.split_once(':').is_some_and(|(own, _)| own == self.probe.ufrag);
                // First the limit: a signature costs more to check than to forge.
                let is_right = is_probe
                    && self.may_answer(now, from)
                    && message.is_signed_with(self.probe.pwd.as_bytes());
                is_right.then(|| reply().signed(self.probe.pwd.as_bytes()).with_fingerprint().into_bytes())
            }
        }
    }

    fn may_answer(&mut self, now: Instant, from: SocketAddr) -> bool {
        let (begun_at, answers) = &mut self.second;
        if now.saturating_duration_since(*begun_at) >= Duration::from_secs(1) {
            (*begun_at, *answers) = (now, 0);
        }
        if *answers >= MAX_A_SECOND {
            return false;
        }
        *answers += 1;
        // Paths of the gateway's own have quotas, and share their addresses.
        if is_virtual(from) {
            return true;
        }
        let sender = network(from.ip());
        if !self.senders.contains_key(&sender) && self.senders.len() >= MAX_SENDERS {
            // Those that could ask for everything again need not be remembered.
            self.senders.retain(|_, bucket| now.saturating_duration_since(bucket.filled_at) < PACE * BURST);
            if self.senders.len() >= MAX_SENDERS {
                return false;
            }
        }
        let bucket = self.senders.entry(sender).or_insert(Bucket { left: BURST, filled_at: now });
        let steps = now.saturating_duration_since(bucket.filled_at).as_millis() / PACE.as_millis();
        if steps > 0 {
            bucket.left = bucket.left.saturating_add(steps.min(BURST.into()) as u32).min(BURST);
            bucket.filled_at = now;
        }
        bucket.left.checked_sub(1).map(|left| bucket.left = left).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "203.0.113.9:5000";

    fn answers() -> (Answers, Instant) {
        let now = crate::clock::Clock::system().instant();
        let probe = Probe { ufrag: "probe".into(), pwd: "a password of the probe".into() };
        (Answers::new(probe, now), now)
    }

    fn check(name: &str, pwd: &str) -> Vec<u8> {
        // As long as the checks of browsers: user name, role, priority, signature, check sum.
        let request = Reply::new(kind::BINDING, [4; 12]).with(attribute::USERNAME, name.as_bytes());
        let request = request.with(0x802a, &[0; 8]).with(0x0024, &[0; 4]);
        request.signed(pwd.as_bytes()).with_fingerprint().into_bytes()
    }

    #[test]
    fn a_plain_request_is_told_where_it_came_from_and_little_more() {
        let (mut answers, now) = answers();
        let request = Reply::new(kind::BINDING, [4; 12]).into_bytes();
        for (from, more) in [(HERE, 12), ("[2a00::1]:5000", 24)] {
            let from = from.parse().unwrap();
            let answer = answers.answer(now, &request, from).unwrap();
            assert_eq!(answer.len(), request.len() + more);
            assert_eq!(Message::read(&answer).unwrap().address(attribute::XOR_MAPPED_ADDRESS), Some(from));
        }
    }

    #[test]
    fn a_check_of_the_probe_gets_a_signed_answer_that_is_shorter() {
        let (mut answers, now) = answers();
        let from = HERE.parse().unwrap();
        let check = check("probe:abcd", "a password of the probe");
        let answer = answers.answer(now, &check, from).unwrap();
        assert!(answer.len() < check.len(), "{} {}", answer.len(), check.len());
        assert!(Message::read(&answer).unwrap().is_signed_with(b"a password of the probe"));
    }

    #[test]
    fn nothing_else_is_answered() {
        let (mut answers, now) = answers();
        let from = HERE.parse().unwrap();
        let with = |kind| Reply::new(kind, [4; 12]).into_bytes();
        for datagram in [
            check("probe:abcd", "wrong"),
            check("other:abcd", "a password of the probe"),
            check("probe", "a password of the probe"),
            with(kind::BINDING | kind::SUCCESS),
            with(kind::BINDING | kind::INDICATION),
            with(kind::ALLOCATE),
            b"\x00\x01\x00\x00".to_vec(),
            vec![],
        ] {
            assert_eq!(answers.answer(now, &datagram, from), None);
        }
    }

    #[test]
    fn a_sender_is_answered_so_often_and_others_still() {
        let (mut answers, now) = answers();
        let request = Reply::new(kind::BINDING, [4; 12]).into_bytes();
        let ask = |answers: &mut Answers, now, from: &str| {
            answers.answer(now, &request, from.parse().unwrap()).is_some()
        };
        let given = (0..100).filter(|_| ask(&mut answers, now, HERE)).count();
        assert_eq!(given, 40);
        assert!(!ask(&mut answers, now, "203.0.113.9:6000"), "another port is the same sender");
        assert!(ask(&mut answers, now, "203.0.113.10:5000"));
        assert!(ask(&mut answers, now + PACE, HERE));
        assert!(!ask(&mut answers, now + PACE, HERE));
        let given = (0..100).filter(|i| ask(&mut answers, now, &format!("[2a00::{i:x}]:1"))).count();
        assert_eq!(given, 40, "a /64 is one sender");
    }

    #[test]
    fn what_is_remembered_and_answered_in_all_is_bounded() {
        let (mut answers, now) = answers();
        let request = Reply::new(kind::BINDING, [4; 12]).into_bytes();
        let mut given = 0;
        for sender in 0..20_000_u32 {
            let from = SocketAddr::from((std::net::Ipv4Addr::from(0x0b00_0000 + sender), 5));
            given += usize::from(answers.answer(now, &request, from).is_some());
        }
        assert_eq!(given, MAX_A_SECOND as usize);
        for second in 1..20 {
            for sender in 0..1000_u32 {
                let ip = std::net::Ipv4Addr::from(0x0c00_0000 + second * 1000 + sender);
                let later = now + Duration::from_secs(second.into());
                answers.answer(later, &request, SocketAddr::from((ip, 5)));
                assert!(answers.senders.len() <= MAX_SENDERS);
            }
        }
    }
}
