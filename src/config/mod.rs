//! Settings: one TOML file, secrets also from the environment. All mistakes are told at once; unknown keys are mistakes.
//!
//! `deploy/config.example.toml` holds every key with its default; a test holds the two together.

mod acme;
mod audit;
mod egress;
mod emergency;
mod keys;
mod messages;
mod metrics;
mod oidc;
mod reader;
mod retention;
mod sections;

use std::fmt;
use std::path::Path;

pub use acme::AcmeSection;
pub use audit::{Audit, SyslogAddress};
pub use egress::Egress;
pub use emergency::Emergency;
pub use keys::{Keys, MASTER_KEY_VARIABLE};
pub use messages::*;
pub use metrics::Metrics;
pub use oidc::*;
use reader::Reader;
pub use retention::Retention;
pub use sections::*;

/// Everything that can be set. Read once, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub hospital: Hospital,
    pub http: Http,
    /// `None`: certificates come from elsewhere.
    pub acme: Option<AcmeSection>,
    pub database: Database,
    pub oidc: Oidc,
    pub media: Media,
    pub relay: Relay,
    pub archive: ArchiveSection,
    pub chat: Chat,
    /// `None`: no mail is sent.
    pub mail: Option<Mail>,
    /// `None`: no SMS is sent.
    pub sms: Option<Sms>,
    pub egress: Egress,
    pub retention: Retention,
    pub audit: Audit,
    pub keys: Keys,
    pub emergency: Emergency,
    pub metrics: Metrics,
    pub log: Log,
}

/// One mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// `section.key`, or empty when it is the file as a whole.
    pub key: String,
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.key, self.what) }
    }
}

impl Config {
    /// Reads a file and the environment of this process.
    pub fn load(path: &Path) -> Result<Self, Vec<Mistake>> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            vec![Mistake { key: String::new(), what: format!("cannot read {}: {error}", path.display()) }]
        })?;
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        Self::parse(&text, |name| std::env::var(name).ok())
    }

    /// Reads settings from text. `environment` answers for `PARVIS_DATABASE_URL`,
    /// `PARVIS_RELAY_SECRET` and the secrets of `oidc.rs`, `messages.rs`, `audit.rs`, `keys.rs` and `metrics.rs`.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::new(text)?;
        let hospital = Hospital::read(&mut reader);
        let http = Http::read(&mut reader);
        let config = Self {
            acme: AcmeSection::read(&mut reader, http.tls_certificate.is_some(), &environment),
            hospital,
            http,
            database: Database::read(&mut reader, &environment),
            oidc: Oidc::read(&mut reader, &environment),
            media: Media::read(&mut reader),
            relay: Relay::read(&mut reader, &environment),
            archive: ArchiveSection::read(&mut reader),
            chat: Chat::read(&mut reader),
            mail: Mail::read(&mut reader, &environment),
            sms: Sms::read(&mut reader, &environment),
            egress: Egress::read(&mut reader),
            retention: Retention::read(&mut reader),
            audit: Audit::read(&mut reader, &environment),
            keys: Keys::read(&mut reader, &environment),
            emergency: Emergency::read(&mut reader),
            metrics: Metrics::read(&mut reader, &environment),
            log: Log::read(&mut reader),
        };
        reader.finish().map(|()| config)
    }

    /// The settings in force, secrets hidden, as TOML that can be read again (but for the secrets).
    pub fn effective(&self) -> String {
        let mut out = String::new();
        self.hospital.write(&mut out);
        self.http.write(&mut out);
        if let Some(acme) = &self.acme {
            acme.write(&mut out);
        }
        self.database.write(&mut out);
        self.oidc.write(&mut out);
        self.media.write(&mut out);
        self.relay.write(&mut out);
        self.archive.write(&mut out);
        self.chat.write(&mut out);
        if let Some(mail) = &self.mail {
            mail.write(&mut out);
        }
        if let Some(sms) = &self.sms {
            sms.write(&mut out);
        }
        self.egress.write(&mut out);
        self.retention.write(&mut out);
        self.audit.write(&mut out);
        self.keys.write(&mut out);
        self.emergency.write(&mut out);
        self.metrics.write(&mut out);
        self.log.write(&mut out);
        out
    }
}

/// A level of `tracing` for the whole process, when `[log] level` does not say.
pub fn log_filter_from_environment() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var("PARVIS_LOG").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../deploy/config.example.toml");

    fn parse(text: &str) -> Result<Config, Vec<Mistake>> {
        Config::parse(text, |_| None)
    }

    #[test]
    fn the_example_is_valid_and_tells_the_defaults() {
        let example = parse(EXAMPLE).unwrap();
        let needed = "[hospital]\nname = \"Hôpital Exemple\"\ntelephone = \"01 23 45 67 89\"\n\
            [http]\npublic_url = \"https://visio.hopital.example\"\n\
            [oidc]\nissuer = \"https://id.hopital.example\"\nclient_id = \"parvis\"\nclient_secret = \"change-me\"\n\
            [oidc.roles]\n\"groups/secretariat\" = \"secretary\"\n\"groups/medecins\" = \"doctor\"\n\
            \"groups/radiologues\" = \"radiologist\"\n\"groups/administrateurs\" = \"administrator\"\n";
        assert_eq!(parse(needed).unwrap(), example);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let wrong = "[hospital]\nname = 3\nfax = \"no\"\n[http]\nlisten = \"nowhere\"\npublic_url = \"ftp://x\"\n\
            [archive]\nworkers = 0\n[chat]\nkeep = \"for ever\"\n[oidc]\nclient_secret = \"x\"\n[color]\nx = 1\n";
        let mistakes = parse(wrong).unwrap_err();
        let keys: Vec<_> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
        for key in [
            "hospital.name",
            "hospital.telephone",
            "hospital.fax",
            "http.listen",
            "http.public_url",
            "oidc.issuer",
            "oidc.client_id",
            "oidc.roles",
            "archive.workers",
            "chat.keep",
            "color",
        ] {
            assert!(keys.contains(&key), "{key} is not in {mistakes:#?}");
        }
    }

    #[test]
    fn a_chat_is_kept_for_the_consultation_or_for_days() {
        for (text, keep) in [
            ("consultation", Some(ChatKept::Consultation)),
            ("days:1", Some(ChatKept::Days(1))),
            ("days:3650", Some(ChatKept::Days(3650))),
            ("days:0", None),
            ("days:3651", None),
            ("days:-1", None),
            ("days: 3", None),
            ("days", None),
            ("Consultation", None),
        ] {
            let parsed = parse(
                &format!("{EXAMPLE}\n").replace("# keep = \"consultation\"", &format!("keep = \"{text}\"")),
            );
            match keep {
                Some(keep) => assert_eq!(parsed.unwrap().chat.keep, keep, "{text}"),
                None => assert_eq!(parsed.unwrap_err()[0].key, "chat.keep", "{text}"),
            }
        }
    }

    #[test]
    fn media_have_a_thread_at_least_and_16_at_most() {
        for (text, threads) in [("1", Some(1)), ("16", Some(16)), ("0", None), ("17", None), ("\"3\"", None)]
        {
            let parsed = parse(&EXAMPLE.replace("# threads = 3", &format!("threads = {text}")));
            match threads {
                Some(_) => assert_eq!(parsed.unwrap().media.threads, threads, "{text}"),
                None => assert_eq!(parsed.unwrap_err()[0].key, "media.threads", "{text}"),
            }
        }
    }

    #[test]
    fn mistakes_about_the_edge_are_told() {
        let wrong = EXAMPLE
            .replace(
                "# frame_ancestors = []",
                "frame_ancestors = [\"https://dpi.example/path\", \"*\", \"http://dpi.example\"]",
            )
            .replace("# requests_at_once = 1024", "requests_at_once = 1")
            .replace("# hosts = []", "hosts = [\"https://keys.example\", \"a/b\"]")
            .replace("# networks = []", "networks = [\"10.0.0.0/33\", \"keys.example\"]")
            .replace("# private = \"allowed\"", "private = \"perhaps\"");
        let mistakes = parse(&wrong).unwrap_err();
        let of = |key: &str| mistakes.iter().filter(|mistake| mistake.key == key).count();
        let keys = [
            "http.frame_ancestors",
            "http.requests_at_once",
            "egress.hosts",
            "egress.networks",
            "egress.private",
        ];
        assert_eq!(keys.map(of), [3, 1, 2, 2, 1], "{mistakes:#?}");
        let right = EXAMPLE.replace("# frame_ancestors = []", "frame_ancestors = [\"https://dpi.example/\"]");
        assert_eq!(parse(&right).unwrap().http.frame_ancestors, ["https://dpi.example"]);
    }

    #[test]
    fn certificates_are_ordered_when_it_is_agreed_to() {
        let with = |acme: &str| parse(&EXAMPLE.replace("[acme]\n", &format!("[acme]\n{acme}")));
        let directory = "directory = \"https://acme.example/directory\"\n";
        let keys = |acme: &str| {
            let mistakes = with(acme).unwrap_err();
            mistakes.into_iter().map(|mistake| mistake.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(directory), ["acme.terms_of_service"]);
        let agreed = format!("{directory}terms_of_service = \"agreed\"\n");
        assert_eq!(
            keys(&format!("{agreed}eab_key_id = \"x\"\ncontact = \"admin@x\"\n")),
            ["acme.contact", "acme.eab_key_id"]
        );
        let config = with(&agreed).unwrap();
        assert_eq!(config.acme.as_ref().unwrap().folder.to_str(), Some("/var/lib/parvis/acme"));
        let again = Config::parse(&config.effective(), |name| match name {
            "PARVIS_OIDC_CLIENT_SECRET" => Some("change-me".into()),
            "PARVIS_DATABASE_URL" => Some(config.database.url.expose().clone()),
            _ => None,
        });
        assert_eq!(again.unwrap(), config);
    }

    #[test]
    fn mistakes_about_the_relay_are_told() {
        let wrong = format!(
            "{}\nhost = \"https://x\"\nlisten = \"3478\"\ntls_key = \"/k\"\n\
             urls = [\"turn:a:1\"]\nexternal_urls = [\"stun:b\"]\n",
            EXAMPLE.split("[relay]").next().unwrap_or_default().to_owned() + "[relay]",
        );
        let mistakes = parse(&wrong).unwrap_err();
        for key in ["host", "listen", "tls_key", "urls", "external_urls", "external_secret"] {
            let key = format!("relay.{key}");
            assert!(mistakes.iter().any(|mistake| mistake.key == key), "{key} is not in {mistakes:#?}");
        }
    }

    #[test]
    fn secrets_come_from_the_environment_and_are_never_printed() {
        let config = Config::parse(EXAMPLE, |name| match name {
            "PARVIS_OIDC_CLIENT_SECRET" => Some("canary-secret".into()),
            "PARVIS_DATABASE_URL" => Some("postgres://parvis:canary-secret@db/parvis".into()),
            "PARVIS_RELAY_SECRET" | "PARVIS_MASTER_KEY" => Some("canary-secret".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(config.oidc.providers[0].client_secret.expose(), "canary-secret");
        assert!(!config.effective().contains("canary-secret"));
        assert!(!format!("{config:?}").contains("canary-secret"));
    }

    #[test]
    fn the_effective_settings_can_be_read_again() {
        let config = parse(EXAMPLE).unwrap();
        let again = Config::parse(&config.effective(), |name| match name {
            "PARVIS_OIDC_CLIENT_SECRET" => Some("change-me".into()),
            "PARVIS_DATABASE_URL" => Some(config.database.url.expose().clone()),
            _ => None,
        });
        assert_eq!(again.unwrap(), config);
    }
}
