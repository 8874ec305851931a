//! Facts of protection.

use super::super::*;
use super::time;
use crate::clinical::{self, AtRest, ChatKeep, Ground, IdentityMeans, PersonFact, Strength, ToldTo};

both_ways!(OpenAtWord, clinical::OpenAt, Gateway, People);
both_ways!(OutsideWord, clinical::OutsideKind, Mail, Sms, Relay, Syslog, Fhir, SignIn, Authority, Pacs);

impl ProtectionFacts {
    /// What is so of the whole deployment, as it is told to them.
    pub fn new(ground: &Ground, to: ToldTo, people: Vec<PersonFact>) -> Self {
        let handling = ground.handling;
        let kept = ground.kept_for().into_iter();
        let outside = ground.outside_for(to).into_iter();
        Self {
            hospital: ground.hospital.clone(),
            site: ground.site.clone(),
            is_site_encrypted: ground.is_site_encrypted,
            media: handling.media.into(),
            chat: handling.chat.into(),
            images: handling.images.into(),
            is_media_recorded: handling.is_media_recorded,
            is_encrypted_at_rest: ground.at_rest == AtRest::Encrypted,
            chat_days: match ground.chat_keep {
                ChatKeep::Consultation => None,
                ChatKeep::Days(days) => Some(days),
            },
            kept: kept.map(|(class, days)| KeptFor { class: class.word().to_owned(), days }).collect(),
            outside: outside
                .map(|(kind, host, is_encrypted)| OutsideFact {
                    kind: kind.into(),
                    host: host.map(str::to_owned),
                    is_encrypted,
                })
                .collect(),
            people: people.into_iter().map(PersonProof::from).collect(),
            deployment: None,
        }
    }
}

impl From<PersonFact> for PersonProof {
    fn from(PersonFact { participant, shown, seen }: PersonFact) -> Self {
        use clinical::Proved as S;
        let (assurance, opening, sign_in) = match shown {
            S::Nothing => (None, None, None),
            S::Link => (Some(AssuranceWord::LinkOnly), None, None),
            S::LinkAnd(opening) => (Some(AssuranceWord::LinkAndCode), opening.map(OpeningWord::from), None),
            S::Telephone => (Some(AssuranceWord::Telephone), None, None),
            S::SignIn(sign_in) => (Some(AssuranceWord::SignedIn), None, sign_in.map(SignInProof::from)),
        };
        Self {
            participant: participant.to_string(),
            assurance,
            opening,
            sign_in,
            seen: seen.map(SeenProof::from),
        }
    }
}

impl From<clinical::SignInFact> for SignInProof {
    fn from(fact: clinical::SignInFact) -> Self {
        let (strength, class) = match fact.strength {
            Strength::Unsaid => (StrengthWord::Unsaid, None),
            Strength::Strong => (StrengthWord::Strong, None),
            Strength::Named(class) => (StrengthWord::Named, Some(class)),
        };
        Self { provider: fact.provider, strength, class, at: time(fact.at) }
    }
}

impl From<clinical::SeenBy> for SeenProof {
    fn from(seen: clinical::SeenBy) -> Self {
        let means = match seen.means {
            IdentityMeans::Document(_) => IdentityMeansWord::Document,
            IdentityMeans::KnownToMe => IdentityMeansWord::KnownToMe,
            IdentityMeans::Recognised => IdentityMeansWord::Recognised,
            IdentityMeans::Said => IdentityMeansWord::Said,
        };
        Self { means, at: time(seen.at), name: seen.name }
    }
}
