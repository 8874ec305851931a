//! Images that were kept from what was shown.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::chats::USES;
use super::db::{in_transaction, micros, on, text};
use super::sealed::{KEY_IMAGE_CAPTION, KEY_IMAGE_MARKS, KEY_IMAGE_TITLE, SealedJson};
use super::{Error, Store};
use crate::clinical::{AppointmentId, Caption, InstanceId, KeyImageId, MarkText, ParticipantId, SeriesId};
use crate::imaging::{ContentHash, FrameNumber, Presentation, Spot, View, VoiChoice, Window};
use crate::viewing::DrawnMark;

/// An image as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredKeyImage {
    pub id: KeyImageId,
    pub by: ParticipantId,
    pub at: DateTime<Utc>,
    pub series: SeriesId,
    pub instance: InstanceId,
    pub frame: FrameNumber,
    /// Place in its series, from 0.
    pub index: u32,
    /// What its series is called, and of what kind it is.
    pub title: String,
    pub modality: String,
    /// How it was shown.
    pub presentation: Presentation,
    pub view: View,
    /// What was drawn over it.
    pub marks: Vec<DrawnMark>,
    pub caption: Caption,
    /// SHA-256 of its picture, and the size of that in pixels.
    pub content: [u8; 32],
    pub width: u32,
    pub height: u32,
    /// The key object selection that names it with this caption.
    pub saved_as: Option<InstanceId>,
}

/// An image that is kept no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovedKeyImage {
    /// SHA-256 of its picture, when no row names that any more.
    pub unused: Option<[u8; 32]>,
}

#[derive(FromRow)]
struct KeyImageRow {
    id: Uuid,
    participant_id: Uuid,
    at: DateTime<Utc>,
    series_id: Uuid,
    instance_id: Uuid,
    frame: i64,
    place: i64,
    title: String,
    modality: String,
    look: Json<LookColumn>,
    marks: Json<SealedJson>,
    caption: String,
    content: Vec<u8>,
    width: i64,
    height: i64,
    saved_as: Option<Uuid>,
}

/// The shortest that reads back as the same number.
type Decimal = String;

#[derive(Serialize, Deserialize)]
struct LookColumn {
    window: Option<(Decimal, Decimal)>,
    alternative: Option<u16>,
    is_inverted: bool,
    has_overlays: bool,
    has_shutters: bool,
    is_subtracted: bool,
    /// Digest of the presentation state that was applied.
    state: Option<[u8; 32]>,
    range: Option<(Decimal, Decimal)>,
    zoom: Decimal,
    center: (Decimal, Decimal),
    quarter_turns: u8,
    is_flipped: bool,
}

#[derive(Serialize, Deserialize)]
struct MarksColumn {
    marks: Vec<MarkColumn>,
}

#[derive(Serialize, Deserialize)]
struct MarkColumn {
    lines: Vec<Vec<(Decimal, Decimal)>>,
    label: Option<LabelColumn>,
}

#[derive(Serialize, Deserialize)]
struct LabelColumn {
    text: String,
    at: (Decimal, Decimal),
}

/// The selection that names an image is listed no longer, unless it is this one ($4).
const SUPERSEDE: &str = "UPDATE series SET superseded_at = $3 WHERE superseded_at IS NULL AND id IN (
    SELECT i.series_id FROM instance i JOIN key_image k ON k.saved_as = i.id
    WHERE k.id = $1 AND k.appointment_id = $2 AND k.saved_as <> $4)";
/// Nothing names any more what the selection of an image named.
const UNSAVE: &str = "UPDATE key_image SET saved_as = NULL
    WHERE appointment_id = $2 AND saved_as = (SELECT saved_as FROM key_image WHERE id = $1)";

impl Store {
    /// Keeps an image whose picture is among the files. One that is kept already is left as it is.
    pub async fn add_key_image(
        &self,
        appointment: AppointmentId,
        image: &StoredKeyImage,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO key_image (id, appointment_id, participant_id, at, series_id, instance_id, frame, place,
            title, modality, look, marks, caption, content, width, height, removed_at, saved_as)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, NULL, $17)
            ON CONFLICT (id) DO NOTHING";
        let id = image.id.uuid();
        let marks = self.seal_json(KEY_IMAGE_MARKS, id, &MarksColumn::new(&image.marks))?;
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(id)
                .bind(appointment.uuid())
                .bind(image.by.uuid())
                .bind(micros(image.at))
                .bind(image.series.uuid())
                .bind(image.instance.uuid())
                .bind(i64::from(image.frame.number()))
                .bind(i64::from(image.index))
                .bind(self.seal(KEY_IMAGE_TITLE, id, &image.title))
                .bind(text(&image.modality))
                .bind(Json(LookColumn::new(&image.presentation, &image.view)))
                .bind(marks)
                .bind(self.seal(KEY_IMAGE_CAPTION, id, image.caption.expose()))
                .bind(image.content.to_vec())
                .bind(i64::from(image.width))
                .bind(i64::from(image.height))
                .bind(image.saved_as.map(InstanceId::uuid))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The images that are kept of a consultation, in the order of keeping; those of studies that were withdrawn are left out.
    pub async fn key_images_of(&self, appointment: AppointmentId) -> Result<Vec<StoredKeyImage>, Error> {
        const SQL: &str = "SELECT id, participant_id, at, series_id, instance_id, frame, place, title, modality, look, marks,
            caption, content, width, height, saved_as FROM key_image
            WHERE appointment_id = $1 AND removed_at IS NULL AND instance_id NOT IN (SELECT i.id FROM instance i
            JOIN series e ON e.id = i.series_id JOIN study s ON s.id = e.study_id
            WHERE s.appointment_id = $1 AND s.withdrawn_at IS NOT NULL) ORDER BY at, id";
        let rows: Vec<KeyImageRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_key_image(row)).collect()
    }

    /// The objects that images were kept of, by their hash; those that are not among the studies any more are left out.
    pub async fn sources_of_key_images(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(KeyImageId, ContentHash)>, Error> {
        const SQL: &str = "SELECT k.id, i.content FROM key_image k JOIN instance i ON i.id = k.instance_id
            JOIN series e ON e.id = i.series_id JOIN study s ON s.id = e.study_id AND s.appointment_id = k.appointment_id
            WHERE k.appointment_id = $1 AND k.removed_at IS NULL AND s.withdrawn_at IS NULL ORDER BY k.at, k.id";
        let rows: Vec<(Uuid, Vec<u8>)> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let source = |(id, content): (Uuid, Vec<u8>)| {
            let what = "its digest is not of 32 bytes";
            let content =
                content.try_into().map_err(|_| Error::Inconsistent { table: "instance", id, what })?;
            Ok((KeyImageId::new(id), ContentHash(content)))
        };
        rows.into_iter().map(source).collect()
    }

    /// The appointment that an image is kept in.
    pub async fn appointment_of_key_image(&self, image: KeyImageId) -> Result<Option<AppointmentId>, Error> {
        const SQL: &str = "SELECT appointment_id FROM key_image WHERE id = $1 AND removed_at IS NULL";
        let row: Option<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(image.uuid()).fetch_optional(pool).await?);
        Ok(row.map(|(id,)| AppointmentId::new(id)))
    }

    /// Writes another caption. A selection that names the image has the one before: it is listed no longer, and all images in it are to be
    /// written anew. Answers whether it is kept.
    pub async fn caption_key_image(
        &self,
        appointment: AppointmentId,
        image: KeyImageId,
        caption: &Caption,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        const CAPTION: &str =
            "SELECT caption FROM key_image WHERE id = $1 AND appointment_id = $2 AND removed_at IS NULL";
        const SQL: &str = "UPDATE key_image SET caption = $3
            WHERE id = $1 AND appointment_id = $2 AND removed_at IS NULL";
        let changed = in_transaction!(self, tx => {
            let (image, appointment) = (image.uuid(), appointment.uuid());
            let query = sqlx::query_as(CAPTION).bind(image).bind(appointment);
            let known: Option<(String,)> = query.fetch_optional(&mut *tx).await?;
            let known = known.map(|(sealed,)| self.open_cell(KEY_IMAGE_CAPTION, image, &sealed)).transpose()?;
            if known.is_some_and(|known| known != text(caption.expose())) {
                let query = sqlx::query(SUPERSEDE).bind(image).bind(appointment).bind(micros(at)).bind(Uuid::nil());
                query.execute(&mut *tx).await?;
                sqlx::query(UNSAVE).bind(image).bind(appointment).execute(&mut *tx).await?;
            }
            let anew = self.seal(KEY_IMAGE_CAPTION, image, caption.expose());
            let query = sqlx::query(SQL).bind(image).bind(appointment).bind(anew);
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(changed > 0)
    }

    /// An image is kept no longer: its row stays, its picture is not named by it any more, and a selection that names it is listed no longer.
    /// `None`: it was not kept. Whoever calls this holds the shelf of files.
    pub async fn remove_key_image(
        &self,
        appointment: AppointmentId,
        image: KeyImageId,
        at: DateTime<Utc>,
    ) -> Result<Option<RemovedKeyImage>, Error> {
        const SQL: &str = "UPDATE key_image SET removed_at = $3
            WHERE id = $1 AND appointment_id = $2 AND removed_at IS NULL RETURNING content";
        let removed: Option<(Vec<u8>, i64)> = in_transaction!(self, tx => {
            let query = sqlx::query_as(SQL).bind(image.uuid()).bind(appointment.uuid()).bind(micros(at));
            let content: Option<(Vec<u8>,)> = query.fetch_optional(&mut *tx).await?;
            match content {
                Some((content,)) => {
                    let (image, appointment) = (image.uuid(), appointment.uuid());
                    let query = sqlx::query(SUPERSEDE).bind(image).bind(appointment).bind(micros(at)).bind(Uuid::nil());
                    query.execute(&mut *tx).await?;
                    sqlx::query(UNSAVE).bind(image).bind(appointment).execute(&mut *tx).await?;
                    let (uses,): (i64,) = sqlx::query_as(USES).bind(content.clone()).fetch_one(&mut *tx).await?;
                    Some((content, uses))
                }
                None => None,
            }
        });
        let unused = |(content, uses): (Vec<u8>, i64)| content.try_into().ok().filter(|_| uses == 0);
        Ok(removed.map(|removed| RemovedKeyImage { unused: unused(removed) }))
    }

    /// Writes down which selection names these images; those that named them before are listed no longer. Images whose caption is another by
    /// now, or that were removed, are left as they are, and a selection of only such is not listed at all.
    pub async fn save_key_images(
        &self,
        appointment: AppointmentId,
        images: &[(KeyImageId, Caption)],
        selection: InstanceId,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const CAPTION: &str = "SELECT caption FROM key_image WHERE id = $1";
        const SQL: &str = "UPDATE key_image SET saved_as = $4
            WHERE id = $1 AND appointment_id = $2 AND caption = $3 AND removed_at IS NULL";
        const IN_VAIN: &str = "UPDATE series SET superseded_at = $2
            WHERE id IN (SELECT series_id FROM instance WHERE id = $1)";
        in_transaction!(self, tx => {
            let mut named = 0;
            for (image, caption) in images {
                sqlx::query(SUPERSEDE)
                    .bind(image.uuid())
                    .bind(appointment.uuid())
                    .bind(micros(at))
                    .bind(selection.uuid())
                    .execute(&mut *tx)
                    .await?;
                let known = sqlx::query_as(CAPTION).bind(image.uuid()).fetch_optional(&mut *tx).await?;
                let Some((sealed,)): Option<(String,)> = known else { continue };
                if self.open_cell(KEY_IMAGE_CAPTION, image.uuid(), &sealed)? != text(caption.expose()) {
                    continue;
                }
                // Sealed anew it would look another way: whoever changes it meanwhile changes what is compared here.
                named += sqlx::query(SQL)
                    .bind(image.uuid())
                    .bind(appointment.uuid())
                    .bind(sealed)
                    .bind(selection.uuid())
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
            }
            if named == 0 {
                sqlx::query(IN_VAIN).bind(selection.uuid()).bind(micros(at)).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }
}

fn pair((first, second): (f64, f64)) -> (Decimal, Decimal) {
    (first.to_string(), second.to_string())
}

fn spot((first, second): (Decimal, Decimal)) -> Option<Spot> {
    Some((first.parse().ok()?, second.parse().ok()?))
}

impl LookColumn {
    fn new(presentation: &Presentation, view: &View) -> Self {
        Self {
            window: presentation.voi.window().map(|window| pair((window.center, window.width))),
            alternative: match presentation.voi {
                VoiChoice::Alternative(number) => Some(number),
                VoiChoice::Object | VoiChoice::Window(_) => None,
            },
            is_inverted: presentation.is_inverted,
            has_overlays: presentation.has_overlays,
            has_shutters: presentation.has_shutters,
            is_subtracted: presentation.is_subtracted,
            state: presentation.state.map(|state| state.0),
            range: presentation.range.map(pair),
            zoom: view.zoom.to_string(),
            center: pair(view.center),
            quarter_turns: view.quarter_turns,
            is_flipped: view.is_flipped,
        }
    }

    fn into_look(self) -> Option<(Presentation, View)> {
        let voi = match (self.window, self.alternative) {
            (Some(window), _) => {
                let (center, width) = spot(window)?;
                VoiChoice::Window(Window { center, width })
            }
            (None, Some(number)) => VoiChoice::Alternative(number),
            (None, None) => VoiChoice::Object,
        };
        let range = match self.range {
            Some(range) => Some(spot(range)?),
            None => None,
        };
        let presentation = Presentation {
            voi,
            is_inverted: self.is_inverted,
            has_overlays: self.has_overlays,
            has_shutters: self.has_shutters,
            is_subtracted: self.is_subtracted,
            state: self.state.map(ContentHash),
            range,
        };
        let (quarter_turns, is_flipped) = (self.quarter_turns, self.is_flipped);
        let view =
            View { zoom: self.zoom.parse().ok()?, center: spot(self.center)?, quarter_turns, is_flipped };
        Some((presentation, view))
    }
}

impl MarksColumn {
    fn new(marks: &[DrawnMark]) -> Self {
        let column = |mark: &DrawnMark| MarkColumn {
            lines: mark.lines.iter().map(|line| line.iter().copied().map(pair).collect()).collect(),
            label: mark
                .label
                .as_ref()
                .map(|(words, at)| LabelColumn { text: text(words.expose()).into_owned(), at: pair(*at) }),
        };
        Self { marks: marks.iter().map(column).collect() }
    }

    fn into_marks(self) -> Option<Vec<DrawnMark>> {
        let line = |line: Vec<(Decimal, Decimal)>| line.into_iter().map(spot).collect::<Option<Vec<_>>>();
        let mark = |mark: MarkColumn| {
            let label = match mark.label {
                Some(label) => Some((MarkText::kept(label.text), spot(label.at)?)),
                None => None,
            };
            Some(DrawnMark { lines: mark.lines.into_iter().map(line).collect::<Option<_>>()?, label })
        };
        self.marks.into_iter().map(mark).collect()
    }
}

impl Store {
    fn opened_key_image(&self, row: KeyImageRow) -> Result<StoredKeyImage, Error> {
        let wrong = |what| Error::Inconsistent { table: "key_image", id: row.id, what };
        let size = |value| u32::try_from(value).map_err(|_| wrong("a size is out of range"));
        let frame = u32::try_from(row.frame).ok().and_then(FrameNumber::new);
        let (width, height, index) = (size(row.width)?, size(row.height)?, size(row.place)?);
        let content = row.content.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?;
        let (presentation, view) = row.look.0.into_look().ok_or_else(|| wrong("how it was shown"))?;
        let marks: MarksColumn = self.open_json(KEY_IMAGE_MARKS, row.id, row.marks)?;
        let marks = marks.into_marks().ok_or_else(|| wrong("what was drawn over it"))?;
        Ok(StoredKeyImage {
            id: KeyImageId::new(row.id),
            by: ParticipantId::new(row.participant_id),
            at: row.at,
            series: SeriesId::new(row.series_id),
            instance: InstanceId::new(row.instance_id),
            frame: frame.ok_or_else(|| wrong("a frame is out of range"))?,
            index,
            title: self.open_cell(KEY_IMAGE_TITLE, row.id, &row.title)?,
            modality: row.modality,
            presentation,
            view,
            marks,
            caption: Caption::kept(self.open_cell(KEY_IMAGE_CAPTION, row.id, &row.caption)?),
            content,
            width,
            height,
            saved_as: row.saved_as.map(InstanceId::new),
        })
    }
}
