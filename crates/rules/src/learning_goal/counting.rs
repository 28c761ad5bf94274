//! How approvals of earlier versions of the catalogue count for the goals that replace them.
//!
//! An approval keeps its code and its version for ever; what it counts as is worked out whenever
//! it is asked for, from the mapping that the newer version was published with and the rule of how
//! many predecessors it takes. The mapping is not followed from version to version: a version names
//! every earlier one whose approvals shall count.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::goal::Goal;
use super::status::{GoalStatus, Status};
use crate::curriculum::domain::{GoalDefined, Predecessor};
use crate::curriculum::{Curriculum, PredecessorsNeeded};
use crate::identifiers::{GoalCode, MunicipalityNumber, Token};

/// An approval of another goal that counts for this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountedApproval {
    /// The version under which it was given.
    pub curriculum: Token,
    pub code: GoalCode,
    pub on: Date,
    pub by: Uuid,
    pub municipality: MunicipalityNumber,
}

/// What of the catalogue it takes to say how approvals count.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// The goals that are replaced.
    pub replaced: BTreeMap<Predecessor, GoalDefined>,
    /// The headers of the versions that replace them.
    pub headers: BTreeMap<Token, Curriculum>,
}

impl Mapping {
    fn needed(&self, version: &Token, day: Date) -> PredecessorsNeeded {
        let header = self.headers.get(version);
        header.map_or(PredecessorsNeeded::All, |header| header.predecessors_needed(day))
    }

    /// The approvals that make a goal count as approved on a day; none when it does not count so.
    /// What was done under its own version comes first: as long as anything stands there, nothing
    /// else counts.
    pub fn counted(
        &self,
        defined: &GoalDefined,
        goals: &BTreeMap<GoalCode, Goal>,
        day: Date,
    ) -> Vec<CountedApproval> {
        let own = goals.get(&defined.code).map(|goal| goal.of(defined).on(day).word());
        if own.is_some_and(|word| word != GoalStatus::NotStarted) {
            return vec![];
        }
        let mut versions: BTreeMap<&Token, Vec<Option<CountedApproval>>> = BTreeMap::new();
        for predecessor in defined.replaces.iter().flatten() {
            let approval = self.approval(predecessor, goals, day);
            versions.entry(&predecessor.curriculum).or_default().push(approval);
        }
        let needed = self.needed(&defined.curriculum, day);
        let enough = |approvals: &Vec<Option<CountedApproval>>| match needed {
            PredecessorsNeeded::All => approvals.iter().all(Option::is_some),
            PredecessorsNeeded::Any => approvals.iter().any(Option::is_some),
        };
        let counted = versions.into_values().filter(enough).flatten().flatten();
        // A goal that is the same in two versions is one approval, told once.
        counted.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether a goal is approved on a day, or counts as approved.
    pub fn stands(
        &self,
        defined: &GoalDefined,
        goals: &BTreeMap<GoalCode, Goal>,
        day: Date,
    ) -> bool {
        let own = goals.get(&defined.code).map(|goal| goal.of(defined).on(day).word());
        own == Some(GoalStatus::Approved) || !self.counted(defined, goals, day).is_empty()
    }

    fn approval(
        &self,
        predecessor: &Predecessor,
        goals: &BTreeMap<GoalCode, Goal>,
        day: Date,
    ) -> Option<CountedApproval> {
        let defined = self.replaced.get(predecessor)?;
        match goals.get(&predecessor.code)?.of(defined).on(day) {
            Status::Approved(_, f) => Some(CountedApproval {
                curriculum: f.curriculum.clone(),
                code: f.code.clone(),
                on: f.on,
                by: f.by,
                municipality: f.municipality.clone(),
            }),
            Status::NotStarted
            | Status::Submitted(_)
            | Status::Returned(..)
            | Status::Revoked(..) => None,
        }
    }
}
