//! The waiting rooms of services: who waits in all the consultations together, and which number they are where a service tells it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::waiting::WaitingNews;
use super::{Live, Parts, Places};
use crate::clinical::{
    Appointment, AppointmentId, Assurances, ParticipantId, Queue, RoomKey, ServiceId, Waiter,
};
use crate::store::{Error, Store};

/// Changes that come closer together than this are reckoned once.
const PAUSE: Duration = Duration::from_secs(1);

/// A consultation in which guests wait, or whose page does not answer while they do.
#[derive(Clone, Debug)]
pub struct WaitingConsultation {
    pub appointment: Appointment,
    pub places: Places,
    pub assurances: Assurances,
}

impl WaitingConsultation {
    /// The guests who wait.
    pub fn waiters(&self) -> impl Iterator<Item = Waiter> {
        self.places.iter().filter_map(|(participant, place)| {
            let person = self.appointment.participant(*participant)?;
            let since = place.waiting_since().filter(|_| person.role().is_guest())?;
            Some(Waiter { appointment: self.appointment.id, participant: *participant, since })
        })
    }
}

/// All consultations in which guests wait.
pub(super) async fn waiting(live: &Live, store: &Store) -> Result<Vec<WaitingConsultation>, Error> {
    let mut found = Vec::new();
    for (id, running) in live.everybody().await {
        let places = running.places.borrow().clone();
        let assurances = running.assurances.borrow().clone();
        if places.values().any(|place| place.waiting_since().is_some())
            && let Some(appointment) = store.appointment(id).await?
        {
            let consultation = WaitingConsultation { appointment, places, assurances };
            if consultation.waiters().next().is_some() {
                found.push(consultation);
            }
        }
    }
    Ok(found)
}

/// Tells those who wait which number they are, where their service wants that, whenever it may have changed.
pub(super) async fn tell_positions(live: Live, parts: Parts) {
    let mut changes = live.changes();
    let mut told = BTreeSet::new();
    loop {
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = parts.tasks.stopped() => return,
        }
        tokio::time::sleep(PAUSE).await;
        changes.mark_unchanged();
        match positions(&live, &parts.store).await {
            Ok(positions) => {
                let gone: Vec<_> = told.iter().filter(|id| !positions.contains_key(id)).copied().collect();
                told = positions.keys().copied().collect();
                let none = gone.into_iter().map(|id| (id, BTreeMap::new()));
                for (id, positions) in positions.into_iter().chain(none) {
                    live.waiting_news(id, WaitingNews::Positions(positions)).await;
                }
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "nobody is told which number they are"
                );
            }
        }
    }
}

async fn positions(
    live: &Live,
    store: &Store,
) -> Result<BTreeMap<AppointmentId, BTreeMap<ParticipantId, u32>>, Error> {
    let mut is_shown: HashMap<ServiceId, bool> = HashMap::new();
    let mut rooms: HashMap<RoomKey, (Vec<Waiter>, Vec<_>)> = HashMap::new();
    for consultation in waiting(live, store).await? {
        let Some(service) = consultation.appointment.service_id else { continue };
        let shows = match is_shown.get(&service) {
            Some(shows) => *shows,
            None => {
                let shows = store.waiting_policy(service).await?.shows_position;
                is_shown.insert(service, shows);
                shows
            }
        };
        if shows {
            let room = rooms.entry(RoomKey::of(&consultation.appointment)).or_default();
            room.0.extend(consultation.waiters());
            room.1.extend(store.waiting_ranks_of(consultation.appointment.id).await?);
        }
    }
    let mut positions: BTreeMap<AppointmentId, BTreeMap<ParticipantId, u32>> = BTreeMap::new();
    for (waiters, ranks) in rooms.into_values() {
        let queue = Queue::new(waiters, &ranks);
        for waiter in queue.waiters() {
            if let Some(position) = queue.position(waiter.appointment) {
                positions.entry(waiter.appointment).or_default().insert(waiter.participant, position);
            }
        }
    }
    Ok(positions)
}
