//! Curricula: facts, states and rules.
//!
//! The header of a version and each of its goals are facts of their own, recorded together: so a
//! decision about one goal reads one fact, however many goals the version has.
//!
//! How approvals of earlier versions count is told by the version that replaces them: each of its
//! goals names its predecessors. How many of those it takes is a rule of the version, dated and
//! changed by a fact of its own, because no source says it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::dated::Dated;
use crate::edge::{Fault, FromText};
use crate::identifiers::{Comment, GoalCode, Name, Token};
use crate::problem::{Rejection, common};
use crate::time::Period;
use crate::{events, text_type, word_enum};

/// Goals of one version, far above the hundred and some of the real plans.
pub const GOALS_MAX: usize = 300;
/// Goals that replace one.
pub const REPLACED_BY_MAX: usize = 20;
/// Predecessors of one goal, of all earlier versions together.
pub const REPLACES_MAX: usize = 20;
/// Earlier versions that one version names predecessors of: each is read whole when it is published
/// and when a goal is judged.
pub const REPLACED_VERSIONS_MAX: usize = 10;

word_enum! {
    /// A plan of learning goals that a doctor follows.
    pub enum Plan {
        /// The clinical goals of general practice (ALM).
        Alm = "alm",
        /// The goals common to all specialties (felles kompetansemål, FKM).
        Fkm = "fkm",
    }
}

word_enum! {
    /// How many of a goal's predecessors in one earlier version must be approved.
    pub enum PredecessorsNeeded {
        /// Every one: a goal that gathers several is attained when all of them were.
        All = "all",
        /// One of them is enough.
        Any = "any",
    }
}

text_type! {
    /// The words of a learning goal: 1 to 2000 characters.
    pub struct GoalText;
    pattern = concat!(
        r"^[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*",
        r"[^\s\u0000-\u001F\u007F-\u009F]",
        r"[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*$",
    ),
        min = 1, max = 2000, example = "Can assess and treat common conditions.";
}

impl FromText for GoalText {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let trimmed = text.trim();
        let plain = |c: char| !c.is_control() || c == '\n' || c == '\t';
        let valid = !trimmed.is_empty() && text.chars().count() <= 2000 && text.chars().all(plain);
        valid.then(|| Self(trimmed.to_owned())).ok_or(Fault::new(
            "invalid_goal_text",
            "Must be 1 to 2000 characters of plain text.",
            "Må være 1 til 2000 tegn ren tekst.",
        ))
    }
}

/// Goals of each plan in a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalCounts {
    pub alm: u16,
    pub fkm: u16,
}

impl GoalCounts {
    /// Goals of one plan.
    pub fn of(self, plan: Plan) -> u16 {
        match plan {
            Plan::Alm => self.alm,
            Plan::Fkm => self.fkm,
        }
    }
}

/// A version of the catalogue is published: its header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    pub curriculum: Token,
    pub name: Name,
    pub period: Period,
    pub source: Name,
    /// Invented for demonstration: nobody's real goals.
    pub synthetic: bool,
    pub goals: GoalCounts,
}

/// A goal of an earlier version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Predecessor {
    pub curriculum: Token,
    pub code: GoalCode,
}

/// How many predecessors a version's goals take, from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplacementRuleSet {
    pub curriculum: Token,
    pub needed: PredecessorsNeeded,
    pub from: Date,
    /// Who says so, and where.
    pub source: Comment,
}

/// A goal belongs to a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoalDefined {
    pub curriculum: Token,
    pub code: GoalCode,
    pub plan: Plan,
    pub theme: Name,
    pub title: Name,
    pub text: GoalText,
    #[serde(default, skip_serializing_if = "is_false")]
    pub requires_institution_service: bool,
    /// Told ahead, for readers; what counts is told by the version that replaces it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_by: Vec<GoalCode>,
    /// Whose approvals count for this goal. When it is not told, the goal is the same as the goals
    /// with this code in every other version that does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Vec<Predecessor>>,
    /// The first day of the version.
    pub from: Date,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

events! {
    /// What is recorded of curricula.
    pub enum Event {
        Published = "curriculum.published.v1",
        GoalDefined = "curriculum.goal_defined.v1",
        ReplacementRuleSet = "curriculum.replacement_rule_set.v1",
    }
}

/// The kind of a version's subject: its header.
pub const SUBJECT: &str = "curriculum";
/// The kind of the subject of one goal of one version.
pub const GOAL_SUBJECT: &str = "curriculum-goal";

/// The subject of a version's header.
pub fn subject(version: &Token) -> Subject {
    Subject::new(SUBJECT, version)
}

/// The subject of one goal of a version.
pub fn goal_subject(version: &Token, code: &GoalCode) -> Subject {
    Subject::new(GOAL_SUBJECT, format!("{version}/{code}"))
}

/// The subject of all goals of a version together, for reading them whole.
pub fn catalogue_subject(version: &Token) -> Subject {
    Subject::new("curriculum-goals", version)
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Event::Published(f) => vec![subject(&f.curriculum)],
            Event::ReplacementRuleSet(f) => vec![subject(&f.curriculum)],
            Event::GoalDefined(f) => {
                vec![goal_subject(&f.curriculum, &f.code), catalogue_subject(&f.curriculum)]
            }
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Published(f) => f.period.from,
            Event::GoalDefined(f) => f.from,
            Event::ReplacementRuleSet(f) => f.from,
        }
    }
    fn municipality(&self) -> Option<&str> {
        None
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// The header of a version, or the place where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curriculum {
    pub header: Option<Published>,
    /// What was told of how many predecessors its goals take.
    pub rules: Dated<ReplacementRule>,
}

/// How many predecessors it takes, and who says so.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplacementRule {
    pub needed: PredecessorsNeeded,
    pub source: Comment,
}

impl Curriculum {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Published(f) => self.header = Some(f.clone()),
            Event::GoalDefined(_) => {}
            Event::ReplacementRuleSet(f) => {
                let rule = ReplacementRule { needed: f.needed, source: f.source.clone() };
                self.rules.set(Period::since(f.from), rule);
            }
        }
    }

    /// How many predecessors it takes on a day. Every one, until somebody who may says otherwise:
    /// that is the stricter reading and our own, because neither the regulation nor the
    /// directorate's guidance tells how goals that were merged count.
    pub fn predecessors_needed(&self, day: Date) -> PredecessorsNeeded {
        self.rules.on(day).map_or(PredecessorsNeeded::All, |rule| rule.needed)
    }

    /// Sets how many predecessors it takes.
    pub fn set_replacement_rule(
        &self,
        needed: PredecessorsNeeded,
        from: Date,
        source: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let header = self.header.as_ref().ok_or(&common::NOT_FOUND)?;
        let rule = ReplacementRule { needed, source };
        if self.rules.contains(&Period::since(from), &rule) {
            return Ok(vec![]);
        }
        let (curriculum, source) = (header.curriculum.clone(), rule.source);
        Ok(vec![ReplacementRuleSet { curriculum, needed, from, source }.into()])
    }
}

impl Fold for Curriculum {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}

/// One goal of a version, or the place where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CatalogueGoal(pub Option<GoalDefined>);

impl Fold for CatalogueGoal {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        match Event::decode(fact)? {
            Some(Event::GoalDefined(goal)) => self.0 = Some(goal),
            Some(Event::Published(_) | Event::ReplacementRuleSet(_)) | None => {}
        }
        Ok(())
    }
}

/// All goals of a version, by code.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue(pub BTreeMap<GoalCode, GoalDefined>);

impl Fold for Catalogue {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        match Event::decode(fact)? {
            Some(Event::GoalDefined(goal)) => {
                self.0.insert(goal.code.clone(), goal);
            }
            Some(Event::Published(_) | Event::ReplacementRuleSet(_)) | None => {}
        }
        Ok(())
    }
}

/// A version as it is to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    pub version: Token,
    pub name: Name,
    pub period: Period,
    pub source: Name,
    pub synthetic: bool,
    /// In the order of their codes, each code once.
    pub goals: Vec<GoalDefined>,
}

impl Publication {
    fn header(&self) -> Published {
        let of = |plan| self.goals.iter().filter(|goal| goal.plan == plan).count();
        let count = |plan| u16::try_from(of(plan)).expect("at most GOALS_MAX goals");
        Published {
            curriculum: self.version.clone(),
            name: self.name.clone(),
            period: self.period,
            source: self.source.clone(),
            synthetic: self.synthetic,
            goals: GoalCounts { alm: count(Plan::Alm), fkm: count(Plan::Fkm) },
        }
    }

    /// The facts of a version that is new. The header comes last: the version is there only when
    /// its goals are, and the head of the command is the head of the header.
    pub fn publish(&self) -> Vec<Event> {
        let goals = self.goals.iter().cloned().map(Event::from);
        goals.chain([self.header().into()]).collect()
    }

    /// Publishing a version that exists: nothing new when its content is the same, word by word.
    pub fn republish(
        &self,
        header: &Curriculum,
        goals: &Catalogue,
    ) -> Result<Vec<Event>, Rejection> {
        let same = header.header.as_ref() == Some(&self.header())
            && goals.0.len() == self.goals.len()
            && self.goals.iter().all(|goal| goals.0.get(&goal.code) == Some(goal));
        if same {
            return Ok(vec![]);
        }
        Err(Rejection::new(&problems::CURRICULUM_VERSION_TAKEN).with("version", &self.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn text<T: FromText>(text: &str) -> T {
        T::from_text(text).expect("the test's text is well formed")
    }

    fn publication(codes: &[(&str, Plan)]) -> Publication {
        let (version, from): (Token, _) = (text("test-1"), date(2020, 1, 1));
        let goal = |(code, plan): &(&str, Plan)| GoalDefined {
            curriculum: version.clone(),
            code: text(code),
            plan: *plan,
            theme: text("Theme"),
            title: text("Title"),
            text: text("Text"),
            requires_institution_service: false,
            replaced_by: vec![],
            replaces: None,
            from,
        };
        Publication {
            version: version.clone(),
            name: text("Test"),
            period: Period::since(from),
            source: text("A test"),
            synthetic: true,
            goals: codes.iter().map(goal).collect(),
        }
    }

    fn folded(facts: &[Event]) -> (Curriculum, Catalogue) {
        let (mut header, mut goals) = (Curriculum::default(), Catalogue::default());
        for event in facts {
            header.evolve(event);
            if let Event::GoalDefined(goal) = event {
                goals.0.insert(goal.code.clone(), goal.clone());
            }
        }
        (header, goals)
    }

    #[test]
    fn a_version_is_its_goals_and_then_a_header_that_counts_them_by_plan() {
        let facts = publication(&[("ALM-001", Plan::Alm), ("FKM-001", Plan::Fkm)]).publish();
        let names: Vec<_> = facts.iter().map(DomainEvent::type_name).collect();
        let (goal, header) = ("curriculum.goal_defined.v1", "curriculum.published.v1");
        assert_eq!(names, [goal, goal, header]);
        let (header, goals) = folded(&facts);
        let header = header.header.expect("published");
        assert_eq!((header.goals.of(Plan::Alm), header.goals.of(Plan::Fkm)), (1, 1));
        assert_eq!(goals.0.len(), 2);
    }

    #[test]
    fn every_predecessor_is_needed_until_somebody_says_otherwise_for_a_day() {
        let (mut header, _) = folded(&publication(&[("ALM-001", Plan::Alm)]).publish());
        let (before, from) = (date(2025, 12, 31), date(2026, 1, 1));
        assert_eq!(header.predecessors_needed(from), PredecessorsNeeded::All);
        let set = |header: &Curriculum, needed| {
            header.set_replacement_rule(needed, from, text("A letter from the directorate"))
        };
        let facts = set(&header, PredecessorsNeeded::Any).expect("it may be set");
        facts.iter().for_each(|fact| header.evolve(fact));
        let on = |header: &Curriculum, day| header.predecessors_needed(day);
        assert_eq!(on(&header, before), PredecessorsNeeded::All);
        assert_eq!(on(&header, from), PredecessorsNeeded::Any);
        assert_eq!(set(&header, PredecessorsNeeded::Any), Ok(vec![]));
        let facts = set(&header, PredecessorsNeeded::All).expect("it may be set back");
        facts.iter().for_each(|fact| header.evolve(fact));
        assert_eq!(on(&header, from), PredecessorsNeeded::All);
        let nowhere = set(&Curriculum::default(), PredecessorsNeeded::Any);
        assert_eq!(nowhere.expect_err("no version").problem.code, "not_found");
    }

    #[test]
    fn the_same_content_again_is_no_new_fact() {
        let publication = publication(&[("ALM-001", Plan::Alm)]);
        let (header, goals) = folded(&publication.publish());
        assert_eq!(publication.republish(&header, &goals), Ok(vec![]));
    }

    #[test]
    fn other_content_under_a_published_version_is_refused() {
        let first = publication(&[("ALM-001", Plan::Alm)]);
        let (header, goals) = folded(&first.publish());
        let mut renamed = first.clone();
        renamed.name = text("Another name");
        let mut reworded = first.clone();
        reworded.goals[0].text = text("Other words");
        let fewer = publication(&[]);
        let other = publication(&[("ALM-002", Plan::Alm)]);
        for changed in [renamed, reworded, fewer, other] {
            let refused = changed.republish(&header, &goals).expect_err("other content");
            assert_eq!(refused.problem.code, "curriculum_version_taken");
        }
    }
}
