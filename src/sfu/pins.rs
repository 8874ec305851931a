//! Which shard has which room: for as long as the program runs, the one that its identifier names.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::api::Command;
use crate::clinical::AppointmentId;
use crate::room::ConnectionId;

/// Leads commands to shards. Looked at once a command, never for a packet.
#[derive(Debug)]
pub(super) struct Pins {
    shards: usize,
    /// The room of each connection that is open. Empty while there is one shard.
    rooms: Mutex<HashMap<ConnectionId, AppointmentId>>,
}

/// Where a command goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Way {
    pub(super) shard: usize,
    /// The connection was in a room of this other shard, which is to close it.
    pub(super) leaves: Option<usize>,
}

impl Pins {
    pub(super) fn new(shards: usize) -> Self {
        Self { shards, rooms: Mutex::default() }
    }

    /// The shard of a room.
    pub(super) fn shard_of(&self, room: AppointmentId) -> usize {
        // The last bytes of an identifier are chance (RFC 9562 section 5.7).
        let [.., a, b, c, d] = room.uuid().into_bytes();
        u32::from_be_bytes([a, b, c, d]) as usize % self.shards
    }

    /// The shard that a command is for. One about a connection that is not open does nothing anywhere.
    pub(super) fn way(&self, command: &Command) -> Way {
        let at = |shard| Way { shard, leaves: None };
        if self.shards == 1 {
            return at(0);
        }
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |connection: Option<AppointmentId>| at(connection.map_or(0, |room| self.shard_of(room)));
        match command {
            Command::Open { room, connection, .. } => {
                let shard = self.shard_of(*room);
                let before = rooms.insert(*connection, *room).map(|before| self.shard_of(before));
                Way { shard, leaves: before.filter(|before| *before != shard) }
            }
            Command::CloseRoom { room } => {
                rooms.retain(|_, other| *other != *room);
                at(self.shard_of(*room))
            }
            Command::Close { connection } => known(rooms.remove(connection)),
            Command::PublishOffer { connection, .. }
            | Command::Subscribe { connection, .. }
            | Command::SubscribeAnswer { connection, .. }
            | Command::RestartSubscribe { connection }
            | Command::Watch { connection, .. }
            | Command::HoldBack { connection, .. } => known(rooms.get(connection).copied()),
            #[cfg(debug_assertions)]
            Command::Drill { room } => known(*room),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;

    fn room(number: u128) -> AppointmentId {
        AppointmentId::new(Uuid::from_u128(number))
    }

    fn open(pins: &Pins, number: u128, connection: u64) -> Way {
        let (events, _) = mpsc::channel(1);
        pins.way(&Command::Open { room: room(number), connection: ConnectionId(connection), events })
    }

    #[test]
    fn commands_follow_their_connection() {
        let pins = Pins::new(2);
        let about =
            |connection| pins.way(&Command::RestartSubscribe { connection: ConnectionId(connection) });
        assert_eq!(open(&pins, 1, 7), Way { shard: 1, leaves: None });
        assert_eq!(about(7), Way { shard: 1, leaves: None });
        assert_eq!(open(&pins, 3, 7), Way { shard: 1, leaves: None }, "another room of the same shard");
        assert_eq!(open(&pins, 2, 7), Way { shard: 0, leaves: Some(1) });
        assert_eq!(open(&pins, 5, 8).shard, 1);
        assert_eq!(pins.way(&Command::CloseRoom { room: room(5) }).shard, 1);
        assert_eq!(pins.way(&Command::Close { connection: ConnectionId(7) }).shard, 0);
        assert!(pins.rooms.lock().unwrap().is_empty());
    }

    #[test]
    fn rooms_are_spread() {
        let (pins, clock) = (Pins::new(4), crate::clock::Clock::system());
        let mut rooms = [0; 4];
        for _ in 0..400 {
            rooms[pins.shard_of(AppointmentId::new(clock.new_uuid()))] += 1;
        }
        assert!(rooms.iter().all(|rooms| (50..150).contains(rooms)), "{rooms:?}");
    }
}
