//! What a resource looks like on a day, and since when: time alone may change it, without a fact.

use jiff::civil::Date;

use super::etag::etag;
use super::{ProblemResponse, problems};
use crate::event_log::Loaded;

/// What a state looks like on a day, and the version of that; `by_itself` when the day is the
/// present one, which moves on without a fact.
pub fn on_day<S, V: PartialEq>(
    loaded: &Loaded<S>,
    on: Date,
    by_itself: bool,
    view: impl Fn(&S, Date) -> Option<V>,
) -> Result<(String, V), ProblemResponse> {
    let shown = view(&loaded.state, on).ok_or(&problems::NOT_FOUND)?;
    let since = loaded.recorded_at.filter(|_| by_itself).and_then(|recorded_at| {
        let then = super::day_of(recorded_at);
        changed_since(&loaded.state, then, on, &shown, &view)
    });
    Ok((etag(loaded.head, since), shown))
}

/// Since which day the resource looks as it does, when that came after what was last recorded.
fn changed_since<S, V: PartialEq>(
    state: &S,
    recorded: Date,
    on: Date,
    shown: &V,
    view: impl Fn(&S, Date) -> Option<V>,
) -> Option<Date> {
    if recorded >= on || view(state, recorded).as_ref() == Some(shown) {
        return None;
    }
    // The first day of the present look lies between the two: halve until it is found. Should the
    // look have come and gone in between, any of its days identifies it as well.
    let (mut before, mut since) = (recorded, on);
    while let Some(days) = before.until(since).ok().map(|span| span.get_days()).filter(|d| *d > 1) {
        let middle = before.saturating_add(jiff::Span::new().days(days / 2));
        if view(state, middle).as_ref() == Some(shown) {
            since = middle;
        } else {
            before = middle;
        }
    }
    Some(since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_of_a_change_by_time_alone_is_found() {
        let turn = date(2026, 12, 1);
        let view = |_: &(), day: Date| Some(day >= turn);
        let since = changed_since(&(), date(2020, 1, 1), date(2027, 3, 1), &true, view);
        assert_eq!(since, Some(turn));
        let since = changed_since(&(), date(2020, 1, 1), date(2026, 11, 30), &false, view);
        assert_eq!(since, None);
    }
}
