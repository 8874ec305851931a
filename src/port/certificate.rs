//! The certificate: read again when its files change, while connections go on, and never given up for one that cannot be used. It answers
//! the challenges of a certificate authority (RFC 8737) on the same port.

use std::collections::HashMap;
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// What a certificate authority speaks that looks whether a name leads here (RFC 8737 section 3).
pub(super) const CHALLENGE: &[u8] = b"acme-tls/1";
/// A certificate that ends sooner than this is told of.
const SOON: TimeDelta = TimeDelta::days(14);

/// A certificate with its key. Cheap to clone; all clones have the newest one.
#[derive(Clone, Debug)]
pub struct Certificate(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    chain: PathBuf,
    key: PathBuf,
    config: Arc<ServerConfig>,
    offered: Arc<Offered>,
    looked: Mutex<Looked>,
}

/// What was in the files when they were looked at last, and what became of it.
#[derive(Debug)]
struct Looked {
    files: Option<(Vec<u8>, Vec<u8>)>,
    /// They could not be read.
    is_unread: bool,
    /// They could, and not be used.
    is_refused: bool,
    valid: Option<Validity>,
}

/// From when and until when a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// What a certificate in use says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateTold {
    /// Who vouches for it.
    pub issuer: String,
    pub is_self_signed: bool,
    pub valid: Validity,
}

/// What is to be told of a certificate, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateNews {
    /// It is over; browsers refuse it.
    Expired,
    /// What is on the disk cannot be used; what was there before is.
    Refused,
    /// There is none yet.
    Awaited,
    /// It is over in less than two weeks.
    EndsSoon,
}

impl fmt::Display for CertificateNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the certificate has expired",
            Self::Refused => "the certificate on the disk cannot be used; the one before is",
            Self::Awaited => "the certificate was asked for and is not there yet",
            Self::EndsSoon => "the certificate expires in less than two weeks",
        })
    }
}

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// There is no such file, or it cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// Others than its owner may read the key.
    #[error("{path} may be read by others (mode {mode:o}): chmod 600 {path}")]
    Wide {
        /// The file.
        path: PathBuf,
        /// Who may do what with it.
        mode: u32,
    },
    /// No PEM, or without what belongs in it.
    #[error("{path} holds no {what} as PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is missed.
        what: &'static str,
    },
    /// It cannot be read as a certificate (RFC 5280).
    #[error("{0} holds no certificate that can be read")]
    Certificate(PathBuf),
    /// Key and certificate do not go together.
    #[error("the certificate and its key do not go together")]
    Use(#[source] tokio_rustls::rustls::Error),
}

impl Certificate {
    /// Reads PEM files: the certificate with those that vouch for it, and the key, which nobody but its owner may read.
    ///
    /// # Errors
    /// If they cannot be read or used.
    pub fn read(chain: PathBuf, key: PathBuf) -> Result<Self, CertificateError> {
        let files = (bytes_of(&chain)?, key_of(&key)?);
        let (certified, valid) = certified(&chain, &key, &files)?;
        Ok(Self::with(
            chain,
            key,
            certified,
            Looked { files: Some(files), is_unread: false, is_refused: false, valid: Some(valid) },
        ))
    }

    /// One whose files are still to come; until then this stands in their place.
    pub fn awaited(chain: PathBuf, key: PathBuf, meanwhile: CertifiedKey) -> Self {
        Self::with(
            chain,
            key,
            meanwhile,
            Looked { files: None, is_unread: false, is_refused: false, valid: None },
        )
    }

    fn with(chain: PathBuf, key: PathBuf, certified: CertifiedKey, looked: Looked) -> Self {
        let offered =
            Arc::new(Offered { current: Mutex::new(Arc::new(certified)), challenges: Mutex::default() });
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(offered.clone());
        // Browsers name the first two for HTTP and nothing for the relay.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), CHALLENGE.to_vec()];
        Self(Arc::new(Inside { chain, key, config: Arc::new(config), offered, looked: Mutex::new(looked) }))
    }

    /// Looks at the files again; when they are others than before they are used for connections from now on. Whether they were others.
    ///
    /// # Errors
    /// If they are others and cannot be read or used, once for each of their contents; then the old ones stay.
    pub fn look_again(&self) -> Result<bool, CertificateError> {
        let inside = &self.0;
        let files = match bytes_of(&inside.chain).and_then(|chain| Ok((chain, key_of(&inside.key)?))) {
            Ok(files) => files,
            Err(error) => {
                // A file is missing for a moment when it is put in its place by two steps; it is told once.
                let was_unread = std::mem::replace(&mut locked(&inside.looked).is_unread, true);
                return if was_unread { Ok(false) } else { Err(error) };
            }
        };
        let mut looked = locked(&inside.looked);
        looked.is_unread = false;
        if looked.files.as_ref() == Some(&files) {
            return Ok(false);
        }
        match certified(&inside.chain, &inside.key, &files) {
            Ok((certified, valid)) => {
                *locked(&inside.offered.current) = Arc::new(certified);
                *looked =
                    Looked { files: Some(files), is_unread: false, is_refused: false, valid: Some(valid) };
                Ok(true)
            }
            Err(error) => {
                (looked.files, looked.is_refused) = (Some(files), true);
                Err(error)
            }
        }
    }

    /// When the one in use is good; `None` while it is awaited.
    pub fn validity(&self) -> Option<Validity> {
        locked(&self.0.looked).valid
    }

    /// What it says of itself; `None` while it is awaited.
    pub fn told(&self) -> Option<CertificateTold> {
        let valid = self.validity()?;
        let current = locked(&self.0.offered.current).clone();
        let (_, read) = x509_parser::parse_x509_certificate(current.cert.first()?).ok()?;
        Some(CertificateTold {
            issuer: read.issuer().to_string(),
            is_self_signed: read.issuer() == read.subject(),
            valid,
        })
    }

    /// What is to be told of it.
    pub fn news(&self, now: DateTime<Utc>) -> Option<CertificateNews> {
        let looked = locked(&self.0.looked);
        match looked.valid {
            Some(valid) if valid.until <= now => Some(CertificateNews::Expired),
            None => Some(CertificateNews::Awaited),
            _ if looked.is_refused || looked.is_unread => Some(CertificateNews::Refused),
            Some(valid) if valid.until - now < SOON => Some(CertificateNews::EndsSoon),
            Some(_) => None,
        }
    }

    /// Shows this to a certificate authority that asks for the name.
    pub fn answer_challenge(&self, name: &str, with: CertifiedKey) {
        locked(&self.0.offered.challenges).insert(name.to_ascii_lowercase(), Arc::new(with));
    }

    /// Shows it no more.
    pub fn forget_challenge(&self, name: &str) {
        locked(&self.0.offered.challenges).remove(&name.to_ascii_lowercase());
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.0.config.clone()
    }
}

/// What is shown to whom.
#[derive(Debug)]
struct Offered {
    current: Mutex<Arc<CertifiedKey>>,
    challenges: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for Offered {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut protocols = hello.alpn().into_iter().flatten().peekable();
        if protocols.peek().is_some() && protocols.all(|protocol| protocol == CHALLENGE) {
            let name = hello.server_name()?.to_ascii_lowercase();
            return locked(&self.challenges).get(&name).cloned();
        }
        Some(locked(&self.current).clone())
    }
}

/// The certificates of all listeners. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Certificates(Arc<Mutex<Vec<Certificate>>>);

impl Certificates {
    pub fn add(&self, certificate: Certificate) {
        locked(&self.0).push(certificate);
    }

    /// What each says of itself, and what is to be told of it.
    pub fn told(&self, now: DateTime<Utc>) -> Vec<(Option<CertificateTold>, Option<CertificateNews>)> {
        locked(&self.0).iter().map(|certificate| (certificate.told(), certificate.news(now))).collect()
    }

    /// The worst that is to be told of any.
    pub fn news(&self, now: DateTime<Utc>) -> Option<CertificateNews> {
        locked(&self.0).iter().filter_map(|certificate| certificate.news(now)).min()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })
}

fn key_of(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let read = |source| CertificateError::Read { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(read)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CertificateError::Wide { path: path.to_owned(), mode });
    }
    bytes_of(path)
}

fn certified(
    chain: &Path,
    key: &Path,
    (chain_bytes, key_bytes): &(Vec<u8>, Vec<u8>),
) -> Result<(CertifiedKey, Validity), CertificateError> {
    let pem = |path: &Path, what| CertificateError::Pem { path: path.to_owned(), what };
    let certificates = CertificateDer::pem_slice_iter(chain_bytes).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| pem(chain, "certificates"))?;
    let first = certificates.first().ok_or_else(|| pem(chain, "certificate"))?;
    let valid = validity(first).ok_or_else(|| CertificateError::Certificate(chain.to_owned()))?;
    let private = PrivateKeyDer::from_pem_slice(key_bytes).map_err(|_| pem(key, "private key"))?;
    let certified = CertifiedKey::from_der(certificates, private, &default_provider());
    Ok((certified.map_err(CertificateError::Use)?, valid))
}

fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let time = |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
    Some(Validity { from: time(read.validity().not_before)?, until: time(read.validity().not_after)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate for a name and its key, as PEM.
    fn pems(name: &str, days: i64) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let now = crate::clock::Clock::system().now();
        let date = |at: DateTime<Utc>| {
            use chrono::Datelike;
            rcgen::date_time_ymd(at.year(), at.month() as u8, at.day() as u8)
        };
        params.not_before = date(now - TimeDelta::days(30));
        params.not_after = date(now + TimeDelta::days(days));
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    struct Files {
        _folder: tempfile::TempDir,
        chain: PathBuf,
        key: PathBuf,
    }

    impl Files {
        fn of((chain, key): &(String, String)) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let files = Self {
                chain: folder.path().join("chain.pem"),
                key: folder.path().join("key.pem"),
                _folder: folder,
            };
            files.put(chain, key);
            files
        }

        fn put(&self, chain: &str, key: &str) {
            std::fs::write(&self.chain, chain).unwrap();
            std::fs::write(&self.key, key).unwrap();
            self.chmod(0o600);
        }

        fn chmod(&self, mode: u32) {
            std::fs::set_permissions(&self.key, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        fn read(&self) -> Result<Certificate, CertificateError> {
            Certificate::read(self.chain.clone(), self.key.clone())
        }
    }

    fn used(certificate: &Certificate) -> Vec<u8> {
        certificate.0.offered.current.lock().unwrap().cert[0].to_vec()
    }

    #[test]
    fn new_files_are_used_and_broken_ones_are_not() {
        let (first, second) = (pems("one.example", 90), pems("two.example", 90));
        let files = Files::of(&first);
        let certificate = files.read().unwrap();
        let now = crate::clock::Clock::system().now();
        let (before, news) = (used(&certificate), || certificate.news(now));
        assert!(!certificate.look_again().unwrap(), "nothing has changed");
        assert_eq!(news(), None);
        let told = certificate.told().unwrap();
        assert!(told.is_self_signed && told.valid.until > now, "{told:?}");
        // Half written, of others, and gone.
        for (chain, key) in
            [(&second.0[..100], &first.1[..]), ("", &first.1), (&first.0, "x"), (&second.0, &first.1)]
        {
            files.put(chain, key);
            assert!(certificate.look_again().is_err(), "{chain}");
            assert!(matches!(certificate.look_again(), Ok(false)), "it is told once");
            assert_eq!((used(&certificate), news()), (before.clone(), Some(CertificateNews::Refused)));
        }
        std::fs::remove_file(&files.chain).unwrap();
        let _ = certificate.look_again();
        assert_eq!((used(&certificate), news()), (before.clone(), Some(CertificateNews::Refused)));
        files.put(&second.0, &second.1);
        assert!(certificate.look_again().unwrap());
        assert_ne!(used(&certificate), before);
        assert_eq!(news(), None);
        // Gone for a moment, and the same again.
        std::fs::remove_file(&files.key).unwrap();
        assert!(certificate.look_again().is_err());
        files.put(&second.0, &second.1);
        assert!(!certificate.look_again().unwrap());
        assert_eq!(news(), None);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let files = Files::of(&pems("one.example", 90));
        for mode in [0o604, 0o640, 0o644, 0o660, 0o666, 0o610] {
            files.chmod(mode);
            assert!(
                matches!(files.read(), Err(CertificateError::Wide { mode: told, .. }) if told == mode),
                "{mode:o}"
            );
        }
        for mode in [0o600, 0o400] {
            files.chmod(mode);
            files.read().unwrap();
        }
        let certificate = files.read().unwrap();
        files.chmod(0o644);
        assert!(certificate.look_again().is_err(), "later, too");
    }

    #[test]
    fn a_certificate_tells_of_its_end() {
        let now = crate::clock::Clock::system().now();
        for (days, news) in
            [(90, None), (10, Some(CertificateNews::EndsSoon)), (-1, Some(CertificateNews::Expired))]
        {
            let certificate = Files::of(&pems("one.example", days)).read().unwrap();
            let all = Certificates::default();
            all.add(certificate.clone());
            assert_eq!((certificate.news(now), all.news(now)), (news, news), "{days}");
        }
    }
}
