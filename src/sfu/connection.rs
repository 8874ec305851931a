//! One device in its room, with its two peer connections.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::adaptation::Watch;
use super::api::{Direction, Event, Tally, WantedTrack, count};
use super::peer::Peer;
use super::publisher::Publisher;
use super::subscriber::{Slot, Subscriber};
use crate::clinical::AppointmentId;

/// Events that wait for a place in the queue of the connection.
const MAX_PENDING: usize = 64;

pub(super) struct Connection {
    pub(super) room: AppointmentId,
    pub(super) publisher: Option<Publisher>,
    pub(super) subscriber: Option<Subscriber>,
    /// What the device shall receive, also while it has no peer connection for it.
    pub(super) wanted: Vec<WantedTrack>,
    /// What the device shows, once it said so.
    pub(super) watch: Option<Watch>,
    /// Sections of what it publishes that go to nobody.
    pub(super) held: Vec<String>,
    /// Generation of the last offer of an earlier subscriber.
    pub(super) generation: u32,
    events: mpsc::Sender<Event>,
    pending: VecDeque<Event>,
}

impl Connection {
    pub(super) fn new(room: AppointmentId, events: mpsc::Sender<Event>) -> Self {
        Self {
            room,
            publisher: None,
            subscriber: None,
            wanted: Vec::new(),
            watch: None,
            held: Vec::new(),
            generation: 0,
            events,
            pending: VecDeque::new(),
        }
    }

    /// Events go here from now on.
    pub(super) fn redirect(&mut self, events: mpsc::Sender<Event>) {
        self.events = events;
    }

    /// Queues an event for [`Connection::deliver`].
    pub(super) fn tell(&mut self, event: Event, tally: &Tally) {
        if self.pending.len() < MAX_PENDING {
            self.pending.push_back(event);
        } else {
            count(&tally.events_dropped, 1);
        }
    }

    /// Gives the events on, as far as the queue takes them. Never waits. Says whether all are gone.
    pub(super) fn deliver(&mut self, tally: &Tally) -> bool {
        while let Some(event) = self.pending.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.pending.push_front(event);
                    return false;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => count(&tally.events_dropped, 1),
            }
        }
        true
    }

    /// Whoever took its events is gone, so nobody will ever close it.
    pub(super) fn is_orphan(&self) -> bool {
        self.events.is_closed()
    }

    pub(super) fn peer(&mut self, direction: Direction) -> Option<&mut Peer> {
        match direction {
            Direction::Publish => self.publisher.as_mut().map(|publisher| &mut publisher.peer),
            Direction::Subscribe => self.subscriber.as_mut().map(|subscriber| &mut subscriber.peer),
        }
    }

    /// A section of what it receives.
    pub(super) fn slot(&mut self, index: usize) -> Option<&mut Slot> {
        self.subscriber.as_mut()?.slots.get_mut(index)
    }

    pub(super) fn peers(&mut self) -> impl Iterator<Item = (Direction, &mut Peer)> {
        let publisher = self.publisher.as_mut().map(|publisher| (Direction::Publish, &mut publisher.peer));
        let subscriber =
            self.subscriber.as_mut().map(|subscriber| (Direction::Subscribe, &mut subscriber.peer));
        publisher.into_iter().chain(subscriber)
    }
}
