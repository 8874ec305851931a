//! Identifiers. Each thing has a type of its own, so that one cannot be taken for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes an identifier that `Clock::new_uuid` made or that a row holds.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The identifier as a row holds it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// The booked slot (FHIR Appointment). A consultation has the identifier of its appointment.
    AppointmentId
);
id!(
    /// A person in one appointment, with one role there.
    ParticipantId
);
id!(
    /// A number by which archives know a patient, as it was written down once.
    PatientNumberId
);
id!(
    /// A member of staff, known by the identity provider.
    PractitionerId
);
id!(
    /// One secret address, for one participant.
    LinkId
);
id!(
    /// One sign-in of one member of staff, kept on the server.
    LoginId
);
id!(
    /// One line of a chat.
    ChatLineId
);
id!(
    /// One file that was shared in a consultation.
    SharedFileId
);
id!(
    /// One time that a consultation went on by telephone.
    TelephoneId
);
id!(
    /// Something that somebody drew over a frame.
    MarkId
);
id!(
    /// One image that was kept from the viewing.
    KeyImageId
);
id!(
    /// One version of the report of a consultation.
    ReportId
);
id!(
    /// Something that was released to a patient.
    DocumentId
);
id!(
    /// One step of the viewing, as it is kept.
    StepId
);
id!(
    /// One message by e-mail or SMS.
    MessageId
);
id!(
    /// A service of the hospital that holds consultations.
    ServiceId
);
id!(
    /// One study as received for one appointment.
    StudyId
);
id!(
    /// One series of such a study.
    SeriesId
);
id!(
    /// One object of such a series.
    InstanceId
);
id!(
    /// Something that staff told somebody who waits.
    WaitingMessageId
);
id!(
    /// One look at who somebody is.
    IdentityCheckId
);
id!(
    /// The national health identity of a patient, as it was written down once.
    InsRecordId
);
id!(
    /// Hours of a service that come back every week.
    PatternId
);
id!(
    /// Days on which a service's hours are otherwise.
    ExceptionId
);
id!(
    /// Somebody in the queue of a service, without an appointment.
    QueueEntryId
);
id!(
    /// A folder that somebody outside fills by a link.
    UploadFolderId
);
id!(
    /// One file that came through such a folder.
    ReceivedUploadId
);
id!(
    /// Access in an emergency to one appointment.
    EmergencyAccessId
);
id!(
    /// That somebody acts for a practitioner.
    DelegationId
);
id!(
    /// An appointment of which nothing is deleted.
    LegalHoldId
);
id!(
    /// One token of a program that acts without a person.
    ApiTokenId
);
id!(
    /// One account of the gateway itself, beside those of the identity provider.
    LocalAccountId
);
