//! Whether the files that the settings name can be used: all that cannot are told at once, before anything is built.

use std::error::Error;
use std::path::Path;

use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::master_keys;
use crate::config::{ClientAuthenticationName, Config, MASTER_KEY_VARIABLE, Mistake, OidcProvider};
use crate::port::Certificate;

/// What is wrong with the files that settings name which are right in themselves: such as are not there, cannot be read, or hold something
/// else. They are read as whoever calls this, who should be the user of the gateway.
pub fn file_mistakes(config: &Config) -> Vec<Mistake> {
    let mut found = Found::default();
    let (http, relay) = (&config.http, &config.relay);
    for (section, chain, key) in
        [("http", &http.tls_certificate, &http.tls_key), ("relay", &relay.tls_certificate, &relay.tls_key)]
    {
        if let (Some(chain), Some(key)) = (chain, key) {
            found.look(section, "tls_certificate", authorities(chain));
            found.look(section, "tls_key", private_key(key));
            // Together only when each is something by itself, so that one mistake is not told twice.
            if found.has_none_of(section) {
                let both = Certificate::read(chain.clone(), key.clone());
                found.look(section, "tls_key", both.map(drop).map_err(|error| words(&error)));
            }
        }
    }
    if let Some(root) = config.acme.as_ref().and_then(|acme| acme.root.as_ref()) {
        found.look("acme", "root", authorities(root));
    }
    for provider in &config.oidc.providers {
        found.look_at_provider(provider);
    }
    if let Some(authority) = config.mail.as_ref().and_then(|mail| mail.authority.as_ref()) {
        found.look("mail", "authority", authorities(authority));
    }
    let keys = &config.keys;
    let named = [
        keys.text.as_ref().map(|_| MASTER_KEY_VARIABLE),
        keys.file.as_ref().map(|_| "keys.file"),
        keys.credential.as_ref().map(|_| "parvis.key"),
    ];
    // That there is none at all is told by whatever needs one.
    if let (Some(named), Err(error)) = (named.into_iter().flatten().next(), master_keys(config)) {
        found.0.push(Mistake { key: named.to_owned(), what: words(&error) });
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Mistake>);

impl Found {
    fn look(&mut self, section: &str, key: &str, looked: Result<(), String>) {
        if let Err(what) = looked {
            self.0.push(Mistake { key: format!("{section}.{key}"), what });
        }
    }

    fn has_none_of(&self, section: &str) -> bool {
        !self.0.iter().any(|mistake| mistake.key.starts_with(&format!("{section}.")))
    }

    /// Only what its way of showing who this site is reads.
    fn look_at_provider(&mut self, provider: &OidcProvider) {
        let section = provider.section();
        let shown = provider.client_authentication;
        if let Some(key) = provider.client_key.as_ref().filter(|_| shown.needs_key()) {
            self.look(&section, "client_key", private_key(key));
        }
        if let Some(chain) = &provider.client_certificate
            && shown == ClientAuthenticationName::TlsClientAuth
        {
            self.look(&section, "client_certificate", authorities(chain));
        }
        if let Some(authority) = &provider.authority {
            self.look(&section, "authority", authorities(authority));
        }
    }
}

/// One certificate at least.
fn authorities(path: &Path) -> Result<(), String> {
    let pem = read(path)?;
    match CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        _ => Err(format!("{} holds no certificate as PEM", path.display())),
    }
}

/// A key that can sign.
fn private_key(path: &Path) -> Result<(), String> {
    let pem = read(path)?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| format!("{} holds no private key as PEM", path.display()))?;
    any_supported_type(&key)
        .map(drop)
        .map_err(|_| format!("{} holds a key of a kind that is not used here", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// An error with its causes.
fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}
