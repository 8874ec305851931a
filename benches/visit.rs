//! An appointment of a running gateway, booked and peopled for a measurement.

use std::io::{Cursor, Write};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use parvis::protocol::{
    Booked, BookingRequest, ClientMessage, DeviceStateWord, GuestRequest, LanguageWord, PlaceWord,
    PractitionerEntry, Receipt, RoleWord, SeriesEntry, ServerMessage, StudyEntry,
};

use crate::gateway::Gateway;
use crate::line::Line;
use crate::objects::SEED;
use crate::person::{Person, Seat};

/// Whom the demonstration leaves free in the next hour: the subject, and the name on the sign-in page.
pub const DOCTOR: (&str, &str) = ("karim", "Karim Benali");

/// A booked appointment of one doctor.
pub struct Visit {
    base: String,
    pub doctor: Person,
    pub appointment: String,
    /// Addresses of the guests' links, the patient's first.
    pub links: Vec<String>,
}

impl Visit {
    /// Books an appointment that begins in five minutes, with a patient and relatives: `guests` people in all. The doctor is
    /// busy then: a gateway takes one such visit.
    pub async fn book(gateway: &Gateway, guests: usize) -> Result<Self> {
        let now = Utc::now();
        Self::book_at(gateway, guests, now + TimeDelta::minutes(5), now + TimeDelta::minutes(35)).await
    }

    /// Likewise at this time, which may be short: a door is open from before the start until long after the end.
    pub async fn book_at(
        gateway: &Gateway,
        guests: usize,
        starts_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    ) -> Result<Self> {
        let doctor = Person::sign_in(&gateway.base, DOCTOR.0).await?;
        let secretary = Person::sign_in(&gateway.base, "camille").await?;
        let people: Vec<PractitionerEntry> = secretary.get("/api/practitioners").await?;
        let entry = people.into_iter().find(|person| person.name.contains(DOCTOR.1));
        let guest = |number: usize| GuestRequest {
            role: if number == 0 { RoleWord::Patient } else { RoleWord::Relative },
            name: format!("Personne {number}"),
            language: LanguageWord::Fr,
            email: None,
            telephone: None,
            birth_date: None,
            wants_pin: None,
        };
        let booking = BookingRequest {
            starts_at: starts_at.to_rfc3339(),
            ends_at: ends_at.to_rfc3339(),
            service: "Cardiologie".to_owned(),
            service_id: None,
            course: None,
            guests: (0..guests).map(guest).collect(),
            practitioners: vec![entry.context("the demonstration has no such doctor")?.practitioner],
            note: String::new(),
        };
        let booked: Booked = secretary.post("/api/appointments", &booking).await?;
        Ok(Self {
            base: gateway.base.clone(),
            doctor,
            appointment: booked.appointment.appointment,
            links: booked.links.into_iter().map(|link| link.address).collect(),
        })
    }

    /// Uploads a file, all of which must be taken.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let path = format!("/api/appointments/{}/studies?name={name}", self.appointment);
        let receipt: Receipt = self.doctor.upload(&path, bytes).await?;
        anyhow::ensure!(receipt.refused.is_empty(), "objects were refused: {:?}", receipt.refused);
        Ok(())
    }

    /// What there is to be shown.
    pub async fn series(&self) -> Result<Vec<SeriesEntry>> {
        let studies: Vec<StudyEntry> =
            self.doctor.get(&format!("/api/appointments/{}/studies", self.appointment)).await?;
        Ok(studies.into_iter().flat_map(|study| study.series).collect())
    }

    /// Uploads the synthetic CT as a ZIP; the answer is its series.
    pub async fn upload_ct(&self) -> Result<SeriesEntry> {
        self.upload_ct_of(SEED).await?;
        self.cts().await?.pop().context("the CT has not arrived")
    }

    /// The series of CT that there are.
    pub async fn cts(&self) -> Result<Vec<SeriesEntry>> {
        Ok(self.series().await?.into_iter().filter(|series| series.modality == "CT").collect())
    }

    /// Uploads another synthetic CT for every seed: other objects, other pixels.
    pub async fn upload_ct_of(&self, seed: u64) -> Result<()> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in
            parvis::demo::studies::demo_objects(seed).filter(|(name, _)| name.starts_with("CT"))
        {
            zip.start_file(name, zip::write::SimpleFileOptions::default())?;
            zip.write_all(&bytes)?;
        }
        self.upload("ct.zip", zip.finish()?.into_inner()).await
    }

    /// The doctor in the call.
    pub async fn doctor_enters(&self) -> Result<Seat> {
        let mut doctor = self.doctor.attend(&self.appointment).await?;
        doctor.ask(|request| ClientMessage::Enter { request }).await?;
        Ok(doctor)
    }

    /// A guest in the call: comes by the link, waits, is let in by the doctor.
    pub async fn guest_enters(&self, link: &str, doctor: &mut Seat) -> Result<Seat> {
        let mut guest = self.guest_is_admitted(link, doctor).await?;
        guest.ask(|request| ClientMessage::Enter { request }).await?;
        Ok(guest)
    }

    /// A guest in the call whose WebSocket goes by a line.
    pub async fn guest_enters_by(&self, line: &Line, link: &str, doctor: &mut Seat) -> Result<Seat> {
        let person = Person::nobody(&self.base)?.behind(line.address());
        let mut guest = self.admitted(&person, link, doctor).await?;
        guest.ask(|request| ClientMessage::Enter { request }).await?;
        Ok(guest)
    }

    /// A guest who may come in and has not yet.
    pub async fn guest_is_admitted(&self, link: &str, doctor: &mut Seat) -> Result<Seat> {
        self.admitted(&Person::nobody(&self.base)?, link, doctor).await
    }

    async fn admitted(&self, person: &Person, link: &str, doctor: &mut Seat) -> Result<Seat> {
        let (_, secret) = link.split_once('#').context("a link without a secret")?;
        let mut guest = person.attend_by(secret).await?;
        let (camera, microphone) = (DeviceStateWord::Missing, DeviceStateWord::Missing);
        guest.ask(|request| ClientMessage::Ready { request, camera, microphone }).await?;
        let participant = guest.participant.clone();
        let is_recognised = Some(true);
        doctor.ask(|request| ClientMessage::Admit { request, participant, is_recognised }).await?;
        let is_admitted = |message: &ServerMessage| match message {
            ServerMessage::Place { place } => (place.state == PlaceWord::Admitted).then_some(()),
            _ => None,
        };
        guest.wait(is_admitted).await.context("the guest was not admitted")?;
        Ok(guest)
    }
}
