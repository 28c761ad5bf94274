//! Counts learning goals by reading the sample's lines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::staffing::count::{Sample, text};

/// What is counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub trainees: u64,
    pub plans: u64,
    pub total: u64,
    pub not_started: u64,
    pub submitted: u64,
    pub returned: u64,
    pub approved: u64,
    pub revoked: u64,
}

/// The same figures as the service tells them.
pub fn figures(report: &Value) -> Count {
    let totals = &report["totals"];
    let number = |name: &str| totals[name].as_u64().unwrap_or_else(|| panic!("{name}: {totals}"));
    Count {
        trainees: number("trainees"),
        plans: number("plans"),
        total: number("total"),
        not_started: number("not_started"),
        submitted: number("submitted"),
        returned: number("returned"),
        approved: number("approved"),
        revoked: number("revoked"),
    }
}

/// Counts on a day from the lines up to one of them. A goal is the list of words it has had, so
/// that a recall only takes the last one away.
pub fn count(sample: &Sample, day: &str, last_line: u64) -> Count {
    let mut plan_of: BTreeMap<String, String> = BTreeMap::new();
    let mut plans: Vec<(String, String)> = Vec::new();
    let mut goals: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (parts, line) in sample.posts(last_line) {
        let body = &line["body"];
        let happened = text(&body["on"]).is_none_or(|on| on.as_str() <= day);
        match parts[..] {
            ["curricula"] => {
                for goal in body["goals"].as_array().expect("goals") {
                    let word = |name: &str| text(&goal[name]).expect("recorded");
                    plan_of.insert(word("code"), word("plan"));
                }
            }
            ["trainees", trainee, "plans"] if happened => {
                plans.push((trainee.to_owned(), text(&body["plan"]).expect("recorded")));
            }
            ["trainees", trainee, "learning-goals", code, what] if happened => {
                let words = goals.entry((trainee.to_owned(), code.to_owned())).or_default();
                match what {
                    "submission" => words.push("submitted"),
                    "recall" => {
                        words.pop();
                    }
                    "recommendations" => {}
                    "decision" if body["outcome"] == "approved" => words.push("approved"),
                    "decision" => words.push("returned"),
                    "revocation" => words.push("revoked"),
                    other => panic!("the sample says {other} of a goal"),
                }
            }
            _ => {} // about something else
        }
    }
    let trainees: BTreeSet<_> = plans.iter().map(|(trainee, _)| trainee).collect();
    let few = |number: usize| u64::try_from(number).expect("few");
    let mut count =
        Count { trainees: few(trainees.len()), plans: few(plans.len()), ..Count::default() };
    for (trainee, plan) in &plans {
        for (code, _) in plan_of.iter().filter(|(_, of)| *of == plan) {
            count.total += 1;
            let words = goals.get(&(trainee.clone(), code.clone()));
            match words.and_then(|words| words.last()) {
                None => count.not_started += 1,
                Some(&"submitted") => count.submitted += 1,
                Some(&"returned") => count.returned += 1,
                Some(&"approved") => count.approved += 1,
                Some(&"revoked") => count.revoked += 1,
                Some(other) => panic!("there is no such word: {other}"),
            }
        }
    }
    count
}
