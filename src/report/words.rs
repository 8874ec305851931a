//! The sections of a report in words, in French and in English.

use chrono::{NaiveDate, Timelike};

use super::facts::{
    ConsentFact, IdentityFact, IncidentWord, LocalTime, MeansFact, OutcomeFact, PersonFact, ReasonFact,
    ReportFacts, RoleFact, Span, StudyFact,
};
use crate::clinical::{Language, ReportBody};
use crate::paper::date;

/// A part of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionKind {
    People,
    Identity,
    Consent,
    Reason,
    Findings,
    Images,
    Act,
    Conclusions,
    Prescriptions,
    FollowUp,
    Technical,
}

/// What stands in a part, one line a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub kind: SectionKind,
    pub title: &'static str,
    pub lines: Vec<String>,
}

impl Section {
    /// The gateway says it; nobody wrote it.
    pub fn is_fact(&self) -> bool {
        matches!(
            self.kind,
            SectionKind::People
                | SectionKind::Identity
                | SectionKind::Consent
                | SectionKind::Images
                | SectionKind::Technical
        )
    }
}

/// Lines that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Group<'l> {
    Paragraph(&'l str),
    /// A list, as somebody types one: each line with a dash, a star or a dot before it.
    Bullets(Vec<&'l str>),
    /// A list that counts from 1.
    Numbered(Vec<&'l str>),
}

/// Finds the lists among lines. What only looks like one, as a dose or a date at the beginning of a line, stays a paragraph.
pub(super) fn grouped(lines: &[String]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in lines {
        let (bullet, number) = (bullet(line), number(line));
        match (bullet, number, groups.last_mut()) {
            (Some(text), _, Some(Group::Bullets(items))) => items.push(text),
            (Some(text), _, _) => groups.push(Group::Bullets(vec![text])),
            (_, Some((n, text)), Some(Group::Numbered(items))) if n == items.len() + 1 => items.push(text),
            (_, Some((1, text)), _) => groups.push(Group::Numbered(vec![text])),
            _ => groups.push(Group::Paragraph(line)),
        }
    }
    groups
}

fn bullet(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix(['-', '–', '—', '*', '•'])?;
    let text = rest.strip_prefix([' ', '\u{A0}'])?.trim_start();
    (!text.is_empty()).then_some(text)
}

fn number(line: &str) -> Option<(usize, &str)> {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits)?;
    let text = rest.strip_prefix(['.', ')'])?.strip_prefix([' ', '\u{A0}'])?.trim_start();
    Some((number.parse().ok()?, text)).filter(|(_, text)| !text.is_empty())
}

/// All parts that have something to say, in their order. What was written is left out where it is blank; what the gateway knows says
/// also that something was not done.
pub fn sections(facts: &ReportFacts, body: &ReportBody, language: Language) -> Vec<Section> {
    use SectionKind as K;
    let is_french = language == Language::French;
    let pick = |french: &'static str, english: &'static str| if is_french { french } else { english };
    let written = |text: &crate::clinical::ClinicalText| -> Vec<String> {
        let lines = text.expose().split('\n').map(str::trim_end);
        lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    };
    let all = [
        (K::People, pick("Participants et horaires", "People and times"), people(facts, language)),
        (
            K::Identity,
            pick("Vérification de l'identité", "Identity check"),
            identity(facts.identity.as_ref(), language),
        ),
        (
            K::Consent,
            pick("Information et accord", "Information and consent"),
            consent(facts.consent.as_ref(), language),
        ),
        (K::Reason, pick("Motif", "Reason"), written(&body.reason)),
        (K::Findings, pick("Observations", "Findings"), written(&body.findings)),
        (K::Images, pick("Images montrées", "Images shown"), images(facts, language)),
        (K::Act, pick("Acte réalisé", "What was done"), written(&body.act)),
        (K::Conclusions, pick("Conclusions", "Conclusions"), written(&body.conclusions)),
        (K::Prescriptions, pick("Prescriptions", "Prescriptions"), written(&body.prescriptions)),
        (K::FollowUp, pick("Suite", "Follow-up"), written(&body.follow_up)),
        (K::Technical, pick("Déroulement technique", "How the call went"), technical(facts, language)),
    ];
    let section = |(kind, title, lines): (K, &'static str, Vec<String>)| Section { kind, title, lines };
    all.into_iter().map(section).filter(|section| !section.lines.is_empty()).collect()
}

/// `14 h 05`, `14:05`.
pub(super) fn time(at: LocalTime, language: Language) -> String {
    match language {
        Language::French => format!("{}\u{A0}h\u{A0}{:02}", at.hour(), at.minute()),
        Language::English => format!("{:02}:{:02}", at.hour(), at.minute()),
    }
}

/// Day and time.
pub(super) fn moment(at: LocalTime, language: Language) -> String {
    let (day, time) = (date(at.date_naive(), language), time(at, language));
    match language {
        Language::French => format!("{day} à {time}"),
        Language::English => format!("{day}, {time}"),
    }
}

fn span(span: &Span, language: Language) -> String {
    let (from, until) = (time(span.from, language), time(span.until, language));
    match language {
        Language::French => format!("de {from} à {until}"),
        Language::English => format!("from {from} to {until}"),
    }
}

pub(super) const fn role(role: RoleFact, language: Language) -> &'static str {
    match (role, language) {
        (RoleFact::Patient, Language::French) => "patient",
        (RoleFact::Relative, Language::French) => "proche",
        (RoleFact::Interpreter, Language::French) => "interprète",
        (RoleFact::Practitioner, Language::French) => "professionnel de santé",
        (RoleFact::Patient, Language::English) => "patient",
        (RoleFact::Relative, Language::English) => "relative",
        (RoleFact::Interpreter, Language::English) => "interpreter",
        (RoleFact::Practitioner, Language::English) => "health professional",
    }
}

/// A name with the date of birth where it is known.
pub(super) fn named(person: &PersonFact, language: Language) -> String {
    let name = person.name.expose();
    match &person.birth_date {
        Some(born) => {
            let born: NaiveDate = *born.expose();
            match language {
                Language::French => format!("{name}, date de naissance\u{A0}: {}", date(born, language)),
                Language::English => format!("{name}, born {}", date(born, language)),
            }
        }
        None => name.clone(),
    }
}

fn people(facts: &ReportFacts, language: Language) -> Vec<String> {
    let planned = span(&facts.planned, language);
    let mut lines = vec![match (&facts.held, language) {
        (Some(held), Language::French) => {
            format!("Consultation vidéo tenue {}. Elle était prévue {planned}.", span(held, language))
        }
        (None, Language::French) => {
            format!("Consultation vidéo prévue {planned}. Personne n'est entré dans l'appel.")
        }
        (Some(held), Language::English) => {
            format!("Video consultation held {}. It was planned {planned}.", span(held, language))
        }
        (None, Language::English) => format!("Video consultation planned {planned}. Nobody was in the call."),
    }];
    for person in &facts.people {
        let who = format!("{} ({})", person.name.expose(), role(person.role, language));
        let spans: Vec<String> = person.presences.iter().map(|presence| span(presence, language)).collect();
        let colon = if language == Language::French { "\u{A0}: " } else { ": " };
        lines.push(match (spans.is_empty(), language) {
            (false, _) => format!("{who}{colon}{}", spans.join(", ")),
            (true, Language::French) => format!("{who}{colon}n'est pas entré dans l'appel"),
            (true, Language::English) => format!("{who}{colon}was not in the call"),
        });
    }
    if let Some(outcome) = facts.outcome {
        lines.push(outcome_words(outcome, language).to_owned());
    }
    lines
}

const fn outcome_words(outcome: OutcomeFact, language: Language) -> &'static str {
    match (outcome, language) {
        (OutcomeFact::Completed, Language::French) => "La consultation a eu lieu comme prévu.",
        (OutcomeFact::FollowUp, Language::French) => "La consultation a eu lieu. Le patient est à revoir.",
        (OutcomeFact::ByTelephone, Language::French) => "La consultation a continué par téléphone.",
        (OutcomeFact::InPerson, Language::French) => "Le patient est invité à venir sur place.",
        (OutcomeFact::NotHeld, Language::French) => "La consultation n'a pas pu avoir lieu.",
        (OutcomeFact::Completed, Language::English) => "The consultation took place as planned.",
        (OutcomeFact::FollowUp, Language::English) => {
            "The consultation took place. The patient is to be seen again."
        }
        (OutcomeFact::ByTelephone, Language::English) => "The consultation went on by telephone.",
        (OutcomeFact::InPerson, Language::English) => "The patient is asked to come in.",
        (OutcomeFact::NotHeld, Language::English) => "The consultation could not be held.",
    }
}

fn identity(fact: Option<&IdentityFact>, language: Language) -> Vec<String> {
    let Some(fact) = fact else {
        return vec![match language {
            Language::French => "Aucune vérification n'a été notée.".to_owned(),
            Language::English => "No check was written down.".to_owned(),
        }];
    };
    let (by, at, means) = (fact.by.expose(), moment(fact.at, language), means_words(fact.means, language));
    let found = match (fact.is_name_right, fact.is_birth_date_right, language) {
        (true, true, Language::French) => "Le nom et la date de naissance sont ceux du rendez-vous.",
        (true, false, Language::French) => {
            "Le nom est celui du rendez-vous. La date de naissance n'a pas été confirmée."
        }
        (false, true, Language::French) => {
            "La date de naissance est celle qui est connue. Le nom n'a pas été confirmé."
        }
        (false, false, Language::French) => "Ni le nom ni la date de naissance n'ont été confirmés.",
        (true, true, Language::English) => "Name and date of birth are those of the appointment.",
        (true, false, Language::English) => {
            "The name is that of the appointment. The date of birth was not confirmed."
        }
        (false, true, Language::English) => {
            "The date of birth is the one that is known. The name was not confirmed."
        }
        (false, false, Language::English) => "Neither name nor date of birth were confirmed.",
    };
    vec![match language {
        Language::French => format!("Vérifiée par {by} le {at}\u{A0}: {means}. {found}"),
        Language::English => format!("Checked by {by}, {at}: {means}. {found}"),
    }]
}

const fn means_words(means: MeansFact, language: Language) -> &'static str {
    use MeansFact as M;
    match (means, language) {
        (M::IdentityCard, Language::French) => "carte d'identité vue",
        (M::Passport, Language::French) => "passeport vu",
        (M::ResidencePermit, Language::French) => "titre de séjour vu",
        (M::DrivingLicence, Language::French) => "permis de conduire vu",
        (M::HealthCard, Language::French) => "carte d'assurance maladie vue",
        (M::OtherDocument, Language::French) => "autre document vu",
        (M::KnownBefore, Language::French) => "patient déjà connu",
        (M::Recognised, Language::French) => "patient reconnu à l'image",
        (M::Said, Language::French) => "identité dite par le patient",
        (M::IdentityCard, Language::English) => "identity card seen",
        (M::Passport, Language::English) => "passport seen",
        (M::ResidencePermit, Language::English) => "residence permit seen",
        (M::DrivingLicence, Language::English) => "driving licence seen",
        (M::HealthCard, Language::English) => "health insurance card seen",
        (M::OtherDocument, Language::English) => "another document seen",
        (M::KnownBefore, Language::English) => "known from before",
        (M::Recognised, Language::English) => "recognised in the picture",
        (M::Said, Language::English) => "said by the patient",
    }
}

fn consent(fact: Option<&ConsentFact>, language: Language) -> Vec<String> {
    let line = match (fact, language) {
        (None, Language::French) => "Aucun accord n'a été demandé en ligne.".to_owned(),
        (None, Language::English) => "No consent was asked for online.".to_owned(),
        (Some(fact), Language::French) => {
            let said = if fact.is_given { "a donné son accord" } else { "n'a pas donné son accord" };
            format!("Le patient {said} le {} (texte {}).", moment(fact.at, language), fact.version)
        }
        (Some(fact), Language::English) => {
            let said = if fact.is_given { "agreed" } else { "did not agree" };
            format!("The patient {said}, {} (text {}).", moment(fact.at, language), fact.version)
        }
    };
    vec![line]
}

fn images(facts: &ReportFacts, language: Language) -> Vec<String> {
    if facts.studies.is_empty() && facts.images.is_empty() && facts.studies_of_others == 0 {
        return vec![match language {
            Language::French => "Aucune image n'a été montrée.".to_owned(),
            Language::English => "No image was shown.".to_owned(),
        }];
    }
    let mut lines: Vec<String> =
        facts.studies.iter().flat_map(|study| shown(facts, study, language)).collect();
    if facts.studies_of_others > 0 {
        let count = facts.studies_of_others;
        lines.push(match language {
            Language::French if count == 1 => {
                "Un examen au nom d'une autre personne a été montré.".to_owned()
            }
            Language::French => format!("{count}\u{A0}examens au nom d'une autre personne ont été montrés."),
            Language::English if count == 1 => "One study in another person's name was shown.".to_owned(),
            Language::English => format!("{count}\u{A0}studies in another person's name were shown."),
        });
    }
    if !facts.images.is_empty() {
        let count = facts.images.len();
        lines.push(match language {
            Language::French if count == 1 => "Une image a été gardée.".to_owned(),
            Language::French => format!("{count}\u{A0}images ont été gardées."),
            Language::English if count == 1 => "One image was kept.".to_owned(),
            Language::English => format!("{count}\u{A0}images were kept."),
        });
    }
    lines
}

fn shown(facts: &ReportFacts, study: &StudyFact, language: Language) -> Vec<String> {
    let series: Vec<String> = study
        .series
        .iter()
        .map(|series| {
            let title = if series.title.trim().is_empty() { &series.modality } else { &series.title };
            match language {
                Language::French if series.steps > 1 => format!("{title} ({} vues)", series.steps),
                Language::English if series.steps > 1 => format!("{title} ({} views)", series.steps),
                _ => title.clone(),
            }
        })
        .collect();
    let name = match (study.description.trim(), language) {
        ("", Language::French) => "Examen",
        ("", Language::English) => "Study",
        (description, _) => description,
    };
    let day = study.date.map(|day| match language {
        Language::French => format!(" du {}", date(day, language)),
        Language::English => format!(" of {}", date(day, language)),
    });
    let colon = if language == Language::French { "\u{A0}: " } else { ": " };
    let mut lines = vec![format!("{name}{}{colon}{}", day.unwrap_or_default(), series.join(", "))];
    let seen: Vec<String> = study
        .seen_by
        .iter()
        .filter_map(|id| facts.person(*id))
        .map(|person| format!("{} ({})", person.name.expose(), role(person.role, language)))
        .collect();
    if !seen.is_empty() {
        lines.push(match language {
            Language::French => format!("Vu par\u{A0}: {}.", seen.join(", ")),
            Language::English => format!("Seen by: {}.", seen.join(", ")),
        });
    }
    lines
}

fn technical(facts: &ReportFacts, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    for incident in &facts.incidents {
        let Some(person) = facts.person(incident.person) else { continue };
        let colon = if language == Language::French { "\u{A0}: " } else { ": " };
        let what = incident_words(incident.what, language);
        lines.push(format!("{} ({}){colon}{what}", person.name.expose(), role(person.role, language)));
    }
    for telephone in &facts.telephones {
        let why = reason_words(telephone.reason, language);
        let since = time(telephone.since, language);
        lines.push(match (telephone.until, language) {
            (Some(until), Language::French) => {
                format!("Par téléphone de {since} à {}\u{A0}: {why}.", time(until, language))
            }
            (None, Language::French) => format!("Par téléphone à partir de {since}\u{A0}: {why}."),
            (Some(until), Language::English) => {
                format!("By telephone from {since} to {}: {why}.", time(until, language))
            }
            (None, Language::English) => format!("By telephone from {since} on: {why}."),
        });
    }
    if lines.is_empty() {
        lines.push(match language {
            Language::French => "Aucun incident technique n'a été constaté.".to_owned(),
            Language::English => "No technical incident was seen.".to_owned(),
        });
    }
    lines
}

const fn incident_words(incident: IncidentWord, language: Language) -> &'static str {
    use IncidentWord as I;
    match (incident, language) {
        (I::NoMicrophone, Language::French) => "pas de micro utilisable",
        (I::NoCamera, Language::French) => "pas de caméra utilisable",
        (I::HeavyLoss, Language::French) => "réseau très perturbé",
        (I::BrokenSound, Language::French) => "son haché",
        (I::LongFreeze, Language::French) => "image figée plus de 5 secondes",
        (I::HighDelay, Language::French) => "grand retard du son",
        (I::ManyReconnections, Language::French) => "plusieurs coupures",
        (I::RelayOnly, Language::French) => "appel passé par un relais",
        (I::NoUdp, Language::French) => "réseau restreint",
        (I::NoMicrophone, Language::English) => "no microphone that works",
        (I::NoCamera, Language::English) => "no camera that works",
        (I::HeavyLoss, Language::English) => "a very disturbed network",
        (I::BrokenSound, Language::English) => "broken sound",
        (I::LongFreeze, Language::English) => "picture frozen for more than 5 seconds",
        (I::HighDelay, Language::English) => "long delay of the sound",
        (I::ManyReconnections, Language::English) => "several interruptions",
        (I::RelayOnly, Language::English) => "the call went through a relay",
        (I::NoUdp, Language::English) => "a restricted network",
    }
}

const fn reason_words(reason: ReasonFact, language: Language) -> &'static str {
    match (reason, language) {
        (ReasonFact::NoVideo, Language::French) => "pas d'image",
        (ReasonFact::NoSound, Language::French) => "pas de son",
        (ReasonFact::Network, Language::French) => "réseau insuffisant",
        (ReasonFact::Device, Language::French) => "problème d'appareil",
        (ReasonFact::Other, Language::French) => "autre raison",
        (ReasonFact::NoVideo, Language::English) => "no picture",
        (ReasonFact::NoSound, Language::English) => "no sound",
        (ReasonFact::Network, Language::English) => "the network was not enough",
        (ReasonFact::Device, Language::English) => "trouble with a device",
        (ReasonFact::Other, Language::English) => "another reason",
    }
}
