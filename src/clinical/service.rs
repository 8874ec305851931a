//! A service of the hospital at one site: FHIR R4 HealthcareService.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::ServiceId;

/// A service as patients know it: "Cardiology, Hôpital Nord".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub id: ServiceId,
    /// 1 to [`Service::MAX_NAME`] characters.
    pub name: String,
    /// The building or town where it is; empty where the hospital has one site.
    pub site: String,
    /// As patients dial it; empty: the hospital's own number.
    pub telephone: String,
    /// Takes no bookings any more; what was booked stays.
    pub is_closed: bool,
    pub created_at: DateTime<Utc>,
}

/// Why a service cannot be kept as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ServiceFault {
    #[error("a service has a name of 1 to {} characters", Service::MAX_NAME)]
    Name,
    #[error("a site has at most {} characters", Service::MAX_NAME)]
    Site,
    #[error("a telephone number has at most {} characters", Service::MAX_TELEPHONE)]
    Telephone,
}

impl Service {
    /// The longest name of a service or a site, in characters.
    pub const MAX_NAME: usize = 120;
    /// The longest telephone number as people write it, in characters.
    pub const MAX_TELEPHONE: usize = 40;

    /// Takes the space around the words away and checks their lengths.
    pub fn checked(mut self) -> Result<Self, ServiceFault> {
        for text in [&mut self.name, &mut self.site, &mut self.telephone] {
            *text = text.trim().to_owned();
        }
        if !(1..=Self::MAX_NAME).contains(&self.name.chars().count()) {
            return Err(ServiceFault::Name);
        }
        if self.site.chars().count() > Self::MAX_NAME {
            return Err(ServiceFault::Site);
        }
        if self.telephone.chars().count() > Self::MAX_TELEPHONE {
            return Err(ServiceFault::Telephone);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Service {
        Service {
            id: ServiceId::new(uuid::Uuid::from_u128(1)),
            name: name.to_owned(),
            site: String::new(),
            telephone: String::new(),
            is_closed: false,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_name_is_trimmed_and_must_be_there() {
        assert_eq!(service("  Cardiologie ").checked().map(|kept| kept.name), Ok("Cardiologie".to_owned()));
        assert_eq!(service("  ").checked(), Err(ServiceFault::Name));
        assert_eq!(service(&"é".repeat(121)).checked(), Err(ServiceFault::Name));
    }
}
