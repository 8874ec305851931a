//! The lite agent of ICE (RFC 8445 section 2.5): it never asks, it answers, and it sends where the device is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::handover::ShardNumber;
use super::stun::Request;
use crate::clock::Clock;

/// Without a check for so long the path counts as lost, then as given up. Media do not count, and browsers check
/// every 5 s at the slowest.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(12);
const FAILED_AFTER: Duration = Duration::from_secs(30);
/// Most addresses of one device that have proved themselves; the one without a check for longest makes place.
const MAX_ADDRESSES: usize = 8;
/// Media that came in this time tell better than a nomination where the device is.
const MEDIA_COUNT: Duration = Duration::from_millis(500);

/// Name and password of one side (RFC 8445 section 5.3).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) name: String,
    password: String,
}

impl Credentials {
    fn new(clock: &Clock, shard: ShardNumber) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        // At least 24 and 128 bits of chance are asked for.
        let name = format!("{}{}", shard.letter(), hex(&clock.random_bytes::<8>()));
        Self { name, password: hex(&clock.random_bytes::<16>()) }
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }
}

/// How the path is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PathState {
    /// No check has come yet.
    New,
    Alive,
    Lost,
    Failed,
}

/// Where one device is, as far as it has proved it.
pub(super) struct Ice {
    /// Told by the names.
    shard: ShardNumber,
    current: Credentials,
    /// Those before the last restart: they stay valid until the new ones are used.
    earlier: Option<Credentials>,
    /// Addresses that a check with our password came from, with the time of the last one.
    proved: Vec<(SocketAddr, Instant)>,
    chosen: Option<SocketAddr>,
    checked_at: Option<Instant>,
    media_at: Option<Instant>,
    /// When a device that has not come yet began to be waited for.
    waits_since: Option<Instant>,
}

impl Ice {
    pub(super) fn new(clock: &Clock, shard: ShardNumber) -> Self {
        Self {
            shard,
            current: Credentials::new(clock, shard),
            earlier: None,
            proved: Vec::new(),
            chosen: None,
            checked_at: None,
            media_at: None,
            waits_since: None,
        }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.current
    }

    /// New credentials (RFC 8445 section 9). The old path stays in use until the device uses them.
    pub(super) fn restart(&mut self, clock: &Clock) {
        let before = std::mem::replace(&mut self.current, Credentials::new(clock, self.shard));
        self.earlier.get_or_insert(before);
    }

    /// From now on the device is expected.
    pub(super) fn expect(&mut self, now: Instant) {
        self.waits_since.get_or_insert(now);
    }

    /// Takes a STUN message; gives the answer, if one is due.
    pub(super) fn check(&mut self, now: Instant, bytes: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        let request = Request::parse(bytes)?;
        let is_current = request.name == self.current.name;
        let credentials = if is_current { Some(&self.current) } else { self.earlier.as_ref() };
        let credentials = credentials.filter(|credentials| credentials.name == request.name)?;
        if !request.is_authentic(&credentials.password) {
            return None;
        }
        let (answer, is_success) = request.answer(&credentials.password, from);
        if is_success {
            self.checked_at = Some(now);
            self.prove(now, from);
            if is_current && request.is_nomination && self.earlier.take().is_some() {
                // The first path of a restart is taken at once: the old one is why the device restarted.
                self.media_at = None;
            }
            let is_busy = self.media_at.is_some_and(|at| now.saturating_duration_since(at) < MEDIA_COUNT);
            if self.chosen.is_none() || request.is_nomination && !is_busy {
                self.chosen = Some(from);
            }
        }
        Some(answer)
    }

    fn prove(&mut self, now: Instant, from: SocketAddr) {
        if let Some(known) = self.proved.iter_mut().find(|(address, _)| *address == from) {
            known.1 = now;
            return;
        }
        if self.proved.len() >= MAX_ADDRESSES
            && let Some(oldest) = (0..self.proved.len()).min_by_key(|index| self.proved[*index].1)
        {
            self.proved.swap_remove(oldest);
        }
        self.proved.push((from, now));
    }

    /// May anything but an answer to a check be sent there?
    pub(super) fn is_proved(&self, address: SocketAddr) -> bool {
        self.chosen == Some(address) || self.proved.iter().any(|(proved, _)| *proved == address)
    }

    /// Something came that only the device can have made. Where it came from is where to send.
    pub(super) fn authentic(&mut self, now: Instant, from: SocketAddr) {
        if self.chosen != Some(from) {
            if !self.is_proved(from) {
                return; // a copy of the device's packet, sent from elsewhere, leads nothing there
            }
            self.chosen = Some(from);
        }
        self.media_at = Some(now);
    }

    /// Where to send.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.chosen
    }

    pub(super) fn state(&self, now: Instant) -> PathState {
        let silent = |since: Instant| now.saturating_duration_since(since);
        match (self.checked_at, self.waits_since) {
            (Some(at), _) if silent(at) >= FAILED_AFTER => PathState::Failed,
            (Some(at), _) if silent(at) >= DISCONNECTED_AFTER => PathState::Lost,
            (Some(_), _) => PathState::Alive,
            (None, Some(at)) if silent(at) >= FAILED_AFTER => PathState::Failed,
            (None, _) => PathState::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stun::request;
    use super::*;
    use crate::stun::attribute::USE_CANDIDATE;

    const HERE: &str = "192.0.2.1:5000";
    const THERE: &str = "192.0.2.2:5000";

    fn check(
        ice: &mut Ice,
        credentials: &Credentials,
        now: Instant,
        from: &str,
        is_nomination: bool,
    ) -> bool {
        let attributes: &[u16] = if is_nomination { &[USE_CANDIDATE] } else { &[] };
        let username = format!("{}:device", credentials.name);
        let bytes = request(&username, &credentials.password, attributes);
        ice.check(now, &bytes, from.parse().unwrap()).is_some()
    }

    #[test]
    fn the_nominated_path_is_used_until_media_come_from_another() {
        let clock = Clock::system();
        let (mut ice, now) = (Ice::new(&clock, ShardNumber(0)), clock.instant());
        let own = ice.current.clone();
        assert_eq!((ice.address(), ice.state(now)), (None, PathState::New));
        assert!(check(&mut ice, &own, now, HERE, false));
        assert!(check(&mut ice, &own, now, THERE, true));
        assert_eq!(ice.address(), Some(THERE.parse().unwrap()));
        ice.authentic(now, HERE.parse().unwrap());
        assert_eq!(ice.address(), Some(HERE.parse().unwrap()));
        check(&mut ice, &own, now, THERE, true);
        assert_eq!(ice.address(), Some(HERE.parse().unwrap()), "media are there right now");
        check(&mut ice, &own, now + MEDIA_COUNT, THERE, true);
        assert_eq!(ice.address(), Some(THERE.parse().unwrap()));
    }

    #[test]
    fn nothing_leads_to_an_address_that_did_not_prove_itself() {
        let clock = Clock::system();
        let (mut ice, now) = (Ice::new(&clock, ShardNumber(0)), clock.instant());
        let own = ice.current.clone();
        let wrong = Credentials { password: "0".repeat(32), ..own.clone() };
        assert!(!check(&mut ice, &wrong, now, THERE, true));
        assert_eq!(ice.address(), None);
        check(&mut ice, &own, now, HERE, true);
        ice.authentic(now, THERE.parse().unwrap());
        assert_eq!(ice.address(), Some(HERE.parse().unwrap()));
        assert!(!ice.is_proved(THERE.parse().unwrap()));
        for port in 0..100 {
            check(&mut ice, &own, now, &format!("192.0.2.3:{}", 1000 + port), false);
        }
        assert_eq!(ice.proved.len(), MAX_ADDRESSES);
    }

    #[test]
    fn old_credentials_are_valid_until_the_new_ones_are_used() {
        let clock = Clock::system();
        let (mut ice, now) = (Ice::new(&clock, ShardNumber(0)), clock.instant());
        let old = ice.current.clone();
        check(&mut ice, &old, now, HERE, true);
        ice.authentic(now, HERE.parse().unwrap());
        ice.restart(&clock);
        ice.restart(&clock);
        let new = ice.current.clone();
        assert!(check(&mut ice, &old, now, HERE, true));
        assert!(check(&mut ice, &new, now, THERE, true));
        assert_eq!(ice.address(), Some(THERE.parse().unwrap()), "the new path is taken at once");
        assert!(!check(&mut ice, &old, now, HERE, true));
    }

    #[test]
    fn silence_is_noticed() {
        let clock = Clock::system();
        let (mut ice, now) = (Ice::new(&clock, ShardNumber(0)), clock.instant());
        let own = ice.current.clone();
        ice.expect(now);
        assert_eq!(ice.state(now + FAILED_AFTER), PathState::Failed, "the device never came");
        check(&mut ice, &own, now, HERE, true);
        let lost = now + DISCONNECTED_AFTER;
        assert_eq!(ice.state(lost - Duration::from_millis(1)), PathState::Alive);
        assert_eq!(ice.state(lost), PathState::Lost);
        let failed = now + FAILED_AFTER;
        assert_eq!(ice.state(failed), PathState::Failed);
        check(&mut ice, &own, lost, HERE, true);
        assert_eq!(ice.state(failed), PathState::Lost, "a check brings it back");
    }
}
