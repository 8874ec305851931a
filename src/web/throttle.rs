//! How often one address, or whoever holds one link, may ask. At the doors of guests it is a guard beside the five tries of each link:
//! whoever has many links, or none, is slowed down too.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clinical::network_of;

/// What is asked for at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Knock {
    Look,
    Code,
    Open,
    /// At the queue of a service.
    Queue,
    /// With a wrong code at the queue of a service.
    WrongCode,
    /// With an account of the gateway itself.
    Local,
    /// Looking for an appointment of others in an emergency.
    Emergency,
    /// Anything at all, from one address.
    Any,
    /// Anything at all, with one link.
    WithLink,
    /// Reports of what a page's policy forbade.
    Report,
}

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Network(IpAddr),
    /// A number for a link that means nothing outside of this process.
    Link(u64),
}

impl Knock {
    /// So many at once, and one more after each pause. A hospital's own network, or a mobile network, has many people behind one
    /// address.
    fn allowance(self) -> (u32, Duration) {
        match self {
            Self::Look => (240, Duration::from_millis(250)),
            Self::Code => (20, Duration::from_secs(10)),
            Self::Open => (30, Duration::from_secs(4)),
            Self::Queue | Self::Local => (60, Duration::from_secs(2)),
            Self::WrongCode => (30, Duration::from_secs(20)),
            Self::Emergency => (12, Duration::from_secs(30)),
            // A page of staff asks for some forty things when it is opened, one of a whole ward comes from one address.
            Self::Any => (3000, Duration::from_millis(5)),
            Self::WithLink => (300, Duration::from_millis(100)),
            Self::Report => (30, Duration::from_secs(10)),
        }
    }
}

/// Counts knocks by address and by link, for a bounded number of both.
#[derive(Debug)]
pub struct Throttle {
    /// When the whole allowance of an address is there again.
    full_at: Mutex<HashMap<(Knock, Source), Instant>>,
    capacity: usize,
    links: RandomState,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::with_capacity(Self::CAPACITY)
    }
}

impl Throttle {
    /// Addresses that are remembered at one time.
    const CAPACITY: usize = 16_384;

    fn with_capacity(capacity: usize) -> Self {
        Self { full_at: Mutex::default(), capacity, links: RandomState::new() }
    }

    /// Whether whoever shows this link may ask for something more now; if so it counts.
    pub(super) fn may_with_link(&self, link: &str, now: Instant) -> bool {
        self.counts(Knock::WithLink, Source::Link(self.links.hash_one(link)), now)
    }

    /// Whether this person may knock now, from wherever; if so it counts.
    pub(super) fn may_as(&self, knock: Knock, person: &str, now: Instant) -> bool {
        self.counts(knock, Source::Link(self.links.hash_one(person)), now)
    }

    /// Whether this address may knock now; if so it counts.
    pub(super) fn may(&self, knock: Knock, address: IpAddr, now: Instant) -> bool {
        self.counts(knock, Source::Network(network_of(address)), now)
    }

    /// A knock that counted was none of those that are to be few.
    pub(super) fn give_back(&self, knock: Knock, address: IpAddr) {
        let (_, pause) = knock.allowance();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = full_at.get_mut(&(knock, Source::Network(network_of(address))))
            && let Some(before) = at.checked_sub(pause)
        {
            *at = before;
        }
    }

    fn counts(&self, knock: Knock, source: Source, now: Instant) -> bool {
        let (burst, pause) = knock.allowance();
        let key = (knock, source);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full_at.get(&key).copied().unwrap_or(now).max(now) + pause;
        if next > now + pause * burst {
            return false;
        }
        if full_at.len() >= self.capacity && !full_at.contains_key(&key) {
            full_at.retain(|_, at| *at > now);
            // All of them knock at once: whoever has knocked least is forgotten.
            if full_at.len() >= self.capacity
                && let Some(least) = full_at.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key)
            {
                full_at.remove(&least);
            }
        }
        full_at.insert(key, next);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn start() -> Instant {
        crate::clock::Clock::system().instant()
    }

    fn host(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[test]
    fn an_address_has_its_burst_and_then_its_pace_and_others_have_theirs() {
        let (throttle, now) = (Throttle::default(), start());
        let tried = (0..100).filter(|_| throttle.may(Knock::Open, host(1), now)).count();
        assert_eq!(tried, 30);
        assert!(throttle.may(Knock::Open, host(2), now));
        assert!(throttle.may(Knock::Look, host(1), now), "each kind counts by itself");
        assert!(!throttle.may(Knock::Open, host(1), now + Duration::from_secs(3)));
        assert!(throttle.may(Knock::Open, host(1), now + Duration::from_secs(4)));
        assert!(!throttle.may(Knock::Open, host(1), now + Duration::from_secs(4)));
    }

    #[test]
    fn a_household_of_ipv6_is_one_address_and_ipv4_within_it_is_ipv4() {
        let (throttle, now) = (Throttle::default(), start());
        for number in 0..20_u16 {
            assert!(throttle.may(
                Knock::Code,
                Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, number).into(),
                now
            ));
        }
        assert!(!throttle.may(Knock::Code, "2001:db8:0:1:ffff::1".parse().unwrap(), now));
        assert!(throttle.may(Knock::Code, "2001:db8:0:2::1".parse().unwrap(), now));
        for _ in 0..20 {
            throttle.may(Knock::Code, host(7), now);
        }
        assert!(!throttle.may(Knock::Code, "::ffff:192.0.2.7".parse().unwrap(), now));
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let (throttle, now) = (Throttle::default(), start());
        for _ in 0..100 {
            assert!(throttle.may(Knock::WrongCode, host(1), now));
            throttle.give_back(Knock::WrongCode, host(1));
        }
        throttle.give_back(Knock::WrongCode, host(2));
        assert_eq!((0..100).filter(|_| throttle.may(Knock::WrongCode, host(1), now)).count(), 30);
    }

    #[test]
    fn a_link_has_its_own_allowance_wherever_it_is_used() {
        let (throttle, now) = (Throttle::default(), start());
        assert_eq!((0..1000).filter(|_| throttle.may_with_link("one", now)).count(), 300);
        assert!(throttle.may_with_link("another", now));
        assert!(throttle.may_with_link("one", now + Duration::from_millis(100)));
    }

    #[test]
    fn the_table_is_bounded_and_whoever_knocks_most_is_not_forgotten() {
        let (throttle, now) = (Throttle::with_capacity(10), start());
        while throttle.may(Knock::Open, host(255), now) {}
        for number in 0..100 {
            assert!(throttle.may(Knock::Open, host(number), now));
        }
        assert_eq!(throttle.full_at.lock().unwrap().len(), 10);
        assert!(!throttle.may(Knock::Open, host(255), now));
        assert!(throttle.may(Knock::Open, host(200), now + Duration::from_secs(1000)));
        assert_eq!(throttle.full_at.lock().unwrap().len(), 1, "what is full again is forgotten first");
    }
}
