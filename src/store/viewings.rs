//! What was shown in consultations, step by step, and who had it on the screen.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::audit::{append, done_by};
use super::db::{in_transaction, micros, on, words};
use super::{Error, Store};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clinical::{AppointmentId, InstanceId, ParticipantId, SeriesId, StepId};
use crate::imaging::{ContentHash, FrameNumber, Presentation, View, VoiChoice, Window};
use crate::viewing::{Layout, StepCause, ViewportNumber};

/// A state of the viewing, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredStep {
    /// A UUID of version 7: steps are in the order of these.
    pub id: StepId,
    /// Since when it was so.
    pub at: DateTime<Utc>,
    pub cause: StepCause,
    /// It was kept on the way: the view went on.
    pub is_moving: bool,
    /// Of the viewing as it was then; after a restart they begin anew.
    pub revision: u32,
    pub presenter: Option<ParticipantId>,
    pub layout: Layout,
    /// Those that show something.
    pub viewports: Vec<StoredViewport>,
}

/// What a viewport showed, enough to be rendered again.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredViewport {
    pub viewport: ViewportNumber,
    pub series: SeriesId,
    /// Place in the stack, from 0.
    pub index: u32,
    pub instance: InstanceId,
    /// The object, and the frame of it.
    pub content: ContentHash,
    pub frame: FrameNumber,
    /// It is a picture; else a text, pages, a sound.
    pub is_picture: bool,
    pub presentation: Presentation,
    pub view: View,
}

/// Somebody had all pictures of a step on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSight {
    pub step: StepId,
    pub participant: ParticipantId,
    /// Since when.
    pub at: DateTime<Utc>,
    /// They were exact, or became so while it was shown.
    pub is_lossless: bool,
}

#[derive(FromRow)]
struct StepRow {
    id: Uuid,
    appointment_id: Uuid,
    at: DateTime<Utc>,
    cause: String,
    is_moving: bool,
    revision: i64,
    presenter_id: Option<Uuid>,
    layout: String,
    viewports: Json<ViewportsColumn>,
}

#[derive(FromRow)]
struct SightRow {
    step_id: Uuid,
    participant_id: Uuid,
    at: DateTime<Utc>,
    is_lossless: bool,
}

#[derive(Serialize, Deserialize)]
struct ViewportsColumn {
    viewports: Vec<ViewportColumn>,
}

/// Fractions are decimal strings: the shortest that reads back as the same number.
#[derive(Serialize, Deserialize)]
struct ViewportColumn {
    viewport: u8,
    series: Uuid,
    index: u32,
    instance: Uuid,
    /// Digests are in hexadecimal digits.
    content: String,
    frame: u32,
    is_picture: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alternative: Option<u16>,
    is_inverted: bool,
    has_overlays: bool,
    has_shutters: bool,
    is_subtracted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<[String; 2]>,
    zoom: String,
    center: [String; 2],
    quarter_turns: u8,
    is_flipped: bool,
}

words!(cause_to_word, cause_from_word, StepCause {
    StepCause::Show => "show",
    StepCause::Clear => "clear",
    StepCause::Layout => "layout",
    StepCause::HandOver => "hand_over",
    StepCause::Describe => "describe",
    StepCause::Mark => "mark",
    StepCause::Scroll => "scroll",
    StepCause::Window => "window",
    StepCause::View => "view",
    StepCause::Stop => "stop",
    StepCause::Unwatched => "unwatched",
});

words!(layout_to_word, layout_from_word, Layout {
    Layout::One => "one",
    Layout::SideBySide => "side_by_side",
    Layout::Stacked => "stacked",
    Layout::Four => "four",
});

impl Store {
    /// Writes down steps of a viewing, and who had them on the screen. Written again they are the same; somebody who has the exact
    /// pictures after others has seen exact ones. Who saw a step that was not written is left out.
    pub async fn add_viewing_steps(
        &self,
        appointment: AppointmentId,
        steps: &[StoredStep],
        sights: &[StoredSight],
    ) -> Result<(), Error> {
        const STEP: &str = "INSERT INTO viewing_step
            (id, appointment_id, at, cause, is_moving, revision, presenter_id, layout, viewports)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";
        const SIGHT: &str = "INSERT INTO viewing_sight (step_id, appointment_id, participant_id, at, is_lossless)
            SELECT s.id, s.appointment_id, $3, $4, $5 FROM viewing_step s WHERE s.id = $1 AND s.appointment_id = $2
            ON CONFLICT (step_id, participant_id)
            DO UPDATE SET is_lossless = (viewing_sight.is_lossless OR excluded.is_lossless)";
        in_transaction!(self, tx => {
            for step in steps {
                let viewports = step.viewports.iter().map(ViewportColumn::from).collect();
                sqlx::query(STEP)
                    .bind(step.id.uuid())
                    .bind(appointment.uuid())
                    .bind(micros(step.at))
                    .bind(cause_to_word(step.cause))
                    .bind(step.is_moving)
                    .bind(i64::from(step.revision))
                    .bind(step.presenter.map(ParticipantId::uuid))
                    .bind(layout_to_word(step.layout))
                    .bind(Json(ViewportsColumn { viewports }))
                    .execute(&mut *tx)
                    .await?;
            }
            for sight in sights {
                sqlx::query(SIGHT)
                    .bind(sight.step.uuid())
                    .bind(appointment.uuid())
                    .bind(sight.participant.uuid())
                    .bind(micros(sight.at))
                    .bind(sight.is_lossless)
                    .execute(&mut *tx)
                    .await?;
            }
            let mut records = Vec::with_capacity(sights.len());
            for sight in sights {
                let (step, participant) = (sight.step.uuid(), sight.participant);
                let id = Record::id_of(Deed::View, Subject::Viewing, &[step, participant.uuid()]);
                let record = Record {
                    subject_id: Some(step.to_string()),
                    ..Record::new(id, sight.at, Who::Nobody, Deed::View, Subject::Viewing)
                };
                records.push(done_by!(tx, appointment, participant, record));
            }
            append!(self, tx, &records);
        });
        Ok(())
    }

    /// How many steps are written of a consultation.
    pub async fn count_viewing_steps(&self, appointment: AppointmentId) -> Result<u32, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM viewing_step WHERE appointment_id = $1";
        let (count,): (i64,) =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_one(pool).await?);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// The last step of a consultation that somebody was there for.
    pub async fn last_viewing_step(&self, appointment: AppointmentId) -> Result<Option<StoredStep>, Error> {
        const SQL: &str =
            "SELECT id, appointment_id, at, cause, is_moving, revision, presenter_id, layout, viewports
            FROM viewing_step WHERE appointment_id = $1 AND cause <> 'unwatched' ORDER BY id DESC LIMIT 1";
        let row: Option<StepRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_optional(pool).await?);
        Ok(row.map(StepRow::into_step).transpose()?.map(|(_, step)| step))
    }

    /// Every step of a consultation in order, each with who had it on the screen, those first who had it first.
    pub async fn viewing_steps_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(StoredStep, Vec<StoredSight>)>, Error> {
        const STEPS: &str =
            "SELECT id, appointment_id, at, cause, is_moving, revision, presenter_id, layout, viewports
            FROM viewing_step WHERE appointment_id = $1 ORDER BY id";
        const SIGHTS: &str = "SELECT step_id, participant_id, at, is_lossless
            FROM viewing_sight WHERE appointment_id = $1 ORDER BY step_id, at, participant_id";
        let id = appointment.uuid();
        // Steps first: who sees one that comes in between belongs to none of them.
        let (steps, sights): (Vec<StepRow>, Vec<SightRow>) = on!(self, pool => (
            sqlx::query_as(STEPS).bind(id).fetch_all(pool).await?,
            sqlx::query_as(SIGHTS).bind(id).fetch_all(pool).await?,
        ));
        let mut sights = sights.into_iter().map(StoredSight::from).peekable();
        let mut found = Vec::with_capacity(steps.len());
        for row in steps {
            let (_, step) = row.into_step()?;
            let mut seen = Vec::new();
            while let Some(sight) = sights.next_if(|sight| sight.step <= step.id) {
                seen.extend((sight.step == step.id).then_some(sight));
            }
            found.push((step, seen));
        }
        Ok(found)
    }

    /// One step, and the appointment that it is of: whoever asks for it must be in that one.
    pub async fn viewing_step(&self, step: StepId) -> Result<Option<(AppointmentId, StoredStep)>, Error> {
        const SQL: &str =
            "SELECT id, appointment_id, at, cause, is_moving, revision, presenter_id, layout, viewports
            FROM viewing_step WHERE id = $1";
        let row: Option<StepRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(step.uuid()).fetch_optional(pool).await?);
        row.map(StepRow::into_step).transpose()
    }
}

impl StepRow {
    fn into_step(self) -> Result<(AppointmentId, StoredStep), Error> {
        let wrong = |what| Error::Inconsistent { table: "viewing_step", id: self.id, what };
        let Json(ViewportsColumn { viewports }) = self.viewports;
        let viewports = viewports.into_iter().map(ViewportColumn::into_viewport).collect::<Option<_>>();
        let step = StoredStep {
            id: StepId::new(self.id),
            at: self.at,
            cause: cause_from_word(&self.cause).ok_or_else(|| wrong("an unknown cause"))?,
            is_moving: self.is_moving,
            revision: u32::try_from(self.revision).map_err(|_| wrong("a revision is out of range"))?,
            presenter: self.presenter_id.map(ParticipantId::new),
            layout: layout_from_word(&self.layout).ok_or_else(|| wrong("an unknown layout"))?,
            viewports: viewports.ok_or_else(|| wrong("what its viewports show"))?,
        };
        Ok((AppointmentId::new(self.appointment_id), step))
    }
}

impl From<SightRow> for StoredSight {
    fn from(row: SightRow) -> Self {
        Self {
            step: StepId::new(row.step_id),
            participant: ParticipantId::new(row.participant_id),
            at: row.at,
            is_lossless: row.is_lossless,
        }
    }
}

impl From<&StoredViewport> for ViewportColumn {
    fn from(stored: &StoredViewport) -> Self {
        let StoredViewport { viewport, series, index, instance, content, frame, .. } = *stored;
        let Presentation { voi, is_inverted, has_overlays, has_shutters, is_subtracted, state, range } =
            stored.presentation;
        let View { zoom, center, quarter_turns, is_flipped } = stored.view;
        let pair = |(a, b): (f64, f64)| [a.to_string(), b.to_string()];
        Self {
            viewport: viewport.number(),
            series: series.uuid(),
            index,
            instance: instance.uuid(),
            content: hex(content),
            frame: frame.number(),
            is_picture: stored.is_picture,
            window: voi.window().map(|window| pair((window.center, window.width))),
            alternative: match voi {
                VoiChoice::Alternative(number) => Some(number),
                VoiChoice::Object | VoiChoice::Window(_) => None,
            },
            is_inverted,
            has_overlays,
            has_shutters,
            is_subtracted,
            state: state.map(hex),
            range: range.map(pair),
            zoom: zoom.to_string(),
            center: pair(center),
            quarter_turns,
            is_flipped,
        }
    }
}

impl ViewportColumn {
    /// `None`: it makes no sense.
    fn into_viewport(self) -> Option<StoredViewport> {
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        let pair = |[a, b]: &[String; 2]| Some((number(a)?, number(b)?));
        let voi = match (&self.window, self.alternative) {
            (None, None) => VoiChoice::Object,
            (Some(window), None) => {
                let (center, width) = pair(window)?;
                VoiChoice::Window(Window { center, width })
            }
            (None, Some(alternative)) => VoiChoice::Alternative(alternative),
            (Some(_), Some(_)) => return None,
        };
        let (state, range) = (self.state.as_deref().map(digest), self.range.as_ref().map(pair));
        Some(StoredViewport {
            viewport: ViewportNumber::new(self.viewport)?,
            series: SeriesId::new(self.series),
            index: self.index,
            instance: InstanceId::new(self.instance),
            content: digest(&self.content)?,
            frame: FrameNumber::new(self.frame)?,
            is_picture: self.is_picture,
            presentation: Presentation {
                voi,
                is_inverted: self.is_inverted,
                has_overlays: self.has_overlays,
                has_shutters: self.has_shutters,
                is_subtracted: self.is_subtracted,
                state: state.map_or(Some(None), |state| state.map(Some))?,
                range: range.map_or(Some(None), |range| range.map(Some))?,
            },
            view: View {
                zoom: number(&self.zoom)?,
                center: pair(&self.center)?,
                quarter_turns: self.quarter_turns,
                is_flipped: self.is_flipped,
            },
        })
    }
}

fn hex(ContentHash(bytes): ContentHash) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn digest(text: &str) -> Option<ContentHash> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(ContentHash(bytes))
}
