//! What goes over the wire: one definition, from which `web/src/protocol.ts` is made.
//!
//! Identifiers and times (RFC 3339, UTC) are strings, numbers fit into an IEEE double, and every message is a struct.
//! docs/protocol.md tells the sequence; `fixtures/protocol/` holds one example a message.

mod administration;
mod after;
mod agenda;
mod changes;
mod client;
mod convert;
mod door;
mod local;
mod marks;
mod messages;
mod network;
mod pacs;
mod picture;
mod problem;
mod protection;
mod providers;
mod record;
mod report;
mod rest;
mod schema;
mod server;
mod stand_ins;
mod statistics;
mod summary;
mod trail;
mod typescript;
mod uploads;
mod viewing;
mod waiting;
mod words;
mod worklist;

pub use administration::*;
pub use after::*;
pub use agenda::*;
pub use changes::{ViewingKnown, ViewingTold, ViewingWritten, apply, changes};
pub use client::*;
pub use convert::*;
pub use door::*;
pub use local::*;
pub use marks::*;
pub use messages::*;
pub use network::*;
pub use pacs::*;
pub use picture::*;
pub use problem::*;
pub use protection::*;
pub use providers::*;
pub use record::*;
pub use report::*;
pub use rest::*;
pub use server::*;
pub use stand_ins::*;
pub use statistics::*;
pub use summary::*;
pub use trail::*;
pub use typescript::typescript;
pub use uploads::*;
pub use viewing::*;
pub use waiting::*;
pub use words::*;
pub use worklist::*;

/// The version that `hello` and `welcome` carry. A client of another version is asked to load its page again.
pub const PROTOCOL: u32 = 5;
