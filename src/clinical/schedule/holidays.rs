//! The public holidays of France (Code du travail, article L3133-1). Regions with more of them, such as Alsace and Moselle, write those
//! as closed days.

use chrono::{Datelike, Days, NaiveDate};

/// A public holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holiday {
    NewYear,
    EasterMonday,
    LabourDay,
    Victory1945,
    Ascension,
    WhitMonday,
    NationalDay,
    Assumption,
    AllSaints,
    Armistice1918,
    Christmas,
}

/// Easter Sunday of a year of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8). `None` far outside of it.
pub fn easter(year: i32) -> Option<NaiveDate> {
    let a = year.rem_euclid(19);
    let (b, c) = (year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(n / 31).ok()?, u32::try_from(n % 31).ok()? + 1)
}

/// The holidays of a year, in order.
pub fn holidays_of(year: i32) -> Vec<(NaiveDate, Holiday)> {
    let fixed = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let after_easter = |days| easter(year).and_then(|easter| easter.checked_add_days(Days::new(days)));
    let all = [
        (fixed(1, 1), Holiday::NewYear),
        (after_easter(1), Holiday::EasterMonday),
        (fixed(5, 1), Holiday::LabourDay),
        (fixed(5, 8), Holiday::Victory1945),
        (after_easter(39), Holiday::Ascension),
        (after_easter(50), Holiday::WhitMonday),
        (fixed(7, 14), Holiday::NationalDay),
        (fixed(8, 15), Holiday::Assumption),
        (fixed(11, 1), Holiday::AllSaints),
        (fixed(11, 11), Holiday::Armistice1918),
        (fixed(12, 25), Holiday::Christmas),
    ];
    let mut found: Vec<_> = all.into_iter().filter_map(|(day, holiday)| Some((day?, holiday))).collect();
    found.sort_by_key(|(day, _)| *day);
    found
}

/// The holiday of a day. When two fall on one day (Ascension on 1 or 8 May) it is the one that comes first in the list.
pub fn holiday_of(day: NaiveDate) -> Option<Holiday> {
    holidays_of(day.year()).into_iter().find(|(on, _)| *on == day).map(|(_, holiday)| holiday)
}
