//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.

mod appointment;
mod ids;
mod link;
mod participant;

pub use appointment::*;
pub use ids::*;
pub use link::*;
pub use participant::*;
