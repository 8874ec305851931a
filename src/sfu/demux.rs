//! Whose is a datagram? One port serves everybody: the ICE user name of a STUN request tells the peer, and the
//! address it came from stands for that peer from then on.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// How many addresses one peer may come from at a time; the one that is silent for longest makes place.
const MAX_ADDRESSES: usize = 8;
/// How many ICE user names one peer may have: the newest, and older ones until the new path is chosen.
const MAX_NAMES: usize = 4;
/// An address that was heard of in this time stays with its peer, whoever else claims it.
pub(super) const HOLD: Duration = Duration::from_secs(3);

/// Which protocol a datagram is of, by its first byte (RFC 7983 section 7) and what must follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

/// Sorts a datagram. RTP and RTCP are named so only if their fixed parts are whole.
pub(super) fn classify(datagram: &[u8]) -> Protocol {
    match datagram {
        [0..=3, ..] if datagram.len() >= 20 && datagram[4..8] == [0x21, 0x12, 0xa4, 0x42] => Protocol::Stun,
        [20..=63, ..] if datagram.len() >= 13 => Protocol::Dtls,
        // RFC 5761 section 4: the packet type of RTCP is where RTP has marker and payload type.
        [128..=191, 192..=223, ..] if datagram.len() >= 8 => Protocol::Rtcp,
        [128..=191, ..] if is_rtp(datagram) => Protocol::Rtp,
        _ => Protocol::Unknown,
    }
}

/// The header of RFC 3550 section 5.1 is whole, with the contributing sources and the extension it announces.
fn is_rtp(datagram: &[u8]) -> bool {
    let Some(first) = datagram.first() else { return false };
    let mut length = 12 + usize::from(first & 0x0f) * 4;
    if first & 0x10 != 0 {
        let Some(&[_, _, high, low]) = datagram.get(length..length + 4) else { return false };
        length += 4 + usize::from(u16::from_be_bytes([high, low])) * 4;
    }
    datagram.len() >= length
}

/// The server's half of the user name in a STUN request (RFC 8445 section 7.2.2): before the colon.
pub(super) fn stun_name(datagram: &[u8]) -> Option<&str> {
    const USERNAME: u16 = 0x0006;
    if classify(datagram) != Protocol::Stun {
        return None;
    }
    let mut rest = &datagram[20..];
    while let [type_high, type_low, length_high, length_low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        let value = tail.get(..length)?;
        if u16::from_be_bytes([*type_high, *type_low]) == USERNAME {
            let (name, _) = std::str::from_utf8(value).ok()?.split_once(':')?;
            return Some(name);
        }
        rest = tail.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// A way to a peer.
#[derive(Clone, Copy, Debug)]
struct Route<K> {
    key: K,
    heard_at: Instant,
    /// The address of ours that was spoken to, to answer from.
    local: Option<IpAddr>,
}

/// Who is where.
#[derive(Debug)]
pub(super) struct Routes<K> {
    names: HashMap<String, K>,
    /// The names of each peer, oldest first.
    names_of: HashMap<K, Vec<String>>,
    addresses: HashMap<SocketAddr, Route<K>>,
}

impl<K: Copy + Eq + std::hash::Hash> Routes<K> {
    pub(super) fn new() -> Self {
        Self { names: HashMap::new(), names_of: HashMap::new(), addresses: HashMap::new() }
    }

    /// From now on a STUN request with this name is for that peer. Earlier names stay valid for a while, because
    /// after an ICE restart the old path is in use until the new one is chosen (RFC 8445 section 9).
    pub(super) fn learn(&mut self, name: &str, key: K) {
        if self.names.insert(name.to_owned(), key) == Some(key) {
            return;
        }
        let names = self.names_of.entry(key).or_default();
        names.push(name.to_owned());
        if names.len() > MAX_NAMES {
            let oldest = names.remove(0);
            self.names.remove(&oldest);
        }
    }

    /// The peer that a datagram is for.
    pub(super) fn find(
        &mut self,
        datagram: &[u8],
        from: SocketAddr,
        local: Option<IpAddr>,
        now: Instant,
    ) -> Option<K> {
        let named = stun_name(datagram).and_then(|name| self.names.get(name)).copied();
        if let Some(route) = self.addresses.get_mut(&from) {
            let is_held = now.saturating_duration_since(route.heard_at) < HOLD;
            if named.is_none_or(|key| key == route.key || is_held) {
                route.heard_at = now;
                route.local = local;
                return Some(named.unwrap_or(route.key));
            }
        }
        let key = named?;
        self.make_place(key);
        self.addresses.insert(from, Route { key, heard_at: now, local });
        Some(key)
    }

    /// Some peer here comes from this address.
    pub(super) fn knows(&self, from: SocketAddr) -> bool {
        self.addresses.contains_key(&from)
    }

    /// The address of ours to answer this address from.
    pub(super) fn local(&self, to: SocketAddr) -> Option<IpAddr> {
        self.addresses.get(&to).and_then(|route| route.local)
    }

    /// The peer has ended.
    pub(super) fn forget(&mut self, key: K) {
        for name in self.names_of.remove(&key).unwrap_or_default() {
            if self.names.get(&name) == Some(&key) {
                self.names.remove(&name);
            }
        }
        self.addresses.retain(|_, route| route.key != key);
    }

    fn make_place(&mut self, key: K) {
        let of_key = || self.addresses.iter().filter(|(_, route)| route.key == key);
        if of_key().count() >= MAX_ADDRESSES
            && let Some(oldest) = of_key().min_by_key(|(_, route)| route.heard_at).map(|(at, _)| *at)
        {
            self.addresses.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn binding_request(username: &[u8]) -> Vec<u8> {
        let mut datagram = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        datagram.extend([7; 12]);
        datagram.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]); // SOFTWARE, with padding
        datagram.extend([0, 6, 0, username.len() as u8]);
        datagram.extend(username);
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        let length = (datagram.len() - 20) as u16;
        datagram[2..4].copy_from_slice(&length.to_be_bytes());
        datagram
    }

    fn instant() -> Instant {
        crate::clock::Clock::system().instant()
    }

    #[test]
    fn the_name_before_the_colon_is_ours() {
        assert_eq!(stun_name(&binding_request(b"server:client")), Some("server"));
        assert_eq!(stun_name(&binding_request(b"nocolon")), None);
        assert_eq!(stun_name(&binding_request(&[0xff, b':', 0xfe])), None);
    }

    #[test]
    fn first_bytes_are_sorted_as_rfc_7983_says() {
        assert_eq!(classify(&binding_request(b"a:b")), Protocol::Stun);
        assert_eq!(classify(&[22; 13]), Protocol::Dtls);
        assert_eq!(classify(&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]), Protocol::Rtp);
        assert_eq!(classify(&[0x80, 200, 0, 1, 0, 0, 0, 0]), Protocol::Rtcp);
        assert_eq!(classify(&[0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0, 1]), Protocol::Unknown);
        assert_eq!(classify(&[64; 40]), Protocol::Unknown);
        assert_eq!(classify(&[]), Protocol::Unknown);
    }

    #[test]
    fn an_address_in_use_cannot_be_taken_over() {
        let now = instant();
        let here = "192.0.2.1:5000".parse().unwrap();
        let mut routes = Routes::new();
        routes.learn("one", 1);
        routes.learn("two", 2);
        assert_eq!(routes.find(&binding_request(b"one:x"), here, None, now), Some(1));
        assert_eq!(routes.find(&[22; 13], here, None, now), Some(1));
        // The request itself reaches the peer it names, which checks its integrity; the address stays.
        assert_eq!(routes.find(&binding_request(b"two:x"), here, None, now), Some(2));
        assert_eq!(routes.find(&[22; 13], here, None, now), Some(1));
        let later = now + HOLD + HOLD;
        assert_eq!(routes.find(&binding_request(b"two:x"), here, None, later), Some(2));
        assert_eq!(routes.find(&[22; 13], here, None, later), Some(2));
        routes.forget(2);
        assert_eq!(routes.find(&[22; 13], here, None, later), None);
        assert_eq!(routes.find(&binding_request(b"two:x"), here, None, later), None);
    }

    #[test]
    fn names_and_addresses_of_one_peer_are_bounded() {
        let now = instant();
        let mut routes = Routes::new();
        for restart in 0..100 {
            routes.learn(&format!("name{restart}"), 1);
        }
        for port in 1000..1100 {
            let from = SocketAddr::from(([192, 0, 2, 1], port));
            assert_eq!(routes.find(&binding_request(b"name99:x"), from, None, now), Some(1));
        }
        assert_eq!(routes.names.len(), MAX_NAMES);
        assert_eq!(routes.addresses.len(), MAX_ADDRESSES);
    }

    proptest! {
        #[test]
        fn any_bytes_are_sorted_without_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            classify(&bytes);
            stun_name(&bytes);
        }

        #[test]
        fn a_damaged_request_gives_a_name_of_its_own_bytes_or_none(
            at in 0_usize..60, to in any::<u8>(), length in 0_usize..80,
        ) {
            let mut datagram = binding_request(b"server:client-with-a-long-name");
            let end = datagram.len();
            datagram[at % end] = to;
            datagram.truncate(length.max(1));
            if let Some(name) = stun_name(&datagram) {
                let mut parts = datagram.windows(name.len().max(1));
                prop_assert!(name.is_empty() || parts.any(|part| part == name.as_bytes()));
            }
        }

        #[test]
        fn rtp_is_whole_or_not_rtp(
            first in 128_u8..192, second in any::<u8>(), rest in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut datagram = vec![first, second];
            datagram.extend(rest);
            if classify(&datagram) == Protocol::Rtp {
                prop_assert!(datagram.len() >= 12 + usize::from(first & 0x0f) * 4);
            }
        }
    }
}
