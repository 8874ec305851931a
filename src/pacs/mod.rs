//! Archives of images (PACS), asked over DICOMweb (PS3.18) for the studies of one patient. Which they are administrators say on their page; the
//! rows are looked at each time, so that a change is in use at once.
//!
//! Every archive has a client, turns and a patience of its own: one that hangs, or sends garbage, is told about and holds up no other.

mod fault;
mod node;
mod retrieval;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

pub use fault::{PacsFault, PacsFaultKind};
pub use node::{Node, Reached, Tried};
pub use retrieval::Retrieval;

use crate::clinical::is_domain;
use crate::clock::Clock;
use crate::egress::{Refused, Rules};
use crate::store::{self, PacsSignIn, Store, StoredPacs};

/// The longest address, user or secret, in bytes.
const LONGEST: usize = 500;

/// How long an archive may take. Nothing sets it but tests, which have less time.
#[derive(Clone, Copy, Debug)]
pub struct PacsPatience {
    /// Until there is a turn for a question.
    pub turn: Duration,
    /// Until an answer to a question begins.
    pub first: Duration,
    /// Until such an answer is whole.
    pub answer: Duration,
    /// Of what is retrieved, without anything that comes; within the same time come at least [`retrieval::LEAST`] bytes.
    pub quiet: Duration,
    /// Until what was retrieved is kept among the studies, however slowly the rest comes.
    pub keep: Duration,
}

impl Default for PacsPatience {
    fn default() -> Self {
        Self {
            turn: Duration::from_secs(1),
            first: Duration::from_secs(4),
            answer: Duration::from_secs(10),
            quiet: Duration::from_secs(30),
            keep: Duration::from_secs(180),
        }
    }
}

/// Why an archive cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPacs {
    #[error("its name has 1 to 30 small letters, digits and hyphens")]
    Key,
    #[error(
        "its address is https://host/path, or http:// within the hospital's own network, and has nothing behind the path"
    )]
    Address,
    #[error("an address on the internet is https")]
    Plain,
    #[error("a user has a password, and neither holds what no line holds")]
    SignIn,
    #[error("a domain has at most 64 characters")]
    Domain,
    #[error("it is not to be reached: {0}")]
    Egress(Refused),
}

/// All archives. Cheap to clone.
#[derive(Clone)]
pub struct Pacs(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    rules: Rules,
    patience: PacsPatience,
    /// As the rows were last seen.
    made: Mutex<Vec<Arc<Node>>>,
}

impl Pacs {
    /// `rules`: those of the whole program. What is named on a page is never this machine unless they say so.
    pub fn new(rules: &Rules, patience: PacsPatience, store: Store, clock: Clock) -> Self {
        let rules = rules.for_pages();
        Self(Arc::new(Inner { store, clock, rules, patience, made: Mutex::default() }))
    }

    /// Every archive that can be used as it was set, on or off, in the order in which they were made.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn nodes(&self) -> Result<Vec<Arc<Node>>, store::Error> {
        let rows = self.0.store.pacs_nodes().await?;
        let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *made);
        *made = rows.into_iter().filter_map(|row| self.node_of(row, &before)).collect();
        Ok(made.clone())
    }

    /// The archive of that name.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn node(&self, key: &str) -> Result<Option<Arc<Node>>, store::Error> {
        Ok(self.nodes().await?.into_iter().find(|node| node.set.key == key))
    }

    /// Whether one may be set so: its form, and where its address leads now.
    ///
    /// # Errors
    /// If not.
    pub async fn check(&self, set: &StoredPacs) -> Result<(), BadPacs> {
        let is_key_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=30).contains(&set.key.len()) || !set.key.chars().all(is_key_letter) {
            return Err(BadPacs::Key);
        }
        let is_line = |text: &str| text.len() <= LONGEST && !text.contains(char::is_control);
        let is_sign_in = match &set.sign_in {
            PacsSignIn::Nothing => true,
            // RFC 7617 section 2: a user holds no colon.
            PacsSignIn::Password { user, password } => {
                !user.is_empty() && !user.contains(':') && is_line(user) && is_line(password.expose())
            }
            PacsSignIn::Token(token) => {
                !token.expose().is_empty() && token.expose().is_ascii() && is_line(token.expose())
            }
        };
        if !is_sign_in {
            return Err(BadPacs::SignIn);
        }
        if !is_domain(&set.domain) {
            return Err(BadPacs::Domain);
        }
        let root = root_of(&set.address).ok_or(BadPacs::Address)?;
        let host = root.host_str().unwrap_or_default();
        match self.0.rules.look_up(host).await {
            // What has no address today may have one tomorrow.
            Ok(()) | Err(Refused::Unknown(_)) => {}
            Err(refused) => return Err(BadPacs::Egress(refused)),
        }
        if root.scheme() == "http"
            && let Err(Refused::Address { .. }) = self.0.rules.for_plain().look_up(host).await
        {
            return Err(BadPacs::Plain);
        }
        Ok(())
    }

    /// Tries one that is not set yet.
    ///
    /// # Errors
    /// What is wrong with it; with its form first.
    pub async fn try_draft(&self, draft: &StoredPacs) -> Result<Result<Tried, PacsFault>, BadPacs> {
        match self.check(draft).await {
            // The trial says so in words.
            Ok(()) | Err(BadPacs::Egress(_)) => {}
            Err(bad) => return Err(bad),
        }
        let node = self.new_node(draft.clone()).ok_or(BadPacs::Address)?;
        Ok(node.try_out().await)
    }

    /// What a row becomes: what it was, with its turns, if nothing has changed but whether it is on, what it is called and whom it serves.
    fn node_of(&self, row: StoredPacs, before: &[Arc<Node>]) -> Option<Arc<Node>> {
        let known = before.iter().find(|node| node.set.id == row.id);
        if let Some(known) = known
            && (&known.set.address, &known.set.sign_in) == (&row.address, &row.sign_in)
        {
            let is_same = known.set == row;
            return Some(if is_same { known.clone() } else { Arc::new(known.as_set(row)) });
        }
        let key = row.key.clone();
        let node = self.new_node(row);
        if node.is_none() {
            tracing::error!(pacs = key, "this archive cannot be used as it was set");
        }
        node.map(Arc::new)
    }

    fn new_node(&self, set: StoredPacs) -> Option<Node> {
        let root = root_of(&set.address)?;
        let rules = if root.scheme() == "http" { self.0.rules.for_plain() } else { self.0.rules.clone() };
        match Node::new(set, root, &rules, self.0.patience, self.0.clock.clone()) {
            Ok(node) => Some(node),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an archive has no client");
                None
            }
        }
    }
}

/// The address below which `/studies` is.
pub fn root_of(address: &str) -> Option<Url> {
    let root = Url::parse(address).ok()?;
    let is_plain = root.username().is_empty() && root.password().is_none();
    let is_root = root.query().is_none() && root.fragment().is_none() && root.has_host();
    let fits = address.len() <= LONGEST && matches!(root.scheme(), "http" | "https");
    (is_plain && is_root && fits).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_root_and_nothing_else() {
        for good in ["https://pacs.example/dicom-web", "http://10.0.0.1:8042/dicom-web/", "https://x"] {
            assert!(root_of(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "pacs.example",
            "ftp://pacs.example/",
            "https://user@pacs.example/",
            "https://:word@pacs.example/",
            "https://pacs.example/?a=b",
            "https://pacs.example/#a",
            "file:///etc/passwd",
            "data:text/plain,x",
        ] {
            assert!(root_of(bad).is_none(), "{bad}");
        }
    }
}
