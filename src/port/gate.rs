//! How much anybody may take: connections of one address, allocations of one person.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sfu::network;

/// Connections whose first bytes or TLS handshake are awaited, in all.
const MAX_ARRIVING: usize = 2048;
/// Those of one address. A hospital's own people may all come from one.
const MAX_ARRIVING_OF_ONE: usize = 256;
/// Media streams of one address: a hundred people behind one address with some streams each.
const MAX_STREAMS_OF_ONE: usize = 1024;
/// Media streams in all.
const MAX_STREAMS: usize = 8192;
/// Connections of HTTP of one address, and in all: browsers open six at most of HTTP/1, and sockets each have one.
const MAX_HTTP_OF_ONE: usize = 2048;
const MAX_HTTP: usize = 8192;
/// Allocations of one person: two peer connections, some addresses of the relay, ICE restarts.
const MAX_ALLOCATIONS: usize = 16;

/// What is counted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Claim {
    Arriving,
    ArrivingFrom(IpAddr),
    Stream,
    StreamFrom(IpAddr),
    Http,
    HttpFrom(IpAddr),
    Allocation(String),
}

impl Claim {
    fn limit(&self) -> usize {
        match self {
            Self::Arriving => MAX_ARRIVING,
            Self::ArrivingFrom(_) => MAX_ARRIVING_OF_ONE,
            Self::Stream => MAX_STREAMS,
            Self::StreamFrom(_) => MAX_STREAMS_OF_ONE,
            Self::Http => MAX_HTTP,
            Self::HttpFrom(_) => MAX_HTTP_OF_ONE,
            Self::Allocation(_) => MAX_ALLOCATIONS,
        }
    }
}

/// Counts what is in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate(Arc<Mutex<HashMap<Claim, usize>>>);

/// What is in use, until it is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    gate: Gate,
    claims: Vec<Claim>,
}

impl Gate {
    /// A connection that has said nothing yet.
    pub(super) fn arrive(&self, ip: IpAddr) -> Option<Ticket> {
        self.take(vec![Claim::Arriving, Claim::ArrivingFrom(network(ip))])
    }

    /// A stream of media.
    pub(super) fn stream(&self, ip: IpAddr) -> Option<Ticket> {
        self.take(vec![Claim::Stream, Claim::StreamFrom(network(ip))])
    }

    /// A connection of HTTP.
    pub(super) fn http(&self, ip: IpAddr) -> Option<Ticket> {
        self.take(vec![Claim::Http, Claim::HttpFrom(network(ip))])
    }

    /// An allocation of this user name.
    pub(super) fn allocation(&self, user: String) -> Option<Ticket> {
        self.take(vec![Claim::Allocation(user)])
    }

    /// All of these or none.
    fn take(&self, claims: Vec<Claim>) -> Option<Ticket> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.iter().any(|claim| counts.get(claim).is_some_and(|count| *count >= claim.limit())) {
            return None;
        }
        for claim in &claims {
            *counts.entry(claim.clone()).or_default() += 1;
        }
        Some(Ticket { gate: self.clone(), claims })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.gate.0.lock().unwrap_or_else(PoisonError::into_inner);
        for claim in &self.claims {
            if let Some(count) = counts.get_mut(claim) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(claim);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn a_limit_holds_for_each_and_is_given_back() {
        let gate = Gate::default();
        let mut tickets: Vec<_> =
            (0..MAX_ALLOCATIONS).map(|_| gate.allocation("a".into()).unwrap()).collect();
        assert!(gate.allocation("a".into()).is_none());
        assert!(gate.allocation("b".into()).is_some());
        tickets.pop();
        assert!(gate.allocation("a".into()).is_some());
        drop(tickets);
        assert!(gate.0.lock().unwrap().is_empty(), "nothing is remembered of who has gone");
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let gate = Gate::default();
        let from = |i: u32| IpAddr::from(Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, i as u16));
        let tickets: Vec<_> = (0..5000).filter_map(|i| gate.arrive(from(i))).collect();
        assert_eq!(tickets.len(), MAX_ARRIVING_OF_ONE, "a /64 is one sender");
        assert!(gate.arrive("192.0.2.1".parse().unwrap()).is_some());
    }
}
