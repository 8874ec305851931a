//! Words that several messages share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($word),+ }
    };
}

words!(
    /// What somebody is in one appointment.
    RoleWord { Patient, Relative, Interpreter, Practitioner }
);
words!(
    /// What a member of staff is in the hospital.
    StaffRoleWord { Secretary, Nurse, Doctor, Radiologist, Administrator, Auditor }
);
words!(
    /// What a token of a program is good for.
    ScopeWord { ReadServices, ReadAppointments, ReadStatistics }
);
words!(
    /// What an administrator says of one role of one person.
    ByHandWord { Nothing, Given, Taken }
);
words!(
    /// The language that a person reads.
    LanguageWord { Fr, En }
);
words!(
    /// Where an appointment stands (FHIR R4 Appointment.status).
    AppointmentStatusWord { Booked, Arrived, Fulfilled, Cancelled, Noshow }
);
words!(
    /// Where a person stands on the way into the call.
    PlaceWord { Invited, Testing, Waiting, Admitted, InCall, Lost, Left, Removed }
);
words!(
    /// How a consultation ended.
    OutcomeWord { Completed, FollowUp, ByTelephone, InPerson, NotHeld }
);
words!(
    /// What a device check found.
    DeviceStateWord { Works, Refused, Missing, InUse, Off }
);
words!(
    /// What a track carries.
    SourceWord { Microphone, Auscultation, Camera, SecondCamera, Screen, ScreenSound }
);
words!(
    /// Which of a client's two peer connections.
    DirectionWord { Publish, Subscribe }
);
words!(
    /// Whether a link opens the door now.
    DoorWord { Open, TooEarly, Expired, Revoked, Unknown, Cancelled, Moved, Over }
);
words!(
    /// Where what people send is in the open: at the gateway, which opens it to hand it on, or at the people alone.
    OpenAtWord { Gateway, People }
);
words!(
    /// Why the gateway speaks to somebody else.
    OutsideWord { Mail, Sms, Relay, Syslog, Fhir, SignIn, Authority, Pacs }
);
words!(
    /// How well a sign-in proves who somebody is, as far as its provider says.
    StrengthWord { Unsaid, Strong, Named }
);
words!(
    /// What is to be told of a certificate.
    CertificateNewsWord { Expired, Refused, Awaited, EndsSoon }
);
words!(
    /// Encoding of a picture.
    PictureFormatWord { Png, Jpeg }
);
words!(
    /// How what is on show comes: as pictures, as a text, as the pages of a PDF, as a sound; `awaited` until that is known.
    ContentWord { Pictures, Text, Pages, Sound, Awaited }
);
words!(
    /// What a length rests on.
    CalibrationWord { Patient, Fiducial, Detector, Magnification, Scanned, Ultrasound }
);
words!(
    /// How the points of a graphic are joined.
    ShapeWord { Points, Polyline, Curve, Circle, Ellipse, Text }
);
words!(
    /// How the viewports lie: one, two side by side, two one above the other, or two rows of two.
    LayoutWord { One, SideBySide, Stacked, Four }
);
words!(
    /// What somebody draws over a frame.
    MarkShapeWord { Arrow, Circle, Freehand, Text, Number, Length, Angle, Ellipse, Rectangle, Probe }
);
words!(
    /// What lengths are in, and areas in squares of it: millimetres, or pixels of the source where nothing is known.
    LengthUnitWord { Mm, Px }
);
words!(
    /// What values are in: Hounsfield units, or as stored, after the modality LUT.
    ValueUnitWord { Hu, Stored }
);
words!(
    /// Why something is not measured: its points lie in regions that differ, or in one without lengths; the frame is in colour; a
    /// point is outside of it; frames of a clip have no values; the frame cannot be read.
    MeasureRefusalWord { DifferentRegions, NoLengthHere, Colour, OutsideFrame, Clip, FrameFailed }
);
words!(
    /// Why a step of the viewing was kept: what was done, or that nobody looks at it any more.
    StepCauseWord { Show, Clear, Layout, HandOver, Describe, Mark, Scroll, Window, View, Stop, Unwatched }
);
words!(
    /// Which window of one person: the one with the call, or one that only shows images.
    WindowWord { Main, Second }
);
words!(
    /// What can be shown of an object.
    ObjectKindWord { Image, Video, Report, Document, Presentation, KeyObjects, Waveform, Other }
);
words!(
    /// How packets of a connection travel: straight, or through the gateway's relay over UDP, TCP or TLS.
    PathWord { Udp, Tcp, RelayUdp, RelayTcp, RelayTls }
);
words!(
    /// How well the connection of a person carries the call; `lost`: nothing comes from them at present.
    QualityWord { Good, Fair, Poor, Lost }
);
words!(
    /// Why a picture is paused: the receiver's connection does not carry it, or the receiver wants no video.
    PausedReason { Bandwidth, Off }
);
words!(
    /// Why a visit became a telephone call.
    TelephoneReason { NoVideo, NoSound, Network, Device, Other }
);
words!(
    /// What went wrong in a call, for those who look into it afterwards; docs/protocol.md says when each is given.
    IncidentWord {
        HeavyLoss, HighDelay, LongFreeze, BrokenSound, ManyReconnections, RelayOnly, NoUdp, NoMicrophone, NoCamera
    }
);
words!(
    /// What the gateway's test of its own relay found.
    SelfTestWord { NotRun, Passed, Failed }
);
words!(
    /// How sure it is who somebody is, by how they came in: the link alone, by telephone, link and code, signed in.
    AssuranceWord { LinkOnly, Telephone, LinkAndCode, SignedIn }
);
words!(
    /// A sentence for somebody who waits, ready in every language.
    ReadySentenceWord {
        SoonYourTurn, ThankYouForWaiting, HavePapersReady, CheckMicrophone, CheckCamera, GoToQuietPlace, WeWillCallYou
    }
);
words!(
    /// What somebody is told who is not let in: to call, that they are called, or that the appointment is somebody else's.
    RefusalSentenceWord { CallUs, WeCallYou, NotYours }
);
words!(
    /// How staff know who somebody is: by a document, by sight, by a look on letting them in, by what the person said.
    IdentityMeansWord { Document, KnownToMe, Recognised, Said }
);
words!(
    /// What a person has been found to be so far: nothing was checked, some of it, or all.
    IdentityWord { Unchecked, Begun, Checked }
);
words!(
    /// A document that somebody held into the camera.
    DocumentKindWord { IdentityCard, Passport, ResidencePermit, DrivingLicence, HealthCard, Other }
);
words!(
    /// The sex in the civil register.
    SexWord { Female, Male, Indeterminate }
);
words!(
    /// The register of a national health number.
    InsRegisterWord { Nir, Nia, NirTest, NirDemo }
);
words!(
    /// How far a national health identity is proven: provisoire, récupérée, validée, qualifiée.
    InsStatusWord { Provisional, Retrieved, Validated, Qualified }
);
words!(
    /// Where the patient is during a visit.
    PatientPlaceWord { AtHome, Room }
);
words!(
    /// Why an appointment was called off.
    CalledOffWord { Moved, ByPatient, ByStaff }
);
words!(
    /// A day of the week.
    WeekdayWord { Mon, Tue, Wed, Thu, Fri, Sat, Sun }
);
words!(
    /// A public holiday of France.
    HolidayWord {
        NewYear, EasterMonday, LabourDay, Victory1945, Ascension, WhitMonday, NationalDay, Assumption, AllSaints,
        Armistice1918, Christmas
    }
);
words!(
    /// How somebody in the queue of a service stands; `gone`: nothing is known of them.
    QueueStateWord { Waiting, Taken, Refused, Left, Gone }
);
