//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.
mod ids;
pub use ids::*;
