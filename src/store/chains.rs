//! Where an appointment stands among those that were moved into each other.

use super::db::on;
use super::{Error, Store};
use crate::clinical::{AppointmentId, Chain};

impl Store {
    /// The chain of an appointment: which was the first, how often it was moved, and whether it was moved on. One that was moved more than
    /// a hundred times is told as if it began a hundred before.
    pub async fn chain_of(&self, appointment: AppointmentId) -> Result<Chain, Error> {
        const LONGEST: u32 = 100;
        const QUEUE: &str = "SELECT COUNT(*) FROM queue_entry WHERE appointment_id = $1";
        let course = self.course(appointment).await?;
        let (entries,): (i64,) =
            on!(self, pool => sqlx::query_as(QUEUE).bind(appointment.uuid()).fetch_one(pool).await?);
        let (is_replaced, is_from_queue) = (course.moved_to.is_some(), entries > 0);
        let mut chain = Chain { is_replaced, is_from_queue, ..Chain::alone(appointment) };
        if let Some(before) = course.replaces {
            chain.was_at = self.appointment(before).await?.map(|before| before.starts_at);
        }
        let mut before = course.replaces;
        while let Some(id) = before.filter(|_| chain.moves < LONGEST) {
            chain.first = id;
            chain.moves += 1;
            before = self.course(id).await?.replaces;
        }
        Ok(chain)
    }
}
