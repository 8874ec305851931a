//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.

mod admission;
mod appointment;
mod assurance;
mod chat;
mod consultation;
mod contact;
mod identity;
mod identity_check;
mod ids;
mod ins;
mod link;
mod participant;
mod policy;
mod quality;
mod resume;
mod service;
#[cfg(test)]
mod tests;
mod waiting_room;
mod words;

pub use admission::*;
pub use appointment::*;
pub use assurance::*;
pub use chat::*;
pub use consultation::*;
pub use contact::*;
pub use identity::*;
pub use identity_check::*;
pub use ids::*;
pub use ins::*;
pub use link::*;
pub use participant::*;
pub use policy::*;
pub use quality::*;
pub use resume::*;
pub use service::*;
pub use waiting_room::*;
pub use words::*;
