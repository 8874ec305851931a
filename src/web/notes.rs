//! What practitioners note during a consultation: for staff, saved as they write.

use axum::Json;
use axum::extract::State;

use super::Edge;
use super::appointments::allowed;
use super::extract::{Body, One, SignedIn};
use super::problem::Failure;
use crate::clinical::{AppointmentId, ClinicalText, Note, Stale, Verb};
use crate::protocol::{NoteEntry, NoteRequest, NoteSaved, time};
use crate::secret::Pii;

/// `GET /api/appointments/{appointment}/notes`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<Vec<NoteEntry>>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::TakeNotes).await?;
    let own = appointment.participant_of(signed_in.0.id).map(|participant| participant.id);
    let entry = |note: Note| NoteEntry {
        participant: note.by.to_string(),
        name: appointment.participant(note.by).map(|by| by.name.clone()).unwrap_or_default(),
        text: Pii::new(note.text.expose().to_owned()),
        version: note.version,
        changed_at: time(note.changed_at),
        is_own: own == Some(note.by),
    };
    Ok(Json(edge.store.notes_of(id).await?.into_iter().map(entry).collect()))
}

/// `PUT /api/appointments/{appointment}/note`
pub(super) async fn put(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    Body(request): Body<NoteRequest>,
) -> Result<Json<NoteSaved>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::TakeNotes).await?;
    let by = appointment.participant_of(signed_in.0.id).ok_or_else(Failure::not_found)?.id;
    let text = ClinicalText::new(request.text.expose())?;
    let kept = edge.store.notes_of(id).await?.into_iter().find(|note| note.by == by);
    let note = Note::write(kept.as_ref(), by, request.version, text, edge.clock.now())?;
    if !edge.store.put_note(id, &note).await? {
        return Err(Stale.into());
    }
    Ok(Json(NoteSaved { version: note.version, changed_at: time(note.changed_at) }))
}
