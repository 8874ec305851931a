//! One TCP port for everything, told apart by its first bytes: HTTP, ICE-TCP, the relay, TLS, and inside of TLS HTTP and
//! the relay again. Hospitals that block UDP and every port but 443 still have their calls.
//!
//! `first` says what a stream is; `entrance` accepts, waits for the first bytes with a limit, does TLS; `stream` carries
//! the bytes that were looked at; `serve` speaks HTTP; `carriage` brings datagrams of ICE-TCP and of the relay into the forwarding and back.
//! Browsers name no protocol in TLS for the relay and would need a second host name, so neither ALPN nor SNI can tell.

mod carriage;
mod certificate;
mod entrance;
mod first;
mod gate;
mod reach;
mod self_test;
mod serve;
mod stream;

pub use certificate::{
    Certificate, CertificateError, CertificateNews, CertificateTold, Certificates, Validity,
};
pub use entrance::{Http, Port};
pub use reach::{Reach, Rung};
pub use self_test::{SelfTest, SelfTestError, self_test};
pub use serve::{HEAD_PATIENCE, serve_plain};
pub use stream::{Progress, Stream};

pub use crate::relay::IceServer;
