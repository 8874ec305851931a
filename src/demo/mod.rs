//! The demonstration: synthetic people, appointments and studies, and an identity provider of its own, on loopback only.

pub mod idp;
mod services;
pub mod studies;

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::sync::mpsc;

use crate::app::{App, NetworkSettings, Settings};
use crate::archive::ArchiveSettings;
use crate::clinical::{
    Appointment, AppointmentId, Booking, ChatKeep, Contact, EmailAddress, GuestRole, Language, LinkId,
    NewLink, Part, Participant, ParticipantId, Pin, Practitioner, PractitionerId, ServiceId, StaffRole,
};
use crate::clock::Clock;
use crate::config::Hospital;
use crate::login::LoginSettings;
use crate::sealing::{KeySource, MasterKeys};
use crate::secret::Secret;
use crate::sfu::SfuSettings;
use crate::store::{AgendaScope, StoreSettings};
use crate::trail::TrailSettings;

use idp::DemoIdp;

/// A running demonstration.
pub struct Demo {
    pub app: App,
    address: SocketAddr,
    data: PathBuf,
    /// Without a folder given, the data are cleared away at the end.
    is_temporary: bool,
    issuer: String,
}

/// What is told when it starts.
struct Told {
    /// The first one, whose studies are there, and its patient's link.
    appointment: AppointmentId,
    link: String,
    /// Links that a PIN goes with.
    with_pin: Vec<(String, Secret<String>)>,
}

/// One synthetic appointment.
struct Visit {
    /// Start, in minutes from the current quarter of an hour.
    minutes: i64,
    doctor: &'static str,
    service: &'static str,
    patient: &'static str,
    relative: Option<&'static str>,
    /// Where the patient is written to: the outbox shows what.
    email: Option<&'static str>,
}

const VISITS: [Visit; 6] = [
    Visit {
        minutes: 0,
        doctor: "claire",
        service: "Cardiologie",
        patient: PATIENT,
        relative: Some("Luc Lefèvre"),
        email: None,
    },
    Visit {
        minutes: 45,
        doctor: "claire",
        service: "Cardiologie",
        patient: "Marcel Aubry",
        relative: None,
        email: None,
    },
    Visit {
        minutes: 90,
        doctor: "karim",
        service: "Pneumologie",
        patient: "Awa Diallo",
        relative: None,
        email: None,
    },
    Visit {
        minutes: 150,
        doctor: "claire",
        service: "Cardiologie",
        patient: "Jeanne Petit",
        relative: None,
        email: Some("jeanne@example.org"),
    },
    Visit {
        minutes: 1440,
        doctor: "karim",
        service: "Pneumologie",
        patient: "Paul Garnier",
        relative: None,
        email: Some("paul@example.org"),
    },
    Visit {
        minutes: -30,
        doctor: "karim",
        service: "Pneumologie",
        patient: WITH_PIN,
        relative: None,
        email: None,
    },
];

/// Whose link is printed, and whose studies are there.
const PATIENT: &str = "Hélène Lefèvre";
/// Who was given a PIN at booking: their link alone opens no waiting room. Their doctor is late.
const WITH_PIN: &str = "Robert Meunier";
/// The seed of the synthetic studies: the same pictures at every start.
const SEED: u64 = 20261125;

impl Demo {
    /// Builds the demonstration behind this address.
    ///
    /// # Errors
    /// If the address is not of this machine alone: whoever reaches it can sign in as anybody.
    pub async fn build(
        address: SocketAddr,
        data: Option<PathBuf>,
        program: PathBuf,
        clock: Clock,
    ) -> Result<Self> {
        let public_url = url::Url::parse(&format!("http://localhost:{}", address.port()))?;
        let issuer = public_url.join("/demo-idp")?;
        let callback = public_url.join("/login/callback")?;
        let idp = DemoIdp::new(issuer.clone(), callback, clock.clone(), address)?;
        let is_temporary = data.is_none();
        let data =
            data.unwrap_or_else(|| std::env::temp_dir().join(format!("parvis-demo-{}", clock.new_uuid())));
        tokio::fs::create_dir_all(&data).await.with_context(|| format!("cannot make {}", data.display()))?;
        // Beside what it seals: synthetic people need no more.
        let key = data.join("master.key");
        if !tokio::fs::try_exists(&key).await? {
            MasterKeys::make_file(&key, &clock)?;
        }
        let keys = MasterKeys::open(Some(KeySource::File(key)), clock.clone())?;
        let archive = ArchiveSettings::new(data.join("archive"), program, keys.clone());
        // All of it is on this machine: what is set on its pages may be too.
        let networks = ["127.0.0.0/8", "::1"].iter().filter_map(|network| network.parse().ok()).collect();
        let egress = crate::egress::Rules { networks, ..Default::default() };
        let mut app = App::build(
            Settings {
                hospital: Hospital {
                    name: "Hôpital de démonstration".to_owned(),
                    telephone: "01 23 45 67 89".to_owned(),
                    time_zone: chrono_tz::Europe::Paris,
                },
                public_url: public_url.clone(),
                store: StoreSettings {
                    url: Secret::new(format!("sqlite://{}", data.join("parvis.sqlite").display())),
                    max_connections: 4,
                    keys,
                },
                login: LoginSettings { egress: egress.clone(), ..idp.login_settings(public_url.clone()) },
                sfu: SfuSettings {
                    listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
                    announce: Vec::new(),
                    shards: 1,
                    tcp_port: Some(address.port()),
                },
                network: NetworkSettings {
                    relay_urls: vec![format!("turn:localhost:{}?transport=tcp", address.port())],
                    ..NetworkSettings::default()
                },
                archive,
                chat_keep: ChatKeep::Consultation,
                mail: None,
                sms: None,
                egress,
                pacs_patience: crate::pacs::PacsPatience::default(),
                retention: crate::clinical::RetentionPolicy::default(),
                trail: TrailSettings::local(data.join("audit"), public_url.clone()),
                emergency_lasts: crate::clinical::EmergencyAccess::LASTS,
                authority: None,
                metrics: None,
                presenter_lost_for: crate::app::PRESENTER_LOST_FOR,
                is_demo: true,
            },
            clock,
        )
        .await?;
        app.mount("/demo-idp", idp.router());
        let issuer = issuer.as_str().trim_end_matches('/').to_owned();
        Ok(Self { app, address, data, is_temporary, issuer })
    }

    /// Makes the people and their appointments, prints the two addresses, then makes the studies; then waits for ever.
    pub async fn tell(&self) -> Result<Infallible> {
        let people = self.people().await?;
        services::open(&self.app, &people).await?;
        let today = self.visits(&people).await?;
        let port = self.address.port();
        println!("Parvis demo: synthetic people only, on this machine only.\n");
        println!("  Staff    http://localhost:{port}/app");
        match &today {
            Some(Told { link, with_pin, .. }) => {
                println!("  Patient  {link}");
                for (link, pin) in with_pin {
                    println!("  With PIN {link}   PIN {}", pin.expose());
                }
                println!();
            }
            None => println!("  Patient  make a new link in the agenda\n"),
        }
        println!("Open the second address in another browser or a private window. Ctrl-C ends the demo.");
        if let Some(Told { appointment, .. }) = today {
            self.studies(appointment).await?;
        }
        std::future::pending().await
    }

    /// Ends everything; data that nobody asked to keep are cleared away.
    pub async fn end(self) {
        self.app.end().await;
        if self.is_temporary
            && let Err(error) = tokio::fs::remove_dir_all(&self.data).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "the demo's data were not cleared away");
        }
    }

    /// Staff as the identity provider will describe them, so that they can be booked before they sign in.
    async fn people(&self) -> Result<Vec<Practitioner>> {
        let mut people = Vec::new();
        for person in DemoIdp::PEOPLE {
            let Some(role) = person.role else { continue };
            let practitioner = Practitioner {
                id: PractitionerId::new(self.app.clock.new_uuid()),
                issuer: self.issuer.clone(),
                subject: person.subject.into(),
                name: person.name.into(),
                roles: vec![role],
            };
            people.push(self.app.store.upsert_practitioner(&practitioner).await?);
        }
        Ok(people)
    }

    /// Books the visits, unless the data of an earlier start have some.
    async fn visits(&self, people: &[Practitioner]) -> Result<Option<Told>> {
        let now = self.app.clock.now();
        let (from, to) = (now - TimeDelta::hours(2), now + TimeDelta::hours(6));
        if !self.app.store.appointments_between(from, to, AgendaScope::Everybody).await?.is_empty() {
            return Ok(None);
        }
        let secretary = people.iter().find(|person| person.roles.contains(&StaffRole::Secretary));
        let secretary = secretary.context("the demo has a secretary")?.id;
        let kept = self.app.store.services().await?;
        let mut first = None;
        let mut with_pin = Vec::new();
        let public = format!("http://localhost:{}", self.address.port());
        for visit in &VISITS {
            let Some(doctor) = people.iter().find(|person| person.subject.expose() == visit.doctor) else {
                continue;
            };
            let service = kept.iter().find(|service| service.name == visit.service).map(|service| service.id);
            let booking = self.booking(visit, doctor, service, quarter(now));
            let id = AppointmentId::new(self.app.clock.new_uuid());
            let appointment = Appointment::book(id, booking, secretary, now - TimeDelta::hours(1))?;
            let links: Vec<_> = appointment
                .participants
                .iter()
                .filter(|person| person.role().is_guest())
                .map(|person| {
                    let link = LinkId::new(self.app.clock.new_uuid());
                    let random = self.app.clock.random_bytes();
                    NewLink::make(link, random, &appointment, person.id, self.app.door, now)
                })
                .collect();
            let rows: Vec<_> = links.iter().map(|new| new.link.clone()).collect();
            let email = visit.email.map(EmailAddress::parse).transpose()?;
            let contact = Contact { email, ..Contact::default() };
            let contacts =
                appointment.patient().filter(|_| !contact.is_empty()).map(|patient| (patient.id, contact));
            let contacts = contacts.into_iter().collect();
            self.app.store.add_appointment_with(&appointment, &rows, &contacts).await?;
            self.app.outbox.plan(id).await;
            let Some(patients) = links.first() else { continue };
            if visit.patient == WITH_PIN {
                let patient = patients.link.participant;
                let (digits, pin) = Pin::make(self.app.clock.random_bytes(), patient);
                self.app.store.put_pin(id, patient, pin, now).await?;
                with_pin.push((patients.address(&public), digits));
            }
            first = first.or_else(|| Some((id, patients.address(&public))));
        }
        Ok(first.map(|(appointment, link)| Told { appointment, link, with_pin }))
    }

    fn booking(
        &self,
        visit: &Visit,
        doctor: &Practitioner,
        service_id: Option<ServiceId>,
        quarter: DateTime<Utc>,
    ) -> Booking {
        let person = |name: &str, part| Participant {
            id: ParticipantId::new(self.app.clock.new_uuid()),
            name: name.into(),
            part,
            language: Language::French,
        };
        let mut participants = vec![person(visit.patient, Part::Guest(GuestRole::Patient))];
        participants.extend(visit.relative.map(|name| person(name, Part::Guest(GuestRole::Relative))));
        participants.push(person(doctor.name.expose(), Part::Practitioner(doctor.id)));
        let starts_at = quarter + TimeDelta::minutes(visit.minutes);
        let ends_at = starts_at + TimeDelta::minutes(30);
        Booking {
            starts_at,
            ends_at,
            service: visit.service.to_owned(),
            service_id,
            participants,
            note: "".into(),
        }
    }

    /// Puts the synthetic studies into the archive of one appointment, as an upload would.
    async fn studies(&self, appointment: AppointmentId) -> Result<()> {
        let folder = self.data.join("synthetic");
        tokio::fs::create_dir_all(&folder).await?;
        let to = folder.clone();
        let written = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            for (name, bytes) in studies::demo_objects(SEED) {
                std::fs::write(to.join(name), bytes)?;
            }
            Ok(())
        });
        written.await?.context("the synthetic studies cannot be written")?;
        let (progress, _) = mpsc::channel(1);
        let receipt = self.app.archive.receive(&folder, "synthetic", progress).await?;
        tokio::fs::remove_dir_all(&folder).await?;
        self.app.store.add_received(appointment, &receipt.received, &self.app.clock).await?;
        self.app.live.studies_changed(appointment).await;
        tracing::info!(objects.received = receipt.received.len(), "the synthetic studies are there");
        Ok(())
    }
}

/// The quarter of an hour that a time is in.
fn quarter(at: DateTime<Utc>) -> DateTime<Utc> {
    let past = TimeDelta::minutes(i64::from(at.minute() % 15))
        + TimeDelta::seconds(i64::from(at.second()))
        + TimeDelta::nanoseconds(i64::from(at.nanosecond()));
    at - past
}
