//! The walls of a shard: what a panic takes down with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::api::{Direction, count};
use super::shard::Shard;
use crate::clinical::AppointmentId;
use crate::room::ConnectionId;

impl Shard {
    pub(super) fn devices_of(&self, room: AppointmentId) -> Vec<ConnectionId> {
        let devices = self.connections.iter().filter(|(_, device)| device.room == room);
        devices.map(|(connection, _)| *connection).collect()
    }

    /// Runs something on behalf of one connection. Should it panic, that connection is closed and the others go on.
    pub(super) fn guard(&mut self, connection: ConnectionId, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return;
        }
        count(&self.tally.panics, 1);
        tracing::error!(
            connection.id = connection.0,
            "forwarding failed for one connection, which is closed"
        );
        self.fail(connection);
    }

    /// Runs something that goes through all rooms and notes in `at_work` which one it is at. Should it panic, that room
    /// is ended and the others go on: what they missed is done at the next look at the timers.
    pub(super) fn guard_rooms(&mut self, work: impl FnOnce(&mut Self)) {
        self.at_work = None;
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return;
        }
        count(&self.tally.panics, 1);
        self.adapt_at = None;
        let Some(room) = self.at_work.take() else {
            return tracing::error!("forwarding failed on behalf of no room");
        };
        tracing::error!(appointment.id = %room, "forwarding failed for one room, whose connections are closed");
        for connection in self.devices_of(room) {
            self.fail(connection);
        }
        self.speakers.remove(&room);
    }

    /// Ends both peer connections of a device, which is told. It may begin anew.
    fn fail(&mut self, connection: ConnectionId) {
        let both = [Direction::Publish, Direction::Subscribe];
        let end = |shard: &mut Self| {
            for which in both {
                shard.end((connection, which), "forwarding failed");
            }
        };
        if catch_unwind(AssertUnwindSafe(|| end(self))).is_err() {
            // What is left of it cannot even be closed.
            self.connections.remove(&connection);
            for which in both {
                self.unlink((connection, which));
            }
        }
    }
}
