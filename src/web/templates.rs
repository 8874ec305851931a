//! The texts of messages, and when people of a service are reminded: an administrator's.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Edge;
use super::acts::authorize;
use super::extract::{Body, One, Proven, SignedIn};
use super::problem::Failure;
use crate::clinical::{
    Channel, Language, MessageKind, Object, Placeholder, ReminderPolicy, ServiceId, Template, Verb, standard,
};
use crate::protocol::{
    ChannelWord, LanguageWord, MessageKindWord, ProblemCode, ReminderEntry, ReminderRequest, TemplateEntry,
    TemplatePreview, TemplateRequest, time,
};
use crate::store::StoredTemplate;

/// Which text.
type Which = Path<(MessageKindWord, ChannelWord, LanguageWord)>;

/// `GET /api/templates`: every text, those that were written here and the program's own.
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<TemplateEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::WriteTemplates, &Object::Agenda)?;
    let written = edge.store.message_templates().await?.into_iter();
    let mut written: HashMap<_, _> =
        written.map(|text| ((text.kind, text.channel, text.language), text)).collect();
    let names: HashMap<_, _> =
        edge.store.practitioners().await?.into_iter().map(|person| (person.id, person.name)).collect();
    let mut entries = Vec::new();
    for kind in MessageKind::ALL {
        for channel in Channel::ALL {
            for language in [Language::French, Language::English] {
                let own = written.remove(&(kind, channel, language));
                let by = own.as_ref().and_then(|own| names.get(&own.changed_by));
                let (by, at) = (by.map(|name| name.expose().clone()), own.as_ref().map(|own| own.changed_at));
                let template = own.map_or_else(|| standard(kind, channel, language), |own| own.template);
                entries.push(TemplateEntry {
                    kind: kind.into(),
                    channel: channel.into(),
                    language: language.into(),
                    subject: template.subject,
                    body: template.body,
                    places: Placeholder::of(kind).iter().map(|place| (*place).into()).collect(),
                    needed: Placeholder::needed_by(kind).iter().map(|place| (*place).into()).collect(),
                    changed_by: by,
                    changed_at: at.map(time),
                });
            }
        }
    }
    Ok(Json(entries))
}

/// `POST /api/templates/{kind}/{channel}/{language}/preview`: what a text would say, and what is wrong with it. Changes nothing.
pub(super) async fn preview(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    Path((kind, channel, language)): Which,
    Body(request): Body<TemplateRequest>,
) -> Result<Json<TemplatePreview>, Failure> {
    authorize(&signed_in.actor(), Verb::WriteTemplates, &Object::Agenda)?;
    let template = template(request);
    let (kind, channel) = (kind.into(), channel.into());
    let preview = edge.outbox.preview(channel, language.into(), &template);
    Ok(Json(TemplatePreview {
        subject: preview.subject,
        text: preview.text,
        parts: u32::try_from(preview.parts).unwrap_or(u32::MAX),
        faults: template.faults(kind, channel).into_iter().map(Into::into).collect(),
    }))
}

/// `PUT /api/templates/{kind}/{channel}/{language}`
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Path((kind, channel, language)): Which,
    Body(request): Body<TemplateRequest>,
) -> Result<StatusCode, Failure> {
    authorize(&signed_in.actor(), Verb::WriteTemplates, &Object::Agenda)?;
    proven.is_fresh_for(&edge, Verb::WriteTemplates).await?;
    let template = template(request);
    let (kind, channel) = (kind.into(), channel.into());
    if let Some(fault) = template.faults(kind, channel).first() {
        let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::TemplateRefused);
        return Err(Failure::new(status, code, fault.to_string()));
    }
    let written = StoredTemplate {
        kind,
        channel,
        language: language.into(),
        template,
        changed_by: signed_in.0.id,
        changed_at: edge.clock.now(),
    };
    edge.store.put_message_template(&written).await?;
    tracing::info!(practitioner.id = %signed_in.0.id, message.kind = ?kind, "the text of messages was changed");
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE` of the same address: back to the program's own text.
pub(super) async fn remove(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    Path((kind, channel, language)): Which,
) -> Result<StatusCode, Failure> {
    authorize(&signed_in.actor(), Verb::WriteTemplates, &Object::Agenda)?;
    proven.is_fresh_for(&edge, Verb::WriteTemplates).await?;
    edge.store.remove_message_template(kind.into(), channel.into(), language.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/reminders`: when people of each service are reminded.
pub(super) async fn reminders(
    State(edge): State<Edge>,
    signed_in: SignedIn,
) -> Result<Json<Vec<ReminderEntry>>, Failure> {
    authorize(&signed_in.actor(), Verb::WriteTemplates, &Object::Agenda)?;
    let mut entries = Vec::new();
    for service in edge.store.services().await? {
        let Some(policy) = edge.store.reminder_policy(service.id).await? else { continue };
        entries.push(ReminderEntry {
            service: service.id.to_string(),
            name: service.name,
            site: service.site,
            days_before: policy.days_before.into(),
            minutes_before: policy.minutes_before.into(),
        });
    }
    Ok(Json(entries))
}

/// `PUT /api/services/{service}/reminders`
pub(super) async fn remind(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    proven: Proven,
    One(service): One<ServiceId>,
    Body(request): Body<ReminderRequest>,
) -> Result<StatusCode, Failure> {
    authorize(&signed_in.actor(), Verb::WriteTemplates, &Object::Agenda)?;
    proven.is_fresh_for(&edge, Verb::WriteTemplates).await?;
    let policy = ReminderPolicy {
        days_before: u8::try_from(request.days_before).unwrap_or(u8::MAX),
        minutes_before: u16::try_from(request.minutes_before).unwrap_or(u16::MAX),
    };
    if !policy.is_valid() {
        return Err(Failure::bad_request("people are reminded at most 14 days and 1440 minutes before"));
    }
    match edge.store.set_reminder_policy(service, policy).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::not_found()),
    }
}

fn template(request: TemplateRequest) -> Template {
    let body = request.body.replace("\r\n", "\n");
    Template { subject: request.subject.trim().to_owned(), body: body.trim().to_owned() }
}
