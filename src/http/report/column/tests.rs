//! What each kind of column shows to whom.

use super::*;

/// A group of people in a municipality.
#[derive(Clone)]
struct Row {
    place: &'static str,
    few: u64,
    many: u64,
    nok: i64,
}

const FEW: Leaf<Row> = |row| row.few;
const MANY: Leaf<Row> = |row| row.many;

fn row(place: &'static str, few: u64, many: u64) -> Row {
    let nok = i64::try_from(few + many).expect("few") * 1_000;
    Row { place, few, many, nok }
}

fn seen(kind: &Kind<Row>, rows: &[Row]) -> [Value; 2] {
    let groups: Vec<Vec<Row>> = rows.iter().map(|row| vec![row.clone()]).collect();
    [Reader::OfIndividuals, Reader::OfFigures].map(|reader| kind.value(&groups, reader))
}

#[test]
fn a_sum_is_of_what_is_shown_and_so_tells_nothing_of_what_is_hidden() {
    let both = Kind::Sum(&[FEW, MANY]);
    for few in 0..5 {
        assert_eq!(seen(&both, &[row("a", few, 8)]), [json!(few + 8), json!(10)]);
    }
    assert_eq!(seen(&both, &[row("a", 4, 4)]), [json!(8), Value::Null]);
    assert_eq!(seen(&Kind::Count(FEW), &[row("a", 4, 4)]), [json!(4), Value::Null]);
}

#[test]
fn a_share_is_of_what_is_shown_and_only_where_part_and_rest_are() {
    let share = Kind::Share { part: &[FEW], rest: &[MANY] };
    assert_eq!(seen(&share, &[row("a", 6, 13)]), [json!(31.58), json!(25.0)]);
    assert_eq!(seen(&share, &[row("a", 4, 13)]), [json!(23.53), Value::Null]);
    assert_eq!(seen(&share, &[row("a", 6, 0)]), [json!(100.0), Value::Null]);
    assert_eq!(seen(&share, &[]), [Value::Null, Value::Null]);
}

#[test]
fn an_amount_is_that_of_the_number_that_is_shown() {
    let of = |row: &Row| Some(row.nok);
    let counted: &[Leaf<Row>] = &[FEW, MANY];
    let amount = Kind::Amount { of, counted: &[FEW, MANY], unit: Unit::Kroner, step: 1 };
    // Nothing of the few is in it.
    for few in 0..5 {
        let rows = [row("a", few, 8)];
        assert_eq!(exact(&[rows.to_vec()], counted), few + 8);
        assert_eq!(seen(&amount, &rows)[1], json!(10_000));
    }
    assert_eq!(seen(&amount, &[row("a", 4, 4)]), [json!(8_000), Value::Null]);
    let coarse = Kind::Amount { of, counted: &[FEW, MANY], unit: Unit::Percent, step: 50_000 };
    assert_eq!(seen(&coarse, &[row("a", 0, 111)]), [json!(1_110), json!(1_000)]);
    let nothing = [row("a", 0, 21)];
    assert_eq!(seen(&coarse, &nothing), [json!(210), Value::Null], "less than half a step");
    let unknown = Kind::Amount { of: |_| None, counted: &[FEW], unit: Unit::Kroner, step: 1 };
    assert_eq!(seen(&unknown, &[row("a", 9, 9)]), [Value::Null, Value::Null]);
}

#[test]
fn what_is_somebodys_is_shown_to_those_who_may_see_individuals_alone() {
    let rows = [row("a", 1, 1)];
    let person = Person(Uuid::from_u128(1));
    assert_eq!(person, Person(Uuid::from_u128(1)));
    static WORDS: &[Word] = &[Word { code: "on", words: Words { en: "On", nb: "På" } }];
    let hidden: [Kind<Row>; 6] = [
        Kind::Person(|_| Some(Person(Uuid::from_u128(1)))),
        Kind::DifferentPersons(|_| Some(Person(Uuid::from_u128(1)))),
        Kind::Word { of: |_| Some("on"), words: WORDS },
        Kind::Flag(|_| Some(true)),
        Kind::Date(|_| Some(Day(jiff::civil::date(2020, 1, 1)))),
        Kind::Several(|_| &[]),
    ];
    for kind in hidden {
        let [shown, suppressed] = seen(&kind, &rows);
        assert!(!shown.is_null() && suppressed.is_null(), "{shown} {suppressed}");
    }
    let place = Kind::Id(|row: &Row| Some(row.place.to_owned()));
    assert_eq!(seen(&place, &rows), [json!("a"), json!("a")]);
}

#[test]
fn different_places_are_counted_once_and_rounded() {
    let places = Kind::Different(|row: &Row| Some(row.place.to_owned()));
    let rows = ["a", "b", "a", "c", "d", "e", "f"].map(|place| row(place, 0, 0));
    assert_eq!(seen(&places, &rows), [json!(6), json!(5)]);
}

#[test]
fn sums_of_shares_keep_two_decimals() {
    let text = |hundredths| Unit::Percent.number(hundredths).to_string();
    assert_eq!(text(311_000), "3110");
    assert_eq!(text(20_105), "201.05");
    assert_eq!(text(50), "0.5");
}
