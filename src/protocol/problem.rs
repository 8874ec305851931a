//! Everything that can go wrong, as a closed list: the client has a sentence and a next step for each (web/src/i18n).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A stable code; the client switches over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    // the request
    BadRequest,
    NotFound,
    TooLarge,
    TooMany,
    UnsupportedProtocol,
    OutOfOrder,
    Internal,
    Unavailable,
    // who
    SignInNeeded,
    NotAllowed,
    ForeignOrigin,
    TicketNeeded,
    // sign-in
    NoRole,
    SignInExpired,
    SignInRefused,
    SignInUntrusted,
    SignInWeak,
    SignInNotFresh,
    SignInOtherPerson,
    FreshSignInNeeded,
    ProviderUnreachable,
    // local accounts
    LocalWrong,
    SecondFactorWrong,
    LocalLocked,
    LocalExpired,
    AddressClosed,
    BadUserName,
    UserNameTaken,
    PasswordShort,
    PasswordGuessable,
    RoleMissing,
    // the administration
    OwnAccount,
    BadToken,
    ColorTooPale,
    BadLogo,
    BadProviderKey,
    ProviderKeyTaken,
    BadIssuer,
    IssuerTaken,
    BadDiscovery,
    ClientIdMissing,
    ClientSecretMissing,
    BadRoleRules,
    EgressForbidden,
    SetInFile,
    LastWayIn,
    MailHostMissing,
    MailUnprotected,
    MailUserAndPassword,
    SenderMissing,
    BadSmsAddress,
    BadSmsBody,
    BadSmsHeader,
    // booking
    InThePast,
    TooFarAhead,
    EndsBeforeItStarts,
    TooLong,
    NotOnePatient,
    NoPractitioner,
    PractitionerTwice,
    TooManyPeople,
    NameMissing,
    ServiceMissing,
    NoteTooLong,
    BadEmail,
    BadTelephone,
    BadBirthDate,
    UnknownService,
    ServiceNameTaken,
    BadService,
    UnknownPractitioner,
    PractitionerBusy,
    WrongStatus,
    TemplateRefused,
    // links
    LinkUnknown,
    LinkExpired,
    LinkRevoked,
    TooEarly,
    AppointmentCancelled,
    ConsultationOver,
    PassNeeded,
    // the consultation
    NotAdmitted,
    NotRecognised,
    ConsentNeeded,
    NotWaiting,
    NotInCall,
    NotPresenter,
    NothingShared,
    UnknownParticipant,
    UnknownSeries,
    BadMedia,
    Locked,
    WrongFileKind,
    // who somebody is
    IdentityNotCompared,
    InsName,
    InsBirthDate,
    InsBirthPlace,
    InsNumber,
    InsStatus,
    // the agenda
    BadSchedule,
    BadPlace,
    SlotTaken,
    ChangeNotOffered,
    ChangeTooLate,
    QueueClosed,
    QueueCodeWrong,
    QueueFull,
    BadQueueAddress,
    QueueAddressTaken,
    PractitionerTakenNow,
    // studies
    NotDicom,
    NoImages,
    UnsafeArchive,
    ArchiveTooLarge,
    OtherPatient,
    CannotShow,
    StorageFull,
    // notes and reports
    Stale,
    ReportSigned,
    DraftExists,
    WhyMissing,
    ReasonTooShort,
    AlreadyYours,
    ConclusionsMissing,
    // after the visit
    AnsweredBefore,
    // folders that are filled by a link
    FolderClosed,
    QuotaExceeded,
    ChecksumMismatch,
    BadFolder,
}

/// The body of an HTTP answer that is not a success: `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    pub status: u16,
    pub code: ProblemCode,
    /// One English sentence for the log of whoever called; no personal data.
    pub detail: String,
}
