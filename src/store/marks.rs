//! What people drew over frames, as it was last.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, words};
use super::sealed::MARK_TEXT;
use super::{Error, Store};
use crate::clinical::{AppointmentId, InstanceId, MarkId, MarkText, ParticipantId, SeriesId};
use crate::imaging::{
    CalibrationSource, ContentHash, FrameNumber, LengthUnit, MeasureRefusal, Measured, ProbeValues, Quantity,
    RegionValues, Spot, ValueUnit,
};
use crate::viewing::{Mark, MarkKind, MarkShape};

/// A mark as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMark {
    pub mark: Mark,
    /// The presentation state that it is written in as it is.
    pub saved_as: Option<InstanceId>,
}

words!(kind_to_word, kind_from_word, MarkKind {
    MarkKind::Arrow => "arrow",
    MarkKind::Circle => "circle",
    MarkKind::Freehand => "freehand",
    MarkKind::Text => "text",
    MarkKind::Number => "number",
    MarkKind::Length => "length",
    MarkKind::Angle => "angle",
    MarkKind::Ellipse => "ellipse",
    MarkKind::Rectangle => "rectangle",
    MarkKind::Probe => "probe",
});

words!(source_to_word, source_from_word, CalibrationSource {
    CalibrationSource::Patient => "patient",
    CalibrationSource::Fiducial => "fiducial",
    CalibrationSource::Detector => "detector",
    CalibrationSource::Magnification => "magnification",
    CalibrationSource::Scanned => "scanned",
    CalibrationSource::Ultrasound => "ultrasound",
});

words!(length_to_word, length_from_word, LengthUnit {
    LengthUnit::Mm => "mm",
    LengthUnit::Pixels => "px",
});

words!(value_to_word, value_from_word, ValueUnit {
    ValueUnit::Hu => "hu",
    ValueUnit::Stored => "stored",
});

words!(refusal_to_word, refusal_from_word, MeasureRefusal {
    MeasureRefusal::DifferentRegions => "different_regions",
    MeasureRefusal::NoLengthHere => "no_length_here",
    MeasureRefusal::Colour => "colour",
    MeasureRefusal::OutsideFrame => "outside_frame",
    MeasureRefusal::Clip => "clip",
    MeasureRefusal::FrameFailed => "frame_failed",
});

#[derive(FromRow)]
struct MarkRow {
    id: Uuid,
    participant_id: Uuid,
    at: DateTime<Utc>,
    series_id: Uuid,
    instance_id: Uuid,
    frame: i64,
    kind: String,
    shape: Json<ShapeColumn>,
    text: String,
    number: Option<i64>,
    measured: Option<Json<MeasuredColumn>>,
    saved_as: Option<Uuid>,
    content: Vec<u8>,
}

/// Numbers are decimal strings: the shortest that reads back as the same number.
type Decimal = String;

#[derive(Serialize, Deserialize)]
struct ShapeColumn {
    points: Vec<(Decimal, Decimal)>,
}

#[derive(Serialize, Deserialize)]
struct MeasuredColumn {
    length: Option<QuantityColumn>,
    area: Option<QuantityColumn>,
    angle_degrees: Option<Decimal>,
    region: Option<RegionColumn>,
    probe: Option<ProbeColumn>,
    refused: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct QuantityColumn {
    value: Decimal,
    unit: String,
    source: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RegionColumn {
    mean: Decimal,
    sd: Decimal,
    min: Decimal,
    max: Decimal,
    pixels: u64,
    unit: String,
}

#[derive(Serialize, Deserialize)]
struct ProbeColumn {
    values: Vec<Decimal>,
    unit: String,
}

impl Store {
    /// Keeps a mark as it is now, in the place of what was kept of it. It is there again if it had been taken away.
    pub async fn put_mark(&self, appointment: AppointmentId, stored: &StoredMark) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO mark (id, appointment_id, participant_id, at, series_id, instance_id, frame, kind, shape,
            text, number, measured, deleted_at, saved_as)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, $13)
            ON CONFLICT (id) DO UPDATE SET shape = excluded.shape, text = excluded.text, measured = excluded.measured,
            deleted_at = NULL, saved_as = excluded.saved_as WHERE mark.appointment_id = excluded.appointment_id";
        let StoredMark { mark, saved_as } = stored;
        let points = mark.shape.spots().iter().map(|(x, y)| (x.to_string(), y.to_string())).collect();
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(mark.id.uuid())
                .bind(appointment.uuid())
                .bind(mark.by.uuid())
                .bind(micros(mark.at))
                .bind(mark.series.uuid())
                .bind(mark.instance.uuid())
                .bind(i64::from(mark.frame.number()))
                .bind(kind_to_word(mark.shape.kind()))
                .bind(Json(ShapeColumn { points }))
                .bind(self.seal(MARK_TEXT, mark.id.uuid(), mark.text.expose()))
                .bind(mark.number.map(i64::from))
                .bind(mark.measured.as_ref().map(|measured| Json(MeasuredColumn::from(measured))))
                .bind(saved_as.map(InstanceId::uuid))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Writes down that a mark was taken away. Its row stays.
    pub async fn delete_mark(
        &self,
        appointment: AppointmentId,
        mark: MarkId,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE mark SET deleted_at = $3
            WHERE id = $1 AND appointment_id = $2 AND deleted_at IS NULL";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(mark.uuid()).bind(appointment.uuid()).bind(micros(at));
            query.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The marks of a consultation that are there, each with the object that it was drawn on; those whose object is not there any more are
    /// left out. In the order in which they were drawn.
    pub async fn marks_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(StoredMark, ContentHash)>, Error> {
        const SQL: &str = "SELECT m.id, m.participant_id, m.at, m.series_id, m.instance_id, m.frame, m.kind, m.shape, m.text,
            m.number, m.measured, m.saved_as, i.content FROM mark m
            JOIN instance i ON i.id = m.instance_id JOIN series e ON e.id = i.series_id
            JOIN study s ON s.id = e.study_id AND s.appointment_id = m.appointment_id
            WHERE m.appointment_id = $1 AND m.deleted_at IS NULL AND s.withdrawn_at IS NULL ORDER BY m.id";
        let rows: Vec<MarkRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        let mark = |mut row: MarkRow| {
            row.text = self.open_cell(MARK_TEXT, row.id, &row.text)?;
            row.into_mark()
        };
        rows.into_iter().map(mark).collect()
    }
}

impl MarkRow {
    fn into_mark(self) -> Result<(StoredMark, ContentHash), Error> {
        let id = self.id;
        let wrong = |what| Error::Inconsistent { table: "mark", id, what };
        let frame = u32::try_from(self.frame).ok().and_then(FrameNumber::new);
        let number = self.number.map(|number| u16::try_from(number).map_err(|_| wrong("its number")));
        let measured = self.measured.map(|Json(column)| column.into_measured().ok_or(wrong("its measure")));
        let kind = kind_from_word(&self.kind).ok_or(wrong("an unknown kind"))?;
        let spot = |(x, y): (Decimal, Decimal)| Some((x.parse().ok()?, y.parse().ok()?));
        let spots: Option<Vec<Spot>> = self.shape.0.points.into_iter().map(spot).collect();
        let shape = spots.and_then(|spots| MarkShape::new(kind, spots)).ok_or(wrong("its points"))?;
        let content = self.content.try_into().map_err(|_| wrong("its digest is not of 32 bytes"))?;
        let mark = Mark {
            id: MarkId::new(id),
            by: ParticipantId::new(self.participant_id),
            at: self.at,
            series: SeriesId::new(self.series_id),
            instance: InstanceId::new(self.instance_id),
            frame: frame.ok_or(wrong("its frame"))?,
            shape,
            text: MarkText::kept(self.text),
            number: number.transpose()?,
            measured: measured.transpose()?,
            is_saved: self.saved_as.is_some(),
        };
        let saved_as = self.saved_as.map(InstanceId::new);
        Ok((StoredMark { mark, saved_as }, ContentHash(content)))
    }
}

impl From<&Measured> for MeasuredColumn {
    fn from(measured: &Measured) -> Self {
        Self {
            length: measured.length.map(QuantityColumn::from),
            area: measured.area.map(QuantityColumn::from),
            angle_degrees: measured.angle_degrees.map(|degrees| degrees.to_string()),
            region: measured.values.map(|values| RegionColumn {
                mean: values.mean.to_string(),
                sd: values.sd.to_string(),
                min: values.min.to_string(),
                max: values.max.to_string(),
                pixels: values.pixels,
                unit: value_to_word(values.unit).to_owned(),
            }),
            probe: measured.probe.as_ref().map(|probe| ProbeColumn {
                values: probe.values.iter().map(f64::to_string).collect(),
                unit: value_to_word(probe.unit).to_owned(),
            }),
            refused: measured.refused.map(|why| refusal_to_word(why).to_owned()),
        }
    }
}

impl MeasuredColumn {
    fn into_measured(self) -> Option<Measured> {
        /// What is there must be readable; what is not there need not be.
        fn each<T, U>(column: Option<T>, read: impl Fn(T) -> Option<U>) -> Option<Option<U>> {
            match column {
                Some(column) => read(column).map(Some),
                None => Some(None),
            }
        }
        let decimal = |text: Decimal| text.parse::<f64>().ok();
        Some(Measured {
            length: each(self.length, QuantityColumn::into_quantity)?,
            area: each(self.area, QuantityColumn::into_quantity)?,
            angle_degrees: each(self.angle_degrees, decimal)?,
            values: each(self.region, |region| {
                Some(RegionValues {
                    mean: decimal(region.mean)?,
                    sd: decimal(region.sd)?,
                    min: decimal(region.min)?,
                    max: decimal(region.max)?,
                    pixels: region.pixels,
                    unit: value_from_word(&region.unit)?,
                })
            })?,
            probe: each(self.probe, |probe| {
                let values = probe.values.into_iter().map(decimal).collect::<Option<_>>()?;
                Some(ProbeValues { values, unit: value_from_word(&probe.unit)? })
            })?,
            refused: each(self.refused, |why| refusal_from_word(&why))?,
        })
    }
}

impl From<Quantity> for QuantityColumn {
    fn from(Quantity { value, unit, source }: Quantity) -> Self {
        let source = source.map(|source| source_to_word(source).to_owned());
        Self { value: value.to_string(), unit: length_to_word(unit).to_owned(), source }
    }
}

impl QuantityColumn {
    fn into_quantity(self) -> Option<Quantity> {
        let source = match self.source {
            Some(word) => Some(source_from_word(&word)?),
            None => None,
        };
        Some(Quantity { value: self.value.parse().ok()?, unit: length_from_word(&self.unit)?, source })
    }
}
