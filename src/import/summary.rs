//! What an import tells at its end: how the lines went, and what somebody has to mend.

use std::collections::BTreeMap;
use std::fmt;

use super::runner::{Outcome, Verdict};

/// Lines shown at the end; the report file has them all.
pub const MEND_LINES_MAX: usize = 50;

/// How an import went.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Summary {
    counts: BTreeMap<Outcome, u64>,
    /// The first lines to mend, in order.
    pub to_mend: Vec<Verdict>,
}

impl Summary {
    /// Counts a verdict.
    pub fn add(&mut self, verdict: &Verdict) {
        *self.counts.entry(verdict.verdict).or_default() += 1;
        if verdict.verdict.needs_mending() && self.to_mend.len() < MEND_LINES_MAX {
            self.to_mend.push(verdict.clone());
        }
    }

    /// How many lines came out so.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.counts.get(&outcome).copied().unwrap_or(0)
    }

    /// How many lines somebody must mend.
    pub fn mend_count(&self) -> u64 {
        let mending = self.counts.iter().filter(|(outcome, _)| outcome.needs_mending());
        mending.map(|(_, count)| count).sum()
    }

    /// The counts in words, on one line.
    pub fn counted(&self) -> String {
        let total: u64 = self.counts.values().sum();
        let parts = self.counts.iter().map(|(outcome, count)| {
            let word = outcome.as_str().replace('_', " ");
            format!("{count} {word}")
        });
        let noun = if total == 1 { "line" } else { "lines" };
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            return format!("{total} {noun}");
        }
        format!("{total} {noun}: {}", parts.join(", "))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.counted())?;
        if self.to_mend.is_empty() {
            return Ok(());
        }
        write!(f, "\nTo mend, then import the same file again:")?;
        for verdict in &self.to_mend {
            write!(f, "\n  line {}", verdict.line)?;
            if let Some(key) = &verdict.key {
                write!(f, " ({key})")?;
            }
            write!(f, ": {}", verdict.verdict.as_str().replace('_', " "))?;
            if let Some(code) = &verdict.code {
                write!(f, ", {code}")?;
            }
            if let Some(detail) = &verdict.detail {
                write!(f, ": {detail}")?;
            }
            for error in &verdict.errors {
                write!(f, "\n    {}: {} ({})", error.pointer, error.detail, error.code)?;
            }
        }
        let hidden = self.mend_count() - u64::try_from(self.to_mend.len()).unwrap_or(u64::MAX);
        if hidden > 0 {
            write!(f, "\n  and {hidden} more; --report FILE writes them all")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::runner::FieldError;
    use super::*;

    fn verdict(line: u64, outcome: Outcome) -> Verdict {
        Verdict {
            line,
            key: Some(format!("k:{line}")),
            verdict: outcome,
            status: None,
            code: None,
            detail: None,
            errors: vec![],
            log_position: None,
            id: None,
        }
    }

    #[test]
    fn a_summary_without_faults_is_one_line() {
        let mut summary = Summary::default();
        summary.add(&verdict(1, Outcome::Unchanged));
        summary.add(&verdict(2, Outcome::Recorded));
        summary.add(&verdict(3, Outcome::Recorded));
        assert_eq!(summary.to_string(), "3 lines: 2 recorded, 1 known");
        assert_eq!(summary.mend_count(), 0);
    }

    #[test]
    fn a_summary_names_line_code_and_fields_to_mend() {
        let mut summary = Summary::default();
        let mut refused = verdict(7, Outcome::Refused);
        refused.code = Some("invalid_request".to_owned());
        refused.detail = Some("Mend the fields named in errors.".to_owned());
        refused.errors = vec![FieldError {
            pointer: "/percent".to_owned(),
            code: "invalid_percent".to_owned(),
            detail: "Must be above 0.".to_owned(),
        }];
        summary.add(&refused);
        summary.add(&verdict(8, Outcome::NotSent));
        assert_eq!(
            summary.to_string(),
            "2 lines: 1 refused, 1 not sent\n\
             To mend, then import the same file again:\n  \
             line 7 (k:7): refused, invalid_request: Mend the fields named in errors.\n    \
             /percent: Must be above 0. (invalid_percent)\n  \
             line 8 (k:8): not sent"
        );
        assert_eq!(summary.mend_count(), 2);
    }

    #[test]
    fn only_the_first_lines_to_mend_are_shown() {
        let mut summary = Summary::default();
        for line in 1..=60 {
            summary.add(&verdict(line, Outcome::Refused));
        }
        assert_eq!(summary.to_mend.len(), MEND_LINES_MAX);
        assert!(summary.to_string().ends_with("and 10 more; --report FILE writes them all"));
    }
}
