//! What the program is built from, out of the settings of a file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use super::PRESENTER_LOST_FOR;
use crate::acme::AcmeSettings;
use crate::archive::ArchiveSettings;
use crate::audit::MassAccess;
use crate::clinical::{ChatKeep, RetentionPolicy, StaffRole};
use crate::clock::Clock;
use crate::config::{
    self, ChatKept, ClientAuthenticationName, Config, Hospital, Mail, Oidc, OidcProvider, RoleName, Sms,
};
use crate::egress;
use crate::login::{ClientAuthentication, Endpoints, LoginSettings, ProviderSettings, RoleRule};
use crate::pacs::PacsPatience;
use crate::port::HEAD_PATIENCE;
use crate::sealing::{KeyError, KeySource, MasterKeys};
use crate::secret::Secret;
use crate::sfu::{Sfu, SfuSettings};
use crate::store::StoreSettings;
use crate::trail::TrailSettings;
use crate::web;

/// What the program is built from: the settings, resolved.
#[derive(Debug)]
pub struct Settings {
    pub hospital: Hospital,
    pub public_url: url::Url,
    pub store: StoreSettings,
    pub login: LoginSettings,
    pub sfu: SfuSettings,
    pub network: NetworkSettings,
    pub archive: ArchiveSettings,
    pub chat_keep: ChatKeep,
    /// `None`: no mail is sent.
    pub mail: Option<Mail>,
    /// `None`: no SMS is sent.
    pub sms: Option<Sms>,
    /// Whom this program may ask, beside those that are named for a purpose.
    pub egress: egress::Rules,
    /// How long archives of images may take. Nothing sets it but tests.
    pub pacs_patience: PacsPatience,
    pub retention: RetentionPolicy,
    pub trail: TrailSettings,
    /// How long access in an emergency lasts.
    pub emergency_lasts: TimeDelta,
    /// Where figures are read; `None`: nobody reads any.
    pub metrics: Option<MetricsSettings>,
    /// Where certificates are ordered, if they are.
    pub authority: Option<url::Url>,
    /// See [`live::Parts`].
    pub presenter_lost_for: Duration,
    pub is_demo: bool,
}

/// Where the hospital's monitoring reads.
#[derive(Clone, Debug)]
pub struct MetricsSettings {
    pub listen: SocketAddr,
    /// What is to be shown there.
    pub token: Option<Secret<String>>,
}

/// Ways in beside UDP.
#[derive(Clone, Debug, Default)]
pub struct NetworkSettings {
    /// Listeners for media over TCP of their own, beside the port of HTTP.
    pub listen: Vec<SocketAddr>,
    /// PEM files of certificate and key for these; without them they do no TLS.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Where browsers find the relay; empty: there is none.
    pub relay_urls: Vec<String>,
    /// The secret that it shares, when it is the hospital's and not our own.
    pub external_secret: Option<Secret<String>>,
    /// Proxies in front of HTTP, whose `X-Forwarded-For` is taken.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Origins that may show the pages in a frame.
    pub frame_ancestors: Vec<String>,
    /// Requests that are answered at one time; `None`: the usual number.
    pub requests_at_once: Option<usize>,
    pub patience: Patience,
}

/// How long clients may take. Nothing sets it but tests, which have less time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, and between two requests on one connection.
    pub head: Duration,
    /// For a whole request that is no upload, and its answer.
    pub answer: Duration,
    /// Between two parts of an upload.
    pub upload: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: HEAD_PATIENCE, answer: web::ANSWER_PATIENCE, upload: web::UPLOAD_PATIENCE }
    }
}

impl NetworkSettings {
    /// What the settings of a file mean, and the TCP port that browsers are told.
    pub fn from_config(config: &Config) -> (Self, Option<u16>) {
        let (http, media, relay) = (&config.http, &config.media, &config.relay);
        let both = |chain: &Option<PathBuf>, key: &Option<PathBuf>| chain.clone().zip(key.clone());
        let own = both(&http.tls_certificate, &http.tls_key);
        let certificate = both(&relay.tls_certificate, &relay.tls_key).or_else(|| own.clone());
        // Behind a proxy that does TLS, the port of HTTP cannot be reached by anything else.
        let is_tls = own.is_some() || config.acme.is_some();
        let public = is_tls.then(|| http.public_url.port_or_known_default()).flatten();
        let first = media.tcp_listen.or(relay.listen).map(|listen| listen.port());
        let tcp_port = media.tcp_port.or(public).or(first);
        let host = relay.host.as_deref().or(http.public_url.host_str()).unwrap_or("localhost");
        let url = |scheme: &str, port: u16| format!("{scheme}:{host}:{port}?transport=tcp");
        let mut relay_urls = Vec::new();
        if let Some(port) = relay.listen.map(|listen| listen.port()) {
            relay_urls.push(url("turn", port));
            relay_urls.extend(certificate.is_some().then(|| url("turns", port)));
        } else if let (None, Some(listen)) = (public, media.tcp_listen) {
            relay_urls.push(url("turn", listen.port()));
        }
        if let Some(port) = public {
            relay_urls.extend([url("turn", port), url("turns", port)]);
        }
        for told in [&relay.urls, &relay.external_urls] {
            if !told.is_empty() {
                relay_urls.clone_from(told);
            }
        }
        let is_external = !relay.external_urls.is_empty();
        let external_secret = relay.external_secret.clone().filter(|_| is_external);
        let listen = media.tcp_listen.into_iter().chain(relay.listen).collect();
        let network = Self {
            listen,
            certificate,
            relay_urls,
            external_secret,
            trusted_proxies: http.trusted_proxies.clone(),
            frame_ancestors: http.frame_ancestors.clone(),
            requests_at_once: Some(http.requests_at_once),
            patience: Patience::default(),
        };
        (network, tcp_port)
    }
}

impl Settings {
    /// The settings of a file. `program` is this program, which decodes images in child processes of itself.
    pub fn from_config(config: &Config, program: PathBuf, keys: MasterKeys) -> Self {
        let archive = &config.archive;
        let (network, tcp_port) = NetworkSettings::from_config(config);
        Self {
            hospital: config.hospital.clone(),
            public_url: config.http.public_url.clone(),
            store: StoreSettings {
                url: config.database.url.clone(),
                max_connections: config.database.max_connections,
                keys: keys.clone(),
            },
            login: LoginSettings {
                egress: egress_rules(&config.egress),
                ..login_settings(&config.oidc, &config.http.public_url)
            },
            sfu: SfuSettings {
                listen: config.media.listen,
                announce: config.media.announce.clone(),
                shards: config.media.threads.map_or_else(Sfu::usual_shards, usize::from),
                tcp_port,
            },
            network,
            archive: ArchiveSettings {
                workers: archive.workers,
                decoded_cache_bytes: archive.decoded_cache_bytes,
                encoded_cache_bytes: archive.encoded_cache_bytes,
                max_upload_bytes: archive.max_upload_bytes,
                ..ArchiveSettings::new(archive.folder.clone(), program, keys)
            },
            chat_keep: match config.chat.keep {
                ChatKept::Consultation => ChatKeep::Consultation,
                ChatKept::Days(days) => ChatKeep::Days(days),
            },
            mail: config.mail.clone(),
            sms: config.sms.clone(),
            egress: egress_rules(&config.egress),
            pacs_patience: PacsPatience::default(),
            retention: retention_policy(&config.retention),
            trail: TrailSettings {
                folder: config.audit.folder.clone(),
                mass_access: MassAccess {
                    patients: config.audit.mass_access_patients,
                    within: TimeDelta::minutes(config.audit.mass_access_minutes.into()),
                },
                syslog: config.audit.syslog.clone(),
                fhir: config.audit.fhir.clone().map(|url| (url, config.audit.fhir_token.clone())),
                egress: egress_rules(&config.egress),
                public_url: config.http.public_url.clone(),
            },
            emergency_lasts: TimeDelta::minutes(config.emergency.minutes.into()),
            metrics: config
                .metrics
                .listen
                .map(|listen| MetricsSettings { listen, token: config.metrics.token.clone() }),
            authority: config.acme.as_ref().map(|acme| acme.directory.clone()),
            presenter_lost_for: PRESENTER_LOST_FOR,
            is_demo: false,
        }
    }
}

/// The master keys that the settings name: those of the environment, of a file, or of systemd.
///
/// # Errors
/// If there are none, or they cannot be used; the sentence says what to do.
pub fn master_keys(config: &Config) -> Result<MasterKeys, KeyError> {
    let config::Keys { file, text, credential } = &config.keys;
    let text = text.clone().map(|text| KeySource::Text(text, config::MASTER_KEY_VARIABLE.to_owned()));
    let credential = || credential.clone().map(KeySource::Credential);
    let file = || file.clone().map(KeySource::File).or_else(credential);
    MasterKeys::open(text.or_else(file), Clock::system())
}

fn retention_policy(days: &config::Retention) -> RetentionPolicy {
    RetentionPolicy {
        contacts: days.contacts,
        files: days.files,
        studies: days.studies,
        messages: days.messages,
        quality: days.quality,
        viewing_record: days.viewing_record,
        moves: days.moves,
        reports: days.reports,
        appointments: days.appointments,
    }
}

/// What the settings say of ordering certificates; `None`: they come from elsewhere.
pub fn acme_settings(config: &Config) -> Option<AcmeSettings> {
    let acme = config.acme.as_ref()?;
    Some(AcmeSettings {
        directory: acme.directory.clone(),
        contact: acme.contact.clone(),
        folder: acme.folder.clone(),
        root: acme.root.clone(),
        external_account: acme.eab_key_id.clone().zip(acme.eab_hmac_key.clone()),
        name: config.http.public_url.host_str().unwrap_or_default().to_owned(),
        egress: egress_rules(&config.egress),
    })
}

fn egress_rules(egress: &config::Egress) -> egress::Rules {
    egress::Rules {
        hosts: egress.hosts.clone(),
        // They were read as networks with the settings.
        networks: egress.networks.iter().filter_map(|network| network.parse().ok()).collect(),
        allows_private: egress.private,
        ..egress::Rules::default()
    }
}

fn login_settings(oidc: &Oidc, public_url: &url::Url) -> LoginSettings {
    LoginSettings {
        providers: oidc.providers.iter().map(provider_settings).collect(),
        public_url: public_url.clone(),
        proxy: None,
        egress: egress::Rules::default(),
        idle: TimeDelta::minutes(i64::try_from(oidc.idle_minutes).unwrap_or(i64::MAX)),
        absolute: TimeDelta::hours(i64::try_from(oidc.absolute_hours).unwrap_or(i64::MAX)),
        fresh_within: TimeDelta::minutes(i64::try_from(oidc.fresh_minutes).unwrap_or(i64::MAX)),
    }
}

fn provider_settings(oidc: &OidcProvider) -> ProviderSettings {
    let rule = |(claim, role): &(String, RoleName)| {
        let (claim, value) = claim.split_once('/').unwrap_or((claim, ""));
        let role = match role {
            RoleName::Secretary => StaffRole::Secretary,
            RoleName::Nurse => StaffRole::Nurse,
            RoleName::Doctor => StaffRole::Doctor,
            RoleName::Radiologist => StaffRole::Radiologist,
            RoleName::Administrator => StaffRole::Administrator,
            RoleName::Auditor => StaffRole::Auditor,
        };
        RoleRule { claim: claim.to_owned(), value: value.to_owned(), role }
    };
    let words = |text: &Option<String>| {
        text.iter().flat_map(|values| values.split(' ')).map(str::to_owned).collect::<Vec<_>>()
    };
    let key = oidc.client_key.clone().unwrap_or_default();
    ProviderSettings {
        key: oidc.key.clone(),
        label: oidc.label.clone(),
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_authentication: match oidc.client_authentication {
            ClientAuthenticationName::ClientSecretBasic => {
                ClientAuthentication::Basic(oidc.client_secret.clone())
            }
            ClientAuthenticationName::ClientSecretPost => {
                ClientAuthentication::Post(oidc.client_secret.clone())
            }
            ClientAuthenticationName::PrivateKeyJwt => {
                ClientAuthentication::PrivateKey { key, id: oidc.client_key_id.clone() }
            }
            ClientAuthenticationName::TlsClientAuth => {
                let certificate = oidc.client_certificate.clone().unwrap_or_default();
                ClientAuthentication::Tls { certificate, key }
            }
        },
        discovery_url: oidc.discovery_url.clone(),
        endpoints: Endpoints {
            authorization: oidc.authorization_endpoint.clone(),
            token: oidc.token_endpoint.clone(),
            jwks: oidc.jwks_uri.clone(),
            userinfo: oidc.userinfo_endpoint.clone(),
            end_session: oidc.end_session_endpoint.clone(),
        },
        ca_certificate: oidc.authority.clone(),
        scopes: oidc.scopes.clone(),
        acr_values: words(&oidc.acr_values),
        fresh_acr_values: words(&oidc.fresh_acr_values),
        is_for_patients: oidc.is_for_patients,
        roles: oidc.roles.iter().map(rule).collect(),
        name_claim: oidc.name_claim.clone(),
        subject_claim: oidc.subject_claim.clone(),
        activities_claim: oidc.activities_claim.clone(),
        activity_names: oidc.activity_names.clone(),
        leeway: TimeDelta::seconds(i64::try_from(oidc.clock_leeway_seconds).unwrap_or(i64::MAX)),
        timeout: Duration::from_secs(oidc.timeout_seconds),
    }
}
