//! Who is in the room, who publishes, who subscribes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Change, ConnectionId, Effect, Effects, MediaKind, Publication, PublicationId, PublishedTrack};
use crate::clinical::{AppointmentId, ParticipantId};

/// How long the place of a device is kept after its signalling was lost.
pub const GRACE: Duration = Duration::from_secs(60);

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A device comes in. Its participant was admitted by the clinical core; the room admits nobody.
    /// A device that is there already is back (as [`Input::Resumed`]).
    Enter {
        /// The device.
        connection: ConnectionId,
        /// Whose it is.
        participant: ParticipantId,
    },
    /// A device leaves for good.
    Leave {
        /// The device.
        connection: ConnectionId,
    },
    /// The signalling of a device was lost. Media go on; [`GRACE`] later it has left.
    Lost {
        /// The device.
        connection: ConnectionId,
    },
    /// The signalling of a lost device is back.
    Resumed {
        /// The device.
        connection: ConnectionId,
    },
    /// A device publishes exactly these tracks now: what is missing has ended.
    Published {
        /// The device.
        connection: ConnectionId,
        /// The whole set.
        tracks: Vec<PublishedTrack>,
    },
    /// A publisher says that a track is silent or dark. The track stays.
    Muted {
        /// The device that says so; only the publisher itself may.
        connection: ConnectionId,
        /// Which track.
        publication: PublicationId,
        /// As it is now.
        is_muted: bool,
    },
    /// Staff mute a track. Only its publisher takes that back, with [`Input::Muted`].
    HeldBack {
        /// Which track.
        publication: PublicationId,
    },
    /// A device can receive from now on.
    SubscriberReady {
        /// The device.
        connection: ConnectionId,
    },
    /// Time went by.
    Tick,
}

#[derive(Debug)]
struct Device {
    participant: ParticipantId,
    is_ready: bool,
    lost_at: Option<Instant>,
    /// What the last [`Effect::Subscribe`] named.
    subscribed: Vec<PublicationId>,
    /// What the last [`Effect::HoldBack`] named.
    held: Vec<String>,
}

/// One live call. Lives in memory only, as long as its consultation.
#[derive(Debug)]
pub struct Room {
    id: AppointmentId,
    devices: BTreeMap<ConnectionId, Device>,
    publications: BTreeMap<PublicationId, Publication>,
    next_publication: u32,
}

impl Room {
    /// An empty room.
    pub fn new(id: AppointmentId) -> Self {
        Self { id, devices: BTreeMap::new(), publications: BTreeMap::new(), next_publication: 1 }
    }

    /// The appointment whose call this is.
    pub fn id(&self) -> AppointmentId {
        self.id
    }

    /// Nobody is there, not even a lost device.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Everything that is published now.
    pub fn publications(&self) -> impl Iterator<Item = &Publication> {
        self.publications.values()
    }

    /// One publication, if it has not ended.
    pub fn publication(&self, id: PublicationId) -> Option<&Publication> {
        self.publications.get(&id)
    }

    /// The devices in the room and whose they are.
    pub fn connections(&self) -> impl Iterator<Item = (ConnectionId, ParticipantId)> {
        self.devices.iter().map(|(connection, device)| (*connection, device.participant))
    }

    /// What this device receives, as last told to the forwarding.
    pub fn subscriptions(&self, connection: ConnectionId) -> &[PublicationId] {
        self.devices.get(&connection).map_or(&[], |device| &device.subscribed)
    }

    /// Which media sections of this device go to nobody, as last told to the forwarding.
    pub fn held(&self, connection: ConnectionId) -> &[String] {
        self.devices.get(&connection).map_or(&[], |device| &device.held)
    }

    /// Takes one input and says what is to be done. Inputs about a device that is not in the room do nothing.
    pub fn handle(&mut self, now: Instant, input: Input) -> Effects {
        let mut effects = Effects::default();
        match input {
            Input::Enter { connection, participant } => self.enter(connection, participant, &mut effects),
            Input::Leave { connection } => self.leave(connection, &mut effects),
            Input::Lost { connection } => {
                if let Some(device) = self.devices.get_mut(&connection)
                    && device.lost_at.is_none()
                {
                    device.lost_at = Some(now);
                    effects.push(Effect::Announce(Change::Lost { connection }));
                }
            }
            Input::Resumed { connection } => self.resume(connection, &mut effects),
            Input::Published { connection, tracks } => self.publish(connection, tracks, &mut effects),
            Input::Muted { connection, publication, is_muted } => {
                if let Some(track) = self.publications.get_mut(&publication)
                    && track.connection == connection
                    && track.is_muted != is_muted
                {
                    track.is_muted = is_muted;
                    track.is_held &= is_muted;
                    effects.push(Effect::Announce(Change::Muted { publication, is_muted }));
                }
            }
            Input::HeldBack { publication } => {
                if let Some(track) = self.publications.get_mut(&publication) {
                    track.is_held = true;
                    if !std::mem::replace(&mut track.is_muted, true) {
                        effects.push(Effect::Announce(Change::Muted { publication, is_muted: true }));
                    }
                }
            }
            Input::SubscriberReady { connection } => {
                if let Some(device) = self.devices.get_mut(&connection) {
                    device.is_ready = true;
                }
            }
            Input::Tick => {}
        }
        self.expire(now, &mut effects);
        self.hold_back(&mut effects);
        self.subscribe(&mut effects);
        if let Some(at) = self.devices.values().filter_map(|device| device.lost_at).min() {
            effects.push(Effect::WakeAt(at + GRACE));
        }
        effects
    }

    fn enter(&mut self, connection: ConnectionId, participant: ParticipantId, effects: &mut Effects) {
        match self.devices.get(&connection) {
            Some(device) if device.participant == participant => return self.resume(connection, effects),
            Some(_) => self.leave(connection, effects),
            None => {}
        }
        let (subscribed, held) = (Vec::new(), Vec::new());
        let device = Device { participant, is_ready: false, lost_at: None, subscribed, held };
        self.devices.insert(connection, device);
        effects.push(Effect::Announce(Change::Entered { connection, participant }));
    }

    fn resume(&mut self, connection: ConnectionId, effects: &mut Effects) {
        if let Some(device) = self.devices.get_mut(&connection)
            && device.lost_at.take().is_some()
        {
            effects.push(Effect::Announce(Change::Resumed { connection }));
        }
    }

    fn leave(&mut self, connection: ConnectionId, effects: &mut Effects) {
        if let Some(device) = self.devices.remove(&connection) {
            self.unpublish(connection, |_| true, effects);
            effects.push(Effect::Close { connection });
            effects.push(Effect::Announce(Change::Left { connection, participant: device.participant }));
        }
    }

    fn unpublish(
        &mut self,
        connection: ConnectionId,
        has_ended: impl Fn(&Publication) -> bool,
        effects: &mut Effects,
    ) {
        self.publications.retain(|id, track| {
            let is_kept = track.connection != connection || !has_ended(track);
            if !is_kept {
                effects.push(Effect::Announce(Change::Unpublished { publication: *id, connection }));
            }
            is_kept
        });
    }

    fn publish(&mut self, connection: ConnectionId, tracks: Vec<PublishedTrack>, effects: &mut Effects) {
        let Some(device) = self.devices.get(&connection) else { return };
        let participant = device.participant;
        let is_same = |track: &Publication, new: &PublishedTrack| {
            track.mid == new.mid && track.kind == new.kind && track.source == new.source
        };
        self.unpublish(connection, |track| !tracks.iter().any(|new| is_same(track, new)), effects);
        for new in tracks {
            let is_there = self
                .publications
                .values()
                .any(|track| track.connection == connection && track.mid == new.mid);
            if is_there {
                continue;
            }
            let id = PublicationId(self.next_publication);
            self.next_publication += 1;
            let PublishedTrack { mid, kind, source } = new;
            let (is_muted, is_held) = (false, false);
            let track = Publication { id, connection, participant, mid, kind, source, is_muted, is_held };
            self.publications.insert(id, track.clone());
            effects.push(Effect::Announce(Change::Published(track)));
        }
    }

    fn expire(&mut self, now: Instant, effects: &mut Effects) {
        let expired: Vec<ConnectionId> = self
            .devices
            .iter()
            .filter(|(_, device)| device.lost_at.is_some_and(|at| now.saturating_duration_since(at) >= GRACE))
            .map(|(connection, _)| *connection)
            .collect();
        for connection in expired {
            self.leave(connection, effects);
        }
    }

    fn hold_back(&mut self, effects: &mut Effects) {
        for (connection, device) in &mut self.devices {
            let of_this = |track: &&Publication| track.connection == *connection && track.is_held;
            let mids: Vec<String> =
                self.publications.values().filter(of_this).map(|track| track.mid.clone()).collect();
            if device.held != mids {
                device.held.clone_from(&mids);
                effects.push(Effect::HoldBack { connection: *connection, mids });
            }
        }
    }

    fn subscribe(&mut self, effects: &mut Effects) {
        for (connection, device) in &mut self.devices {
            if !device.is_ready {
                continue;
            }
            let publications: Vec<PublicationId> = self
                .publications
                .values()
                .filter(|track| is_wanted(track, *connection, device.participant))
                .map(|track| track.id)
                .collect();
            if device.subscribed != publications {
                device.subscribed.clone_from(&publications);
                effects.push(Effect::Subscribe { connection: *connection, publications });
            }
        }
    }
}

/// Never what the device itself sends; of a second device of the same person the picture only, because the
/// sound of two devices on one table howls.
fn is_wanted(track: &Publication, connection: ConnectionId, participant: ParticipantId) -> bool {
    track.connection != connection && (track.participant != participant || track.kind == MediaKind::Video)
}
