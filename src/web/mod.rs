//! The HTTP and WebSocket edge: turns requests into values, asks the rest, turns answers into responses. One file a subject.
//!
//! It never names `room` or `sfu`, and it decides nothing: who may do what is `clinical::authorize`.

mod acts;
mod after;
mod agenda;
mod appointments;
mod assets;
mod branding;
mod calendar;
mod ceiling;
mod changes;
mod csp_reports;
mod delegation;
mod diag;
mod documents;
mod door;
mod door_desk;
mod emergency;
mod extract;
mod files;
mod guest;
mod guest_changes;
mod headers;
mod health;
mod hospital;
mod identity;
mod key_images;
mod links;
mod local;
mod messages;
mod notes;
mod openapi;
mod pacs;
mod patient_sign_in;
mod people;
mod problem;
mod protection;
mod providers;
mod quality;
mod queue;
mod receipt;
mod record;
mod report;
mod request_id;
mod retention;
mod router;
mod senders;
mod services;
mod sign_in;
mod sites;
mod slots;
mod socket;
mod spool;
mod statistics;
mod studies;
mod summary;
mod templates;
mod throttle;
mod through;
mod ticket;
mod tokens;
mod trail;
mod uploads;
mod waiting_room;
mod worklist;

use std::sync::Arc;

pub use ceiling::Ceiling;
pub use csp_reports::{CspReport, CspReports};
pub use diag::ice_server;
pub use openapi::{document as openapi, operations};
pub use pacs::Fetches;
pub use router::{ANSWER_PATIENCE, UPLOAD_PATIENCE, router};
pub use throttle::Throttle;
pub use ticket::Tickets;
use url::Url;

use crate::archive::Archive;
use crate::clinical::{DoorPolicy, Ground};
use crate::clock::Clock;
use crate::config::Hospital;
use crate::live::Live;
use crate::login::Login;
use crate::login::local::LocalAccounts;
use crate::outbox::Outbox;
use crate::pacs::Pacs;
use crate::port::{Certificates, Reach};
use crate::retention::Retention;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::trail::Trail;

/// What the edge needs of the rest.
#[derive(Clone)]
pub struct Edge(Arc<Parts>);

/// See [`Edge`].
pub struct Parts {
    pub hospital: Hospital,
    pub public_url: Url,
    pub is_demo: bool,
    pub door: DoorPolicy,
    pub max_upload_bytes: u64,
    /// Where uploads are written while they come in.
    pub incoming: std::path::PathBuf,
    pub store: Store,
    pub login: Login,
    pub local: LocalAccounts,
    pub live: Live,
    pub outbox: Outbox,
    pub archive: Archive,
    pub pacs: Pacs,
    /// Studies that come from archives.
    pub fetches: Fetches,
    pub retention: Retention,
    pub trail: Trail,
    pub reach: Reach,
    /// Proxies in front, whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Origins that may show these pages in a frame.
    pub frame_ancestors: Vec<String>,
    /// See [`ANSWER_PATIENCE`] and [`UPLOAD_PATIENCE`].
    pub answer_patience: std::time::Duration,
    pub upload_patience: std::time::Duration,
    /// How long access in an emergency lasts.
    pub emergency_lasts: chrono::TimeDelta,
    pub throttle: Throttle,
    pub ceiling: Ceiling,
    /// Sockets on which nobody has said `hello` yet.
    pub hellos: Ceiling,
    pub tickets: Tickets,
    pub csp_reports: Arc<CspReports>,
    pub certificates: Certificates,
    /// What is told of how calls and data are protected.
    pub ground: Ground,
    /// Hosts that the settings allow beside those that they name for a purpose.
    pub allowed_hosts: Vec<String>,
    pub clock: Clock,
    pub tasks: Tasks,
}

impl Edge {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for Edge {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
