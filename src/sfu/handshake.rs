//! DTLS with one device (RFC 5764): the server's side of the handshake, the device's certificate held against the
//! fingerprint in its description (RFC 8122), and the keys for its media.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::BytesMut;
use rtc::crypto::{HashAlgorithm, RTCCrypto, RTCCryptoProvider};
use rtc::dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::{Endpoint, EndpointEvent};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::shared::TransportProtocol;
use rtc::shared::error::Error;

use super::srtp::{self, KEYING_MATERIAL, Opener, Sealer};

/// RFC 5764 section 4.2.
const EXPORTER_LABEL: &str = "EXTRACTOR-dtls_srtp";
/// RFC 7714, the cheapest that all browsers can. It is the only one, because the engine takes the first that the
/// device names, and Chromium names AES_CM first.
const PROFILE: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
/// The engine tells its associations apart by address. Here there is one, wherever the device is.
const DEVICE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
/// Longest datagram that is kept until the fingerprint is known, in bytes.
const MAX_EARLY: usize = 2_048;

/// What proves the server to its devices: made at the start, the same for all of them, never stored.
pub(super) struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    fingerprint: Fingerprint,
}

impl Identity {
    /// Makes a key and a certificate.
    ///
    /// # Errors
    /// If there is no chance to be had.
    pub(super) fn new() -> Result<Self, Error> {
        let provider = rtc::crypto::default_provider().map_err(|error| Error::Crypto(error.to_string()))?;
        let certificate = Certificate::generate_self_signed(vec!["parvis".to_owned()], provider.crypto())?;
        let der = certificate.certificate.first().ok_or(Error::ErrNonCertificate)?;
        let fingerprint = Fingerprint::of(provider.crypto(), der.as_ref()).ok_or(Error::ErrNonCertificate)?;
        Ok(Self { provider, certificate, fingerprint })
    }

    pub(super) fn crypto(&self) -> &dyn RTCCrypto {
        self.provider.crypto()
    }

    pub(super) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

/// SHA-256 of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(crypto: &dyn RTCCrypto, certificate: &[u8]) -> Option<Self> {
        crypto.hash(HashAlgorithm::Sha256, certificate).ok()?.try_into().ok().map(Self)
    }

    /// Reads the value of `a=fingerprint` (RFC 8122 section 5). `None` if it is of another hash or no fingerprint.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (hash, digits) = value.trim().split_once(' ')?;
        if !hash.eq_ignore_ascii_case("sha-256") {
            return None;
        }
        let mut bytes = [0; 32];
        let mut parts = digits.trim().split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2)?;
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }

    /// As in `a=fingerprint`.
    pub(super) fn describe(&self) -> String {
        let digits: Vec<String> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        format!("sha-256 {}", digits.join(":"))
    }

    /// Compares in a time that does not depend on where they differ.
    fn is(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
    }
}

/// What came of a datagram.
pub(super) enum Progress {
    /// Nothing that matters.
    Going,
    /// The device is who its description says. These are the keys.
    Done(Box<(Sealer, Opener)>),
    /// The device is another than its description says, or agreed on no keys for media.
    Refused(&'static str),
    /// The device closed it.
    Closed,
}

/// The association with one device.
pub(super) struct Handshake {
    endpoint: Endpoint,
    /// That of the device, from its description.
    expected: Option<Fingerprint>,
    is_mismatch: Arc<AtomicBool>,
    /// The device's first datagram, if it came before its description.
    early: Option<(Vec<u8>, SocketAddr)>,
    has_begun: bool,
    is_over: bool,
}

impl Handshake {
    pub(super) fn new() -> Self {
        Self {
            endpoint: Endpoint::new(DEVICE, TransportProtocol::UDP, None),
            expected: None,
            is_mismatch: Arc::default(),
            early: None,
            has_begun: false,
            is_over: false,
        }
    }

    /// It has begun and has not come to an end.
    pub(super) fn is_half_open(&self) -> bool {
        self.has_begun && !self.is_over
    }

    /// The device's fingerprint is known. Gives the datagram that came before.
    ///
    /// # Errors
    /// If the server's own settings are not possible, or another fingerprint was expected before.
    pub(super) fn expect(
        &mut self,
        identity: &Identity,
        fingerprint: Fingerprint,
    ) -> Result<Option<(Vec<u8>, SocketAddr)>, Error> {
        match &self.expected {
            Some(expected) if *expected == fingerprint => return Ok(None),
            Some(_) => return Err(Error::ErrNoMatchingCertificateFingerprint),
            None => {}
        }
        self.endpoint.set_server_config(Some(self.settings(identity, fingerprint.clone())?));
        self.expected = Some(fingerprint);
        Ok(self.early.take())
    }

    fn settings(&self, identity: &Identity, expected: Fingerprint) -> Result<Arc<HandshakeConfig>, Error> {
        let (provider, is_mismatch) = (identity.provider.clone(), self.is_mismatch.clone());
        let settings = ConfigBuilder::default()
            .with_crypto_provider(identity.provider.clone())
            .with_certificates(vec![identity.certificate.clone()])
            .with_srtp_protection_profiles(vec![PROFILE])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // There is no authority to ask: the fingerprint below is what counts.
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(move |certificates, _| {
                let certificate = certificates.first().ok_or(Error::ErrNonCertificate)?;
                match Fingerprint::of(provider.crypto(), certificate) {
                    Some(found) if expected.is(&found) => Ok(()),
                    _ => {
                        is_mismatch.store(true, Ordering::Relaxed);
                        Err(Error::ErrNoMatchingCertificateFingerprint)
                    }
                }
            })))
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(false, None)?;
        Ok(Arc::new(settings))
    }

    /// Takes a datagram from an address that has proved itself.
    pub(super) fn receive(
        &mut self,
        identity: &Identity,
        now: Instant,
        bytes: &[u8],
        from: SocketAddr,
    ) -> Progress {
        if self.expected.is_none() {
            if bytes.len() <= MAX_EARLY {
                self.early = Some((bytes.to_vec(), from));
            }
            return Progress::Going;
        }
        self.has_begun = true;
        let result = self.endpoint.read(now, DEVICE, None, BytesMut::from(bytes));
        if self.is_mismatch.load(Ordering::Relaxed) {
            return Progress::Refused("the device's certificate is not the one it announced");
        }
        // Anybody can send a damaged record from a forged address, so an error ends nothing.
        let mut progress = Progress::Going;
        for event in result.unwrap_or_default() {
            match event {
                EndpointEvent::HandshakeComplete => {
                    self.is_over = true;
                    progress = match self.export(identity) {
                        Some(keys) => Progress::Done(Box::new(keys)),
                        None => Progress::Refused("the device agreed on no keys for media"),
                    };
                }
                EndpointEvent::PeerClosed => progress = Progress::Closed,
                _ => {} // data channels are not negotiated
            }
        }
        progress
    }

    fn export(&self, identity: &Identity) -> Option<(Sealer, Opener)> {
        let state = self.endpoint.get_connection_state(DEVICE)?;
        if state.srtp_protection_profile() != PROFILE || state.peer_certificates.is_empty() {
            return None;
        }
        let material = state.export_keying_material(EXPORTER_LABEL, &[], KEYING_MATERIAL).ok()?;
        srtp::keys(identity.crypto(), material.as_ref()).ok()
    }

    /// Repeats what was not answered.
    pub(super) fn tick(&mut self, now: Instant) {
        // No association yet, or given up: then the path's silence ends the peer.
        let _ = self.endpoint.handle_timeout(DEVICE, now);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.endpoint.poll_timeout(&DEVICE)
    }

    /// The next datagram to send.
    pub(super) fn poll(&mut self) -> Option<BytesMut> {
        self.endpoint.poll_transmit().map(|datagram| datagram.message)
    }

    /// Tells the device that this ends.
    pub(super) fn close(&mut self, now: Instant) {
        let _ = self.endpoint.close(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_written() {
        let identity = Identity::new().unwrap();
        let text = identity.fingerprint().describe();
        assert_eq!(Fingerprint::parse(&text).as_ref(), Some(identity.fingerprint()));
        assert_eq!(Fingerprint::parse(&text.to_lowercase()).as_ref(), Some(identity.fingerprint()));
        let other = Identity::new().unwrap();
        assert!(!identity.fingerprint().is(other.fingerprint()));
        assert!(identity.fingerprint().is(identity.fingerprint()));
        for damaged in [
            text.replace("sha-256", "sha-1"),
            text.replace("sha-256 ", "sha-256 zz"),
            text[..text.len() - 3].to_owned(),
            format!("{text}:00"),
            text.replace(':', ""),
            String::new(),
        ] {
            assert_eq!(Fingerprint::parse(&damaged), None, "{damaged}");
        }
    }

    /// Two ends, until nothing more is said. Gives what became of the server's.
    fn shake(device: &Identity, announced: &Fingerprint) -> Progress {
        let now = crate::clock::Clock::system().instant();
        let server = Identity::new().unwrap();
        let mut handshake = Handshake::new();
        handshake.expect(&server, announced.clone()).unwrap();
        let settings = ConfigBuilder::default()
            .with_crypto_provider(device.provider.clone())
            .with_certificates(vec![device.certificate.clone()])
            .with_srtp_protection_profiles(vec![PROFILE])
            .with_insecure_skip_verify(true)
            .build(true, None)
            .unwrap();
        let mut client = Endpoint::new(DEVICE, TransportProtocol::UDP, None);
        client.connect(now, DEVICE, Arc::new(settings), None).unwrap();
        let mut came = Progress::Going;
        for _ in 0..10 {
            while let Some(datagram) = client.poll_transmit() {
                let progress = handshake.receive(&server, now, &datagram.message, DEVICE);
                if !matches!(progress, Progress::Going) {
                    came = progress;
                }
            }
            while let Some(datagram) = handshake.poll() {
                let _ = client.read(now, DEVICE, None, datagram);
            }
        }
        came
    }

    #[test]
    fn keys_come_of_a_handshake_with_the_device_that_was_announced() {
        let device = Identity::new().unwrap();
        assert!(matches!(shake(&device, device.fingerprint()), Progress::Done(_)));
    }

    #[test]
    fn another_certificate_than_announced_is_refused() {
        let (device, other) = (Identity::new().unwrap(), Identity::new().unwrap());
        assert!(matches!(shake(&device, other.fingerprint()), Progress::Refused(_)));
    }
}
