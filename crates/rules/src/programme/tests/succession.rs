//! Quotas when a municipality gets a new number or takes another one in.

use super::*;
use crate::programme::domain::MunicipalityJoined;
use crate::programme::quota;
use crate::reference::Lineage;
use crate::reference::lineage::tests::{lineage, tromso};

/// What is told of a number: a participation from a year on with so many places, and so many
/// positions from the first day of another year.
type Recorded = (&'static str, i16, u16, (u128, i16));

/// The quota of a number on a day, with those of the other numbers.
fn together(own: &str, lineage: &Lineage, day: Date, recorded: &[Recorded]) -> Quota {
    let mut quotas = BTreeMap::new();
    for (index, (text, from, places, (positions, since))) in (0..).zip(recorded) {
        let (municipality, days) = (number(text), Period::since(date(*from, 1, 1)));
        let mut quota = Quota::default();
        if *places > 0 {
            let (programme, most) = (PROGRAMME, PositionCount(*places));
            quota.evolve(
                &MunicipalityJoined {
                    programme,
                    municipality: municipality.clone(),
                    period: days,
                    quota: most,
                }
                .into(),
            );
        }
        for position in 0..*positions {
            quota.evolve_position(&established(index * 10 + position, date(*since, 1, 1)));
        }
        quotas.insert(municipality, quota);
    }
    quota::together(&number(own), lineage, day, &mut quotas)
}

#[test]
fn a_new_number_has_the_places_of_the_old_one_until_it_takes_part_itself() {
    let turn = date(2024, 1, 1);
    let admits = |own: &str, recorded: &[Recorded]| {
        let quota = together(own, &tromso(), turn, recorded);
        quota.admit(turn, None).map_err(|rejection| rejection.problem.code)
    };
    let old = ("5401", 2020, 2, (1, 2020));
    assert_eq!(admits("5501", &[old]), Ok(()));
    assert_eq!(
        admits("5501", &[old, ("5501", 2024, 0, (1, 2024))]),
        Err("programme_quota_reached")
    );
    assert_eq!(
        admits("5501", &[old, ("5501", 2024, 2, (1, 2024))]),
        Err("programme_quota_reached")
    );
    assert_eq!(admits("5501", &[old, ("5501", 2024, 2, (0, 2024))]), Ok(()));
    assert_eq!(
        admits("5501", &[("1902", 2020, 0, (1, 2020))]),
        Err("municipality_not_in_programme")
    );
    // What is filed under the old number meets what comes under the new one.
    assert_eq!(
        admits("5401", &[old, ("5501", 2024, 0, (1, 2024))]),
        Err("programme_quota_reached")
    );
}

#[test]
fn a_municipality_that_takes_another_in_has_the_places_of_both() {
    let numbers = [("5030", 2018, Some(2019)), ("5001", 2018, None)];
    let joined = lineage(&numbers, &[("5030", "5001", 2020)]);
    let recorded = [("5030", 2019, 1, (1, 2019)), ("5001", 2019, 2, (1, 2019))];
    let admits = |day| together("5001", &joined, day, &recorded).admit(day, None).is_ok();
    assert!(admits(date(2019, 6, 1)) && admits(date(2020, 1, 1)));
    let recorded = [("5030", 2019, 1, (1, 2019)), ("5001", 2019, 2, (2, 2019))];
    let quota = together("5001", &joined, date(2020, 1, 1), &recorded);
    assert!(quota.admit(date(2020, 1, 1), None).is_err());
}
