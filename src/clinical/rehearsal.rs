//! A device test at home, before the visit: what it found, for the staff who can help in time.

use chrono::{DateTime, Utc};

use super::{DeviceState, ParticipantId};

/// Whether the test sound was heard, as the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeardSound {
    Heard,
    NotHeard,
    NotTried,
}

/// Whether sound and picture would reach the hospital.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkFound {
    /// The straight way over UDP.
    Good,
    /// Another way: over TCP or through the relay.
    Detour,
    Blocked,
    NotTried,
}

/// What a device test found; the last one of a person counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    pub participant: ParticipantId,
    pub at: DateTime<Utc>,
    pub camera: DeviceState,
    pub microphone: DeviceState,
    pub sound: HeardSound,
    pub network: NetworkFound,
}

impl Rehearsal {
    /// Whether the visit would go well with this device: staff call where it would not.
    pub fn is_good(&self) -> bool {
        self.camera == DeviceState::Works
            && self.microphone == DeviceState::Works
            && self.sound != HeardSound::NotHeard
            && self.network != NetworkFound::Blocked
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_missing_makes_a_rehearsal_bad_and_what_was_not_tried_does_not() {
        let good = Rehearsal {
            participant: ParticipantId::new(Uuid::from_u128(1)),
            at: DateTime::UNIX_EPOCH,
            camera: DeviceState::Works,
            microphone: DeviceState::Works,
            sound: HeardSound::NotTried,
            network: NetworkFound::NotTried,
        };
        assert!(good.is_good());
        assert!(Rehearsal { network: NetworkFound::Detour, ..good }.is_good());
        assert!(!Rehearsal { network: NetworkFound::Blocked, ..good }.is_good());
        assert!(!Rehearsal { camera: DeviceState::Refused, ..good }.is_good());
        assert!(!Rehearsal { microphone: DeviceState::InUse, ..good }.is_good());
        assert!(!Rehearsal { sound: HeardSound::NotHeard, ..good }.is_good());
    }
}
