//! Words of the door.

use super::super::*;
use crate::clinical::{self, CodeChannel, Opening};

both_ways!(CodeChannelWord, CodeChannel, Sms, Email);
both_ways!(ConsentWord, clinical::ConsentAnswer, Given, Refused);
both_ways!(HeardSoundWord, clinical::HeardSound, Heard, NotHeard, NotTried);
both_ways!(NetworkFoundWord, clinical::NetworkFound, Good, Detour, Blocked, NotTried);

impl From<Opening> for OpeningWord {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::LinkOnly => Self::LinkOnly,
            Opening::Code(CodeChannel::Sms) => Self::Sms,
            Opening::Code(CodeChannel::Email) => Self::Email,
            Opening::Pin => Self::Pin,
            Opening::BirthDate => Self::BirthDate,
        }
    }
}

impl From<clinical::Rehearsal> for RehearsalEntry {
    fn from(found: clinical::Rehearsal) -> Self {
        Self {
            at: time(found.at),
            camera: found.camera.into(),
            microphone: found.microphone.into(),
            sound: found.sound.into(),
            network: found.network.into(),
            is_good: found.is_good(),
        }
    }
}

impl From<clinical::DoorRules> for ServiceDoor {
    fn from(rules: clinical::DoorRules) -> Self {
        Self {
            accepts_birth_date: rules.accepts_birth_date,
            label: rules.label,
            asks_who_of_all: rules.asks_who_of_all,
            waives_consent: rules.waives_consent,
            documents_need: rules.documents_need.into(),
        }
    }
}
