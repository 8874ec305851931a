//! What the room wants done.

use std::time::Instant;

use super::{ConnectionId, Publication, PublicationId};
use crate::clinical::ParticipantId;

/// One thing to do. The order of effects is the order in which to do them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// This connection shall receive exactly these publications, sorted, nothing else.
    Subscribe {
        /// Who receives.
        connection: ConnectionId,
        /// The whole wanted set.
        publications: Vec<PublicationId>,
    },
    /// Everybody in the room learns this.
    Announce(Change),
    /// Of what this connection publishes, exactly these media sections go to nobody.
    HoldBack {
        /// The publisher.
        connection: ConnectionId,
        /// The whole set, by the sections in the publisher's own description.
        mids: Vec<String>,
    },
    /// Media of this connection ends now: it left, or did not come back in time.
    Close {
        /// Whose media.
        connection: ConnectionId,
    },
    /// Call [`super::Room::handle`] with [`super::Input::Tick`] no later than then. The newest one counts.
    WakeAt(Instant),
}

/// A difference between the room before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A device came in.
    Entered {
        /// The device.
        connection: ConnectionId,
        /// Whose it is.
        participant: ParticipantId,
    },
    /// A device left for good.
    Left {
        /// The device.
        connection: ConnectionId,
        /// Whose it was.
        participant: ParticipantId,
    },
    /// A device lost its signalling; its place is kept for a while.
    Lost {
        /// The device.
        connection: ConnectionId,
    },
    /// A lost device is back.
    Resumed {
        /// The device.
        connection: ConnectionId,
    },
    /// A track is new.
    Published(Publication),
    /// A track ended.
    Unpublished {
        /// Which one.
        publication: PublicationId,
        /// Who sent it.
        connection: ConnectionId,
    },
    /// A track was muted or unmuted.
    Muted {
        /// Which one.
        publication: PublicationId,
        /// As it is now.
        is_muted: bool,
    },
}

/// The effects of one input, in order.
#[must_use = "effects are what the room wants done"]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects(Vec<Effect>);

impl Effects {
    pub(super) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    /// Looks at the effects without taking them.
    pub fn iter(&self) -> impl Iterator<Item = &Effect> {
        self.0.iter()
    }

    /// Nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
