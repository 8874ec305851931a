//! `[oidc]`: the hospital's identity provider, `[oidc.providers.NAME]`: further ones, and how long what they say holds.

use std::fmt::Write;
use std::path::PathBuf;

use url::Url;

use super::reader::Reader;
use super::sections::{Writer, url};
use crate::secret::Secret;

/// Who signs staff in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    /// The hospital's own first, the others in the order of their names; empty: administrators set them on their page.
    pub providers: Vec<OidcProvider>,
    /// A login ends after this long without use.
    pub idle_minutes: u64,
    /// A login ends after this long in any case, but for a call that is under way.
    pub absolute_hours: u64,
    /// Whoever proved longer ago who they are does so again before they change what holds for everybody.
    pub fresh_minutes: u64,
}

/// One identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// `hospital`, or the name of its section.
    pub key: String,
    /// What the sign-in page calls it.
    pub label: Option<String>,
    /// `whom = "patients"`: it opens documents to patients, signs no staff in and has no roles.
    pub is_for_patients: bool,
    /// Exactly as the provider writes it, final slash or not.
    pub issuer: String,
    /// When the provider's description is not at the usual place.
    pub discovery_url: Option<Url>,
    /// Addresses that count instead of those that it describes.
    pub authorization_endpoint: Option<Url>,
    pub token_endpoint: Option<Url>,
    pub jwks_uri: Option<Url>,
    pub userinfo_endpoint: Option<Url>,
    pub end_session_endpoint: Option<Url>,
    pub client_id: String,
    pub client_authentication: ClientAuthenticationName,
    /// `PARVIS_OIDC_CLIENT_SECRET` wins over the file; `PARVIS_OIDC_NAME_CLIENT_SECRET` for a further provider.
    pub client_secret: Secret<String>,
    /// PEM files: the key of `private_key_jwt` and of `tls_client_auth`, and the certificate of the latter.
    pub client_key: Option<PathBuf>,
    pub client_certificate: Option<PathBuf>,
    /// The name of that key, if the provider knows it by one.
    pub client_key_id: Option<String>,
    /// A PEM file with authorities beside those of the machine.
    pub authority: Option<PathBuf>,
    pub scopes: Vec<String>,
    pub acr_values: Option<String>,
    /// What a fresh proof must be.
    pub fresh_acr_values: Option<String>,
    /// The claim that holds a person's name.
    pub name_claim: String,
    /// The claim by which a person is known here.
    pub subject_claim: String,
    /// The claim with the activities of which a person chooses one.
    pub activities_claim: Option<String>,
    /// The claims of an activity that name it.
    pub activity_names: Vec<String>,
    pub clock_leeway_seconds: u64,
    pub timeout_seconds: u64,
    /// `claim/value` -> role, in the order of the keys. Whoever has none of them may sign in to nothing.
    pub roles: Vec<(String, RoleName)>,
}

/// How this site proves itself to a provider, as OpenID Connect Core 1.0 section 9 and RFC 8705 name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthenticationName {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    TlsClientAuth,
}

/// A role of staff, as the settings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleName {
    Secretary,
    Nurse,
    Doctor,
    Radiologist,
    Administrator,
    Auditor,
}

const SECTION: &str = "oidc";
const MORE: &str = "providers";
/// What the hospital's own provider is called.
const OWN: &str = "hospital";
/// What logins with accounts of the gateway itself name instead of a provider.
const LOCAL: &str = "local";

impl Oidc {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let mut providers = Vec::new();
        if !reader.has_only(SECTION, &["idle_minutes", "absolute_hours", "fresh_minutes"]) {
            providers.push(OidcProvider::read(reader, OWN, SECTION, environment));
        }
        for key in reader.subsections(SECTION, MORE) {
            let section = format!("{SECTION}.{MORE}.{key}");
            let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !key.chars().all(is_key) || key == OWN || key == LOCAL {
                reader.mistake(
                    &format!("{SECTION}.{MORE}"),
                    &key,
                    "must be a name of small letters, digits and hyphens, and neither hospital nor local",
                );
            }
            let provider = OidcProvider::read(reader, &key, &section, environment);
            if providers.iter().any(|other| other.issuer == provider.issuer && !other.issuer.is_empty()) {
                reader.mistake(&section, "issuer", "is that of another provider");
            }
            providers.push(provider);
        }
        reader.end_subsections(SECTION, MORE);
        Self {
            providers,
            idle_minutes: reader.number(SECTION, "idle_minutes", 60, 5..=1440),
            absolute_hours: reader.number(SECTION, "absolute_hours", 12, 1..=72),
            fresh_minutes: reader.number(SECTION, "fresh_minutes", 15, 1..=1440),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        let times = |writer: &mut Writer<'_>| {
            writer
                .number("idle_minutes", self.idle_minutes)
                .number("absolute_hours", self.absolute_hours)
                .number("fresh_minutes", self.fresh_minutes);
        };
        if self.providers.is_empty() {
            times(&mut Writer::section(out, SECTION));
        }
        for (at, provider) in self.providers.iter().enumerate() {
            provider.write(out, &provider.section(), |writer| {
                if at == 0 {
                    times(writer);
                }
            });
        }
    }
}

impl OidcProvider {
    /// The section that it stands in.
    pub fn section(&self) -> String {
        if self.key == OWN { SECTION.to_owned() } else { format!("{SECTION}.{MORE}.{}", self.key) }
    }

    fn read(reader: &mut Reader, key: &str, s: &str, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let secret_in_file = reader.text(s, "client_secret");
        let variable = if s == SECTION {
            "PARVIS_OIDC_CLIENT_SECRET".to_owned()
        } else {
            format!("PARVIS_OIDC_{}_CLIENT_SECRET", key.to_ascii_uppercase().replace('-', "_"))
        };
        let client_secret = environment(&variable).or(secret_in_file).unwrap_or_default();
        let client_authentication = reader.parsed(
            s,
            "client_authentication",
            ClientAuthenticationName::ClientSecretBasic,
            ClientAuthenticationName::parse,
        );
        let path = |reader: &mut Reader, key| reader.text(s, key).map(PathBuf::from);
        let (client_key, client_certificate) =
            (path(reader, "client_key"), path(reader, "client_certificate"));
        if client_authentication.needs_key() && client_key.is_none() {
            reader.mistake(s, "client_key", "is missing: this client_authentication needs one");
        }
        if !client_authentication.needs_key() && client_secret.is_empty() {
            let what = format!("is missing: say it here, or in {variable} in the environment");
            reader.mistake(s, "client_secret", what);
        }
        if client_authentication == ClientAuthenticationName::TlsClientAuth && client_certificate.is_none() {
            reader.mistake(s, "client_certificate", "is missing: tls_client_auth needs one");
        }
        let is_for_patients = reader.parsed(s, "whom", false, |text| match text {
            "staff" => Ok(false),
            "patients" if s == SECTION => {
                Err("must be staff: patients have a provider of their own".to_owned())
            }
            "patients" => Ok(true),
            _ => Err("must be staff or patients".to_owned()),
        });
        let scopes: &[&str] = if is_for_patients {
            &["openid", "given_name", "family_name", "birthdate"]
        } else {
            &["openid", "profile", "email", "groups"]
        };
        let address = |reader: &mut Reader, key| reader.parsed(s, key, None, |text| url(text).map(Some));
        Self {
            key: key.to_owned(),
            label: reader.text(s, "label").or_else(|| (key != OWN).then(|| key.to_owned())),
            is_for_patients,
            issuer: reader.needed_text(s, "issuer"),
            discovery_url: address(reader, "discovery_url"),
            authorization_endpoint: address(reader, "authorization_endpoint"),
            token_endpoint: address(reader, "token_endpoint"),
            jwks_uri: address(reader, "jwks_uri"),
            userinfo_endpoint: address(reader, "userinfo_endpoint"),
            end_session_endpoint: address(reader, "end_session_endpoint"),
            client_id: reader.needed_text(s, "client_id"),
            client_authentication,
            client_secret: Secret::new(client_secret),
            client_key,
            client_certificate,
            client_key_id: reader.text(s, "client_key_id"),
            authority: path(reader, "authority"),
            scopes: reader.texts(s, "scopes", scopes),
            acr_values: reader.text(s, "acr_values"),
            fresh_acr_values: reader.text(s, "fresh_acr_values"),
            name_claim: reader.text(s, "name_claim").unwrap_or_else(|| "name".to_owned()),
            subject_claim: reader.text(s, "subject_claim").unwrap_or_else(|| "sub".to_owned()),
            activities_claim: reader.text(s, "activities_claim"),
            activity_names: reader.texts(s, "activity_names", &[]),
            clock_leeway_seconds: reader.number(s, "clock_leeway_seconds", 60, 0..=600),
            timeout_seconds: reader.number(s, "timeout_seconds", 10, 1..=60),
            roles: roles(reader, s, is_for_patients),
        }
    }

    fn write(&self, out: &mut String, section: &str, more: impl FnOnce(&mut Writer<'_>)) {
        let mut writer = Writer::section(out, section);
        let file = |file: &Option<PathBuf>| file.as_ref().map(|file| file.display().to_string());
        writer
            .optional("label", self.label.as_ref())
            .optional("whom", self.is_for_patients.then_some("patients"))
            .text("issuer", &self.issuer)
            .optional("discovery_url", self.discovery_url.as_ref())
            .optional("authorization_endpoint", self.authorization_endpoint.as_ref())
            .optional("token_endpoint", self.token_endpoint.as_ref())
            .optional("jwks_uri", self.jwks_uri.as_ref())
            .optional("userinfo_endpoint", self.userinfo_endpoint.as_ref())
            .optional("end_session_endpoint", self.end_session_endpoint.as_ref())
            .text("client_id", &self.client_id)
            .text("client_authentication", self.client_authentication.name())
            .optional("client_key", file(&self.client_key))
            .optional("client_certificate", file(&self.client_certificate))
            .optional("client_key_id", self.client_key_id.as_ref())
            .optional("authority", file(&self.authority))
            .texts("scopes", &self.scopes)
            .optional("acr_values", self.acr_values.as_ref())
            .optional("fresh_acr_values", self.fresh_acr_values.as_ref())
            .text("name_claim", &self.name_claim)
            .text("subject_claim", &self.subject_claim)
            .optional("activities_claim", self.activities_claim.as_ref())
            .texts("activity_names", &self.activity_names)
            .number("clock_leeway_seconds", self.clock_leeway_seconds)
            .number("timeout_seconds", self.timeout_seconds);
        more(&mut writer);
        let _ = writeln!(out, "# client_secret = \"[secret]\"");
        if self.is_for_patients {
            return;
        }
        let mut roles = Writer::section(out, &format!("{section}.roles"));
        for (claim, role) in &self.roles {
            roles.text(&toml::Value::String(claim.clone()).to_string(), role.name());
        }
    }
}

fn roles(reader: &mut Reader, s: &str, is_for_patients: bool) -> Vec<(String, RoleName)> {
    let mut roles = Vec::new();
    match reader.table(s, "roles") {
        None if is_for_patients => {}
        Some(_) if is_for_patients => {
            reader.mistake(s, "roles", "is not for patients: nobody of them has a role")
        }
        None => reader.mistake(s, "roles", "is missing: without it nobody can sign in"),
        Some(entries) => {
            for (claim, role) in entries {
                let key = format!("roles.{claim}");
                if !claim.contains('/') {
                    reader.mistake(s, &key, "must be claim/value, such as groups/doctors");
                }
                match RoleName::parse(&role) {
                    Some(role) => roles.push((claim, role)),
                    None => {
                        reader.mistake(
                            s,
                            &key,
                            "must be secretary, nurse, doctor, radiologist, administrator or auditor",
                        );
                    }
                }
            }
        }
    }
    roles.sort_by(|a, b| a.0.cmp(&b.0));
    roles
}

impl ClientAuthenticationName {
    const ALL: [Self; 4] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt, Self::TlsClientAuth];

    fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|name| name.name() == text).ok_or_else(|| {
            "must be client_secret_basic, client_secret_post, private_key_jwt or tls_client_auth".to_owned()
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
        }
    }

    /// Whether it signs with a key of this site instead of showing a secret.
    pub fn needs_key(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::TlsClientAuth)
    }
}

impl RoleName {
    fn parse(text: &str) -> Option<Self> {
        [Self::Secretary, Self::Nurse, Self::Doctor, Self::Radiologist, Self::Administrator, Self::Auditor]
            .into_iter()
            .find(|role| role.name() == text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Secretary => "secretary",
            Self::Nurse => "nurse",
            Self::Auditor => "auditor",
            Self::Doctor => "doctor",
            Self::Radiologist => "radiologist",
            Self::Administrator => "administrator",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Mistake};
    use super::*;

    const EXAMPLE: &str = include_str!("../../deploy/config.example.toml");

    /// Pro Santé Connect beside the hospital's own provider.
    const PSC: &str = "
[oidc.providers.psc]
label = \"Pro Santé Connect\"
issuer = \"https://auth.example/auth/realms/esante-wallet\"
discovery_url = \"https://auth.example/auth/realms/esante-wallet/.well-known/wallet-openid-configuration\"
client_id = \"parvis\"
client_authentication = \"tls_client_auth\"
client_key = \"/etc/parvis/psc.key\"
client_certificate = \"/etc/parvis/psc.pem\"
scopes = [\"openid\", \"scope_all\"]
acr_values = \"eidas1\"
subject_claim = \"SubjectNameID\"
activities_claim = \"SubjectRefPro.exercices.activities\"
activity_names = [\"raisonSocialeSite\"]
clock_leeway_seconds = 300
[oidc.providers.psc.roles]
\"SubjectRefPro.exercices.codeProfession/10\" = \"doctor\"
";

    fn parse(more: &str) -> Result<Config, Vec<Mistake>> {
        let is_further = |name: &str| name.starts_with("PARVIS_OIDC_") && name != "PARVIS_OIDC_CLIENT_SECRET";
        let variable = |name: &str| is_further(name).then(|| "canary".to_owned());
        Config::parse(&format!("{EXAMPLE}\n{more}"), variable)
    }

    #[test]
    fn a_file_may_leave_the_providers_to_the_page() {
        let cut = |text: &str, name: &str| {
            let (before, rest) = text.split_once(&format!("[{name}]\n")).unwrap();
            let after = rest.find("\n[").map_or("", |at| &rest[at..]);
            format!("{before}{after}")
        };
        let without = cut(&cut(EXAMPLE, "oidc.roles"), "oidc");
        for times in ["", "[oidc]\nidle_minutes = 30\n"] {
            let config = Config::parse(&format!("{without}\n{times}"), |_| None).unwrap();
            assert_eq!(config.oidc.providers, []);
            let again = Config::parse(&config.effective(), |_| None).unwrap();
            assert_eq!((again.oidc.providers, again.oidc.idle_minutes), (vec![], config.oidc.idle_minutes));
        }
        let half = format!("{without}\n[oidc]\nclient_id = \"parvis\"\n");
        let mistakes = Config::parse(&half, |_| None).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.key == "oidc.issuer"), "{mistakes:#?}");
    }

    #[test]
    fn further_providers_have_sections_and_secrets_of_their_own() {
        let config = parse(PSC).unwrap();
        let [own, psc] = config.oidc.providers.as_slice() else { panic!("there are two") };
        assert_eq!((own.key.as_str(), own.label.as_deref()), ("hospital", None));
        assert_eq!((psc.key.as_str(), psc.label.as_deref()), ("psc", Some("Pro Santé Connect")));
        assert_eq!(psc.client_authentication, ClientAuthenticationName::TlsClientAuth);
        assert_eq!(psc.clock_leeway_seconds, 300);
        assert_eq!(psc.client_secret.expose(), "canary");
        let written = config.effective();
        assert!(!written.contains("canary"));
        let again = Config::parse(&written, |name| match name {
            "PARVIS_OIDC_CLIENT_SECRET" => Some("change-me".into()),
            "PARVIS_OIDC_PSC_CLIENT_SECRET" => Some("canary".into()),
            "PARVIS_DATABASE_URL" => Some(config.database.url.expose().clone()),
            _ => None,
        });
        assert_eq!(again.unwrap(), config);
    }

    #[test]
    fn patients_have_a_provider_of_their_own_which_gives_no_role() {
        const FRANCECONNECT: &str = "
[oidc.providers.franceconnect]
label = \"FranceConnect\"
whom = \"patients\"
issuer = \"https://oidc.franceconnect.gouv.fr/api/v2\"
client_id = \"parvis\"
client_authentication = \"client_secret_post\"
acr_values = \"eidas1\"
";
        let config = parse(FRANCECONNECT).unwrap();
        let [own, patients] = config.oidc.providers.as_slice() else { panic!("there are two") };
        assert!(!own.is_for_patients && patients.is_for_patients && patients.roles.is_empty());
        assert_eq!(patients.scopes, ["openid", "given_name", "family_name", "birthdate"]);
        let again = Config::parse(&config.effective(), |name| match name {
            "PARVIS_OIDC_CLIENT_SECRET" => Some("change-me".into()),
            "PARVIS_OIDC_FRANCECONNECT_CLIENT_SECRET" => Some("canary".into()),
            "PARVIS_DATABASE_URL" => Some(config.database.url.expose().clone()),
            _ => None,
        });
        assert_eq!(again.unwrap(), config);
        let with_roles =
            format!("{FRANCECONNECT}[oidc.providers.franceconnect.roles]\n\"a/b\" = \"doctor\"\n");
        let of_all = FRANCECONNECT.replace("\"patients\"", "\"everybody\"");
        for (wrong, key) in [(with_roles, "roles"), (of_all, "whom")] {
            let mistakes = parse(&wrong).unwrap_err();
            let key = format!("oidc.providers.franceconnect.{key}");
            assert!(mistakes.iter().any(|mistake| mistake.key == key), "{mistakes:#?}");
        }
        let own = EXAMPLE.replace("[oidc]\n", "[oidc]\nwhom = \"patients\"\n");
        let mistakes = Config::parse(&own, |_| None).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.key == "oidc.whom"), "{mistakes:#?}");
    }

    #[test]
    fn a_provider_that_is_shown_a_secret_must_have_one() {
        let without = EXAMPLE.replace("client_secret = \"change-me\"", "");
        let wanted = |text: &str, given: Option<&'static str>| {
            let parsed =
                Config::parse(text, |name| given.filter(|given| *given == name).map(|_| "x".to_owned()));
            parsed
                .err()
                .unwrap_or_default()
                .into_iter()
                .map(|mistake| mistake.to_string())
                .collect::<Vec<_>>()
        };
        let said =
            "oidc.client_secret: is missing: say it here, or in PARVIS_OIDC_CLIENT_SECRET in the environment";
        assert_eq!(wanted(&without, None), [said]);
        assert_eq!(wanted(&without, Some("PARVIS_OIDC_CLIENT_SECRET")), [""; 0]);
        // One that signs with a key shows none.
        assert_eq!(wanted(&format!("{EXAMPLE}\n{PSC}"), None), [""; 0]);
        let shown = PSC.replace("tls_client_auth", "client_secret_post");
        let said = "oidc.providers.psc.client_secret: is missing: say it here, or in PARVIS_OIDC_PSC_CLIENT_SECRET in \
                    the environment";
        assert_eq!(wanted(&format!("{EXAMPLE}\n{shown}"), None), [said]);
    }

    #[test]
    fn mistakes_in_further_providers_are_told_with_their_place() {
        let wrong = "
[oidc.providers.psc]
issuer = \"https://id.hopital.example\"
client_authentication = \"private_key_jwt\"
colour = \"blue\"
idle_minutes = 5
[oidc.providers.Other]
issuer = \"https://other.example\"
client_id = \"x\"
client_authentication = \"secret\"
[oidc.providers.Other.roles]
\"groups\" = \"king\"
";
        let mistakes = parse(wrong).unwrap_err();
        for key in [
            "psc.issuer",
            "psc.client_id",
            "psc.client_key",
            "psc.roles",
            "psc.colour",
            "psc.idle_minutes",
            "Other",
            "Other.client_authentication",
            "Other.roles.groups",
        ] {
            let key = format!("oidc.providers.{key}");
            assert!(mistakes.iter().any(|mistake| mistake.key == key), "{key} is not in {mistakes:#?}");
        }
        assert!(!mistakes.iter().any(|mistake| mistake.key == "oidc.providers"), "{mistakes:#?}");
    }
}
