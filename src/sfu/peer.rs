//! One one-way peer connection: ICE, DTLS and SRTP of one device, and the wall around them: a fault there ends
//! this peer only.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::shared::error::Error;

use super::api::Direction;
use super::arrivals::Arrivals;
use super::handover::ShardNumber;
use super::handshake::{Fingerprint, Handshake, Identity, Progress};
use super::ice::{Ice, PathState};
use super::path::media_path_of;
use super::rtp::{ExtensionWriter, Rtp};
use super::sdp::Local;
use super::sent::{Delivery, SentPackets};
use super::socket::Outbox;
use super::srtp::{Opener, Refused, Sealer};
use crate::clinical::MediaPath;
use crate::clock::Clock;
use crate::room::ConnectionId;
use crate::room::vp8::Descriptor;

/// Most packets that wait for one peer between two flushes.
const MAX_QUEUED: usize = 1024;
/// A handshake that takes longer has failed. The device may try again with a new peer connection.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// The server's own synchronisation source in its reports and requests. It sends no media under it.
pub(super) const OWN_SSRC: u32 = 1;

/// Which peer connection: whose, and which way.
pub(super) type PeerKey = (ConnectionId, Direction);

/// What became of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PeerChange {
    Connected,
    Disconnected,
    /// Packets go this way now.
    Path(MediaPath),
    Ended(&'static str),
}

/// What all peers of a shard share.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) shard: ShardNumber,
    pub(super) clock: Clock,
    pub(super) identity: Arc<Identity>,
    /// Lines of candidates without `a=`: where devices may reach the server.
    pub(super) candidates: Arc<[String]>,
}

/// A packet to send.
pub(super) struct Outgoing<'a> {
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
    pub(super) sequence_number: u16,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// Extensions with the numbers that the device took, if it did.
    pub(super) mid: Option<(u8, &'a [u8])>,
    pub(super) level: Option<(u8, u8)>,
    pub(super) transport_sequence: Option<u8>,
    /// What this repairs (RFC 4588 section 4): goes before the payload.
    pub(super) original: Option<u16>,
    pub(super) payload: &'a [u8],
    /// The payload is nothing but padding (RFC 3550 section 5.1).
    pub(super) is_padding: bool,
    /// PictureID and TL0PICIDX to write into the payload.
    pub(super) picture_ids: Option<(Descriptor, u16, u8)>,
}

pub(super) struct Peer {
    ground: Ground,
    ice: Ice,
    handshake: Handshake,
    /// When the device began DTLS.
    began_at: Option<Instant>,
    keys: Option<Box<(Sealer, Opener)>>,
    sent: SentPackets,
    pub(super) arrivals: Arrivals,
    /// As it was told last.
    path: PathState,
    /// How packets go, as it was told last.
    media_path: Option<MediaPath>,
    /// ICE name and password of the device.
    remote: Option<(String, String)>,
    id: u64,
    version: u32,
    fingerprint: String,
    outbox: Outbox,
    changes: Vec<PeerChange>,
    /// It waits to be flushed.
    is_dirty: bool,
    fault: Option<&'static str>,
}

impl Peer {
    pub(super) fn new(ground: &Ground) -> Self {
        Self {
            ice: Ice::new(&ground.clock, ground.shard),
            handshake: Handshake::new(),
            began_at: None,
            keys: None,
            sent: SentPackets::default(),
            arrivals: Arrivals::default(),
            path: PathState::New,
            media_path: None,
            remote: None,
            id: u64::from_be_bytes(ground.clock.random_bytes()) >> 1,
            version: 0,
            fingerprint: ground.identity.fingerprint().describe(),
            outbox: Outbox::default(),
            changes: Vec::new(),
            is_dirty: false,
            fault: None,
            ground: ground.clone(),
        }
    }

    /// Runs something that reads what strangers wrote. `None` if it panicked, now or before; then [`Peer::flush`]
    /// says that the peer has ended.
    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.fault.is_some() {
            return None;
        }
        let result = catch_unwind(AssertUnwindSafe(|| work(self)));
        if result.is_err() {
            self.fault = Some("the media engine failed");
            self.keys = None;
        }
        result.ok()
    }

    /// Media may flow: the path is checked and the keys are agreed.
    pub(super) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    /// The device has begun DTLS and not finished.
    pub(super) fn is_half_open(&self) -> bool {
        self.handshake.is_half_open()
    }

    pub(super) fn has_panicked(&self) -> bool {
        self.fault.is_some()
    }

    /// What the next description of the server says of itself.
    pub(super) fn describe(&mut self) -> Local<'_> {
        self.version += 1;
        let credentials = self.ice.credentials();
        Local {
            id: self.id,
            version: self.version,
            name: &credentials.name,
            password: credentials.password(),
            fingerprint: &self.fingerprint,
            candidates: &self.ground.candidates,
        }
    }

    /// What STUN requests of the device say, before the colon.
    pub(super) fn ice_name(&self) -> &str {
        &self.ice.credentials().name
    }

    /// New ICE credentials from the next description on.
    pub(super) fn restart(&mut self) {
        self.ice.restart(&self.ground.clock);
    }

    /// Takes what the device's description says of it. Says whether it restarts ICE.
    ///
    /// # Errors
    /// If the device shows another certificate than before, or DTLS cannot be set up.
    pub(super) fn meet(
        &mut self,
        now: Instant,
        credentials: &(String, String),
        fingerprint: &Fingerprint,
    ) -> Result<bool, Error> {
        let early = self.handshake.expect(&self.ground.identity, fingerprint.clone())?;
        let before = self.remote.replace(credentials.clone());
        self.ice.expect(now);
        if let Some((bytes, from)) = early {
            self.receive_dtls(now, &bytes, from);
        }
        Ok(before.is_some_and(|before| before != *credentials))
    }

    /// Takes a STUN message.
    pub(super) fn receive_stun(&mut self, now: Instant, bytes: &[u8], from: SocketAddr) {
        let answer = self.run(|peer| peer.ice.check(now, bytes, from));
        if let Some(answer) = answer.flatten() {
            self.outbox.push(from, &answer);
            self.look_at_path(now);
        }
    }

    /// A check from this address was authentic.
    pub(super) fn is_proved(&self, from: SocketAddr) -> bool {
        self.ice.is_proved(from)
    }

    /// Takes a DTLS datagram. One from an address that has not proved itself is ignored.
    pub(super) fn receive_dtls(&mut self, now: Instant, bytes: &[u8], from: SocketAddr) {
        if !self.ice.is_proved(from) {
            return;
        }
        self.began_at.get_or_insert(now);
        let progress = self.run(|peer| peer.handshake.receive(&peer.ground.identity, now, bytes, from));
        match progress {
            Some(Progress::Done(keys)) => {
                self.ice.authentic(now, from);
                self.keys = Some(keys);
                self.look_at_path(now);
                self.changes.push(PeerChange::Connected);
            }
            Some(Progress::Refused(reason)) => self.changes.push(PeerChange::Ended(reason)),
            Some(Progress::Closed) => self.changes.push(PeerChange::Ended("the device closed it")),
            Some(Progress::Going) | None => {}
        }
    }

    /// Opens an RTP packet in place; gives its header and its new length.
    pub(super) fn open_rtp(
        &mut self,
        now: Instant,
        packet: &mut [u8],
        from: SocketAddr,
    ) -> Result<(Rtp, usize), Refused> {
        let (_, opener) = self.keys.as_deref_mut().ok_or(Refused::Forged)?;
        let header = Rtp::parse(packet).ok_or(Refused::Short)?;
        let length = opener.open_rtp(packet, header.payload_at, header.ssrc, header.sequence_number)?;
        self.ice.authentic(now, from);
        Ok((header, length))
    }

    /// Opens a compound RTCP packet. What cannot be read is not there.
    pub(super) fn open_rtcp(
        &mut self,
        now: Instant,
        packet: &mut [u8],
        from: SocketAddr,
    ) -> Vec<Box<dyn rtc::rtcp::Packet>> {
        let Some((_, opener)) = self.keys.as_deref_mut() else { return Vec::new() };
        let Ok(length) = opener.open_rtcp(packet) else { return Vec::new() };
        self.ice.authentic(now, from);
        let mut bytes = &packet[..length];
        let packets = self.run(|_| rtc::rtcp::packet::unmarshal(&mut bytes));
        packets.and_then(Result::ok).unwrap_or_default()
    }

    /// Seals a packet and queues it until [`Peer::flush`]. The one place where media leave for a subscriber.
    /// `false` if it was dropped, because the peer is not connected or its queue is full.
    pub(super) fn send_rtp(&mut self, now: Instant, packet: &Outgoing<'_>) -> bool {
        let (Some((sealer, _)), Some(to)) = (self.keys.as_deref_mut(), self.ice.address()) else {
            return false;
        };
        if self.outbox.len() >= MAX_QUEUED {
            return false;
        }
        let (bytes, begin) = self.outbox.begin();
        let has_extensions =
            packet.mid.is_some() || packet.level.is_some() || packet.transport_sequence.is_some();
        let marker = u8::from(packet.marker) << 7;
        let padding = u8::from(packet.is_padding) << 5;
        bytes.extend_from_slice(&[
            0x80 | padding | u8::from(has_extensions) << 4,
            marker | packet.payload_type & 0x7f,
        ]);
        bytes.extend_from_slice(&packet.sequence_number.to_be_bytes());
        bytes.extend_from_slice(&packet.timestamp.to_be_bytes());
        bytes.extend_from_slice(&packet.ssrc.to_be_bytes());
        if has_extensions {
            let mut writer = ExtensionWriter::new(bytes);
            if let Some(id) = packet.transport_sequence {
                writer.push(id, &self.sent.next().to_be_bytes());
            }
            if let Some((id, mid)) = packet.mid {
                writer.push(id, mid);
            }
            if let Some((id, level)) = packet.level {
                writer.push(id, &[level]);
            }
            writer.finish();
        }
        let payload_at = bytes.len();
        if let Some(original) = packet.original {
            bytes.extend_from_slice(&original.to_be_bytes());
        }
        let media_at = bytes.len();
        bytes.extend_from_slice(packet.payload);
        if let Some((descriptor, picture_id, tl0_picture_index)) = &packet.picture_ids {
            descriptor.write(&mut bytes[media_at..], *picture_id, *tl0_picture_index);
        }
        if sealer.seal_rtp(bytes, begin, payload_at, packet.ssrc, packet.sequence_number).is_err() {
            self.outbox.cancel(begin);
            return false;
        }
        let size = self.outbox.commit(begin, to);
        if packet.transport_sequence.is_some() {
            self.sent.note(now, size, packet.is_padding);
        }
        true
    }

    /// Nothing goes out under this source ever again.
    pub(super) fn retire(&mut self, ssrc: u32) {
        if let Some((sealer, _)) = self.keys.as_deref_mut() {
            sealer.retire(ssrc);
        }
    }

    /// Seals a control packet and queues it likewise.
    pub(super) fn send_rtcp(&mut self, packet: &dyn rtc::rtcp::Packet) -> bool {
        let bytes = self.run(|_| {
            let mut bytes = vec![0; packet.marshal_size()];
            packet.marshal_to(&mut bytes).is_ok().then_some(bytes)
        });
        bytes.flatten().is_some_and(|bytes| self.send_control(bytes))
    }

    fn send_control(&mut self, mut packet: Vec<u8>) -> bool {
        let (Some((sealer, _)), Some(to)) = (self.keys.as_deref_mut(), self.ice.address()) else {
            return false;
        };
        if self.outbox.len() >= MAX_QUEUED || sealer.seal_rtcp(&mut packet).is_err() {
            return false;
        }
        self.outbox.push(to, &packet);
        true
    }

    /// What a report of the device says of the packets that went to it, for whoever estimates its bandwidth.
    pub(super) fn feedback<'a>(
        &'a mut self,
        report: &'a TransportLayerCc,
    ) -> impl Iterator<Item = Delivery> + 'a {
        self.sent.feedback(report)
    }

    /// Notes that it must be flushed; says whether that is news.
    pub(super) fn mark(&mut self) -> bool {
        !std::mem::replace(&mut self.is_dirty, true)
    }

    /// Time went by. Says whether something is to be flushed.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let mut has_news = false;
        if is_due(self.handshake.deadline()) {
            self.run(|peer| peer.handshake.tick(now));
            has_news = true;
        }
        if is_due(self.arrivals.deadline())
            && let Some(report) = self.arrivals.report(now, OWN_SSRC)
        {
            has_news |= self.send_control(report);
        }
        let is_late = |at: Instant| now.saturating_duration_since(at) >= HANDSHAKE_LIMIT;
        if !self.is_connected() && self.began_at.is_some_and(is_late) {
            self.began_at = None;
            self.changes.push(PeerChange::Ended("the device did not finish DTLS"));
        }
        self.look_at_path(now);
        has_news || !self.changes.is_empty() || self.fault.is_some()
    }

    /// Notes whether the path was lost or is back, and which it is.
    fn look_at_path(&mut self, now: Instant) {
        let media_path = self.ice.address().filter(|_| self.is_connected()).map(media_path_of);
        if let Some(media_path) = media_path
            && self.media_path.replace(media_path) != Some(media_path)
        {
            self.changes.push(PeerChange::Path(media_path));
        }
        let path = self.ice.state(now);
        let before = std::mem::replace(&mut self.path, path);
        match path {
            PathState::Failed if before != path => self.changes.push(PeerChange::Ended("the path was lost")),
            PathState::Lost if before == PathState::Alive && self.is_connected() => {
                self.changes.push(PeerChange::Disconnected);
            }
            PathState::Alive if before == PathState::Lost && self.is_connected() => {
                self.changes.push(PeerChange::Connected);
            }
            _ => {}
        }
    }

    /// Moves on what DTLS has to say: changes are returned, datagrams wait in the outbox.
    pub(super) fn flush(&mut self) -> Vec<PeerChange> {
        self.is_dirty = false;
        self.drain();
        let mut changes = std::mem::take(&mut self.changes);
        if let Some(fault) = self.fault {
            changes.push(PeerChange::Ended(fault));
        }
        changes
    }

    /// Tells the other side that this ends; [`Peer::outbox`] holds the datagrams that say so.
    pub(super) fn close(&mut self, now: Instant) {
        self.run(|peer| peer.handshake.close(now));
        self.drain();
        self.keys = None;
    }

    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    fn drain(&mut self) {
        while let Some(datagram) = self.run(|peer| peer.handshake.poll()).flatten() {
            if let Some(to) = self.ice.address() {
                self.outbox.push(to, &datagram);
            }
        }
    }
}
