//! The UDP socket of a shard, and the paths that streams have opened beside it: datagrams in, in batches; datagrams out,
//! equal ones together.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::api::{Tally, count};
use super::path::{Paths, is_virtual};

/// Datagrams taken with one system call.
const BATCH: usize = 32;
/// Longest run of merged datagrams that the kernel gives (`UDP_GRO`), in bytes.
const MERGED_BYTES: usize = 64 * 1024;
/// What the kernel is asked to buffer each way, in bytes: half a second of 60 Mbit/s.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;
/// Most datagrams in one merged send (`UDP_MAX_SEGMENTS` is 64), and most bytes.
const MAX_SEGMENTS: usize = 44;
const MAX_SEND_BYTES: usize = 60_000;

/// One datagram that arrived.
pub(super) struct Datagram<'a> {
    pub(super) bytes: &'a mut [u8],
    /// Never an IPv4 address mapped into IPv6.
    pub(super) from: SocketAddr,
    /// The address of ours that it was sent to, as the system reports it.
    pub(super) local: Option<IpAddr>,
}

pub(super) struct MediaSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    address: SocketAddr,
    buffers: Box<[Vec<u8>; BATCH]>,
    waker: Arc<Waker>,
    paths: Option<Paths>,
}

impl MediaSocket {
    /// Opens a socket for each waker, all on one port. `[::]` takes IPv4 as well. The kernel spreads senders over them
    /// by their addresses, and the same sender always comes to the same one.
    pub(super) fn open(listen: SocketAddr, wakers: &[Arc<Waker>]) -> io::Result<Vec<Self>> {
        let mut sockets: Vec<Self> = Vec::new();
        for waker in wakers {
            // The first one alone, so that another program on that port is found.
            let socket = match sockets.first() {
                None => Self::bind(listen, false, waker.clone())?,
                Some(first) => {
                    SockRef::from(&first.socket).set_reuse_port(true)?;
                    Self::bind(first.address, true, waker.clone())?
                }
            };
            sockets.push(socket);
        }
        Ok(sockets)
    }

    fn bind(listen: SocketAddr, is_beside: bool, waker: Arc<Waker>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
        if listen.is_ipv6() {
            socket.set_only_v6(!listen.ip().is_unspecified())?;
        }
        // The kernel grants what its own limit allows; less is no fault.
        let _ = socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(KERNEL_BUFFER_BYTES);
        if is_beside {
            socket.set_reuse_port(true)?;
        }
        socket.bind(&listen.into())?;
        let socket = UdpSocket::from(socket);
        let state = UdpSocketState::new((&socket).into())?;
        let address = socket.local_addr()?;
        let buffers = Box::new(std::array::from_fn(|_| vec![0; MERGED_BYTES]));
        Ok(Self { socket, state, address, buffers, waker, paths: None })
    }

    /// Carries the datagrams of these paths as well.
    pub(super) fn carry(&mut self, paths: Paths) {
        self.paths = Some(paths);
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until a datagram is there or the waker says so, at most so long.
    pub(super) fn wait(&self, timeout: Duration) {
        let timeout = Timespec::try_from(timeout).ok();
        let mut ready =
            [PollFd::new(&self.socket, PollFlags::IN), PollFd::new(&self.waker.event, PollFlags::IN)];
        // Nothing came, or a signal did: the caller looks anyway.
        let _ = poll(&mut ready, timeout.as_ref());
        self.waker.clear();
    }

    /// Hands over what has arrived, at most one batch. Returns whether more may be there.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Datagram<'_>)) -> bool {
        let has_more = self
            .paths
            .as_mut()
            .is_some_and(|paths| paths.receive(|bytes, from, local| take(Datagram { bytes, from, local })));
        let mut metas = [RecvMeta::default(); BATCH];
        let mut slices = self.buffers.each_mut().map(|buffer| IoSliceMut::new(buffer));
        let Ok(received) = self.state.recv((&self.socket).into(), &mut slices, &mut metas) else {
            return has_more;
        };
        for (buffer, meta) in self.buffers.iter_mut().zip(&metas).take(received) {
            let from = unmapped(meta.addr);
            if is_virtual(from) {
                continue; // forged: nobody is there
            }
            let length = meta.len.min(buffer.len());
            for bytes in buffer[..length].chunks_mut(meta.stride.max(1)) {
                take(Datagram { bytes, from, local: meta.dst_ip });
            }
        }
        has_more || received == BATCH
    }

    /// Sends what waits in an outbox and empties it. What the system does not take at once is dropped and counted.
    pub(super) fn send(
        &mut self,
        outbox: &mut Outbox,
        local: impl Fn(SocketAddr) -> Option<IpAddr>,
        tally: &Tally,
    ) {
        let max_segments = self.state.max_gso_segments().clamp(1, MAX_SEGMENTS);
        let mut segments = outbox.segments.as_slice();
        let mut bytes = outbox.bytes.as_slice();
        while let Some((to, size)) = segments.first().copied() {
            let (run, run_bytes) = merge(segments, max_segments);
            let (contents, rest) = bytes.split_at(run_bytes);
            segments = &segments[run..];
            bytes = rest;
            if is_virtual(to) {
                if let Some(paths) = &mut self.paths {
                    for datagram in contents.chunks(size) {
                        paths.send(to, local(to), datagram, tally);
                    }
                }
                continue;
            }
            let transmit = Transmit {
                destination: if self.address.is_ipv6() { mapped(to) } else { to },
                ecn: None,
                contents,
                segment_size: (run > 1).then_some(size),
                src_ip: local(to),
            };
            let counter = match self.state.try_send((&self.socket).into(), &transmit) {
                Ok(()) => &tally.datagrams_out,
                Err(_) => &tally.datagrams_dropped,
            };
            count(counter, run as u64);
        }
        outbox.bytes.clear();
        outbox.segments.clear();
    }
}

/// How many of the first datagrams can go with one system call, and their bytes: same receiver, equal sizes, only
/// the last may be shorter.
fn merge(segments: &[(SocketAddr, usize)], max_segments: usize) -> (usize, usize) {
    let Some(&(to, size)) = segments.first() else { return (0, 0) };
    let (mut run, mut bytes) = (1, size);
    for &(next_to, next_size) in &segments[1..] {
        if run == max_segments || next_to != to || next_size > size || bytes + next_size > MAX_SEND_BYTES {
            break;
        }
        run += 1;
        bytes += next_size;
        if next_size < size {
            break;
        }
    }
    (run, bytes)
}

/// Datagrams of one peer that wait for the end of the batch, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    segments: Vec<(SocketAddr, usize)>,
}

impl Outbox {
    pub(super) fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        if !datagram.is_empty() {
            self.bytes.extend_from_slice(datagram);
            self.segments.push((to, datagram.len()));
        }
    }

    /// How many datagrams wait.
    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// Where to write the next datagram in place: behind what is there. [`Outbox::commit`] or [`Outbox::cancel`]
    /// follows.
    pub(super) fn begin(&mut self) -> (&mut Vec<u8>, usize) {
        let begin = self.bytes.len();
        (&mut self.bytes, begin)
    }

    /// What was written since [`Outbox::begin`] is a datagram of this size.
    pub(super) fn commit(&mut self, begin: usize, to: SocketAddr) -> usize {
        let size = self.bytes.len() - begin;
        self.segments.push((to, size));
        size
    }

    /// What was written since [`Outbox::begin`] is nothing.
    pub(super) fn cancel(&mut self, begin: usize) {
        self.bytes.truncate(begin);
    }
}

fn unmapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// Wakes the thread that waits on a socket. All who have something for it share one wake.
#[derive(Debug)]
pub(super) struct Waker {
    /// Can be read from [`Waker::wake`] until [`Waker::clear`] (eventfd(2)).
    event: OwnedFd,
    is_told: AtomicBool,
}

impl Waker {
    /// # Errors
    /// If the process has no descriptor left.
    pub(super) fn new() -> io::Result<Self> {
        let event = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self { event, is_told: AtomicBool::new(false) })
    }

    /// To be called after what is to be found was put where it is looked for.
    pub(super) fn wake(&self) {
        if !self.is_told.swap(true, Ordering::SeqCst) {
            // It can fail only if it was woken 2^64 times.
            let _ = rustix::io::write(&self.event, &1_u64.to_ne_bytes());
        }
    }

    /// To be called before looking: whatever comes later wakes again.
    fn clear(&self) {
        if self.is_told.load(Ordering::SeqCst) {
            let _ = rustix::io::read(&self.event, &mut [0_u8; 8]);
            self.is_told.store(false, Ordering::SeqCst);
        }
    }
}

/// The addresses to tell browsers, if none were set.
pub(super) fn own_addresses(listen: IpAddr) -> Vec<IpAddr> {
    if !listen.is_unspecified() {
        return vec![listen];
    }
    // Connecting a UDP socket sends nothing; it asks the system which address it would send from. The
    // destinations are reserved for documentation (RFC 5737, RFC 3849).
    let source = |bind: IpAddr, to: IpAddr| -> io::Result<IpAddr> {
        let socket = UdpSocket::bind((bind, 0))?;
        socket.connect((to, 9))?;
        Ok(socket.local_addr()?.ip())
    };
    let mut addresses = Vec::new();
    if let Ok(ip) = source(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()) {
        addresses.push(ip);
    }
    if listen.is_ipv6() {
        let documentation = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
        if let Ok(ip) = source(Ipv6Addr::UNSPECIFIED.into(), documentation.into()) {
            addresses.push(ip);
        }
    }
    if addresses.is_empty() {
        addresses.push(Ipv4Addr::LOCALHOST.into());
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_datagrams_of_one_receiver_go_together() {
        let (here, there) = ("192.0.2.1:1".parse().unwrap(), "192.0.2.2:1".parse().unwrap());
        assert_eq!(merge(&[(here, 100), (here, 100), (here, 60), (here, 60)], 44), (3, 260));
        assert_eq!(merge(&[(here, 100), (there, 100)], 44), (1, 100));
        assert_eq!(merge(&[(here, 100), (here, 101)], 44), (1, 100));
        assert_eq!(merge(&[(here, 100); 80], 44), (44, 4400));
        assert_eq!(merge(&[(here, 100); 3], 1), (1, 100));
        assert_eq!(merge(&[], 44), (0, 0));
    }

    fn open(listen: &str, count: usize) -> io::Result<Vec<MediaSocket>> {
        let wakers: Vec<_> = (0..count).map(|_| Arc::new(Waker::new().unwrap())).collect();
        MediaSocket::open(listen.parse().unwrap(), &wakers)
    }

    #[test]
    fn sockets_share_a_port_and_another_program_is_found_there() {
        let sockets = open("127.0.0.1:0", 3).unwrap();
        let address = sockets[0].address();
        assert!(sockets.iter().all(|socket| socket.address() == address));
        for count in [1, 2] {
            let other = open(&address.to_string(), count).map(|sockets| sockets.len());
            assert_eq!(other.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        }
    }

    #[test]
    fn a_wake_is_there_for_who_waits_later_and_once() {
        let mut sockets = open("127.0.0.1:0", 1).unwrap();
        let socket = sockets.remove(0);
        let clock = crate::clock::Clock::system();
        let waits = |limit: Duration| {
            let began = clock.instant();
            socket.wait(limit);
            clock.instant() - began >= limit
        };
        for _ in 0..3 {
            socket.waker.wake();
            socket.waker.wake();
            assert!(!waits(Duration::from_secs(20)), "woken");
            assert!(waits(Duration::from_millis(20)), "and not again");
        }
    }

    #[test]
    fn a_socket_for_all_addresses_takes_both_families() {
        let mut sockets = match open("[::]:0", 1) {
            Ok(sockets) => sockets,
            Err(error) => {
                #[expect(clippy::disallowed_methods, reason = "where a test runs is for it to know")]
                let is_ci = std::env::var_os("CI").is_some();
                assert!(!is_ci, "CI is set and there is no IPv6 here: {error}");
                return;
            }
        };
        let mut socket = sockets.remove(0);
        let port = socket.address().port();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        client.send_to(b"hello", ("127.0.0.1", port)).unwrap();
        socket.wait(Duration::from_secs(5));
        let mut seen = Vec::new();
        socket.receive(|datagram| seen.push((datagram.bytes.to_vec(), datagram.from, datagram.local)));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].0, b"hello");
        assert_eq!(seen[0].1, client.local_addr().unwrap());
        let tally = Tally::default();
        let mut outbox = Outbox::default();
        outbox.push(seen[0].1, b"one");
        outbox.push(seen[0].1, b"two");
        socket.send(&mut outbox, |_| seen[0].2, &tally);
        let mut buffer = [0; 16];
        assert_eq!(client.recv(&mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"one");
        assert_eq!(client.recv(&mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"two");
        assert_eq!(tally.read().datagrams_out, 2);
    }
}
