//! What goes back: requests for packets and key frames to the publishers, reports both ways (RFC 3550 section 6,
//! RFC 4585).

use std::net::SocketAddr;
use std::time::Instant;

use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::api::{Direction, Event, count};
use super::forwarding::track_for;
use super::peer::{OWN_SSRC, PeerKey};
use super::publisher::{Track, TrackId};
use super::reception;
use super::shard::{Shard, mark};
use crate::room::{ConnectionId, Fate, MediaKind};

/// Most blocks of one receiver report (RFC 3550 section 6.4.2).
const MAX_BLOCKS: usize = 31;

impl Shard {
    /// Opens a compound packet and does what it says.
    pub(super) fn receive_rtcp(&mut self, now: Instant, key: PeerKey, packet: &mut [u8], from: SocketAddr) {
        let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) else {
            return;
        };
        let packets = peer.open_rtcp(now, packet, from);
        if peer.has_panicked() {
            mark(peer, key, &mut self.dirty);
        }
        for packet in packets {
            match key.1 {
                Direction::Publish => {
                    if let Some(report) = packet.as_any().downcast_ref() {
                        self.relay_report(now, key.0, report);
                    }
                }
                Direction::Subscribe => self.feedback(now, key.0, packet.as_ref()),
            }
        }
    }

    /// Asks publishers again for packets that did not arrive.
    pub(super) fn request_missing(&mut self, now: Instant) {
        for track in self.tracks.values_mut() {
            self.at_work = Some(track.room);
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
                let (sender_ssrc, media_ssrc) = (OWN_SSRC, incoming.layer.ssrc);
                if peer.send_rtcp(&TransportLayerNack { sender_ssrc, media_ssrc, nacks }) {
                    mark(peer, key, &mut self.dirty);
                }
            }
        }
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
            self.send_keyframe_request(id, ssrc);
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
            self.at_work = Some(track.room);
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
            self.at_work = self.tracks.get(&id).map(|track| track.room);
            self.send_keyframe_request(id, ssrc);
        }
    }

    fn send_keyframe_request(&mut self, id: TrackId, ssrc: u32) {
        let Some(track) = self.tracks.get(&id) else { return };
        let key = (track.publisher, Direction::Publish);
        let Some(peer) = self.connections.get_mut(&key.0).and_then(|device| device.peer(key.1)) else {
            return;
        };
        if peer.send_rtcp(&PictureLossIndication { sender_ssrc: OWN_SSRC, media_ssrc: ssrc }) {
            count(&self.tally.keyframes_requested, 1);
            mark(peer, key, &mut self.dirty);
        }
    }

    /// A publisher's sender report goes to everybody who sees the layer, in the terms of what they see. Without
    /// it sound and picture drift apart.
    fn relay_report(&mut self, now: Instant, publisher: ConnectionId, report: &SenderReport) {
        let is_layer = |track: &&mut Track| {
            track.publisher == publisher
                && track.layers.iter().any(|incoming| incoming.layer.ssrc == report.ssrc)
        };
        let Some(track) = self.tracks.values_mut().find(is_layer) else { return };
        if let Some(incoming) = track.layer_mut(report.ssrc) {
            incoming.reception.reported(now, report.ntp_time);
        }
        for (connection, index) in &track.subscribers {
            let device = self.connections.get_mut(connection);
            let Some(subscriber) = device.and_then(|device| device.subscriber.as_mut()) else { continue };
            let Some(slot) = subscriber.slots.get(*index) else { continue };
            let offset =
                slot.forwarder.as_ref().and_then(|forwarder| forwarder.timestamp_offset(report.ssrc));
            let Some(offset) = offset else { continue };
            let report = SenderReport {
                ssrc: slot.ssrc,
                ntp_time: report.ntp_time,
                rtp_time: report.rtp_time.wrapping_add(offset),
                packet_count: slot.packets,
                octet_count: slot.octets,
                ..SenderReport::default()
            };
            if subscriber.peer.send_rtcp(&report) {
                mark(&mut subscriber.peer, (*connection, Direction::Subscribe), &mut self.dirty);
            }
        }
    }

    /// Tells publishers what arrived of their layers.
    pub(super) fn report_receptions(&mut self, now: Instant) {
        for (connection, device) in &mut self.connections {
            self.at_work = Some(device.room);
            let Some(publisher) = device.publisher.as_mut().filter(|publisher| publisher.peer.is_connected())
            else {
                continue;
            };
            if publisher.report_at.is_some_and(|at| now < at) {
                continue;
            }
            publisher.report_at = Some(now + reception::INTERVAL);
            let (mut reports, mut lost) = (Vec::new(), Vec::new());
            for id in publisher.tracks.values() {
                let Some(track) = self.tracks.get_mut(id) else { continue };
                for incoming in &mut track.layers {
                    let Some(report) = incoming.reception.report(now, incoming.layer.ssrc) else { continue };
                    if track.kind == MediaKind::Video && incoming.pace.is_on(now) {
                        lost.push(report.fraction_lost);
                    }
                    reports.push(report);
                }
            }
            let judgement = publisher.uplink.report(lost);
            reports.truncate(MAX_BLOCKS);
            let report = ReceiverReport { ssrc: OWN_SSRC, reports, ..ReceiverReport::default() };
            if !report.reports.is_empty() && publisher.peer.send_rtcp(&report) {
                mark(&mut publisher.peer, (*connection, Direction::Publish), &mut self.dirty);
            }
            if let Some(is_slow) = judgement {
                device.tell(Event::Uplink { connection: *connection, is_slow }, &self.tally);
                self.has_events = true;
            }
        }
    }

    fn feedback(&mut self, now: Instant, connection: ConnectionId, packet: &dyn rtc::rtcp::Packet) {
        let any = packet.as_any();
        if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            let wanted = nack.nacks.iter().flat_map(|pair| pair.packet_list());
            return self.retransmit(now, connection, nack.media_ssrc, wanted);
        }
        if let Some(report) = any.downcast_ref::<TransportLayerCc>() {
            let device = self.connections.get_mut(&connection);
            let Some(subscriber) = device.and_then(|device| device.subscriber.as_mut()) else { return };
            let fates: Vec<Fate> = subscriber.peer.feedback(report).map(Fate::from).collect();
            return subscriber.share.estimator.report(now, &fates);
        }
        if !any.is::<PictureLossIndication>() && !any.is::<FullIntraRequest>() {
            return;
        }
        count(&self.tally.keyframes_wanted, 1);
        for ssrc in packet.destination_ssrc() {
            let Some(device) = self.connections.get(&connection) else { return };
            let slots = device.subscriber.iter().flat_map(|subscriber| &subscriber.slots);
            let Some(slot) = slots.into_iter().find(|slot| slot.ssrc == ssrc) else { continue };
            let Some(forwarder) = slot.forwarder.as_ref().filter(|forwarder| !forwarder.is_paused()) else {
                continue;
            };
            let layer = forwarder.target();
            if let Some(id) = track_for(self, slot) {
                self.request_keyframe(now, id, layer);
            }
        }
    }
}
