//! The composition root: builds every adapter in order, joins them, serves, and ends them in reverse.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::serve::ListenerExt as _;
use chrono::TimeDelta;

use crate::archive::{Archive, ArchiveSettings};
use crate::clinical::{ChatKeep, DoorPolicy, StaffRole};
use crate::clock::Clock;
use crate::config::{ChatKept, Config, Hospital, Oidc, RoleName};
use crate::live::{self, Live};
use crate::login::{ClientAuthentication, Login, LoginSettings, RoleRule};
use crate::sfu::{Sfu, SfuSettings};
use crate::store::{Store, StoreSettings};
use crate::tasks::Tasks;
use crate::web::{self, Edge};

/// Old sign-ins, and chats that have been kept long enough, are cleared away this often.
const PURGE: Duration = Duration::from_secs(600);
/// How long tasks have to end when the program does.
const GOODBYE: Duration = Duration::from_secs(5);

/// What the program is built from: the settings, resolved.
#[derive(Debug)]
pub struct Settings {
    pub hospital: Hospital,
    pub public_url: url::Url,
    pub store: StoreSettings,
    pub login: LoginSettings,
    pub sfu: SfuSettings,
    pub archive: ArchiveSettings,
    pub chat_keep: ChatKeep,
    pub is_demo: bool,
}

/// Everything that runs.
pub struct App {
    pub store: Store,
    pub archive: Archive,
    pub live: Live,
    pub sfu: Sfu,
    pub clock: Clock,
    pub tasks: Tasks,
    pub door: DoorPolicy,
    router: Router,
}

impl Settings {
    /// The settings of a file. `program` is this program, which decodes images in child processes of itself.
    pub fn from_config(config: &Config, program: PathBuf) -> Self {
        let archive = &config.archive;
        Self {
            hospital: config.hospital.clone(),
            public_url: config.http.public_url.clone(),
            store: StoreSettings {
                url: config.database.url.clone(),
                max_connections: config.database.max_connections,
            },
            login: login_settings(&config.oidc, &config.http.public_url),
            sfu: SfuSettings {
                listen: config.media.listen,
                announce: config.media.announce.clone(),
                shards: 1,
            },
            archive: ArchiveSettings {
                workers: archive.workers,
                decoded_cache_bytes: archive.decoded_cache_bytes,
                encoded_cache_bytes: archive.encoded_cache_bytes,
                max_upload_bytes: archive.max_upload_bytes,
                ..ArchiveSettings::new(archive.folder.clone(), program)
            },
            chat_keep: match config.chat.keep {
                ChatKept::Consultation => ChatKeep::Consultation,
                ChatKept::Days(days) => ChatKeep::Days(days),
            },
            is_demo: false,
        }
    }
}

fn login_settings(oidc: &Oidc, public_url: &url::Url) -> LoginSettings {
    let rule = |(claim, role): &(String, RoleName)| {
        let (claim, value) = claim.split_once('/').unwrap_or((claim, ""));
        let role = match role {
            RoleName::Secretary => StaffRole::Secretary,
            RoleName::Doctor => StaffRole::Doctor,
            RoleName::Radiologist => StaffRole::Radiologist,
            RoleName::Administrator => StaffRole::Administrator,
        };
        RoleRule { claim: claim.to_owned(), value: value.to_owned(), role }
    };
    LoginSettings {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: oidc.client_secret.clone(),
        client_authentication: ClientAuthentication::Basic,
        discovery_url: oidc.discovery_url.clone(),
        endpoints: None,
        scopes: oidc.scopes.iter().filter(|scope| *scope != "openid").cloned().collect(),
        acr_values: oidc.acr_values.iter().flat_map(|values| values.split(' ')).map(str::to_owned).collect(),
        roles: oidc.roles.iter().map(rule).collect(),
        name_claim: oidc.name_claim.clone(),
        public_url: public_url.clone(),
        proxy: None,
        idle: TimeDelta::minutes(i64::try_from(oidc.idle_minutes).unwrap_or(i64::MAX)),
        absolute: TimeDelta::hours(i64::try_from(oidc.absolute_hours).unwrap_or(i64::MAX)),
    }
}

/// The cryptography that TLS uses in this process; once is enough.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else's choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

impl App {
    /// Builds everything. Nothing is served yet.
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self> {
        install_crypto();
        let tasks = Tasks::default();
        let store = Store::open(&settings.store).await.context("the database cannot be used")?;
        let incoming = settings.archive.folder.join("incoming");
        let max_upload_bytes = settings.archive.max_upload_bytes;
        let archive = Archive::open(settings.archive, &tasks).await.context("the archive cannot be used")?;
        clear(&incoming).await;
        let sfu = Sfu::start(settings.sfu, clock.clone()).context("calls cannot be carried")?;
        let login =
            Login::new(settings.login, store.clone(), clock.clone()).context("sign-in cannot be used")?;
        let live = Live::start(live::Parts {
            store: store.clone(),
            archive: archive.clone(),
            sfu: sfu.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            ice_servers: live::IceServers::none(),
        });
        tasks.spawn("purge of sign-ins", purge(login.clone(), tasks.clone()));
        let door = DoorPolicy::default();
        let chats = Chats {
            store: store.clone(),
            archive: archive.clone(),
            clock: clock.clone(),
            keep: settings.chat_keep,
            door,
        };
        tasks.spawn("purge of chats", purge_chats(chats, tasks.clone()));
        let router = web::router(Edge::new(web::Parts {
            hospital: settings.hospital,
            public_url: settings.public_url,
            is_demo: settings.is_demo,
            door,
            max_upload_bytes,
            incoming,
            store: store.clone(),
            login,
            live: live.clone(),
            archive: archive.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
        }));
        Ok(Self { store, archive, live, sfu, clock, tasks, door, router })
    }

    /// Adds the routes of something else, which come first.
    pub fn mount(&mut self, path: &str, router: Router) {
        let own = std::mem::take(&mut self.router);
        self.router = Router::new().nest(path, router).merge(own);
    }

    /// Serves plain HTTP until the program is asked to end. `listener` is bound by the caller, who knows its address.
    pub async fn serve(&self, listener: tokio::net::TcpListener) -> Result<()> {
        let tasks = self.tasks.clone();
        // A state and the picture that follows it go out at once: the second would wait for the first to be acknowledged.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection will be slow");
            }
        });
        let serve = axum::serve(listener, self.router.clone());
        let serve = serve.with_graceful_shutdown(async move { tasks.stopped().await });
        // A connection that does not end with its tasks is cut.
        tokio::select! {
            served = std::future::IntoFuture::into_future(serve) => served.context("the web server failed"),
            () = self.deadline() => Ok(()),
        }
    }

    /// Serves HTTPS, with a certificate and key in PEM files that are read again every hour.
    pub async fn serve_tls(
        &self,
        listener: std::net::TcpListener,
        certificate: PathBuf,
        key: PathBuf,
    ) -> Result<()> {
        let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(&certificate, &key)
            .await
            .context("the certificate or its key cannot be used")?;
        let (again, tasks) = (tls.clone(), self.tasks.clone());
        self.tasks.spawn("renewal of the certificate", async move {
            loop {
                tokio::select! {
                    () = tasks.stopped() => return,
                    () = tokio::time::sleep(Duration::from_secs(3600)) => {}
                }
                if let Err(error) = again.reload_from_pem_file(&certificate, &key).await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the certificate was not read again"
                    );
                }
            }
        });
        let server = axum_server::from_tcp_rustls(listener, tls).context("the web server cannot start")?;
        let server = server.map(|tls| tls.acceptor(axum_server::accept::NoDelayAcceptor::new()));
        tokio::select! {
            served = server.serve(self.router.clone().into_make_service()) => served.context("the web server failed"),
            () = self.deadline() => Ok(()),
        }
    }

    async fn deadline(&self) {
        self.tasks.stopped().await;
        tokio::time::sleep(GOODBYE).await;
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

/// Uploads that were under way when the program ended last time.
async fn clear(incoming: &std::path::Path) {
    if let Err(error) = tokio::fs::remove_dir_all(incoming).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "broken-off uploads were not cleared away");
    }
}

async fn purge(login: Login, tasks: Tasks) {
    loop {
        tokio::select! {
            () = tasks.stopped() => return,
            () = tokio::time::sleep(PURGE) => {}
        }
        if let Err(error) = login.purge().await {
            tracing::error!(error = &error as &dyn std::error::Error, "old sign-ins were not cleared away");
        }
    }
}

struct Chats {
    store: Store,
    archive: Archive,
    clock: Clock,
    keep: ChatKeep,
    door: DoorPolicy,
}

impl Chats {
    /// Deletes what has been kept long enough: rows first, then the files that no row names any more.
    async fn purge(&self) -> Result<()> {
        let shelf = self.archive.shelf().await;
        let expiry = self.keep.expiry(self.door, self.clock.now());
        for content in self.store.purge_chats(expiry).await? {
            shelf.remove(content).await?;
        }
        Ok(())
    }

    /// Files whose rows went, or never came, because the program ended between the two.
    async fn clear(&self) -> Result<()> {
        let shelf = self.archive.shelf().await;
        for content in shelf.contents().await? {
            if !self.store.is_file_shared(content).await? {
                shelf.remove(content).await?;
            }
        }
        Ok(())
    }
}

async fn purge_chats(chats: Chats, tasks: Tasks) {
    let mut outcome = chats.clear().await;
    loop {
        if let Err(error) = outcome.and(chats.purge().await) {
            tracing::error!(
                error = error.as_ref() as &dyn std::error::Error,
                "old chats were not cleared away"
            );
        }
        tokio::select! {
            () = tasks.stopped() => return,
            () = tokio::time::sleep(PURGE) => {}
        }
        outcome = Ok(());
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
