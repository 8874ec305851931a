use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::{
    Appointment, AppointmentId, AppointmentStatus, Contact, EmailAddress, GuestRole, Language, MessageId,
    Outcome, Part, Participant, ParticipantId, PractitionerId, TelephoneNumber,
};
use super::template::{Piece, pieces};
use super::*;

/// By the clocks of Paris, in 2026.
fn paris(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Paris.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap().to_utc()
}

fn visit(starts_at: DateTime<Utc>, booked_at: DateTime<Utc>) -> Appointment {
    let doctor = PractitionerId::new(Uuid::from_u128(9));
    let person = |id, part| Participant {
        id: ParticipantId::new(Uuid::from_u128(id)),
        name: "Hélène Lefèvre".into(),
        part,
        language: Language::French,
    };
    Appointment {
        id: AppointmentId::new(Uuid::from_u128(1)),
        starts_at,
        ends_at: starts_at + TimeDelta::minutes(30),
        service: "Oncologie".to_owned(),
        service_id: None,
        participants: vec![
            person(2, Part::Guest(GuestRole::Patient)),
            person(3, Part::Guest(GuestRole::Relative)),
            person(4, Part::Practitioner(doctor)),
        ],
        status: AppointmentStatus::Booked,
        booked_by: doctor,
        booked_at,
        note: "".into(),
    }
}

fn contact(email: bool, telephone: bool) -> Contact {
    Contact {
        email: email.then(|| EmailAddress::parse("helene@example.org").unwrap()),
        telephone: telephone.then(|| TelephoneNumber::parse("0612345678").unwrap()),
        birth_date: None,
    }
}

/// The patient has these; the practitioner, who gets none of these messages, has both.
fn contacts(email: bool, telephone: bool) -> HashMap<ParticipantId, Contact> {
    [(2, contact(email, telephone)), (4, contact(true, true))]
        .map(|(id, contact)| (ParticipantId::new(Uuid::from_u128(id)), contact))
        .into()
}

fn planned(
    visit: &Appointment,
    policy: ReminderPolicy,
    now: DateTime<Utc>,
) -> Vec<(MessageKind, Channel, DateTime<Utc>)> {
    let chain = Chain::alone(visit.id);
    let planned = plan(visit, &contacts(true, true), &chain, policy, &Paris, now);
    assert!(planned.iter().all(|message| message.participant.uuid() == Uuid::from_u128(2)));
    planned.into_iter().map(|message| (message.kind, message.channel, message.due_at)).collect()
}

#[test]
fn a_booking_brings_about_an_invitation_and_two_reminders() {
    use Channel::{Email, Sms};
    use MessageKind::{Invitation, ReminderDay, ReminderHour};
    let now = paris(11, 2, 9, 0);
    let visit = visit(paris(11, 30, 14, 30), now);
    let (day, hour) = (paris(11, 29, 14, 30), paris(11, 30, 13, 30));
    let expected = [
        (Invitation, Email, now),
        (Invitation, Sms, now),
        (ReminderDay, Email, day),
        (ReminderDay, Sms, day),
        (ReminderHour, Sms, hour),
    ];
    let mut found = planned(&visit, ReminderPolicy::default(), now);
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_day_before_is_at_the_same_time_by_the_clocks_of_the_hospital() {
    let now = paris(3, 1, 9, 0);
    let day = |visit: &Appointment, days_before| {
        let policy = ReminderPolicy { days_before, minutes_before: 0 };
        let found = planned(visit, policy, now);
        found.iter().find(|(kind, ..)| *kind == MessageKind::ReminderDay).map(|(.., due_at)| *due_at)
    };
    // The night of 29 March 2026 has no two o'clock; that of 25 October has it twice.
    assert_eq!(day(&visit(paris(3, 29, 9, 0), now), 1), Some(paris(3, 28, 9, 0)));
    assert_eq!(paris(3, 29, 9, 0) - paris(3, 28, 9, 0), TimeDelta::hours(23));
    assert_eq!(day(&visit(paris(10, 25, 9, 0), now), 1), Some(paris(10, 24, 9, 0)));
    assert_eq!(paris(10, 25, 9, 0) - paris(10, 24, 9, 0), TimeDelta::hours(25));
    // A time that the clocks skip is the one an hour later.
    assert_eq!(day(&visit(paris(3, 30, 2, 30), now), 1), Some(paris(3, 29, 3, 30)));
    assert_eq!(day(&visit(paris(3, 30, 9, 0), now), 7), Some(paris(3, 23, 9, 0)));
}

#[test]
fn a_booking_inside_the_window_of_a_reminder_has_no_such_reminder() {
    let kinds = |booked: DateTime<Utc>| {
        let found = planned(&visit(paris(11, 30, 14, 30), booked), ReminderPolicy::default(), booked);
        let mut kinds: Vec<_> = found.into_iter().map(|(kind, ..)| kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    use MessageKind::{Invitation, ReminderDay, ReminderHour};
    assert_eq!(kinds(paris(11, 29, 14, 29)), [Invitation, ReminderDay, ReminderHour]);
    assert_eq!(kinds(paris(11, 29, 14, 30)), [Invitation, ReminderHour]);
    assert_eq!(kinds(paris(11, 30, 13, 30)), [Invitation]);
    assert_eq!(kinds(paris(11, 30, 14, 50)), [Invitation]);
    assert_eq!(kinds(paris(11, 30, 15, 0)), []);
}

#[test]
fn a_service_says_when_it_reminds() {
    let now = paris(11, 2, 9, 0);
    let visit = visit(paris(11, 30, 14, 30), now);
    let kinds = |days_before, minutes_before| {
        let found = planned(&visit, ReminderPolicy { days_before, minutes_before }, now);
        found.into_iter().filter(|(kind, ..)| *kind != MessageKind::Invitation).count()
    };
    assert_eq!((kinds(0, 0), kinds(1, 0), kinds(0, 60), kinds(2, 30)), (0, 2, 1, 3));
    assert!(!ReminderPolicy { days_before: 15, minutes_before: 0 }.is_valid());
    assert!(!ReminderPolicy { days_before: 0, minutes_before: 1441 }.is_valid());
}

#[test]
fn what_takes_the_place_of_another_is_a_change_and_the_other_says_nothing() {
    let now = paris(11, 2, 9, 0);
    let new = visit(paris(11, 30, 14, 30), now);
    let mut old = visit(paris(11, 20, 14, 30), now);
    old.status = AppointmentStatus::Cancelled { at: now, by: old.booked_by };
    let kinds = |visit: &Appointment, chain: &Chain| {
        let found = plan(visit, &contacts(true, false), chain, ReminderPolicy::default(), &Paris, now);
        found.into_iter().map(|message| message.kind).collect::<Vec<_>>()
    };
    let follows = Chain { moves: 1, was_at: Some(old.starts_at), ..Chain::alone(old.id) };
    assert_eq!(
        kinds(&new, &follows),
        [MessageKind::Change, MessageKind::ReminderDay, MessageKind::ReminderHour]
    );
    assert_eq!(kinds(&old, &Chain { is_replaced: true, ..Chain::alone(old.id) }), []);
    assert_eq!(kinds(&old, &Chain::alone(old.id)), [MessageKind::Cancellation]);
}

#[test]
fn whoever_was_taken_from_a_queue_is_there_and_is_not_invited() {
    let now = paris(11, 2, 9, 0);
    let mut taken = visit(now, now);
    let chain = Chain { is_from_queue: true, ..Chain::alone(taken.id) };
    let told = |visit: &Appointment| {
        plan(visit, &contacts(true, true), &chain, ReminderPolicy::default(), &Paris, now)
    };
    assert_eq!(told(&taken), []);
    // Called off before it began, they are told like others.
    taken.starts_at += TimeDelta::minutes(1);
    taken.status = AppointmentStatus::Cancelled { at: now, by: taken.booked_by };
    assert!(told(&taken).iter().all(|message| message.kind == MessageKind::Cancellation));
    assert_eq!(told(&taken).len(), 2);
}

#[test]
fn a_reminder_of_what_was_moved_called_off_or_begun_is_dropped() {
    let now = paris(11, 29, 14, 30);
    let mut visit = visit(paris(11, 30, 14, 30), paris(11, 2, 9, 0));
    let alone = Chain::alone(visit.id);
    let end = visit.starts_at;
    let reminder = |visit: &Appointment, chain: &Chain, now| {
        still_stands(MessageKind::ReminderDay, end, visit, chain, now)
    };
    assert_eq!(reminder(&visit, &alone, now), Ok(()));
    assert_eq!(reminder(&visit, &Chain { is_replaced: true, ..alone }, now), Err(DropReason::Moved));
    assert_eq!(reminder(&visit, &alone, end), Err(DropReason::TooLate));
    visit.status = AppointmentStatus::Arrived { at: now };
    assert_eq!(reminder(&visit, &alone, now), Err(DropReason::Begun));
    let code = |visit: &Appointment| still_stands(MessageKind::Code, end, visit, &alone, now);
    assert_eq!(code(&visit), Ok(()));
    visit.status = AppointmentStatus::Fulfilled { at: now, outcome: Outcome::Completed };
    assert_eq!(reminder(&visit, &alone, now), Err(DropReason::Over));
    visit.status = AppointmentStatus::Cancelled { at: now, by: visit.booked_by };
    assert_eq!(reminder(&visit, &alone, now), Err(DropReason::Cancelled));
    assert_eq!(still_stands(MessageKind::Cancellation, end, &visit, &alone, now), Ok(()));
}

fn message(attempts: u32, expires_at: DateTime<Utc>) -> Message {
    let now = paris(11, 2, 9, 0);
    Message {
        id: MessageId::new(Uuid::from_u128(7)),
        appointment: AppointmentId::new(Uuid::from_u128(1)),
        participant: ParticipantId::new(Uuid::from_u128(2)),
        kind: MessageKind::Invitation,
        channel: Channel::Email,
        occasion: Occasion::Planned,
        queued_at: now,
        queued_by: None,
        due_at: now,
        expires_at,
        minutes: None,
        attempts,
        next_at: now,
        state: MessageState::Queued { after: None },
    }
}

#[test]
fn what_passes_is_tried_again_later_and_later_and_what_does_not_is_given_up() {
    let now = paris(11, 2, 9, 0);
    let pause =
        |attempts| match message(attempts, paris(11, 30, 14, 30)).after_failure(FailReason::NotNow, now) {
            Next::Again { at, after: FailReason::NotNow } => (at - now).num_seconds(),
            other => panic!("{other:?}"),
        };
    assert_eq!([1, 2, 3, 4, 5, 60, u32::MAX].map(pause), [30, 90, 270, 810, 1800, 1800, 1800]);
    let failed = |reason| Next::Over(MessageState::Failed { at: now, reason });
    for reason in FailReason::ALL.into_iter().filter(|reason| !reason.is_passing()) {
        assert_eq!(message(1, paris(11, 30, 14, 30)).after_failure(reason, now), failed(reason));
    }
    let short = message(1, now + TimeDelta::seconds(30));
    assert_eq!(short.after_failure(FailReason::Unreachable, now), failed(FailReason::Unreachable));
}

#[test]
fn a_message_is_known_again_by_its_mail_id() {
    let message = message(1, paris(11, 30, 14, 30));
    for written in [format!("<{}@visio.hopital.example>", message.mail_id()), message.mail_id()] {
        assert_eq!(Message::of_mail_id(&written), Some(message.id));
    }
    for other in ["", "<a@b>", "<019.parvis@b>"] {
        assert_eq!(Message::of_mail_id(other), None);
    }
}

#[test]
fn the_standard_texts_are_without_fault_and_name_nothing_of_health() {
    for (kind, channel, language) in everything() {
        let template = standard(kind, channel, language);
        assert_eq!(template.faults(kind, channel), [], "{kind:?} {channel:?} {language:?}");
        let text = fill(&template.body, &values()).to_lowercase();
        for word in ["patient", "docteur", "dr ", "médecin", "oncologie", "consultation médicale", "maladie"]
        {
            assert!(!text.contains(word), "{kind:?} {channel:?} {language:?} says {word}");
        }
        assert!(!text.contains(['{', '}']), "{text}");
        for sentence in text.split(['.', '?', '!', ':', '\n']) {
            let words = sentence.split_whitespace().count();
            assert!(words < 20, "{words} words: {sentence}");
        }
    }
}

fn everything() -> impl Iterator<Item = (MessageKind, Channel, Language)> {
    MessageKind::ALL.into_iter().flat_map(|kind| {
        Channel::ALL.into_iter().flat_map(move |channel| {
            [Language::French, Language::English].into_iter().map(move |language| (kind, channel, language))
        })
    })
}

fn values() -> Values {
    Values {
        when: when_in_words(paris(11, 30, 14, 30).with_timezone(&Paris).naive_local(), Language::French),
        time: "14h30".to_owned(),
        was: "vendredi 20 novembre 2026 à 9h05".to_owned(),
        link: "https://visio.example/join#abc".to_owned(),
        hospital: "Hôpital <Exemple> & Fils".to_owned(),
        telephone: "01 23 45 67 89".to_owned(),
        minutes: "15".to_owned(),
        code: "123456".to_owned(),
    }
}

#[test]
fn a_text_without_its_link_or_with_what_nobody_can_fill_is_refused() {
    let faults = |body: &str| {
        let template = Template { subject: "{hospital}".to_owned(), body: body.to_owned() };
        template.faults(MessageKind::Invitation, Channel::Email)
    };
    let unknown = |word: &str| TemplateFault::Unknown(word.to_owned());
    assert_eq!(faults("{when} {link}"), []);
    assert_eq!(faults("{when}"), [TemplateFault::Missing("link")]);
    assert_eq!(faults("{when} {link} {name}"), [unknown("name")]);
    assert_eq!(faults("{when} {link} {diagnosis} {code}"), [unknown("code"), unknown("diagnosis")]);
    assert_eq!(faults("{when} {link"), [TemplateFault::Missing("link"), TemplateFault::Brace]);
    assert_eq!(faults("{when} {link} }"), [TemplateFault::Brace]);
    assert_eq!(faults("{{when}} {link}"), [TemplateFault::Brace]);
    assert_eq!(faults("{when} {link} \u{202E}"), [TemplateFault::ControlCharacter]);
    assert!(faults(" ").contains(&TemplateFault::Body));
    assert_eq!(faults(&format!("{{when}} {{link}} {}", "a".repeat(4000))), [TemplateFault::Body]);
}

#[test]
fn a_subject_tells_nothing_and_has_one_line() {
    let faults = |subject: &str| {
        let template = Template { subject: subject.to_owned(), body: "{when} {link}".to_owned() };
        template.faults(MessageKind::Invitation, Channel::Email)
    };
    assert_eq!(faults("Rendez-vous, {hospital}"), []);
    assert_eq!(faults(""), [TemplateFault::Subject]);
    assert_eq!(faults("Le {when}"), [TemplateFault::TellingSubject]);
    assert_eq!(faults("A\r\nBcc: x@example.org"), [TemplateFault::ControlCharacter]);
    let sms = Template { subject: "A".to_owned(), body: "{when} {link}".to_owned() };
    assert_eq!(sms.faults(MessageKind::Invitation, Channel::Sms), [TemplateFault::SubjectOfSms]);
}

#[test]
fn an_sms_has_few_parts() {
    assert_eq!(sms_parts(&"a".repeat(160)), 1);
    assert_eq!(sms_parts(&"a".repeat(161)), 2);
    assert_eq!(sms_parts(&"é".repeat(160)), 1);
    assert_eq!(sms_parts(&"[".repeat(81)), 2);
    assert_eq!(sms_parts(&"ê".repeat(70)), 1);
    assert_eq!(sms_parts(&"ê".repeat(71)), 2);
    let long = Template { subject: String::new(), body: format!("{{when}} {{link}} {}", "ê".repeat(200)) };
    assert!(matches!(
        long.faults(MessageKind::Invitation, Channel::Sms)[..],
        [TemplateFault::TooManyParts(5..)]
    ));
    for (kind, channel, language) in everything().filter(|(_, channel, _)| *channel == Channel::Sms) {
        let values = Values { hospital: "CHU".to_owned(), ..values() };
        let parts = sms_parts(&fill(&standard(kind, channel, language).body, &values));
        assert!(parts <= 2, "{kind:?} {language:?}: {parts} parts");
    }
}

#[test]
fn html_is_made_of_the_text_and_nothing_in_it_is_markup() {
    let body = "Bonjour <b>,\n{hospital}\n\n{link}\n\nou {link} le {when}";
    let html = html(body, &values(), Language::French);
    assert!(html.contains("Bonjour &lt;b&gt;,<br>Hôpital &lt;Exemple&gt; &amp; Fils"), "{html}");
    assert_eq!(html.matches("href=\"https://visio.example/join#abc\"").count(), 2);
    assert!(html.contains("Ouvrir mon rendez-vous vidéo"));
    for fetched in ["<img", "<link", "<script", "src=", "url("] {
        assert!(!html.contains(fetched), "{fetched}");
    }
}

#[test]
fn days_are_said_as_people_say_them() {
    let local = |at: DateTime<Utc>| at.with_timezone(&Paris).naive_local();
    assert_eq!(
        when_in_words(local(paris(11, 30, 14, 30)), Language::French),
        "lundi 30 novembre 2026 à 14h30"
    );
    assert_eq!(when_in_words(local(paris(8, 1, 9, 5)), Language::French), "samedi 1er août 2026 à 9h05");
    assert_eq!(when_in_words(local(paris(3, 29, 9, 5)), Language::English), "Sunday 29 March 2026 at 09:05");
}

proptest! {
    /// Cutting a text loses nothing of it, whatever its braces are.
    #[test]
    fn pieces_are_the_whole_text(text in "[a-z{}é \n]{0,40}|(\\{link\\}|\\{when\\}|\\{|\\}|x){0,12}") {
        let again: String = pieces(&text).into_iter().map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Place(place) => format!("{{{}}}", place.word()),
        }).collect();
        prop_assert_eq!(&again, &text);
        // Whatever is in it, it is checked without a panic, and a text without fault is filled without a brace left.
        let template = Template { subject: "s".to_owned(), body: text };
        if template.faults(MessageKind::Invitation, Channel::Email).is_empty() {
            let filled = fill(&template.body, &values());
            prop_assert!(!filled.contains(['{', '}']), "a brace is left");
        }
    }

    /// However the times lie: nothing is planned for the past, nothing that is no use when it is due, nothing twice.
    #[test]
    fn what_is_planned_is_ahead_and_of_use(
        start in 0i64..5000, now in 0i64..5000, days_before in 0u8..=14, minutes_before in 0u16..=1440,
        email: bool, telephone: bool, moved: bool, status in 0..5,
    ) {
        let base = paris(10, 23, 0, 0);
        let now = base + TimeDelta::minutes(now);
        let mut visit = visit(base + TimeDelta::minutes(start), now);
        visit.status = match status {
            0 => AppointmentStatus::Arrived { at: now },
            1 => AppointmentStatus::NoShow { at: now, by: visit.booked_by },
            2 => AppointmentStatus::Cancelled { at: now, by: visit.booked_by },
            _ => AppointmentStatus::Booked,
        };
        let chain = Chain { was_at: moved.then_some(base), ..Chain::alone(visit.id) };
        let policy = ReminderPolicy { days_before, minutes_before };
        let planned = plan(&visit, &contacts(email, telephone), &chain, policy, &Paris, now);
        let mut keys: Vec<_> = planned.iter().map(|m| (m.participant, m.kind, m.channel)).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), planned.len());
        for message in &planned {
            prop_assert!(message.due_at >= now && message.due_at < message.expires_at);
            prop_assert!(message.expires_at <= visit.ends_at);
            prop_assert_eq!(still_stands(message.kind, message.expires_at, &visit, &chain, message.due_at), Ok(()));
            let is_reached = if message.channel == Channel::Email { email } else { telephone };
            prop_assert!(is_reached);
        }
    }
}
