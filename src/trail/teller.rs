//! Follows the chain, whoever wrote it, and tells of it: alerts of mass access, syslog, FHIR. Each remembers in the database how far it
//! has told, so that nothing is left out when the program or the other end was away; a record may come twice.

use std::collections::BTreeSet;
use std::time::Duration;

use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};

use super::TrailSettings;
use crate::audit::{Deed, MassAccess, Outcome, Record, Sealed, Subject, Who, audit_event, datagram, frame};
use crate::clinical::PractitionerId;
use crate::clock::Clock;
use crate::config::SyslogAddress;
use crate::egress::{Client, Fault, Refused};
use crate::secret::Secret;
use crate::store::{self, Store, TrailFilter};
use crate::tasks::Tasks;

/// The chain is looked at this often.
const EVERY: Duration = Duration::from_secs(2);
/// After a failure, from the first pause to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Whoever is told answers within this time.
const PATIENCE: Duration = Duration::from_secs(10);
/// Records that are told together.
const BATCH: u32 = 200;

pub(super) struct Teller {
    store: Store,
    clock: Clock,
    listeners: Vec<Listener>,
}

/// Somebody who is told.
struct Listener {
    name: &'static str,
    way: Way,
    failures: u32,
    not_before: Option<std::time::Instant>,
}

enum Way {
    Alert(MassAccess),
    Syslog { address: SyslogAddress, host: String, line: Line },
    Fhir { client: Client, url: url::Url, token: Option<Secret<String>>, base: url::Url },
}

/// The connection to a collector.
enum Line {
    Closed,
    Udp(UdpSocket),
    Tcp(TcpStream),
}

#[derive(Debug, Error)]
enum NotTold {
    #[error("the database failed")]
    Store(#[from] store::Error),
    #[error("the collector cannot be reached")]
    Line(#[from] std::io::Error),
    #[error("the FHIR server cannot be reached")]
    Fhir(#[from] Fault),
    #[error("the FHIR server answers {0}")]
    Answer(u16),
    #[error("it took too long")]
    TooLong,
}

impl Teller {
    pub(super) fn new(settings: &TrailSettings, store: Store, clock: Clock) -> Result<Self, super::Error> {
        let host = settings.public_url.host_str().unwrap_or("parvis").to_owned();
        let mut ways = vec![("alerts", Way::Alert(settings.mass_access))];
        if let Some(address) = settings.syslog.clone() {
            ways.push(("syslog", Way::Syslog { address, host, line: Line::Closed }));
        }
        if let Some((url, token)) = settings.fhir.clone() {
            // An http address is of this machine, which may have no list of authorities.
            let is_plain = url.scheme() == "http";
            let client = Client::new(&settings.egress, std::slice::from_ref(&url), |builder| {
                let builder = builder.timeout(PATIENCE);
                Ok(if is_plain { builder.tls_certs_only([]) } else { builder })
            });
            let client = client.map_err(super::Error::Client)?;
            ways.push(("fhir", Way::Fhir { client, url, token, base: settings.public_url.clone() }));
        }
        let listeners =
            ways.into_iter().map(|(name, way)| Listener { name, way, failures: 0, not_before: None });
        Ok(Self { store, clock, listeners: listeners.collect() })
    }

    pub(super) async fn run(mut self, tasks: Tasks) {
        loop {
            tokio::select! {
                () = tasks.stopped() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let Self { store, clock, listeners } = &mut self;
            for listener in listeners {
                if listener.not_before.is_some_and(|at| at > clock.instant()) {
                    continue;
                }
                // What it has told is remembered batch by batch: whatever is cut off here comes again.
                let told = tokio::select! {
                    () = tasks.stopped() => return,
                    told = listener.tell(store, clock) => told,
                };
                match told {
                    Ok(()) => (listener.failures, listener.not_before) = (0, None),
                    Err(error) => {
                        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(listener.failures.min(5)));
                        listener.failures = listener.failures.saturating_add(1);
                        listener.not_before = Some(clock.instant() + pause);
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            audit.listener = listener.name,
                            "the trail was not told"
                        );
                    }
                }
            }
        }
    }
}

impl Listener {
    /// Tells everything that is new.
    async fn tell(&mut self, store: &Store, clock: &Clock) -> Result<(), NotTold> {
        loop {
            let told = store.audit_told(self.name).await?;
            let rows = store.audit_records(told, BATCH).await?;
            let count = rows.len() as u64;
            // A row that cannot be read is for the verification to name.
            let records: Vec<_> = rows.into_iter().flatten().collect();
            let Some(last) = records.last().map(|sealed| sealed.seq) else {
                if count > 0 {
                    store.put_audit_told(self.name, told + count).await?;
                }
                return Ok(());
            };
            self.way.tell(store, clock, &records).await?;
            store.put_audit_told(self.name, last).await?;
            if count < u64::from(BATCH) {
                return Ok(());
            }
        }
    }
}

impl Way {
    async fn tell(&mut self, store: &Store, clock: &Clock, records: &[Sealed]) -> Result<(), NotTold> {
        match self {
            Self::Alert(rule) => alert(store, clock, *rule, records).await,
            Self::Syslog { address, host, line } => {
                let sent = tokio::time::timeout(PATIENCE, line.send(address, host, records)).await;
                let sent = sent.map_err(|_| NotTold::TooLong).and_then(|sent| Ok(sent?));
                if sent.is_err() {
                    *line = Line::Closed;
                }
                sent
            }
            Self::Fhir { client, url, token, base } => {
                for sealed in records {
                    post(client, url, token.as_ref(), &audit_event(sealed, base)).await?;
                }
                Ok(())
            }
        }
    }
}

/// Says so when one person was shown the data of very many patients.
async fn alert(store: &Store, clock: &Clock, rule: MassAccess, records: &[Sealed]) -> Result<(), NotTold> {
    let staff = records.iter().map(|sealed| &sealed.record).filter_map(|record| match record.who {
        Who::Staff(id) if record.deed.shows() && record.outcome == Outcome::Done => {
            record.patient.map(|_| id)
        }
        _ => None,
    });
    let staff: BTreeSet<PractitionerId> = staff.collect();
    let now = clock.now();
    for person in staff {
        let patients = store.patients_seen(person, rule.since(now)).await?;
        if !rule.is_reached(patients, false) {
            continue;
        }
        let alerts = TrailFilter {
            from: Some(rule.since(now)),
            deed: Some(Deed::Alert),
            subject: Some(Subject::Practitioner),
            ..TrailFilter::default()
        };
        let id = person.to_string();
        let alerts = store.audit_page(&alerts, 1000).await?;
        if !rule
            .is_reached(patients, alerts.iter().any(|alert| alert.record.subject_id.as_ref() == Some(&id)))
        {
            continue;
        }
        tracing::warn!(practitioner.id = %person, patients, "one person was shown the data of very many patients");
        let record = Record::new(clock.new_uuid(), now, Who::Gateway, Deed::Alert, Subject::Practitioner);
        // How many, in how many minutes: the page has the words.
        let detail = format!("{patients} / {} min", rule.within.num_minutes());
        store.append_audit(&[Record { subject_id: Some(id), detail: Some(detail), ..record }]).await?;
    }
    Ok(())
}

impl Line {
    async fn send(&mut self, to: &SyslogAddress, host: &str, records: &[Sealed]) -> std::io::Result<()> {
        if matches!(self, Self::Closed) {
            *self = if to.is_tcp {
                Self::Tcp(TcpStream::connect(&to.host).await?)
            } else {
                let far = tokio::net::lookup_host(&to.host).await?.next();
                let far = far.ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?;
                let near = if far.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(near).await?;
                socket.connect(far).await?;
                Self::Udp(socket)
            };
        }
        match self {
            Self::Closed => {}
            Self::Udp(socket) => {
                for sealed in records {
                    socket.send(datagram(sealed, host).as_bytes()).await?;
                }
            }
            Self::Tcp(stream) => {
                // A collector says nothing: whatever comes, also an end, means that it is gone.
                if !matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
                {
                    return Err(std::io::ErrorKind::ConnectionReset.into());
                }
                for sealed in records {
                    stream.write_all(frame(sealed, host).as_bytes()).await?;
                }
                stream.flush().await?;
            }
        }
        Ok(())
    }
}

/// Gives one event to the server. One that it will never take is logged and left.
async fn post(
    client: &Client,
    url: &url::Url,
    token: Option<&Secret<String>>,
    event: &serde_json::Value,
) -> Result<(), NotTold> {
    let address = format!("{}/AuditEvent", url.as_str().trim_end_matches('/'));
    let address = url::Url::parse(&address).map_err(|_| Fault::Refused(Refused::Scheme))?;
    let request =
        client.request(reqwest::Method::POST, address).map_err(Fault::from)?.body(event.to_string());
    let mut request = request.header(reqwest::header::CONTENT_TYPE, "application/fhir+json; charset=utf-8");
    if let Some(token) = token {
        request = request.bearer_auth(token.expose());
    }
    let status = client.status(request).await?;
    match status.as_u16() {
        200..=299 => Ok(()),
        400 | 409 | 413 | 422 => {
            tracing::error!(http.status = status.as_u16(), "a FHIR server refuses an event of the trail");
            Ok(())
        }
        other => Err(NotTold::Answer(other)),
    }
}
