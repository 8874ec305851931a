//! A certificate from an authority that speaks ACME (RFC 8555): a public one, or the hospital's own. It looks whether the name leads here
//! on the port that is served anyway (tls-alpn-01, RFC 8737). What it gives is written as the two PEM files that [`Certificate`] follows.

use std::future::Future;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType,
    ExternalAccountKey, HttpClient, Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use url::Url;

use crate::clock::Clock;
use crate::egress::{Client, Rules};
use crate::port::{Certificate, Validity};
use crate::secret::Secret;
use crate::tasks::Tasks;

/// The longest answer of an authority that is read, in bytes.
const LARGEST_BODY: usize = 256 << 10;
/// All of an order is done within this time, or it has failed.
const ORDER: Duration = Duration::from_secs(180);
/// How often it is looked whether a new certificate is due.
const LOOK: Duration = Duration::from_secs(600);
/// After a failure it is tried again after this, and then after twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LAST_PAUSE: Duration = Duration::from_secs(4 * 3600);

/// Which authority, and for which name.
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// The directory of the authority.
    pub directory: Url,
    /// Where it may write to, as `mailto:admin@hopital.example`.
    pub contact: Option<String>,
    /// Where account, certificate and key are kept.
    pub folder: PathBuf,
    /// The certificate of whoever vouches for the directory's own, as PEM, when this machine does not know them.
    pub root: Option<PathBuf>,
    /// The name of an account that the authority knows from elsewhere, and its key as base64url (RFC 8555 section 7.3.4).
    pub external_account: Option<(String, Secret<String>)>,
    /// The name that the certificate is for.
    pub name: String,
    pub egress: Rules,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path} cannot be used")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{0} holds no certificate as PEM")]
    Root(PathBuf),
    #[error("the client for the authority cannot be made")]
    Client(#[source] reqwest::Error),
    #[error("what is kept of the account cannot be read")]
    Account,
    #[error("the key of the external account is no base64url")]
    ExternalAccount,
    #[error("the authority refused, or did not answer")]
    Authority(#[from] instant_acme::Error),
    #[error("the authority does not offer to look at the port of TLS (tls-alpn-01)")]
    NoChallenge,
    #[error("the authority found that the name does not lead here")]
    NotHere,
    #[error("no certificate came in time")]
    Late,
    #[error("a key or a request cannot be made")]
    Make(#[source] rcgen::Error),
    #[error("a certificate of our own cannot be used")]
    Own(#[source] rustls::Error),
    #[error("what the authority gave cannot be used")]
    Certificate(#[from] crate::port::CertificateError),
}

/// Keeps one certificate good.
pub struct Acme {
    settings: AcmeSettings,
    certificate: Certificate,
    client: Client,
    clock: Clock,
}

impl Acme {
    /// Opens the folder. The certificate is what is there, or, until the authority has given one, of our own making.
    ///
    /// # Errors
    /// If the folder or what is in it cannot be used.
    pub fn open(settings: AcmeSettings, clock: Clock) -> Result<Self, Error> {
        let folder = &settings.folder;
        let file = |source| Error::File { path: folder.clone(), source };
        std::fs::create_dir_all(folder).map_err(file)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(file)?;
        let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        let certificate = if chain.exists() && key.exists() {
            Certificate::read(chain, key)?
        } else {
            let params = CertificateParams::new(vec![settings.name.clone()]).map_err(Error::Make)?;
            Certificate::awaited(chain, key, own(params)?)
        };
        let root = match &settings.root {
            Some(path) => {
                let pem = std::fs::read(path).map_err(|source| Error::File { path: path.clone(), source })?;
                let root = reqwest::Certificate::from_pem(&pem).map_err(|_| Error::Root(path.clone()))?;
                Some(root)
            }
            None => None,
        };
        let client = Client::new(&settings.egress, std::slice::from_ref(&settings.directory), |builder| {
            Ok(match root {
                Some(root) => builder.tls_certs_merge([root]),
                None => builder,
            })
        });
        Ok(Self { client: client.map_err(Error::Client)?, settings, certificate, clock })
    }

    /// The certificate, which follows what the authority gives.
    pub fn certificate(&self) -> Certificate {
        self.certificate.clone()
    }

    /// Orders a certificate when one is due, until the program ends. To be called once the port is served.
    pub async fn keep(self, tasks: Tasks) {
        let mut failures = 0;
        loop {
            let now = self.clock.now();
            let pause = if !is_due(self.certificate.validity(), now) {
                LOOK
            } else {
                match tokio::time::timeout(ORDER, self.order()).await.unwrap_or(Err(Error::Late)) {
                    Ok(()) => {
                        failures = 0;
                        let until = self.certificate.validity().map(|valid| valid.until.to_rfc3339());
                        tracing::info!(certificate.until = until, "a certificate was ordered and is used");
                        LOOK
                    }
                    Err(error) => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            acme.directory = %self.settings.directory,
                            "no certificate was ordered"
                        );
                        failures += 1;
                        pause_after(failures)
                    }
                }
            };
            tokio::select! {
                () = tasks.stopped() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One order, from the account to the files.
    async fn order(&self) -> Result<(), Error> {
        let name = self.settings.name.clone();
        let account = self.account().await?;
        let identifiers = [Identifier::Dns(name.clone())];
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        let proven = self.prove(&mut order, &name).await;
        self.certificate.forget_challenge(&name);
        proven?;
        let key = KeyPair::generate().map_err(Error::Make)?;
        let mut params = CertificateParams::new(vec![name]).map_err(Error::Make)?;
        params.distinguished_name = DistinguishedName::new();
        let request = params.serialize_request(&key).map_err(Error::Make)?;
        order.finalize_csr(request.der()).await?;
        let chain = order.poll_certificate(&RetryPolicy::default()).await?;
        // The key first: with another certificate it is not used, and the certificate comes at once.
        self.write("key.pem", key.serialize_pem().as_bytes())?;
        self.write("chain.pem", chain.as_bytes())?;
        self.certificate.look_again()?;
        Ok(())
    }

    async fn prove(&self, order: &mut instant_acme::Order, name: &str) -> Result<(), Error> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
            let mut challenge = challenge.ok_or(Error::NoChallenge)?;
            let digest = challenge.key_authorization().digest().as_ref().to_vec();
            let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(Error::Make)?;
            params.custom_extensions = vec![CustomExtension::new_acme_identifier(&digest)];
            self.certificate.answer_challenge(name, own(params)?);
            challenge.set_ready().await?;
        }
        match order.poll_ready(&RetryPolicy::default()).await? {
            OrderStatus::Ready | OrderStatus::Valid => Ok(()),
            _ => Err(Error::NotHere),
        }
    }

    /// The account that is kept, or a new one.
    async fn account(&self) -> Result<Account, Error> {
        let path = self.settings.folder.join("account.json");
        let builder = Account::builder_with_http(Box::new(Way(self.client.clone())));
        if path.exists() {
            let kept = std::fs::read(&path).map_err(|source| Error::File { path, source })?;
            let credentials =
                serde_json::from_slice::<AccountCredentials>(&kept).map_err(|_| Error::Account)?;
            return Ok(builder.from_credentials(credentials).await?);
        }
        let external = match &self.settings.external_account {
            Some((id, key)) => {
                let key = key.expose().trim_end_matches('=');
                let key = BASE64_URL_SAFE_NO_PAD.decode(key).map_err(|_| Error::ExternalAccount)?;
                Some(ExternalAccountKey::new(id.clone(), &key))
            }
            None => None,
        };
        let contact: Vec<_> = self.settings.contact.iter().map(String::as_str).collect();
        let new =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let directory = self.settings.directory.to_string();
        let (account, credentials) = builder.create(&new, directory, external.as_ref()).await?;
        let kept = serde_json::to_vec(&credentials).map_err(|_| Error::Account)?;
        self.write("account.json", &kept)?;
        Ok(account)
    }

    /// Writes a file that nobody else may read, as a whole or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.settings.folder.join(name);
        write_whole(&path, bytes).map_err(|source| Error::File { path, source })
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// A certificate that vouches for itself.
fn own(params: CertificateParams) -> Result<CertifiedKey, Error> {
    let key = KeyPair::generate().map_err(Error::Make)?;
    let certificate = params.self_signed(&key).map_err(Error::Make)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let private = default_provider().key_provider.load_private_key(private).map_err(Error::Own)?;
    // Not looked at as one of a site: that for a challenge has an extension that nobody else knows (RFC 8737 section 3).
    Ok(CertifiedKey::new(vec![certificate.der().clone()], private))
}

/// A new one is due when two thirds of the old one's time are over, whatever that is.
fn is_due(valid: Option<Validity>, now: DateTime<Utc>) -> bool {
    valid.is_none_or(|Validity { from, until }| now >= from + (until - from) * 2 / 3)
}

fn pause_after(failures: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.pow(failures.saturating_sub(1).min(12))).min(LAST_PAUSE)
}

/// The way to the authority, which leads nowhere else.
struct Way(Client);

impl HttpClient for Way {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move { ask(client, request).await.map_err(instant_acme::Error::Other) })
    }
}

async fn ask(
    client: Client,
    request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string())?;
    let body = to_bytes(Body::new(body), LARGEST_BODY).await?;
    let asked = client.request(parts.method, url)?.headers(parts.headers).body(body);
    let answer = client.ask(asked, LARGEST_BODY).await?;
    let mut response = Response::new(Body::from(answer.bytes));
    (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
    Ok(BytesResponse::from(response))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_certificate_is_renewed_after_two_thirds_of_its_time() {
        let from = Clock::system().now();
        let valid = |days| Some(Validity { from, until: from + TimeDelta::days(days) });
        for (valid, at, is_to_be) in [
            (None, 0, true),
            (valid(90), 59, false),
            (valid(90), 60, true),
            (valid(90), 100, true),
            (valid(6), 3, false),
            (valid(6), 4, true),
        ] {
            assert_eq!(is_due(valid, from + TimeDelta::days(at)), is_to_be, "{valid:?} {at}");
        }
    }

    #[test]
    fn an_authority_that_refuses_is_asked_ever_less_often() {
        let pauses = [1, 2, 3, 8, 9, 100].map(|failures| pause_after(failures).as_secs());
        assert_eq!(pauses, [60, 120, 240, 7680, 14400, 14400]);
    }

    #[test]
    fn what_is_written_is_its_owners_alone_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        for text in ["one", "two"] {
            std::fs::write(path.with_extension("new"), "left behind by a fall").unwrap();
            write_whole(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
