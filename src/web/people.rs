//! People as administrators see them: roles from claims and by hand, and who is disabled; and what was changed on these pages.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Edge;
use super::acts::{self, authorize};
use super::extract::{Body, One, Proven, SignedIn};
use super::problem::Failure;
use crate::clinical::{ByHand, Object, PractitionerId, StaffRole, Verb, effective_roles};
use crate::protocol::{
    PersonEntry, ProblemCode, RoleSource, RolesRequest, SettingChangeEntry, SettingWord, time,
};
use crate::secret::Pii;
use crate::store::{LOCAL_ISSUER, PersonLine, SettingChange};

/// So many changes are shown.
const SHOWN_CHANGES: u32 = 500;

pub(super) fn may_administer(signed_in: &SignedIn) -> Result<(), Failure> {
    Ok(authorize(&signed_in.actor(), Verb::Administer, &Object::Hospital)?)
}

/// Whoever changes something there has also proved a moment ago who they are.
pub(super) async fn may_change(edge: &Edge, signed_in: &SignedIn, proven: &Proven) -> Result<(), Failure> {
    may_administer(signed_in)?;
    proven.is_fresh_for(edge, Verb::Administer).await
}

/// What an administrator does now. The trail names the row, which has what was there before.
pub(super) fn change(
    edge: &Edge,
    signed_in: &SignedIn,
    what: SettingWord,
    subject: Pii<String>,
    before: String,
    after: String,
) -> SettingChange {
    let (id, at) = (edge.clock.new_uuid(), edge.clock.now());
    let what = word_of(what).to_owned();
    tracing::info!(setting_change.id = %id, setting_change.what = what, "a setting was changed");
    acts::note_detail(&format!("{what} {id}"));
    SettingChange { id, what, subject, before, after, by: signed_in.0.id, at }
}

fn word_of(what: SettingWord) -> &'static str {
    match what {
        SettingWord::Roles => "roles",
        SettingWord::Disabled => "disabled",
        SettingWord::Enabled => "enabled",
        SettingWord::TokenMade => "token_made",
        SettingWord::TokenRevoked => "token_revoked",
        SettingWord::Site => "site",
        SettingWord::Branding => "branding",
        SettingWord::Logo => "logo",
        SettingWord::ProviderMade => "provider_made",
        SettingWord::ProviderChanged => "provider_changed",
        SettingWord::ProviderOn => "provider_on",
        SettingWord::ProviderOff => "provider_off",
        SettingWord::ProviderRemoved => "provider_removed",
        SettingWord::MailServer => "mail_server",
        SettingWord::SmsGateway => "sms_gateway",
        SettingWord::PacsMade => "pacs_made",
        SettingWord::PacsChanged => "pacs_changed",
        SettingWord::PacsOn => "pacs_on",
        SettingWord::PacsOff => "pacs_off",
        SettingWord::PacsRemoved => "pacs_removed",
        SettingWord::Other => "other",
    }
}

fn word_from(word: &str) -> SettingWord {
    match word {
        "roles" => SettingWord::Roles,
        "disabled" => SettingWord::Disabled,
        "enabled" => SettingWord::Enabled,
        "token_made" => SettingWord::TokenMade,
        "token_revoked" => SettingWord::TokenRevoked,
        "site" => SettingWord::Site,
        "branding" => SettingWord::Branding,
        "logo" => SettingWord::Logo,
        "provider_made" => SettingWord::ProviderMade,
        "provider_changed" => SettingWord::ProviderChanged,
        "provider_on" => SettingWord::ProviderOn,
        "provider_off" => SettingWord::ProviderOff,
        "provider_removed" => SettingWord::ProviderRemoved,
        "mail_server" => SettingWord::MailServer,
        "sms_gateway" => SettingWord::SmsGateway,
        "pacs_made" => SettingWord::PacsMade,
        "pacs_changed" => SettingWord::PacsChanged,
        "pacs_on" => SettingWord::PacsOn,
        "pacs_off" => SettingWord::PacsOff,
        "pacs_removed" => SettingWord::PacsRemoved,
        _ => SettingWord::Other,
    }
}

pub(super) fn roles_of(person: &PersonLine) -> Vec<StaffRole> {
    effective_roles(&person.claimed, &person.by_hand, person.disabled_at.is_some())
}

fn entry(person: PersonLine, own: PractitionerId) -> PersonEntry {
    let roles = roles_of(&person).into_iter().map(Into::into).collect();
    let said = |role| {
        let found = person.by_hand.iter().find(|(of, _)| *of == role);
        found.map_or(ByHand::Nothing, |(_, said)| *said)
    };
    let sources = StaffRole::ALL.into_iter().map(|role| RoleSource {
        role: role.into(),
        is_claimed: person.claimed.contains(&role),
        by_hand: said(role).into(),
    });
    PersonEntry {
        practitioner: person.id.to_string(),
        roles,
        sources: sources.collect(),
        provider: (person.issuer != LOCAL_ISSUER).then_some(person.issuer),
        disabled_at: person.disabled_at.map(time),
        seen_at: person.seen_at.map(time),
        is_own: person.id == own,
        name: person.name.into_inner(),
    }
}

/// `GET /api/admin/people`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<PersonEntry>>, Failure> {
    may_administer(&signed_in)?;
    let people = edge.store.people().await?;
    Ok(Json(people.into_iter().map(|person| entry(person, signed_in.0.id)).collect()))
}

async fn somebody_else(
    edge: &Edge,
    signed_in: &SignedIn,
    proven: &Proven,
    id: PractitionerId,
) -> Result<PersonLine, Failure> {
    may_change(edge, signed_in, proven).await?;
    if id == signed_in.0.id {
        let detail = "nobody changes their own roles";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::OwnAccount, detail));
    }
    let people = edge.store.people().await?;
    people.into_iter().find(|person| person.id == id).ok_or_else(Failure::not_found)
}

/// `PUT /api/admin/people/{practitioner}/roles`: what is said by hand survives sign-ins. Whoever loses a role is signed out everywhere, so
/// that no page and no call goes on with it.
pub(super) async fn put_roles(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<PractitionerId>,
    Body(request): Body<RolesRequest>,
) -> Result<Json<PersonEntry>, Failure> {
    let mut person = somebody_else(&edge, &signed_in, &proven, id).await?;
    let said: Vec<(StaffRole, ByHand)> =
        request.roles.into_iter().map(|choice| (choice.role.into(), choice.by_hand.into())).collect();
    let before = roles_of(&person);
    person.by_hand.retain(|(role, _)| !said.iter().any(|(of, _)| of == role));
    person.by_hand.extend(said.iter().filter(|(_, said)| *said != ByHand::Nothing));
    let after = roles_of(&person);
    let (was, is) = (words(&before), words(&after));
    let change = change(&edge, &signed_in, SettingWord::Roles, person.name.clone(), was, is);
    let ended = edge.store.set_roles_by_hand(id, &said, &edge.login.ways_of_file(), &change).await?;
    edge.login.tell_ended(ended);
    Ok(Json(entry(person, signed_in.0.id)))
}

fn words(roles: &[StaffRole]) -> String {
    let words = roles.iter().map(|role| {
        let word = serde_json::to_value(crate::protocol::StaffRoleWord::from(*role));
        word.ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `POST /api/admin/people/{practitioner}/disable`: they are signed out everywhere, and cannot sign in.
pub(super) async fn disable(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<PractitionerId>,
) -> Result<StatusCode, Failure> {
    let person = somebody_else(&edge, &signed_in, &proven, id).await?;
    let before = words(&roles_of(&person));
    let change = change(&edge, &signed_in, SettingWord::Disabled, person.name, before, String::new());
    let (now, of_file) = (edge.clock.now(), edge.login.ways_of_file());
    let ended = edge.store.disable_practitioner(id, Some(now), &of_file, &change).await?;
    edge.login.tell_ended(ended);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/admin/people/{practitioner}/enable`
pub(super) async fn enable(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(id): One<PractitionerId>,
) -> Result<StatusCode, Failure> {
    let person = somebody_else(&edge, &signed_in, &proven, id).await?;
    let after = words(&effective_roles(&person.claimed, &person.by_hand, false));
    let change = change(&edge, &signed_in, SettingWord::Enabled, person.name, String::new(), after);
    edge.store.disable_practitioner(id, None, &edge.login.ways_of_file(), &change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/admin/changes`
pub(super) async fn changes(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<SettingChangeEntry>>, Failure> {
    may_administer(&signed_in)?;
    let people = edge.store.people().await?;
    let names: HashMap<_, _> = people.into_iter().map(|person| (person.id, person.name)).collect();
    let entries = edge.store.setting_changes(SHOWN_CHANGES).await?.into_iter().map(|change| {
        let by = names.get(&change.by).map(|name| name.expose().clone()).unwrap_or_default();
        SettingChangeEntry {
            what: word_from(&change.what),
            subject: change.subject.into_inner(),
            before: change.before,
            after: change.after,
            by,
            at: time(change.at),
        }
    });
    Ok(Json(entries.collect()))
}
