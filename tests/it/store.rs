//! Every function of the store, on both databases.

mod appointments;
mod audit;
mod chats;
mod consents;
mod constraints;
mod consultations;
mod copies;
mod courses;
mod delegations;
mod doors;
mod emergencies;
mod identities;
mod key_images;
mod keys;
mod links;
mod local_accounts;
mod logins;
mod marks;
mod messages;
mod moves;
mod open;
mod pacs_nodes;
mod patient_logins;
mod patient_numbers;
mod people;
mod practitioners;
mod providers;
mod quality;
mod queues;
mod reports;
mod retention;
mod schedules;
mod senders;
mod services;
mod statistics;
mod studies;
mod uploads;
mod viewings;
mod waiting;
mod ways_in;

use std::fs;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use parvis::clinical::*;
use parvis::clock::Clock;
use parvis::secret::Pii;
use parvis::store::{RestsOn, Store};

/// Minutes from the eight o'clock at which these tests take place.
fn at(minutes: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn clock() -> Clock {
    Clock::fixed(at(0))
}

fn new_id<T>(make: fn(uuid::Uuid) -> T) -> T {
    make(clock().new_uuid())
}

fn person(name: &str, roles: &[StaffRole]) -> Practitioner {
    Practitioner {
        id: new_id(PractitionerId::new),
        issuer: "https://idp.example".to_owned(),
        subject: format!("sub-{name}").into(),
        name: name.into(),
        roles: roles.to_vec(),
    }
}

async fn doctor(store: &Store, name: &str) -> Practitioner {
    store.upsert_practitioner(&person(name, &[StaffRole::Doctor])).await.unwrap()
}

fn guest(name: &str, role: GuestRole) -> Participant {
    Participant {
        id: new_id(ParticipantId::new),
        name: name.into(),
        part: Part::Guest(role),
        language: Language::French,
    }
}

/// A patient and these doctors, from `start` for `length` minutes.
fn visit(doctors: &[&Practitioner], start: i64, length: i64) -> Appointment {
    let practitioner = |doctor: &&Practitioner| Participant {
        id: new_id(ParticipantId::new),
        name: doctor.name.clone(),
        part: Part::Practitioner(doctor.id),
        language: Language::English,
    };
    let mut participants = vec![guest("Hélène Lefèvre", GuestRole::Patient)];
    participants.extend(doctors.iter().map(practitioner));
    Appointment {
        id: new_id(AppointmentId::new),
        starts_at: at(start),
        ends_at: at(start + length),
        service: "Cardiologie".to_owned(),
        service_id: None,
        participants,
        status: AppointmentStatus::Booked,
        booked_by: doctors[0].id,
        booked_at: at(-60) + TimeDelta::microseconds(123_456),
        note: Pii::new("Tension à revoir.\n".to_owned()),
    }
}

fn link(appointment: &Appointment, participant: usize, digest: u8, issued: i64) -> Link {
    Link {
        id: new_id(LinkId::new),
        appointment: appointment.id,
        participant: appointment.participants[participant].id,
        digest: LinkDigest([digest; 32]),
        issued_at: at(issued),
        expires_at: at(issued + 600),
        revoked_at: None,
    }
}

#[test]
fn every_function_of_the_store_is_run_here() {
    let read_all = |folder: &str| -> String {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    };
    let store = read_all("src/store");
    let tests = read_all("tests/it/store");
    let functions: Vec<_> = store
        .split("pub async fn ")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
        .collect();
    assert!(functions.len() > 20, "the functions of the store were not found: {functions:?}");
    for function in functions {
        let is_called = [".", "Store::"].iter().any(|before| tests.contains(&format!("{before}{function}(")));
        assert!(
            is_called,
            "Store::{function} is never called in tests/it/store/: add a test on both databases"
        );
    }
}
