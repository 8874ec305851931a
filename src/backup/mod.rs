//! Everything that is kept, in one sealed file, and back: [`make`] writes it while the gateway runs, [`restore`] puts it into an empty
//! database of either kind and an empty archive, all of it or nothing. [`form`] says what the file looks like.
//!
//! docs/adr/0027-one-sealed-backup.md has the reasons.

mod error;
mod form;
mod make;
mod restore;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::sealing::MasterKeys;
use crate::store::StoreSettings;

pub use error::{Error, Size};
pub use form::{Counted, Head, Manifest};
pub use make::{Made, make};
pub use restore::{Checked, Restored, check, restore};

/// Where everything is that is backed up or restored.
#[derive(Clone, Debug)]
pub struct Places {
    pub store: StoreSettings,
    /// `[archive] folder`.
    pub archive: PathBuf,
    /// `[audit] folder`, for the key that signs the trail.
    pub audit: PathBuf,
    pub masters: MasterKeys,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looks what there is.
    Looking,
    /// Counted in rows.
    Rows,
    /// Counted in bytes, as all that follow.
    Files,
    Checking,
    Restoring,
}

/// How far it is; read by whoever tells it, who may also ask that it ends.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU8,
    done: AtomicU64,
    of: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    /// The phase, what is done of it, and how much it is in all.
    pub fn now(&self) -> (Phase, u64, u64) {
        let phase = match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Looking,
            1 => Phase::Rows,
            2 => Phase::Files,
            3 => Phase::Checking,
            _ => Phase::Restoring,
        };
        (phase, self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }

    /// Asks that it ends; what was begun is taken back.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether to go on.
    fn go_on(&self) -> Result<(), Error> {
        if self.is_stopped.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }

    fn begin(&self, phase: Phase, of: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    fn add(&self, by: u64) {
        self.done.fetch_add(by, Ordering::Relaxed);
    }
}
