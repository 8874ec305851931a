//! Ways into the forwarding that are no UDP address: ICE-TCP streams (RFC 6544) and allocations of the relay.
//!
//! Each has a virtual address, so that whose datagrams they are is found as it is for UDP. Virtual addresses are taken
//! from networks that are reserved for documentation (RFC 5737, RFC 3849): nobody is there. Datagrams that a real
//! socket brings from one are dropped, and none is ever sent to one by a real socket.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use super::api::{Busy, Tally, count};
use super::handover::ShardNumber;
use super::socket::Waker;
use crate::clinical::MediaPath;

/// Datagrams from all paths that wait for one shard.
const MAX_INWARD: usize = 2048;
/// Datagrams that wait for one path: a key frame and a little more. What a stream does not take in time is better lost.
const MAX_OUTWARD: usize = 192;
/// Datagrams taken from paths between two looks at the socket.
const BATCH: usize = 256;

/// 198.51.100.0/24 and 2001:db8:5041:5448::/64.
const V4: [u8; 3] = [198, 51, 100];
const V6: [u16; 4] = [0x2001, 0x0db8, 0x5041, 0x5448];

/// How datagrams of this address travel.
pub(super) fn media_path_of(address: SocketAddr) -> MediaPath {
    let code = match address.ip() {
        IpAddr::V4(ip) if ip.octets()[..3] == V4 => ip.octets()[3] >> 6,
        IpAddr::V6(ip) if ip.segments()[..4] == V6 => ip.octets()[15] >> 6,
        _ => return MediaPath::Udp,
    };
    [MediaPath::Tcp, MediaPath::RelayUdp, MediaPath::RelayTcp, MediaPath::RelayTls][usize::from(code)]
}

fn code(media_path: MediaPath) -> u8 {
    match media_path {
        MediaPath::Udp | MediaPath::Tcp => 0,
        MediaPath::RelayUdp => 1,
        MediaPath::RelayTcp => 2,
        MediaPath::RelayTls => 3,
    }
}

/// Is this an address of a path? Then no real device has it.
pub(super) fn is_virtual(address: SocketAddr) -> bool {
    media_path_of(address) != MediaPath::Udp
}

/// The address of the path with this number. Two live ones are the same only if 4 million were opened between them;
/// the later one is then refused.
fn address(media_path: MediaPath, is_ipv6: bool, number: u32) -> SocketAddr {
    let port = (number % 0xffff + 1) as u16;
    let last = code(media_path) << 6 | (number / 0xffff % 64) as u8;
    let ip = if is_ipv6 {
        let [a, b, c, d] = V6;
        Ipv6Addr::new(a, b, c, d, 0, 0, 0, last.into()).into()
    } else {
        let [a, b, c] = V4;
        Ipv4Addr::new(a, b, c, last).into()
    };
    SocketAddr::new(ip, port)
}

/// A datagram of the forwarding, for a stream to carry.
#[derive(Clone, Debug)]
pub struct Outward {
    /// The address of ours that it is from, where known.
    pub local: Option<IpAddr>,
    /// Its bytes.
    pub datagram: Bytes,
}

enum Inward {
    Open(SocketAddr, mpsc::Sender<Outward>),
    Datagram { from: SocketAddr, local: Option<IpAddr>, datagram: Bytes },
}

/// One way in. When it is dropped, the way is closed.
#[derive(Debug)]
pub struct Path {
    address: SocketAddr,
    door: Arc<Door>,
    outward: mpsc::Receiver<Outward>,
    /// The shard of the peer that the last check named.
    shard: AtomicUsize,
}

impl Path {
    /// The virtual address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives a datagram to the forwarding, as if it came to this address of ours. Never waits: when the forwarding is
    /// behind, it is dropped and counted.
    pub fn send(&self, local: Option<IpAddr>, datagram: Bytes) {
        if self.door.inward.len() > 1
            && let Some(named) = ShardNumber::of_request(&datagram)
        {
            self.shard.store(named.index(), Ordering::Relaxed);
        }
        let shard = self.shard.load(Ordering::Relaxed);
        let sent = self.door.put(shard, Inward::Datagram { from: self.address, local, datagram });
        if sent.is_err() {
            count(&self.door.tally.paths_dropped, 1);
        }
    }

    /// The next datagram of the forwarding; `None` when that has ended.
    pub async fn receive(&mut self) -> Option<Outward> {
        self.outward.recv().await
    }

    /// The next one if it is there already.
    pub fn try_receive(&mut self) -> Option<Outward> {
        self.outward.try_recv().ok()
    }
}

/// Whom a limit counts for: one sender has as many IPv6 addresses as it likes within a /64.
pub fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Where paths are opened, from any thread.
#[derive(Debug)]
pub(super) struct Door {
    /// Into each shard.
    inward: Vec<(SyncSender<Inward>, Arc<Waker>)>,
    /// What the shards do not count.
    tally: Tally,
    next: AtomicU32,
}

impl Door {
    /// A new way in. It begins to work a moment later.
    pub(super) fn open(self: &Arc<Self>, media_path: MediaPath, is_ipv6: bool) -> Result<Path, Busy> {
        let address = address(media_path, is_ipv6, self.next.fetch_add(1, Ordering::Relaxed));
        let (sender, outward) = mpsc::channel(MAX_OUTWARD);
        // Whose peer will be at its other end is not known yet.
        for shard in 0..self.inward.len() {
            self.put(shard, Inward::Open(address, sender.clone()))?;
        }
        Ok(Path { address, door: self.clone(), outward, shard: AtomicUsize::new(0) })
    }

    fn put(&self, shard: usize, inward: Inward) -> Result<(), Busy> {
        let (sender, waker) = self.inward.get(shard).ok_or(Busy)?;
        sender.try_send(inward).map_err(|_| Busy)?;
        waker.wake();
        Ok(())
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// A shard's side: the paths that are open.
pub(super) struct Paths {
    inward: Receiver<Inward>,
    open: HashMap<SocketAddr, mpsc::Sender<Outward>>,
}

impl Paths {
    /// One for each shard, by the wakers of these.
    pub(super) fn new(wakers: &[Arc<Waker>]) -> (Arc<Door>, Vec<Self>) {
        let (mut senders, mut all) = (Vec::new(), Vec::new());
        for waker in wakers {
            let (sender, inward) = sync_channel(MAX_INWARD);
            senders.push((sender, waker.clone()));
            all.push(Self { inward, open: HashMap::new() });
        }
        let door = Door { inward: senders, tally: Tally::default(), next: AtomicU32::new(0) };
        (Arc::new(door), all)
    }

    /// Hands over what has arrived, at most one batch. Returns whether more may be there.
    pub(super) fn receive(&mut self, mut take: impl FnMut(&mut [u8], SocketAddr, Option<IpAddr>)) -> bool {
        for _ in 0..BATCH {
            match self.inward.try_recv() {
                Ok(Inward::Datagram { from, local, datagram }) => {
                    // Opened where it lies, as datagrams of the socket are.
                    let mut datagram = BytesMut::from(datagram);
                    take(&mut datagram, from, local);
                }
                Ok(Inward::Open(address, sender)) => {
                    self.open.retain(|_, sender| !sender.is_closed());
                    // A number that is in use again: the new path stays deaf, and its stream ends.
                    self.open.entry(address).or_insert(sender);
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Gives a datagram to the stream of a path, or drops it.
    pub(super) fn send(&mut self, to: SocketAddr, local: Option<IpAddr>, datagram: &[u8], tally: &Tally) {
        let Some(sender) = self.open.get(&to) else { return count(&tally.paths_dropped, 1) };
        let outward = Outward { local, datagram: Bytes::copy_from_slice(datagram) };
        match sender.try_send(outward) {
            Ok(()) => count(&tally.paths_out, 1),
            Err(mpsc::error::TrySendError::Full(_)) => count(&tally.paths_dropped, 1),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                self.open.remove(&to);
                count(&tally.paths_dropped, 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_its_carrier() {
        for media_path in [MediaPath::Tcp, MediaPath::RelayUdp, MediaPath::RelayTcp, MediaPath::RelayTls] {
            for is_ipv6 in [false, true] {
                for number in [0, 1, 0xfffe, 0xffff, 70_000, 5_000_000, u32::MAX] {
                    let address = address(media_path, is_ipv6, number);
                    assert_eq!(media_path_of(address), media_path, "{address}");
                    assert_eq!(address.is_ipv6(), is_ipv6);
                    assert_ne!(address.port(), 0);
                }
            }
        }
        for real in ["203.0.113.5:7882", "127.0.0.1:5", "198.51.101.1:5", "[2001:db8::1]:5", "[::1]:5"] {
            assert_eq!(media_path_of(real.parse().unwrap()), MediaPath::Udp, "{real}");
        }
    }

    #[test]
    fn four_million_paths_have_four_million_addresses() {
        let last = 64 * 0xffff;
        let mut seen = std::collections::HashSet::new();
        for number in (0..last).step_by(97).chain([last - 1]) {
            assert!(seen.insert(address(MediaPath::Tcp, false, number)));
        }
        assert_eq!(address(MediaPath::Tcp, false, last), address(MediaPath::Tcp, false, 0));
    }
}
