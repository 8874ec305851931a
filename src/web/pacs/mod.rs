//! Archives of images (PACS): set, tried, switched off and removed here by administrators; asked by the people of an appointment in [`visit`].

mod fetches;
pub(super) mod visit;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
pub use fetches::Fetches;

use super::Edge;
use super::extract::{Body, One, Proven, SignedIn};
use super::people::{change, may_administer, may_change};
use super::problem::Failure;
use crate::clinical::{Appointment, ServiceId};
use crate::pacs::{BadPacs, Node, PacsFault, PacsFaultKind, Tried, root_of};
use crate::protocol::{
    PacsEntry, PacsFaultWord, PacsRequest, PacsSignInWord, PacsSwitch, PacsTrial, ProblemCode, SettingWord,
    time,
};
use crate::secret::{Pii, Secret};
use crate::store::{Constraint, Error, PacsSignIn, StoredPacs};

/// The longest address, user or secret, in bytes.
const LONGEST: usize = 500;
/// The most services of one archive.
const MOST: usize = 200;

fn refused(code: ProblemCode, detail: impl Into<String>) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

/// `GET /api/admin/pacs`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<PacsEntry>>, Failure> {
    may_administer(&signed_in)?;
    let nodes = edge.pacs.nodes().await?;
    Ok(Json(nodes.iter().map(|node| entry(node)).collect()))
}

fn entry(node: &Node) -> PacsEntry {
    let (set, reached) = (&node.set, node.reached());
    let (sign_in, user) = match &set.sign_in {
        PacsSignIn::Nothing => (PacsSignInWord::None, ""),
        PacsSignIn::Password { user, .. } => (PacsSignInWord::Password, user.as_str()),
        PacsSignIn::Token(_) => (PacsSignInWord::Token, ""),
    };
    PacsEntry {
        pacs: set.key.clone(),
        label: set.label.clone(),
        address: set.address.clone(),
        sign_in,
        user: user.to_owned(),
        domain: set.domain.clone(),
        services: set.services.iter().map(ToString::to_string).collect(),
        is_on: set.is_on,
        reached_at: reached.at.map(time),
        failing_since: reached.failing_since.map(time),
    }
}

/// What was typed, put in order; `before` is what it changes.
fn read(edge: &Edge, request: PacsRequest, before: Option<&StoredPacs>) -> Result<StoredPacs, Failure> {
    let now = edge.clock.now();
    let line = |text: &str| text.trim().to_owned();
    let is_line = |text: &str| text.len() <= LONGEST && !text.contains(char::is_control);
    let texts = [&request.pacs, &request.address, &request.user, &request.domain];
    let is_short = texts.into_iter().chain(&request.secret).all(|text| is_line(text));
    if request.services.len() > MOST || !is_short {
        return Err(Failure::bad_request("a field is too long, or holds what no line holds"));
    }
    let label = line(&request.label);
    if label.is_empty() || label.chars().count() > Appointment::MAX_NAME || label.contains(char::is_control) {
        let detail = "an archive has a name of at most 120 characters for those who ask it";
        return Err(refused(ProblemCode::NameMissing, detail));
    }
    let services = request.services.iter().map(|id| id.parse::<ServiceId>());
    let mut services: Vec<_> =
        services.collect::<Result<_, _>>().map_err(|_| Failure::bad_request("no identifier of a service"))?;
    services.sort_unstable();
    services.dedup();
    let address = line(&request.address);
    let given = request.secret.filter(|secret| !secret.is_empty()).map(Secret::new);
    // A secret goes to whom it was given for: whoever changes that types it again.
    let origin = |address: &str| root_of(address).map(|root| root.origin());
    let known = before.filter(|known| origin(&known.address) == origin(&address));
    let user = line(&request.user);
    let missing = || refused(ProblemCode::PacsSecretMissing, "there is no password, or no token");
    let sign_in = match request.sign_in {
        PacsSignInWord::None => PacsSignIn::Nothing,
        PacsSignInWord::Password => {
            let kept = known.and_then(|known| match &known.sign_in {
                PacsSignIn::Password { user: before, password } if *before == user => Some(password.clone()),
                _ => None,
            });
            PacsSignIn::Password { password: given.or(kept).ok_or_else(missing)?, user }
        }
        PacsSignInWord::Token => {
            let kept = known.and_then(|known| match &known.sign_in {
                PacsSignIn::Token(token) => Some(token.clone()),
                _ => None,
            });
            PacsSignIn::Token(given.or(kept).ok_or_else(missing)?)
        }
    };
    Ok(StoredPacs {
        id: before.map_or_else(|| edge.clock.new_uuid(), |known| known.id),
        key: before.map_or_else(|| line(&request.pacs), |known| known.key.clone()),
        label,
        address,
        sign_in,
        domain: line(&request.domain),
        services,
        is_on: before.is_none_or(|known| known.is_on),
        made_at: before.map_or(now, |known| known.made_at),
        changed_at: now,
    })
}

/// `POST /api/admin/pacs`: it is asked from then on.
pub(super) async fn make(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<PacsRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let made = read(&edge, request, None)?;
    edge.pacs.check(&made).await?;
    let after = written(&facts(&made, &service_names(&edge, &made).await?));
    let subject = Pii::new(made.label.clone());
    let change = change(&edge, &signed_in, SettingWord::PacsMade, subject, String::new(), after);
    edge.store.add_pacs_node(&made, &change).await.map_err(taken)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/admin/pacs/{pacs}`: the next question is asked by what it says now; what is under way ends as it began.
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
    Body(request): Body<PacsRequest>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = set(&edge, &key).await?;
    let after = read(&edge, request, Some(&before))?;
    edge.pacs.check(&after).await?;
    let names = [service_names(&edge, &before).await?, service_names(&edge, &after).await?];
    let (was, is) = differences(&before, &after, &names);
    let subject = Pii::new(after.label.clone());
    let change = change(&edge, &signed_in, SettingWord::PacsChanged, subject, was, is);
    found(edge.store.put_pacs_node(&after, &change).await.map_err(taken)?)
}

/// `POST /api/admin/pacs/{pacs}/switch`: one that is off is offered to nobody.
pub(super) async fn switch(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
    Body(request): Body<PacsSwitch>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = set(&edge, &key).await?;
    let after = StoredPacs { is_on: request.is_on, changed_at: edge.clock.now(), ..before.clone() };
    let what = if request.is_on { SettingWord::PacsOn } else { SettingWord::PacsOff };
    let on = |is| if is { "on" } else { "off" }.to_owned();
    let subject = Pii::new(after.label.clone());
    let change = change(&edge, &signed_in, what, subject, on(before.is_on), on(after.is_on));
    found(edge.store.put_pacs_node(&after, &change).await?)
}

/// `DELETE /api/admin/pacs/{pacs}`: what came from it stays.
pub(super) async fn remove(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
) -> Result<StatusCode, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let before = set(&edge, &key).await?;
    let was = written(&facts(&before, &service_names(&edge, &before).await?));
    let subject = Pii::new(before.label.clone());
    let change = change(&edge, &signed_in, SettingWord::PacsRemoved, subject, was, String::new());
    found(edge.store.remove_pacs_node(before.id, &change).await?)
}

/// `POST /api/admin/pacs-trial`: asks one that is not set yet; of one that is, as far as nothing else was typed, with the secret that is kept.
pub(super) async fn try_draft(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Body(request): Body<PacsRequest>,
) -> Result<Json<PacsTrial>, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let known = edge.store.pacs_nodes().await?.into_iter().find(|known| known.key == request.pacs.trim());
    let request = PacsRequest {
        label: "-".to_owned(),
        pacs: if request.pacs.trim().is_empty() { "-".to_owned() } else { request.pacs },
        ..request
    };
    let draft = read(&edge, request, known.as_ref())?;
    let tried = edge.pacs.try_draft(&draft).await?;
    Ok(Json(trial(tried)))
}

/// `POST /api/admin/pacs/{pacs}/trial`: asks one that is set.
pub(super) async fn try_out(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(key): One<String>,
) -> Result<Json<PacsTrial>, Failure> {
    may_change(&edge, &signed_in, &proven).await?;
    let node = edge.pacs.node(&key).await?.ok_or_else(Failure::not_found)?;
    Ok(Json(trial(node.try_out().await)))
}

fn trial(tried: Result<Tried, PacsFault>) -> PacsTrial {
    match tried {
        Ok(tried) => PacsTrial {
            fault: None,
            about: String::new(),
            took_ms: u32::try_from(tried.took.as_millis()).unwrap_or(u32::MAX),
        },
        Err(fault) => {
            let (fault, about) = told(&fault);
            PacsTrial { fault: Some(fault), about, took_ms: 0 }
        }
    }
}

/// A fault as the wire tells it, and what it is about.
fn told(fault: &PacsFault) -> (PacsFaultWord, String) {
    let (kind, about) = fault.told();
    let word = match kind {
        PacsFaultKind::NoAddress => PacsFaultWord::NoAddress,
        PacsFaultKind::NoConnection => PacsFaultWord::NoConnection,
        PacsFaultKind::Slow => PacsFaultWord::Slow,
        PacsFaultKind::Busy => PacsFaultWord::Busy,
        PacsFaultKind::Untrusted => PacsFaultWord::Untrusted,
        PacsFaultKind::AddressForbidden => PacsFaultWord::AddressForbidden,
        PacsFaultKind::NotSignedIn => PacsFaultWord::NotSignedIn,
        PacsFaultKind::Redirected => PacsFaultWord::Redirected,
        PacsFaultKind::Status => PacsFaultWord::Status,
        PacsFaultKind::TooLong => PacsFaultWord::TooLong,
        PacsFaultKind::NotDicomweb => PacsFaultWord::NotDicomweb,
        PacsFaultKind::Cut => PacsFaultWord::Cut,
    };
    (word, about)
}

async fn set(edge: &Edge, key: &str) -> Result<StoredPacs, Failure> {
    let all = edge.store.pacs_nodes().await?;
    all.into_iter().find(|known| known.key == key).ok_or_else(Failure::not_found)
}

fn found(is: bool) -> Result<StatusCode, Failure> {
    if is { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::not_found()) }
}

fn taken(error: Error) -> Failure {
    match &error {
        Error::Constraint(Constraint::PacsKey) => {
            Failure::new(StatusCode::CONFLICT, ProblemCode::PacsKeyTaken, error.to_string())
        }
        _ => error.into(),
    }
}

impl From<BadPacs> for Failure {
    fn from(bad: BadPacs) -> Self {
        let code = match &bad {
            BadPacs::Key => ProblemCode::BadPacsKey,
            BadPacs::Address => ProblemCode::BadPacsAddress,
            BadPacs::Plain => ProblemCode::PacsUnprotected,
            BadPacs::SignIn => ProblemCode::BadPacsSignIn,
            BadPacs::Domain => ProblemCode::BadDomain,
            BadPacs::Egress(_) => ProblemCode::EgressForbidden,
        };
        refused(code, bad.to_string())
    }
}

/// What its services are called, of those that are known.
async fn service_names(edge: &Edge, set: &StoredPacs) -> Result<String, Failure> {
    if set.services.is_empty() {
        return Ok(String::new());
    }
    let all = edge.store.services().await?;
    let names = all.into_iter().filter(|service| set.services.contains(&service.id));
    Ok(names.map(|service| service.name).collect::<Vec<_>>().join(", "))
}

/// What an archive is set to; all but the secret.
fn facts(set: &StoredPacs, services: &str) -> Vec<(&'static str, String)> {
    let (sign_in, user) = match &set.sign_in {
        PacsSignIn::Nothing => ("none", ""),
        PacsSignIn::Password { user, .. } => ("password", user.as_str()),
        PacsSignIn::Token(_) => ("token", ""),
    };
    vec![
        ("label", set.label.clone()),
        ("address", set.address.clone()),
        ("sign_in", sign_in.to_owned()),
        ("user", user.to_owned()),
        ("domain", set.domain.clone()),
        ("services", services.to_owned()),
    ]
}

fn written(facts: &[(&'static str, String)]) -> String {
    let lines = facts.iter().filter(|(_, value)| !value.is_empty());
    lines.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

/// What was, and what is, of all that has changed. Of a secret nothing but that it has.
fn differences(before: &StoredPacs, after: &StoredPacs, services: &[String; 2]) -> (String, String) {
    let pairs = facts(before, &services[0]).into_iter().zip(facts(after, &services[1]));
    let (was, mut is): (Vec<_>, Vec<_>) = pairs.filter(|(was, is)| was != is).unzip();
    let secret = |set: &StoredPacs| match &set.sign_in {
        PacsSignIn::Nothing => None,
        PacsSignIn::Password { password: secret, .. } | PacsSignIn::Token(secret) => Some(secret.clone()),
    };
    if secret(before) != secret(after) {
        is.push(("secret", "changed".to_owned()));
    }
    (written(&was), written(&is))
}
