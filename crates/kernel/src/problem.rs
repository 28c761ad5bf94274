//! Problems: everything the service can answer instead of what was asked for, declared once.
//!
//! A problem has a code that never changes, a status, and its public words in two languages. The
//! OpenAPI document and `docs/errors.md` are generated from these declarations. How a problem is
//! sent over HTTP is told where HTTP is.

mod member;

use crate::edge::FieldFault;
use std::collections::BTreeMap;

pub use member::{Kind, Member, MemberValue};

/// The languages of titles and details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    Norwegian,
}

/// Words in both languages. A detail may hold `{name}` places that a rejection fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub en: &'static str,
    pub nb: &'static str,
}

impl Words {
    /// The words in one language.
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Norwegian => self.nb,
        }
    }
}

impl Words {
    /// The words in both languages with their places `{name}` filled.
    pub fn spoken(&self, values: &[(&str, &dyn std::fmt::Display)]) -> Spoken {
        let fill = |text: &str| {
            let place = |text: String, (name, value): &(&str, &dyn std::fmt::Display)| {
                text.replace(&format!("{{{name}}}"), &value.to_string())
            };
            values.iter().fold(text.to_owned(), place)
        };
        Spoken { en: fill(self.en), nb: fill(self.nb) }
    }
}

/// Something said in both languages, as it is stored and kept for retries: who reads it later may
/// have another language than who wrote it. One is chosen on the way out.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Spoken {
    pub en: String,
    pub nb: String,
}

/// A declared problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    pub status: u16,
    pub title: Words,
    pub detail: Words,
    /// The facts that come with it, for programs; those of the detail's places among them.
    pub members: &'static [Member],
    /// For readers of the documentation: when it comes, and what to do.
    pub doc: &'static str,
}

impl From<FieldFault> for Rejection {
    fn from(fault: FieldFault) -> Self {
        Rejection::new(&common::INVALID_REQUEST).faults(vec![fault])
    }
}

/// Declares problems: `NAME = status, "code"`, then title and detail in both languages, and the
/// members that hold its facts. The doc comment is the public text: what happened, and what to do
/// now. Of a text, the first word in backticks of a member's description is the example.
#[macro_export]
macro_rules! problems {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $status:literal, $code:literal,
        en: $title_en:literal, $detail_en:literal,
        nb: $title_nb:literal, $detail_nb:literal
        $(, members: $($kind:ident($member:literal, $about:literal)$(.$optional:ident())?),+)?;
    )+) => {
        $(
            $(#[doc = $doc])+
            pub static $name: $crate::problem::Problem = $crate::problem::Problem {
                code: $code,
                status: $status,
                title: $crate::problem::Words { en: $title_en, nb: $title_nb },
                detail: $crate::problem::Words { en: $detail_en, nb: $detail_nb },
                members: &[$($(
                    $crate::problem::Member::$kind($member, $about)$(.$optional())?,
                )+)?],
                doc: concat!($($doc, "\n"),+),
            };
        )+
        /// Every problem declared here.
        pub static ALL: &[&$crate::problem::Problem] = &[$( &$name, )+];
    };
}

/// A rejection: the problem, and its facts, which also fill the places of its detail.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    pub problem: &'static Problem,
    pub values: BTreeMap<&'static str, MemberValue>,
    pub faults: Vec<FieldFault>,
}

impl Rejection {
    /// A rejection without values.
    pub fn new(problem: &'static Problem) -> Self {
        Self { problem, values: BTreeMap::new(), faults: Vec::new() }
    }

    /// Tells a fact that the problem declares, which also fills the place `{name}` of the detail.
    pub fn with(mut self, name: &'static str, value: impl Into<MemberValue>) -> Self {
        let value = value.into();
        let code = self.problem.code;
        let declared = self.problem.members.iter().find(|member| member.name == name);
        debug_assert!(declared.is_some(), "{code} declares no member {name}");
        let taken = declared.is_none_or(|member| member.takes(&value));
        debug_assert!(taken, "{code} declares another kind for {name} than {value:?}");
        self.values.insert(name, value);
        self
    }

    /// The facts as members of the answer. A declared fact that is missing is a mistake of the
    /// program, and found by its tests.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, serde_json::Value)> {
        self.problem.members.iter().filter_map(|member| {
            let value = self.values.get(member.name);
            let recorded = value.is_some() || member.optional;
            debug_assert!(recorded, "{} comes without {}", self.problem.code, member.name);
            Some((member.name, member.sent(value?)?))
        })
    }

    /// The request is wrong in one field: `pointer` names it, `/trainee`.
    pub fn field(pointer: &str, fault: crate::edge::Fault) -> Self {
        Self::new(&common::INVALID_REQUEST).faults(vec![FieldFault::at(pointer, fault)])
    }

    /// Names the fields at fault.
    pub fn faults(mut self, faults: Vec<FieldFault>) -> Self {
        self.faults = faults;
        self
    }

    /// The detail with its places filled.
    pub fn detail(&self, language: Language) -> String {
        let mut text = self.problem.detail.in_language(language).to_owned();
        for (name, value) in &self.values {
            text = text.replace(&format!("{{{name}}}"), &value.to_string());
        }
        text
    }
}

impl From<&'static Problem> for Rejection {
    fn from(problem: &'static Problem) -> Self {
        Self::new(problem)
    }
}

/// What may not be there, where the caller asked for it. An extension of `Option`.
pub trait OrNotFound {
    /// What may be there.
    type There;
    /// What is there, or the refusal that there is nothing.
    fn or_not_found(self) -> Result<Self::There, Rejection>;
}

impl<T> OrNotFound for Option<T> {
    type There = T;

    fn or_not_found(self) -> Result<T, Rejection> {
        self.ok_or_else(|| Rejection::new(&common::NOT_FOUND))
    }
}

impl<'a, T> OrNotFound for &'a Option<T> {
    type There = &'a T;

    fn or_not_found(self) -> Result<&'a T, Rejection> {
        self.as_ref().or_not_found()
    }
}

/// Problems that rules and the HTTP kernel share.
pub mod common {
    crate::problems! {
        /// There is nothing at this address, or nothing that you may see. Also a resource that did
        /// not exist on the day (`as_of`) or was not known at the time (`known_at`) that was asked
        /// for.
        NOT_FOUND = 404, "not_found",
        en: "Not found", "There is nothing here.",
        nb: "Ikke funnet", "Det er ingenting her.";

        /// The request could be read, but fields of it are wrong. `errors` names every one: fields
        /// of the body by JSON pointer (`/percent`), parameters as `/query/as_of`, headers as
        /// `/header/If-Match`. Nothing was recorded.
        INVALID_REQUEST = 422, "invalid_request",
        en: "The request is not valid", "Mend the fields named in errors.",
        nb: "Forespørselen er ikke gyldig", "Rett feltene som er nevnt i errors.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    problems! {
        /// The cup is full.
        CUP_FULL = 409, "cup_full",
        en: "The cup is full", "It holds {volume} already.",
        nb: "Koppen er full", "Den rommer allerede {volume}.",
        members: text("volume", "What it holds: `2 dl`."), day("since", "Since when.").optional();
    }

    #[test]
    fn a_rejection_fills_the_places_of_its_detail_in_both_languages() {
        let rejection = Rejection::new(&CUP_FULL).with("volume", "2 dl");
        assert_eq!(rejection.detail(Language::English), "It holds 2 dl already.");
        assert_eq!(rejection.detail(Language::Norwegian), "Den rommer allerede 2 dl.");
        assert_eq!(ALL.len(), 1);
    }

    #[test]
    fn the_facts_of_a_rejection_are_members_and_what_is_not_there_is_left_out() {
        let rejection = Rejection::new(&CUP_FULL).with("volume", "2 dl");
        let members = |rejection: &Rejection| rejection.members().collect::<Vec<_>>();
        assert_eq!(members(&rejection), [("volume", "2 dl".into())]);
        let since = rejection.with("since", Some(jiff::civil::date(2020, 2, 1)));
        assert_eq!(members(&since)[1], ("since", "2020-02-01".into()));
        let never =
            Rejection::new(&CUP_FULL).with("volume", "2 dl").with("since", MemberValue::None);
        assert_eq!(members(&never).len(), 1);
    }

    /// What a program says when it makes a mistake.
    fn mistake(make: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let said = std::panic::catch_unwind(make).expect_err("it is a mistake");
        said.downcast_ref::<String>().cloned().unwrap_or_default()
    }

    #[test]
    fn a_fact_that_is_not_declared_of_another_kind_or_missing_is_a_mistake() {
        let with = |name, value: MemberValue| {
            mistake(move || {
                Rejection::new(&CUP_FULL).with(name, value);
            })
        };
        assert!(with("colour", "red".into()).contains("declares no member colour"));
        assert!(with("volume", 2_i64.into()).contains("another kind for volume"));
        assert!(with("volume", MemberValue::None).contains("another kind for volume"));
        let missing = mistake(|| {
            Rejection::new(&CUP_FULL).members().for_each(drop);
        });
        assert!(missing.contains("comes without volume"));
    }
}
