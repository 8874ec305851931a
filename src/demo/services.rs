//! The services of the demo: who works there, when they see patients, and the queue of one of them.

use anyhow::Result;
use chrono::{NaiveDate, NaiveTime, Weekday};

use crate::app::App;
use crate::clinical::{
    BookingPolicy, Hours, PatternId, Practitioner, PractitionerId, QueueCode, QueueSettings, QueueSlug,
    Service, ServiceId, StaffRole, WaitingPolicy, WeeklyPattern,
};
use crate::store::Change;

/// One synthetic service.
struct Made {
    name: &'static str,
    members: &'static [&'static str],
    slot_minutes: u16,
    queue: Option<&'static str>,
    /// A colleague may take a visit over.
    may_take_over: bool,
}

/// Its radiologists come into the consultations of the others.
const RADIOLOGY: &str = "Radiologie";

const SERVICES: [Made; 3] = [
    Made {
        name: "Cardiologie",
        members: &["claire"],
        slot_minutes: 30,
        queue: Some("cardiologie"),
        may_take_over: false,
    },
    Made {
        name: "Pneumologie",
        members: &["karim", "claire"],
        slot_minutes: 20,
        queue: None,
        may_take_over: true,
    },
    Made { name: RADIOLOGY, members: &["sofia"], slot_minutes: 20, queue: None, may_take_over: false },
];

const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

/// Makes the services, unless the data of an earlier start have some.
pub(super) async fn open(app: &App, people: &[Practitioner]) -> Result<()> {
    let secretary = people.iter().find(|person| person.roles.contains(&StaffRole::Secretary));
    let Some(secretary) = secretary else { return Ok(()) };
    if !app.store.services().await?.is_empty() {
        return Ok(());
    }
    let change = Change { by: secretary.id, at: app.clock.now() };
    let radiology = ServiceId::new(app.clock.new_uuid());
    // The one that reads for the others is there before them.
    for made in SERVICES.iter().rev() {
        let is_radiology = made.name == RADIOLOGY;
        let id = if is_radiology { radiology } else { ServiceId::new(app.clock.new_uuid()) };
        let service = Service {
            id,
            name: made.name.to_owned(),
            site: String::new(),
            telephone: String::new(),
            is_closed: false,
            created_at: change.at,
        };
        app.store.put_service(&service).await?;
        let members = people.iter().filter(|person| made.members.contains(&person.subject.expose().as_str()));
        let members: Vec<PractitionerId> = members.map(|person| person.id).collect();
        app.store.set_members(id, &members).await?;
        if !is_radiology {
            app.store.set_readers(id, &[radiology]).await?;
        }
        let policy =
            BookingPolicy { may_patients_cancel: true, may_patients_move: true, ..BookingPolicy::default() };
        app.store.set_booking_policy(id, &policy, change).await?;
        let waiting = WaitingPolicy { shows_position: true, may_take_over: made.may_take_over };
        app.store.set_waiting_policy(id, waiting).await?;
        hours(app, made, id, change).await?;
        if let Some(slug) = made.queue {
            let code = Some(QueueCode::make(app.clock.random_bytes()));
            let queue = QueueSettings { slug: QueueSlug::new(slug).ok(), code, ..QueueSettings::default() };
            app.store.set_queue(id, &queue, change).await?;
        }
    }
    Ok(())
}

/// Mornings and afternoons from Monday to Friday.
async fn hours(app: &App, made: &Made, service: ServiceId, change: Change) -> Result<()> {
    let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    for weekday in WORKDAYS {
        for (from, to) in [(9, 12), (14, 17)] {
            let pattern = WeeklyPattern {
                id: PatternId::new(app.clock.new_uuid()),
                service,
                practitioner: None,
                site: String::new(),
                weekday,
                hours: Hours { from: at(from), to: at(to) },
                slot_minutes: made.slot_minutes,
                valid_from: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default(),
                valid_until: None,
            };
            app.store.put_pattern(&pattern, change).await?;
        }
    }
    Ok(())
}
