//! How the call of an appointment went, for staff who look into it afterwards.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;

use super::Edge;
use super::appointments::allowed;
use super::extract::{One, SignedIn};
use super::problem::Failure;
use crate::clinical::{AppointmentId, DeviceCheck, ParticipantId, Verb, incidents};
use crate::protocol::{IncidentWord, PathQuality, PersonQuality, QualityRecord, TelephoneEntry, time};

/// `GET /api/appointments/{appointment}/quality`
pub(super) async fn show(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<QualityRecord>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::SeeQuality).await?;
    let rows = edge.store.quality_of(id).await?;
    let moves = edge.store.moves_of(id).await?;
    // The last check counts.
    let checks: BTreeMap<ParticipantId, DeviceCheck> =
        moves.iter().filter_map(|line| Some((line.participant, line.check?))).collect();
    let people = appointment.participants.iter().filter_map(|person| {
        let of_person: Vec<_> = rows
            .iter()
            .filter(|((participant, ..), _)| *participant == person.id)
            .map(|((_, direction, path), tally)| (*direction, *path, *tally))
            .collect();
        if of_person.is_empty() {
            return None;
        }
        let incidents = incidents(&of_person, checks.get(&person.id).copied());
        Some(PersonQuality {
            participant: person.id.to_string(),
            role: person.role().into(),
            name: person.name.expose().clone(),
            paths: of_person
                .iter()
                .map(|(direction, path, tally)| PathQuality::new(*direction, *path, tally))
                .collect(),
            incidents: incidents.into_iter().map(IncidentWord::from).collect(),
        })
    });
    let telephone = edge.store.telephones_of(id).await?.into_iter().map(|stored| TelephoneEntry {
        since: time(stored.telephone.since),
        until: stored.until.map(time),
        reason: stored.telephone.reason.into(),
        by: stored.telephone.by.to_string(),
    });
    Ok(Json(QualityRecord { people: people.collect(), telephone: telephone.collect() }))
}
