//! Messages that go out: once, by one program, and what became of them.

use parvis::clinical::{
    AppointmentStatus, Chain, Channel, Course, DropReason, FailReason, Message, MessageId, MessageKind,
    MessageState, Occasion, ReminderPolicy, Template,
};
use parvis::store::{AgendaScope, MessageAlarm, MessageEnd, MessageLease, StoredTemplate};
use uuid::Uuid;

use super::services::service;
use super::*;
use crate::support::db::for_each_database;

fn message(appointment: &Appointment, participant: usize, kind: MessageKind, due: i64) -> Message {
    Message {
        id: new_id(MessageId::new),
        appointment: appointment.id,
        participant: appointment.participants[participant].id,
        kind,
        channel: Channel::Email,
        occasion: Occasion::Planned,
        queued_at: at(-30),
        queued_by: None,
        due_at: at(due),
        expires_at: at(600),
        minutes: None,
        attempts: 0,
        next_at: at(due),
        state: MessageState::Queued { after: None },
    }
}

fn node() -> Uuid {
    clock().new_uuid()
}

fn lease(by: Uuid, until: i64) -> MessageLease {
    MessageLease { by, until: at(until) }
}

#[tokio::test]
async fn a_planned_message_is_there_once_and_what_is_asked_for_as_often_as_it_is() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let planned = message(&booked, 0, MessageKind::Invitation, 0);
        let mut again = Message { id: new_id(MessageId::new), ..planned.clone() };
        let by_sms = Message { id: new_id(MessageId::new), channel: Channel::Sms, ..planned.clone() };
        let both = [planned.clone(), by_sms.clone()];
        assert_eq!(store.add_messages(&both, None).await.unwrap(), 2);
        assert_eq!(store.add_messages(std::slice::from_ref(&again), None).await.unwrap(), 0);
        again.occasion = Occasion::Asked;
        again.queued_by = Some(claire.id);
        again.kind = MessageKind::Late;
        again.minutes = Some(15);
        again.due_at = at(1);
        let another = Message { id: new_id(MessageId::new), due_at: at(2), ..again.clone() };
        assert_eq!(store.add_messages(&[again.clone(), another.clone()], None).await.unwrap(), 2);
        assert_eq!(store.messages_of(booked.id).await.unwrap(), [planned.clone(), by_sms, again, another]);
        assert_eq!(store.message(planned.id).await.unwrap(), Some(planned));
        assert_eq!(store.message(new_id(MessageId::new)).await.unwrap(), None);
        assert_eq!(store.newest_messages(3).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn one_program_has_a_message_until_its_lease_ends() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let later = message(&booked, 0, MessageKind::ReminderDay, 10);
        let now = message(&booked, 0, MessageKind::Invitation, 0);
        store.add_messages(&[later.clone(), now.clone()], None).await.unwrap();
        let (one, other) = (node(), node());
        assert_eq!(store.messages_due(one, at(-1), 9).await.unwrap(), []);
        assert_eq!(store.messages_overdue(at(-1)).await.unwrap(), (0, None));
        assert_eq!(store.messages_overdue(at(0)).await.unwrap(), (1, Some(at(0))));
        assert_eq!(store.messages_overdue(at(10)).await.unwrap(), (2, Some(at(0))));
        assert_eq!(store.messages_due(one, at(0), 9).await.unwrap(), [now.id]);
        assert_eq!(store.messages_due(one, at(10), 1).await.unwrap(), [now.id]);

        let taken = store.take_message(now.id, lease(one, 3), at(0)).await.unwrap().unwrap();
        assert_eq!(taken.message, Message { attempts: 1, ..now.clone() });
        assert_eq!(store.take_message(now.id, lease(other, 3), at(1)).await.unwrap(), None);
        assert_eq!(store.messages_due(other, at(2), 9).await.unwrap(), []);
        // The first program died.
        assert_eq!(store.messages_due(other, at(3), 9).await.unwrap(), [now.id]);
        let again = store.take_message(now.id, lease(other, 6), at(3)).await.unwrap().unwrap();
        assert_eq!(again.message.attempts, 2);
        let sent = MessageEnd::Over(MessageState::Sent { at: at(4) });
        assert!(!store.end_message(now.id, taken.lease, sent, true).await.unwrap(), "it has lost its lease");
        let put_off = MessageEnd::Again { at: at(8), after: FailReason::NotNow };
        assert!(store.end_message(now.id, again.lease, put_off, false).await.unwrap());
        let waits = store.message(now.id).await.unwrap().unwrap();
        assert_eq!(waits.state, MessageState::Queued { after: Some(FailReason::NotNow) });
        assert_eq!((waits.next_at, waits.due_at), (at(8), at(0)));
        assert_eq!(store.messages_due(other, at(7), 9).await.unwrap(), []);
        let third = store.take_message(now.id, lease(other, 11), at(8)).await.unwrap().unwrap();
        assert!(store.end_message(now.id, third.lease, sent, true).await.unwrap());
        assert_eq!(store.messages_overdue(at(11)).await.unwrap(), (1, Some(at(10))), "what is sent is not");
        assert_eq!(store.take_message(now.id, lease(other, 99), at(50)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn two_who_take_at_once_do_not_both_get_it() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let queued = message(&booked, 0, MessageKind::Invitation, 0);
        store.add_messages(std::slice::from_ref(&queued), None).await.unwrap();
        let nodes: Vec<_> = (0..4).map(|_| node()).collect();
        let takes = nodes.iter().map(|node| store.take_message(queued.id, lease(*node, 3), at(0)));
        let taken = futures_util::future::join_all(takes).await;
        let got = taken.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count();
        assert_eq!(got, 1);
    })
    .await;
}

#[tokio::test]
async fn what_only_one_program_can_send_no_other_takes_before_it_is_of_no_use() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let (one, other) = (node(), node());
        let code = Message {
            occasion: Occasion::Asked,
            expires_at: at(10),
            ..message(&booked, 0, MessageKind::Code, 0)
        };
        store.add_messages(std::slice::from_ref(&code), Some(one)).await.unwrap();
        assert_eq!(store.messages_due(other, at(9), 9).await.unwrap(), []);
        assert_eq!(store.take_message(code.id, lease(other, 12), at(9)).await.unwrap(), None);
        assert_eq!(store.messages_due(one, at(9), 9).await.unwrap(), [code.id]);
        assert_eq!(store.messages_due(other, at(10), 9).await.unwrap(), [code.id]);
        assert!(store.take_message(code.id, lease(other, 12), at(10)).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_message_has_a_link_of_its_own_unless_the_others_were_withdrawn() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        let told = link(&booked, 0, 1, 0);
        store.add_appointment(&booked, std::slice::from_ref(&told)).await.unwrap();
        let queued = message(&booked, 0, MessageKind::Invitation, 0);
        store.add_messages(std::slice::from_ref(&queued), None).await.unwrap();
        let one = node();
        let taken = store.take_message(queued.id, lease(one, 3), at(0)).await.unwrap().unwrap();
        let own = link(&booked, 0, 2, 1);
        assert!(store.add_message_link(&taken, &own, taken.link, false).await.unwrap());
        let in_force = |digest: u8| {
            let store = store.clone();
            async move {
                let link = store.link_by_digest(LinkDigest([digest; 32])).await.unwrap();
                link.is_some_and(|link| link.revoked_at.is_none())
            }
        };
        assert!(in_force(1).await && in_force(2).await, "the one before works as well");

        // It did not go out: the next try's takes its place.
        let again = MessageEnd::Again { at: at(2), after: FailReason::NotNow };
        store.end_message(queued.id, taken.lease, again, false).await.unwrap();
        let taken = store.take_message(queued.id, lease(one, 5), at(2)).await.unwrap().unwrap();
        assert_eq!(taken.link, Some(own.id));
        assert!(store.add_message_link(&taken, &link(&booked, 0, 3, 2), taken.link, false).await.unwrap());
        assert!(in_force(1).await && !in_force(2).await && in_force(3).await);

        // It may have gone out: that link stays, and the next try has another.
        let unsure = MessageEnd::Again { at: at(4), after: FailReason::Unreachable };
        store.end_message(queued.id, taken.lease, unsure, true).await.unwrap();
        let taken = store.take_message(queued.id, lease(one, 7), at(4)).await.unwrap().unwrap();
        assert_eq!(taken.link, None);
        assert!(store.add_message_link(&taken, &link(&booked, 0, 4, 4), taken.link, false).await.unwrap());
        assert!(in_force(3).await && in_force(4).await);

        // The program died in the middle: nobody knows whether that one is out, so it stays as well.
        let taken = store.take_message(queued.id, lease(one, 30), at(7)).await.unwrap().unwrap();
        assert_eq!(taken.link, None);

        // Somebody withdrew the links of the person: only what was asked for makes another.
        store.revoke_link(booked.participants[0].id, at(5)).await.unwrap();
        assert!(!store.add_message_link(&taken, &link(&booked, 0, 5, 5), None, false).await.unwrap());
        assert!(store.link_by_digest(LinkDigest([5; 32])).await.unwrap().is_none());
        assert!(store.add_message_link(&taken, &link(&booked, 0, 5, 5), None, true).await.unwrap());
        assert!(in_force(5).await);
        // Whoever has lost the lease writes no link.
        store.take_message(queued.id, lease(node(), 60), at(30)).await.unwrap().unwrap();
        assert!(!store.add_message_link(&taken, &link(&booked, 0, 6, 31), None, true).await.unwrap());
        assert!(store.link_by_digest(LinkDigest([6; 32])).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_dropped_with_its_appointment_and_what_came_back_is_known() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let sent = message(&booked, 0, MessageKind::Invitation, 0);
        let waiting = message(&booked, 0, MessageKind::ReminderHour, 30);
        let cancellation = message(&booked, 0, MessageKind::Cancellation, 5);
        store.add_messages(&[sent.clone(), waiting.clone(), cancellation.clone()], None).await.unwrap();
        let taken = store.take_message(sent.id, lease(node(), 3), at(0)).await.unwrap().unwrap();
        assert!(!store.bounce_message(sent.id, at(1)).await.unwrap(), "it was not sent");
        let end = MessageEnd::Over(MessageState::Sent { at: at(1) });
        store.end_message(sent.id, taken.lease, end, true).await.unwrap();
        assert_eq!(store.drop_messages_of(booked.id, DropReason::Moved, at(5)).await.unwrap(), 1);
        let states = store.messages_of(booked.id).await.unwrap().into_iter().map(|message| message.state);
        assert_eq!(
            states.collect::<Vec<_>>(),
            [
                MessageState::Sent { at: at(1) },
                MessageState::Queued { after: None },
                MessageState::Dropped { at: at(5), reason: DropReason::Moved },
            ]
        );
        assert!(store.bounce_message(sent.id, at(6)).await.unwrap());
        assert_eq!(store.message(sent.id).await.unwrap().unwrap().state, MessageState::Bounced { at: at(6) });
        assert!(!store.bounce_message(sent.id, at(7)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_failed_alarms_until_the_same_was_sent_again() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (one, other) = (visit(&[&claire], 60, 30), visit(&[&karim], 90, 30));
        for booked in [&one, &other] {
            store.add_appointment(booked, &[]).await.unwrap();
        }
        let failed = |reason| MessageState::Failed { at: at(1), reason };
        let of_one = Message {
            state: failed(FailReason::NoSuchAddress),
            ..message(&one, 0, MessageKind::Invitation, 0)
        };
        let bounced = Message {
            state: MessageState::Bounced { at: at(2) },
            ..message(&one, 0, MessageKind::ReminderDay, 0)
        };
        let unset =
            Message { state: failed(FailReason::NoServer), ..message(&other, 0, MessageKind::Invitation, 0) };
        store.add_messages(&[of_one.clone(), bounced, unset], None).await.unwrap();
        let alarm = |messages| MessageAlarm { appointment: one.id, starts_at: one.starts_at, messages };
        let alarms = |scope| store.message_alarms(at(0), scope);
        assert_eq!(alarms(AgendaScope::Everybody).await.unwrap(), [alarm(2)]);
        assert_eq!(alarms(AgendaScope::Practitioner(claire.id)).await.unwrap(), [alarm(2)]);
        assert_eq!(alarms(AgendaScope::Practitioner(karim.id)).await.unwrap(), []);
        assert_eq!(store.message_alarms(at(91), AgendaScope::Everybody).await.unwrap(), [], "it is over");
        let again = Message {
            id: new_id(MessageId::new),
            occasion: Occasion::Asked,
            queued_at: at(3),
            state: MessageState::Sent { at: at(3) },
            ..of_one
        };
        store.add_messages(&[again], None).await.unwrap();
        assert_eq!(alarms(AgendaScope::Everybody).await.unwrap(), [alarm(1)]);
    })
    .await;
}

#[tokio::test]
async fn appointments_that_are_near_or_new_are_looked_over() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = |start: i64, booked_at: i64| Appointment {
            booked_at: at(booked_at),
            ..visit(&[&claire], start, 30)
        };
        let (near, far, new, over) =
            (booked(60, -9000), booked(9000, -9000), booked(9100, -5), booked(-90, -5));
        for each in [&near, &far, &new, &over] {
            store.add_appointment(each, &[]).await.unwrap();
        }
        let look = || store.appointments_to_tell(at(0), at(1000), at(-1000));
        assert_eq!(look().await.unwrap(), [near.id, new.id]);
        let cancelled = AppointmentStatus::Cancelled { at: at(-1), by: claire.id };
        store.set_appointment_status(far.id, far.status, cancelled).await.unwrap();
        assert_eq!(look().await.unwrap(), [near.id, far.id, new.id]);
    })
    .await;
}

#[tokio::test]
async fn texts_are_kept_in_place_of_the_programs_own() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let which = (MessageKind::Invitation, Channel::Email, Language::French);
        let (kind, channel, language) = which;
        assert_eq!(store.message_template(kind, channel, language).await.unwrap(), None);
        let mut written = StoredTemplate {
            kind,
            channel,
            language,
            template: Template { subject: "{hospital}".to_owned(), body: "{when} {link}".to_owned() },
            changed_by: claire.id,
            changed_at: at(0),
        };
        store.put_message_template(&written).await.unwrap();
        written.template.body = "Le {when} :\n\n{link}".to_owned();
        written.changed_at = at(1);
        store.put_message_template(&written).await.unwrap();
        assert_eq!(store.message_template(kind, channel, language).await.unwrap(), Some(written.clone()));
        assert_eq!(store.message_templates().await.unwrap(), [written]);
        assert!(store.remove_message_template(kind, channel, language).await.unwrap());
        assert!(!store.remove_message_template(kind, channel, language).await.unwrap());
        assert_eq!(store.message_templates().await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_service_says_when_it_reminds() {
    for_each_database(|store| async move {
        let heart = service("Cardiologie", "");
        store.put_service(&heart).await.unwrap();
        assert_eq!(store.reminder_policy(heart.id).await.unwrap(), Some(ReminderPolicy::default()));
        let policy = ReminderPolicy { days_before: 3, minutes_before: 0 };
        assert!(store.set_reminder_policy(heart.id, policy).await.unwrap());
        assert_eq!(store.reminder_policy(heart.id).await.unwrap(), Some(policy));
        let unknown = new_id(ServiceId::new);
        assert_eq!(store.reminder_policy(unknown).await.unwrap(), None);
        assert!(!store.set_reminder_policy(unknown, policy).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_practitioners_calendar_has_one_address() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        assert_eq!(store.calendar_feed_of(claire.id).await.unwrap(), None);
        let (first, second) = (LinkDigest([1; 32]), LinkDigest([2; 32]));
        store.put_calendar_feed(claire.id, first, at(0)).await.unwrap();
        assert_eq!(store.calendar_feed_by_digest(first).await.unwrap(), Some(claire.id));
        store.put_calendar_feed(claire.id, second, at(1)).await.unwrap();
        assert_eq!(store.calendar_feed_by_digest(first).await.unwrap(), None);
        assert_eq!(store.calendar_feed_by_digest(second).await.unwrap(), Some(claire.id));
        assert_eq!(store.calendar_feed_of(claire.id).await.unwrap(), Some(at(1)));
        assert!(store.remove_calendar_feed(claire.id).await.unwrap());
        assert!(!store.remove_calendar_feed(claire.id).await.unwrap());
        assert_eq!(store.calendar_feed_by_digest(second).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_chain_begins_with_the_first_and_ends_with_the_last() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (first, second, third) =
            (visit(&[&claire], 60, 30), visit(&[&claire], 120, 30), visit(&[&claire], 180, 30));
        store.add_appointment(&first, &[]).await.unwrap();
        assert_eq!(store.chain_of(first.id).await.unwrap(), Chain::alone(first.id));
        for (old, new) in [(&first, &second), (&second, &third)] {
            let (links, contacts, course) = (&[], &Default::default(), &Course::default());
            assert!(store.move_appointment(old, new, links, contacts, course).await.unwrap());
        }
        let chain = |moves, was_at, is_replaced| {
            let first = first.id;
            Chain { first, moves, was_at, is_replaced, is_from_queue: false }
        };
        assert_eq!(store.chain_of(first.id).await.unwrap(), chain(0, None, true));
        assert_eq!(store.chain_of(second.id).await.unwrap(), chain(1, Some(at(60)), true));
        assert_eq!(store.chain_of(third.id).await.unwrap(), chain(2, Some(at(120)), false));
    })
    .await;
}

#[tokio::test]
async fn messages_are_counted_with_their_visit() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 60, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let failed = |reason| MessageState::Failed { at: at(1), reason };
        let states = [
            (MessageKind::Invitation, MessageState::Sent { at: at(1) }),
            (MessageKind::ReminderDay, failed(FailReason::NoSuchAddress)),
            (MessageKind::ReminderHour, MessageState::Bounced { at: at(1) }),
            (MessageKind::Late, failed(FailReason::NoServer)),
            (MessageKind::Cancellation, MessageState::Queued { after: None }),
        ];
        let messages = states.map(|(kind, state)| Message { state, ..message(&booked, 0, kind, 0) });
        store.add_messages(&messages, None).await.unwrap();
        let visits = store.visits_between(at(0), at(600)).await.unwrap();
        assert_eq!((visits[0].facts.messages_sent, visits[0].facts.messages_failed), (1, 2));
    })
    .await;
}
