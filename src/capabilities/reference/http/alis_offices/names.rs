//! The names of ALIS offices.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::replied;
use crate::capabilities::reference::alis_office::{AlisOffice, Known};
use crate::capabilities::reference::domain::{Event, OfficeName, alis_office_subject};
use crate::capabilities::reference::view::AlisOfficeView;
use crate::edge::{Day, Faults, FieldFault, REQUIRED, never};
use crate::event_log::{Decision, Loaded, View};
use crate::evolved;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, Name};
use crate::problem::Rejection;

/// A rule on one office: load, decide, answer with the office as it then is on a day.
async fn on_office(
    change: Change,
    canonical: &str,
    office: Uuid,
    shown_on: Option<Date>,
    rule: impl Fn(&Known) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let subject = alis_office_subject(office);
        let loaded: Loaded<AlisOffice> = view.load(&subject).await?;
        let facts = rule(loaded.state.known()?)?;
        let next = evolved!(loaded.state, facts);
        let day = shown_on.map_or(today, |day| day.max(today));
        Ok(Decision::new(subject, &facts, replied(200, &next, day)?))
    };
    change.execute(canonical, decide).await
}

/// A name of an ALIS office.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RenameAlisOffice {
    /// Its name.
    name: Name,
    /// The first day it has it.
    from: Day,
}

/// Give an ALIS office another name from a day on
///
/// It has it until the next one begins. Told again with the same first day, the later statement
/// replaces the earlier. A name that is still to come is shown as on its first day.
#[utoipa::path(tag = "alis-offices", operation_id = "rename_alis_office",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = RenameAlisOffice,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/alis-offices/{id}/names")]
pub async fn rename(change: Change, id: Path<Uuid>, body: Body<RenameAlisOffice>) -> Answer {
    let RenameAlisOffice { name, from } = body.value;
    let rule = |known: &Known| Ok(known.rename(name.clone(), from.0));
    on_office(change, &body.canonical, *id, Some(from.0), rule).await
}

/// What an office was really called; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOfficeName {
    /// The first day of the name, as it was recorded: tells which one is meant; by default the one
    /// that the office was registered with, which has no first day.
    #[deserr(default)]
    recorded_from: Option<Day>,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// The first day it has it; with `recorded_from` only.
    #[deserr(default)]
    from: Option<Day>,
    /// It did not have this name: it is taken out, and nothing else may be told; with
    /// `recorded_from` only.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct a name of an ALIS office
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "alis-offices", operation_id = "correct_alis_office_name",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CorrectOfficeName,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/alis-offices/{id}/names/correction")]
pub async fn correct_name(change: Change, id: Path<Uuid>, body: Body<CorrectOfficeName>) -> Answer {
    let (asked, today) = (body.value, change.today);
    let never_was = never(asked.never_was, asked.name.is_some() || asked.from.is_some())?;
    let was = asked.recorded_from.map(|day| day.0);
    // The first name was always there.
    if was.is_none() && (never_was || asked.from.is_some()) {
        return Err(FieldFault::at("/recorded_from", REQUIRED).into());
    }
    let rule = |known: &Known| {
        let told = known.recorded_name(was)?;
        let really = OfficeName {
            name: asked.name.clone().unwrap_or(told.name),
            from: asked.from.map(|day| day.0).or(told.from),
        };
        known.correct_name(was, (!never_was).then_some(really), asked.reason.clone(), today)
    };
    on_office(change, &body.canonical, *id, None, rule).await
}
