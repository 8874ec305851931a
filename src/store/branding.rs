//! What the hospital looks like, beside the file of settings.

use sqlx::FromRow;

use super::db::{in_transaction, on, text};
use super::people::write_change;
use super::{Error, SettingChange, Store};

/// What was set on the page; what is `None` is as the file of settings says.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Branding {
    pub name: Option<String>,
    pub telephone: Option<String>,
    /// `#rrggbb`
    pub color: Option<String>,
    /// The media type of the logo, if there is one.
    pub logo_type: Option<String>,
}

impl Store {
    /// What was set.
    pub async fn branding(&self) -> Result<Branding, Error> {
        const SQL: &str = "SELECT name, telephone, color, logo_type FROM branding WHERE id = 1";
        let row: Option<Branding> = on!(self, pool => sqlx::query_as(SQL).fetch_optional(pool).await?);
        Ok(row.unwrap_or_default())
    }

    /// The logo: its media type and its bytes.
    pub async fn logo(&self) -> Result<Option<(String, Vec<u8>)>, Error> {
        const SQL: &str = "SELECT logo_type, logo FROM branding WHERE id = 1 AND logo IS NOT NULL";
        Ok(on!(self, pool => sqlx::query_as(SQL).fetch_optional(pool).await?))
    }

    /// Sets all but the logo.
    pub async fn put_branding(&self, branding: &Branding, change: &SettingChange) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO branding (id, name, telephone, color) VALUES (1, $1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, telephone = excluded.telephone, color = excluded.color";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(branding.name.as_deref().map(text))
                .bind(branding.telephone.as_deref().map(text))
                .bind(branding.color.as_deref().map(text))
                .execute(&mut *tx)
                .await?;
            write_change!(self, tx, change);
        });
        Ok(())
    }

    /// Sets the logo, or takes it away.
    pub async fn put_logo(&self, logo: Option<(&str, &[u8])>, change: &SettingChange) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO branding (id, logo_type, logo) VALUES (1, $1, $2)
            ON CONFLICT (id) DO UPDATE SET logo_type = excluded.logo_type, logo = excluded.logo";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(logo.map(|(kind, _)| kind))
                .bind(logo.map(|(_, bytes)| bytes.to_vec()))
                .execute(&mut *tx)
                .await?;
            write_change!(self, tx, change);
        });
        Ok(())
    }
}
