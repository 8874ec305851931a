//! The one way out: every HTTP request that this program makes to somebody else. It goes to a host that the settings name, by the scheme
//! and port that they name; the name is resolved once, what it resolves to is looked at, and the connection is made to exactly that. No
//! redirects, no answer without end.
//!
//! Whoever can make this program fetch an address (an identity provider that describes itself, a name server that answers twice in two
//! ways) reaches nothing that the hospital did not name: server-side request forgery, CWE-918.

mod cause;
mod reach;

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
pub use cause::NoAnswer;
pub use reach::{Network, Reach, reach_of};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, RequestBuilder, StatusCode};
use url::{Host, Url};

/// A request is answered as a whole within this time, unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// What the hospital allows beside what it names for a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Hosts that may be asked beside those that are set, as `host` or `host:port`: an identity provider keeps its keys elsewhere.
    pub hosts: Vec<String>,
    /// Addresses that named hosts may have though they are of this machine, or of no network that a host should be in.
    pub networks: Vec<Network>,
    /// A named host may have an address of a private network, as a hospital's own servers do.
    pub allows_private: bool,
    /// A named host may have an address on the internet.
    pub allows_public: bool,
    /// A host that is written as being this machine may be it. Not where somebody else names hosts than whoever wrote the file of settings.
    pub reaches_this_machine: bool,
    /// Asks for the addresses of a name; the system unless told.
    pub lookup: Lookup,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            networks: Vec::new(),
            allows_private: true,
            allows_public: true,
            reaches_this_machine: true,
            lookup: Lookup::default(),
        }
    }
}

impl Rules {
    /// The same for what is named on a page: this machine and what runs beside the gateway is out of reach, unless `networks` names it.
    #[must_use]
    pub fn for_pages(&self) -> Self {
        Self { reaches_this_machine: false, ..self.clone() }
    }

    /// The same for what is asked without TLS: it does not leave the hospital's own networks.
    #[must_use]
    pub fn for_plain(&self) -> Self {
        Self { allows_public: false, ..self.clone() }
    }

    /// Whether a host that a setting names may be reached, by what it stands for now.
    ///
    /// # Errors
    /// If it has no address, or none where a host may be.
    pub async fn look_up(&self, host: &str) -> Result<(), Refused> {
        let host = host.trim_end_matches('.');
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let found = match literal {
            Ok(address) => vec![address],
            Err(_) => (self.lookup.0)(host.to_owned()).await.unwrap_or_default(),
        };
        self.look_at(host, &found).map(|_| ())
    }

    /// Those of the addresses to which a connection may be made.
    fn look_at(&self, host: &str, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Refused> {
        let may_reach = |address: &&IpAddr| match reach_of(**address) {
            _ if self.networks.iter().any(|network| network.contains(**address)) => true,
            Reach::Public => self.allows_public,
            Reach::Private => self.allows_private,
            // Only whoever wrote it down as such meant this machine.
            Reach::Loopback => self.reaches_this_machine && is_loopback_name(host),
            Reach::Never => false,
        };
        let good: Vec<_> = addresses.iter().filter(may_reach).copied().collect();
        match (good.is_empty(), addresses.first()) {
            (false, _) => Ok(good),
            (true, Some(address)) => Err(Refused::Address { host: host.to_owned(), address: *address }),
            (true, None) => Err(Refused::Unknown(host.to_owned())),
        }
    }
}

type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of a name.
#[derive(Clone)]
pub struct Lookup(Arc<dyn Fn(String) -> Looking + Send + Sync>);

impl Lookup {
    /// Somebody else than the system.
    pub fn new(ask: impl Fn(String) -> Looking + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl Default for Lookup {
    fn default() -> Self {
        Self::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// Two are the same wherever they ask: settings are compared without it.
impl PartialEq for Lookup {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lookup {}

/// Why a request does not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No setting names it.
    #[error("{0} is named by no setting: if it belongs to whom it is asked for, add it to hosts in [egress]")]
    NotNamed(String),
    /// What the name stands for.
    #[error("{host} stands for {address}, where no named host may be: see networks in [egress]")]
    Address {
        /// The name.
        host: String,
        /// The first of its addresses that was refused.
        address: IpAddr,
    },
    /// Neither https, nor what was set.
    #[error("its scheme or its port is not one that is set")]
    Scheme,
    /// It stands for nothing.
    #[error("{0} has no address")]
    Unknown(String),
}

/// What went wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It did not leave.
    #[error("it was not asked")]
    Refused(#[from] Refused),
    /// Nobody answered, or the answer broke off. Without the address, which may hold secrets.
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer has no end, or none in sight.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

/// An answer that has begun.
#[derive(Debug)]
pub struct Begun(reqwest::Response);

impl Begun {
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// How long it says that it is, in bytes.
    pub fn length(&self) -> Option<u64> {
        self.0.content_length()
    }

    /// What comes next; nothing at its end.
    ///
    /// # Errors
    /// If it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        self.0.chunk().await.map_err(|error| Fault::NoAnswer(error.without_url()))
    }
}

/// Reaches what its purpose names, and nothing else. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    allowed: Arc<Allowed>,
}

impl Client {
    /// For a purpose of which the settings name these addresses. `tune` sets what this module does not care for: time-outs, proofs of
    /// identity, a proxy, which is to be among `named`.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new(
        rules: &Rules,
        named: &[Url],
        tune: impl FnOnce(ClientBuilder) -> Result<ClientBuilder, reqwest::Error>,
    ) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(Allowed::new(rules, named));
        let builder = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            .user_agent(concat!("parvis/", env!("CARGO_PKG_VERSION")));
        let builder =
            tune(builder)?.redirect(Policy::none()).dns_resolver(Arc::new(Checked(allowed.clone())));
        Ok(Self { inner: builder.build()?, allowed })
    }

    /// A request, if it may leave: to be given to [`Client::ask`].
    ///
    /// # Errors
    /// If nobody named the host, or the address in its place is none where a host should be.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Refused> {
        self.allowed.check(&url)?;
        Ok(self.inner.request(method, url))
    }

    /// Asks, and reads nothing but the status.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn status(&self, request: RequestBuilder) -> Result<StatusCode, Fault> {
        let response = request.send().await.map_err(|error| Fault::NoAnswer(error.without_url()))?;
        Ok(response.status())
    }

    /// Asks, and reads the answer bit by bit: how long that may take, and how long it may be, is the caller's to hold.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn begin(&self, request: RequestBuilder) -> Result<Begun, Fault> {
        let response = request.send().await.map_err(|error| Fault::NoAnswer(error.without_url()))?;
        Ok(Begun(response))
    }

    /// Asks, and reads at most so many bytes of the answer.
    ///
    /// # Errors
    /// If there is no answer, or one that is too long.
    pub async fn ask(&self, request: RequestBuilder, most_bytes: usize) -> Result<Answer, Fault> {
        let no_answer = |error: reqwest::Error| Fault::NoAnswer(error.without_url());
        let mut response = request.send().await.map_err(no_answer)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if bytes.len() + chunk.len() > most_bytes {
                return Err(Fault::TooLong(most_bytes));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status(), headers: response.headers().clone(), bytes })
    }
}

/// Where one client may go.
#[derive(Debug)]
struct Allowed {
    rules: Rules,
    targets: BTreeSet<Target>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    host: String,
    port: u16,
    is_tls: bool,
}

impl Allowed {
    fn new(rules: &Rules, named: &[Url]) -> Self {
        let listed = rules.hosts.iter().filter_map(|host| Url::parse(&format!("https://{host}")).ok());
        let targets = named.iter().cloned().chain(listed).filter_map(|url| target(&url)).collect();
        Self { rules: rules.clone(), targets }
    }

    /// Whether the settings lead there. What is written as an address is looked at here: nothing resolves it.
    fn check(&self, url: &Url) -> Result<(), Refused> {
        let wanted = target(url).ok_or(Refused::Scheme)?;
        if !self.names(&wanted.host) {
            return Err(Refused::NotNamed(wanted.host));
        }
        // Beside the port that is set, there is the one of https.
        let is_known = self.targets.contains(&wanted) || wanted.is_tls && wanted.port == 443;
        if !is_known {
            return Err(Refused::Scheme);
        }
        match literal(url) {
            Some(address) => self.rules.look_at(&wanted.host, &[address]).map(|_| ()),
            None => Ok(()),
        }
    }

    fn names(&self, host: &str) -> bool {
        self.targets.iter().any(|target| target.host == host)
    }
}

/// Host names are compared without the dot at their end, which changes nothing of what they stand for.
fn target(url: &Url) -> Option<Target> {
    let is_tls = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = url.host_str()?.trim_end_matches('.').to_owned();
    Some(Target { host, port: url.port_or_known_default()?, is_tls })
}

/// The address that stands in the place of a name, in whatever way it is written: the parser of addresses knows them all.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// RFC 6761 section 6.3, and addresses.
fn is_loopback_name(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|ip| reach_of(ip) == Reach::Loopback)
}

/// Resolves names for a client: it connects to what this returns and asks nobody else.
struct Checked(Arc<Allowed>);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().trim_end_matches('.').to_owned();
            if !allowed.names(&host) {
                return Err(Refused::NotNamed(host).into());
            }
            let found = (allowed.rules.lookup.0)(host.clone()).await?;
            let good = allowed.rules.look_at(&host, &found);
            if let Err(refused) = &good {
                tracing::warn!(error = refused as &dyn std::error::Error, "a request was not made");
            }
            // The port is that of the request.
            let addresses: Addrs = Box::new(good?.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;
