//! `[egress]`: whom this program may ask over HTTP, beside those that other sections name.

use super::reader::Reader;
use super::sections::Writer;

/// What the hospital allows beside the addresses of `[oidc]` and `[sms]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    /// `host` or `host:port`: where an identity provider keeps its keys or takes its tokens, when that is another host.
    pub hosts: Vec<String>,
    /// Networks where a named host may be though hosts are not there: `127.0.0.1`, `169.254.0.0/16`.
    pub networks: Vec<String>,
    /// A named host may be in a private network.
    pub private: bool,
}

impl Egress {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let s = "egress";
        let hosts = reader.texts(s, "hosts", &[]);
        for host in &hosts {
            let url = url::Url::parse(&format!("https://{host}"));
            let is_host =
                url.is_ok_and(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none());
            if !is_host || host.contains(['/', '#', '@', '?']) {
                reader.mistake(
                    s,
                    "hosts",
                    format!("{host} is no host such as keys.example or keys.example:8443"),
                );
            }
        }
        let networks = reader.texts(s, "networks", &[]);
        for network in &networks {
            if !is_network(network) {
                reader.mistake(s, "networks", format!("{network} is no network such as 10.1.0.0/16"));
            }
        }
        let private = reader.parsed(s, "private", true, |text| match text {
            "allowed" => Ok(true),
            "refused" => Ok(false),
            _ => Err("must be allowed or refused".to_owned()),
        });
        Self { hosts, networks, private }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "egress")
            .texts("hosts", &self.hosts)
            .texts("networks", &self.networks)
            .text("private", if self.private { "allowed" } else { "refused" });
    }
}

fn is_network(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').unwrap_or((text, "0"));
    let longest = if text.contains(':') { 128 } else { 32 };
    let is_prefix = prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest);
    address.parse::<std::net::IpAddr>().is_ok() && is_prefix
}
