//! What an archive of images (PACS) says over DICOMweb (PS3.18): answers of searches (QIDO-RS), and the parts of what is retrieved (WADO-RS).
//! Nothing of it is trusted: what is not of the patient who was asked for is dropped.

mod answers;
mod parts;

pub use answers::{
    AnswerFault, Asked, FoundSeries, FoundStudy, Offered, dicomweb_series, dicomweb_studies, is_dicom_uid,
    is_dicomweb,
};
pub use parts::{Parts, PartsFault, Piece};
