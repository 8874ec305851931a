//! Ranks, messages, delays and policies of waiting rooms.

use parvis::clinical::ServiceId;
use parvis::store::StoredArrival;

use super::services::service;
use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn what_a_service_decided_about_its_waiting_room_is_kept() {
    for_each_database(|store| async move {
        let (heart, lungs) = (service("Cardiologie", ""), service("Pneumologie", ""));
        store.put_service(&heart).await.unwrap();
        store.put_service(&lungs).await.unwrap();
        let wanted = WaitingPolicy { shows_position: true, may_take_over: false };
        assert_eq!(store.waiting_policy(heart.id).await.unwrap(), WaitingPolicy::default());
        assert!(store.set_waiting_policy(heart.id, wanted).await.unwrap());
        // Its name is changed later: what was decided stays.
        store
            .put_service(&parvis::clinical::Service { site: "Nord".to_owned(), ..heart.clone() })
            .await
            .unwrap();
        assert_eq!(store.waiting_policy(heart.id).await.unwrap(), wanted);
        assert_eq!(store.waiting_policy(lungs.id).await.unwrap(), WaitingPolicy::default());
        let nowhere = new_id(ServiceId::new);
        assert!(!store.set_waiting_policy(nowhere, wanted).await.unwrap());
        assert_eq!(store.waiting_policy(nowhere).await.unwrap(), WaitingPolicy::default());
    })
    .await;
}

#[tokio::test]
async fn the_order_of_those_who_wait_is_kept_and_changed() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (one, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&one, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let rank = |of: &Appointment, counts: i64| Rank {
            appointment: of.id,
            participant: of.participants[0].id,
            since: at(1),
            counts_since: at(counts) + TimeDelta::microseconds(1),
        };
        store.put_waiting_ranks(&[rank(&one, 5), rank(&other, 3)]).await.unwrap();
        assert_eq!(store.waiting_ranks_of(one.id).await.unwrap(), [rank(&one, 5)]);
        store.put_waiting_ranks(&[rank(&one, 2)]).await.unwrap();
        assert_eq!(store.waiting_ranks_of(one.id).await.unwrap(), [rank(&one, 2)]);
        assert_eq!(store.waiting_ranks_of(other.id).await.unwrap(), [rank(&other, 3)]);
        // All or nothing.
        let stranger = Rank { participant: claire_in(&other), ..rank(&one, 9) };
        assert!(store.put_waiting_ranks(&[rank(&one, 8), stranger]).await.is_err());
        assert_eq!(store.waiting_ranks_of(one.id).await.unwrap(), [rank(&one, 2)]);
    })
    .await;
}

fn claire_in(of: &Appointment) -> ParticipantId {
    of.participants[1].id
}

#[tokio::test]
async fn what_somebody_who_waits_was_told_comes_back_in_order() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let message = |minute, words| WaitingMessage {
            id: new_id(WaitingMessageId::new),
            to: booked.participants[0].id,
            by: claire.id,
            at: at(minute),
            words,
        };
        let mut told: Vec<_> = [
            ReadySentence::SoonYourTurn,
            ReadySentence::ThankYouForWaiting,
            ReadySentence::HavePapersReady,
            ReadySentence::CheckMicrophone,
            ReadySentence::CheckCamera,
            ReadySentence::GoToQuietPlace,
            ReadySentence::WeWillCallYou,
        ]
        .into_iter()
        .map(|sentence| message(1, WaitingWords::Ready(sentence)))
        .collect();
        told.push(message(2, WaitingWords::Own(WaitingText::new("Dix minutes, « promis ».").unwrap())));
        for message in told.iter().chain(&told) {
            store.add_waiting_message(booked.id, message).await.unwrap();
        }
        assert_eq!(store.waiting_messages_of(booked.id).await.unwrap(), told);
        assert_eq!(store.waiting_messages_of(other.id).await.unwrap(), []);
        let stranger = message(3, WaitingWords::Ready(ReadySentence::SoonYourTurn));
        assert!(store.add_waiting_message(other.id, &stranger).await.is_err(), "nobody of this appointment");
    })
    .await;
}

#[tokio::test]
async fn the_last_word_on_a_delay_counts_whenever_it_is_written() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let late = |minutes, at| Delay::new(claire.id, minutes, karim.id, at).unwrap();
        assert_eq!(store.delay_of(claire.id).await.unwrap(), None);
        store.put_delay(&late(10, at(1))).await.unwrap();
        store.put_delay(&late(25, at(5))).await.unwrap();
        store.put_delay(&late(10, at(2))).await.unwrap();
        assert_eq!(store.delay_of(claire.id).await.unwrap(), Some(late(25, at(5))));
        store.put_delay(&late(0, at(6))).await.unwrap();
        assert_eq!(store.delay_of(claire.id).await.unwrap(), Some(late(0, at(6))));
        assert_eq!(store.delay_of(karim.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn how_people_came_in_is_kept_for_the_last_time() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let mut expected = Vec::new();
        for (minute, assurance) in (0..).zip(Assurance::ALL) {
            let arrival = StoredArrival { participant: booked.participants[0].id, assurance, at: at(minute) };
            store.put_arrival(booked.id, &arrival).await.unwrap();
            expected = vec![arrival];
            assert_eq!(store.arrivals_of(booked.id).await.unwrap(), expected);
        }
        let doctor = StoredArrival { participant: claire_in(&booked), ..expected[0] };
        store.put_arrival(booked.id, &doctor).await.unwrap();
        assert_eq!(store.arrivals_of(booked.id).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_takes_over_is_in_it_once_and_takes_no_time_of_their_own() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (booked, own) = (visit(&[&claire], 0, 30), visit(&[&karim], 0, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&own, &[]).await.unwrap();
        let person = booked.take_over(new_id(ParticipantId::new), &karim).unwrap();
        let again = Participant { id: new_id(ParticipantId::new), ..person.clone() };
        let (one, other) = tokio::join!(
            store.add_take_over(booked.id, &person, at(1), None),
            store.add_take_over(booked.id, &again, at(1), None)
        );
        let (one, other) = (one.unwrap(), other.unwrap());
        assert!(one.is_some() && one == other, "two who ask at once are one");
        let found = store.appointment(booked.id).await.unwrap().unwrap();
        assert_eq!(found.participants.len(), 3);
        assert_eq!(found.participants[2].part, Part::Practitioner(karim.id));
        assert_eq!(store.take_overs_of(booked.id).await.unwrap(), [(one.unwrap(), at(1))]);
        assert_eq!(store.take_overs_of(own.id).await.unwrap(), []);
        // Whoever is booked takes nothing over.
        let claire_again = Participant { id: new_id(ParticipantId::new), ..found.participants[1].clone() };
        let who = store.add_take_over(booked.id, &claire_again, at(2), None).await.unwrap();
        assert_eq!(who, Some(booked.participants[1].id));
        let over = booked.status.fulfil(at(3), Outcome::Completed).unwrap();
        assert!(store.set_appointment_status(booked.id, booked.status, over).await.unwrap());
        assert_eq!(store.add_take_over(booked.id, &person, at(4), None).await.unwrap(), None, "it is over");
    })
    .await;
}
