//! Which relays a person's connections may use: asked at each `welcome`, so that credentials can be each person's own and end.

use std::fmt;
use std::sync::Arc;

use crate::clinical::ParticipantId;
use crate::protocol::IceServer;

type Servers = dyn Fn(ParticipantId) -> Vec<IceServer> + Send + Sync;

/// Answers for one person. Cheap to clone.
#[derive(Clone)]
pub struct IceServers(Arc<Servers>);

impl IceServers {
    /// No relay at all.
    pub fn none() -> Self {
        Self::new(|_| Vec::new())
    }

    /// Asks `servers` each time.
    pub fn new(servers: impl Fn(ParticipantId) -> Vec<IceServer> + Send + Sync + 'static) -> Self {
        Self(Arc::new(servers))
    }

    /// The relays for this person now.
    pub(super) fn of(&self, participant: ParticipantId) -> Vec<IceServer> {
        (self.0)(participant)
    }
}

impl fmt::Debug for IceServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IceServers(..)")
    }
}
