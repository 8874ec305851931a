//! The services of the hospital and who works there.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::{Error, Store};
use crate::clinical::{PractitionerId, Service, ServiceId};

#[derive(FromRow)]
struct ServiceRow {
    id: Uuid,
    name: String,
    site: String,
    telephone: String,
    is_closed: bool,
    created_at: DateTime<Utc>,
}

impl From<ServiceRow> for Service {
    fn from(row: ServiceRow) -> Self {
        let ServiceRow { id, name, site, telephone, is_closed, created_at } = row;
        Self { id: ServiceId::new(id), name, site, telephone, is_closed, created_at }
    }
}

impl Store {
    /// Keeps a service; one of that identifier is changed, but for when it was made. Refused with
    /// [`Constraint::ServiceName`](super::Constraint) when the site has another of that name.
    pub async fn put_service(&self, service: &Service) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO service (id, name, site, telephone, is_closed, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, site = excluded.site,
                telephone = excluded.telephone, is_closed = excluded.is_closed";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(service.id.uuid())
                .bind(text(&service.name))
                .bind(text(&service.site))
                .bind(text(&service.telephone))
                .bind(service.is_closed)
                .bind(micros(service.created_at))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The service of that identifier.
    pub async fn service(&self, id: ServiceId) -> Result<Option<Service>, Error> {
        const SQL: &str =
            "SELECT id, name, site, telephone, is_closed, created_at FROM service WHERE id = $1";
        let row: Option<ServiceRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_optional(pool).await?);
        Ok(row.map(Service::from))
    }

    /// Every service, by name and site.
    pub async fn services(&self) -> Result<Vec<Service>, Error> {
        const SQL: &str = "SELECT id, name, site, telephone, is_closed, created_at FROM service";
        let rows: Vec<ServiceRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        let mut services: Vec<Service> = rows.into_iter().map(Service::from).collect();
        services.sort_by(|a, b| (&a.name, &a.site, a.id).cmp(&(&b.name, &b.site, b.id)));
        Ok(services)
    }

    /// Says who works in a service: these and nobody else.
    pub async fn set_members(&self, service: ServiceId, members: &[PractitionerId]) -> Result<(), Error> {
        const FORGET: &str = "DELETE FROM service_member WHERE service_id = $1";
        const ADD: &str = "INSERT INTO service_member (service_id, practitioner_id) VALUES ($1, $2)";
        let mut members = members.to_vec();
        members.sort_unstable();
        members.dedup();
        in_transaction!(self, tx => {
            sqlx::query(FORGET).bind(service.uuid()).execute(&mut *tx).await?;
            for member in &members {
                sqlx::query(ADD).bind(service.uuid()).bind(member.uuid()).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Says which services' radiologists read for a service: those of these and of no other, beside its own.
    pub async fn set_readers(&self, service: ServiceId, readers: &[ServiceId]) -> Result<(), Error> {
        const FORGET: &str = "DELETE FROM service_reader WHERE service_id = $1";
        const ADD: &str = "INSERT INTO service_reader (service_id, reader_id) VALUES ($1, $2)";
        let mut readers = readers.to_vec();
        readers.sort_unstable();
        readers.dedup();
        in_transaction!(self, tx => {
            sqlx::query(FORGET).bind(service.uuid()).execute(&mut *tx).await?;
            for reader in &readers {
                sqlx::query(ADD).bind(service.uuid()).bind(reader.uuid()).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// The services whose radiologists read for a service, by identifier.
    pub async fn readers_of(&self, service: ServiceId) -> Result<Vec<ServiceId>, Error> {
        const SQL: &str = "SELECT reader_id FROM service_reader WHERE service_id = $1 ORDER BY reader_id";
        let rows: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| ServiceId::new(id)).collect())
    }

    /// The services for which those read where a member of staff works, by identifier; not those themselves, unless they are named.
    pub async fn services_read_by(&self, practitioner: PractitionerId) -> Result<Vec<ServiceId>, Error> {
        const SQL: &str = "SELECT DISTINCT r.service_id FROM service_reader r
            JOIN service_member m ON m.service_id = r.reader_id
            WHERE m.practitioner_id = $1 ORDER BY r.service_id";
        let rows: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(practitioner.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| ServiceId::new(id)).collect())
    }

    /// Who works in a service, in no order that means anything.
    pub async fn members_of(&self, service: ServiceId) -> Result<Vec<PractitionerId>, Error> {
        const SQL: &str =
            "SELECT practitioner_id FROM service_member WHERE service_id = $1 ORDER BY practitioner_id";
        let rows: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| PractitionerId::new(id)).collect())
    }

    /// The services in which a member of staff works, by identifier.
    pub async fn services_of(&self, practitioner: PractitionerId) -> Result<Vec<ServiceId>, Error> {
        const SQL: &str =
            "SELECT service_id FROM service_member WHERE practitioner_id = $1 ORDER BY service_id";
        let rows: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(SQL).bind(practitioner.uuid()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| ServiceId::new(id)).collect())
    }
}
