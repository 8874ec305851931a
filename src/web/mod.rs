//! The HTTP and WebSocket edge: turns requests into values, asks the rest, turns answers into responses. One file a subject.
//!
//! It never names `room` or `sfu`, and it decides nothing: who may do what is `clinical::authorize`.

mod agenda;
mod appointments;
mod assets;
mod diag;
mod extract;
mod files;
mod guest;
mod health;
mod hospital;
mod key_images;
mod links;
mod problem;
mod quality;
mod receipt;
mod record;
mod retention;
mod router;
mod sign_in;
mod socket;
mod spool;
mod statistics;
mod studies;
mod summary;
mod uploads;
mod worklist;

use std::sync::Arc;

pub use diag::ice_server;
pub use router::router;
use url::Url;

use crate::archive::Archive;
use crate::clinical::DoorPolicy;
use crate::clock::Clock;
use crate::config::Hospital;
use crate::live::Live;
use crate::login::Login;
use crate::port::Reach;
use crate::retention::Retention;
use crate::store::Store;
use crate::tasks::Tasks;

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
    pub live: Live,
    pub archive: Archive,
    pub retention: Retention,
    pub reach: Reach,
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
