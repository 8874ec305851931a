//! The certificate, read again while connections go on.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate with its key. Cheap to clone; all clones have the newest one.
#[derive(Clone, Debug)]
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    config: Arc<watch::Sender<Arc<ServerConfig>>>,
}

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// No PEM file, or without what belongs in it.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: tokio_rustls::rustls::pki_types::pem::Error,
    },
    /// Key and certificate do not go together.
    #[error("the certificate and its key do not go together")]
    Use(#[source] tokio_rustls::rustls::Error),
}

impl Certificate {
    /// Reads PEM files: the certificate with those that vouch for it, and the key.
    ///
    /// # Errors
    /// If they cannot be read or used.
    pub fn read(chain: PathBuf, key: PathBuf) -> Result<Self, CertificateError> {
        let config = Arc::new(watch::Sender::new(load(&chain, &key)?));
        Ok(Self { chain, key, config })
    }

    /// Reads the files again, for connections from now on.
    ///
    /// # Errors
    /// If they cannot be read or used; then the old ones stay.
    pub fn read_again(&self) -> Result<(), CertificateError> {
        self.config.send_replace(load(&self.chain, &self.key)?);
        Ok(())
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.config.borrow().clone()
    }
}

fn load(chain: &PathBuf, key: &PathBuf) -> Result<Arc<ServerConfig>, CertificateError> {
    let read = |path: &PathBuf| {
        let path = path.clone();
        |source| CertificateError::Read { path, source }
    };
    let certificates = CertificateDer::pem_file_iter(chain).map_err(read(chain))?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(read(chain))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(read(key))?;
    let builder = ServerConfig::builder().with_no_client_auth();
    let mut config = builder.with_single_cert(certificates, private).map_err(CertificateError::Use)?;
    // Browsers name these for HTTP and nothing for the relay.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
