//! What is counted of visits: volumes, delays, causes of trouble. Counts add up, so that days whose appointments are deleted stay in them.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};

use super::{AppointmentStatus, Incident, Outcome, TelephoneReason};

/// A family of browsers, as coarse as causes of trouble need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BrowserFamily {
    Chrome,
    ChromeAndroid,
    Edge,
    Firefox,
    Safari,
    /// Every browser on an iPhone or iPad is Safari underneath.
    SafariIos,
    Samsung,
    /// The window of a mail or chat program.
    InApp,
    Other,
}

impl BrowserFamily {
    /// Every family.
    pub const ALL: [Self; 9] = [
        Self::Chrome,
        Self::ChromeAndroid,
        Self::Edge,
        Self::Firefox,
        Self::Safari,
        Self::SafariIos,
        Self::Samsung,
        Self::InApp,
        Self::Other,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::ChromeAndroid => "chrome_android",
            Self::Edge => "edge",
            Self::Firefox => "firefox",
            Self::Safari => "safari",
            Self::SafariIos => "safari_ios",
            Self::Samsung => "samsung",
            Self::InApp => "in_app",
            Self::Other => "other",
        }
    }

    /// The family of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.word() == word)
    }

    /// What a browser says of itself (RFC 9110 section 10.1.5), from the special to the general: most name others too.
    pub fn of_user_agent(text: &str) -> Self {
        let has = |part: &str| text.contains(part);
        let is_apple_mobile = has("iPhone") || has("iPad") || has("iPod");
        match () {
            () if has("FBAN") || has("FBAV") || has("Instagram") || has("; wv)") || has("GSA/") => {
                Self::InApp
            }
            () if is_apple_mobile => Self::SafariIos,
            () if has("SamsungBrowser/") => Self::Samsung,
            () if has("Edg/") || has("EdgA/") => Self::Edge,
            () if has("Firefox/") => Self::Firefox,
            () if has("OPR/") || has("Opera") => Self::Other,
            () if has("Chrome/") && has("Android") => Self::ChromeAndroid,
            () if has("Chrome/") => Self::Chrome,
            () if has("Safari/") && has("Macintosh") => Self::Safari,
            () => Self::Other,
        }
    }
}

/// How long something took, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// Not at all, or less than a minute.
    None,
    UpTo5,
    UpTo15,
    UpTo30,
    Longer,
}

impl Span {
    /// Every span, from the shortest.
    pub const ALL: [Self; 5] = [Self::None, Self::UpTo5, Self::UpTo15, Self::UpTo30, Self::Longer];

    fn of(seconds: i64) -> Self {
        match seconds {
            ..60 => Self::None,
            60..300 => Self::UpTo5,
            300..900 => Self::UpTo15,
            900..1800 => Self::UpTo30,
            _ => Self::Longer,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::UpTo5 => "up_to_5",
            Self::UpTo15 => "up_to_15",
            Self::UpTo30 => "up_to_30",
            Self::Longer => "longer",
        }
    }
}

/// One thing that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// Every appointment, whatever became of it.
    Booked,
    Held,
    ByTelephone,
    InPerson,
    NotHeld,
    Cancelled,
    NoShow,
    /// Its time is past, and nobody said what became of it.
    Open,
    /// From the booked start to the first admission of the patient.
    Delay(Span),
    DelaySeconds,
    /// From the patient's coming into the waiting room to their admission.
    Wait(Span),
    WaitSeconds,
    /// A guest who came with this family.
    Browser(BrowserFamily),
    /// A guest in whose record this is, with the family they came with.
    Failure(BrowserFamily, Incident),
    /// A visit that went on by telephone, for this reason.
    Telephone(TelephoneReason),
    MessageSent,
    MessageFailed,
    /// An answer to the one question after a visit, 1 to 5.
    Rating(u8),
}

const INCIDENTS: [(Incident, &str); 9] = [
    (Incident::NoMicrophone, "no_microphone"),
    (Incident::NoCamera, "no_camera"),
    (Incident::HeavyLoss, "heavy_loss"),
    (Incident::BrokenSound, "broken_sound"),
    (Incident::LongFreeze, "long_freeze"),
    (Incident::HighDelay, "high_delay"),
    (Incident::ManyReconnections, "many_reconnections"),
    (Incident::RelayOnly, "relay_only"),
    (Incident::NoUdp, "no_udp"),
];

const REASONS: [(TelephoneReason, &str); 5] = [
    (TelephoneReason::NoVideo, "no_video"),
    (TelephoneReason::NoSound, "no_sound"),
    (TelephoneReason::Network, "network"),
    (TelephoneReason::Device, "device"),
    (TelephoneReason::Other, "other"),
];

impl Count {
    /// Everything that is counted, in the order of columns.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = [
            Self::Booked,
            Self::Held,
            Self::ByTelephone,
            Self::InPerson,
            Self::NotHeld,
            Self::Cancelled,
            Self::NoShow,
            Self::Open,
        ];
        plain
            .into_iter()
            .chain(Span::ALL.map(Self::Delay))
            .chain([Self::DelaySeconds])
            .chain(Span::ALL.map(Self::Wait))
            .chain([Self::WaitSeconds])
            .chain(REASONS.map(|(reason, _)| Self::Telephone(reason)))
            .chain([Self::MessageSent, Self::MessageFailed])
            .chain((1..=5).map(Self::Rating))
            .chain(BrowserFamily::ALL.map(Self::Browser))
            .chain(BrowserFamily::ALL.into_iter().flat_map(|family| {
                INCIDENTS.into_iter().map(move |(incident, _)| Self::Failure(family, incident))
            }))
    }

    /// Its name in rows, answers and columns.
    pub fn word(self) -> String {
        let named =
            |incident| INCIDENTS.iter().find(|(each, _)| *each == incident).map_or("", |(_, word)| word);
        let reason = |reason| REASONS.iter().find(|(each, _)| *each == reason).map_or("", |(_, word)| word);
        match self {
            Self::Booked => "booked".to_owned(),
            Self::Held => "held".to_owned(),
            Self::ByTelephone => "by_telephone".to_owned(),
            Self::InPerson => "in_person".to_owned(),
            Self::NotHeld => "not_held".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::NoShow => "noshow".to_owned(),
            Self::Open => "open".to_owned(),
            Self::Delay(span) => format!("delay.{}", span.word()),
            Self::DelaySeconds => "delay.seconds".to_owned(),
            Self::Wait(span) => format!("wait.{}", span.word()),
            Self::WaitSeconds => "wait.seconds".to_owned(),
            Self::Browser(family) => format!("browser.{}", family.word()),
            Self::Failure(family, incident) => format!("failure.{}.{}", named(incident), family.word()),
            Self::Telephone(why) => format!("telephone.{}", reason(why)),
            Self::MessageSent => "message.sent".to_owned(),
            Self::MessageFailed => "message.failed".to_owned(),
            Self::Rating(stars) => format!("rating.{stars}"),
        }
    }

    /// The count of this name.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::all().find(|count| count.word() == word)
    }
}

/// What is known of one visit, without anybody's name.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitFacts {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub status: AppointmentStatus,
    /// When the patient first came into the waiting room, and was first admitted.
    pub waited_at: Option<DateTime<Utc>>,
    pub admitted_at: Option<DateTime<Utc>>,
    /// The guests who came.
    pub guests: Vec<GuestFacts>,
    pub telephone: Vec<TelephoneReason>,
    pub messages_sent: u64,
    pub messages_failed: u64,
    /// 1 to 5.
    pub ratings: Vec<u8>,
}

/// One guest who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestFacts {
    /// `None`: it was not written down.
    pub browser: Option<BrowserFamily>,
    pub incidents: Vec<Incident>,
}

/// Counts of some visits. They add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Count, u64>);

impl Tally {
    /// The counts of one visit, as they stand now.
    pub fn of(facts: &VisitFacts, now: DateTime<Utc>) -> Self {
        let mut tally = Self::default();
        tally.add(Count::Booked, 1);
        let became = match facts.status {
            AppointmentStatus::Fulfilled { outcome, .. } => Some(match outcome {
                Outcome::Completed | Outcome::FollowUp => Count::Held,
                Outcome::ByTelephone => Count::ByTelephone,
                Outcome::InPerson => Count::InPerson,
                Outcome::NotHeld => Count::NotHeld,
            }),
            AppointmentStatus::Cancelled { .. } => Some(Count::Cancelled),
            AppointmentStatus::NoShow { .. } => Some(Count::NoShow),
            AppointmentStatus::Booked | AppointmentStatus::Arrived { .. } => {
                (facts.ends_at < now).then_some(Count::Open)
            }
        };
        if let Some(became) = became {
            tally.add(became, 1);
        }
        if let Some(admitted) = facts.admitted_at {
            let seconds = |since: DateTime<Utc>| (admitted - since).max(TimeDelta::zero()).num_seconds();
            let mut took = |since, span: fn(Span) -> Count, sum| {
                let seconds = seconds(since);
                tally.add(span(Span::of(seconds)), 1);
                tally.add(sum, seconds.unsigned_abs());
            };
            took(facts.starts_at, Count::Delay, Count::DelaySeconds);
            if let Some(waited) = facts.waited_at {
                took(waited, Count::Wait, Count::WaitSeconds);
            }
        }
        for guest in &facts.guests {
            let family = guest.browser.unwrap_or(BrowserFamily::Other);
            tally.add(Count::Browser(family), 1);
            for incident in &guest.incidents {
                tally.add(Count::Failure(family, *incident), 1);
            }
        }
        let mut reasons = facts.telephone.clone();
        reasons.dedup();
        for reason in reasons {
            tally.add(Count::Telephone(reason), 1);
        }
        tally.add(Count::MessageSent, facts.messages_sent);
        tally.add(Count::MessageFailed, facts.messages_failed);
        for stars in facts.ratings.iter().filter(|stars| (1..=5).contains(*stars)) {
            tally.add(Count::Rating(*stars), 1);
        }
        tally
    }

    /// Counts so many more.
    pub fn add(&mut self, count: Count, amount: u64) {
        if amount > 0 {
            let sum = self.0.entry(count).or_default();
            *sum = sum.saturating_add(amount);
        }
    }

    /// Takes the counts of others in.
    pub fn merge(&mut self, other: &Self) {
        for (count, amount) in &other.0 {
            self.add(*count, *amount);
        }
    }

    pub fn amount(&self, count: Count) -> u64 {
        self.0.get(&count).copied().unwrap_or_default()
    }

    /// What is not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Count, u64)> {
        self.0.iter().map(|(count, amount)| (*count, *amount))
    }

    /// Visits of which the delay is known, and those of which the wait is.
    fn known(&self, span: fn(Span) -> Count) -> u64 {
        Span::ALL.into_iter().map(|each| self.amount(span(each))).sum()
    }

    /// What may be shown to people: a number below [`Tally::FEW`] of whatever tells more of a visit than that it was booked could be
    /// somebody whom the reader knows, and is hidden; likewise a mean of so few.
    pub fn shown(&self) -> BTreeMap<String, Option<u64>> {
        let mut shown = BTreeMap::new();
        for (count, amount) in self.iter() {
            let (name, amount) = match count {
                Count::Booked => (count.word(), Some(amount)),
                Count::DelaySeconds => {
                    ("delay.mean_seconds".to_owned(), mean(amount, self.known(Count::Delay)))
                }
                Count::WaitSeconds => ("wait.mean_seconds".to_owned(), mean(amount, self.known(Count::Wait))),
                _ => (count.word(), (amount >= Self::FEW).then_some(amount)),
            };
            shown.insert(name, amount);
        }
        shown
    }

    /// Fewer than this are hidden.
    pub const FEW: u64 = 5;
}

fn mean(sum: u64, of: u64) -> Option<u64> {
    if of >= Tally::FEW { sum.checked_div(of) } else { None }
}

/// How long one row of a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    Day,
    /// From Monday on (ISO 8601).
    Week,
    Month,
}

impl Period {
    /// The first day of the period that this day is in.
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        let start = match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
        };
        start.unwrap_or(day)
    }
}

/// The counts of each period, from the earliest.
pub fn by_period(
    days: impl IntoIterator<Item = (NaiveDate, Tally)>,
    period: Period,
) -> BTreeMap<NaiveDate, Tally> {
    let mut periods: BTreeMap<NaiveDate, Tally> = BTreeMap::new();
    for (day, tally) in days {
        periods.entry(period.start(day)).or_default().merge(&tally);
    }
    periods
}

/// Columns of a table of counts: those that always stand there, and of trouble what there is.
pub fn count_columns(total: &BTreeMap<String, Option<u64>>) -> Vec<String> {
    let of = |count: Count| match count {
        Count::DelaySeconds => "delay.mean_seconds".to_owned(),
        Count::WaitSeconds => "wait.mean_seconds".to_owned(),
        count => count.word(),
    };
    Count::all()
        .filter(|count| {
            !matches!(count, Count::Failure(..) | Count::Browser(_)) || total.contains_key(&of(*count))
        })
        .map(of)
        .collect()
}

/// The table as a file. A hidden number is `<5`.
pub fn count_table(
    periods: &BTreeMap<NaiveDate, Tally>,
    total: &BTreeMap<String, Option<u64>>,
) -> Vec<Vec<String>> {
    let columns = count_columns(total);
    let line = |name: String, shown: &BTreeMap<String, Option<u64>>| {
        let cells = columns.iter().map(|column| match shown.get(column) {
            None => "0".to_owned(),
            Some(Some(amount)) => amount.to_string(),
            Some(None) => format!("<{}", Tally::FEW),
        });
        std::iter::once(name).chain(cells).collect::<Vec<_>>()
    };
    let head = std::iter::once("from".to_owned()).chain(columns.iter().cloned()).collect();
    let rows = periods.iter().map(|(day, tally)| line(day.to_string(), &tally.shown()));
    std::iter::once(head).chain(rows).chain([line("total".to_owned(), total)]).collect()
}

/// Comma-separated values (RFC 4180), with the mark of UTF-8 before them, without which spreadsheets guess. A cell that a spreadsheet
/// would take for a formula is written with an apostrophe before it (OWASP, CSV injection).
pub fn csv(rows: &[Vec<String>]) -> String {
    let mut out = String::from("\u{feff}");
    for row in rows {
        for (place, cell) in row.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let cell = if is_formula { format!("'{cell}") } else { cell.clone() };
            if cell.contains(['"', ',', '\n', '\r']) {
                out.push('"');
                out.push_str(&cell.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(&cell);
            }
        }
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::clinical::PractitionerId;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_764_000_000, 0).unwrap() + TimeDelta::minutes(minute)
    }

    fn facts(status: AppointmentStatus) -> VisitFacts {
        VisitFacts {
            starts_at: at(0),
            ends_at: at(30),
            status,
            waited_at: Some(at(-5)),
            admitted_at: Some(at(7)),
            guests: vec![GuestFacts {
                browser: Some(BrowserFamily::SafariIos),
                incidents: vec![Incident::NoCamera],
            }],
            telephone: vec![TelephoneReason::NoSound, TelephoneReason::NoSound],
            messages_sent: 3,
            messages_failed: 1,
            ratings: vec![5, 9],
        }
    }

    const fn held() -> AppointmentStatus {
        AppointmentStatus::Fulfilled { at: DateTime::UNIX_EPOCH, outcome: Outcome::Completed }
    }

    #[test]
    fn every_count_has_a_word_of_its_own_that_reads_back() {
        let all: Vec<_> = Count::all().collect();
        let words: BTreeSet<_> = all.iter().map(|count| count.word()).collect();
        assert_eq!(words.len(), all.len());
        for count in all {
            assert_eq!(Count::of_word(&count.word()), Some(count));
        }
        assert_eq!(Count::of_word("nonsense"), None);
    }

    #[test]
    fn a_visit_is_counted_once_in_everything_that_it_was() {
        let tally = Tally::of(&facts(held()), at(60));
        for (count, amount) in [
            (Count::Booked, 1),
            (Count::Held, 1),
            (Count::Open, 0),
            (Count::Delay(Span::UpTo15), 1),
            (Count::DelaySeconds, 420),
            (Count::Wait(Span::UpTo15), 1),
            (Count::WaitSeconds, 720),
            (Count::Browser(BrowserFamily::SafariIos), 1),
            (Count::Failure(BrowserFamily::SafariIos, Incident::NoCamera), 1),
            (Count::Telephone(TelephoneReason::NoSound), 1),
            (Count::MessageSent, 3),
            (Count::MessageFailed, 1),
            (Count::Rating(5), 1),
        ] {
            assert_eq!(tally.amount(count), amount, "{count:?}");
        }
        assert_eq!(tally.iter().count(), 12, "nothing else: {tally:?}");
        let early = VisitFacts { admitted_at: Some(at(-2)), ..facts(held()) };
        assert_eq!(
            Tally::of(&early, at(60)).amount(Count::Delay(Span::None)),
            1,
            "before its time is no delay"
        );
        let by = PractitionerId::new(uuid::Uuid::nil());
        for (status, count) in [
            (AppointmentStatus::NoShow { at: at(9), by }, Count::NoShow),
            (AppointmentStatus::Cancelled { at: at(9), by }, Count::Cancelled),
            (AppointmentStatus::Booked, Count::Open),
            (AppointmentStatus::Fulfilled { at: at(9), outcome: Outcome::ByTelephone }, Count::ByTelephone),
        ] {
            assert_eq!(Tally::of(&facts(status), at(60)).amount(count), 1, "{count:?}");
        }
        assert_eq!(Tally::of(&facts(AppointmentStatus::Booked), at(10)).amount(Count::Open), 0);
    }

    #[test]
    fn few_are_hidden_and_means_of_few_too() {
        let mut tally = Tally::default();
        for _ in 0..4 {
            tally.merge(&Tally::of(&facts(held()), at(60)));
        }
        let shown = tally.shown();
        assert_eq!(shown["booked"], Some(4), "the agenda tells that anyway");
        for name in
            ["held", "delay.mean_seconds", "delay.up_to_15", "failure.no_camera.safari_ios", "rating.5"]
        {
            assert_eq!(shown[name], None, "{name}");
        }
        tally.merge(&Tally::of(&facts(held()), at(60)));
        let shown = tally.shown();
        assert_eq!((shown["held"], shown["delay.mean_seconds"]), (Some(5), Some(420)));
        assert!(!shown.contains_key("delay.seconds"), "the sum would tell what a mean hides");
    }

    #[test]
    fn periods_begin_on_mondays_and_firsts() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(Period::Week.start(day("2026-01-01")), day("2025-12-29"));
        assert_eq!(Period::Month.start(day("2028-02-29")), day("2028-02-01"));
        assert_eq!(Period::Day.start(day("2026-03-29")), day("2026-03-29"));
        let one = Tally::of(&facts(held()), at(60));
        let days = [("2026-11-29", 1), ("2026-11-30", 1), ("2026-12-01", 1)];
        let days = days.map(|(text, _)| (day(text), one.clone()));
        let weeks = by_period(days.clone(), Period::Week);
        let amounts: Vec<_> =
            weeks.iter().map(|(day, tally)| (day.to_string(), tally.amount(Count::Booked))).collect();
        assert_eq!(amounts, [("2026-11-23".to_owned(), 1), ("2026-11-30".to_owned(), 2)]);
        assert_eq!(by_period(days, Period::Month).len(), 2);
    }

    #[test]
    fn a_table_opens_in_a_spreadsheet_and_runs_nothing_there() {
        let rows = vec![
            vec!["a,b".to_owned(), "say \"x\"".to_owned()],
            vec!["=1+1".to_owned(), "@SUM(A1)".to_owned(), "-2".to_owned(), "+3".to_owned()],
            vec!["=cmd|'x','y'".to_owned(), "plain é".to_owned()],
        ];
        assert_eq!(
            csv(&rows),
            "\u{feff}\"a,b\",\"say \"\"x\"\"\"\r\n'=1+1,'@SUM(A1),'-2,'+3\r\n\"'=cmd|'x','y'\",plain é\r\n"
        );
        let day = "2026-11-30".parse::<NaiveDate>().unwrap();
        let mut tally = Tally::default();
        for _ in 0..6 {
            tally.merge(&Tally::of(&facts(held()), at(60)));
        }
        tally.add(Count::NoShow, 2);
        let total = tally.shown();
        let table = count_table(&BTreeMap::from([(day, tally)]), &total);
        let place = |name: &str| table[0].iter().position(|column| column == name).unwrap();
        assert_eq!((table.len(), table[1][0].as_str(), table[2][0].as_str()), (3, "2026-11-30", "total"));
        assert_eq!((table[1][place("noshow")].as_str(), table[1][place("held")].as_str()), ("<5", "6"));
        assert!(table[0].contains(&"failure.no_camera.safari_ios".to_owned()));
        assert!(!table[0].contains(&"failure.no_camera.chrome".to_owned()));
    }

    #[test]
    fn browsers_are_told_apart_coarsely() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
        for (text, family) in [
            (chrome.to_owned(), BrowserFamily::Chrome),
            (format!("{chrome} Edg/120.0"), BrowserFamily::Edge),
            (chrome.replace("X11; Linux x86_64", "Linux; Android 14; Pixel 8"), BrowserFamily::ChromeAndroid),
            (chrome.replace("X11; Linux x86_64", "Linux; Android 14; Pixel 8; wv)"), BrowserFamily::InApp),
            (
                "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 SamsungBrowser/23.0 Chrome/115 Mobile Safari/537.36".to_owned(),
                BrowserFamily::Samsung,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/120 Mobile Safari/604.1".to_owned(),
                BrowserFamily::SafariIos,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15".to_owned(),
                BrowserFamily::Safari,
            ),
            ("Mozilla/5.0 (X11; Linux; rv:115.0) Gecko/20100101 Firefox/115.0".to_owned(), BrowserFamily::Firefox),
            (String::new(), BrowserFamily::Other),
        ] {
            assert_eq!(BrowserFamily::of_user_agent(&text), family, "{text}");
        }
        for family in BrowserFamily::ALL {
            assert_eq!(BrowserFamily::of_word(family.word()), Some(family));
        }
    }
}
