//! What the hospital tells of its identity provider.

use chrono::TimeDelta;
use url::Url;

use crate::clinical::StaffRole;
use crate::secret::Secret;

/// The provider, this site as its client, and what its claims mean.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// The issuer, to the letter: some end in `/`, some do not.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret<String>,
    pub client_authentication: ClientAuthentication,
    /// Where the provider describes itself, if not at `{issuer}/.well-known/openid-configuration`.
    pub discovery_url: Option<Url>,
    /// The provider's addresses, for one that does not describe itself; nothing is discovered then.
    pub endpoints: Option<Endpoints>,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Authentication context classes asked for, best first; a sign-in with another is refused. Empty: any will do.
    pub acr_values: Vec<String>,
    /// Which claims give which role. Somebody whom none gives a role is refused.
    pub roles: Vec<RoleRule>,
    /// The claim with the person's name, as in [`RoleRule::claim`]; usually `name`.
    pub name_claim: String,
    /// The address of this site; [`LoginSettings::CALLBACK_PATH`] and [`LoginSettings::SIGNED_OUT_PATH`] below it are
    /// registered with the provider.
    pub public_url: Url,
    /// The proxy through which the provider is reached, if there is one. The environment is not asked.
    pub proxy: Option<Url>,
    /// Where the provider may be, beside the hosts that are named here.
    pub egress: crate::egress::Rules,
    /// A login that is not used for this long ends. 30 minutes unless told.
    pub idle: TimeDelta,
    /// A login ends after this time in any case. 12 hours unless told.
    pub absolute: TimeDelta,
}

/// How this site proves itself at the token endpoint (OpenID Connect Core 1.0 section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`
    #[default]
    Basic,
    /// `client_secret_post`
    Post,
}

/// A provider's addresses, by their names in its metadata (OpenID Connect Discovery 1.0 section 3).
#[derive(Clone, Debug)]
pub struct Endpoints {
    pub authorization: Url,
    pub token: Url,
    pub jwks: Url,
    pub userinfo: Option<Url>,
    pub end_session: Option<Url>,
}

/// One line of the table from claims to roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    /// A claim of the ID token or of userinfo: its whole name, or the path to it with dots (`realm_access.roles`).
    pub claim: String,
    /// The claim must be this text, or a list that holds it.
    pub value: String,
    pub role: StaffRole,
}

impl LoginSettings {
    /// Where the provider sends the browser back, below `public_url`.
    pub const CALLBACK_PATH: &str = "login/callback";
    /// Where the provider sends the browser after sign-out, below `public_url`.
    pub const SIGNED_OUT_PATH: &str = "login/signed-out";
    /// For `idle`, unless told.
    pub const DEFAULT_IDLE: TimeDelta = TimeDelta::minutes(30);
    /// For `absolute`, unless told.
    pub const DEFAULT_ABSOLUTE: TimeDelta = TimeDelta::hours(12);

    /// The redirect URI to register with the provider.
    pub fn callback_url(&self) -> Url {
        below(&self.public_url, Self::CALLBACK_PATH)
    }

    /// The post-logout redirect URI to register with the provider.
    pub fn signed_out_url(&self) -> Url {
        below(&self.public_url, Self::SIGNED_OUT_PATH)
    }

    /// Every address that the hospital has written down itself.
    pub(super) fn named(&self) -> impl Iterator<Item = Url> {
        let of = |endpoints: &Endpoints| {
            let Endpoints { token, jwks, userinfo, .. } = endpoints.clone();
            [Some(token), Some(jwks), userinfo]
        };
        let told = self.endpoints.as_ref().map(of).into_iter().flatten().flatten();
        let single = [Url::parse(&self.issuer).ok(), self.discovery_url.clone(), self.proxy.clone()];
        single.into_iter().flatten().chain(told)
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        if !matches!(Url::parse(&self.issuer), Ok(url) if matches!(url.scheme(), "https" | "http")) {
            return Err("the issuer is not an https address");
        }
        if !matches!(self.public_url.scheme(), "https" | "http") {
            return Err("the public address of this site is not an https address");
        }
        if self.client_id.is_empty() {
            return Err("the client has no identifier");
        }
        if self.roles.is_empty() {
            return Err("no claim gives a role, so that nobody could sign in");
        }
        if self.idle <= TimeDelta::zero() || self.absolute <= TimeDelta::zero() {
            return Err("a login would end at once");
        }
        Ok(())
    }
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}
