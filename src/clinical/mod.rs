//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.

mod admission;
mod appointment;
mod consultation;
mod identity;
mod ids;
mod link;
mod participant;
mod policy;
#[cfg(test)]
mod tests;

pub use admission::*;
pub use appointment::*;
pub use consultation::*;
pub use identity::*;
pub use ids::*;
pub use link::*;
pub use participant::*;
pub use policy::*;
