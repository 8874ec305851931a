//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.

mod admission;
mod appointment;
mod ids;
mod link;
mod participant;

pub use admission::*;
pub use appointment::*;
pub use ids::*;
pub use link::*;
pub use participant::*;
