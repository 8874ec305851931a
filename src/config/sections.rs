//! The sections of the settings. Each field stands with its default in `deploy/config.example.toml`.

use std::fmt::{Display, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chrono_tz::Tz;
use url::Url;

use super::reader::Reader;
use crate::secret::Secret;

const MIB: u64 = 1 << 20;

/// `[hospital]`: what every page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hospital {
    pub name: String,
    /// Where a person in trouble gets help; on every page of a patient.
    pub telephone: String,
    /// Times are shown in this zone.
    pub time_zone: Tz,
}

/// `[http]`: where browsers come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    pub listen: SocketAddr,
    /// The address that people see: `https://visio.hopital.example`, without a path. Links are made of it.
    pub public_url: Url,
    /// PEM files. Both or none; without them a proxy in front does TLS.
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Addresses of proxies in front, whose `X-Forwarded-For` says where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins that may show these pages in a frame, such as `https://dpi.hopital.example`; nobody by default.
    pub frame_ancestors: Vec<String>,
    /// Requests that are answered at one time; of one address a quarter of them.
    pub requests_at_once: usize,
}

impl Http {
    pub const REQUESTS_AT_ONCE: usize = 1024;
}

/// `[database]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// `sqlite:///path/to/file` or `postgres://user:password@host/name`; `PARVIS_DATABASE_URL` wins over it.
    pub url: Secret<String>,
    pub max_connections: u32,
}

/// `[media]`: where calls come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// One UDP port for all calls.
    pub listen: SocketAddr,
    /// Addresses under which browsers reach that port, when they are not those of the machine.
    pub announce: Vec<IpAddr>,
    /// A TCP port of its own for calls, for where a proxy does TLS: ICE-TCP, and the relay without TLS.
    pub tcp_listen: Option<SocketAddr>,
    /// The TCP port that browsers are told, at the addresses of `announce`, when it is another than the one here.
    pub tcp_port: Option<u16>,
    /// How many threads forward media; unless set, as many as the machine has cores but one, at most 8.
    pub threads: Option<u8>,
}

/// `[relay]`: for networks that let only TCP or only TLS through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// The name under which browsers reach it; that of `public_url` unless set. Firefox takes no IP address for TLS.
    pub host: Option<String>,
    /// An address of its own, for where a proxy does TLS. It takes ICE-TCP as well.
    pub listen: Option<SocketAddr>,
    /// PEM files for TLS there. Both or none; without them those of `[http]`, without these no TLS.
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// What browsers are told instead of what follows from the rest.
    pub urls: Vec<String>,
    /// A relay of the hospital's (coturn with `use-auth-secret`), told instead of the gateway's own.
    pub external_urls: Vec<String>,
    /// Its `static-auth-secret`; `PARVIS_RELAY_SECRET` wins over it.
    pub external_secret: Option<Secret<String>>,
}

/// `[archive]`: where studies are kept and decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveSection {
    pub folder: PathBuf,
    /// Processes that decode.
    pub workers: usize,
    pub decoded_cache_bytes: u64,
    pub encoded_cache_bytes: u64,
    /// The largest upload, and the largest that it may unpack to.
    pub max_upload_bytes: u64,
}

/// `[chat]`: what people write and share in a consultation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chat {
    pub keep: ChatKept,
}

/// How long lines and files of a chat are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatKept {
    /// `consultation`: until it is over.
    Consultation,
    /// `days:30`: so many days, at most ten years.
    Days(u32),
}

impl ChatKept {
    const MAX_DAYS: u32 = 3650;

    fn parse(text: &str) -> Result<Self, String> {
        let days = text.strip_prefix("days:").and_then(|days| days.parse().ok());
        match (text, days) {
            ("consultation", _) => Ok(Self::Consultation),
            (_, Some(days)) if (1..=Self::MAX_DAYS).contains(&days) => Ok(Self::Days(days)),
            _ => Err(format!("must be consultation, or days:N with N from 1 to {}", Self::MAX_DAYS)),
        }
    }
}

impl Display for ChatKept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Consultation => f.write_str("consultation"),
            Self::Days(days) => write!(f, "days:{days}"),
        }
    }
}

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// As `tracing` reads it: `info`, `parvis=debug,warn`. `PARVIS_LOG` wins over it.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an address with a port, such as 0.0.0.0:8080 or [::]:8080".to_owned())
}

pub(super) fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is not an address: {error}"))?;
    if matches!(url.scheme(), "https" | "http") {
        Ok(url)
    } else {
        Err("must begin with https://".to_owned())
    }
}

/// An origin of TLS as browsers write it; `None` for everything else.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https")?;
    let origin = url.origin().ascii_serialization();
    (text.trim_end_matches('/') == origin).then_some(origin)
}

/// Writes `key = value` lines of a section.
pub(super) struct Writer<'a>(&'a mut String);

impl<'a> Writer<'a> {
    pub(super) fn section(out: &'a mut String, name: &str) -> Self {
        let _ = writeln!(out, "[{name}]");
        Self(out)
    }

    pub(super) fn text(&mut self, key: &str, value: impl Display) -> &mut Self {
        let value = toml::Value::String(value.to_string());
        let _ = writeln!(self.0, "{key} = {value}");
        self
    }

    pub(super) fn optional(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    pub(super) fn number(&mut self, key: &str, value: impl Display) -> &mut Self {
        let _ = writeln!(self.0, "{key} = {value}");
        self
    }

    pub(super) fn texts<T: Display>(&mut self, key: &str, values: &[T]) -> &mut Self {
        let values: Vec<_> =
            values.iter().map(|value| toml::Value::String(value.to_string()).to_string()).collect();
        let _ = writeln!(self.0, "{key} = [{}]", values.join(", "));
        self
    }
}

impl Hospital {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let s = "hospital";
        Self {
            name: reader.needed_text(s, "name"),
            telephone: reader.needed_text(s, "telephone"),
            time_zone: reader.parsed(s, "time_zone", Tz::Europe__Paris, |text| {
                text.parse().map_err(|_| "is no time zone; one is Europe/Paris".to_owned())
            }),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "hospital")
            .text("name", &self.name)
            .text("telephone", &self.telephone)
            .text("time_zone", self.time_zone);
    }
}

impl Http {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let s = "http";
        #[expect(clippy::expect_used, reason = "a constant")]
        let nowhere = Url::parse("https://localhost").expect("valid");
        let is_given = reader.text(s, "public_url");
        let public_url = match is_given.as_deref().map(url) {
            None => {
                reader.mistake(s, "public_url", "is missing: the address that people see, https://...");
                nowhere
            }
            Some(Err(what)) => {
                reader.mistake(s, "public_url", what);
                nowhere
            }
            Some(Ok(url)) => {
                let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
                if url.scheme() == "http" && !is_local {
                    reader.mistake(
                        s,
                        "public_url",
                        "must begin with https://: browsers give no camera otherwise",
                    );
                }
                if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
                    reader.mistake(s, "public_url", "must have no path");
                }
                url
            }
        };
        let tls_certificate = reader.text(s, "tls_certificate").map(PathBuf::from);
        let tls_key = reader.text(s, "tls_key").map(PathBuf::from);
        if tls_certificate.is_some() != tls_key.is_some() {
            reader.mistake(s, "tls_key", "tls_certificate and tls_key go together");
        }
        let mut trusted_proxies = Vec::new();
        for text in reader.texts(s, "trusted_proxies", &[]) {
            match text.parse::<IpAddr>() {
                Ok(ip) => trusted_proxies.push(ip.to_canonical()),
                Err(_) => reader.mistake(s, "trusted_proxies", format!("{text} is no IP address")),
            }
        }
        let mut frame_ancestors = Vec::new();
        for text in reader.texts(s, "frame_ancestors", &[]) {
            match origin(&text) {
                Some(origin) => frame_ancestors.push(origin),
                None => {
                    let what =
                        format!("{text} is no origin such as https://dpi.hopital.example, without a path");
                    reader.mistake(s, "frame_ancestors", what);
                }
            }
        }
        Self {
            listen: reader.parsed(s, "listen", SocketAddr::from(([127, 0, 0, 1], 8080)), address),
            public_url,
            tls_certificate,
            tls_key,
            trusted_proxies,
            frame_ancestors,
            requests_at_once: reader.number(s, "requests_at_once", Self::REQUESTS_AT_ONCE as u64, 16..=65536)
                as usize,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        Writer::section(out, "http")
            .text("listen", self.listen)
            .text("public_url", &self.public_url)
            .optional("tls_certificate", path(&self.tls_certificate))
            .optional("tls_key", path(&self.tls_key))
            .texts("trusted_proxies", &self.trusted_proxies)
            .texts("frame_ancestors", &self.frame_ancestors)
            .number("requests_at_once", self.requests_at_once);
    }
}

impl Database {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let s = "database";
        let file =
            reader.text(s, "url").unwrap_or_else(|| "sqlite:///var/lib/parvis/parvis.sqlite".to_owned());
        let url = environment("PARVIS_DATABASE_URL").unwrap_or(file);
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            reader.mistake(s, "url", "must begin with sqlite: or postgres:");
        }
        Self {
            url: Secret::new(url),
            max_connections: reader.number(s, "max_connections", 8, 1..=200) as u32,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "database").number("max_connections", self.max_connections);
        let kind = self.url.expose().split(':').next().unwrap_or_default();
        let _ = writeln!(out, "# url = \"{kind}:[secret]\"");
    }
}

impl Media {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let s = "media";
        let mut announce = Vec::new();
        for text in reader.texts(s, "announce", &[]) {
            match text.parse() {
                Ok(ip) => announce.push(ip),
                Err(_) => reader.mistake(s, "announce", format!("{text} is no IP address")),
            }
        }
        Self {
            listen: reader.parsed(s, "listen", SocketAddr::from(([0, 0, 0, 0], 7882)), address),
            announce,
            tcp_listen: reader.parsed(s, "tcp_listen", None, |text| address(text).map(Some)),
            // 0 is not within the bounds, so it stands for absent.
            tcp_port: u16::try_from(reader.number(s, "tcp_port", 0, 1..=65535))
                .ok()
                .filter(|port| *port != 0),
            threads: u8::try_from(reader.number(s, "threads", 0, 1..=16)).ok().filter(|count| *count != 0),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        let mut writer = Writer::section(out, "media");
        writer.text("listen", self.listen).texts("announce", &self.announce);
        writer.optional("tcp_listen", self.tcp_listen);
        if let Some(port) = self.tcp_port {
            writer.number("tcp_port", port);
        }
        if let Some(threads) = self.threads {
            writer.number("threads", threads);
        }
    }
}

/// `turn:host:port?transport=tcp` and such (RFC 7065).
fn is_relay_url(text: &str) -> bool {
    let rest = text.strip_prefix("turn:").or_else(|| text.strip_prefix("turns:"));
    let host = rest.and_then(|rest| rest.split('?').next()).unwrap_or_default();
    let transport = text.split_once('?').map(|(_, transport)| transport);
    let is_known = matches!(transport, None | Some("transport=udp" | "transport=tcp"));
    !host.is_empty() && is_known && text.is_ascii() && !text.contains([' ', '/', '@', '#'])
}

impl Relay {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let s = "relay";
        let tls_certificate = reader.text(s, "tls_certificate").map(PathBuf::from);
        let tls_key = reader.text(s, "tls_key").map(PathBuf::from);
        if tls_certificate.is_some() != tls_key.is_some() {
            reader.mistake(s, "tls_key", "tls_certificate and tls_key go together");
        }
        let listen = reader.parsed(s, "listen", None, |text| address(text).map(Some));
        if tls_certificate.is_some() && listen.is_none() {
            reader.mistake(
                s,
                "tls_certificate",
                "is used with listen only; on the port of [http] its own is used",
            );
        }
        let mut urls = |key: &str| {
            let urls = reader.texts(s, key, &[]);
            for url in urls.iter().filter(|url| !is_relay_url(url)) {
                let what = format!(
                    "{url} is no address of a relay, such as turns:turn.hopital.example:443?transport=tcp"
                );
                reader.mistake(s, key, what);
            }
            urls
        };
        let (urls, external_urls) = (urls("urls"), urls("external_urls"));
        let in_file = reader.text(s, "external_secret");
        let external_secret = environment("PARVIS_RELAY_SECRET").or(in_file).map(Secret::new);
        if !external_urls.is_empty() && external_secret.is_none() {
            reader.mistake(
                s,
                "external_secret",
                "is missing: the static-auth-secret of the relay in external_urls",
            );
        }
        if !external_urls.is_empty() && !urls.is_empty() {
            reader.mistake(s, "urls", "is for the gateway's own relay, which external_urls replaces");
        }
        let host = reader.text(s, "host");
        if host.as_deref().is_some_and(|host| host.contains([':', '/', ' '])) {
            reader.mistake(s, "host", "must be a name without scheme, port and path");
        }
        Self { host, listen, tls_certificate, tls_key, urls, external_urls, external_secret }
    }

    pub(super) fn write(&self, out: &mut String) {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        Writer::section(out, "relay")
            .optional("host", self.host.as_ref())
            .optional("listen", self.listen)
            .optional("tls_certificate", path(&self.tls_certificate))
            .optional("tls_key", path(&self.tls_key))
            .texts("urls", &self.urls)
            .texts("external_urls", &self.external_urls);
        if self.external_secret.is_some() {
            let _ = writeln!(out, "# external_secret = \"[secret]\"");
        }
    }
}

impl ArchiveSection {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let s = "archive";
        let folder = reader.text(s, "folder").unwrap_or_else(|| "/var/lib/parvis/archive".to_owned());
        Self {
            folder: folder.into(),
            workers: reader.number(s, "workers", 2, 1..=64) as usize,
            decoded_cache_bytes: MIB * reader.number(s, "decoded_cache_mib", 512, 16..=65536),
            encoded_cache_bytes: MIB * reader.number(s, "encoded_cache_mib", 64, 4..=65536),
            max_upload_bytes: MIB * reader.number(s, "max_upload_mib", 4096, 1..=1048576),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "archive")
            .text("folder", self.folder.display())
            .number("workers", self.workers)
            .number("decoded_cache_mib", self.decoded_cache_bytes / MIB)
            .number("encoded_cache_mib", self.encoded_cache_bytes / MIB)
            .number("max_upload_mib", self.max_upload_bytes / MIB);
    }
}

impl Chat {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { keep: reader.parsed("chat", "keep", ChatKept::Consultation, ChatKept::parse) }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "chat").text("keep", self.keep);
    }
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let s = "log";
        Self {
            level: reader.text(s, "level").unwrap_or_else(|| "info".to_owned()),
            format: reader.parsed(s, "format", LogFormat::Text, |text| match text {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                _ => Err("must be text or json".to_owned()),
            }),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        let format = match self.format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        Writer::section(out, "log").text("level", &self.level).text("format", format);
    }
}
