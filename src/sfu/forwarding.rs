//! Packets: from a publisher's layer to the slots of its subscribers, and what those ask for in return.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};
use rtc::rtp::Packet;

use super::api::{Direction, count};
use super::connection::Connection;
use super::peer::{Media, PeerKey};
use super::publisher::{StoredPacket, TrackId};
use super::shard::{Shard, mark};
use super::subscriber::Slot;
use crate::room::vp8::Descriptor;
use crate::room::{ConnectionId, Header, Layer, MediaKind, Rewrite};

impl Shard {
    /// Moves on everything that a peer's last datagram brought.
    pub(super) fn drain(&mut self, now: Instant, key: PeerKey) {
        loop {
            let peer = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1));
            match (key.1, peer.and_then(|peer| peer.poll_media())) {
                (_, None) => return,
                (Direction::Publish, Some(Media::Rtp(packet))) => self.forward(now, key.0, packet),
                (Direction::Publish, Some(Media::Rtcp(packet))) => {
                    if let Some(report) = packet.as_any().downcast_ref() {
                        self.relay_report(now, key.0, report);
                    }
                }
                (Direction::Subscribe, Some(Media::Rtcp(packet))) => {
                    self.feedback(now, key.0, packet.as_ref())
                }
                (Direction::Subscribe, Some(Media::Rtp(_))) => {} // nobody sends there
            }
        }
    }

    fn forward(&mut self, now: Instant, publisher: ConnectionId, packet: Packet) {
        let Some(id) = self.track_of(now, publisher, packet.header.ssrc) else { return };
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let kind = track.kind;
        if !track.payload_types.contains(&packet.header.payload_type) {
            return;
        }
        let Some(incoming) = track.layer_mut(packet.header.ssrc) else { return };
        if !incoming.replay.accept(packet.header.sequence_number) {
            return count(&self.tally.packets_duplicate, 1);
        }
        count(&self.tally.packets_in, 1);
        let descriptor = match kind {
            MediaKind::Video => Descriptor::parse(&packet.payload),
            MediaKind::Audio => None,
        };
        let header = Header {
            ssrc: packet.header.ssrc,
            sequence_number: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            arrived_at: now,
            is_keyframe_start: descriptor
                .is_some_and(|descriptor| descriptor.is_keyframe_start(&packet.payload)),
            descriptor,
        };
        let stored = StoredPacket { header, marker: packet.header.marker, payload: packet.payload };
        if header.is_keyframe_start {
            incoming.keyframes.answered();
        }
        let mut is_torn = false;
        if kind == MediaKind::Video {
            is_torn = !incoming.missing.arrived(now, header.sequence_number);
            incoming.history.insert(header.sequence_number, stored.clone());
        }
        let subscribers = std::mem::take(&mut track.subscribers);
        for (connection, index) in &subscribers {
            if let Some(device) = self.connections.get_mut(connection)
                && let Some(is_sent) = send(now, device, *index, &stored)
            {
                if let Some(peer) = device.peer(Direction::Subscribe) {
                    mark(peer, (*connection, Direction::Subscribe), &mut self.dirty);
                }
                count(if is_sent { &self.tally.packets_out } else { &self.tally.packets_dropped }, 1);
            }
        }
        if let Some(track) = self.tracks.get_mut(&id) {
            track.subscribers = subscribers;
        }
        if is_torn && !header.is_keyframe_start {
            self.request_keyframe(now, id, Some(header.ssrc));
        }
    }

    /// Asks publishers again for packets that did not arrive.
    pub(super) fn request_missing(&mut self, now: Instant) {
        for track in self.tracks.values_mut() {
            for incoming in &mut track.layers {
                let due = incoming.missing.poll(now);
                let key = (track.publisher, Direction::Publish);
                let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1))
                else {
                    continue;
                };
                if due.is_empty() {
                    continue;
                }
                count(&self.tally.packets_missed, due.len() as u64);
                let nacks = nack_pairs_from_sequence_numbers(&due);
                let media_ssrc = incoming.layer.ssrc;
                if peer.send_rtcp(now, Box::new(TransportLayerNack { sender_ssrc: 1, media_ssrc, nacks })) {
                    mark(peer, key, &mut self.dirty);
                }
            }
        }
    }

    /// The track that a source belongs to. A source that is heard for the first time begins a layer.
    fn track_of(&mut self, now: Instant, connection: ConnectionId, ssrc: u32) -> Option<TrackId> {
        let publisher = self.connections.get_mut(&connection)?.publisher.as_mut()?;
        if let Some(id) = publisher.by_ssrc.get(&ssrc)
            && self.tracks.get_mut(id).is_some_and(|track| track.layer_mut(ssrc).is_some())
        {
            return Some(*id);
        }
        let (mid, rid) = publisher.locate(ssrc)?;
        let id = *publisher.tracks.get(&mid)?;
        let track = self.tracks.get_mut(&id)?;
        if !track.add_layer(Layer { ssrc, rid: rid.clone() }) {
            return None;
        }
        publisher.by_ssrc.retain(|_, other| *other != id || !rid.is_empty());
        publisher.by_ssrc.insert(ssrc, id);
        if rid.is_empty() {
            for (connection, index) in track.subscribers.clone() {
                if let Some(slot) =
                    self.connections.get_mut(&connection).and_then(|device| slot_mut(device, index))
                    && let Some(forwarder) = &mut slot.forwarder
                {
                    forwarder.select(ssrc);
                }
            }
        }
        tracing::debug!(connection.id = connection.0, track.id = id.0, layer.rid = rid, "layer began");
        self.request_keyframe(now, id, Some(ssrc));
        Some(id)
    }

    /// Asks the publisher for a key frame of a layer, or of those that its subscribers are to see. Requests are
    /// merged and deferred.
    pub(super) fn request_keyframe(&mut self, now: Instant, id: TrackId, ssrc: Option<u32>) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        if track.kind != MediaKind::Video || track.subscribers.is_empty() {
            return;
        }
        let layers =
            track.layers.iter_mut().filter(|incoming| ssrc.is_none_or(|ssrc| ssrc == incoming.layer.ssrc));
        let due: Vec<u32> = layers
            .filter_map(|incoming| incoming.keyframes.request(now).then_some(incoming.layer.ssrc))
            .collect();
        for ssrc in due {
            self.send_keyframe_request(now, id, ssrc);
        }
    }

    /// A subscriber is connected from now on: whatever began before, it has not seen.
    pub(super) fn request_all_keyframes(&mut self, now: Instant, connection: ConnectionId) {
        let is_of = |(other, _): &(ConnectionId, usize)| *other == connection;
        let tracks = self.tracks.iter().filter(|(_, track)| track.subscribers.iter().any(is_of));
        for id in tracks.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.request_keyframe(now, id, None);
        }
    }

    /// Sends the requests that were deferred or stayed without an answer.
    pub(super) fn repeat_keyframe_requests(&mut self, now: Instant) {
        let mut due = Vec::new();
        for (id, track) in &mut self.tracks {
            let is_seen = !track.subscribers.is_empty();
            for incoming in &mut track.layers {
                if !is_seen {
                    incoming.keyframes.answered(); // nobody waits any more
                } else if incoming.keyframes.poll(now) {
                    due.push((*id, incoming.layer.ssrc));
                }
            }
        }
        for (id, ssrc) in due {
            self.send_keyframe_request(now, id, ssrc);
        }
    }

    fn send_keyframe_request(&mut self, now: Instant, id: TrackId, ssrc: u32) {
        let Some(track) = self.tracks.get(&id) else { return };
        let key = (track.publisher, Direction::Publish);
        let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) else {
            return;
        };
        if peer.send_rtcp(now, Box::new(PictureLossIndication { sender_ssrc: 1, media_ssrc: ssrc })) {
            count(&self.tally.keyframes_requested, 1);
            mark(peer, key, &mut self.dirty);
        }
    }

    /// A publisher's sender report goes to everybody who sees the layer, in the terms of what they see. Without
    /// it sound and picture drift apart.
    fn relay_report(&mut self, now: Instant, publisher: ConnectionId, report: &SenderReport) {
        let tracks = self.tracks.values().filter(|track| track.publisher == publisher);
        let is_layer = |track: &&super::publisher::Track| {
            track.layers.iter().any(|incoming| incoming.layer.ssrc == report.ssrc)
        };
        for (connection, index) in tracks.filter(is_layer).flat_map(|track| &track.subscribers) {
            let Some(device) = self.connections.get_mut(connection) else { continue };
            let Some(slot) = slot_mut(device, *index) else { continue };
            let offset =
                slot.forwarder.as_ref().and_then(|forwarder| forwarder.timestamp_offset(report.ssrc));
            let Some(offset) = offset else { continue };
            let report = SenderReport {
                ssrc: slot.ssrc,
                rtp_time: report.rtp_time.wrapping_add(offset),
                packet_count: slot.packets,
                octet_count: slot.octets,
                ..report.clone()
            };
            if let Some(peer) = device.peer(Direction::Subscribe)
                && peer.send_rtcp(now, Box::new(report))
            {
                mark(peer, (*connection, Direction::Subscribe), &mut self.dirty);
            }
        }
    }

    fn feedback(&mut self, now: Instant, connection: ConnectionId, packet: &dyn rtc::rtcp::Packet) {
        let any = packet.as_any();
        if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            return self.retransmit(now, connection, nack);
        }
        if !any.is::<PictureLossIndication>() && !any.is::<FullIntraRequest>() {
            return;
        }
        count(&self.tally.keyframes_wanted, 1);
        for ssrc in packet.destination_ssrc() {
            let Some(device) = self.connections.get(&connection) else { return };
            let slots = device.subscriber.iter().flat_map(|subscriber| &subscriber.slots);
            let Some(slot) = slots.into_iter().find(|slot| slot.ssrc == ssrc) else { continue };
            let layer = slot.forwarder.as_ref().and_then(|forwarder| forwarder.target());
            if let Some(id) = self.track_for(slot) {
                self.request_keyframe(now, id, layer);
            }
        }
    }

    /// Answers from the history of the layer; what is not there any more is not answered.
    fn retransmit(&mut self, now: Instant, connection: ConnectionId, nack: &TransportLayerNack) {
        let Some(device) = self.connections.get(&connection) else { return };
        let slots = device.subscriber.iter().flat_map(|subscriber| &subscriber.slots).enumerate();
        let Some((index, slot)) = slots.into_iter().find(|(_, slot)| slot.ssrc == nack.media_ssrc) else {
            return;
        };
        let Some(track) = self.track_for(slot).and_then(|id| self.tracks.get(&id)) else { return };
        let wanted = nack.nacks.iter().flat_map(|pair| pair.packet_list());
        for sequence_number in wanted {
            count(&self.tally.packets_nacked, 1);
            let Some(device) = self.connections.get_mut(&connection) else { return };
            let Some(slot) = slot_mut(device, index) else { return };
            let Some(forwarder) = &slot.forwarder else { return };
            let Some((ssrc, origin)) = forwarder.origin(sequence_number) else { continue };
            let layer = track.layers.iter().find(|incoming| incoming.layer.ssrc == ssrc);
            let Some(stored) = layer.and_then(|incoming| incoming.history.get(origin)) else { continue };
            let Some(rewrite) = forwarder.rewrite_again(&stored.header) else { continue };
            if !slot.may_retransmit(now) {
                return;
            }
            let mut packet = write(slot, stored, &rewrite);
            if let Some((ssrc, payload_type, repair_sequence_number)) = slot.next_repair() {
                // RFC 4588 section 4: the original sequence number goes before the payload.
                let mut payload = BytesMut::with_capacity(2 + packet.payload.len());
                payload.extend_from_slice(&packet.header.sequence_number.to_be_bytes());
                payload.extend_from_slice(&packet.payload);
                packet.payload = payload.freeze();
                packet.header.ssrc = ssrc;
                packet.header.payload_type = payload_type;
                packet.header.sequence_number = repair_sequence_number;
            }
            if let Some(peer) = device.peer(Direction::Subscribe)
                && peer.send_rtp(now, packet)
            {
                count(&self.tally.packets_retransmitted, 1);
                mark(peer, (connection, Direction::Subscribe), &mut self.dirty);
            }
        }
    }

    fn track_for(&self, slot: &Slot) -> Option<TrackId> {
        let wanted = slot.wanted.as_ref()?;
        self.connections.get(&wanted.publisher)?.publisher.as_ref()?.tracks.get(&wanted.mid).copied()
    }
}

/// Sends the copy of a packet for one slot. `None` if the packet is not for it.
fn send(now: Instant, device: &mut Connection, index: usize, stored: &StoredPacket) -> Option<bool> {
    let subscriber = device.subscriber.as_mut()?;
    if !subscriber.peer.is_connected() {
        return None;
    }
    let slot = subscriber.slots.get_mut(index)?;
    let rewrite = slot.forwarder.as_mut()?.rewrite(&stored.header)?;
    let packet = write(slot, stored, &rewrite);
    slot.packets = slot.packets.wrapping_add(1);
    slot.octets = slot.octets.wrapping_add(packet.payload.len() as u32);
    Some(subscriber.peer.send_rtp(now, packet))
}

/// The copy of a packet for one slot. Header extensions stay behind: their numbers are the publisher's.
fn write(slot: &Slot, stored: &StoredPacket, rewrite: &Rewrite) -> Packet {
    Packet {
        header: rtc::rtp::Header {
            version: 2,
            marker: stored.marker,
            payload_type: slot.payload_type,
            sequence_number: rewrite.sequence_number,
            timestamp: rewrite.timestamp,
            ssrc: slot.ssrc,
            ..rtc::rtp::Header::default()
        },
        payload: payload(stored, rewrite),
    }
}

fn payload(stored: &StoredPacket, rewrite: &Rewrite) -> Bytes {
    let (Some(descriptor), Some((picture_id, tl0_picture_index))) =
        (stored.header.descriptor, rewrite.picture_ids)
    else {
        return stored.payload.clone();
    };
    let is_same = descriptor.picture_id.is_none_or(|field| field.value == picture_id)
        && descriptor.tl0_picture_index.is_none_or(|field| field.value == tl0_picture_index);
    if is_same {
        return stored.payload.clone();
    }
    let mut payload = BytesMut::from(&stored.payload[..]);
    descriptor.write(&mut payload, picture_id, tl0_picture_index);
    payload.freeze()
}

fn slot_mut(device: &mut Connection, index: usize) -> Option<&mut Slot> {
    device.subscriber.as_mut()?.slots.get_mut(index)
}
