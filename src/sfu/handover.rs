//! Datagrams that reached another shard than the one that has their room.
//!
//! Each shard has a socket of its own on the one port, and the kernel spreads senders over them by their addresses, not
//! by their rooms. The ICE name in a STUN request begins with the letter of its shard, so whoever gets it knows where it
//! belongs. Where everything else belongs that comes from an address, the shard of the device says: once a check from
//! there was authentic and before that is answered, so nothing can come too early. What goes out never passes here.
//!
//! All of a batch that is for one shard goes as one parcel: one copy, one place in a queue, at most one wake.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::api::{Tally, count};
use super::demux::{HOLD, Protocol, Routes, stun_name};
use super::peer::PeerKey;
use super::socket::{Datagram, Waker};

/// Most shards. Each has a letter behind those of hexadecimal digits, and there are letters for 20.
pub(super) const MAX_SHARDS: usize = 16;
const FIRST_LETTER: u8 = b'g';
/// Parcels that wait for one shard, and their bytes: as much as a socket is asked to hold.
const MAX_PARCELS: usize = 1024;
const MAX_WAITING_BYTES: usize = 4 << 20;
/// Addresses that a shard was told of and has not looked at. Those beyond are told again with the next check.
const MAX_TOLD: usize = 4096;
/// An address that was told no more for so long is forgotten. Browsers check every 5 s at the slowest.
const FORGET_AFTER: Duration = Duration::from_secs(60);

/// Which shard, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ShardNumber(pub(super) u8);

impl ShardNumber {
    /// With what the ICE names of its peers begin.
    pub(super) fn letter(self) -> char {
        char::from(FIRST_LETTER + self.0)
    }

    /// The shard that made this name, if one did.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let number = name.bytes().next()?.checked_sub(FIRST_LETTER)?;
        (usize::from(number) < MAX_SHARDS).then_some(Self(number))
    }

    /// The shard whose peer a datagram names, if it is a STUN request that names one.
    pub(super) fn of_request(datagram: &[u8]) -> Option<Self> {
        stun_name(datagram).and_then(Self::of_name)
    }

    pub(super) fn index(self) -> usize {
        self.0.into()
    }
}

#[derive(Clone, Copy)]
struct Piece {
    length: usize,
    protocol: Protocol,
    from: SocketAddr,
    local: Option<IpAddr>,
}

/// Datagrams for one shard, one behind the other.
#[derive(Default)]
struct Contents {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// What one shard hands to another at a time.
pub(super) struct Parcel {
    /// Whose socket the datagrams came to.
    pub(super) by: ShardNumber,
    contents: Contents,
}

impl Parcel {
    pub(super) fn open(&mut self) -> impl Iterator<Item = (Protocol, Datagram<'_>)> {
        let mut rest = self.contents.bytes.as_mut_slice();
        self.contents.pieces.iter().map(move |piece| {
            let (bytes, behind) = std::mem::take(&mut rest).split_at_mut(piece.length);
            rest = behind;
            (piece.protocol, Datagram { bytes, from: piece.from, local: piece.local })
        })
    }
}

/// Where a shard takes what others have for it.
#[derive(Clone)]
struct Inlet {
    parcels: SyncSender<Parcel>,
    addresses: SyncSender<(SocketAddr, ShardNumber)>,
    waiting_bytes: Arc<AtomicUsize>,
    waker: Arc<Waker>,
}

/// The other shards, as one of them sees them.
pub(super) struct Neighbours {
    own: ShardNumber,
    /// Of all shards, and what is being packed for them, by number.
    inlets: Vec<Inlet>,
    packing: Vec<Contents>,
    parcels: Receiver<Parcel>,
    addresses: Receiver<(SocketAddr, ShardNumber)>,
    waiting_bytes: Arc<AtomicUsize>,
    elsewhere: Elsewhere,
    tally: Arc<Tally>,
}

impl Neighbours {
    /// For each shard, in order. One that is alone has none.
    pub(super) fn of_all(wakers: &[Arc<Waker>], tallies: &[Arc<Tally>]) -> Vec<Option<Self>> {
        if wakers.len() < 2 {
            return wakers.iter().map(|_| None).collect();
        }
        let (mut inlets, mut outlets) = (Vec::new(), Vec::new());
        for waker in wakers {
            let (parcels, parcels_out) = sync_channel(MAX_PARCELS);
            let (addresses, addresses_out) = sync_channel(MAX_TOLD);
            let waiting_bytes = Arc::new(AtomicUsize::new(0));
            inlets.push(Inlet {
                parcels,
                addresses,
                waiting_bytes: waiting_bytes.clone(),
                waker: waker.clone(),
            });
            outlets.push((parcels_out, addresses_out, waiting_bytes));
        }
        let mut all = Vec::new();
        for (number, ((parcels, addresses, waiting_bytes), tally)) in
            outlets.into_iter().zip(tallies).enumerate()
        {
            all.push(Some(Self {
                own: ShardNumber(number as u8),
                inlets: inlets.clone(),
                packing: inlets.iter().map(|_| Contents::default()).collect(),
                parcels,
                addresses,
                waiting_bytes,
                elsewhere: Elsewhere::default(),
                tally: tally.clone(),
            }));
        }
        all
    }

    /// The other shard that a datagram of a socket is for, if it is for another one.
    pub(super) fn whose(
        &mut self,
        now: Instant,
        protocol: Protocol,
        datagram: &Datagram<'_>,
        routes: &Routes<PeerKey>,
    ) -> Option<ShardNumber> {
        if protocol == Protocol::Stun {
            let named = ShardNumber::of_request(datagram.bytes)?;
            return (named != self.own && named.index() < self.inlets.len()).then_some(named);
        }
        if routes.knows(datagram.from) {
            return None;
        }
        self.elsewhere.find(now, datagram.from).or_else(|| {
            self.listen(now);
            self.elsewhere.find(now, datagram.from)
        })
    }

    /// Puts a datagram into the next parcel for a shard.
    pub(super) fn pack(&mut self, to: ShardNumber, protocol: Protocol, datagram: &Datagram<'_>) {
        let Some(contents) = self.packing.get_mut(to.index()) else { return };
        let Datagram { bytes, from, local } = datagram;
        contents.bytes.extend_from_slice(bytes);
        contents.pieces.push(Piece { length: bytes.len(), protocol, from: *from, local: *local });
    }

    /// Hands over what was packed. What the other shard has no room for is dropped and counted.
    pub(super) fn dispatch(&mut self) {
        for (contents, inlet) in self.packing.iter_mut().zip(&self.inlets) {
            if contents.pieces.is_empty() {
                continue;
            }
            let contents = std::mem::take(contents);
            let (datagrams, bytes) = (contents.pieces.len() as u64, contents.bytes.len());
            let waiting = inlet.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
            let has_room = waiting + bytes <= MAX_WAITING_BYTES;
            if has_room && inlet.parcels.try_send(Parcel { by: self.own, contents }).is_ok() {
                count(&self.tally.datagrams_handed, datagrams);
                inlet.waker.wake();
            } else {
                inlet.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
                count(&self.tally.datagrams_unhanded, datagrams);
            }
        }
    }

    /// The next parcel of another shard.
    pub(super) fn receive(&mut self) -> Option<Parcel> {
        let parcel = self.parcels.try_recv().ok()?;
        self.waiting_bytes.fetch_sub(parcel.contents.bytes.len(), Ordering::AcqRel);
        Some(parcel)
    }

    /// Tells the shard whose socket it comes to that this address is of a device here.
    pub(super) fn tell(&self, shard: ShardNumber, address: SocketAddr) {
        if let Some(inlet) = self.inlets.get(shard.index()) {
            // It listens when something comes from there; nobody need be woken.
            let _ = inlet.addresses.try_send((address, self.own));
        }
    }

    /// Takes note of the addresses that others have told.
    pub(super) fn listen(&mut self, now: Instant) {
        for _ in 0..MAX_TOLD {
            let Ok((address, shard)) = self.addresses.try_recv() else { break };
            self.elsewhere.learn(now, address, shard);
        }
    }

    /// Forgets addresses of which nobody has told for long.
    pub(super) fn expire(&mut self, now: Instant) {
        self.elsewhere.0.retain(|_, known| now.saturating_duration_since(known.told_at) < FORGET_AFTER);
    }
}

/// Which shard has the device at an address. Only addresses that have proved themselves there are told, so there are no
/// more of them than devices have.
#[derive(Default)]
struct Elsewhere(HashMap<SocketAddr, Known>);

struct Known {
    shard: ShardNumber,
    told_at: Instant,
    heard_at: Instant,
}

impl Elsewhere {
    /// An address that is in use stays where it is, whoever else claims it.
    fn learn(&mut self, now: Instant, address: SocketAddr, shard: ShardNumber) {
        match self.0.get_mut(&address) {
            Some(known) if known.shard == shard => known.told_at = now,
            Some(known) if now.saturating_duration_since(known.heard_at) < HOLD => {}
            _ => {
                self.0.insert(address, Known { shard, told_at: now, heard_at: now });
            }
        }
    }

    fn find(&mut self, now: Instant, address: SocketAddr) -> Option<ShardNumber> {
        let known = self.0.get_mut(&address)?;
        known.heard_at = now;
        Some(known.shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const HERE: &str = "192.0.2.1:5000";

    fn pair() -> (Neighbours, Neighbours, Instant) {
        let wakers = [0, 1].map(|_| Arc::new(Waker::new().unwrap()));
        let tallies = [0, 1].map(|_| Arc::new(Tally::default()));
        let mut all = Neighbours::of_all(&wakers, &tallies).into_iter().flatten();
        (all.next().unwrap(), all.next().unwrap(), Clock::system().instant())
    }

    fn datagram(bytes: &mut [u8]) -> Datagram<'_> {
        Datagram { bytes, from: HERE.parse().unwrap(), local: None }
    }

    #[test]
    fn a_name_tells_its_shard_and_the_name_of_the_probe_tells_none() {
        for number in 0..MAX_SHARDS as u8 {
            let name = format!("{}0123456789abcdef", ShardNumber(number).letter());
            assert_eq!(ShardNumber::of_name(&name), Some(ShardNumber(number)));
        }
        for name in ["", "0123456789abcdef", "fedcba9876543210", "w0", "é", "~"] {
            assert_eq!(ShardNumber::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn datagrams_come_out_of_a_parcel_as_they_went_in() {
        let (mut one, mut two, _) = pair();
        for length in [3_u8, 1, 7] {
            one.pack(ShardNumber(1), Protocol::Rtp, &datagram(&mut vec![length; length.into()]));
        }
        one.dispatch();
        one.dispatch();
        let mut parcel = two.receive().unwrap();
        assert_eq!(parcel.by, ShardNumber(0));
        let lengths: Vec<_> = parcel.open().map(|(_, datagram)| datagram.bytes.to_vec()).collect();
        assert_eq!(lengths, [vec![3; 3], vec![1], vec![7; 7]]);
        assert!(two.receive().is_none() && one.receive().is_none());
        assert_eq!(one.tally.read().datagrams_handed, 3);
    }

    #[test]
    fn a_shard_that_is_behind_holds_nobody_up_and_what_it_misses_is_counted() {
        let (mut one, mut two, _) = pair();
        for _ in 0..2 * MAX_PARCELS {
            one.pack(ShardNumber(1), Protocol::Rtp, &datagram(&mut [0; 10]));
            one.dispatch();
        }
        let counters = one.tally.read();
        assert_eq!((counters.datagrams_handed, counters.datagrams_unhanded), (1024, 1024));
        while two.receive().is_some() {}
        let mut large = vec![0; MAX_WAITING_BYTES / 3];
        for _ in 0..4 {
            one.pack(ShardNumber(1), Protocol::Rtp, &datagram(&mut large));
            one.dispatch();
        }
        assert_eq!(one.tally.read().datagrams_unhanded, 1024 + 1, "its bytes are bounded as well");
        while two.receive().is_some() {}
        assert_eq!(two.waiting_bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn an_address_in_use_elsewhere_cannot_be_taken_over() {
        let (mut one, two, now) = pair();
        let routes = Routes::new();
        let mut bytes = [22; 13];
        assert_eq!(one.whose(now, Protocol::Dtls, &datagram(&mut bytes), &routes), None);
        two.tell(ShardNumber(0), HERE.parse().unwrap());
        // Told just before: found without anybody having listened.
        assert_eq!(one.whose(now, Protocol::Dtls, &datagram(&mut bytes), &routes), Some(ShardNumber(1)));
        one.elsewhere.learn(now + HOLD / 2, HERE.parse().unwrap(), ShardNumber(2));
        assert_eq!(one.elsewhere.find(now + HOLD / 2, HERE.parse().unwrap()), Some(ShardNumber(1)));
        let later = now + HOLD * 2;
        one.elsewhere.learn(later, HERE.parse().unwrap(), ShardNumber(2));
        assert_eq!(one.elsewhere.find(later, HERE.parse().unwrap()), Some(ShardNumber(2)));
        one.expire(later + FORGET_AFTER);
        assert_eq!(one.elsewhere.find(later, HERE.parse().unwrap()), None);
    }
}
