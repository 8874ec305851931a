//! Days and times as people say them.

use chrono::{Datelike, NaiveDateTime, Timelike};

use super::super::Language;

const JOURS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const MOIS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// "lundi 30 novembre 2026 à 14h30", by the clock of the hospital.
pub fn when_in_words(local: NaiveDateTime, language: Language) -> String {
    let weekday = local.weekday().num_days_from_monday() as usize % 7;
    let month = local.month0() as usize % 12;
    let (day, year) = (local.day(), local.year());
    let time = time_in_words(local, language);
    match language {
        Language::French => {
            let day = if day == 1 { "1er".to_owned() } else { day.to_string() };
            format!("{} {day} {} {year} à {time}", JOURS[weekday], MOIS[month])
        }
        Language::English => format!("{} {day} {} {year} at {time}", DAYS[weekday], MONTHS[month]),
    }
}

/// "14h30", "14:30".
pub fn time_in_words(local: NaiveDateTime, language: Language) -> String {
    let (hour, minute) = (local.hour(), local.minute());
    match language {
        Language::French => format!("{hour}h{minute:02}"),
        Language::English => format!("{hour:02}:{minute:02}"),
    }
}
