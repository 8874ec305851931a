//! Ten times a second: which layers each device gets, which a publisher need send, who speaks. Decided by the `room`
//! core; here it is asked, and what it says is done.

use std::time::{Duration, Instant};

use super::api::{Direction, Event, Watched};
use super::connection::Connection;
use super::forwarding::track_for;
use super::peer::Outgoing;
use super::publisher::{Track, TrackId};
use super::shard::{Shard, mark};
use super::subscriber::{Slot, Subscriber};
use crate::room::{
    Allocator, ConnectionId, Demand, Estimator, Grant, LayerCost, MediaKind, Source, VOICE_BPS, WantedVideo,
};

const INTERVAL: Duration = Duration::from_millis(100);
/// A layer that was not heard for so long is off.
const OFF_AFTER: Duration = Duration::from_millis(700);
/// Rates are measured over so long.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// What a layer takes that was never measured, in pixels and bit/s, the highest first.
const USUAL: [LayerCost; 4] = [
    LayerCost { width: 1280, height: 720, bps: 1_500_000 },
    LayerCost { width: 640, height: 360, bps: 500_000 },
    LayerCost { width: 320, height: 180, bps: 150_000 },
    LayerCost { width: 160, height: 90, bps: 80_000 },
];
const USUAL_SCREEN: LayerCost = LayerCost { width: 1920, height: 1080, bps: 1_500_000 };
/// Sound of the body takes as much as so many voices.
const AUSCULTATION_VOICES: usize = 3;
/// Padding of a packet that carries nothing else (RFC 3550 section 5.1): zeroes and their number.
const PADDING: [u8; 224] = {
    let mut padding = [0; 224];
    padding[223] = 224;
    padding
};
/// Of a packet with padding, in bytes, as a datagram.
const PADDING_PACKET: u64 = 224 + 48;

/// What a device shows.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) tracks: Vec<Watched>,
    pub(super) is_saving_data: bool,
    pub(super) is_video_off: bool,
}

/// How the way to one subscriber is used.
#[derive(Default)]
pub(super) struct Share {
    pub(super) estimator: Estimator,
    pub(super) allocator: Allocator,
    /// Packets are lost on it: sound goes with redundancy.
    pub(super) is_lossy: bool,
    /// What was granted, in bit/s.
    granted_bps: u64,
    /// Padding that is due, in bits.
    padding_due: u64,
    probed_at: Option<Instant>,
}

/// How fast a layer arrives.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since: Option<Instant>,
    bytes: u64,
    /// In bit/s.
    bps: Option<u64>,
    heard_at: Option<Instant>,
    /// Pixels, as the last key frame said.
    pub(super) size: Option<(u32, u32)>,
}

impl Pace {
    /// A packet of so many bytes arrived.
    pub(super) fn heard(&mut self, now: Instant, bytes: usize) {
        let is_new = self.heard_at.is_none_or(|at| now.saturating_duration_since(at) >= OFF_AFTER);
        if is_new {
            (self.since, self.bytes) = (None, 0);
        }
        self.heard_at = Some(now);
        let passed = now.saturating_duration_since(*self.since.get_or_insert(now));
        if passed >= RATE_WINDOW {
            let bps = (self.bytes as f64 * 8.0 / passed.as_secs_f64()) as u64;
            self.bps = Some(self.bps.map_or(bps, |before| (before + bps) / 2));
            (self.since, self.bytes) = (Some(now), 0);
        }
        self.bytes += bytes as u64;
    }

    pub(super) fn is_on(&self, now: Instant) -> bool {
        self.heard_at.is_some_and(|at| now.saturating_duration_since(at) < OFF_AFTER)
    }
}

impl Track {
    /// The layers as the description orders them; browsers write the smallest first.
    fn costs(&self) -> Vec<LayerCost> {
        let count = self.rids.len().max(1);
        let cost = |rank: usize| {
            let usual = match self.source {
                Source::Screen if count == 1 => USUAL_SCREEN,
                _ => USUAL[(count - 1 - rank).min(USUAL.len() - 1)],
            };
            let pace = self.layer_of(rank).map(|incoming| &incoming.pace);
            let (width, height) = pace.and_then(|pace| pace.size).unwrap_or((usual.width, usual.height));
            LayerCost { width, height, bps: pace.and_then(|pace| pace.bps).unwrap_or(usual.bps) }
        };
        (0..count).map(cost).collect()
    }

    fn layer_of(&self, rank: usize) -> Option<&super::publisher::IncomingLayer> {
        let rid = self.rids.get(rank).map_or("", String::as_str);
        self.layers.iter().find(|incoming| incoming.layer.rid == rid)
    }

    fn rank_of(&self, ssrc: u32) -> Option<usize> {
        let layer = self.layers.iter().find(|incoming| incoming.layer.ssrc == ssrc)?;
        self.rids.iter().position(|rid| *rid == layer.layer.rid)
    }

    /// The source of this layer, or if it is off, of the next one below that is on, or above.
    fn nearest(&self, now: Instant, rank: usize) -> Option<u32> {
        let on = |rank: usize| {
            self.layer_of(rank)
                .filter(|incoming| incoming.pace.is_on(now))
                .map(|incoming| incoming.layer.ssrc)
        };
        (0..=rank).rev().chain(rank + 1..self.rids.len().max(1)).find_map(on)
    }
}

impl Shard {
    /// Looks whether anybody is to get something else.
    pub(super) fn adapt(&mut self, now: Instant) {
        self.probe(now);
        if self.adapt_at.is_some_and(|at| now < at) {
            return;
        }
        self.adapt_at = Some(now + INTERVAL);
        self.poll_speakers(now);
        self.look_for_loss(now);
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.at_work = self.connections.get(&connection).map(|device| device.room);
            self.allocate(now, connection);
        }
        self.tell_layers(now);
    }

    fn look_for_loss(&mut self, now: Instant) {
        self.is_any_lossy = false;
        for device in self.connections.values_mut() {
            self.at_work = Some(device.room);
            let Some(subscriber) = &mut device.subscriber else { continue };
            subscriber.share.is_lossy = subscriber.share.estimator.is_lossy(now);
            self.is_any_lossy |= subscriber.share.is_lossy;
        }
    }

    fn poll_speakers(&mut self, now: Instant) {
        for (room, speakers) in &mut self.speakers {
            self.at_work = Some(*room);
            let Some(connection) = speakers.poll(now) else { continue };
            for device in self.connections.values_mut().filter(|device| device.room == *room) {
                device.tell(Event::Speaker { room: *room, connection }, &self.tally);
                self.has_events = true;
            }
        }
    }

    /// Shares the way to one device among what it watches. A device that never said what it shows gets everything.
    fn allocate(&mut self, now: Instant, connection: ConnectionId) {
        let Some(device) = self.connections.get(&connection) else { return };
        #[cfg(debug_assertions)]
        if self.drill == Some(device.room) {
            self.drill = None;
            panic!("a drill");
        }
        let Some((demand, tracks)) = self.demand(device) else { return };
        let Some(subscriber) =
            self.connections.get_mut(&connection).and_then(|device| device.subscriber.as_mut())
        else {
            return;
        };
        subscriber.share.estimator.tick(now);
        if subscriber.share.estimator.take_new_way() {
            subscriber.share.allocator.begin_anew();
        }
        let grants = subscriber.share.allocator.allocate(now, &demand);
        let is_least = !grants.values().any(|grant| grant.layer().is_some());
        subscriber.share.estimator.sends_least(now, is_least);
        subscriber.share.granted_bps = demand.voices as u64 * VOICE_BPS;
        let (mut wanted, mut changes) = (Vec::new(), Vec::new());
        for (video, (id, index)) in demand.videos.iter().zip(tracks) {
            let Some(slot) = subscriber.slots.get_mut(index) else { continue };
            let (Some(grant), Some(forwarder)) = (grants.get(&video.publication), &mut slot.forwarder) else {
                continue;
            };
            let is_paused = *grant == Grant::Paused;
            if is_paused != (slot.grant == Some(Grant::Paused)) {
                changes.push((video.publication, is_paused));
            }
            slot.grant = Some(*grant);
            let Some(rank) = grant.layer() else {
                forwarder.pause();
                continue;
            };
            subscriber.share.granted_bps += video.layers.get(rank).map_or(0, |layer| layer.bps);
            let Some(ssrc) = self.tracks.get(&id).and_then(|track| track.nearest(now, rank)) else {
                continue; // nothing arrives: what there is stays
            };
            let is_new = forwarder.is_paused() || forwarder.target() != Some(ssrc);
            forwarder.select(ssrc);
            if is_new && forwarder.is_waiting() {
                wanted.push((id, ssrc));
            }
        }
        for (publication, is_paused) in changes {
            tracing::debug!(
                connection.id = connection.0,
                publication.id = publication.0,
                is_paused,
                "picture"
            );
            self.tell(connection, Event::Paused { connection, publication, is_paused });
        }
        for (id, ssrc) in wanted {
            self.request_keyframe(now, id, Some(ssrc));
        }
    }

    /// What a device wants, and where each picture comes from and goes.
    fn demand(&self, device: &Connection) -> Option<(Demand, Vec<(TrackId, usize)>)> {
        let (watch, subscriber) = (device.watch.as_ref()?, device.subscriber.as_ref()?);
        if !subscriber.peer.is_connected() {
            return None;
        }
        let speaker = self.speakers.get(&device.room).and_then(|speakers| speakers.speaker());
        let estimate_bps = subscriber.is_reporting().then(|| subscriber.share.estimator.bps());
        let (is_saving_data, is_video_off) = (watch.is_saving_data, watch.is_video_off);
        let mut demand = Demand { estimate_bps, is_saving_data, is_video_off, ..Demand::default() };
        let mut tracks = Vec::new();
        for (index, slot) in subscriber.slots.iter().enumerate().filter(|(_, slot)| slot.forwarder.is_some())
        {
            let Some(wanted) = &slot.wanted else { continue };
            if slot.kind == MediaKind::Audio {
                let is_auscultation = wanted.source == Source::Auscultation;
                demand.voices += if is_auscultation { AUSCULTATION_VOICES } else { 1 };
                continue;
            }
            let Some(id) = track_for(self, slot) else { continue };
            let Some(track) = self.tracks.get(&id) else { continue };
            let shown = watch.tracks.iter().find(|watched| watched.publication == wanted.publication);
            demand.videos.push(WantedVideo {
                publication: wanted.publication,
                source: wanted.source,
                width: shown.map_or(0, |shown| shown.width),
                height: shown.map_or(0, |shown| shown.height),
                is_pinned: shown.is_some_and(|shown| shown.is_pinned),
                is_needed: wanted.is_needed,
                is_speaking: speaker == Some(wanted.publisher),
                layers: track.costs(),
            });
            tracks.push((id, index));
        }
        Some((demand, tracks))
    }

    /// Tells publishers which layers somebody wants, and how many do without any.
    fn tell_layers(&mut self, now: Instant) {
        let mut changes = Vec::new();
        for (id, track) in self.tracks.iter().filter(|(_, track)| track.kind == MediaKind::Video) {
            self.at_work = Some(track.room);
            let (mut wanted, mut receivers) = (Vec::new(), 0);
            for (connection, index) in &track.subscribers {
                let subscriber =
                    self.connections.get(connection).and_then(|device| device.subscriber.as_ref());
                let Some(slot) = subscriber.and_then(|subscriber| subscriber.slots.get(*index)) else {
                    continue;
                };
                match slot.grant {
                    None => wanted.extend(0..track.wanted.count()),
                    Some(grant) => {
                        receivers += usize::from(grant == Grant::Paused);
                        let present = slot.forwarder.as_ref().and_then(|forwarder| forwarder.current());
                        wanted.extend(grant.layer());
                        wanted.extend(present.and_then(|ssrc| track.rank_of(ssrc)));
                    }
                }
            }
            changes.push((*id, wanted, receivers));
        }
        for (id, wanted, receivers) in changes {
            let Some(track) = self.tracks.get_mut(&id) else { continue };
            self.at_work = Some(track.room);
            let connection = track.publisher;
            let unseen = track.unseen.update(now, receivers);
            let unseen =
                unseen.map(|receivers| Event::Unseen { connection, mid: track.mid.clone(), receivers });
            let rid = |rank: usize| track.rids.get(rank).cloned().unwrap_or_default();
            let rids = track.wanted.update(now, wanted).map(|ranks| ranks.into_iter().map(rid).collect());
            let layers = rids.map(|rids| Event::LayersWanted { connection, mid: track.mid.clone(), rids });
            for event in unseen.into_iter().chain(layers) {
                self.tell(connection, event);
            }
        }
    }

    /// Sends padding to devices whose way is to be tried. It goes in the retransmission stream of a picture, where
    /// nobody misses its sequence numbers.
    fn probe(&mut self, now: Instant) {
        for (connection, device) in &mut self.connections {
            self.at_work = Some(device.room);
            let (Some(_), Some(subscriber)) = (&device.watch, &mut device.subscriber) else { continue };
            if !subscriber.peer.is_connected() || !subscriber.is_reporting() {
                continue;
            }
            let Subscriber { peer, slots, share, .. } = subscriber;
            let wish = share.allocator.wish_bps();
            let Some(bps) = share.estimator.probe(now, wish) else {
                (share.probed_at, share.padding_due) = (None, 0);
                continue;
            };
            let passed =
                share.probed_at.replace(now).map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
            let passed_us = passed.as_micros().min(100_000) as u64;
            share.padding_due += bps.saturating_sub(share.granted_bps) * passed_us / 1_000_000;
            let may_pad = |slot: &&mut Slot| {
                slot.forwarder.is_some()
                    && slot.taken.transport_sequence.is_some()
                    && slot.repair_payload_type.is_some()
            };
            let Some(slot) = slots.iter_mut().find(may_pad) else { continue };
            while share.padding_due >= PADDING_PACKET * 8 {
                share.padding_due -= PADDING_PACKET * 8;
                let Some((ssrc, payload_type, sequence_number)) = slot.next_repair() else { break };
                let packet = Outgoing {
                    ssrc,
                    payload_type,
                    sequence_number,
                    timestamp: slot.forwarder.as_ref().map_or(0, |forwarder| forwarder.last_timestamp()),
                    marker: false,
                    mid: None,
                    level: None,
                    transport_sequence: slot.taken.transport_sequence,
                    original: None,
                    payload: &PADDING,
                    is_padding: true,
                    picture_ids: None,
                };
                if peer.send_rtp(now, &packet) {
                    share.estimator.sent(now);
                    mark(peer, (*connection, Direction::Subscribe), &mut self.dirty);
                }
            }
        }
    }
}
