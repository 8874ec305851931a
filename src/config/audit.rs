//! `[audit]`: where the trail keeps what is not in the database, what it alerts of, and whom else it tells.

use std::path::PathBuf;

use url::Url;

use super::reader::Reader;
use super::sections::Writer;
use crate::secret::Secret;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The key that signs the chain, and records that wait while the database is away.
    pub folder: PathBuf,
    /// So many different patients within so many minutes, by one person, is told; 0: never.
    pub mass_access_patients: u32,
    pub mass_access_minutes: u32,
    /// A collector of syslog (RFC 5424).
    pub syslog: Option<SyslogAddress>,
    /// A FHIR server that takes AuditEvent.
    pub fhir: Option<Url>,
    /// What it is shown; `PARVIS_AUDIT_FHIR_TOKEN` wins over it.
    pub fhir_token: Option<Secret<String>>,
}

/// Where syslog goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogAddress {
    pub is_tcp: bool,
    /// Name or address, with the port.
    pub host: String,
}

impl SyslogAddress {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be udp://host:514 or tcp://host:601".to_owned();
        let (scheme, host) = text.split_once("://").ok_or_else(wrong)?;
        let is_tcp = match scheme {
            "udp" => false,
            "tcp" => true,
            _ => return Err(wrong()),
        };
        let port = host.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            return Err(wrong());
        }
        Ok(Self { is_tcp, host: host.to_owned() })
    }
}

impl std::fmt::Display for SyslogAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", if self.is_tcp { "tcp" } else { "udp" }, self.host)
    }
}

impl Audit {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let s = "audit";
        let fhir = reader.parsed(s, "fhir", None, |text| match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") => Ok(Some(url)),
            _ => Err("must be the base address of a FHIR server, https://...".to_owned()),
        });
        let token = environment("PARVIS_AUDIT_FHIR_TOKEN").or(reader.text(s, "fhir_token"));
        let mut number =
            |key, default, most| u32::try_from(reader.number(s, key, default, 0..=most)).unwrap_or(u32::MAX);
        Self {
            mass_access_patients: number("mass_access_patients", 40, 100_000),
            mass_access_minutes: number("mass_access_minutes", 60, 10_080),
            folder: reader
                .parsed(s, "folder", PathBuf::from("/var/lib/parvis/audit"), |text| Ok(PathBuf::from(text))),
            syslog: reader.parsed(s, "syslog", None, |text| SyslogAddress::parse(text).map(Some)),
            fhir,
            fhir_token: token.map(Secret::new),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "audit")
            .text("folder", self.folder.display())
            .number("mass_access_patients", self.mass_access_patients)
            .number("mass_access_minutes", self.mass_access_minutes)
            .optional("syslog", self.syslog.as_ref())
            .optional("fhir", self.fhir.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_syslog_has_a_way_a_host_and_a_port() {
        for (text, is_right) in [
            ("udp://log.hopital.example:514", true),
            ("tcp://[2001:db8::1]:601", true),
            ("tls://log:6514", false),
            ("log:514", false),
            ("udp://log", false),
            ("udp://log:0", false),
            ("udp://log:70000", false),
        ] {
            let parsed = SyslogAddress::parse(text);
            assert_eq!(parsed.is_ok(), is_right, "{text}");
            if let Ok(address) = parsed {
                assert_eq!(address.to_string(), text);
            }
        }
    }
}
