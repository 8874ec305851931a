//! Where an appointment stands among those that were moved into each other.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::db::on;
use super::{Error, Store};
use crate::clinical::{AppointmentId, Chain};

impl Store {
    /// The chain of an appointment: which was the first, how often it was moved, and whether it was moved on.
    pub async fn chain_of(&self, appointment: AppointmentId) -> Result<Chain, Error> {
        const BEFORE: &str =
            "SELECT b.id, b.starts_at FROM appointment_course c JOIN appointment b ON b.id = c.replaces_id
            WHERE c.appointment_id = $1";
        const NEXT: &str = "SELECT appointment_id FROM appointment_course WHERE replaces_id = $1";
        let mut chain = Chain::alone(appointment);
        on!(self, pool => {
            let next: Option<(Uuid,)> = sqlx::query_as(NEXT).bind(appointment.uuid()).fetch_optional(pool).await?;
            chain.is_replaced = next.is_some();
            // Each is replaced by one that is booked after it, so there is no circle; a bound all the same.
            while chain.moves < Self::LONGEST_CHAIN {
                let before = sqlx::query_as(BEFORE).bind(chain.first.uuid());
                let before: Option<(Uuid, DateTime<Utc>)> = before.fetch_optional(pool).await?;
                let Some((id, starts_at)) = before else { break };
                chain.first = AppointmentId::new(id);
                chain.moves += 1;
                chain.was_at.get_or_insert(starts_at);
            }
        });
        Ok(chain)
    }

    /// An appointment that was moved more often is none that anybody follows.
    const LONGEST_CHAIN: u32 = 1000;
}
