//! Makes `web/src/protocol.ts`. A test compares it with the committed file and is its generator too.

use ts_rs::{Config, TS};

use super::*;

macro_rules! declare {
    ($config:expr, $($ty:ty),+ $(,)?) => {
        [$(format!("export {}\n", <$ty>::decl($config))),+].join("\n")
    };
}

/// The whole file.
pub fn typescript() -> String {
    let config = Config::default();
    let body = declare!(
        &config,
        RoleWord,
        StaffRoleWord,
        LanguageWord,
        AppointmentStatusWord,
        PlaceWord,
        OutcomeWord,
        DeviceStateWord,
        SourceWord,
        DirectionWord,
        DoorWord,
        PathWord,
        QualityWord,
        PausedReason,
        TelephoneReason,
        IncidentWord,
        PictureFormatWord,
        ContentWord,
        CalibrationWord,
        ShapeWord,
        ObjectKindWord,
        SelfTestWord,
        ProblemCode,
        Problem,
        OfferedTrack,
        WatchedTrack,
        ClientMessage,
        Place,
        Person,
        SubscribedTrack,
        IceServer,
        TelephoneState,
        ChatLine,
        SharedFile,
        WindowState,
        AlternativeState,
        EdgesState,
        CalibrationState,
        LossyState,
        StateChoice,
        GraphicState,
        CineState,
        SectionState,
        DocumentState,
        Shown,
        ViewingState,
        ServerMessage,
        AgendaMessage,
        PictureHeader,
        ContentHeader,
        HospitalFacts,
        Me,
        SignedOut,
        PractitionerEntry,
        BookingRequest,
        GuestRequest,
        Booked,
        IssuedLink,
        AppointmentEntry,
        ParticipantEntry,
        LookRequest,
        Look,
        StudyEntry,
        SeriesEntry,
        Receipt,
        ReceivedFile,
        FoundPatient,
        RefusedFile,
        QualityRecord,
        PersonQuality,
        PathQuality,
        TelephoneEntry,
        DiagReport,
        DiagRung,
    );
    format!(
        "// Made from src/protocol by `UPDATE=1 cargo test --test it protocol`. Do not edit.\n\nexport const PROTOCOL = {PROTOCOL};\n\n{body}"
    )
}
