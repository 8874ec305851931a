//! What the hospital tells of its identity providers.

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use url::{Host, Url};

use super::{Error, LOCAL_PROVIDER};
use crate::clinical::StaffRole;
use crate::secret::Secret;

/// The providers, and how long what they say holds here.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// The first is the hospital's own; administrators set others on their page. Names and issuers are different ones.
    pub providers: Vec<ProviderSettings>,
    /// The address of this site; [`LoginSettings::CALLBACK_PATH`] and [`LoginSettings::SIGNED_OUT_PATH`] below it are
    /// registered with the providers.
    pub public_url: Url,
    /// The proxy through which providers are reached, if there is one. The environment is not asked.
    pub proxy: Option<Url>,
    /// Where providers may be, beside the hosts that are named here.
    pub egress: crate::egress::Rules,
    /// A login that is not used for this long ends. 30 minutes unless told.
    pub idle: TimeDelta,
    /// A login ends after this time in any case, but for a call that is under way. 12 hours unless told.
    pub absolute: TimeDelta,
    /// Whoever proved longer ago who they are does so again before they change what holds for everybody.
    pub fresh_within: TimeDelta,
}

/// One provider, this site as its client, and what its claims mean.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// What the settings and addresses call it: small letters, digits and hyphens.
    pub key: String,
    /// What the sign-in page calls it; `None`: the hospital's own account.
    pub label: Option<String>,
    /// The issuer, to the letter: some end in `/`, some do not.
    pub issuer: String,
    pub client_id: String,
    pub client_authentication: ClientAuthentication,
    /// Where the provider describes itself, if not at `{issuer}/.well-known/openid-configuration`.
    pub discovery_url: Option<Url>,
    /// Addresses that count instead of those that the provider describes. With the first three nothing is discovered.
    pub endpoints: Endpoints,
    /// Authorities beside those of the machine, as PEM.
    pub ca_certificate: Option<PathBuf>,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Authentication context classes asked for, best first; a sign-in with another is refused. Empty: any will do.
    pub acr_values: Vec<String>,
    /// The classes of which one is needed for what is privileged. Empty: any will do.
    pub fresh_acr_values: Vec<String>,
    /// It opens documents to patients and signs no staff in: no claim of it gives a role.
    pub is_for_patients: bool,
    /// Which claims give which role. Somebody whom none gives a role is refused.
    pub roles: Vec<RoleRule>,
    /// The claim with the person's name, as in [`RoleRule::claim`]; usually `name`.
    pub name_claim: String,
    /// The claim by which a person is known here, as in [`RoleRule::claim`]; usually `sub`, a national number otherwise.
    pub subject_claim: String,
    /// The claim with a list of activities, of which the person chooses one when there are several.
    pub activities_claim: Option<String>,
    /// Which claims of an activity name it, those that are there joined.
    pub activity_names: Vec<String>,
    /// How far the provider's clock and ours may be apart.
    pub leeway: TimeDelta,
    /// How long the provider has for one answer.
    pub timeout: Duration,
}

/// How this site proves itself at the token endpoint (OpenID Connect Core 1.0 section 9, RFC 8705 section 2).
#[derive(Clone, Debug)]
pub enum ClientAuthentication {
    /// `client_secret_basic`
    Basic(Secret<String>),
    /// `client_secret_post`
    Post(Secret<String>),
    /// `private_key_jwt`: RS256, ES256 or EdDSA, as the key is.
    PrivateKey { key: PathBuf, id: Option<String> },
    /// `tls_client_auth` and `self_signed_tls_client_auth`.
    Tls { certificate: PathBuf, key: PathBuf },
}

/// Addresses of a provider, by their names in its metadata (OpenID Connect Discovery 1.0 section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    pub authorization: Option<Url>,
    pub token: Option<Url>,
    pub jwks: Option<Url>,
    pub userinfo: Option<Url>,
    pub end_session: Option<Url>,
}

/// One line of the table from claims to roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    /// A claim of the ID token or of userinfo: its whole name, or the path to it with dots (`realm_access.roles`). A list on the way
    /// stands for each of its elements.
    pub claim: String,
    /// The claim must be this text, or a list that holds it.
    pub value: String,
    pub role: StaffRole,
}

impl LoginSettings {
    /// Where the provider of the hospital sends the browser back, below `public_url`; others with their name below that.
    pub const CALLBACK_PATH: &str = "login/callback";
    /// Where a provider sends the browser after sign-out, below `public_url`.
    pub const SIGNED_OUT_PATH: &str = "login/signed-out";
    /// For `idle`, unless told.
    pub const DEFAULT_IDLE: TimeDelta = TimeDelta::minutes(30);
    /// For `absolute`, unless told.
    pub const DEFAULT_ABSOLUTE: TimeDelta = TimeDelta::hours(12);

    /// The redirect URI to register with a provider: each has its own, so that none can pass for another (RFC 9700 section 4.4.2).
    pub fn callback_url(&self, provider: &ProviderSettings) -> Url {
        if provider.is_for_patients {
            return below(&self.public_url, &format!("{}/{}", Self::PATIENT_CALLBACK_PATH, provider.key));
        }
        let is_first = self.providers.first().is_some_and(|first| first.key == provider.key);
        if is_first {
            below(&self.public_url, Self::CALLBACK_PATH)
        } else {
            below(&self.public_url, &format!("{}/{}", Self::CALLBACK_PATH, provider.key))
        }
    }

    /// The post-logout redirect URI to register with every provider.
    pub fn signed_out_url(&self) -> Url {
        below(&self.public_url, Self::SIGNED_OUT_PATH)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        for (at, provider) in self.providers.iter().enumerate() {
            provider.check().map_err(Error::Provider)?;
            let before = self.providers.get(..at).unwrap_or_default();
            if before.iter().any(|other| other.key == provider.key || other.issuer == provider.issuer) {
                return Err(Error::Settings("two providers have one name or one issuer"));
            }
        }
        if !matches!(self.public_url.scheme(), "https" | "http") {
            return Err(Error::Settings("the public address of this site is not an https address"));
        }
        if self.idle <= TimeDelta::zero() || self.absolute <= TimeDelta::zero() {
            return Err(Error::Settings("a login would end at once"));
        }
        Ok(())
    }
}

impl ProviderSettings {
    /// For `leeway`, unless told.
    pub const DEFAULT_LEEWAY: TimeDelta = TimeDelta::seconds(60);
    /// For `timeout`, unless told.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// One that tells everything by the standard's own names.
    pub fn new(
        key: impl Into<String>,
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_authentication: ClientAuthentication,
        roles: Vec<RoleRule>,
    ) -> Self {
        Self {
            key: key.into(),
            label: None,
            issuer: issuer.into(),
            client_id: client_id.into(),
            client_authentication,
            discovery_url: None,
            endpoints: Endpoints::default(),
            ca_certificate: None,
            scopes: ["profile", "groups"].map(str::to_owned).to_vec(),
            acr_values: Vec::new(),
            fresh_acr_values: Vec::new(),
            is_for_patients: false,
            roles,
            name_claim: "name".to_owned(),
            subject_claim: "sub".to_owned(),
            activities_claim: None,
            activity_names: Vec::new(),
            leeway: Self::DEFAULT_LEEWAY,
            timeout: Self::DEFAULT_TIMEOUT,
        }
    }

    /// Every address of the provider that the hospital has written down itself.
    pub(super) fn named(&self) -> impl Iterator<Item = Url> {
        let Endpoints { token, jwks, userinfo, .. } = self.endpoints.clone();
        let described = [Url::parse(&self.issuer).ok(), self.discovery_url.clone()];
        described.into_iter().chain([token, jwks, userinfo]).flatten()
    }

    pub(super) fn check(&self) -> Result<(), BadProvider> {
        let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.key.is_empty() || !self.key.chars().all(is_key) || self.key == LOCAL_PROVIDER {
            return Err(BadProvider::Key);
        }
        self.check_addresses()?;
        if self.client_id.is_empty() {
            return Err(BadProvider::Client);
        }
        match (self.is_for_patients, self.roles.is_empty()) {
            (false, true) => Err(BadProvider::Roles),
            (true, false) => Err(BadProvider::PatientRoles),
            _ => Ok(()),
        }
    }

    /// Where it is asked: by TLS, and without only on this machine (OpenID Connect Discovery 1.0 section 4).
    pub(super) fn check_addresses(&self) -> Result<(), BadProvider> {
        let is_issuer = |url: &Url| {
            let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            is_safe(url, false) && is_plain
        };
        if !Url::parse(&self.issuer).is_ok_and(|url| is_issuer(&url)) {
            return Err(BadProvider::Issuer);
        }
        if self.discovery_url.as_ref().is_some_and(|url| !is_safe(url, !self.is_on_this_machine())) {
            return Err(BadProvider::Discovery);
        }
        Ok(())
    }

    /// The demo's provider and those of tests speak plain HTTP on this machine.
    pub(super) fn is_on_this_machine(&self) -> bool {
        self.issuer.starts_with("http:")
    }
}

/// Why a provider cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProvider {
    #[error("the name of a provider is not of small letters, digits and hyphens")]
    Key,
    #[error("the issuer is not an https address")]
    Issuer,
    #[error("the address of its description is not an https address")]
    Discovery,
    #[error("the client has no identifier")]
    Client,
    #[error("no claim gives a role, so that nobody could sign in")]
    Roles,
    #[error("a provider of patients gives no role")]
    PatientRoles,
    #[error("another provider has that name")]
    KeyTaken,
    #[error("another provider has that issuer")]
    IssuerTaken,
    #[error("it is not asked")]
    Egress(#[source] crate::egress::Refused),
}

/// An address that may be asked: by TLS, and without only on this machine. `must_be_tls`: not even there.
pub(super) fn is_safe(url: &Url, must_be_tls: bool) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => {
            !must_be_tls
                && match url.host() {
                    Some(Host::Domain(name)) => name == "localhost",
                    Some(Host::Ipv4(address)) => address.is_loopback(),
                    Some(Host::Ipv6(address)) => address.is_loopback(),
                    None => false,
                }
        }
        _ => false,
    }
}

pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let is = |text: &str, must| is_safe(&Url::parse(text).unwrap(), must);
        for good in ["http://127.0.0.1:4500/x", "http://localhost/", "http://[::1]:1/"] {
            assert!(is(good, false), "{good}");
            assert!(!is(good, true), "{good}");
        }
        for bad in [
            "http://id.hopital.example/",
            "http://127.0.0.1.evil.example/",
            "ftp://localhost/",
            "file:///etc",
        ] {
            assert!(!is(bad, false), "{bad}");
        }
        assert!(is("https://id.hopital.example/x", true));
    }

    #[test]
    fn each_provider_has_its_own_way_back_and_no_name_twice() {
        let rule = RoleRule { claim: "groups".into(), value: "x".into(), role: StaffRole::Doctor };
        let provider = |key: &str, issuer: &str| {
            let secret = ClientAuthentication::Basic(Secret::new("s".to_owned()));
            ProviderSettings::new(key, issuer, "parvis", secret, vec![rule.clone()])
        };
        let settings = |providers| LoginSettings {
            providers,
            public_url: Url::parse("https://visio.hopital.example/").unwrap(),
            proxy: None,
            egress: crate::egress::Rules::default(),
            idle: LoginSettings::DEFAULT_IDLE,
            absolute: LoginSettings::DEFAULT_ABSOLUTE,
            fresh_within: TimeDelta::minutes(15),
        };
        let (hospital, psc) =
            (provider("hospital", "https://a.example"), provider("psc", "https://b.example"));
        let both = settings(vec![hospital.clone(), psc.clone()]);
        assert_eq!(both.callback_url(&hospital).path(), "/login/callback");
        assert_eq!(both.callback_url(&psc).path(), "/login/callback/psc");
        both.check().unwrap();
        settings(vec![hospital.clone(), provider("psc", "https://a.example")]).check().unwrap_err();
        settings(vec![hospital, provider("hospital", "https://c.example")]).check().unwrap_err();
        settings(vec![provider("Hospital", "https://c.example")]).check().unwrap_err();
        settings(vec![provider("local", "https://c.example")]).check().unwrap_err();
        settings(vec![provider("h", "http://id.hopital.example")]).check().unwrap_err();
    }
}
