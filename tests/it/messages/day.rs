//! A day of a service in virtual time: sixty appointments, three practitioners, messages of which five in a hundred fail, two programs that
//! work side by side and are both killed twice, and appointments that are called off.

use std::collections::BTreeMap;

use super::*;

const VISITS: usize = 60;
const STEP_MINUTES: u64 = 5;

/// Everybody who gets a message, and what they must have got once the day is over.
type Expected = BTreeMap<(ParticipantId, MessageKind, Channel), usize>;

fn expect(expected: &mut Expected, visit: &Appointment, contact: &Contact, kinds: &[MessageKind]) {
    let patient = visit.participants[0].id;
    for kind in kinds {
        for channel in channels(*kind, contact) {
            *expected.entry((patient, *kind, channel)).or_default() += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_day_of_a_service_is_told_once_to_everybody_whatever_fails() {
    use MessageKind::{Cancellation, Invitation, Late, ReminderDay, ReminderHour};
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (mail, sms) = (MailPeer::start(5), SmsPeer::start(5).await);
        let starts_at = paris(27, 8, 0);
        let server = Some(mail.settings(MailSecurity::Starttls));
        let desk = Desk::new(dialect, starts_at, server, Some(sms.settings("/send"))).await;
        let mut doctors = Vec::new();
        for name in ["Claire", "Karim", "Anne"] {
            doctors.push(staff(&desk.store, &desk.clock, name, StaffRole::Doctor).await);
        }

        // Friday: most of Monday's appointments are booked. The others come on Monday morning, inside the day before.
        let mut visits = Vec::new();
        let mut expected = Expected::new();
        let contact = |number: usize| {
            let (email, telephone) =
                (format!("p{number}@example.org"), format!("06 12 34 {:02} {:02}", number / 60 + 10, number));
            match number % 3 {
                0 => reached(Some(&email), None),
                1 => reached(None, Some(&telephone)),
                _ => reached(Some(&email), Some(&telephone)),
            }
        };
        let start = |number: usize| paris(30, 9, 0) + TimeDelta::minutes(20 * (number as i64 / 3));
        for number in 0..VISITS - 6 {
            visits.push(book(&desk, &doctors, number, start(number), contact(number)).await);
        }
        let mut programs = [desk.another(), desk.another()];
        let end = paris(30, 18, 0);
        let mut tally = Tally::default();
        let mut steps = 0;
        while desk.clock.now() < end {
            let now = desk.clock.now();
            if now == paris(29, 10, 0) || now == paris(30, 10, 0) {
                // Both are killed, with messages that they have taken and not sent yet: reminders, of the day and of the hour.
                assert!(take_and_die(&desk).await > 0);
                programs = [desk.another(), desk.another()];
            }
            let (one, other) = tokio::join!(programs[0].work(), programs[1].work());
            for done in [one.unwrap(), other.unwrap()] {
                tally.sent += done.sent;
                tally.put_off += done.put_off;
                tally.failed += done.failed;
                tally.dropped += done.dropped;
            }
            if now == paris(28, 12, 0) {
                for number in [3, 4, 5] {
                    desk.cancel(&visits[number]).await;
                    visits[number].status = AppointmentStatus::Cancelled { at: now, by: desk.secretary };
                }
            }
            if now == paris(30, 7, 0) {
                for number in VISITS - 6..VISITS {
                    visits.push(book(&desk, &doctors, number, start(number), contact(number)).await);
                }
            }
            if now == paris(30, 12, 0) {
                for visit in visits.iter().filter(|visit| visit.starts_at == paris(30, 13, 0)) {
                    desk.outbox.tell_late(visit, 20, Some(desk.secretary)).await.unwrap();
                }
            }
            // Visits begin and end as they should.
            for visit in visits.iter_mut().filter(|visit| visit.starts_at == now) {
                arrive(&desk, visit).await;
            }
            desk.pass(STEP_MINUTES);
            steps += 1;
        }
        assert!(steps > 900 && tally.put_off >= 5, "{steps} steps, {tally:?}");
        assert_eq!(tally.failed, 0, "{tally:?}");

        for (number, visit) in visits.iter().enumerate() {
            let contact = contact(number);
            let kinds: &[MessageKind] = match number {
                3..=5 => &[Invitation, Cancellation],
                n if n >= VISITS - 6 => &[Invitation, ReminderHour],
                _ => &[Invitation, ReminderDay, ReminderHour],
            };
            expect(&mut expected, visit, &contact, kinds);
            if visit.starts_at == paris(30, 13, 0) {
                expect(&mut expected, visit, &contact, &[Late]);
            }
        }

        // By the rows: each was sent, once, and the rest came to nothing because its appointment did.
        let mut sent = Expected::new();
        let mut mails = 0;
        for (number, visit) in visits.iter().enumerate() {
            for message in desk.store.messages_of(visit.id).await.unwrap() {
                match message.state {
                    MessageState::Sent { at } => {
                        *sent.entry((message.participant, message.kind, message.channel)).or_default() += 1;
                        mails += usize::from(message.channel == Channel::Email);
                        let late = at - message.due_at;
                        assert!(late <= TimeDelta::minutes(30), "{message:?} was {late} late");
                    }
                    MessageState::Dropped { reason: DropReason::Cancelled, .. } => {
                        assert!((3..=5).contains(&number), "{message:?}");
                    }
                    other => panic!("{other:?}: {message:?}"),
                }
            }
        }
        assert_eq!(sent, expected);
        assert_eq!(tally.sent as usize, expected.values().sum::<usize>());

        // By those who got them: no message came twice, and every link in one leads to its appointment.
        let taken = mail.until(mails).await;
        assert_eq!(taken.len(), mails);
        let mut ids: Vec<_> = taken.iter().map(|mail| mail["headers"]["message-id"].to_string()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), mails, "a message came twice");
        let texts = sms.taken();
        assert_eq!(texts.len() + mails, expected.values().sum::<usize>());
        let all = taken.iter().map(|mail| &mail["text"]).chain(texts.iter().map(|sms| &sms["text"]));
        let mut links = 0;
        for text in all.map(|text| text.as_str().unwrap()) {
            for told in ["Patiente", "Oncologie", "Claire", "Karim", "Anne"] {
                assert!(!text.contains(told), "{told} is in {text}");
            }
            for secret in secrets(text) {
                let link = desk.store.link_by_digest(LinkDigest::of(&secret)).await.unwrap();
                assert!(link.is_some(), "a link that leads nowhere: {text}");
                links += 1;
            }
        }
        assert!(links >= expected.len() - 9, "{links} links");
        // Whatever else is done now, nothing more goes out.
        let done = desk.another().work().await.unwrap();
        assert_eq!((done.sent, done.queued), (0, 0), "{done:?}");
    }
}

async fn book(
    desk: &Desk,
    doctors: &[PractitionerId],
    number: usize,
    starts_at: DateTime<Utc>,
    contact: Contact,
) -> Appointment {
    let language = if number.is_multiple_of(4) { Language::English } else { Language::French };
    let guest = desk.guest(&format!("Patiente {number}"), GuestRole::Patient, language);
    desk.book(doctors[number % doctors.len()], starts_at, vec![(guest, contact)]).await
}

async fn arrive(desk: &Desk, visit: &mut Appointment) {
    let (was, now) = (visit.status, desk.clock.now());
    if let Ok(arrived) = was.arrive(now) {
        assert!(desk.store.set_appointment_status(visit.id, was, arrived).await.unwrap());
        visit.status = arrived;
    }
}

/// A program takes all that is due and is gone before it sends any of it; tells how many.
async fn take_and_die(desk: &Desk) -> usize {
    let (node, now) = (desk.clock.new_uuid(), desk.clock.now());
    let lease = MessageLease { by: node, until: now + TimeDelta::minutes(3) };
    let mut taken = 0;
    for id in desk.store.messages_due(node, now, 100).await.unwrap() {
        taken += usize::from(desk.store.take_message(id, lease, now).await.unwrap().is_some());
    }
    taken
}
