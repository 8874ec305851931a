//! `[mail]` and `[sms]`: by what messages go out. Without a section nothing goes that way.

use std::fmt::Write;
use std::path::PathBuf;

use url::Url;

use super::reader::Reader;
use super::sections::Writer;
use crate::secret::Secret;

/// `[mail]`: the hospital's own mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// The name that we show it; without one, none is shown.
    pub user: Option<String>,
    /// `PARVIS_MAIL_PASSWORD` wins over the file.
    pub password: Option<Secret<String>>,
    /// The address that messages come from, and that calendars name as the organizer.
    pub from: String,
    /// A PEM file with the authority of the server's certificate, when the system does not know it.
    pub authority: Option<PathBuf>,
    /// Whoever shows it may tell that a message came back; `PARVIS_MAIL_BOUNCE_SECRET` wins over the file.
    pub bounce_secret: Option<Secret<String>>,
    /// Whoever is told when an emergency account of the gateway is used.
    pub administrators: Vec<String>,
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// STARTTLS, without which nothing is sent (RFC 3207).
    Starttls,
    /// TLS from the first byte (RFC 8314 section 3.3).
    Tls,
    /// Nothing; on this machine only.
    None,
}

impl MailSecurity {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "starttls" => Ok(Self::Starttls),
            "tls" => Ok(Self::Tls),
            "none" => Ok(Self::None),
            _ => Err("must be starttls, tls, or none on this machine".to_owned()),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    /// The usual port.
    fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// `[sms]`: the HTTP interface of whoever sends SMS for the hospital.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    /// The one address that is asked. Redirects are not followed.
    pub url: Url,
    pub method: SmsMethod,
    pub content: SmsContent,
    /// The body, with `{to}` and `{text}`.
    pub body: String,
    /// Names and values, in the order of the names. `{token}` in a value is the token.
    pub headers: Vec<(String, Secret<String>)>,
    /// `PARVIS_SMS_TOKEN` wins over the file.
    pub token: Option<Secret<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsMethod {
    Post,
    Put,
}

/// How what stands in the places of the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsContent {
    /// As in a JSON text (RFC 8259 section 7).
    Json,
    /// As in a form (`application/x-www-form-urlencoded`).
    Form,
}

/// On this machine.
fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1")
}

/// Whether it can stand in a header of a mail.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    parts && text.is_ascii() && !text.contains(|c: char| c.is_control() || " <>,;\"".contains(c))
}

impl Mail {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        let s = "mail";
        let host = reader.text(s, "host");
        let security = reader.parsed(s, "security", MailSecurity::Starttls, MailSecurity::parse);
        let port = reader.number(s, "port", security.port().into(), 1..=65535);
        let user = reader.text(s, "user");
        let password = environment("PARVIS_MAIL_PASSWORD").or(reader.text(s, "password"));
        let from = reader.text(s, "from");
        let authority = reader.text(s, "authority").map(PathBuf::from);
        let bounce_secret = environment("PARVIS_MAIL_BOUNCE_SECRET").or(reader.text(s, "bounce_secret"));
        let administrators = reader.texts(s, "administrators", &[]);
        let Some(host) = host else {
            if from.is_some() || user.is_some() {
                reader.mistake(s, "host", "is missing: without it no mail is sent");
            }
            return None;
        };
        let mail = Self {
            administrators,
            host,
            port: u16::try_from(port).unwrap_or(security.port()),
            security,
            user,
            password: password.map(Secret::new),
            from: from.unwrap_or_default(),
            authority,
            bounce_secret: bounce_secret.map(Secret::new),
        };
        for (key, what) in mail.faults() {
            reader.mistake(s, key, what);
        }
        Some(mail)
    }

    /// What is wrong with it, by the keys of the file: of the file or of the page of administrators.
    pub fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut faults = Vec::new();
        if self.security == MailSecurity::None && !is_local(&self.host) {
            faults.push(("security", "none is for a server on this machine only"));
        }
        if self.user.is_some() != self.password.is_some() {
            faults.push(("password", "user and password go together"));
        }
        if !is_address(&self.from) {
            faults.push(("from", "must be the address that messages come from"));
        }
        if self.bounce_secret.as_ref().is_some_and(|secret| secret.expose().len() < 32) {
            faults.push(("bounce_secret", "must have 32 characters at least"));
        }
        if !self.administrators.iter().all(|address| is_address(address)) {
            faults.push(("administrators", "must be a list of addresses"));
        }
        faults
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "mail")
            .text("host", &self.host)
            .number("port", self.port)
            .text("security", self.security.word())
            .optional("user", self.user.as_ref())
            .text("from", &self.from)
            .texts("administrators", &self.administrators)
            .optional("authority", self.authority.as_ref().map(|path| path.display().to_string()));
        for (key, value) in [("password", &self.password), ("bounce_secret", &self.bounce_secret)] {
            if value.is_some() {
                let _ = writeln!(out, "# {key} = \"[secret]\"");
            }
        }
    }
}

impl SmsContent {
    fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
        }
    }

    fn body(self) -> &'static str {
        match self {
            Self::Json => r#"{"to": "{to}", "text": "{text}"}"#,
            Self::Form => "to={to}&text={text}",
        }
    }
}

impl Sms {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        let s = "sms";
        let url = reader.parsed(s, "url", None, |text| Self::address(text).map(Some));
        let method = reader.parsed(s, "method", SmsMethod::Post, |text| match text {
            "POST" => Ok(SmsMethod::Post),
            "PUT" => Ok(SmsMethod::Put),
            _ => Err("must be POST or PUT".to_owned()),
        });
        let content = reader.parsed(s, "content", SmsContent::Json, |text| match text {
            "json" => Ok(SmsContent::Json),
            "form" => Ok(SmsContent::Form),
            _ => Err("must be json or form".to_owned()),
        });
        let body = reader.text(s, "body").unwrap_or_else(|| content.body().to_owned());
        let token = environment("PARVIS_SMS_TOKEN").or(reader.text(s, "token")).map(Secret::new);
        let mut headers = reader.table(s, "headers").unwrap_or_default();
        headers.sort();
        let is_any = !headers.is_empty();
        let Some(url) = url else {
            if is_any {
                reader.mistake(s, "url", "is missing: without it no SMS is sent");
            }
            return None;
        };
        let headers = headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        let sms = Self { url, method, content, body, headers, token };
        for (key, what) in sms.faults() {
            reader.mistake(s, &key, what);
        }
        Some(sms)
    }

    /// An address at which SMS may be given out.
    ///
    /// # Errors
    /// If it is none; what is wrong.
    pub fn address(text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|error| format!("is not an address: {error}"))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && url.host_str().is_some_and(is_local)) {
            return Err("must begin with https://".to_owned());
        }
        // Addresses stand in the logs of servers.
        if text.contains(['{', '}']) || url.query().is_some_and(|query| query.contains("%7B")) {
            return Err("must hold neither {to} nor {text}: they go into the body".to_owned());
        }
        Ok(url)
    }

    /// What is wrong with it, by the keys of the file: of the file or of the page of administrators.
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: &str| faults.push((key.to_owned(), what.to_owned()));
        let body = &self.body;
        if !body.contains("{to}") || !body.contains("{text}") {
            fault("body", "must hold {to} and {text}");
        }
        if self.content == SmsContent::Json {
            let filled = body.replace("{to}", "x").replace("{text}", "x");
            let quoted = body.contains("\"{to}\"") && body.contains("{text}");
            if !filled.trim_start().starts_with('{') || !quoted {
                fault("body", "must be a JSON object with \"{to}\" and \"{text}\" as texts in it");
            }
        }
        for (name, value) in &self.headers {
            let value = value.expose();
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            let is_visible = |c: char| c == ' ' || c.is_ascii_graphic();
            if name.is_empty() || !name.chars().all(is_token) || !value.chars().all(is_visible) {
                fault(&format!("headers.{name}"), "is no header");
            }
            if value.contains("{token}") && self.token.is_none() {
                fault("token", &format!("is missing: the header {name} holds it"));
            }
        }
        faults
    }

    pub(super) fn write(&self, out: &mut String) {
        let method = match self.method {
            SmsMethod::Post => "POST",
            SmsMethod::Put => "PUT",
        };
        Writer::section(out, "sms")
            .text("url", &self.url)
            .text("method", method)
            .text("content", self.content.word())
            .text("body", &self.body);
        for (name, _) in &self.headers {
            let _ = writeln!(out, "# headers.{name} = \"[secret]\"");
        }
        if self.token.is_some() {
            let _ = writeln!(out, "# token = \"[secret]\"");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    const EXAMPLE: &str = include_str!("../../deploy/config.example.toml");

    fn with(sections: &str) -> Result<Config, Vec<String>> {
        let cut = |text: &str, name: &str| {
            let (before, rest) = text.split_once(&format!("[{name}]\n")).unwrap();
            let after = rest.find("\n[").map_or("", |at| &rest[at..]);
            format!("{before}{after}")
        };
        let text = cut(&cut(&cut(EXAMPLE, "sms.headers"), "sms"), "mail");
        let parsed = Config::parse(&format!("{text}\n{sections}"), |_| None);
        parsed.map_err(|mistakes| mistakes.into_iter().map(|mistake| mistake.key).collect())
    }

    #[test]
    fn without_a_server_nothing_is_sent() {
        let config = with("").unwrap();
        assert_eq!((config.mail, config.sms), (None, None));
        assert_eq!(with("[mail]\nfrom = \"a@b\"").unwrap_err(), ["mail.host"]);
        assert_eq!(with("[sms.headers]\nX-Key = \"k\"").unwrap_err(), ["sms.url"]);
    }

    #[test]
    fn the_port_follows_the_protection() {
        for (security, port) in [("starttls", 587), ("tls", 465), ("none", 25)] {
            let text = format!(
                "[mail]\nhost = \"localhost\"\nfrom = \"visio@h.example\"\nsecurity = \"{security}\""
            );
            assert_eq!(with(&text).unwrap().mail.unwrap().port, port);
        }
    }

    #[test]
    fn mistakes_about_messages_are_told() {
        let mail = "[mail]\nhost = \"mail.h.example\"\nsecurity = \"none\"\nuser = \"a\"\nfrom = \"b\"\nbounce_secret = \"short\"";
        let keys = with(mail).unwrap_err();
        assert_eq!(keys, ["mail.security", "mail.password", "mail.from", "mail.bounce_secret"]);
        for (sms, key) in [
            ("url = \"http://sms.example/\"", "sms.url"),
            ("url = \"https://sms.example/?to={to}\"", "sms.url"),
            ("url = \"https://sms.example/\"\nmethod = \"GET\"", "sms.method"),
            ("url = \"https://sms.example/\"\nbody = \"{to}\"", "sms.body"),
            ("url = \"https://sms.example/\"\nbody = '{\"to\": {to}, \"text\": \"{text}\"}'", "sms.body"),
            (
                "url = \"https://sms.example/\"\n[sms.headers]\nAuthorization = \"Bearer {token}\"",
                "sms.token",
            ),
            ("url = \"https://sms.example/\"\n[sms.headers]\n\"a b\" = \"c\"", "sms.headers.a b"),
        ] {
            let keys = with(&format!("[sms]\n{sms}")).unwrap_err();
            assert!(keys.contains(&key.to_owned()), "{sms}: {keys:?}");
        }
    }

    #[test]
    fn secrets_of_messages_are_never_printed() {
        let text = "[mail]\nhost = \"m.example\"\nuser = \"u\"\npassword = \"canary-one\"\nfrom = \"a@b\"\n\
            [sms]\nurl = \"https://sms.example/\"\ntoken = \"canary-two\"\n[sms.headers]\nX-Key = \"canary-three {token}\"";
        let config = with(text).unwrap();
        let told = format!("{}{config:?}", config.effective());
        assert!(!told.contains("canary"), "{told}");
    }
}
