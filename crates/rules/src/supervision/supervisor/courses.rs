//! Courses that a supervisor has completed: told, and told otherwise.

use jiff::civil::Date;

use super::Supervisor;
use crate::edge::UNKNOWN_REFERENCE;
use crate::identifiers::{Comment, Name};
use crate::problem::Rejection;
use crate::supervision::domain::{Course, CourseCompleted, CourseCorrected, Event};
use crate::time::Period;

/// A course, and where it was last told, for corrections to name.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    pub course: Course,
    recorded_at_position: i64,
}

impl Course {
    /// The days on which it counts.
    pub fn valid(&self) -> Period {
        Period { from: self.completed_on, to: self.valid_until }
    }
}

/// Takes in that a course was completed.
pub(super) fn completed(courses: &mut Vec<Completed>, course: &Course, recorded_at_position: i64) {
    courses.push(Completed { course: course.clone(), recorded_at_position });
}

/// Takes in how a course really was, or that there was none. One that turns out to be another that
/// is told already is told once.
pub(super) fn corrected(
    courses: &mut Vec<Completed>,
    fact: &CourseCorrected,
    recorded_at_position: i64,
) {
    let Some(place) = courses.iter().position(|it| it.course == fact.was) else { return };
    courses.remove(place);
    if let Some(course) = fact.course.clone().filter(|really| !holds(courses, really)) {
        courses.insert(place, Completed { course, recorded_at_position });
    }
}

fn holds(courses: &[Completed], course: &Course) -> bool {
    courses.iter().any(|it| it.course == *course)
}

impl Supervisor {
    /// Whether a course of the supervisor is valid on a day.
    pub fn course_on(&self, day: Date) -> bool {
        self.courses.iter().any(|it| it.course.valid().covers(day))
    }

    /// The supervisor has completed a course.
    pub fn complete_course(&self, course: Course) -> Result<Vec<Event>, Rejection> {
        if holds(&self.courses, &course) {
            return Ok(vec![]);
        }
        Ok(vec![CourseCompleted { supervisor: self.id, course }.into()])
    }

    /// The course that was recorded under a name and day.
    pub fn recorded_course(&self, name: &Name, on: Date) -> Result<&Completed, Rejection> {
        let mut named = self.courses.iter().filter(|it| it.course.name == *name).peekable();
        let pointer = match named.peek() {
            Some(_) => "/recorded_completed_on",
            None => "/recorded_name",
        };
        let recorded = named.find(|it| it.course.completed_on == on);
        recorded.ok_or_else(|| Rejection::field(pointer, UNKNOWN_REFERENCE))
    }

    /// A course was told wrong; `really` is how it was, or `None`: there was none.
    pub fn correct_course(
        &self,
        recorded: &Completed,
        really: Option<Course>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        if really.as_ref() == Some(&recorded.course) {
            return Ok(vec![]);
        }
        let (supervisor, corrects, was) =
            (self.id, recorded.recorded_at_position, recorded.course.clone());
        Ok(vec![CourseCorrected { supervisor, corrects, was, course: really, reason }.into()])
    }
}
