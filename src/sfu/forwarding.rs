//! Packets: from a publisher's layer to the slots of its subscribers, and what those ask for in return.

use std::net::SocketAddr;
use std::time::Instant;

use super::api::{Direction, count};
use super::peer::{Outgoing, PeerKey};
use super::publisher::{Carries, Place, StoredPacket, Track, TrackId};
use super::rtp::Rtp;
use super::sdp::OWN_OPUS;
use super::shard::{Shard, mark};
use super::srtp::Refused;
use super::subscriber::{Slot, Subscriber};
use crate::room::redundancy::{self, Earlier, Redundant};
use crate::room::vp8::Descriptor;
use crate::room::{ConnectionId, Header, Layer, MediaKind, PacketHistory, Rewrite};

/// Sound on a way that loses packets carries so many earlier ones again.
const REDUNDANCY: u16 = 2;

impl Shard {
    /// Opens a packet and moves it on.
    pub(super) fn receive_rtp(&mut self, now: Instant, key: PeerKey, packet: &mut [u8], from: SocketAddr) {
        if key.1 == Direction::Subscribe {
            return; // nobody sends there
        }
        let device = self.connections.get_mut(&key.0);
        let Some(publisher) = device.and_then(|device| device.publisher.as_mut()) else { return };
        let (header, length) = match publisher.peer.open_rtp(now, packet, from) {
            Ok(opened) => opened,
            Err(Refused::Replayed) => return count(&self.tally.packets_duplicate, 1),
            Err(_) => return, // no keys yet, or not from the device
        };
        let packet = &packet[..length];
        let number = publisher.transport_sequence.and_then(|id| header.extension(packet, id));
        if let Some(&[high, low]) = number {
            publisher.peer.arrivals.note(now, u16::from_be_bytes([high, low]), header.ssrc);
        }
        let Some(carries) =
            publisher.carries(header.ssrc).or_else(|| self.assign(now, key.0, &header, packet))
        else {
            return;
        };
        let payload = header.payload(packet);
        match carries {
            Carries::Media(id) => self.take_apart(now, id, &header, packet, payload),
            Carries::Repairs(id, ssrc) => {
                // RFC 4588 section 4: the original sequence number goes before the payload.
                let Some((&[high, low], payload)) = payload.split_first_chunk() else { return };
                let sequence_number = u16::from_be_bytes([high, low]);
                let header = header.repaired(ssrc, sequence_number);
                self.forward(now, id, &header, packet, payload, true);
            }
        }
    }

    /// Forwards a packet, and before it what it carries again of packets that did not arrive.
    fn take_apart(&mut self, now: Instant, id: TrackId, rtp: &Rtp, packet: &[u8], payload: &[u8]) {
        let Some(track) = self.tracks.get(&id) else { return };
        if track.format.redundancy != Some(rtp.payload_type) {
            return self.forward(now, id, rtp, packet, payload, false);
        }
        let Some(redundant) = Redundant::parse(payload) else { return };
        let primary = rtp.primary(track.format.payload_type);
        for (ago, earlier) in redundant.earlier() {
            let layers = self.tracks.get(&id).map(|track| &track.layers[..]).unwrap_or_default();
            let layer = layers.iter().find(|incoming| incoming.layer.ssrc == rtp.ssrc);
            let number = rtp.sequence_number.wrapping_sub(ago);
            if layer.is_some_and(|incoming| incoming.replay.is_missing(number)) {
                count(&self.tally.packets_recovered, 1);
                self.forward(now, id, &rtp.earlier(ago, earlier.offset), packet, earlier.payload, true);
            }
        }
        self.forward(now, id, &primary, packet, redundant.primary, false);
    }

    fn forward(
        &mut self,
        now: Instant,
        id: TrackId,
        rtp: &Rtp,
        packet: &[u8],
        payload: &[u8],
        is_repair: bool,
    ) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let (kind, format, is_held) = (track.kind, track.format, track.is_held);
        if !format.allows(rtp.payload_type, is_repair) {
            return;
        }
        let Some(incoming) = track.layer_mut(rtp.ssrc) else { return };
        if !is_repair {
            incoming.reception.arrived(now, rtp.sequence_number, rtp.timestamp);
        }
        if !incoming.replay.accept(rtp.sequence_number) {
            return count(&self.tally.packets_duplicate, 1);
        }
        count(&self.tally.packets_in, 1);
        incoming.pace.heard(now, packet.len());
        let descriptor = match kind {
            MediaKind::Video => Descriptor::parse(payload),
            MediaKind::Audio => None,
        };
        let header = Header {
            ssrc: rtp.ssrc,
            sequence_number: rtp.sequence_number,
            timestamp: rtp.timestamp,
            arrived_at: now,
            is_keyframe_start: descriptor.is_some_and(|descriptor| descriptor.is_keyframe_start(payload)),
            descriptor,
        };
        if header.is_keyframe_start {
            incoming.keyframes.answered();
            incoming.pace.size =
                descriptor.and_then(|descriptor| descriptor.frame_size(payload)).or(incoming.pace.size);
        }
        let mut is_torn = false;
        if kind == MediaKind::Video {
            is_torn = !incoming.missing.arrived(now, header.sequence_number, is_repair);
        }
        if is_held {
            // Not into the history either, out of which it would be sent again.
            return count(&self.tally.packets_held, 1);
        }
        let has_redundant = kind == MediaKind::Audio && self.is_any_lossy;
        if has_redundant {
            let earlier = earlier(&incoming.history, &header);
            redundancy::write(&mut self.redundant, OWN_OPUS, payload, earlier);
        }
        let mut room = std::mem::take(&mut self.spare);
        room.clear();
        room.extend_from_slice(payload);
        let stored = StoredPacket { header, marker: rtp.marker, payload: room };
        if let Some(old) = incoming.history.insert(header.sequence_number, stored) {
            self.spare = old.payload;
        }
        let level = format.level.and_then(|id| rtp.extension(packet, id)).and_then(|value| value.first());
        if let Some(level) = level {
            let speakers = self.speakers.entry(track.room).or_default();
            speakers.heard(now, track.publisher, level & 0x7f);
        }
        let redundant = has_redundant.then_some(&self.redundant[..]);
        let copy = Copy { header: &header, marker: rtp.marker, level: level.copied(), payload, redundant };
        let (mut sent, mut dropped) = (0, 0);
        for (connection, index) in &track.subscribers {
            let device = self.connections.get_mut(connection);
            let Some(subscriber) = device.and_then(|device| device.subscriber.as_mut()) else { continue };
            match send(now, subscriber, *index, &copy) {
                None => continue,
                Some(true) => sent += 1,
                Some(false) => dropped += 1,
            }
            mark(&mut subscriber.peer, (*connection, Direction::Subscribe), &mut self.dirty);
        }
        count(&self.tally.packets_out, sent);
        count(&self.tally.packets_dropped, dropped);
        if is_torn && !header.is_keyframe_start {
            self.request_keyframe(now, id, Some(header.ssrc));
        }
    }

    /// A source that is heard for the first time begins a layer, or repairs one.
    fn assign(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        header: &Rtp,
        packet: &[u8],
    ) -> Option<Carries> {
        let publisher = self.connections.get_mut(&connection)?.publisher.as_mut()?;
        let Place { track: id, layer: rid, repairs } = publisher.locate(header, packet)?;
        let track = self.tracks.get_mut(&id)?;
        if let Some(named) = repairs {
            let mut layers = track.layers.iter().map(|incoming| &incoming.layer);
            let layer =
                layers.find(|layer| layer.rid == rid && named.is_none_or(|ssrc| ssrc == layer.ssrc))?;
            let carries = Carries::Repairs(id, layer.ssrc);
            publisher.assign(header.ssrc, carries);
            return Some(carries);
        }
        let ssrc = header.ssrc;
        if !track.add_layer(Layer { ssrc, rid: rid.clone() }) {
            return None;
        }
        publisher.forget_sources(track, id);
        publisher.assign(ssrc, Carries::Media(id));
        if rid.is_empty() {
            for (connection, index) in track.subscribers.clone() {
                if let Some(slot) =
                    self.connections.get_mut(&connection).and_then(|device| device.slot(index))
                    && let Some(forwarder) = &mut slot.forwarder
                    && !forwarder.is_paused()
                {
                    forwarder.select(ssrc);
                }
            }
        }
        tracing::debug!(connection.id = connection.0, track.id = id.0, layer.rid = rid, "layer began");
        self.request_keyframe(now, id, Some(ssrc));
        Some(Carries::Media(id))
    }

    /// Answers from the history of the layer, in the retransmission stream of the slot; what is not there any more is
    /// not answered. A device without such a stream gets nothing again: a second packet under the first one's
    /// sequence number would have to be the same to the last bit (RFC 7714 section 8.1).
    pub(super) fn retransmit(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        ssrc: u32,
        wanted: impl Iterator<Item = u16>,
    ) {
        let Some(device) = self.connections.get(&connection) else { return };
        let slots = device.subscriber.iter().flat_map(|subscriber| &subscriber.slots);
        let Some(index) = slots.into_iter().position(|slot| slot.ssrc == ssrc) else { return };
        let slot = device.subscriber.as_ref().and_then(|subscriber| subscriber.slots.get(index));
        let Some(id) = slot.and_then(|slot| track_for(self, slot)) else { return };
        let (Some(track), Some(device)) = (self.tracks.get(&id), self.connections.get_mut(&connection))
        else {
            return;
        };
        for sequence_number in wanted {
            count(&self.tally.packets_nacked, 1);
            let Some(subscriber) = device.subscriber.as_mut() else { return };
            let Some(slot) = subscriber.slots.get_mut(index) else { return };
            let Some((stored, rewrite)) = stored(track, slot, sequence_number) else { continue };
            if !slot.may_retransmit(now) {
                return;
            }
            let Some((ssrc, payload_type, repair)) = slot.next_repair() else { return };
            let StoredPacket { header, marker, payload } = stored;
            let copy = Copy { header, marker: *marker, level: None, payload, redundant: None };
            let original = write(slot, &copy, &rewrite);
            let packet = Outgoing {
                ssrc,
                payload_type,
                sequence_number: repair,
                original: Some(original.sequence_number),
                ..original
            };
            if subscriber.peer.send_rtp(now, &packet) {
                count(&self.tally.packets_retransmitted, 1);
                mark(&mut subscriber.peer, (connection, Direction::Subscribe), &mut self.dirty);
            }
        }
    }
}

/// A packet that goes to many.
struct Copy<'a> {
    header: &'a Header,
    marker: bool,
    /// How loud it is (RFC 6464), as its publisher says.
    level: Option<u8>,
    payload: &'a [u8],
    /// Of sound: the payload with those of the packets before it.
    redundant: Option<&'a [u8]>,
}

/// Sends the copy of a packet for one slot. `None` if the packet is not for it.
fn send(now: Instant, subscriber: &mut Subscriber, index: usize, copy: &Copy<'_>) -> Option<bool> {
    if !subscriber.peer.is_connected() {
        return None;
    }
    let slot = subscriber.slots.get_mut(index)?;
    let rewrite = slot.forwarder.as_mut()?.rewrite(copy.header)?;
    if slot.taken.transport_sequence.is_some() {
        subscriber.share.estimator.sent(now);
    }
    let mut packet = write(slot, copy, &rewrite);
    if subscriber.share.is_lossy
        && let (Some(redundant), Some(payload_type)) = (copy.redundant, slot.redundancy)
    {
        (packet.payload, packet.payload_type) = (redundant, payload_type);
    }
    let octets = packet.payload.len() as u32;
    let is_sent = subscriber.peer.send_rtp(now, &packet);
    slot.packets = slot.packets.wrapping_add(1);
    slot.octets = slot.octets.wrapping_add(octets);
    Some(is_sent)
}

/// The copy of a packet for one slot.
fn write<'a>(slot: &'a Slot, copy: &Copy<'a>, rewrite: &Rewrite) -> Outgoing<'a> {
    let changed = copy.header.descriptor.zip(rewrite.picture_ids);
    Outgoing {
        ssrc: slot.ssrc,
        payload_type: slot.payload_type,
        sequence_number: rewrite.sequence_number,
        timestamp: rewrite.timestamp,
        marker: copy.marker,
        mid: slot.taken.mid.map(|id| (id, slot.mid.as_bytes())),
        level: slot.taken.level.zip(copy.level),
        transport_sequence: slot.taken.transport_sequence,
        original: None,
        payload: copy.payload,
        is_padding: false,
        picture_ids: changed.map(|(descriptor, (picture_id, tl0))| (descriptor, picture_id, tl0)),
    }
}

/// The payloads of the packets right before this one, the newest first.
fn earlier<'a>(
    history: &'a PacketHistory<StoredPacket>,
    header: &Header,
) -> impl Iterator<Item = Earlier<'a>> {
    let Header { sequence_number, timestamp, .. } = *header;
    (1..=REDUNDANCY).map_while(move |ago| {
        let stored = history.get(sequence_number.wrapping_sub(ago))?;
        let offset = timestamp.wrapping_sub(stored.header.timestamp);
        (offset > 0).then_some(Earlier { offset, payload: &stored.payload })
    })
}

/// The track that a slot is for.
pub(super) fn track_for(shard: &Shard, slot: &Slot) -> Option<TrackId> {
    let wanted = slot.wanted.as_ref()?;
    shard.connections.get(&wanted.publisher)?.publisher.as_ref()?.tracks.get(&wanted.mid).copied()
}

/// What went out for a slot with this sequence number, if it is still there.
fn stored<'a>(track: &'a Track, slot: &Slot, sequence_number: u16) -> Option<(&'a StoredPacket, Rewrite)> {
    let forwarder = slot.forwarder.as_ref()?;
    let (ssrc, origin) = forwarder.origin(sequence_number)?;
    let layer = track.layers.iter().find(|incoming| incoming.layer.ssrc == ssrc)?;
    let stored = layer.history.get(origin)?;
    Some((stored, forwarder.rewrite_again(&stored.header)?))
}
