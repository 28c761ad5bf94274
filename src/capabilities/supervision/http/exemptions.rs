//! Supervision exemptions: drafted, listed, read, completed, submitted; what becomes of them.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::exemption_corrections::corrections;
use super::exemption_decisions::{RevokeExemption, decide, decide_appeal};
use crate::aggregate::Subject;
use crate::capabilities::reference::{self, municipality_in_use};
use crate::capabilities::supervision::application::Application;
use crate::capabilities::supervision::domain::{
    EXEMPTION_EXTERNAL_IDS, Event, ExemptionDrafted, Filed, TraineeCount, exemption_subject,
    subject,
};
use crate::capabilities::supervision::exemption::{Exemption, Exemptions};
use crate::capabilities::supervision::exemptions::Exemptions as Rows;
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::ExemptionView;
use crate::edge::{Day, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::{EXTERNAL_ID_TAKEN, Held, checked, free};
use crate::http::listing::Listing;
use crate::http::operation::{PathParameter, Place};
use crate::http::resource::{Act, By, Create, Cx, Kind, Made, Operations, Past, Resource};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::problem::Rejection;
use crate::time::FIRST_DAY;

impl Resource for Exemption {
    const KIND: Kind = Kind {
        name: "supervision_exemption",
        plural: "supervision_exemptions",
        noun: "supervision exemption",
        tag: "supervision exemptions",
        path: "/v1/supervision-exemptions",
        places: &[PathParameter::id(
            "id",
            "The exemption.",
            "01890a5d-ac96-774b-bcce-b302099a8062",
        )],
        read_by: Access::Individuals,
        about_read: "As it is on `as_of` (today by default): it expires by itself.",
        about_history: "Every event that concerns it, newest first, also of one that was recorded \
                        by mistake.",
        external_ids: Some((&EXEMPTION_EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Exemptions;
    type View = ExemptionView;

    async fn load(view: &View, id: &Uuid) -> Result<Exemptions, Refusal> {
        let exemptions: Exemptions = view.load(&exemption_subject(*id)).await?.state;
        exemptions.get(*id)?;
        Ok(exemptions)
    }

    fn home(_: &Exemptions, id: &Uuid) -> Subject {
        exemption_subject(*id)
    }

    fn evolve(exemptions: &mut Exemptions, event: &Event) {
        exemptions.evolve(event);
    }

    fn show(exemptions: &Exemptions, id: &Uuid, day: Date) -> Option<ExemptionView> {
        ExemptionView::on(exemptions.get(*id).ok()?, day)
    }

    fn first_day(_: &Exemptions, _: &Uuid) -> Date {
        FIRST_DAY // it is known from the day it was drafted at the latest
    }

    async fn concerns(view: &View, id: &Uuid, _: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        let filed: Filed = view.consult(&exemption_subject(*id)).await?.state;
        concerns.decided_by_directorate = filed.supervisor.is_some();
        concerns.municipalities.extend(filed.municipality);
        concerns.supervisor = filed.supervisor;
        Ok(concerns)
    }

    fn shows(_: &Exemptions, _: &Uuid) -> Option<Uuid> {
        None
    }

    fn past(id: &Uuid) -> Past {
        exemption_subject(*id).into()
    }

    fn named(exemptions: &Exemptions, id: &Uuid, _: &By) -> Result<Option<Held>, Rejection> {
        let exemption = exemptions.get(*id)?;
        Ok(Some(Held {
            ids: exemption.external_ids.clone(),
            members: vec![("supervisor", exemption.supervisor), ("exemption", *id)],
            subjects: vec![exemption_subject(*id), subject(exemption.supervisor)],
            municipality: Some(exemption.municipality.clone()),
        }))
    }

    fn rename(exemptions: &mut Exemptions, _: &Uuid, event: &external_ids::Event) {
        exemptions.rename(event, i64::MAX);
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were drafted, as they are on `as_of`.";
        Some(Listing::of::<Rows>("supervision exemptions", about, Access::Individuals))
    }

    fn operations() -> Operations<Self> {
        let procedure = Operations::<Self>::none()
            .create(Create {
                id: "draft_supervision_exemption",
                summary: "Draft a supervision exemption",
                about: "A trainee's own supervisor must be a specialist; where none can be found, \
                        the directorate may for a time let somebody else supervise. The draft is \
                        completed under `/details` and sent under `/submission`.",
                by: Access::Municipal,
                refuses: &[&EXTERNAL_ID_TAKEN],
                rule: draft,
            })
            .act(Act {
                id: "detail_supervision_exemption",
                path: "/details",
                summary: "Tell more of a drafted exemption",
                about: "What is told again replaces what was told before. Once submitted, it \
                        stands unless it is corrected.",
                by: Access::Municipal,
                refuses: &[&EXEMPTION_STATUS],
                rule: async |cx: &Cx<'_, Self>, asked: &DetailExemption| {
                    Ok(cx.parties.get(*cx.key)?.detail(asked.application(), cx.by.today)?)
                },
            })
            .act(Act {
                id: "submit_supervision_exemption",
                path: "/submission",
                summary: "Submit a supervision exemption",
                about: "Refused while anything is missing that the directorate must be told.",
                by: Access::Municipal,
                refuses: &[&EXEMPTION_INCOMPLETE, &EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER],
                rule: async |cx: &Cx<'_, Self>, asked: &ExemptionStep| {
                    Ok(cx.parties.get(*cx.key)?.submit(cx.by.day(asked.on))?)
                },
            })
            .act(Act {
                id: "decide_supervision_exemption",
                path: "/decision",
                summary: "Record the decision on a supervision exemption",
                about: "A granted exemption is for a time: both days are needed. It holds from \
                        before it was submitted only if the decision says so.",
                by: Access::OfDirectorate,
                refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE],
                rule: decide,
            })
            .act(Act {
                id: "appeal_supervision_exemption",
                path: "/appeal",
                summary: "Appeal the refusal of a supervision exemption",
                about: "",
                by: Access::Municipal,
                refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER],
                rule: async |cx: &Cx<'_, Self>, asked: &ExemptionStep| {
                    Ok(cx.parties.get(*cx.key)?.appeal(cx.by.day(asked.on))?)
                },
            })
            .act(Act {
                id: "decide_supervision_exemption_appeal",
                path: "/appeal-decision",
                summary: "Record the decision on an appeal about a supervision exemption",
                about: "A refusal that falls makes the exemption `granted`.",
                by: Access::OfDirectorate,
                refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE],
                rule: decide_appeal,
            })
            .act(Act {
                id: "revoke_supervision_exemption",
                path: "/revocation",
                summary: "Revoke a supervision exemption",
                about: "Assignments that rest on it lapse from that day by themselves.",
                by: Access::OfDirectorate,
                refuses: &[&EXEMPTION_STATUS],
                rule: async |cx: &Cx<'_, Self>, asked: &RevokeExemption| {
                    let exemption = cx.parties.get(*cx.key)?;
                    Ok(exemption.revoke(cx.by.day(asked.on), asked.reason.clone())?)
                },
            });
        corrections(procedure)
    }
}

/// Declares a body that tells an application, or more of one, beside the fields of its own.
macro_rules! application_body {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident { $( $(#[$own_meta:meta])+ $own:ident: $type:ty, )* }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Deserr, ToSchema)]
        #[deserr(deny_unknown_fields, error = Faults)]
        pub struct $name {
            $( $(#[$own_meta])+ pub(super) $own: $type, )*
            /// The first day applied for.
            #[deserr(default)]
            from: Option<Day>,
            /// The last day applied for.
            #[deserr(default)]
            to: Option<Day>,
            /// The disproportionate challenges of finding a specialist.
            #[deserr(default)]
            challenges: Option<Comment>,
            /// What was tried, and which neighbours were asked.
            #[deserr(default)]
            measures_tried: Option<Comment>,
            /// Specialists attached to the establishment.
            #[deserr(default)]
            specialists_attached: Option<TraineeCount>,
            /// Trainees in training there.
            #[deserr(default)]
            trainees_in_training: Option<TraineeCount>,
            /// Trainees who would have a supervisor who is no specialist.
            #[deserr(default)]
            trainees_with_non_specialist: Option<TraineeCount>,
            /// The competence of the temporary supervisor, without names.
            #[deserr(default)]
            competence: Option<Comment>,
        }

        impl $name {
            /// What it tells of the application.
            pub(super) fn application(&self) -> Application {
                Application {
                    from: self.from.map(|day| day.0),
                    to: self.to.map(|day| day.0),
                    challenges: self.challenges.clone(),
                    measures_tried: self.measures_tried.clone(),
                    specialists_attached: self.specialists_attached,
                    trainees_in_training: self.trainees_in_training,
                    trainees_with_non_specialist: self.trainees_with_non_specialist,
                    competence: self.competence.clone(),
                }
            }
        }
    };
}

application_body! {
    /// An application to draft. All but the first two can be told later, under `/details`.
    pub struct DraftExemption {
        /// The temporary supervisor, who is no specialist.
        supervisor: Id,
        /// The municipality that applies, and where the exemption shall hold.
        municipality: MunicipalityNumber,
        /// What other systems call it; each id names one exemption.
        #[deserr(default)]
        #[schema(required = false, max_items = 20)]
        external_ids: Vec<ExternalId>,
    }
}

application_body! {
    /// More of an application; what is left out stays.
    pub struct DetailExemption {}
}

application_body! {
    /// How the application really reads; what is left out stays.
    pub struct CorrectExemption {
        /// There never was such an application: it is taken out, and nothing else may be told. Only
        /// of one that is not decided; a decision is taken back first.
        #[deserr(default)]
        #[schema(required = false, default = false, example = false)]
        entered_in_error: bool,
        /// Why it is corrected.
        reason: Comment,
    }
}

/// The day of a step of the procedure.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ExemptionStep {
    /// The day it happens; today by default.
    #[deserr(default)]
    pub(super) on: Option<Day>,
}

async fn draft(
    view: &View,
    by: &By,
    _: &Place,
    asked: &DraftExemption,
) -> Result<Made<Exemption>, Refusal> {
    checked(&asked.external_ids)?;
    let (id, supervisor, municipality) = (by.new_id, asked.supervisor.0, &asked.municipality);
    by.permissions().require_acts_for(municipality)?;
    let application = asked.application();
    application.consistent()?;
    let day = application.from.unwrap_or(by.today);
    municipality_in_use(view, municipality, day).await?;
    let lineage = reference::lineage(view, [municipality.clone()], None).await?;
    let mut took_over = lineage.behind(municipality, day);
    took_over.remove(municipality);
    // Whoever is registered stays so: nothing about the supervisor need be guarded.
    let named: Option<Supervisor> = view.consult(&subject(supervisor)).await?.state;
    if named.is_none() {
        return Err(Rejection::field("/supervisor", UNKNOWN_REFERENCE).into());
    }
    view.is_new(&exemption_subject(id)).await?;
    free::<Exemption>(view, &asked.external_ids).await?;
    let drafted = ExemptionDrafted {
        exemption: id,
        supervisor,
        municipality: municipality.clone(),
        took_over,
        application,
        external_ids: asked.external_ids.clone(),
        on: by.today,
    };
    Ok(Made::new(id, Exemptions::default(), vec![drafted.into()]))
}
