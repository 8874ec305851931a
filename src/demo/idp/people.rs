//! The people of the demo. None of them exists.

use crate::clinical::StaffRole;

/// Somebody made up, whom the page offers to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    pub subject: &'static str,
    pub name: &'static str,
    /// What they do, in French and in English.
    pub duty: [&'static str; 2],
    /// What their `groups` claim holds.
    pub groups: &'static [&'static str],
    /// What the demo makes of their groups; the last person has none.
    pub role: Option<StaffRole>,
}

/// In the order in which the page lists them.
pub(super) const PEOPLE: &[DemoPerson] = &[
    person("camille", "Camille Roux", ["Secrétariat", "Front desk"], Some(StaffRole::Secretary)),
    person("claire", "Dr Claire Martin", ["Cardiologie", "Cardiology"], Some(StaffRole::Doctor)),
    person("karim", "Dr Karim Benali", ["Pneumologie", "Pulmonology"], Some(StaffRole::Doctor)),
    person("sofia", "Dr Sofia Lindqvist", ["Radiologie", "Radiology"], Some(StaffRole::Radiologist)),
    person("alex", "Alex Morel", ["Informatique", "IT"], Some(StaffRole::Administrator)),
    person("ines", "Inès Faure", ["Audit", "Audit"], Some(StaffRole::Auditor)),
    person("theo", "Théo Girard", ["Sans rôle ici : sera refusé", "No role here: will be refused"], None),
];

const fn person(
    subject: &'static str,
    name: &'static str,
    duty: [&'static str; 2],
    role: Option<StaffRole>,
) -> DemoPerson {
    let groups: &[&str] = match role {
        Some(StaffRole::Secretary) => &["front-desk"],
        Some(StaffRole::Doctor) => &["physicians"],
        Some(StaffRole::Radiologist) => &["radiologists"],
        Some(StaffRole::Administrator) => &["it-administrators"],
        Some(StaffRole::Nurse) => &["nurses"],
        Some(StaffRole::Auditor) => &["auditors"],
        None => &["trainees"],
    };
    DemoPerson { subject, name, duty, groups, role }
}
