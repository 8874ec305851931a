//! How a call and its data are protected, as facts: of the deployment, and of how everybody proved who they are. What pages say follows
//! from these and from what the browser itself measures. Whoever asks is told what concerns them, and no name that they do not see anyway.

use chrono::{DateTime, Utc};

use super::{
    Appointment, Assurance, ChatKeep, DataClass, IdentityCheck, IdentityMeans, Opening, ParticipantId,
    PractitionerId, RetentionPolicy,
};
use crate::secret::Pii;

/// Where what somebody sends is in the open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenAt {
    /// At the gateway, which opens it to hand it on.
    Gateway,
    /// At the people of the call and nowhere else.
    People,
}

/// Whether the gateway encrypts what it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtRest {
    Plain,
    Encrypted,
}

/// What the program does with what people send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handling {
    pub media: OpenAt,
    pub chat: OpenAt,
    /// Images of studies are drawn where they are in the open.
    pub images: OpenAt,
    pub is_media_recorded: bool,
}

/// Why the gateway speaks to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutsideKind {
    Mail,
    Sms,
    /// Media pass there on networks that let nothing else through.
    Relay,
    /// Copies of the trail.
    Syslog,
    Fhir,
    SignIn,
    /// Orders certificates.
    Authority,
    /// Holds images of the hospital, which are fetched from there.
    Pacs,
}

/// Somebody else whom the gateway speaks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    pub kind: OutsideKind,
    pub host: String,
    /// The way there is protected by TLS.
    pub is_encrypted: bool,
}

/// What is so of the whole deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    pub hospital: String,
    /// The name under which browsers reach the gateway.
    pub site: String,
    /// They do so over TLS.
    pub is_site_encrypted: bool,
    pub handling: Handling,
    pub at_rest: AtRest,
    pub chat_keep: ChatKeep,
    pub retention: RetentionPolicy,
    pub outside: Vec<Outside>,
}

/// How well a sign-in proves who somebody is, as far as the provider says (`acr`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strength {
    Unsaid,
    /// A class that stands for two means of different kinds, or for one that nobody can be tricked out of.
    Strong,
    /// Any other class, by its name: only the provider knows what it means.
    Named(String),
}

impl Strength {
    /// eIDAS substantial and high (Implementing Regulation (EU) 2015/1502, 2.2.1), OpenID Connect EAP ACR Values 1.0, and the profile of
    /// REFEDS.
    const STRONG: [&str; 7] = [
        "eidas2",
        "eidas3",
        "http://eidas.europa.eu/LoA/substantial",
        "http://eidas.europa.eu/LoA/high",
        "phr",
        "phrh",
        "https://refeds.org/profile/mfa",
    ];

    pub fn of(class: Option<&str>) -> Self {
        match class.map(str::trim) {
            None | Some("") => Self::Unsaid,
            Some(class) if Self::STRONG.contains(&class) => Self::Strong,
            Some(class) => Self::Named(class.to_owned()),
        }
    }
}

/// The sign-in of a member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInFact {
    /// What the sign-in page calls the provider; `None`: the hospital's own account.
    pub provider: Option<String>,
    pub strength: Strength,
    /// When they last proved who they are.
    pub at: DateTime<Utc>,
}

/// How somebody of the call came in, as the gateway knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameIn {
    pub participant: ParticipantId,
    pub is_in_room: bool,
    pub assurance: Option<Assurance>,
    /// What they showed besides the link, when that is known.
    pub opening: Option<Opening>,
    pub sign_in: Option<SignInFact>,
}

/// What a person showed, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proved {
    /// They have not come.
    Nothing,
    Link,
    /// `None`: what it was besides the link is not known, or not told.
    LinkAnd(Option<Opening>),
    Telephone,
    /// `None`: of this sign-in nothing more is known.
    SignIn(Option<SignInFact>),
}

/// That staff looked who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenBy {
    pub means: IdentityMeans,
    pub at: DateTime<Utc>,
    /// Not told to whoever does not see that person.
    pub name: Option<Pii<String>>,
}

/// One person of a call, and how they proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFact {
    pub participant: ParticipantId,
    pub shown: Proved,
    pub seen: Option<SeenBy>,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldTo {
    Staff,
    Guest(ParticipantId),
}

/// How everybody proved who they are. Staff are told of all; a guest of whoever is in the room, and of looks at themselves.
pub fn people_facts(
    to: ToldTo,
    appointment: &Appointment,
    came: &[CameIn],
    checks: &[IdentityCheck],
    name_of: impl Fn(PractitionerId) -> Option<Pii<String>>,
) -> Vec<PersonFact> {
    let in_room = |id| came.iter().any(|each| each.participant == id && each.is_in_room);
    let is_told = |id| match to {
        ToldTo::Staff => true,
        ToldTo::Guest(own) => id == own || in_room(id),
    };
    let people = appointment.participants.iter().filter(|person| is_told(person.id));
    let fact = people.map(|person| {
        let is_own = to == ToldTo::Guest(person.id);
        let is_open = to == ToldTo::Staff || is_own;
        let how = came.iter().find(|each| each.participant == person.id);
        let shown = match how.and_then(|how| how.assurance.map(|assurance| (how, assurance))) {
            None => Proved::Nothing,
            Some((_, Assurance::LinkOnly)) => Proved::Link,
            Some((_, Assurance::Telephone)) => Proved::Telephone,
            Some((how, Assurance::LinkAndCode)) => {
                Proved::LinkAnd(how.opening.filter(|opening| is_open && *opening != Opening::LinkOnly))
            }
            Some((how, Assurance::SignedIn)) => Proved::SignIn(how.sign_in.clone()),
        };
        let looks = checks.iter().filter(|check| check.participant == person.id && is_open);
        // One that is enough says more than a later one that is not.
        let look = looks.max_by_key(|check| (check.findings.is_enough(), check.at));
        let seen = look.map(|check| SeenBy {
            means: check.findings.means,
            at: check.at,
            name: match to {
                ToldTo::Staff => name_of(check.by),
                ToldTo::Guest(_) => {
                    appointment.participant_of(check.by).filter(|by| in_room(by.id)).map(|by| by.name.clone())
                }
            },
        });
        PersonFact { participant: person.id, shown, seen }
    });
    fact.collect()
}

impl Ground {
    /// Classes of data and for how many days they are kept after a visit; `None`: by the rule of the chat.
    pub fn kept_for(&self) -> Vec<(DataClass, Option<u32>)> {
        DataClass::ALL.into_iter().map(|class| (class, self.retention.days(class))).collect()
    }

    /// Whom a guest is told of: who gets something of their visit. Names of the hospital's own systems stay inside.
    pub fn outside_for(&self, to: ToldTo) -> Vec<(OutsideKind, Option<&str>, bool)> {
        let guest_sees_host = |kind| match kind {
            OutsideKind::Mail | OutsideKind::Sms | OutsideKind::Relay => Some(true),
            OutsideKind::Syslog | OutsideKind::Fhir => Some(false),
            OutsideKind::SignIn | OutsideKind::Authority | OutsideKind::Pacs => None,
        };
        let told = self.outside.iter().filter_map(|outside| {
            let shows_host = match to {
                ToldTo::Staff => Some(true),
                ToldTo::Guest(_) => guest_sees_host(outside.kind),
            }?;
            Some((outside.kind, shows_host.then_some(outside.host.as_str()), outside.is_encrypted))
        });
        told.collect()
    }
}
