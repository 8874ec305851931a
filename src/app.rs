//! The composition root: builds every adapter in order, joins them, serves, and ends them in reverse.

mod delegations;
mod ground;
mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tokio::sync::watch;

use crate::acme::{Acme, AcmeSettings};
use crate::archive::Archive;
use crate::clinical::DoorPolicy;
use crate::clock::Clock;
use crate::config::Http;
pub use crate::live::PRESENTER_LOST_FOR;
use crate::live::{self, Live};
use crate::login::local::{Invited, LocalAccounts};
use crate::login::{Heard, Login, LoginEnds};
use crate::outbox::{Outbox, OutboxSettings};
use crate::pacs::Pacs;
use crate::port::{Certificate, Certificates, Port, Reach, SelfTest, self_test};
use crate::relay::{Offer, Rules};
use crate::retention::{self, Retention};
use crate::secret::Secret;
use crate::sfu::Sfu;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::trail::Trail;
use crate::web::{self, Edge};

pub use settings::{NetworkSettings, Patience, Settings, acme_settings, master_keys};

/// What other programs on this database have signed out is signed out here so soon.
const LOOK_FOR_ENDS: Duration = Duration::from_secs(1);
/// Old sign-ins are cleared away this often.
const PURGE: Duration = Duration::from_secs(600);
/// How long tasks have to end when the program does.
const GOODBYE: Duration = Duration::from_secs(5);

/// The files of the certificate are looked at this often.
const LOOK_AT_CERTIFICATE: Duration = Duration::from_secs(5);

/// Everything that runs.
pub struct App {
    pub store: Store,
    pub archive: Archive,
    pub retention: Retention,
    pub trail: Trail,
    pub live: Live,
    pub outbox: Outbox,
    pub sfu: Sfu,
    pub clock: Clock,
    pub tasks: Tasks,
    pub door: DoorPolicy,
    /// What the pages' policy forbade, counted.
    pub csp_reports: Arc<web::CspReports>,
    certificates: Certificates,
    head_patience: Duration,
    local: LocalAccounts,
    port: Port,
    trial: Trial,
    router: Router,
}

/// What the test of our own relay needs; nothing to test without it.
struct Trial {
    offer: Option<Offer>,
    told: watch::Sender<SelfTest>,
}

/// The cryptography that TLS uses in this process; once is enough.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else's choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// The relays of the network's part, as a welcome names them.
fn ice_servers(reach: Reach, clock: Clock) -> live::IceServers {
    live::IceServers::new(move |participant| {
        let now_s = u64::try_from(clock.now().timestamp()).unwrap_or_default();
        let servers = reach.ice_servers(&participant.to_string(), now_s).into_iter();
        servers.map(web::ice_server).collect()
    })
}

impl App {
    /// Builds everything. Nothing is served yet.
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self> {
        install_crypto();
        let (ground, allowed_hosts) = (ground::of(&settings), settings.egress.hosts.clone());
        let tasks = Tasks::default();
        Archive::refuse_half_restored(&settings.archive.folder).context("the archive cannot be used")?;
        let store = Store::open(&settings.store).await.context("the database cannot be used")?;
        let trail = Trail::start(settings.trail, store.clone(), clock.clone(), &tasks)
            .context("the trail of what is done cannot be kept")?;
        let incoming = settings.archive.folder.join("incoming");
        let max_upload_bytes = settings.archive.max_upload_bytes;
        let archive = Archive::open(settings.archive, &tasks).await.context("the archive cannot be used")?;
        clear(&incoming).await;
        let tcp_port = settings.sfu.tcp_port;
        let sfu = Sfu::start(settings.sfu, clock.clone()).context("calls cannot be carried")?;
        let own = Secret::new(clock.random_bytes::<32>().to_vec());
        let rules = Rules {
            realm: settings.public_url.host_str().unwrap_or("parvis").to_owned(),
            secret: own.clone(),
            nonce_key: Secret::new(clock.random_bytes()),
            peers: sfu.announced().to_vec(),
        };
        let network = settings.network;
        let (trusted_proxies, frame_ancestors) = (network.trusted_proxies, network.frame_ancestors);
        let at_once = network.requests_at_once.unwrap_or(Http::REQUESTS_AT_ONCE);
        let (ceiling, hellos) = (web::Ceiling::new(at_once), web::Ceiling::new(at_once));
        let patience = network.patience;
        let certificates = Certificates::default();
        let csp_reports = Arc::<web::CspReports>::default();
        let external = network.external_secret.map(|secret| Secret::new(secret.expose().as_bytes().to_vec()));
        let is_external = external.is_some();
        let offer = Offer::new(network.relay_urls, external.unwrap_or(own));
        let (told, told_of) = watch::channel(SelfTest::NotRun);
        let reach = Reach::new(&sfu, tcp_port, offer.clone(), is_external, told_of);
        let trial = Trial { offer: (!is_external && !offer.urls().is_empty()).then_some(offer), told };
        let port = Port::new(sfu.clone(), rules, clock.clone(), tasks.clone());
        for address in network.listen {
            let certificate = match &network.certificate {
                Some((chain, key)) => {
                    Some(certificate(&tasks, &clock, &certificates, chain.clone(), key.clone())?)
                }
                None => None,
            };
            port.serve_media(listen(address).await?, certificate);
        }
        let login =
            Login::new(settings.login, store.clone(), clock.clone()).context("sign-in cannot be used")?;
        let local = LocalAccounts::new(login.clone(), &settings.hospital.name, store.clone(), clock.clone());
        let live = Live::start(live::Parts {
            store: store.clone(),
            archive: archive.clone(),
            sfu: sfu.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            ice_servers: ice_servers(reach.clone(), clock.clone()),
            hospital: settings.hospital.clone(),
            presenter_lost_for: settings.presenter_lost_for,
        });
        tasks.spawn("purge of sign-ins", purge(login.clone(), local.clone(), tasks.clone()));
        tasks.spawn("end of logins", end_in_calls(login.ends(), live.clone(), tasks.clone()));
        tasks.spawn("ends of logins elsewhere", hear_of_ends(login.clone(), tasks.clone()));
        let delegations = delegations::end(store.clone(), live.clone(), clock.clone(), tasks.clone());
        tasks.spawn("ends of delegations", delegations);
        let door = DoorPolicy::default();
        let pacs = Pacs::new(&settings.egress, settings.pacs_patience, store.clone(), clock.clone());
        let outbox = OutboxSettings {
            mail: settings.mail,
            sms: settings.sms,
            hospital: settings.hospital.clone(),
            public_url: settings.public_url.clone(),
            door,
            keeps_unsent: settings.is_demo,
            egress: settings.egress,
        };
        let outbox = Outbox::new(outbox, store.clone(), clock.clone()).context("messages cannot be sent")?;
        outbox.start(&tasks);
        tasks.spawn("news of messages", tell_of_messages(outbox.clone(), live.clone(), tasks.clone()));
        let retention = Retention::start(
            retention::Parts {
                store: store.clone(),
                archive: archive.clone(),
                clock: clock.clone(),
                hospital: settings.hospital.clone(),
                policy: settings.retention,
                chat_keep: settings.chat_keep,
                door,
            },
            &tasks,
        );
        let router = web::router(Edge::new(web::Parts {
            hospital: settings.hospital,
            public_url: settings.public_url,
            is_demo: settings.is_demo,
            door,
            max_upload_bytes,
            incoming,
            store: store.clone(),
            login,
            local: local.clone(),
            live: live.clone(),
            outbox: outbox.clone(),
            archive: archive.clone(),
            pacs,
            fetches: web::Fetches::default(),
            retention: retention.clone(),
            trail: trail.clone(),
            reach,
            trusted_proxies,
            frame_ancestors,
            answer_patience: patience.answer,
            upload_patience: patience.upload,
            emergency_lasts: settings.emergency_lasts,
            throttle: web::Throttle::default(),
            ceiling,
            hellos,
            tickets: web::Tickets::default(),
            csp_reports: csp_reports.clone(),
            certificates: certificates.clone(),
            ground,
            allowed_hosts,
            clock: clock.clone(),
            tasks: tasks.clone(),
        }));
        Ok(Self {
            store,
            archive,
            retention,
            trail,
            live,
            outbox,
            sfu,
            clock,
            tasks,
            door,
            csp_reports,
            certificates,
            head_patience: patience.head,
            local,
            port,
            trial,
            router,
        })
    }

    /// The one-time address at which the first administrator sets up their account; nothing where there is an administrator. The one
    /// before stops working.
    pub async fn first_address(&self) -> Result<Option<Invited>> {
        self.local.first_address().await.context("the administrators cannot be looked for")
    }

    /// Adds the routes of something else, which come first.
    pub fn mount(&mut self, path: &str, router: Router) {
        let own = std::mem::take(&mut self.router);
        self.router = Router::new().nest(path, router).merge(own);
    }

    /// Serves plain HTTP until the program is asked to end, and media over TCP beside it. `listener` is bound by the
    /// caller, who knows its address.
    pub async fn serve(&self, listener: tokio::net::TcpListener) -> Result<()> {
        self.serve_port(listener, None, None).await
    }

    /// Serves HTTPS likewise, with a certificate and key in PEM files that are followed when they change. Who asks without TLS
    /// is sent to `public_url`.
    pub async fn serve_tls(
        &self,
        listener: tokio::net::TcpListener,
        chain: PathBuf,
        key: PathBuf,
        public_url: &url::Url,
    ) -> Result<()> {
        let certificate = certificate(&self.tasks, &self.clock, &self.certificates, chain, key)?;
        self.serve_port(listener, Some(certificate), Some(public_url.to_string())).await
    }

    /// Serves HTTPS likewise, with a certificate that is ordered when it is due.
    pub async fn serve_acme(
        &self,
        listener: tokio::net::TcpListener,
        settings: AcmeSettings,
        public_url: &url::Url,
    ) -> Result<()> {
        let acme = Acme::open(settings, self.clock.clone()).context("no certificate can be ordered")?;
        let certificate = acme.certificate();
        self.certificates.add(certificate.clone());
        // The authority looks at the port, which is served from here on.
        self.tasks.spawn("orders of certificates", acme.keep(self.tasks.clone()));
        self.serve_port(listener, Some(certificate), Some(public_url.to_string())).await
    }

    async fn serve_port(
        &self,
        listener: tokio::net::TcpListener,
        certificate: Option<Certificate>,
        https: Option<String>,
    ) -> Result<()> {
        let address = listener.local_addr().context("the listener has no address")?;
        let http = self.port.serve(listener, certificate, https).context("the web server cannot start")?;
        self.try_relay(address);
        http.serve(self.router.clone(), self.tasks.clone(), self.head_patience).await;
        Ok(())
    }

    /// Goes through our own relay once. A failure is told and stops nothing: calls over UDP do not need it.
    fn try_relay(&self, address: SocketAddr) {
        let (Some(offer), Some(media)) = (self.trial.offer.clone(), self.sfu.announced().first().copied())
        else {
            return;
        };
        let told = self.trial.told.clone();
        let now_s = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        self.tasks.spawn("test of the relay", async move {
            let Some(credentials) = offer.ice_servers_for("self-test", now_s, 60).pop() else { return };
            match self_test(address, &credentials, media).await {
                Ok(()) => {
                    tracing::info!("media come through the relay");
                    told.send_replace(SelfTest::Passed);
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "media do not come through the relay: networks that block UDP cannot call"
                    );
                    told.send_replace(SelfTest::Failed(error.to_string()));
                }
            }
        });
    }

    /// Ends everything, in the reverse of the order in which it was built.
    pub async fn end(self) {
        self.tasks.stop();
        if tokio::time::timeout(GOODBYE, self.tasks.ended()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
        self.sfu.stop();
        self.store.close().await;
    }
}

/// Whoever looks at the agenda is told when a message has gone out, or has not; at most once a second.
async fn tell_of_messages(outbox: Outbox, live: Live, tasks: Tasks) {
    let mut changes = outbox.changes();
    loop {
        tokio::select! {
            () = tasks.stopped() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        live.announce_change();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A certificate that follows its files, and tells when somebody should look at it.
fn certificate(
    tasks: &Tasks,
    clock: &Clock,
    all: &Certificates,
    chain: PathBuf,
    key: PathBuf,
) -> Result<Certificate> {
    let certificate = Certificate::read(chain, key).context("the certificate or its key cannot be used")?;
    all.add(certificate.clone());
    tasks.spawn("watch of the certificate", watch(certificate.clone(), clock.clone(), tasks.clone()));
    Ok(certificate)
}

async fn watch(certificate: Certificate, clock: Clock, tasks: Tasks) {
    let mut told = None;
    loop {
        match certificate.look_again() {
            Ok(true) => {
                let until = certificate.validity().map(|valid| valid.until.to_rfc3339());
                tracing::info!(certificate.until = until, "a new certificate is used");
            }
            Ok(false) => {}
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the new certificate cannot be used; the old one stays"
            ),
        }
        let news = certificate.news(clock.now());
        if let Some(news) = news.filter(|news| told != Some(*news)) {
            tracing::warn!("{news}");
        }
        told = news;
        tokio::select! {
            () = tasks.stopped() => return,
            () = tokio::time::sleep(LOOK_AT_CERTIFICATE) => {}
        }
    }
}

/// Uploads that were under way when the program ended last time.
async fn clear(incoming: &std::path::Path) {
    if let Err(error) = tokio::fs::remove_dir_all(incoming).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "broken-off uploads were not cleared away");
    }
}

/// Whoever is not signed in any more is in no call any more.
async fn end_in_calls(mut ends: LoginEnds, live: Live, tasks: Tasks) {
    loop {
        tokio::select! {
            () = tasks.stopped() => return,
            ended = ends.next() => match ended {
                Ok(ended) => live.logins_ended(&ended).await,
                // Their sockets take it for theirs, too, and end.
                Err(_) => tracing::error!("too many logins ended at once to follow"),
            }
        }
    }
}

/// Whoever is signed out by another program on the same database is signed out here, too.
async fn hear_of_ends(login: Login, tasks: Tasks) {
    let mut heard = Heard::default();
    let mut is_deaf = false;
    loop {
        tokio::select! {
            () = tasks.stopped() => return,
            () = tokio::time::sleep(LOOK_FOR_ENDS) => {}
        }
        match login.hear_of_ends(&mut heard).await {
            Ok(_) => is_deaf = false,
            Err(error) => {
                if !is_deaf {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "what other programs sign out is not heard of now");
                }
                is_deaf = true;
            }
        }
    }
}

async fn purge(login: Login, local: LocalAccounts, tasks: Tasks) {
    loop {
        tokio::select! {
            () = tasks.stopped() => return,
            () = tokio::time::sleep(PURGE) => {}
        }
        let purged = match login.purge().await {
            Ok(_) => local.purge().await,
            failed => failed,
        };
        if let Err(error) = purged {
            tracing::error!(error = &error as &dyn std::error::Error, "old sign-ins were not cleared away");
        }
    }
}

/// Resolves at SIGTERM or SIGINT.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Opens a listener, or says which address is taken.
pub async fn listen(address: SocketAddr) -> Result<tokio::net::TcpListener> {
    let listener = tokio::net::TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}; is another program using that port?"))
}
