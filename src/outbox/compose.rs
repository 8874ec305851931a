//! What a message says: texts filled in, and the calendar entry beside a mail.

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::{self, Invitation, Method};
use super::{OutboxSettings, Secret};
use crate::clinical::{
    Appointment, Chain, Channel, Language, Message, MessageKind, NewLink, Template, Values, fill, html,
    sms_parts, standard, time_in_words, when_in_words,
};

/// What a message is written from.
pub(super) struct Facts<'a> {
    pub(super) message: &'a Message,
    pub(super) appointment: &'a Appointment,
    pub(super) chain: &'a Chain,
    pub(super) language: Language,
    /// Empty: the hospital's own number is told.
    pub(super) service_telephone: String,
    pub(super) to: &'a str,
    pub(super) link: Option<&'a NewLink>,
    pub(super) code: Option<&'a Secret<String>>,
}

/// A message, ready to go.
pub(super) struct Written {
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
    /// For a mail.
    pub(super) html: String,
    pub(super) calendar: Option<(Method, String)>,
    /// The part of the `Message-ID` before the `@`.
    pub(super) mail_id: String,
}

/// A message as an administrator sees it before it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub subject: String,
    pub text: String,
    /// In how many parts an SMS would go; 1 for a mail.
    pub parts: usize,
}

/// Writes a message. A text of the hospital's own that cannot say what it must, because it is from before a change of the program, is
/// passed over.
pub(super) fn write(settings: &OutboxSettings, facts: &Facts<'_>, own: Option<Template>) -> Written {
    let (message, appointment) = (facts.message, facts.appointment);
    let own = own.filter(|own| own.faults(message.kind, message.channel).is_empty());
    let template = own.unwrap_or_else(|| standard(message.kind, message.channel, facts.language));
    let words = |at: DateTime<Utc>| {
        when_in_words(at.with_timezone(&settings.hospital.time_zone).naive_local(), facts.language)
    };
    let starts_at = appointment.starts_at.with_timezone(&settings.hospital.time_zone).naive_local();
    let link = facts.link.map(|link| link.address(settings.public_url.as_str()));
    let telephone = match facts.service_telephone.as_str() {
        "" => settings.hospital.telephone.clone(),
        own => own.to_owned(),
    };
    let values = Values {
        when: words(appointment.starts_at),
        time: time_in_words(starts_at, facts.language),
        was: facts.chain.was_at.map(words).unwrap_or_default(),
        link: link.clone().unwrap_or_default(),
        hospital: settings.hospital.name.clone(),
        telephone: telephone.clone(),
        minutes: message.minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
        code: facts.code.map(|code| code.expose().clone()).unwrap_or_default(),
    };
    let method = match (message.channel, message.kind) {
        (Channel::Email, MessageKind::Invitation | MessageKind::Change) => Some(Method::Request),
        (Channel::Email, MessageKind::Cancellation) => Some(Method::Cancel),
        _ => None,
    };
    let calendar = method.map(|method| {
        let invitation = Invitation {
            method,
            host: settings.public_url.host_str().unwrap_or("localhost"),
            chain: facts.chain,
            starts_at: appointment.starts_at,
            ends_at: appointment.ends_at,
            stamped_at: message.queued_at,
            language: facts.language,
            hospital: &settings.hospital.name,
            telephone: &telephone,
            organizer: settings.mail.as_ref().map_or("", |mail| &mail.from),
            attendee: facts.to,
            link: link.as_deref(),
        };
        (method, calendar::invitation(&invitation))
    });
    Written {
        to: facts.to.to_owned(),
        subject: fill(&template.subject, &values),
        text: fill(&template.body, &values),
        html: match message.channel {
            Channel::Email => html(&template.body, &values, facts.language),
            Channel::Sms => String::new(),
        },
        calendar,
        mail_id: message.mail_id(),
    }
}

/// What a text would make of a message: with the hospital's own name and number, a time of the next day, and a link that leads nowhere.
pub(super) fn preview(
    settings: &OutboxSettings,
    channel: Channel,
    language: Language,
    template: &Template,
) -> Preview {
    // Any day does, as long as everybody sees that it is an example.
    let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_819) + TimeDelta::minutes(13 * 60 + 30);
    let local = at.with_timezone(&settings.hospital.time_zone).naive_local();
    let values = Values {
        when: when_in_words(local, language),
        time: time_in_words(local, language),
        was: when_in_words(local - TimeDelta::days(7), language),
        link: format!(
            "{}/join#exemple-{}",
            settings.public_url.as_str().trim_end_matches('/'),
            "x".repeat(35)
        ),
        hospital: settings.hospital.name.clone(),
        telephone: settings.hospital.telephone.clone(),
        minutes: "15".to_owned(),
        code: "123456".to_owned(),
    };
    let text = fill(&template.body, &values);
    let parts = match channel {
        Channel::Email => 1,
        Channel::Sms => sms_parts(&text),
    };
    Preview { subject: fill(&template.subject, &values), text, parts }
}
