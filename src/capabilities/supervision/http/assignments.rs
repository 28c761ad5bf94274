//! Assignments: proposed, listed, read; what becomes of them.
//!
//! What an assignment looks like is folded from its supervisor's facts, so its ETag is the
//! supervisor's version, as an occupancy's is its position's.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::assignment_acts::{
    AssignmentAnswer, CorrectAssignment, EndAssignment, PauseAssignment, ResumeAssignment,
    WithdrawAssignment, answers,
};
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::reference::{self, Lineage};
use crate::capabilities::supervision::assignment::{Assignment, Assignments, Parties, Proposal};
use crate::capabilities::supervision::assignments::Assignments as Rows;
use crate::capabilities::supervision::domain::{
    ASSIGNMENT_EXTERNAL_IDS, AssignmentKind, Event, Filed, MonthMinutes, SupervisionMode,
    assignment_subject, subject, supervision_subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::AssignmentView;
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{self, Day, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::actor::Role;
use crate::http::concerns::Concerns;
use crate::http::external_ids::{EXTERNAL_ID_TAKEN, Held, checked, free};
use crate::http::listing::Listing;
use crate::http::operation::{PathParameter, Place};
use crate::http::resource::{Act, By, Create, Cx, Kind, Made, Operations, Past, Resource};
use crate::identifiers::ExternalId;
use crate::problem::{OrNotFound as _, Rejection, common::NOT_FOUND};
use crate::time::FIRST_DAY;

/// An assignment, and whose it is.
fn one<'a>(
    supervisor: &'a Option<Supervisor>,
    id: &Uuid,
) -> Result<(&'a Supervisor, &'a Assignment), Rejection> {
    let supervisor = supervisor.or_not_found()?;
    Ok((supervisor, supervisor.assignments.get(*id)?))
}

impl Resource for Assignment {
    const KIND: Kind = Kind {
        name: "supervisor_assignment",
        plural: "supervisor_assignments",
        noun: "supervisor assignment",
        tag: "supervisor assignments",
        path: "/v1/supervisor-assignments",
        places: &[PathParameter::id(
            "id",
            "The assignment.",
            "01890a5d-ac96-774b-bcce-b302099a8063",
        )],
        read_by: Access::Individuals,
        about_read: "As it is on `as_of` (today by default): it lapses, and is active again, by \
                     itself. Its ETag is the supervisor's.",
        about_history: "Every event about the assignment itself, newest first, also of one that \
                        was recorded by mistake. What makes it lapse is in the supervisor's \
                        history.",
        external_ids: Some((&ASSIGNMENT_EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Supervisor>;
    type View = AssignmentView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Supervisor>, Refusal> {
        // Whose it is never changes, so this look needs no guard; the next one has its own.
        let filed: Filed = view.consult(&assignment_subject(*id)).await?.state;
        let named = filed.supervisor.ok_or(&NOT_FOUND)?;
        let supervisor: Option<Supervisor> = view.load(&subject(named)).await?.state;
        one(&supervisor, id)?;
        Ok(supervisor)
    }

    fn home(supervisor: &Option<Supervisor>, id: &Uuid) -> Subject {
        supervisor.as_ref().map_or(assignment_subject(*id), |supervisor| subject(supervisor.id))
    }

    fn evolve(supervisor: &mut Option<Supervisor>, event: &Event) {
        supervisor.evolve(event);
    }

    fn show(supervisor: &Option<Supervisor>, id: &Uuid, day: Date) -> Option<AssignmentView> {
        AssignmentView::on(supervisor.as_ref()?, *id, day)
    }

    fn first_day(_: &Option<Supervisor>, _: &Uuid) -> Date {
        FIRST_DAY // it is known from the day it was proposed at the latest
    }

    async fn concerns(view: &View, id: &Uuid, day: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        let filed: Filed = view.consult(&assignment_subject(*id)).await?.state;
        if let Some(id) = filed.trainee {
            concerns.municipalities.extend(filed.municipality);
            concerns.supervisor = filed.supervisor;
            let trainee: Option<Trainee> = view.consult(&trainee::subject(id)).await?.state;
            if let Some(trainee) = trainee {
                concerns.municipalities.extend(trainee.home_municipalities_on(day));
                concerns.trainees.insert(id);
            }
            concerns.shows = Some(id);
        }
        Ok(concerns)
    }

    fn shows(supervisor: &Option<Supervisor>, id: &Uuid) -> Option<Uuid> {
        one(supervisor, id).ok().map(|(_, assignment)| assignment.trainee)
    }

    fn past(id: &Uuid) -> Past {
        assignment_subject(*id).into()
    }

    fn named(
        supervisor: &Option<Supervisor>,
        id: &Uuid,
        _: &By,
    ) -> Result<Option<Held>, Rejection> {
        let (_, &Assignment { trainee, supervisor, ref municipality, ref external_ids, .. }) =
            one(supervisor, id)?;
        Ok(Some(Held {
            ids: external_ids.clone(),
            members: vec![("trainee", trainee), ("supervisor", supervisor), ("assignment", *id)],
            subjects: vec![
                assignment_subject(*id),
                subject(supervisor),
                supervision_subject(trainee),
            ],
            municipality: municipality.clone(),
        }))
    }

    fn rename(supervisor: &mut Option<Supervisor>, _: &Uuid, event: &external_ids::Event) {
        if let Some(supervisor) = supervisor {
            supervisor.rename(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were proposed, as they are on `as_of`.";
        Some(Listing::of::<Rows>("supervisor assignments", about, Access::Individuals))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create(Create {
                id: "propose_supervisor_assignment",
                summary: "Propose a supervisor for a trainee",
                about: "The supervisor is asked: nothing holds before the answer. Refused already \
                        here when it could not be accepted. A trainee has one supervisor at a \
                        time; a host may appoint a temporary one beside. `warnings` tell what no \
                        rule forbids.",
                by: Access::Municipal,
                refuses: &[
                    &SUPERVISOR_IS_TRAINEE,
                    &SUPERVISOR_NOT_QUALIFIED,
                    &TRAINEE_HAS_SUPERVISOR,
                    &EXTERNAL_ID_TAKEN,
                ],
                rule: propose,
            })
            .answering("The assignment; its ETag is the supervisor's")
            .act(Act {
                id: "accept_supervisor_assignment",
                path: "/acceptance",
                summary: "Accept a supervisor assignment",
                about: "The supervisor says yes to the whole period, whatever the day of the \
                        answer: it is active from its first day. A system answers for supervisors \
                        of the municipalities that it acts for: those whom a municipality \
                        registered, or who supervise there on the day of the answer. Whoever has \
                        only asked does not answer, unless the supervisor is no municipality's \
                        yet.",
                by: Access::OfSupervisor,
                refuses: &[
                    &ASSIGNMENT_STATUS,
                    &SUPERVISOR_IS_TRAINEE,
                    &SUPERVISOR_NOT_QUALIFIED,
                    &TRAINEE_HAS_SUPERVISOR,
                ],
                rule: async |cx: &Cx<'_, Self>, asked: &AssignmentAnswer| {
                    let (on, concerned) = (cx.by.day(asked.on), Concerned::of(cx).await?);
                    answers(cx, on)?;
                    Ok(concerned.parties(cx.parties)?.accept(*cx.key, on)?)
                },
            })
            .act(Act {
                id: "decline_supervisor_assignment",
                path: "/declination",
                summary: "Decline a supervisor assignment",
                about: "The supervisor says no. A system answers for the same supervisors as when \
                        they accept.",
                by: Access::OfSupervisor,
                refuses: &[&ASSIGNMENT_STATUS],
                rule: async |cx: &Cx<'_, Self>, asked: &AssignmentAnswer| {
                    let on = cx.by.day(asked.on);
                    answers(cx, on)?;
                    Ok(one(cx.parties, cx.key)?.1.decline(on)?)
                },
            })
            .act(Act {
                id: "withdraw_supervisor_assignment",
                path: "/withdrawal",
                summary: "Withdraw the proposal of a supervisor assignment",
                about: "Before the supervisor has answered: what was accepted is ended instead. A \
                        proposal waits for an answer until its last day, and one without a last \
                        day until it is answered or withdrawn.",
                by: Access::Municipal,
                refuses: &[&ASSIGNMENT_STATUS],
                rule: async |cx: &Cx<'_, Self>, asked: &WithdrawAssignment| {
                    Ok(one(cx.parties, cx.key)?.1.withdraw(cx.by.day(asked.on))?)
                },
            })
            .act(Act {
                id: "pause_supervisor_assignment",
                path: "/pause",
                summary: "Pause a supervisor assignment",
                about: "It rests until it is resumed; meanwhile somebody else may supervise.",
                by: Access::Municipal,
                refuses: &[&ASSIGNMENT_STATUS, &OUTSIDE_ASSIGNMENT],
                rule: async |cx: &Cx<'_, Self>, asked: &PauseAssignment| {
                    Ok(one(cx.parties, cx.key)?.1.pause(asked.from.0, asked.reason)?)
                },
            })
            .act(Act {
                id: "resume_supervisor_assignment",
                path: "/resumption",
                summary: "Resume a supervisor assignment",
                about: "",
                by: Access::Municipal,
                refuses: &[&ASSIGNMENT_STATUS, &OUTSIDE_ASSIGNMENT, &TRAINEE_HAS_SUPERVISOR],
                rule: async |cx: &Cx<'_, Self>, asked: &ResumeAssignment| {
                    let concerned = Concerned::of(cx).await?;
                    Ok(concerned.parties(cx.parties)?.resume(*cx.key, asked.on.0)?)
                },
            })
            .act(Act {
                id: "end_supervisor_assignment",
                path: "/end",
                summary: "End a supervisor assignment",
                about: "",
                by: Access::Municipal,
                refuses: &[&ASSIGNMENT_STATUS, &OUTSIDE_ASSIGNMENT, &TRAINEE_HAS_SUPERVISOR],
                rule: async |cx: &Cx<'_, Self>, asked: &EndAssignment| {
                    let concerned = Concerned::of(cx).await?;
                    let parties = concerned.parties(cx.parties)?;
                    Ok(parties.end(*cx.key, asked.to.0, asked.reason)?)
                },
            })
            .act(Act {
                id: "correct_supervisor_assignment",
                path: "/correction",
                summary: "Correct what was recorded of a supervisor assignment",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Municipal,
                refuses: &[
                    &SUPERVISOR_IS_TRAINEE,
                    &SUPERVISOR_NOT_QUALIFIED,
                    &TRAINEE_HAS_SUPERVISOR,
                ],
                rule: async |cx: &Cx<'_, Self>, asked: &CorrectAssignment| {
                    let facts = asked.facts(one(cx.parties, cx.key)?.1)?;
                    let concerned = Concerned::of(cx).await?;
                    let parties = concerned.parties(cx.parties)?;
                    Ok(parties.correct(*cx.key, facts, asked.reason.clone())?)
                },
            })
            .may_end_it()
    }
}

/// Somebody to supervise a trainee.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ProposeAssignment {
    /// The trainee.
    trainee: Id,
    /// The supervisor: a specialist on the first day, or under a granted exemption in a
    /// municipality where the trainee then holds a position.
    supervisor: Id,
    /// First day.
    from: Day,
    /// Last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
    /// Where the two meet.
    mode: SupervisionMode,
    /// Whether they work at the same office.
    #[schema(example = true)]
    #[deserr(default)]
    same_office: Option<bool>,
    /// Minutes planned a month.
    #[deserr(default)]
    planned_minutes_per_month: Option<MonthMinutes>,
    /// What it is for; `individual` by default.
    #[deserr(default)]
    kind: Option<AssignmentKind>,
    /// What other systems call it; each id names one assignment.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

/// What a decision on an assignment reads beside its supervisor, guarded too: what the log holds
/// before an acceptance always justifies it.
struct Concerned {
    trainee: Option<Trainee>,
    supervision: Assignments,
    /// Of the numbers of the trainee's municipalities. Not guarded: it is told long before or long
    /// after its day.
    lineage: Lineage,
}

impl Concerned {
    async fn of(cx: &Cx<'_, Assignment>) -> Result<Self, Refusal> {
        Self::load(cx.view, one(cx.parties, cx.key)?.1.trainee).await
    }

    async fn load(view: &View, trainee: Uuid) -> Result<Self, Refusal> {
        let names = (trainee::subject(trainee), supervision_subject(trainee));
        let (trainee, supervision) =
            futures_util::try_join!(view.load::<Option<Trainee>>(&names.0), view.load(&names.1))?;
        let (trainee, supervision) = (trainee.state, supervision.state);
        let held = trainee.as_ref().map(|trainee| trainee.occupancies.iter());
        let numbers: Vec<_> =
            held.into_iter().flatten().map(|it| it.municipality.clone()).collect();
        let lineage = reference::lineage(view, numbers, None).await?;
        Ok(Self { trainee, supervision, lineage })
    }

    /// Everyone, or which field of the body names nobody.
    fn parties<'a>(&'a self, supervisor: &'a Option<Supervisor>) -> Result<Parties<'a>, Rejection> {
        let Some(supervisor) = supervisor else {
            return Err(Rejection::field("/supervisor", UNKNOWN_REFERENCE));
        };
        let Some(trainee) = &self.trainee else {
            return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE));
        };
        let (supervision, lineage) = (&self.supervision, &self.lineage);
        Ok(Parties { supervisor, trainee, supervision, lineage })
    }
}

async fn propose(
    view: &View,
    by: &By,
    _: &Place,
    asked: &ProposeAssignment,
) -> Result<Made<Assignment>, Refusal> {
    checked(&asked.external_ids)?;
    let proposal = Proposal {
        assignment: by.new_id,
        kind: asked.kind.unwrap_or(AssignmentKind::Individual),
        period: edge::period(asked.from, asked.to)?,
        mode: asked.mode,
        same_office: asked.same_office,
        planned_minutes_per_month: asked.planned_minutes_per_month,
        external_ids: asked.external_ids.clone(),
        on: by.today,
    };
    let name = subject(asked.supervisor.0);
    let supervisor = async { Ok(view.load::<Option<Supervisor>>(&name).await?.state) };
    let concerned = Concerned::load(view, asked.trainee.0);
    let (supervisor, concerned) = futures_util::try_join!(supervisor, concerned)?;
    let parties = concerned.parties(&supervisor)?;
    let homes = parties.trainee.home_municipalities_on(by.today);
    // Who is hidden from the caller is told like nobody.
    if !by.permissions().sees_trainee(parties.trainee.id, &homes) {
        return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE).into());
    }
    by.permissions().require_acts_for_any(&homes, Role::Trainee)?;
    // Already so: answer with the assignment that is.
    let id = parties.same(&proposal).unwrap_or(by.new_id);
    let facts = parties.propose(proposal)?;
    if !facts.is_empty() {
        free::<Assignment>(view, &asked.external_ids).await?;
    }
    Ok(Made::new(id, supervisor, facts))
}
