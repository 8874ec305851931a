//! `[metrics]`: where the hospital's monitoring reads figures.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::reader::Reader;
use super::sections::{Writer, address};
use crate::secret::Secret;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// `None`: nobody reads figures.
    pub listen: Option<SocketAddr>,
    /// What is to be shown there; `PARVIS_METRICS_TOKEN` wins over it. Other machines read nothing without one.
    pub token: Option<Secret<String>>,
}

impl Metrics {
    /// The shortest token, in bytes.
    const SHORTEST: usize = 16;

    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let s = "metrics";
        let listen = reader.parsed(s, "listen", None, |text| address(text).map(Some));
        let in_file = reader.text(s, "token");
        let token = environment("PARVIS_METRICS_TOKEN").or(in_file).map(Secret::new);
        match &token {
            Some(token) if token.expose().len() < Self::SHORTEST => {
                reader.mistake(s, "token", format!("must have {} characters or more", Self::SHORTEST));
            }
            None if listen.is_some_and(|listen| !listen.ip().is_loopback()) => {
                let what =
                    "is missing: other machines reach this address; give it a token, or listen on 127.0.0.1";
                reader.mistake(s, "token", what);
            }
            _ => {}
        }
        Self { listen, token }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "metrics").optional("listen", self.listen);
        if self.token.is_some() {
            let _ = writeln!(out, "# token = \"[secret]\"");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, token: Option<&str>) -> Result<Metrics, Vec<String>> {
        let mut reader = Reader::new(text).unwrap();
        let metrics = Metrics::read(&mut reader, &|name: &str| {
            token.filter(|_| name == "PARVIS_METRICS_TOKEN").map(ToOwned::to_owned)
        });
        let told = |mistakes: Vec<super::super::Mistake>| mistakes.iter().map(ToString::to_string).collect();
        reader.finish().map(|()| metrics).map_err(told)
    }

    #[test]
    fn other_machines_read_nothing_without_a_token() {
        assert_eq!(read("", None), Ok(Metrics { listen: None, token: None }));
        for here in ["127.0.0.1:9464", "[::1]:9464"] {
            let text = format!("[metrics]\nlisten = \"{here}\"\n");
            assert_eq!(read(&text, None).map(|metrics| metrics.listen), Ok(here.parse().ok()), "{here}");
        }
        for there in ["0.0.0.0:9464", "[::]:9464", "10.1.2.3:9464"] {
            let text = format!("[metrics]\nlisten = \"{there}\"\n");
            let mistakes = read(&text, None).unwrap_err();
            assert!(mistakes[0].starts_with("metrics.token: is missing"), "{mistakes:?}");
            assert!(read(&text, Some("0123456789abcdef")).is_ok(), "{there}");
            assert!(read(&text, Some("0123456789abcde")).is_err(), "{there}");
            let in_file = format!("{text}token = \"0123456789abcdef\"\n");
            assert_eq!(read(&in_file, None).unwrap().token.unwrap().expose(), "0123456789abcdef");
        }
        assert!(read("[metrics]\nlisten = \"9464\"\n", None).is_err());
    }

    #[test]
    fn a_token_is_never_written() {
        let metrics = read("[metrics]\nlisten = \"127.0.0.1:9464\"\n", Some("0123456789abcdef")).unwrap();
        let mut out = String::new();
        metrics.write(&mut out);
        assert_eq!(out, "[metrics]\nlisten = \"127.0.0.1:9464\"\n# token = \"[secret]\"\n");
    }
}
