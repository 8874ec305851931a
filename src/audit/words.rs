//! What is done to what, in words that never change: they stand in rows, in exports and under signatures.

/// An enumeration, all of it, and the words for it.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The one of this word.
            pub fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// What somebody does.
    Deed {
        List => "list",
        Read => "read",
        Download => "download",
        Create => "create",
        Change => "change",
        Delete => "delete",
        Sign => "sign",
        Send => "send",
        /// A picture of a step of the viewing stood on their screen.
        View => "view",
        Write => "write",
        SignIn => "sign_in",
        SignOut => "sign_out",
        /// Opens a door with what they have besides the link, or comes in by it.
        Open => "open",
        Wait => "wait",
        Admit => "admit",
        Enter => "enter",
        Leave => "leave",
        Remove => "remove",
        DropIn => "drop_in",
        TakeOver => "take_over",
        End => "end",
        /// Breaks the glass: access in an emergency, with a reason.
        Break => "break_glass",
        Export => "export",
        /// The gateway says that something is out of the ordinary.
        Alert => "alert",
        /// Records that could not be kept, counted.
        Lose => "lose",
        Start => "start",
    }
}

words! {
    /// What it is done to.
    Subject {
        Login => "login",
        Agenda => "agenda",
        Appointment => "appointment",
        Consultation => "consultation",
        Link => "link",
        Contact => "contact",
        Door => "door",
        Consent => "consent",
        Identity => "identity",
        Ins => "ins",
        Study => "study",
        Viewing => "viewing",
        KeyImage => "key_image",
        ChatLine => "chat_line",
        File => "file",
        Received => "received",
        Folder => "upload_folder",
        Summary => "summary",
        Report => "report",
        Note => "note",
        Document => "document",
        Rating => "rating",
        Message => "message",
        Quality => "quality",
        WaitingRoom => "waiting_room",
        Queue => "queue",
        Worklist => "worklist",
        Service => "service",
        Template => "template",
        Calendar => "calendar",
        Statistics => "statistics",
        Retention => "retention",
        Practitioner => "practitioner",
        Trail => "trail",
        Delegation => "delegation",
        Account => "account",
        Token => "token",
        Gateway => "gateway",
    }
}

words! {
    /// How it went.
    Outcome {
        Done => "done",
        /// Not allowed, or not there: to whoever asks these are one.
        Refused => "refused",
        /// What was asked was not right, or too late.
        Rejected => "rejected",
        /// A fault of the gateway.
        Failed => "failed",
    }
}

impl Deed {
    /// Whether whoever does it has seen something of the patient.
    pub const fn shows(self) -> bool {
        matches!(
            self,
            Self::Read | Self::Download | Self::View | Self::Change | Self::Sign | Self::Create | Self::Enter
        )
    }
}
