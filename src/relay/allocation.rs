//! One allocation: whom it may reach, under which names, and how long.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// A permission lasts so long (RFC 8656 section 9).
const PERMISSION: Duration = Duration::from_secs(300);
/// A channel lasts so long (RFC 8656 section 12).
const CHANNEL: Duration = Duration::from_secs(600);
/// However often it is prolonged. Its credentials may have ended before: a call goes on.
const MAX_AGE: Duration = Duration::from_secs(12 * 3600);
/// More than the media addresses that any machine announces.
const MAX_ENTRIES: usize = 16;

/// A channel number that is in use for another peer, or a peer that has another number (RFC 8656 section 12.2), or
/// more of them than anybody needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Taken;

#[derive(Clone, Debug)]
pub(super) struct Allocation {
    pub(super) user: String,
    pub(super) key: [u8; 16],
    made_at: Instant,
    ends_at: Instant,
    permissions: Vec<(IpAddr, Instant)>,
    channels: Vec<(u16, SocketAddr, Instant)>,
}

impl Allocation {
    pub(super) fn new(user: String, key: [u8; 16], now: Instant, lifetime: Duration) -> Self {
        let ends_at = now + lifetime;
        Self { user, key, made_at: now, ends_at, permissions: Vec::new(), channels: Vec::new() }
    }

    pub(super) fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// Prolongs it and says for how long.
    pub(super) fn prolong(&mut self, now: Instant, lifetime: Duration) -> Duration {
        self.ends_at = (now + lifetime).min(self.made_at + MAX_AGE);
        self.ends_at.saturating_duration_since(now)
    }

    pub(super) fn permit(&mut self, now: Instant, peer: IpAddr) -> Result<(), Taken> {
        self.permissions.retain(|(ip, ends_at)| *ends_at > now && *ip != peer);
        if self.permissions.len() >= MAX_ENTRIES {
            return Err(Taken);
        }
        self.permissions.push((peer, now + PERMISSION));
        Ok(())
    }

    /// Binds a channel, or prolongs it; permits its peer as well.
    pub(super) fn bind(&mut self, now: Instant, number: u16, peer: SocketAddr) -> Result<(), Taken> {
        self.channels.retain(|(.., ends_at)| *ends_at > now);
        let clashes =
            |(other, address, _): &(u16, SocketAddr, Instant)| (*other == number) != (*address == peer);
        if self.channels.iter().any(clashes) {
            return Err(Taken);
        }
        self.channels.retain(|(other, ..)| *other != number);
        if self.channels.len() >= MAX_ENTRIES {
            return Err(Taken);
        }
        self.permit(now, peer.ip())?;
        self.channels.push((number, peer, now + CHANNEL));
        Ok(())
    }

    pub(super) fn is_permitted(&self, now: Instant, peer: IpAddr) -> bool {
        self.permissions.iter().any(|(ip, ends_at)| *ip == peer && *ends_at > now)
    }

    /// The peer that a channel stands for. A permission that has ended closes it too (RFC 8656 section 12.6).
    pub(super) fn peer(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        let bound = self.channels.iter().find(|(other, _, ends_at)| *other == number && *ends_at > now);
        bound.map(|(_, peer, _)| *peer).filter(|peer| self.is_permitted(now, peer.ip()))
    }

    /// The channel of a peer.
    pub(super) fn channel(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let bound = self.channels.iter().find(|(_, other, ends_at)| *other == peer && *ends_at > now);
        bound.map(|(number, ..)| *number)
    }
}
