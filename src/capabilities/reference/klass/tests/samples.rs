//! The files in `samples/reference` are in the very forms of KLASS and fit each other.

use std::collections::BTreeSet;

use super::*;
use crate::capabilities::reference::geography::{HealthRegion, county_of, spellings};

fn sample_municipalities() -> KlassFile {
    read(include_bytes!("../../../../../samples/reference/municipalities.json"))
        .expect("the sample is in the form of KLASS")
}

fn sample_changes() -> KlassFile {
    read(include_bytes!("../../../../../samples/reference/changes.csv"))
        .expect("the sample is in the form of KLASS")
}

fn sample_centralities() -> KlassFile {
    read(include_bytes!("../../../../../samples/reference/centrality.csv"))
        .expect("the sample is in the form of KLASS")
}

/// The participants of ALIS-Nord in the sample, by their numbers of 2020.
const ALIS_NORD: [&str; 25] = [
    "1804", "1806", "1811", "1813", "1820", "1824", "1833", "1840", "1841", "1860", "1865", "1866",
    "1870", "1871", "5401", "5402", "5403", "5404", "5406", "5418", "5421", "5424", "5430", "5437",
    "5444",
];

fn on_day(file: &KlassFile, day: Date) -> Vec<&MunicipalityValidity> {
    let covers = |row: &&MunicipalityValidity| row.from <= day && row.to.is_none_or(|to| day <= to);
    municipalities(file).iter().filter(covers).collect()
}

#[test]
fn the_samples_are_read_without_a_finding() {
    for file in [sample_municipalities(), sample_changes(), sample_centralities()] {
        assert_eq!(file.findings, []);
    }
    assert_eq!(sample_municipalities().not_stated, 1);
}

#[test]
fn the_twenty_five_exist_in_2020_and_have_exactly_one_successor_or_live_on() {
    let file = sample_municipalities();
    let changes_file = sample_changes();
    let numbers_on = |day| -> BTreeSet<&str> {
        on_day(&file, day).iter().map(|row| row.number.as_str()).collect()
    };
    let (then, now) = (numbers_on(date(2020, 1, 1)), numbers_on(date(2024, 1, 1)));
    for old in ALIS_NORD {
        assert!(then.contains(old), "{old} in 2020");
        let successors: Vec<&str> = successions(changes(&changes_file))
            .filter(|change| change.old_number.as_str() == old)
            .map(|change| change.new_number.as_str())
            .collect();
        if old.starts_with("18") {
            assert_eq!(successors, [""; 0], "{old}");
            assert!(now.contains(old), "{old} in 2024");
        } else {
            assert_eq!(successors.len(), 1, "{old}");
            assert!(now.contains(successors[0]) && !now.contains(old), "{old} in 2024");
        }
    }
}

#[test]
fn a_succession_happens_on_the_day_after_the_old_number_ends() {
    let file = sample_municipalities();
    for change in successions(changes(&sample_changes())) {
        let ends = municipalities(&file).iter().any(|row| {
            row.number == change.old_number
                && row.name == change.old_name
                && row.to == change.on.yesterday().ok()
        });
        let begins = municipalities(&file).iter().any(|row| {
            row.number == change.new_number && row.name == change.new_name && row.from == change.on
        });
        assert!(ends && begins, "{change:?}");
    }
}

#[test]
fn every_name_change_in_the_list_is_in_the_municipalities_too() {
    let file = sample_municipalities();
    let renamed = |row: &MunicipalityChange| row.old_number == row.new_number;
    let listed: BTreeSet<(&str, Date)> = {
        let pairs = municipalities(&file).windows(2);
        pairs
            .filter(|pair| pair[0].number == pair[1].number)
            .map(|pair| (pair[1].number.as_str(), pair[1].from))
            .collect()
    };
    let changes_file = sample_changes();
    let recorded: BTreeSet<(&str, Date)> = changes(&changes_file)
        .iter()
        .filter(|row| renamed(row))
        .map(|row| (row.old_number.as_str(), row.on))
        .collect();
    assert!(!listed.is_empty());
    assert_eq!(listed, recorded);
}

#[test]
fn alesund_is_divided_in_two() {
    let file = sample_changes();
    let parts: Vec<&str> = successions(changes(&file))
        .filter(|change| change.old_number.as_str() == "1507")
        .map(|change| change.new_number.as_str())
        .collect();
    assert_eq!(parts, ["1508", "1580"]);
}

#[test]
fn every_municipality_of_the_sample_has_a_county_on_its_first_and_its_last_day() {
    for row in municipalities(&sample_municipalities()) {
        for day in [row.from, row.to.unwrap_or(date(2026, 6, 1))] {
            let county = county_of(&row.number, day);
            assert!(county.is_some(), "{} on {day}", row.number);
        }
    }
    for old in ALIS_NORD {
        let county = county_of(&number(old), date(2020, 3, 31)).expect("a county in 2020");
        assert_eq!(county.health_region, HealthRegion::Nord, "{old}");
    }
}

#[test]
fn two_names_are_shared_by_two_municipalities() {
    let file = sample_municipalities();
    for (name, numbers) in [("Herøy", ["1515", "1818"]), ("Våler", ["3114", "3419"])] {
        let called: Vec<&str> = on_day(&file, date(2024, 1, 1))
            .into_iter()
            .filter(|row| spellings(row.name.as_str()).contains(&name))
            .map(|row| row.number.as_str())
            .collect();
        assert_eq!(called, numbers, "{name}");
    }
}

#[test]
fn every_municipality_of_2024_has_a_class_and_sola_moved_up_that_year() {
    let file = sample_municipalities();
    let classes = sample_centralities();
    let class_on = |number: &MunicipalityNumber, day: Date| {
        centralities(&classes)
            .iter()
            .find(|row| {
                &row.number == number && row.from <= day && row.to.is_none_or(|to| day <= to)
            })
            .map(|row| row.class)
    };
    for row in on_day(&file, date(2024, 1, 1)) {
        assert!(class_on(&row.number, date(2024, 1, 1)).is_some(), "{}", row.number);
    }
    let sola = number("1124");
    assert_eq!(class_on(&sola, date(2023, 12, 31)), Some(3));
    assert_eq!(class_on(&sola, date(2024, 1, 1)), Some(2));
    let known: BTreeSet<&MunicipalityNumber> =
        municipalities(&file).iter().map(|row| &row.number).collect();
    assert!(centralities(&classes).iter().all(|row| known.contains(&row.number)));
}
