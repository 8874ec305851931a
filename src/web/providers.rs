//! The identity providers: those of the file of settings are shown, others are set, tried, switched off and removed here.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Edge;
use super::extract::{Body, One, Proven, SignedIn};
use super::people::{change, may_administer, may_change};
use super::problem::Failure;
use crate::clinical::Appointment;
use crate::login::{
    BadProvider, ClientAuthentication, ProviderFault, ProviderTold, TrialFault, TrialFaultKind, Tried,
};
use crate::protocol::{
    ClientAuthenticationWord, ProblemCode, ProviderEntry, ProviderFaultWord, ProviderRequest, ProviderSwitch,
    ProviderTrial, ProvidersState, RoleRuleEntry, SettingWord, StaffRoleWord, time,
};
use crate::secret::{Pii, Secret};
use crate::store::{Constraint, Error, SecretMethod, SettingChange, StoredProvider, StoredRoleRule};

/// The longest address, name of a claim, or secret, in bytes.
const LONGEST: usize = 500;
/// The most entries of one list.
const MOST: usize = 50;

fn refused(code: ProblemCode, detail: &str) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

/// `GET /api/admin/providers`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<ProvidersState>, Failure> {
    may_administer(&signed_in)?;
    let counts = edge.login.counts().await?;
    let entries = edge.login.providers().await.into_iter().map(|told| {
        let count = counts.iter().find(|(provider, _)| *provider == told.key);
        entry(told, count.map_or(0, |(_, logins)| *logins))
    });
    let below = |path: &str| format!("{}/{path}", edge.public_url.as_str().trim_end_matches('/'));
    Ok(Json(ProvidersState {
        providers: entries.collect(),
        callback_start: below("login/callback/"),
        signed_out_url: below("login/signed-out"),
        back_channel_logout_url: below("login/back-channel-logout"),
        patient_callback_start: below("documents/callback/"),
        patient_signed_out_url: below("documents/signed-out"),
    }))
}

fn entry(told: ProviderTold, logins: u32) -> ProviderEntry {
    let settings = told.settings;
    let authentication = match settings.client_authentication {
        ClientAuthentication::Basic(_) => ClientAuthenticationWord::ClientSecretBasic,
        ClientAuthentication::Post(_) => ClientAuthenticationWord::ClientSecretPost,
        ClientAuthentication::PrivateKey { .. } => ClientAuthenticationWord::PrivateKeyJwt,
        ClientAuthentication::Tls { .. } => ClientAuthenticationWord::TlsClientAuth,
    };
    let rule = |rule: crate::login::RoleRule| RoleRuleEntry {
        claim: rule.claim,
        value: rule.value,
        role: rule.role.into(),
    };
    ProviderEntry {
        provider: told.key,
        label: told.label,
        issuer: told.issuer,
        client_id: settings.client_id,
        authentication,
        discovery_url: settings.discovery_url.map(Into::into),
        scopes: settings.scopes,
        acr_values: settings.acr_values,
        fresh_acr_values: settings.fresh_acr_values,
        roles: settings.roles.into_iter().map(rule).collect(),
        name_claim: settings.name_claim,
        subject_claim: settings.subject_claim,
        is_for_patients: settings.is_for_patients,
        is_of_file: told.is_of_file,
        is_on: told.is_on,
        callback_url: told.callback_url.into(),
        logins,
        reached_at: told.reached.at.map(time),
        failing_since: told.reached.failing_since.map(time),
    }
}

/// What was typed, put in order; `before` is what it changes.
fn read(
    edge: &Edge,
    request: ProviderRequest,
    before: Option<&StoredProvider>,
) -> Result<StoredProvider, Failure> {
    let now = edge.clock.now();
    let line = |text: &str| text.trim().to_owned();
    let is_line = |text: &str| text.len() <= LONGEST && !text.contains(char::is_control);
    let texts = [&request.issuer, &request.client_id, &request.name_claim, &request.subject_claim];
    let optional = [&request.discovery_url, &request.client_secret].into_iter().flatten();
    let lists = [&request.scopes, &request.acr_values, &request.fresh_acr_values];
    let rules = request.roles.iter().flat_map(|rule| [&rule.claim, &rule.value]);
    let all = texts.into_iter().chain(optional).chain(lists.into_iter().flatten()).chain(rules);
    let is_short = lists.into_iter().all(|list| list.len() <= MOST) && request.roles.len() <= MOST;
    if !is_short || !all.into_iter().all(|text| is_line(text)) {
        return Err(Failure::bad_request("a field is too long, or holds what no line holds"));
    }
    let label = line(&request.label);
    if label.is_empty() || label.chars().count() > Appointment::MAX_NAME || label.contains(char::is_control) {
        let detail = "a provider has a name of at most 120 characters on the page of the sign-in";
        return Err(refused(ProblemCode::NameMissing, detail));
    }
    let authentication = match request.authentication {
        ClientAuthenticationWord::ClientSecretBasic => SecretMethod::Basic,
        ClientAuthenticationWord::ClientSecretPost => SecretMethod::Post,
        ClientAuthenticationWord::PrivateKeyJwt | ClientAuthenticationWord::TlsClientAuth => {
            let detail = "what needs a file with a key is set in the file of settings";
            return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::SetInFile, detail));
        }
    };
    let given = request.client_secret.filter(|secret| !secret.is_empty()).map(Secret::new);
    let discovery_url = request.discovery_url.map(|url| line(&url)).filter(|url| !url.is_empty());
    // A secret goes with whom it is shown to: whoever changes that types it again.
    let kept =
        before.filter(|known| known.issuer == line(&request.issuer) && known.discovery_url == discovery_url);
    let client_secret = given.or_else(|| kept.map(|known| known.client_secret.clone()));
    let client_secret = client_secret
        .ok_or_else(|| refused(ProblemCode::ClientSecretMissing, "there is no client secret"))?;
    // Each of them stands between spaces in a request (RFC 6749 section 3.3).
    let words = |list: Vec<String>| -> Vec<String> {
        list.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
    };
    let or = |text: &str, usual: &str| if text.trim().is_empty() { usual.to_owned() } else { line(text) };
    let rule = |rule: RoleRuleEntry| StoredRoleRule {
        claim: line(&rule.claim),
        value: line(&rule.value),
        role: rule.role.into(),
    };
    let roles: Vec<_> = request.roles.into_iter().map(rule).collect();
    if roles.iter().any(|rule| rule.claim.is_empty() || rule.value.is_empty()) {
        return Err(refused(ProblemCode::BadRoleRules, "a rule has a claim and a value"));
    }
    Ok(StoredProvider {
        id: before.map_or_else(|| edge.clock.new_uuid(), |known| known.id),
        key: before.map_or_else(|| line(&request.provider), |known| known.key.clone()),
        label,
        issuer: line(&request.issuer),
        client_id: line(&request.client_id),
        authentication,
        client_secret,
        discovery_url,
        scopes: words(request.scopes),
        acr_values: words(request.acr_values),
        fresh_acr_values: words(request.fresh_acr_values),
        roles,
        name_claim: or(&request.name_claim, "name"),
        subject_claim: or(&request.subject_claim, "sub"),
        // Whom it is for is said once: logins of staff would else be those of patients.
        is_for_patients: before.map_or(request.is_for_patients, |known| known.is_for_patients),
        is_on: before.is_none_or(|known| known.is_on),
        made_at: before.map_or(now, |known| known.made_at),
        changed_at: now,
    })
}

/// `POST /api/admin/providers`: it is offered from then on.
pub(super) async fn make(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<ProviderRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let made = read(&edge, request, None)?;
    edge.login.check_provider(&made).await?;
    let after = written(&facts(&made));
    let subject = Pii::new(made.label.clone());
    let change = change(&edge, &signed_in, SettingWord::ProviderMade, subject, String::new(), after);
    edge.store.add_identity_provider(&made, &change).await.map_err(taken)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/admin/providers/{provider}`: the next sign-in there is by what it says now; who is signed in stays so.
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
    Body(request): Body<ProviderRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = set(&edge, &key).await?;
    let after = read(&edge, request, Some(&before))?;
    edge.login.check_provider(&after).await?;
    let (was, is) = differences(&before, &after);
    let subject = Pii::new(after.label.clone());
    let change = change(&edge, &signed_in, SettingWord::ProviderChanged, subject, was, is);
    put_changed(&edge, &before, &after, &change).await
}

/// `POST /api/admin/providers/{provider}/switch`: one that is off is not offered, and nobody comes in by it. Who is signed in stays so unless
/// the administrator says otherwise.
pub(super) async fn switch(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
    Body(request): Body<ProviderSwitch>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = set(&edge, &key).await?;
    let after = StoredProvider { is_on: request.is_on, changed_at: edge.clock.now(), ..before.clone() };
    let what = if request.is_on { SettingWord::ProviderOn } else { SettingWord::ProviderOff };
    let is = ended(on(after.is_on), request.ends_logins);
    let change =
        change(&edge, &signed_in, what, Pii::new(after.label.clone()), on(before.is_on).to_owned(), is);
    put_changed(&edge, &before, &after, &change).await?;
    end_logins(&edge, &key, request.ends_logins).await
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Removal {
    #[serde(default)]
    ends_logins: bool,
}

/// `DELETE /api/admin/providers/{provider}?endsLogins=true`
pub(super) async fn remove(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
    Query(removal): Query<Removal>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = set(&edge, &key).await?;
    let was = written(&facts(&before));
    let is = ended("", removal.ends_logins);
    let subject = Pii::new(before.label.clone());
    let change = change(&edge, &signed_in, SettingWord::ProviderRemoved, subject, was, is);
    found(edge.store.remove_identity_provider(before.id, &edge.login.ways_of_file(), &change).await?)?;
    end_logins(&edge, &key, removal.ends_logins).await
}

async fn end_logins(edge: &Edge, key: &str, is_wanted: bool) -> Result<StatusCode, Failure> {
    if is_wanted {
        let ended = edge.login.end_all_at(key).await?;
        tracing::info!(provider = key, ended, "the logins of a provider were ended");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/admin/provider-trial`: asks one that is not set yet who it is.
pub(super) async fn try_draft(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(mut request): Body<ProviderRequest>,
) -> Result<Json<ProviderTrial>, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    // It needs neither to be asked.
    request.client_secret = Some("-".to_owned());
    request.roles = Vec::new();
    let draft = read(&edge, ProviderRequest { label: "-".to_owned(), ..request }, None)?;
    let tried = match edge.login.try_draft(&draft).await {
        Ok(tried) => tried,
        Err(crate::login::Error::Provider(bad)) => return Err(bad.into()),
        Err(error) => return Err(Failure::internal(&error)),
    };
    Ok(Json(trial(tried)))
}

/// `POST /api/admin/providers/{provider}/trial`: asks one that is set, here or in the file.
pub(super) async fn try_out(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
) -> Result<Json<ProviderTrial>, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let tried = edge.login.try_provider(&key).await.ok_or_else(Failure::not_found)?;
    Ok(Json(trial(tried)))
}

fn trial(tried: Result<Tried, ProviderFault>) -> ProviderTrial {
    let nothing = ProviderTrial {
        fault: None,
        about: String::new(),
        keys: 0,
        authorization_host: String::new(),
        has_userinfo: false,
        has_sign_out: false,
        clock_ahead_s: None,
    };
    match tried {
        Ok(tried) => {
            let fault = match tried.keys {
                0 => Some(ProviderFaultWord::NoKeys),
                _ => tried.is_clock_wrong.then_some(ProviderFaultWord::Clock),
            };
            ProviderTrial {
                fault,
                about: String::new(),
                keys: u32::try_from(tried.keys).unwrap_or(u32::MAX),
                authorization_host: tried.authorization_host,
                has_userinfo: tried.has_userinfo,
                has_sign_out: tried.has_sign_out,
                clock_ahead_s: tried.clock_ahead_s.map(|ahead| i32::try_from(ahead).unwrap_or(i32::MAX)),
            }
        }
        Err(fault) => {
            let TrialFault { kind, about } = TrialFault::from(&fault);
            ProviderTrial { fault: Some(word(kind)), about, ..nothing }
        }
    }
}

fn word(kind: TrialFaultKind) -> ProviderFaultWord {
    match kind {
        TrialFaultKind::NoAddress => ProviderFaultWord::NoAddress,
        TrialFaultKind::NoConnection => ProviderFaultWord::NoConnection,
        TrialFaultKind::Slow => ProviderFaultWord::Slow,
        TrialFaultKind::Untrusted => ProviderFaultWord::Untrusted,
        TrialFaultKind::Status => ProviderFaultWord::Status,
        TrialFaultKind::Unreadable => ProviderFaultWord::Unreadable,
        TrialFaultKind::OtherIssuer => ProviderFaultWord::OtherIssuer,
        TrialFaultKind::MissingEndpoint => ProviderFaultWord::MissingEndpoint,
        TrialFaultKind::UnsafeAddress => ProviderFaultWord::UnsafeAddress,
        TrialFaultKind::HostNotNamed => ProviderFaultWord::HostNotNamed,
        TrialFaultKind::AddressForbidden => ProviderFaultWord::AddressForbidden,
    }
}

/// A provider that was set on the page.
async fn set(edge: &Edge, key: &str) -> Result<StoredProvider, Failure> {
    let all = edge.store.identity_providers().await?;
    if let Some(known) = all.into_iter().find(|known| known.key == key) {
        return Ok(known);
    }
    let is_of_file = edge.login.providers().await.iter().any(|told| told.key == key && told.is_of_file);
    if is_of_file {
        let detail = "this provider is set in the file of settings and changed there alone";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::SetInFile, detail));
    }
    Err(Failure::not_found())
}

fn found(is: bool) -> Result<StatusCode, Failure> {
    if is { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::not_found()) }
}

/// Writes a change, unless somebody else has changed the provider since `before` was read, or no administrator could come in any more.
async fn put_changed(
    edge: &Edge,
    before: &StoredProvider,
    after: &StoredProvider,
    change: &SettingChange,
) -> Result<StatusCode, Failure> {
    let of_file = edge.login.ways_of_file();
    let is_put = edge.store.put_identity_provider(after, before.changed_at, &of_file, change).await;
    if is_put.map_err(taken)? {
        return Ok(StatusCode::NO_CONTENT);
    }
    set(edge, &before.key).await?;
    let detail = "somebody else has changed this provider a moment ago: look at it again";
    Err(Failure::new(StatusCode::CONFLICT, ProblemCode::Stale, detail))
}

fn taken(error: Error) -> Failure {
    let code = match &error {
        Error::Constraint(Constraint::ProviderKey) => ProblemCode::ProviderKeyTaken,
        Error::Constraint(Constraint::ProviderIssuer) => ProblemCode::IssuerTaken,
        _ => return error.into(),
    };
    Failure::new(StatusCode::CONFLICT, code, error.to_string())
}

impl From<BadProvider> for Failure {
    fn from(bad: BadProvider) -> Self {
        let code = match &bad {
            BadProvider::Key => ProblemCode::BadProviderKey,
            BadProvider::Issuer => ProblemCode::BadIssuer,
            BadProvider::Discovery => ProblemCode::BadDiscovery,
            BadProvider::Client => ProblemCode::ClientIdMissing,
            BadProvider::Roles | BadProvider::PatientRoles => ProblemCode::BadRoleRules,
            BadProvider::KeyTaken => ProblemCode::ProviderKeyTaken,
            BadProvider::IssuerTaken => ProblemCode::IssuerTaken,
            BadProvider::Egress(refused) => {
                return Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    ProblemCode::EgressForbidden,
                    refused.to_string(),
                );
            }
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, bad.to_string())
    }
}

const fn on(is: bool) -> &'static str {
    if is { "on" } else { "off" }
}

/// With what became of the logins.
fn ended(state: &str, ends_logins: bool) -> String {
    match (state, ends_logins) {
        (state, false) => state.to_owned(),
        ("", true) => "logins ended".to_owned(),
        (state, true) => format!("{state}; logins ended"),
    }
}

/// What a provider is set to, by the names that the file of settings has for it; all but the secret.
fn facts(set: &StoredProvider) -> Vec<(&'static str, String)> {
    let method = match set.authentication {
        SecretMethod::Basic => "client_secret_basic",
        SecretMethod::Post => "client_secret_post",
    };
    let role = |rule: &StoredRoleRule| {
        let word = serde_json::to_value(StaffRoleWord::from(rule.role)).ok();
        let word = word.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned();
        format!("{}/{} = {word}", rule.claim, rule.value)
    };
    vec![
        ("label", set.label.clone()),
        ("for_patients", if set.is_for_patients { "true".to_owned() } else { String::new() }),
        ("issuer", set.issuer.clone()),
        ("client_id", set.client_id.clone()),
        ("client_authentication", method.to_owned()),
        ("discovery_url", set.discovery_url.clone().unwrap_or_default()),
        ("scopes", set.scopes.join(" ")),
        ("acr_values", set.acr_values.join(" ")),
        ("fresh_acr_values", set.fresh_acr_values.join(" ")),
        ("roles", set.roles.iter().map(role).collect::<Vec<_>>().join(", ")),
        ("name_claim", set.name_claim.clone()),
        ("subject_claim", set.subject_claim.clone()),
    ]
}

fn written(facts: &[(&'static str, String)]) -> String {
    let lines = facts.iter().filter(|(_, value)| !value.is_empty());
    lines.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

/// What was, and what is, of all that has changed. Of a secret nothing but that it has.
fn differences(before: &StoredProvider, after: &StoredProvider) -> (String, String) {
    let pairs = facts(before).into_iter().zip(facts(after)).filter(|(was, is)| was != is);
    let (was, mut is): (Vec<_>, Vec<_>) = pairs.unzip();
    if before.client_secret != after.client_secret {
        is.push(("client_secret", "changed".to_owned()));
    }
    (written(&was), written(&is))
}
