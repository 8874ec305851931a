//! What people are told by e-mail and SMS, against a real mail server and an HTTP gateway: once each, whatever fails in between.

mod day;
mod edge;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use parvis::clinical::*;
use parvis::clock::Clock;
use parvis::config::{Hospital, Mail, MailSecurity, Sms};
use parvis::outbox::{Outbox, OutboxSettings, Tally};
use parvis::secret::Secret;
use parvis::store::{Dialect, MessageLease, Store, StoreSettings};
use serde_json::{Value, json};

use crate::support::db::TestDatabase;
use crate::support::mail::{MailPeer, SmsPeer, read_calendar};

/// By the clocks of Paris, in November 2026.
fn paris(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Paris.with_ymd_and_hms(2026, 11, day, hour, minute, 0).unwrap().to_utc()
}

/// An outbox on rows of its own, with its clock.
struct Desk {
    clock: Clock,
    store: Store,
    outbox: Outbox,
    settings: OutboxSettings,
    secretary: PractitionerId,
    _rows: StoreSettings,
}

fn settings(mail: Option<Mail>, sms: Option<Sms>) -> OutboxSettings {
    OutboxSettings {
        mail,
        sms,
        hospital: Hospital {
            name: "Hôpital Exemple".to_owned(),
            telephone: "01 23 45 67 89".to_owned(),
            time_zone: Paris,
        },
        public_url: "https://visio.hopital.example".parse().unwrap(),
        door: DoorPolicy::default(),
        keeps_unsent: false,
        egress: Default::default(),
    }
}

async fn staff(store: &Store, clock: &Clock, name: &str, role: StaffRole) -> PractitionerId {
    let person = Practitioner {
        id: PractitionerId::new(clock.new_uuid()),
        issuer: "https://idp.example".to_owned(),
        subject: format!("sub-{name}").into(),
        name: name.into(),
        roles: vec![role],
    };
    store.upsert_practitioner(&person).await.unwrap().id
}

impl Desk {
    async fn new(dialect: Dialect, at: DateTime<Utc>, mail: Option<Mail>, sms: Option<Sms>) -> Self {
        parvis::app::install_crypto();
        let rows = TestDatabase::new(dialect).await.settings;
        let store = Store::open(&rows).await.unwrap();
        let clock = Clock::fixed(at);
        let settings = settings(mail, sms);
        let outbox = Outbox::new(settings.clone(), store.clone(), clock.clone()).unwrap();
        let secretary = staff(&store, &clock, "Sophie", StaffRole::Secretary).await;
        Self { clock, store, outbox, settings, secretary, _rows: rows }
    }

    /// Another program on the same rows: this one after a restart, or one beside it.
    fn another(&self) -> Outbox {
        Outbox::new(self.settings.clone(), self.store.clone(), self.clock.clone()).unwrap()
    }

    fn guest(&self, name: &str, role: GuestRole, language: Language) -> Participant {
        Participant {
            id: ParticipantId::new(self.clock.new_uuid()),
            name: name.into(),
            part: Part::Guest(role),
            language,
        }
    }

    /// Books as the edge does: rows, links, and then the messages.
    async fn book(
        &self,
        doctor: PractitionerId,
        starts_at: DateTime<Utc>,
        guests: Vec<(Participant, Contact)>,
    ) -> Appointment {
        let mut participants: Vec<_> = guests.iter().map(|(person, _)| person.clone()).collect();
        participants.push(Participant {
            id: ParticipantId::new(self.clock.new_uuid()),
            name: "Dr Martin".into(),
            part: Part::Practitioner(doctor),
            language: Language::French,
        });
        let booking = Booking {
            starts_at,
            ends_at: starts_at + TimeDelta::minutes(15),
            service: "Oncologie".to_owned(),
            service_id: None,
            participants,
            note: "".into(),
        };
        let id = AppointmentId::new(self.clock.new_uuid());
        let now = self.clock.now();
        let appointment = Appointment::book(id, booking, self.secretary, now).unwrap();
        let links: Vec<_> =
            guests.iter().map(|(person, _)| self.link(&appointment, person.id).link).collect();
        let contacts: HashMap<_, _> =
            guests.into_iter().map(|(person, contact)| (person.id, contact)).collect();
        self.store.add_appointment_with(&appointment, &links, &contacts).await.unwrap();
        self.outbox.plan(appointment.id).await;
        appointment
    }

    fn link(&self, appointment: &Appointment, participant: ParticipantId) -> NewLink {
        let id = LinkId::new(self.clock.new_uuid());
        let (random, now) = (self.clock.random_bytes(), self.clock.now());
        NewLink::make(id, random, appointment, participant, DoorPolicy::default(), now)
    }

    async fn cancel(&self, appointment: &Appointment) {
        let to = AppointmentStatus::Cancelled { at: self.clock.now(), by: self.secretary };
        assert!(self.store.set_appointment_status(appointment.id, appointment.status, to).await.unwrap());
        self.store.revoke_links_of(appointment.id, self.clock.now()).await.unwrap();
        self.outbox.plan(appointment.id).await;
    }

    fn pass(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }

    async fn states(&self, appointment: &Appointment) -> Vec<(MessageKind, Channel, MessageState)> {
        let messages = self.store.messages_of(appointment.id).await.unwrap();
        messages.into_iter().map(|message| (message.kind, message.channel, message.state)).collect()
    }
}

fn reached(email: Option<&str>, telephone: Option<&str>) -> Contact {
    Contact {
        email: email.map(|email| EmailAddress::parse(email).unwrap()),
        telephone: telephone.map(|number| TelephoneNumber::parse(number).unwrap()),
        birth_date: None,
    }
}

/// The secrets of the links that a text holds.
fn secrets(text: &str) -> Vec<String> {
    let after = text.split("https://visio.hopital.example/join#").skip(1);
    let is_secret = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    after.map(|rest| rest.chars().take_while(is_secret).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_goes_by_starttls_and_says_who_it_is_from_and_nothing_of_health() {
    for security in [MailSecurity::Starttls, MailSecurity::Tls, MailSecurity::None] {
        let peer = MailPeer::start(0);
        let desk = Desk::new(Dialect::Sqlite, paris(20, 9, 0), Some(peer.settings(security)), None).await;
        let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
        let patient = desk.guest("Hélène Lefèvre", GuestRole::Patient, Language::French);
        let son = desk.guest("Luc Lefèvre", GuestRole::Relative, Language::English);
        let visit = desk
            .book(
                doctor,
                paris(30, 14, 30),
                vec![
                    (patient.clone(), reached(Some("helene@example.org"), None)),
                    (son.clone(), reached(Some("luc@example.org"), None)),
                ],
            )
            .await;
        let tally = desk.outbox.work().await.unwrap();
        assert_eq!((tally.sent, tally.put_off, tally.failed, tally.dropped), (2, 0, 0, 0), "{security:?}");
        let taken = peer.until(2).await;
        let to = |address: &str| taken.iter().find(|mail| mail["to"] == json!([address])).unwrap();
        let (his, hers) = (to("luc@example.org"), to("helene@example.org"));
        let is_open = security == MailSecurity::None;
        assert_eq!((&hers["isTls"], &hers["isKnown"]), (&json!(!is_open), &json!(!is_open)));
        assert_eq!(hers["from"], "visio@hopital.example");
        assert_eq!(hers["headers"]["subject"], "Hôpital Exemple : votre rendez-vous vidéo");
        assert_eq!(his["headers"]["subject"], "Hôpital Exemple: your video appointment");
        assert_eq!(hers["headers"]["auto-submitted"], "auto-generated");
        let text = hers["text"].as_str().unwrap();
        assert!(text.contains("le lundi 30 novembre 2026 à 14h30"), "{text}");
        assert!(his["text"].as_str().unwrap().contains("on Monday 30 November 2026 at 14:30"));
        for (mail, person) in [(hers, &patient), (his, &son)] {
            let whole = mail.to_string();
            for told in ["Lefèvre", "Martin", "Oncologie", "Oncology"] {
                assert!(!whole.contains(told), "{told} is in {whole}");
            }
            assert!(mail["longestLine"].as_u64().unwrap() <= 998, "RFC 5322 section 2.1.1");
            assert_eq!(mail["bareNewlines"], 0);
            let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
            let secret = secrets(text).pop().unwrap();
            assert!(secrets(html).contains(&secret));
            let link = desk.store.link_by_digest(LinkDigest::of(&secret)).await.unwrap().unwrap();
            assert_eq!((link.participant, link.revoked_at), (person.id, None));
            let door = desk.settings.door.check(&link, &visit, paris(30, 14, 30));
            assert_eq!(door, Ok(()), "it opens when it is time");
        }
        // Nothing goes out a second time, whoever looks.
        assert_eq!(desk.another().work().await.unwrap(), Tally::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_parsers_read_the_same_in_an_invitation_and_in_what_calls_it_off() {
    let peer = MailPeer::start(0);
    let mail = peer.settings(MailSecurity::Starttls);
    let desk = Desk::new(Dialect::Sqlite, paris(20, 9, 0), Some(mail), None).await;
    let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
    let patient = desk.guest("Hélène Lefèvre", GuestRole::Patient, Language::French);
    let son = desk.guest("Luc Lefèvre", GuestRole::Relative, Language::English);
    let visit = desk
        .book(
            doctor,
            paris(30, 14, 30),
            vec![
                (patient, reached(Some("helene@example.org"), None)),
                (son, reached(Some("luc@example.org"), None)),
            ],
        )
        .await;
    desk.outbox.work().await.unwrap();
    desk.pass(10);
    desk.cancel(&visit).await;
    desk.outbox.work().await.unwrap();
    let taken = peer.until(4).await;
    assert_eq!(taken.len(), 4);
    let mut uids = Vec::new();
    for (mail, (method, sequence, status)) in taken.iter().zip([
        ("REQUEST", 0, "CONFIRMED"),
        ("REQUEST", 0, "CONFIRMED"),
        ("CANCEL", 1, "CANCELLED"),
        ("CANCEL", 1, "CANCELLED"),
    ]) {
        let calendar = mail["calendar"].as_str().unwrap();
        let kind = mail["calendarType"].as_str().unwrap().replace('"', "");
        assert!(kind.contains(&format!("method={method}")) && kind.starts_with("text/calendar"), "{kind}");
        assert_eq!(mail["attached"], json!(["invitation.ics"]));
        for line in calendar.split("\r\n") {
            assert!(line.len() <= 75 && !line.contains('\n'), "RFC 5545 section 3.1: {line}");
        }
        assert!(calendar.ends_with("END:VCALENDAR\r\n"));
        assert_eq!(secrets(&calendar.replace("\r\n ", "")).is_empty(), method == "CANCEL");
        let address = mail["to"][0].as_str().unwrap();
        let hospital = if address.starts_with("luc") { "Video appointment" } else { "Rendez-vous vidéo" };
        let mut read = read_calendar(calendar);
        read.push(read_in_rust(calendar));
        for found in &read {
            assert_eq!(found["method"], method);
            let event = &found["events"][0];
            assert_eq!(found["events"].as_array().unwrap().len(), 1);
            assert_eq!(event["start"], "2026-11-30T13:30:00Z");
            assert_eq!(event["end"], "2026-11-30T13:45:00Z");
            assert_eq!((&event["sequence"], &event["status"]), (&json!(sequence), &json!(status)));
            assert_eq!(event["attendees"], json!([format!("mailto:{address}")]), "one per person");
            assert_eq!(event["organizer"], "mailto:visio@hopital.example");
            assert_eq!(event["summary"], format!("{hospital}, Hôpital Exemple"));
            uids.push(event["uid"].as_str().unwrap().to_owned());
        }
        assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{read:#?}");
    }
    uids.dedup();
    assert_eq!(uids, [format!("{}.parvis@visio.hopital.example", visit.id)]);
}

/// What the crate that wrote it reads in it.
fn read_in_rust(text: &str) -> Value {
    use icalendar::{Calendar, CalendarDateTime, Component, DatePerhapsTime};
    let calendar: Calendar = text.parse().unwrap();
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let utc = |at: Option<DatePerhapsTime>| match at {
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(at))) => time(at),
        other => panic!("{other:?} is not in UTC"),
    };
    let events: Vec<_> = calendar
        .components
        .iter()
        .filter_map(|component| component.as_event())
        .map(|event| {
            let value = |key: &str| event.property_value(key).unwrap().to_owned();
            let attendees: Vec<_> = event.multi_properties().get("ATTENDEE").map_or_else(
                || event.property_value("ATTENDEE").into_iter().map(str::to_owned).collect(),
                |all| all.iter().map(|one| one.value().to_owned()).collect(),
            );
            json!({
                "uid": value("UID"),
                "sequence": event.get_sequence(),
                "start": utc(event.get_start()),
                "end": utc(event.get_end()),
                "stamp": time(event.get_timestamp().unwrap()),
                "status": value("STATUS"),
                "summary": event.get_summary().unwrap().replace("\\,", ","),
                "attendees": attendees,
                "organizer": value("ORGANIZER"),
            })
        })
        .collect();
    let method = calendar.property_value("METHOD").unwrap();
    json!({"method": method, "events": events})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_tried_again_and_what_does_not_is_said() {
    let peer = MailPeer::start(0);
    let mail = peer.settings(MailSecurity::Starttls);
    for (round, dialect) in [Dialect::Sqlite, Dialect::Postgres].into_iter().enumerate() {
        let desk = Desk::new(dialect, paris(29, 20, 0), Some(mail.clone()), None).await;
        let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
        let mut visits = Vec::new();
        for (hour, (name, address)) in
            (8..).zip([("A", "bounce@x.example"), ("B", "policy@x.example"), ("C", "greylist@x.example")])
        {
            let address = address.replace('@', &format!("{dialect:?}@").to_lowercase());
            let guest = desk.guest(name, GuestRole::Patient, Language::French);
            let guests = vec![(guest, reached(Some(&address), None))];
            visits.push(desk.book(doctor, paris(30, hour, 0), guests).await);
        }
        let tally = desk.outbox.work().await.unwrap();
        assert_eq!((tally.sent, tally.put_off, tally.failed), (0, 1, 2));
        let state = |visit: usize| {
            let (desk, visit) = (&desk, &visits[visit]);
            async move { desk.states(visit).await[0].2 }
        };
        let at = desk.clock.now();
        assert_eq!(state(0).await, MessageState::Failed { at, reason: FailReason::NoSuchAddress });
        assert_eq!(state(1).await, MessageState::Failed { at, reason: FailReason::Refused });
        assert_eq!(state(2).await, MessageState::Queued { after: Some(FailReason::NotNow) });
        assert_eq!(desk.outbox.work().await.unwrap(), Tally::default(), "not before its time");
        desk.pass(1);
        assert_eq!(desk.outbox.work().await.unwrap().sent, 1);
        // One link is in force for it beside the one that was told at booking: that of the first try is not.
        let links = desk.store.links_of(visits[2].id).await.unwrap();
        assert_eq!(links.len(), 2);
        // What the peer tells of a message comes a moment after it has taken it.
        let text = peer.until(2 * round + 1).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        let secret = secrets(&text).pop().unwrap_or_else(|| panic!("no link in {text:?}"));
        assert!(desk.store.link_by_digest(LinkDigest::of(&secret)).await.unwrap().is_some());
        let alarms = desk.store.message_alarms(desk.clock.now(), parvis::store::AgendaScope::Everybody).await;
        assert_eq!(alarms.unwrap().len(), 2);

        // The address is mended, and the same goes out once more.
        let patient = visits[0].participants[0].id;
        let right = reached(Some("helene@example.org"), None);
        desk.store.put_contact(visits[0].id, patient, &right).await.unwrap();
        let failed = desk.store.messages_of(visits[0].id).await.unwrap().remove(0);
        desk.outbox.repeat(&failed, &visits[0], desk.secretary).await.unwrap();
        assert_eq!(desk.outbox.work().await.unwrap().sent, 1);
        peer.until(2 * round + 2).await;
        let alarms = desk.store.message_alarms(desk.clock.now(), parvis::store::AgendaScope::Everybody).await;
        assert_eq!(alarms.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_or_does_not_know_us_loses_nothing() {
    let peer = MailPeer::start(0);
    let right = peer.settings(MailSecurity::Starttls);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let wrong = [
        (Mail { port: nobody, ..right.clone() }, FailReason::Unreachable),
        (Mail { password: Some(Secret::new("wrong".to_owned())), ..right.clone() }, FailReason::NotTrusted),
        // Its certificate is signed by nobody that the system knows.
        (Mail { authority: None, ..right.clone() }, FailReason::NotTrusted),
        // A server without STARTTLS is told nothing.
        (Mail { port: peer.settings(MailSecurity::None).port, ..right.clone() }, FailReason::NotTrusted),
    ];
    for (mail, reason) in wrong {
        let desk = Desk::new(Dialect::Sqlite, paris(20, 9, 0), Some(mail), None).await;
        let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
        let guest = desk.guest("A", GuestRole::Patient, Language::French);
        let guests = vec![(guest, reached(Some("away@example.org"), None))];
        let visit = desk.book(doctor, paris(30, 9, 0), guests).await;
        let tally = desk.outbox.work().await.unwrap();
        assert_eq!((tally.put_off, tally.sent, tally.failed), (1, 0, 0));
        assert_eq!(desk.states(&visit).await[0].2, MessageState::Queued { after: Some(reason) });
        let before = peer.taken().len();
        let mended = Outbox::new(settings(Some(right.clone()), None), desk.store.clone(), desk.clock.clone());
        desk.pass(1);
        assert_eq!(mended.unwrap().work().await.unwrap().sent, 1);
        assert_eq!(peer.until(before + 1).await.len(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_of_what_was_called_off_never_goes_out() {
    let peer = MailPeer::start(0);
    let sms = SmsPeer::start(0).await;
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let before = (peer.taken().len(), sms.taken().len());
        let mail = Some(peer.settings(MailSecurity::Starttls));
        let desk = Desk::new(dialect, paris(20, 9, 0), mail, Some(sms.settings("/send"))).await;
        let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
        let guest = desk.guest("A", GuestRole::Patient, Language::English);
        let contact = reached(Some("a@example.org"), Some("06 12 34 56 78"));
        let visit = desk.book(doctor, paris(30, 9, 0), vec![(guest, contact)]).await;
        desk.outbox.work().await.unwrap();
        // The hook is lost: only the rows say that it was called off.
        let to = AppointmentStatus::Cancelled { at: desk.clock.now(), by: desk.secretary };
        desk.store.set_appointment_status(visit.id, visit.status, to).await.unwrap();
        for _ in 0..11 * 24 {
            desk.pass(60);
            desk.another().work().await.unwrap();
        }
        let kinds: Vec<_> = desk.states(&visit).await;
        let of = |kind| {
            kinds.iter().filter(|(each, ..)| *each == kind).map(|(.., state)| *state).collect::<Vec<_>>()
        };
        for reminder in [MessageKind::ReminderDay, MessageKind::ReminderHour] {
            assert!(!of(reminder).is_empty());
            for state in of(reminder) {
                assert!(
                    matches!(state, MessageState::Dropped { reason: DropReason::Cancelled, .. }),
                    "{state:?}"
                );
            }
        }
        assert_eq!(of(MessageKind::Cancellation).len(), 2, "the look over all of them told the person");
        let after = (peer.until(before.0 + 2).await.len() - before.0, sms.taken().len() - before.1);
        assert_eq!(after, (2, 2), "an invitation and a cancellation by each way");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sms_goes_to_the_one_address_that_is_set_and_follows_no_redirect() {
    let sms = SmsPeer::start(0).await;
    let desk = Desk::new(Dialect::Sqlite, paris(29, 20, 0), None, Some(sms.settings("/send"))).await;
    let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
    let guest = |name| desk.guest(name, GuestRole::Patient, Language::French);
    let visit =
        desk.book(doctor, paris(30, 9, 0), vec![(guest("A"), reached(None, Some("06 12 34 56 78")))]).await;
    let wrong =
        desk.book(doctor, paris(30, 10, 0), vec![(guest("B"), reached(None, Some("06 12 34 50 00")))]).await;
    desk.outbox.work().await.unwrap();
    let taken = sms.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["to"], "+33612345678");
    let text = taken[0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("Hôpital Exemple : rendez-vous vidéo le lundi 30 novembre 2026 à 9h00."),
        "{text}"
    );
    assert_eq!(secrets(text).len(), 1);
    let at = desk.clock.now();
    let refused = MessageState::Failed { at, reason: FailReason::Refused };
    assert_eq!(desk.states(&wrong).await[0].2, refused);

    let moved = settings(None, Some(sms.settings("/moved")));
    let moved = Outbox::new(moved, desk.store.clone(), desk.clock.clone()).unwrap();
    let code = Secret::new("482913".to_owned());
    let patient = visit.participants[0].id;
    let id = moved.send_code(&visit, patient, Channel::Sms, &code).await.unwrap();
    assert_eq!(moved.work().await.unwrap().put_off, 1);
    assert_eq!(sms.taken().len(), 1, "a redirect is not followed");
    // Only the program that was asked can send a code: nobody else knows it.
    desk.pass(1);
    assert_eq!(desk.outbox.work().await.unwrap(), Tally::default());
    desk.pass(10);
    desk.outbox.work().await.unwrap();
    let state = desk.store.message(id).await.unwrap().unwrap().state;
    assert!(matches!(state, MessageState::Dropped { reason: DropReason::TooLate, .. }), "{state:?}");

    desk.outbox.send_code(&visit, patient, Channel::Sms, &code).await.unwrap();
    desk.outbox.work().await.unwrap();
    let text = sms.taken().pop().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("482913 "), "the code comes first: {text}");
    assert!(matches!(
        desk.outbox.send_code(&visit, patient, Channel::Email, &code).await,
        Err(parvis::outbox::Error::NoServer(Channel::Email))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_took_before_a_crash_comes_again_with_the_same_message_id() {
    let peer = MailPeer::start(0);
    let mail = Some(peer.settings(MailSecurity::Starttls));
    let desk = Desk::new(Dialect::Sqlite, paris(29, 20, 0), mail, None).await;
    let doctor = staff(&desk.store, &desk.clock, "Claire", StaffRole::Doctor).await;
    let guest = desk.guest("A", GuestRole::Patient, Language::French);
    let guests = vec![(guest, reached(Some("slow@example.org"), None))];
    let visit = desk.book(doctor, paris(30, 9, 0), guests).await;
    let crashing = desk.another();
    tokio::select! {
        // Taken, and not answered yet: here the program dies.
        _ = peer.until(1) => {}
        done = crashing.work() => panic!("it was answered too fast: {done:?}"),
    }
    assert_eq!(desk.outbox.work().await.unwrap(), Tally::default(), "its lease still holds");
    desk.pass(4);
    assert_eq!(desk.outbox.work().await.unwrap().sent, 1);
    let taken = peer.until(2).await;
    assert_eq!(taken[0]["headers"]["message-id"], taken[1]["headers"]["message-id"]);
    // Whichever of the two is read, its link opens.
    for mail in &taken {
        let secret = secrets(mail["text"].as_str().unwrap()).pop().unwrap();
        let link = desk.store.link_by_digest(LinkDigest::of(&secret)).await.unwrap();
        let is_in_force = link.is_some_and(|link| link.revoked_at.is_none());
        assert!(is_in_force);
    }
    assert_eq!(desk.states(&visit).await.len(), 2, "an invitation, and a reminder of the hour");
    assert!(desk.outbox.bounced(taken[0]["headers"]["message-id"].as_str().unwrap()).await.unwrap());
    assert!(matches!(desk.states(&visit).await[0].2, MessageState::Bounced { .. }));
}
