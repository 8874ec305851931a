//! Commands: who is there, what is agreed, and which track leads to which slot.

use std::time::Instant;

use super::adaptation::Watch;
use super::api::{Command, Direction, Event, WantedTrack};
use super::connection::Connection;
use super::publisher::{Agreed, Publisher, Track, TrackId};
use super::sdp::{self, Outline, Way};
use super::shard::Shard;
use super::subscriber::Subscriber;
use crate::room::{ConnectionId, Source, Unseen, WantedLayers};

/// Most publications that one device can say it shows.
const MAX_WATCHED: usize = 128;
/// Why a description is refused that names another certificate than the one before.
const OTHER_DEVICE: &str = "the session description is of another device than before";

impl Shard {
    pub(super) fn command(&mut self, command: Command) {
        let now = self.clock.instant();
        match command {
            Command::Open { room, connection, events } => {
                if self.connections.get(&connection).is_some_and(|device| device.room != room) {
                    self.close(connection);
                }
                let device = self.connections.entry(connection);
                let device = device.or_insert_with(|| Connection::new(room, events.clone()));
                device.redirect(events);
                for id in device.publisher.iter().flat_map(|publisher| publisher.tracks.values()) {
                    if let Some(track) = self.tracks.get_mut(id) {
                        track.unseen.tell_again();
                    }
                }
                self.repeat_offer(connection);
            }
            Command::PublishOffer { connection, generation, sdp, sources } => {
                self.publish(now, connection, generation, &sdp, &sources);
            }
            Command::Subscribe { connection, publications } => self.subscribe(now, connection, publications),
            Command::SubscribeAnswer { connection, generation, sdp } => {
                self.subscribed(now, connection, generation, &sdp);
            }
            Command::RestartSubscribe { connection } => {
                let Some(device) = self.connections.get_mut(&connection) else { return };
                let wanted = device.wanted.clone();
                match &mut device.subscriber {
                    Some(subscriber) => subscriber.want_restart(),
                    None => return self.subscribe(now, connection, wanted),
                }
                self.offer(connection);
            }
            Command::Watch { connection, mut tracks, is_saving_data, is_video_off } => {
                tracks.truncate(MAX_WATCHED);
                if let Some(device) = self.connections.get_mut(&connection) {
                    device.watch = Some(Watch { tracks, is_saving_data, is_video_off });
                    self.adapt_at = None; // at the next look at the timers
                }
            }
            Command::HoldBack { connection, mids } => self.hold_back(now, connection, mids),
            Command::Close { connection } => self.close(connection),
            // Those that are about no single device are obeyed elsewhere.
            Command::CloseRoom { .. } => {}
            #[cfg(debug_assertions)]
            Command::Drill { .. } => {}
        }
    }

    fn publish(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        generation: u32,
        sdp: &str,
        sources: &[(String, Source)],
    ) {
        let Some(device) = self.connections.get_mut(&connection) else { return };
        if device.publisher.as_ref().is_some_and(|publisher| generation < publisher.generation) {
            return;
        }
        let offer = match check_offer(sdp, sources) {
            Ok(offer) => offer,
            Err(reason) => return self.reject(connection, generation, reason),
        };
        let publisher = device.publisher.get_or_insert_with(|| Publisher::new(&self.ground));
        publisher.generation = generation;
        let Ok((sdp, agreed)) = publisher.answer(now, offer, sources) else {
            self.reject(connection, generation, OTHER_DEVICE.to_owned());
            return self.end((connection, Direction::Publish), OTHER_DEVICE);
        };
        self.routes.learn(publisher.peer.ice_name(), (connection, Direction::Publish));
        let tracks = agreed.iter().map(|agreed| agreed.track.clone()).collect();
        self.tell(connection, Event::PublishAnswer { connection, generation, sdp, tracks });
        self.set_tracks(connection, agreed);
        self.mark((connection, Direction::Publish));
        self.link_room(now, connection);
    }

    fn reject(&mut self, connection: ConnectionId, generation: u32, reason: String) {
        tracing::info!(connection.id = connection.0, generation, reason, "offer to publish refused");
        self.tell(connection, Event::PublishRejected { connection, generation, reason });
    }

    /// What the device publishes now. Tracks that go on keep their layers and subscribers.
    fn set_tracks(&mut self, connection: ConnectionId, agreed: Vec<Agreed>) {
        let Some(device) = self.connections.get_mut(&connection) else { return };
        let Some(publisher) = &mut device.publisher else { return };
        let tracks = &mut self.tracks;
        publisher.tracks.retain(|mid, id| {
            let is_same = |new: &Agreed| {
                new.track.mid == *mid && tracks.get(id).is_some_and(|track| track.kind == new.track.kind)
            };
            let is_kept = agreed.iter().any(is_same);
            if !is_kept {
                tracks.remove(id);
            }
            is_kept
        });
        publisher.keep(|id| tracks.contains_key(&id));
        let room = device.room;
        for Agreed { track, rids, format } in agreed {
            if let Some(old) = publisher.tracks.get(&track.mid).and_then(|id| tracks.get_mut(id)) {
                old.format = format;
                old.source = track.source;
                if old.rids != rids {
                    old.wanted = WantedLayers::new(rids.len().max(1));
                    old.rids = rids;
                }
                continue;
            }
            self.next_track += 1;
            let id = TrackId(self.next_track);
            publisher.tracks.insert(track.mid.clone(), id);
            let (layers, subscribers) = (Vec::new(), Vec::new());
            let kind = track.kind;
            let wanted = WantedLayers::new(rids.len().max(1));
            let (mid, source) = (track.mid, track.source);
            let is_held = device.held.contains(&mid);
            tracks.insert(
                id,
                Track {
                    publisher: connection,
                    kind,
                    mid,
                    source,
                    rids,
                    wanted,
                    unseen: Unseen::default(),
                    is_held,
                    room,
                    format,
                    layers,
                    subscribers,
                },
            );
        }
    }

    /// Holds back these sections of what a device publishes, and lets the others go on.
    fn hold_back(&mut self, now: Instant, connection: ConnectionId, mids: Vec<String>) {
        let Some(device) = self.connections.get_mut(&connection) else { return };
        device.held = mids;
        let mut released = Vec::new();
        for (mid, id) in device.publisher.iter().flat_map(|publisher| &publisher.tracks) {
            let Some(track) = self.tracks.get_mut(id) else { continue };
            let is_held = device.held.contains(mid);
            if std::mem::replace(&mut track.is_held, is_held) && !is_held {
                released.push((*id, track.subscribers.clone()));
            }
        }
        for (id, subscribers) in released {
            for (subscriber, index) in subscribers {
                let device = self.connections.get_mut(&subscriber);
                if let Some(forwarder) =
                    device.and_then(|device| device.slot(index)).and_then(|slot| slot.forwarder.as_mut())
                {
                    forwarder.rejoin();
                }
            }
            self.request_keyframe(now, id, None);
        }
    }

    fn subscribe(&mut self, now: Instant, connection: ConnectionId, mut wanted: Vec<WantedTrack>) {
        let Some(room) = self.connections.get(&connection).map(|device| device.room) else { return };
        // A device never gets its own media back, nor those of another room.
        wanted.retain(|track| {
            let publisher = self.connections.get(&track.publisher);
            track.publisher != connection && publisher.is_some_and(|device| device.room == room)
        });
        let mut seen = std::collections::HashSet::new();
        wanted.retain(|track| seen.insert(track.publication));
        let first_ssrc = u32::from_be_bytes(self.clock.random_bytes());
        let Some(device) = self.connections.get_mut(&connection) else { return };
        device.wanted.clone_from(&wanted);
        let subscriber = match &mut device.subscriber {
            Some(subscriber) => subscriber,
            None if wanted.is_empty() => return,
            empty => empty.insert(Subscriber::new(&self.ground, first_ssrc, device.generation)),
        };
        subscriber.want(wanted);
        self.link(now, connection);
        self.offer(connection);
    }

    fn offer(&mut self, connection: ConnectionId) {
        let Some(device) = self.connections.get_mut(&connection) else { return };
        let Some(subscriber) = &mut device.subscriber else { return };
        if subscriber.offer().is_some() {
            self.routes.learn(subscriber.peer.ice_name(), (connection, Direction::Subscribe));
            self.repeat_offer(connection);
        }
    }

    fn repeat_offer(&mut self, connection: ConnectionId) {
        let Some(device) = self.connections.get_mut(&connection) else { return };
        if let Some(offer) = device.subscriber.as_ref().and_then(|subscriber| subscriber.in_flight.clone()) {
            let (generation, sdp, tracks) = (offer.generation, offer.sdp, offer.tracks);
            self.tell(connection, Event::SubscribeOffer { connection, generation, sdp, tracks });
        }
    }

    fn subscribed(&mut self, now: Instant, connection: ConnectionId, generation: u32, sdp: &str) {
        let Some(device) = self.connections.get_mut(&connection) else { return };
        let Some(subscriber) = &mut device.subscriber else { return };
        if subscriber.in_flight.as_ref().is_none_or(|offer| offer.generation != generation) {
            return; // the answer to an offer that was repeated, or that an earlier peer made
        }
        let key = (connection, Direction::Subscribe);
        let answer = match sdp::outline(sdp, Way::Receive, subscriber.slots.len()) {
            Ok(answer) => answer,
            Err(fault) => return self.end(key, &fault.to_string()),
        };
        let clock = self.clock.clone();
        let first_sequence_number = || u16::from_be_bytes(clock.random_bytes()) & 0x7fff;
        if !subscriber.answer(now, &answer, first_sequence_number) {
            return self.end(key, OTHER_DEVICE);
        }
        self.mark(key);
        self.link(now, connection);
        self.offer(connection);
    }

    /// Leads tracks to the slots of a device, and asks for key frames where that is new.
    pub(super) fn link(&mut self, now: Instant, connection: ConnectionId) {
        let Some(subscriber) =
            self.connections.get(&connection).and_then(|device| device.subscriber.as_ref())
        else {
            return;
        };
        let ready = subscriber.slots.iter().enumerate().filter(|(_, slot)| slot.forwarder.is_some());
        let links: Vec<(TrackId, usize)> = ready
            .filter_map(|(index, slot)| {
                let wanted = slot.wanted.as_ref()?;
                let publisher = self.connections.get(&wanted.publisher)?.publisher.as_ref()?;
                let id = *publisher.tracks.get(&wanted.mid)?;
                (self.tracks.get(&id)?.kind == slot.kind).then_some((id, index))
            })
            .collect();
        let mut new = Vec::new();
        for (id, track) in &mut self.tracks {
            track.subscribers.retain(|(other, index)| *other != connection || links.contains(&(*id, *index)));
            for (_, index) in links.iter().filter(|(linked, _)| linked == id) {
                if !track.subscribers.contains(&(connection, *index)) {
                    track.subscribers.push((connection, *index));
                    new.push(*id);
                }
            }
        }
        // A device that is not connected yet would miss the key frame; it is asked for once it is.
        let peer = self.connections.get_mut(&connection).and_then(|device| device.peer(Direction::Subscribe));
        if peer.is_some_and(|peer| peer.is_connected()) {
            for id in new {
                self.request_keyframe(now, id, None);
            }
        }
    }

    /// After a device published anew: slots that wait for its tracks get them.
    fn link_room(&mut self, now: Instant, publisher: ConnectionId) {
        let waits = |device: &Connection| device.wanted.iter().any(|track| track.publisher == publisher);
        let devices = self.connections.iter().filter(|(_, device)| waits(device));
        for connection in devices.map(|(connection, _)| *connection).collect::<Vec<_>>() {
            self.link(now, connection);
        }
    }
}

fn check_offer(sdp: &str, sources: &[(String, Source)]) -> Result<Outline, String> {
    let offer = sdp::outline(sdp, Way::Send, sdp::MAX_SECTIONS).map_err(|fault| fault.to_string())?;
    for (mid, source) in sources {
        let Some(section) = offer.sections.iter().find(|section| section.mid == *mid) else {
            return Err("a source is named for a media section that is not there".to_owned());
        };
        if section.kind != source.kind() {
            return Err("a source is named for a media section of another kind".to_owned());
        }
    }
    Ok(offer)
}
