//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.

mod admission;
mod appointment;
mod chat;
mod consultation;
mod contact;
mod identity;
mod ids;
mod link;
mod participant;
mod policy;
mod quality;
mod resume;
mod service;
#[cfg(test)]
mod tests;
mod words;

pub use admission::*;
pub use appointment::*;
pub use chat::*;
pub use consultation::*;
pub use contact::*;
pub use identity::*;
pub use ids::*;
pub use link::*;
pub use participant::*;
pub use policy::*;
pub use quality::*;
pub use resume::*;
pub use service::*;
pub use words::*;
