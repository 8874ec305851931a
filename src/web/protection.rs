//! How a call and its data are protected, told from what is so: settings, the people's own proofs, the state of the gateway.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;

use super::acts::authorize;
use super::extract::{One, SignedIn};
use super::files::person;
use super::problem::Failure;
use super::{Edge, headers};
use crate::audit::hex;
use crate::clinical::{
    Appointment, AppointmentId, CameIn, Ground, LoginId, Object, Outside, OutsideKind, PractitionerId,
    SignInFact, Strength, ToldTo, Verb, people_facts,
};
use crate::config::MailSecurity;
use crate::port::CertificateNews;
use crate::protocol::{
    CertificateFact, CertificateNewsWord, DeploymentFacts, ProtectionFacts, ProviderFact, TrailFact, time,
};
use crate::store::Dialect;

/// `GET /api/protection`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<ProtectionFacts>, Failure> {
    authorize(&signed_in.actor(), Verb::SeeProtection, &Object::Hospital)?;
    let mut facts = ProtectionFacts::new(&ground_now(&edge).await, ToldTo::Staff, Vec::new());
    if authorize(&signed_in.actor(), Verb::SeeDeployment, &Object::Hospital).is_ok() {
        facts.deployment = Some(deployment(&edge).await?);
    }
    Ok(Json(facts))
}

/// `GET /api/appointments/{appointment}/protection`
pub(super) async fn of_call(
    State(edge): State<Edge>,
    One(id): One<AppointmentId>,
    headers: HeaderMap,
) -> Result<Json<ProtectionFacts>, Failure> {
    let (appointment, participant) = person(&edge, &headers, id, Verb::SeeProtection).await?;
    let is_guest = appointment.participant(participant).is_some_and(|person| person.role().is_guest());
    let to = if is_guest { ToldTo::Guest(participant) } else { ToldTo::Staff };
    let came = came_in(&edge, &appointment).await?;
    let checks = edge.store.identity_checks_of(id).await?;
    let mut names = HashMap::new();
    for check in &checks {
        if to == ToldTo::Staff && !names.contains_key(&check.by) {
            names.insert(check.by, edge.store.practitioner(check.by).await?.map(|known| known.name));
        }
    }
    let name_of = |id: PractitionerId| names.get(&id).cloned().flatten();
    let people = people_facts(to, &appointment, &came, &checks, name_of);
    Ok(Json(ProtectionFacts::new(&ground_now(&edge).await, to, people)))
}

/// What is so of the deployment, with whom administrators have set on their pages.
async fn ground_now(edge: &Edge) -> Ground {
    let mut ground = edge.ground.clone();
    let set = edge.login.providers().await.into_iter().filter(|told| !told.is_of_file && told.is_on);
    ground.outside.extend(set.filter_map(|told| {
        let issuer = url::Url::parse(&told.issuer).ok()?;
        let host = issuer.host_str()?.to_owned();
        Some(Outside { kind: OutsideKind::SignIn, host, is_encrypted: issuer.scheme() == "https" })
    }));
    if let Some(mail) = edge.outbox.mail_server().filter(|told| !told.is_of_file) {
        let is_encrypted = mail.settings.security != MailSecurity::None;
        ground.outside.push(Outside { kind: OutsideKind::Mail, host: mail.settings.host, is_encrypted });
    }
    if let Some(sms) = edge.outbox.sms_gateway().filter(|told| !told.is_of_file) {
        let url = &sms.settings.url;
        let (host, is_encrypted) = (url.host_str().unwrap_or_default().to_owned(), url.scheme() == "https");
        ground.outside.push(Outside { kind: OutsideKind::Sms, host, is_encrypted });
    }
    match edge.pacs.nodes().await {
        Ok(nodes) => ground.outside.extend(nodes.iter().filter(|node| node.set.is_on).map(|node| Outside {
            kind: OutsideKind::Pacs,
            host: node.root().host_str().unwrap_or_default().to_owned(),
            is_encrypted: node.root().scheme() == "https",
        })),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the archives that were set are not known: they are not told"
        ),
    }
    ground
}

async fn came_in(edge: &Edge, appointment: &Appointment) -> Result<Vec<CameIn>, Failure> {
    let mut came = Vec::new();
    for arrived in edge.live.came_in(appointment.id).await {
        let sign_in = match arrived.login {
            Some(login) => sign_in(edge, login).await?,
            None => None,
        };
        came.push(CameIn {
            participant: arrived.participant,
            is_in_room: arrived.is_in_room,
            assurance: arrived.assurance,
            opening: arrived.opening,
            sign_in,
        });
    }
    Ok(came)
}

async fn sign_in(edge: &Edge, login: LoginId) -> Result<Option<SignInFact>, Failure> {
    let Some(login) = edge.store.login_of(login).await? else { return Ok(None) };
    let known = edge.login.providers().await;
    // A login of before there were several, or at a provider that the settings name no more: nothing is said of it.
    let Some(provider) = known.into_iter().find(|each| login.provider.as_deref() == Some(each.key.as_str()))
    else {
        return Ok(None);
    };
    let strength = Strength::of(login.proof_class.as_deref());
    Ok(Some(SignInFact { provider: provider.label, strength, at: login.proved_at }))
}

async fn deployment(edge: &Edge) -> Result<DeploymentFacts, Failure> {
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let certificates = edge.certificates.told(edge.clock.now()).into_iter();
    let (records, _) = edge.store.audit_tip().await?;
    let providers = edge.login.providers().await.into_iter();
    Ok(DeploymentFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        certificates: certificates
            .map(|(told, news)| CertificateFact {
                issuer: told.as_ref().map(|told| told.issuer.clone()),
                until: told.as_ref().map(|told| time(told.valid.until)),
                is_self_signed: told.is_some_and(|told| told.is_self_signed),
                news: news.map(word),
            })
            .collect(),
        hsts_seconds: headers::hsts_seconds(&edge.public_url),
        database: match edge.store.dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
        }
        .to_owned(),
        frame_ancestors: edge.frame_ancestors.clone(),
        trail: TrailFact {
            records: number(records),
            signed: number(edge.store.audit_signed().await?),
            key: hex(&edge.trail.key()),
        },
        providers: providers
            .map(|told| ProviderFact {
                label: told.label,
                issuer: told.issuer,
                classes: told.classes,
                privileged_classes: told.privileged_classes,
            })
            .collect(),
        allowed_hosts: edge.allowed_hosts.clone(),
        relay_urls: edge.reach.relay_urls().to_vec(),
        is_relay_external: edge.reach.is_external(),
    })
}

fn word(news: CertificateNews) -> CertificateNewsWord {
    match news {
        CertificateNews::Expired => CertificateNewsWord::Expired,
        CertificateNews::Refused => CertificateNewsWord::Refused,
        CertificateNews::Awaited => CertificateNewsWord::Awaited,
        CertificateNews::EndsSoon => CertificateNewsWord::EndsSoon,
    }
}
