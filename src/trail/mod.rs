//! Takes records of what is done, writes them in order, signs the chain by the hour, and tells other systems.
//!
//! Whoever notes something never waits: a queue with a bound, and a task of its own that writes. While the database is away records go
//! into a file, and from there into the chain once it is back. What cannot be kept at all is counted, and the count is a record.
//! Changes that have a transaction of their own write their record in it (`store::audit`); nothing of that comes through here.

mod key;
mod spool;
mod strangers;
mod teller;
mod writer;

pub use key::{copy_key, public_key, put_key, take_key_back};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use self::strangers::{Standing, Strangers};
use crate::audit::{Deed, Fault, Head, MassAccess, Misfit, Record, Signer, Subject, Walk, Walked, Who};
use crate::clock::Clock;
use crate::config::SyslogAddress;
use crate::egress;
use crate::secret::Secret;
use crate::store::{self, Store};
use crate::tasks::Tasks;

/// Records that wait to be written.
const MAX_WAITING: usize = 8192;
/// A head is signed this often.
const SIGN_EVERY: Duration = Duration::from_secs(3600);

/// What the trail needs to know.
#[derive(Clone, Debug)]
pub struct TrailSettings {
    /// For the key, and for records that wait while the database is away.
    pub folder: std::path::PathBuf,
    pub mass_access: MassAccess,
    pub syslog: Option<SyslogAddress>,
    /// A FHIR server, and what it is shown.
    pub fhir: Option<(url::Url, Option<Secret<String>>)>,
    /// Where that may be, beside the host that is named here.
    pub egress: egress::Rules,
    /// The address of this gateway.
    pub public_url: url::Url,
}

impl TrailSettings {
    /// One that tells nobody else.
    pub fn local(folder: std::path::PathBuf, public_url: url::Url) -> Self {
        let mass_access = MassAccess { patients: 40, within: chrono::TimeDelta::hours(1) };
        Self { folder, mass_access, syslog: None, fhir: None, egress: egress::Rules::default(), public_url }
    }
}

/// Why the trail cannot be kept.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the folder of the trail, or the key in it, cannot be used")]
    Folder(#[source] std::io::Error),
    #[error("head.key in the folder of the trail is no key")]
    Key,
    #[error("the FHIR server for the trail cannot be asked")]
    Client(#[source] reqwest::Error),
}

/// Takes records. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: mpsc::Sender<Ask>,
    left_out: Arc<LeftOut>,
    strangers: std::sync::Mutex<Strangers>,
    store: Store,
    clock: Clock,
    signer: Signer,
}

/// Records that are not kept, until their number is a record.
#[derive(Debug, Default)]
struct LeftOut {
    /// Those that found no room, or could not be written.
    lost: AtomicU64,
    /// Those of people who are not known, beyond what is kept of them.
    strangers: AtomicU64,
}

/// What the task that writes is asked.
#[derive(Debug)]
enum Ask {
    Write(Box<Record>),
    /// Answers once everything before it is written, or in the file.
    Settle(oneshot::Sender<()>),
}

impl Trail {
    /// Opens the folder, makes the key when there is none, and starts the tasks.
    ///
    /// # Errors
    /// If the folder or the key in it cannot be used.
    pub fn start(settings: TrailSettings, store: Store, clock: Clock, tasks: &Tasks) -> Result<Self, Error> {
        let signer = key::open(&settings.folder, &clock)?;
        let (queue, asked) = mpsc::channel(MAX_WAITING);
        let left_out = Arc::<LeftOut>::default();
        let spool = spool::Spool::open(&settings.folder, store.clone()).map_err(Error::Folder)?;
        let teller = teller::Teller::new(&settings, store.clone(), clock.clone())?;
        let writer = writer::Writer::new(store.clone(), clock.clone(), spool, left_out.clone());
        let inner = Inner { queue, left_out, strangers: std::sync::Mutex::default(), store, clock, signer };
        let trail = Self(Arc::new(inner));
        tasks.spawn("writing of the trail", writer.run(asked, tasks.clone()));
        tasks.spawn("telling of the trail", teller.run(tasks.clone()));
        tasks.spawn("heads of the trail", sign_by_the_hour(trail.clone(), tasks.clone()));
        let key = crate::audit::hex(&trail.key());
        tracing::info!(audit.key = key, "the trail is kept, and signed with this key");
        trail.note(trail.record(Who::Gateway, Deed::Start, Subject::Gateway));
        Ok(trail)
    }

    /// The public key that signs heads.
    pub fn key(&self) -> [u8; 32] {
        self.0.signer.key()
    }

    /// A record of now.
    pub fn record(&self, who: Who, deed: Deed, subject: Subject) -> Record {
        Record::new(self.0.clock.new_uuid(), self.0.clock.now(), who, deed, subject)
    }

    /// Takes a record. Never waits: one that finds no room is counted, and so is one of somebody who is not known, beyond so many.
    pub fn note(&self, record: Record) {
        self.take(record, Standing::Stranger);
    }

    /// Takes a record of somebody who is not known but showed something that not everybody has: a sign-in that began here, the name of an account.
    /// Strangers do not crowd these out.
    pub fn note_vouched(&self, record: Record) {
        self.take(record, Standing::Vouched);
    }

    fn take(&self, record: Record, standing: Standing) {
        let Inner { queue, left_out, strangers, clock, .. } = &*self.0;
        if record.who == Who::Nobody {
            let minute = clock.now().timestamp() / 60;
            let room = (queue.capacity(), queue.max_capacity());
            let mut strangers = strangers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !strangers.admits(standing, record.origin.as_deref(), minute, room) {
                left_out.strangers.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        if queue.try_send(Ask::Write(Box::new(record))).is_err() {
            left_out.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Resolves once everything that was noted before is written, or in the file.
    pub async fn settle(&self) {
        let (reply, settled) = oneshot::channel();
        if self.0.queue.send(Ask::Settle(reply)).await.is_ok() {
            // The task has ended: there is nothing to wait for.
            let _ = settled.await;
        }
    }

    /// Signs the chain as it is now; `None`: nothing was added since the last head.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sign(&self) -> Result<Option<Head>, store::Error> {
        let (seq, digest) = self.0.store.audit_tip().await?;
        if seq == 0 || self.0.store.audit_signed().await? >= seq {
            return Ok(None);
        }
        let head = self.0.signer.sign(seq, digest, self.0.clock.now());
        self.0.store.add_audit_head(&head).await?;
        Ok(Some(head))
    }
}

/// Walks over the trail in the database.
///
/// # Errors
/// If the database fails; inside, the first record that does not fit.
pub async fn verify(store: &Store, key: Option<[u8; 32]>) -> Result<Result<Walked, Fault>, store::Error> {
    const CHUNK: u32 = 1000;
    // What must be there is asked before anything is read: what is added meanwhile is not missed, and what is cut off is.
    let promised = store.audit_last().await?.max(store.audit_signed().await?);
    let mut walk = Walk::new(key);
    loop {
        let after = walk.next() - 1;
        let rows = store.audit_records(after, CHUNK).await?;
        if rows.is_empty() {
            break;
        }
        let mut heads = store.audit_heads(after, CHUNK).await?.into_iter().peekable();
        for row in rows {
            let Some(sealed) = row else { return Ok(Err(walk.unreadable())) };
            if let Err(fault) = walk.record(&sealed, false) {
                return Ok(Err(fault));
            }
            while let Some(head) = heads.next_if(|head| head.seq <= sealed.seq) {
                if let Err(fault) = walk.head(&head) {
                    return Ok(Err(fault));
                }
            }
        }
    }
    // A head over what is not there, or a count of more than there is: the end was cut off.
    Ok(if promised >= walk.next() {
        Err(Fault { seq: walk.next(), what: Misfit::CutOff })
    } else {
        Ok(walk.end())
    })
}

async fn sign_by_the_hour(trail: Trail, tasks: Tasks) {
    loop {
        let is_last = tokio::select! {
            () = tasks.stopped() => true,
            () = tokio::time::sleep(SIGN_EVERY) => false,
        };
        if let Err(error) = trail.sign().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the trail was not signed");
        }
        if is_last {
            return;
        }
    }
}
