//! Personal links: one secret address for one participant of one appointment. Reading a link never changes it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{Appointment, AppointmentId, AppointmentStatus, LinkId, ParticipantId};
use crate::secret::Secret;

/// A link as it is kept: the secret itself is not here, only its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub id: LinkId,
    pub appointment: AppointmentId,
    pub participant: ParticipantId,
    pub digest: LinkDigest,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// SHA-256 of a link's secret: enough to find the link, useless to open it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkDigest(pub [u8; 32]);

impl LinkDigest {
    /// What the secret of a link is kept as.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

impl std::fmt::Debug for LinkDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkDigest(..)")
    }
}

/// A link with the secret that opens it, before the secret is handed on and forgotten.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub link: Link,
    pub secret: Secret<String>,
}

impl NewLink {
    /// Makes a link for one participant. `random` are 256 bits that nobody can guess.
    pub fn make(
        id: LinkId,
        random: [u8; 32],
        appointment: &Appointment,
        participant: ParticipantId,
        door: DoorPolicy,
        now: DateTime<Utc>,
    ) -> Self {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
        let link = Link {
            id,
            appointment: appointment.id,
            participant,
            digest: LinkDigest::of(&secret),
            issued_at: now,
            expires_at: door.expires_at(appointment),
            revoked_at: None,
        };
        Self { link, secret: Secret::new(secret) }
    }

    /// The whole address, for the person it is for. Browsers send the part after `#` to nobody: it is in no log, and programs
    /// that open links before people do change nothing.
    pub fn address(&self, public_url: &str) -> String {
        format!("{}/join#{}", public_url.trim_end_matches('/'), self.secret.expose())
    }
}

/// When the door is open around an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorPolicy {
    /// Guests may come in this long before the start.
    pub opens_before: TimeDelta,
    /// The door stays open this long after the planned end.
    pub closes_after: TimeDelta,
}

impl Default for DoorPolicy {
    fn default() -> Self {
        Self { opens_before: TimeDelta::minutes(15), closes_after: TimeDelta::hours(2) }
    }
}

/// Why a link does not open the door now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DoorClosed {
    #[error("no such link")]
    Unknown,
    #[error("the link was replaced or withdrawn")]
    Revoked,
    #[error("the link has expired")]
    Expired,
    #[error("the door opens at {opens_at}")]
    TooEarly { opens_at: DateTime<Utc> },
    #[error("the appointment was called off")]
    Cancelled,
    #[error("the consultation is over")]
    Over,
}

impl DoorPolicy {
    /// When the door opens for guests.
    pub fn opens_at(self, appointment: &Appointment) -> DateTime<Utc> {
        appointment.starts_at - self.opens_before
    }

    /// When links of the appointment stop to work.
    pub fn expires_at(self, appointment: &Appointment) -> DateTime<Utc> {
        appointment.ends_at + self.closes_after
    }

    /// The one rule of what a link opens. `appointment` is the link's own.
    pub fn check(self, link: &Link, appointment: &Appointment, now: DateTime<Utc>) -> Result<(), DoorClosed> {
        if link.appointment != appointment.id || appointment.participant(link.participant).is_none() {
            return Err(DoorClosed::Unknown);
        }
        match appointment.status {
            AppointmentStatus::Cancelled { .. } => return Err(DoorClosed::Cancelled),
            AppointmentStatus::Fulfilled { .. } | AppointmentStatus::NoShow { .. } => {
                return Err(DoorClosed::Over);
            }
            AppointmentStatus::Booked | AppointmentStatus::Arrived { .. } => {}
        }
        if link.revoked_at.is_some() {
            return Err(DoorClosed::Revoked);
        }
        if now >= link.expires_at {
            return Err(DoorClosed::Expired);
        }
        let opens_at = self.opens_at(appointment);
        if now < opens_at {
            return Err(DoorClosed::TooEarly { opens_at });
        }
        Ok(())
    }
}
