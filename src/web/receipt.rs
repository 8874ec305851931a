//! What an upload's answer says: which file is whose, and which do not belong to their study.

use std::collections::HashMap;

use crate::archive::{self, RefusalKind};
use crate::clinical::is_other_patient;
use crate::imaging::{PatientFacts, Received};
use crate::protocol::{FoundPatient, ProblemCode, Receipt, ReceivedFile, RefusedFile};

/// What is said of an object that claims to be of a study of somebody else.
pub(super) const OTHER_PATIENT: &str = "its study is of another patient: the Patient ID is not the same";

/// Takes the objects out that name another Patient ID (0010,0020) than their study has, and gives the names of their files.
/// `known`: that of the studies that are there, by Study Instance UID; for the others the first object tells. An empty one
/// contradicts nobody.
pub(super) fn part_by_patient(
    receipt: &mut archive::Receipt,
    mut known: HashMap<String, String>,
) -> Vec<String> {
    let mut others = Vec::new();
    let files = std::mem::take(&mut receipt.names).into_iter().zip(std::mem::take(&mut receipt.received));
    for (name, received) in files {
        let id = without_nul(received.patient.id.expose());
        let owner = known.entry(without_nul(&received.study.uid)).or_insert_with(|| id.clone());
        if !id.is_empty() && !owner.is_empty() && id != *owner {
            others.push(name);
        } else {
            receipt.names.push(name);
            receipt.received.push(received);
        }
    }
    others
}

/// As a database keeps it.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// The answer. `booked`: the name of the patient of the appointment. `others`: files that [`part_by_patient`] took out.
pub(super) fn answer(receipt: archive::Receipt, others: Vec<String>, booked: &str) -> Receipt {
    let mut patients: Vec<(PatientFacts, FoundPatient)> = Vec::new();
    let mut files = Vec::with_capacity(receipt.received.len());
    for (name, Received { patient, .. }) in receipt.names.into_iter().zip(receipt.received) {
        let place = patients.iter().position(|(known, _)| *known == patient).unwrap_or_else(|| {
            let found = found(&patient, booked);
            patients.push((patient, found));
            patients.len() - 1
        });
        if let Some((_, found)) = patients.get_mut(place) {
            found.objects = found.objects.saturating_add(1);
        }
        files.push(ReceivedFile { name, patient: count(place) });
    }
    let refused = receipt.refused.into_iter().map(|refused| RefusedFile {
        name: refused.name,
        code: code(refused.kind),
        reason: refused.reason,
    });
    let others = others.into_iter().map(|name| RefusedFile {
        name,
        code: ProblemCode::OtherPatient,
        reason: OTHER_PATIENT.to_owned(),
    });
    Receipt {
        received: count(files.len()),
        files,
        patients: patients.into_iter().map(|(_, found)| found).collect(),
        ignored: receipt.ignored,
        refused: refused.chain(others).collect(),
    }
}

fn found(patient: &PatientFacts, booked: &str) -> FoundPatient {
    let name = patient.name.expose();
    FoundPatient {
        name: name.clone(),
        birth_date: patient.birth_date.as_ref().map(|date| date.expose().to_string()),
        objects: 0,
        is_other_patient: is_other_patient(booked, name),
    }
}

fn code(kind: RefusalKind) -> ProblemCode {
    match kind {
        RefusalKind::NotDicom => ProblemCode::NotDicom,
        RefusalKind::Damaged => ProblemCode::CannotShow,
        RefusalKind::UnsafeName => ProblemCode::UnsafeArchive,
        RefusalKind::TooLarge => ProblemCode::ArchiveTooLarge,
        RefusalKind::NoImages => ProblemCode::NoImages,
    }
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::studies::demo_objects;
    use crate::imaging::{ContentHash, read_header};
    use crate::secret::Pii;

    fn receipt(objects: &[(&str, &str, &str)]) -> archive::Receipt {
        let mut receipt = archive::Receipt::default();
        let mut object = read_header(&demo_objects(11).next().unwrap().1, ContentHash([1; 32])).unwrap();
        for (file, name, id) in objects {
            object.patient.name = Pii::new((*name).to_owned());
            object.patient.id = Pii::new((*id).to_owned());
            receipt.names.push((*file).to_owned());
            receipt.received.push(object.clone());
        }
        receipt
    }

    #[test]
    fn an_object_of_somebody_else_does_not_take_the_upload_down() {
        let mut mixed = receipt(&[
            ("a", "MARTIN Jean", "1"),
            ("b", "DURAND Anne", "2"),
            ("c", "MARTIN Jean", ""),
            ("d", "MARTIN Jean", "1"),
        ]);
        let uid = mixed.received[0].study.uid.clone();
        let others = part_by_patient(&mut mixed.clone(), HashMap::new());
        assert_eq!(others, ["b"]);
        // The study was there before: it says whose it is.
        let others = part_by_patient(&mut mixed, HashMap::from([(uid, "2".to_owned())]));
        assert_eq!(
            (others, mixed.names),
            (vec!["a".to_owned(), "d".to_owned()], vec!["b".to_owned(), "c".to_owned()])
        );
    }

    #[test]
    fn every_patient_of_an_upload_is_named_once() {
        let mixed =
            receipt(&[("a", "MARTIN Jean", "1"), ("b", "DURAND Anne", "2"), ("c", "MARTIN Jean", "1")]);
        let answer = answer(mixed, vec!["x".to_owned()], "Jean Martin");
        let patients: Vec<_> = answer
            .patients
            .iter()
            .map(|one| (one.name.as_str(), one.objects, one.is_other_patient))
            .collect();
        assert_eq!(patients, [("MARTIN Jean", 2, false), ("DURAND Anne", 1, true)]);
        let files: Vec<_> = answer.files.iter().map(|file| (file.name.as_str(), file.patient)).collect();
        assert_eq!((answer.received, files), (3, vec![("a", 0), ("b", 1), ("c", 0)]));
        assert_eq!(
            (answer.refused[0].name.as_str(), answer.refused[0].code),
            ("x", ProblemCode::OtherPatient)
        );
    }
}
