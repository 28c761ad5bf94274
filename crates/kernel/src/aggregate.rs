//! Decide and evolve, without a database: the shape of facts, subjects and states.
//!
//! A state is folded from the facts of its subjects; a rule is a method of that state which
//! answers with new facts or a refusal. Nothing here reads a clock, a file or the network.

use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;
use uuid::Uuid;

/// What a fact concerns and a guard watches: a kind and an id, written `kind:id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// The subject `kind:id`.
    pub fn new(kind: &str, id: impl fmt::Display) -> Self {
        Self(format!("{kind}:{id}"))
    }

    /// The name as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id behind `kind`, when the subject is of that kind.
    pub fn id_in<'a>(name: &'a str, kind: &str) -> Option<&'a str> {
        name.strip_prefix(kind)?.strip_prefix(':')
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kind of [`erased_subject`].
pub const ERASED_SUBJECT: &str = "erased";

/// The subject that exists once a person is erased, and never before. Two things rest on it below
/// every capability: a person's key is not given out any more, and what the person was found by is
/// free for others.
pub fn erased_subject(person: impl fmt::Display) -> Subject {
    Subject::new(ERASED_SUBJECT, person)
}

/// A recorded fact as a fold sees it.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    pub position: i64,
    pub id: Uuid,
    pub kind: &'a str,
    pub payload: &'a str,
    pub recorded_at: Timestamp,
}

/// A stored fact that this program cannot read: damaged, or written by a newer version.
#[derive(Debug, thiserror::Error)]
#[error("event {position} of type {kind} cannot be read: {reason}")]
pub struct DecodeError {
    pub position: i64,
    pub kind: String,
    pub reason: String,
}

/// A state that facts fold into. Folding never judges: what is recorded has happened.
pub trait Fold: Default {
    /// Takes one fact in; facts of types that do not matter here are passed over.
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError>;
}

/// What begins with a fact, as a trainee does by being registered. The state of its subject is
/// `Option<Self>`: `None` until then. Here stands only how it begins and how it goes on; the fold
/// is written once below, and passes over a fact that comes before the beginning.
pub trait Begins: Sized {
    /// What is recorded of it.
    type Event: DomainEvent;
    /// What begins with this fact, recorded at `at`; `None` when it is not one that begins it.
    fn begin(event: &Self::Event, at: i64) -> Option<Self>;
    /// Takes a further fact in, recorded at `at`.
    fn go_on(&mut self, event: &Self::Event, at: i64);
    /// Whether a further fact says that it was entered in error as a whole: then nothing is left.
    fn entered_in_error(_event: &Self::Event) -> bool {
        false
    }
    /// Takes in a fact of another kind, such as what other systems call it.
    fn take_in(&mut self, _fact: &Fact<'_>) -> Result<(), DecodeError> {
        Ok(())
    }
}

/// Takes in facts where something may begin. `Option` is another crate's, so its methods for this
/// come from a trait.
pub trait Evolve {
    /// What is recorded there.
    type Event;
    /// Takes one fact in, recorded at `at`.
    fn evolve_at(&mut self, event: &Self::Event, at: i64);
    /// Takes in a fact that is about to be recorded.
    fn evolve(&mut self, event: &Self::Event) {
        self.evolve_at(event, i64::MAX);
    }
}

impl<T: Begins> Evolve for Option<T> {
    type Event = T::Event;

    fn evolve_at(&mut self, event: &T::Event, at: i64) {
        match self {
            None => *self = T::begin(event, at),
            Some(_) if T::entered_in_error(event) => *self = None,
            Some(there) => there.go_on(event, at),
        }
    }
}

impl<T: Begins> Fold for Option<T> {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = T::Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        } else if let Some(there) = self {
            there.take_in(fact)?;
        }
        Ok(())
    }
}

/// The facts of one capability.
pub trait DomainEvent: Sized {
    /// The literal name under which the fact is stored.
    fn type_name(&self) -> &'static str;
    /// The payload as JSON.
    fn payload(&self) -> String;
    /// What the fact concerns; the first is what it is mainly about.
    fn subjects(&self) -> Vec<Subject>;
    /// From which day the fact holds.
    fn effective_from(&self) -> Date;
    /// The municipality readers may filter by.
    fn municipality(&self) -> Option<&str>;
    /// Reads a stored fact; `None` when its type belongs to another capability.
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError>;
}

/// A fact about to be recorded.
#[derive(Debug, Clone)]
pub struct NewFact {
    pub id: Uuid,
    pub kind: &'static str,
    pub effective_from: Date,
    pub municipality: Option<String>,
    pub subjects: Vec<Subject>,
    pub payload: String,
}

impl NewFact {
    /// Makes a fact ready for the log. Its id sorts by time.
    pub fn of(event: &impl DomainEvent) -> Self {
        // One person may stand in two places of a fact, and is concerned once.
        let mut subjects: Vec<Subject> = Vec::new();
        for subject in event.subjects() {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        Self {
            id: Uuid::now_v7(),
            kind: event.type_name(),
            effective_from: event.effective_from(),
            municipality: event.municipality().map(str::to_owned),
            subjects,
            payload: event.payload(),
        }
    }

    /// The fact as a fold would see it once recorded at `position`.
    pub fn as_fact(&self, position: i64, recorded_at: Timestamp) -> Fact<'_> {
        Fact { position, id: self.id, kind: self.kind, payload: &self.payload, recorded_at }
    }
}

/// The version of the stored form within one type name; additive changes only.
pub const SCHEMA_VERSION: i16 = 1;

/// Declares the facts of a capability: an enum over one struct a fact, and the literal name each
/// is stored under. Names are never changed: a new form is a new name, and the old one is listed
/// under `upcast` with the function that turns its payload into the new form.
#[macro_export]
macro_rules! events {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $variant:ident = $literal:literal, )+ }
        $( upcast { $( $old:literal => $into:ident by $with:path, )+ } )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name { $( $variant($variant), )+ }

        $( impl From<$variant> for $name {
            fn from(fact: $variant) -> Self { $name::$variant(fact) }
        } )+

        impl $name {
            /// The names under which these facts are stored, old ones included.
            pub const TYPES: &'static [&'static str] = &[$( $literal, )+ $( $( $old, )+ )?];

            fn stored_name(&self) -> &'static str {
                match self { $( $name::$variant(_) => $literal, )+ }
            }

            fn stored_payload(&self) -> String {
                let json = match self { $( $name::$variant(f) => serde_json::to_string(f), )+ };
                json.expect("facts are plain data, which always serialises")
            }

            /// Reads a stored payload with any deserializer: what that is asked for tells the form
            /// in which the fact is stored. `None` when the type belongs to another capability.
            pub fn form<'de, D: serde::Deserializer<'de>>(
                kind: &str,
                payload: D,
            ) -> Option<Result<(), D::Error>> {
                match kind {
                    $( $literal => Some(
                        <$variant as serde::Deserialize>::deserialize(payload).map(drop)
                    ), )+
                    $( $( $old => Some(
                        serde::Deserialize::deserialize(payload).map(|old| drop($with(old)))
                    ), )+ )?
                    _ => None,
                }
            }

            fn read(
                fact: &$crate::aggregate::Fact<'_>,
            ) -> Result<Option<Self>, $crate::aggregate::DecodeError> {
                let read = match fact.kind {
                    $( $literal => serde_json::from_str(fact.payload).map($name::$variant), )+
                    $( $( $old => serde_json::from_str(fact.payload)
                        .and_then(|value| $with(value))
                        .map($name::$into), )+ )?
                    _ => return Ok(None),
                };
                read.map(Some).map_err(|error| $crate::aggregate::DecodeError {
                    position: fact.position,
                    kind: fact.kind.to_owned(),
                    reason: error.to_string(),
                })
            }
        }
    };
}

/// Folds facts that a rule just answered with, so that the answer shows the state after them.
#[macro_export]
macro_rules! evolved {
    ($state:expr, $facts:expr) => {{
        let mut next = $state.clone();
        for fact in $facts.iter() {
            next.evolve(fact);
        }
        next
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Weighed {
        grams: u64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct WeighedInKilos {
        kilos: u64,
    }
    fn in_grams(old: WeighedInKilos) -> Result<Weighed, serde_json::Error> {
        Ok(Weighed { grams: old.kilos * 1000 })
    }

    events! {
        pub enum Event { Weighed = "scale.weighed.v2", }
        upcast { "scale.weighed.v1" => Weighed by in_grams, }
    }

    fn fact<'a>(kind: &'a str, payload: &'a str) -> Fact<'a> {
        let recorded_at = Timestamp::UNIX_EPOCH;
        Fact { position: 7, id: Uuid::nil(), kind, payload, recorded_at }
    }

    /// What was weighed, and where: it begins at ten grams, and zero says that it was an error.
    #[derive(Debug, PartialEq)]
    struct Load(Vec<(u64, i64)>);

    impl DomainEvent for Event {
        fn type_name(&self) -> &'static str {
            self.stored_name()
        }
        fn payload(&self) -> String {
            self.stored_payload()
        }
        fn subjects(&self) -> Vec<Subject> {
            vec![]
        }
        fn effective_from(&self) -> Date {
            Date::MIN
        }
        fn municipality(&self) -> Option<&str> {
            None
        }
        fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
            Self::read(fact)
        }
    }

    impl Begins for Load {
        type Event = Event;

        fn begin(Event::Weighed(f): &Event, at: i64) -> Option<Self> {
            (f.grams >= 10).then(|| Self(vec![(f.grams, at)]))
        }
        fn go_on(&mut self, Event::Weighed(f): &Event, at: i64) {
            self.0.push((f.grams, at));
        }
        fn entered_in_error(Event::Weighed(f): &Event) -> bool {
            f.grams == 0
        }
        fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
            self.0.push((0, fact.position));
            Ok(())
        }
    }

    #[test]
    fn a_state_begins_goes_on_and_is_nothing_once_entered_in_error() {
        let mut load: Option<Load> = None;
        let weighed = |grams| Event::from(Weighed { grams });
        load.apply(&fact("position.filled.v1", "{}")).expect("another's");
        load.evolve_at(&weighed(5), 1);
        assert_eq!(load, None, "nothing began");
        load.apply(&fact("scale.weighed.v2", r#"{"grams":20}"#)).expect("it can be read");
        load.apply(&fact("position.filled.v1", "{}")).expect("another's");
        load.evolve(&weighed(5));
        assert_eq!(load, Some(Load(vec![(20, 7), (0, 7), (5, i64::MAX)])));
        load.evolve(&weighed(0));
        assert_eq!(load, None, "entered in error");
        load.evolve_at(&weighed(10), 9);
        assert_eq!(load, Some(Load(vec![(10, 9)])), "it begins anew");
    }

    #[test]
    fn an_old_form_is_read_as_the_new_one() {
        let new = Event::Weighed(Weighed { grams: 2000 });
        let read = |kind, payload| Event::read(&fact(kind, payload));
        assert_eq!(read("scale.weighed.v1", r#"{"kilos":2}"#).ok(), Some(Some(new.clone())));
        assert_eq!(read("scale.weighed.v2", r#"{"grams":2000}"#).ok(), Some(Some(new)));
        assert_eq!(Event::TYPES, ["scale.weighed.v2", "scale.weighed.v1"]);
    }

    #[test]
    fn any_deserializer_is_told_the_form_of_each_stored_name() {
        let form = |kind, payload: serde_json::Value| Event::form(kind, payload);
        let kilos = serde_json::json!({"kilos": 2});
        assert!(form("scale.weighed.v1", kilos.clone()).expect("an old name").is_ok());
        assert!(form("scale.weighed.v2", kilos.clone()).expect("its name").is_err());
        assert!(form("position.filled.v1", kilos).is_none());
    }

    #[test]
    fn a_fact_of_another_capability_is_passed_over_and_a_damaged_one_is_named() {
        assert_eq!(Event::read(&fact("position.filled.v1", "{}")).ok(), Some(None));
        let error = Event::read(&fact("scale.weighed.v2", r#"{"grams":"#)).expect_err("damaged");
        assert_eq!((error.position, error.kind.as_str()), (7, "scale.weighed.v2"));
    }

    #[test]
    fn a_fact_is_stored_under_its_literal_name() {
        let event = Event::Weighed(Weighed { grams: 5 });
        assert_eq!(event.stored_name(), "scale.weighed.v2");
        assert_eq!(event.stored_payload(), r#"{"grams":5}"#);
    }
}
