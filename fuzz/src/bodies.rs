//! Bodies of requests: any document, and a version of the catalogue of learning goals, which is the
//! largest and deepest that the service reads.

use alis::aggregate::DomainEvent;
use alis::capabilities::curriculum::domain::GOALS_MAX;
use alis::capabilities::curriculum::{Event, PublishCurriculum, publication};
use alis::edge::{self, Faults};
use alis::http::body;

use super::same;

/// A document is told back, and a version of the catalogue is recorded and read again unchanged.
pub fn bodies(bytes: &[u8]) {
    let Ok(document) = body::parse(bytes) else { return };
    let again = body::parse(document.to_string().as_bytes()).ok();
    assert!(again.is_some_and(|again| same(&again, &document)), "{document}");
    let asked = match edge::read::<PublishCurriculum>(document) {
        Ok(asked) => asked,
        Err(Faults(faults)) => {
            assert!((1..=edge::FAULTS_MAX).contains(&faults.len()));
            return;
        }
    };
    let Ok(version) = publication(asked) else { return };
    assert!((1..=GOALS_MAX).contains(&version.goals.len()));
    assert!(version.goals.windows(2).all(|pair| pair[0].code < pair[1].code), "each code once");
    for goal in version.goals {
        let stored = Event::GoalDefined(goal.clone()).payload();
        assert_eq!(serde_json::from_str(&stored).ok(), Some(goal), "{stored}");
    }
}
