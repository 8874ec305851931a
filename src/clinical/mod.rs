//! Rules of appointments, consultations, participants and permissions. Pure: told the time, touches nothing.

mod admission;
mod after;
mod appointment;
mod chat;
mod consent;
mod consultation;
mod contact;
mod door;
mod identity;
mod ids;
mod link;
mod note;
mod participant;
mod policy;
mod quality;
mod report;
mod rehearsal;
mod resume;
mod service;
#[cfg(test)]
mod tests;
mod words;

pub use admission::*;
pub use after::*;
pub use appointment::*;
pub use chat::*;
pub use consent::*;
pub use consultation::*;
pub use contact::*;
pub use door::*;
pub use identity::*;
pub use ids::*;
pub use link::*;
pub use note::*;
pub use participant::*;
pub use policy::*;
pub use quality::*;
pub use report::*;
pub use rehearsal::*;
pub use resume::*;
pub use service::*;
pub use words::*;
