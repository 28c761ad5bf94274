//! The county and the health region of a municipality, and the names people call it by.
//!
//! The first two digits of a municipality number are its county's number in the same reform, so a
//! number and a day are enough: neither is stored with a municipality. KLASS 131 has no such
//! columns. The table is code and not a file, because it changes by Act of parliament and a wrong
//! row would move money between regions.
//!
//! There are no health trusts (HF) and no ALIS offices here: those do not follow county borders.
//! Svalbard (21) and Jan Mayen (22) belong to no county.

use jiff::civil::{Date, date};

use crate::edge::{Fault, FromText};
use crate::identifiers::MunicipalityNumber;
use crate::time::Period;
use crate::{text_type, word_enum};

text_type! {
    /// County number: two digits, a leading zero kept. It means something only on a day.
    pub struct CountyNumber;
    pattern = "^[0-9]{2}$", min = 2, max = 2, example = "55";
}

impl FromText for CountyNumber {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let valid = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        valid.then(|| Self(text.to_owned())).ok_or(Fault::new(
            "invalid_county_number",
            "Must be a county number: two digits.",
            "Må være et fylkesnummer: to sifre.",
        ))
    }
}

word_enum! {
    /// The four health regions, by the names they go by.
    pub enum HealthRegion {
        /// Helse Nord.
        Nord = "nord",
        /// Helse Midt-Norge.
        Midt = "midt",
        /// Helse Vest.
        Vest = "vest",
        /// Helse Sør-Øst.
        SorOst = "sor_ost",
    }
}

/// A county as it is on some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct County {
    /// Two digits, a leading zero kept.
    pub number: &'static str,
    /// The Norwegian name. Several counties have Sámi and Kven names too; they are left out.
    pub name: &'static str,
    pub health_region: HealthRegion,
}

/// A county and the days it has that number and name.
struct Row {
    period: Period,
    county: County,
}

/// Assumed, not looked up: from this day on the nineteen counties had these numbers (Bergen, 13,
/// went into Hordaland). Earlier days have no answer.
const EARLIEST: Date = date(1972, 1, 1);

const TO_2017: Period = Period { from: EARLIEST, to: Some(date(2017, 12, 31)) };
const TO_2019: Period = Period { from: EARLIEST, to: Some(date(2019, 12, 31)) };
const OPEN: Period = Period { from: EARLIEST, to: None };
const FROM_2018: Period = Period { from: date(2018, 1, 1), to: None };
const FROM_2020: Period = Period { from: date(2020, 1, 1), to: None };
const IN_2020_2023: Period = Period { from: date(2020, 1, 1), to: Some(date(2023, 12, 31)) };
const FROM_2024: Period = Period { from: date(2024, 1, 1), to: None };

const fn row(
    number: &'static str,
    name: &'static str,
    period: Period,
    health_region: HealthRegion,
) -> Row {
    Row { period, county: County { number, name, health_region } }
}

use HealthRegion::{Midt, Nord, SorOst, Vest};

/// One row a county and number.
///
/// Sources. Regions of the nineteen old counties: FOR-2007-02-02-127, which lists them by name
/// (before 2007 South and East were two regions; that is not kept apart here). Numbers and names
/// from 2024: KLASS 104. The eleven counties of 2020: KS, "Noen fakta om Norges fylker fra 2020";
/// their numbers are those of KLASS 131 in 2020-2023. Regions of counties made after 2007 are
/// derived: no reform joined counties of two regions, so a new county has the region of its parts.
static COUNTIES: &[Row] = &[
    // Unchanged through the reforms.
    row("03", "Oslo", OPEN, SorOst),
    row("11", "Rogaland", OPEN, Vest),
    row("15", "Møre og Romsdal", OPEN, Midt),
    row("18", "Nordland", OPEN, Nord),
    // Ended by the reform of 2018.
    row("16", "Sør-Trøndelag", TO_2017, Midt),
    row("17", "Nord-Trøndelag", TO_2017, Midt),
    // Ended by the reform of 2020.
    row("01", "Østfold", TO_2019, SorOst),
    row("02", "Akershus", TO_2019, SorOst),
    row("04", "Hedmark", TO_2019, SorOst),
    row("05", "Oppland", TO_2019, SorOst),
    row("06", "Buskerud", TO_2019, SorOst),
    row("07", "Vestfold", TO_2019, SorOst),
    row("08", "Telemark", TO_2019, SorOst),
    row("09", "Aust-Agder", TO_2019, SorOst),
    row("10", "Vest-Agder", TO_2019, SorOst),
    row("12", "Hordaland", TO_2019, Vest),
    row("14", "Sogn og Fjordane", TO_2019, Vest),
    row("19", "Troms", TO_2019, Nord),
    row("20", "Finnmark", TO_2019, Nord),
    // Made by the reform of 2018.
    row("50", "Trøndelag", FROM_2018, Midt),
    // Made by the reform of 2020 and still there.
    row("34", "Innlandet", FROM_2020, SorOst),
    row("42", "Agder", FROM_2020, SorOst),
    row("46", "Vestland", FROM_2020, Vest),
    // Made by the reform of 2020 and divided again in 2024.
    row("30", "Viken", IN_2020_2023, SorOst),
    row("38", "Vestfold og Telemark", IN_2020_2023, SorOst),
    row("54", "Troms og Finnmark", IN_2020_2023, Nord),
    // Made by the division of 2024. The old names have new numbers.
    row("31", "Østfold", FROM_2024, SorOst),
    row("32", "Akershus", FROM_2024, SorOst),
    row("33", "Buskerud", FROM_2024, SorOst),
    row("39", "Vestfold", FROM_2024, SorOst),
    row("40", "Telemark", FROM_2024, SorOst),
    row("55", "Troms", FROM_2024, Nord),
    row("56", "Finnmark", FROM_2024, Nord),
];

/// The county of a municipality number on a day, or `None` when no county has that number then:
/// the number belongs to another reform, to Svalbard, or to nothing.
pub fn county_of(number: &MunicipalityNumber, on: Date) -> Option<&'static County> {
    counties_on(on).find(|county| number.as_str().starts_with(county.number))
}

/// Every county there is on a day.
pub fn counties_on(on: Date) -> impl Iterator<Item = &'static County> {
    COUNTIES.iter().filter(move |row| row.period.covers(on)).map(|row| &row.county)
}

/// The days on which the table of counties changes.
pub fn changes() -> impl Iterator<Item = Date> {
    COUNTIES.iter().flat_map(|row| [Some(row.period.from), row.period.day_after()]).flatten()
}

/// The names a municipality is called by: every language of a name such as `Oslo - Oslove`, and
/// without the county SSB adds where two share a name, as in `Herøy (Nordland)`. A hyphen without
/// spaces belongs to the name: `Sør-Varanger` is one.
pub fn spellings(name: &str) -> Vec<&str> {
    let trimmed = name.trim();
    let bare = match trimmed.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((bare, _county)) => bare,
        None => trimmed,
    };
    bare.split(" - ").map(str::trim).filter(|spelling| !spelling.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::FromText;

    fn county(number: &str, on: Date) -> Option<(&'static str, HealthRegion)> {
        let number = MunicipalityNumber::from_text(number).expect("a number typed in a test");
        county_of(&number, on).map(|county| (county.name, county.health_region))
    }

    #[test]
    fn the_same_place_changes_county_and_keeps_its_region() {
        let days = [
            ("1902", date(2019, 12, 31), "Troms"),
            ("5401", date(2020, 1, 1), "Troms og Finnmark"),
            ("5401", date(2023, 12, 31), "Troms og Finnmark"),
            ("5501", date(2024, 1, 1), "Troms"),
        ];
        for (number, on, name) in days {
            assert_eq!(county(number, on), Some((name, Nord)), "{number} on {on}");
        }
    }

    #[test]
    fn a_number_has_no_county_outside_its_own_reform() {
        for (number, on) in [
            ("5401", date(2024, 1, 1)),
            ("5501", date(2023, 12, 31)),
            ("1601", date(2018, 1, 1)),
            ("5001", date(2017, 12, 31)),
            ("2100", date(2024, 1, 1)),
            ("1301", date(1980, 1, 1)),
            ("0301", date(1971, 12, 31)),
        ] {
            assert_eq!(county(number, on), None, "{number} on {on}");
        }
    }

    #[test]
    fn every_reform_has_as_many_counties_as_the_country_had() {
        for (on, expected) in [
            (date(2017, 12, 31), 19),
            (date(2018, 1, 1), 18),
            (date(2019, 12, 31), 18),
            (date(2020, 1, 1), 11),
            (date(2023, 12, 31), 11),
            (date(2024, 1, 1), 15),
        ] {
            assert_eq!(counties_on(on).count(), expected, "{on}");
        }
    }

    #[test]
    fn no_number_means_two_counties_on_one_day() {
        for (index, one) in COUNTIES.iter().enumerate() {
            for other in &COUNTIES[index + 1..] {
                let same = one.county.number == other.county.number;
                assert!(
                    !same || one.period.overlap(&other.period).is_none(),
                    "{} twice",
                    one.county.number
                );
            }
        }
    }

    #[test]
    fn the_regions_are_those_of_the_decision_and_of_today() {
        let numbers_in = |region, on| {
            let mut numbers: Vec<&str> = counties_on(on)
                .filter(|county| county.health_region == region)
                .map(|county| county.number)
                .collect();
            numbers.sort_unstable();
            numbers
        };
        let (then, now) = (date(2017, 6, 1), date(2024, 6, 1));
        assert_eq!(numbers_in(Nord, then), ["18", "19", "20"]);
        assert_eq!(numbers_in(Midt, then), ["15", "16", "17"]);
        assert_eq!(numbers_in(Vest, then), ["11", "12", "14"]);
        assert_eq!(numbers_in(SorOst, then).len(), 10);
        assert_eq!(numbers_in(Nord, now), ["18", "55", "56"]);
        assert_eq!(numbers_in(Midt, now), ["15", "50"]);
        assert_eq!(numbers_in(Vest, now), ["11", "46"]);
        assert_eq!(numbers_in(SorOst, now), ["03", "31", "32", "33", "34", "39", "40", "42"]);
    }

    #[test]
    fn a_name_is_known_in_every_language_and_without_the_county_added_to_it() {
        assert_eq!(spellings("Oslo - Oslove"), ["Oslo", "Oslove"]);
        assert_eq!(spellings("Lyngen - Ivgu - Yykeä"), ["Lyngen", "Ivgu", "Yykeä"]);
        assert_eq!(spellings("Herøy (Nordland)"), spellings("Herøy (Møre og Romsdal)"));
        assert_eq!(spellings("Sør-Varanger"), ["Sør-Varanger"]);
        assert_eq!(spellings(" "), Vec::<&str>::new());
    }
}
