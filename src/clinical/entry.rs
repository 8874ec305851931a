//! What has to be so before a guest is let in, whoever lets them in: staff see who it is, and the person agreed to what the service tells.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    Assurance, Consent, ConsentAnswer, ConsentText, DoorRules, IdentityCheck, ParticipantId, Refusal,
    is_identity_checked,
};

/// How sure it is who each person of one consultation is, for those who have come.
pub type Assurances = BTreeMap<ParticipantId, Assurance>;

/// What a service asks for before a guest is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRules {
    /// Whoever admits says of everybody that they see who it is; otherwise only of those with nothing but the link.
    pub asks_who_of_all: bool,
    /// The version of the text that is agreed to before. `None`: the service takes the agreement in another way.
    pub consent: Option<u32>,
}

impl EntryRules {
    /// What a service asks for, whose newest text this is.
    pub fn of(rules: &DoorRules, text: &ConsentText) -> Self {
        Self {
            asks_who_of_all: rules.asks_who_of_all,
            consent: (!rules.waives_consent).then_some(text.version),
        }
    }
}

impl Default for EntryRules {
    /// Of an appointment whose service the hospital does not keep.
    fn default() -> Self {
        Self::of(&DoorRules::default(), &ConsentText::standard())
    }
}

/// Something that counts when somebody is let in. It is kept already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryNews {
    /// The service asks for something else now.
    Rules(EntryRules),
    /// Somebody came, and so sure is it who they are.
    Came { participant: ParticipantId, assurance: Assurance },
    /// Somebody was looked at.
    Checked(IdentityCheck),
    /// A guest answered the information.
    Answered(Consent),
}

/// What is known of the people of one consultation that counts when they are let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFacts {
    rules: EntryRules,
    assurances: Assurances,
    checks: Vec<IdentityCheck>,
    answers: BTreeMap<ParticipantId, Consent>,
}

impl EntryFacts {
    /// What was kept; checks and answers oldest first.
    pub fn new(
        rules: EntryRules,
        assurances: Assurances,
        checks: Vec<IdentityCheck>,
        answers: Vec<Consent>,
    ) -> Self {
        let answers = answers.into_iter().map(|answer| (answer.participant, answer)).collect();
        Self { rules, assurances, checks, answers }
    }

    pub(super) fn learn(&mut self, news: EntryNews) {
        match news {
            EntryNews::Rules(rules) => self.rules = rules,
            EntryNews::Came { participant, assurance } => {
                self.assurances.insert(participant, assurance);
            }
            EntryNews::Checked(check) => self.checks.push(check),
            EntryNews::Answered(answer) => {
                self.answers.insert(answer.participant, answer);
            }
        }
    }

    /// How sure it is who people are.
    pub fn assurances(&self) -> &Assurances {
        &self.assurances
    }

    /// Every look at somebody, oldest first.
    pub fn checks_of(&self, participant: ParticipantId) -> impl Iterator<Item = &IdentityCheck> {
        self.checks.iter().filter(move |check| check.participant == participant)
    }

    /// Whether somebody was found to be who they say.
    pub fn is_checked(&self, participant: ParticipantId) -> bool {
        is_identity_checked(&self.checks, participant)
    }

    /// Whether whoever admits somebody who waits since then is to say that they see who it is: a look at an earlier time says nothing
    /// about who holds the link now.
    pub(super) fn asks_who(&self, participant: ParticipantId, since: DateTime<Utc>) -> bool {
        let is_asked = self.rules.asks_who_of_all
            || self.assurances.get(&participant).is_none_or(|assurance| assurance.asks_for_a_look());
        is_asked && !self.checks_of(participant).any(|check| check.at >= since)
    }

    /// Whether a guest may go into the room. Whoever was there and comes back is not asked for another text; whoever wants no video
    /// stays out.
    pub(super) fn may_enter(&self, participant: ParticipantId, is_back: bool) -> Result<(), Refusal> {
        let answer = self.answers.get(&participant);
        let has_refused = answer.is_some_and(|answer| answer.answer == ConsentAnswer::Refused);
        let has_agreed = answer.is_some_and(|answer| {
            answer.answer == ConsentAnswer::Given && Some(answer.version) == self.rules.consent
        });
        if has_refused || (self.rules.consent.is_some() && !has_agreed && !is_back) {
            return Err(Refusal::ConsentNeeded);
        }
        Ok(())
    }
}
