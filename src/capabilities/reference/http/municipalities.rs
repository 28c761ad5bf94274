//! The operations on municipalities.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::domain::{Centrality, Event, municipality_subject};
use super::super::geography::HealthRegion;
use super::super::municipalities::comparable;
use super::super::municipality::{Known, Municipality};
use super::super::problems::*;
use super::super::view::MunicipalityView;
use crate::edge::{self, Day, Fault, Faults, FromText, Id, day_or_never};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, Filtered, History, InTime, List, ListQuery, Read};
use crate::identifiers::{Comment, MunicipalityNumber, Name};
use crate::problem::{Rejection, common};
use crate::time::{FIRST_DAY, Period};
use crate::{evolved, read_from_text, text_type};

/// Municipalities of one name that are named in a refusal. Norway has never had more than a few.
const NAMESAKES_MAX: i64 = 20;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(record)
        .service(list_all)
        .service(look_up)
        .service(read_one)
        .service(history)
        .service(succeed)
        .service(correct_succession)
        .service(classify);
}

/// A municipality number that is in use.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecordMunicipality {
    /// The number.
    number: MunicipalityNumber,
    /// The name, as Statistics Norway writes it.
    name: Name,
    /// The first day it has this number and name.
    from: Day,
    /// The last day, when there is one.
    #[deserr(default)]
    to: Option<Day>,
}

fn replied(status: u16, state: &Municipality, day: Date) -> Result<Reply, Refusal> {
    let known = state.known()?;
    // A number that comes into use later is shown as it will be on its first day.
    let first = known.names.first_day().unwrap_or(FIRST_DAY);
    let shown = MunicipalityView::on(state, day.max(first));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/municipalities/{}", known.number));
    Ok(Reply { status, location, head: None, body })
}

/// Record a municipality
///
/// A number is in use, under a name, for a time. Told again with the same first day, the later
/// statement replaces the earlier; told with a later first day, it takes over from that day.
#[utoipa::path(tag = "municipalities", operation_id = "record_municipality",
    request_body = RecordMunicipality,
    responses((status = 201, description = "The municipality", body = MunicipalityView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/municipalities")]
async fn record(change: Change, body: Body<RecordMunicipality>) -> Answer {
    let (asked, today) = (body.value, change.today);
    let period = edge::period(asked.from, asked.to)?;
    let decide = async |view: &View| {
        let subject = municipality_subject(&asked.number);
        let loaded: Loaded<Municipality> = view.load(&subject).await?;
        let facts = loaded.state.record(asked.number.clone(), asked.name.clone(), period);
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject, &facts, replied(201, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

text_type! {
    /// County number: two digits, a leading zero kept. It means something only on a day.
    pub struct CountyNumber;
    pattern = "^[0-9]{2}$", min = 2, max = 2, example = "55";
}

impl FromText for CountyNumber {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let valid = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        valid.then(|| Self(text.to_owned())).ok_or(Fault::new(
            "invalid_county_number",
            "Must be a county number: two digits.",
            "Må være et fylkesnummer: to sifre.",
        ))
    }
}

/// A centrality class in a query string, where everything is text.
#[derive(Debug, Clone, Copy)]
struct ClassText(Centrality);

impl FromText for ClassText {
    fn from_text(text: &str) -> Result<Self, Fault> {
        match text.as_bytes() {
            [digit @ b'1'..=b'6'] => Ok(Self(Centrality(digit - b'0'))),
            _ => Err(Fault::new(
                "out_of_range",
                "Must be a whole number from 1 to 6.",
                "Må være et helt tall fra 1 til 6.",
            )),
        }
    }
}
read_from_text!(ClassText);

/// Which municipalities.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct MunicipalityFilters {
    /// Only the municipality with this number.
    #[deserr(default)]
    number: Option<MunicipalityNumber>,
    /// Only municipalities of this name, in any of its languages, with or without the county that
    /// is added to names that two share. Capitals do not matter.
    #[deserr(default)]
    name: Option<Name>,
    /// Only municipalities of this county on the day.
    #[param(inline)]
    #[deserr(default)]
    county: Option<CountyNumber>,
    /// Only municipalities of this health region on the day.
    #[deserr(default)]
    health_region: Option<HealthRegion>,
    /// Only municipalities that this ALIS office answers for on the day.
    #[param(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    #[deserr(default)]
    alis_office: Option<Id>,
    /// Only municipalities of this centrality class on the day.
    #[param(value_type = Option<Centrality>)]
    #[deserr(default)]
    centrality: Option<ClassText>,
}

/// What municipalities are sorted by.
pub struct MunicipalityOrders;

impl Orders for MunicipalityOrders {
    const ALL: &'static [By] = &[
        By::key("number", "Their number."),
        By::text("name", "name_order", "Their name, in the Norwegian order of letters."),
    ];
}

/// List municipalities
///
/// Those whose number is in use on `as_of`, in the order of their numbers.
#[utoipa::path(tag = "municipalities", operation_id = "list_municipalities",
    params(MunicipalityFilters, Sort<MunicipalityOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of municipalities", body = Page<MunicipalityView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/municipalities")]
async fn list_all(list: List<MunicipalityFilters, MunicipalityOrders>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("municipalities", Rows::open())
        .filter("key = $$", filters.number.as_ref().map(|number| number.to_string()))
        .filter("names @> array[$$::text]", filters.name.as_ref().map(|n| comparable(n.as_str())))
        .filter("county = $$", filters.county.as_ref().map(|county| county.as_str().to_owned()))
        .filter("health_region = $$", filters.health_region.map(|region| region.to_string()))
        .filter("alis_office = $$", filters.alis_office.map(|id| id.0))
        .filter("centrality = $$", filters.centrality.map(|class| i16::from(class.0.0)))
        .answer(list)
        .await
}

/// The name that is looked up.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct MunicipalityName {
    /// The name, in any of its languages, with or without the county that is added to names that
    /// two share. Capitals do not matter.
    name: Name,
}

/// Look up a municipality by its name
///
/// The one municipality that has the name on `as_of`. A name that several have is an error which
/// names their numbers: nothing is guessed.
#[utoipa::path(tag = "municipalities", operation_id = "look_up_municipality",
    params(MunicipalityName, TimeAxes),
    responses((status = 200, description = "The municipality", body = MunicipalityView)),
    extensions(("x-access" = json!("anybody")), ("x-problems" = json!(codes(&[&MUNICIPALITY_NAME_AMBIGUOUS, &common::NOT_FOUND])))))]
#[get("/v1/municipalities/lookup")]
async fn look_up(asked: Filtered<MunicipalityName>) -> Answer {
    let name = comparable(asked.filters.name.as_str());
    let found = ListQuery::of("municipalities", Rows::open())
        .filter("names @> array[$$::text]", Some(name))
        .found(&asked.read, NAMESAKES_MAX)
        .await?;
    match &found.items[..] {
        [] => Err((&common::NOT_FOUND).into()),
        [one] => found.one(&asked.read, one),
        several => {
            let numbers: Vec<&str> =
                several.iter().filter_map(|item| item["number"].as_str()).collect();
            Err(Rejection::new(&MUNICIPALITY_NAME_AMBIGUOUS)
                .with("day", found.as_of)
                .with("numbers", numbers)
                .into())
        }
    }
}

/// Read a municipality
///
/// As it is on `as_of`. A number that is no longer in use is shown as on its last day, with what
/// became of it.
#[utoipa::path(tag = "municipalities", operation_id = "read_municipality",
    params(("number" = MunicipalityNumber, Path, description = "The municipality's number."), TimeAxes),
    responses((status = 200, description = "The municipality", body = MunicipalityView)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/municipalities/{number}")]
async fn read_one(read: Read, number: Path<MunicipalityNumber>) -> Answer {
    read.resource(&municipality_subject(&number), MunicipalityView::on).await
}

/// Read a municipality's history
///
/// Every event that concerns it as reference data, newest first.
#[utoipa::path(tag = "municipalities", operation_id = "read_municipality_history",
    params(("number" = MunicipalityNumber, Path, description = "The municipality's number."), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/municipalities/{number}/history")]
async fn history(list: History, number: Path<MunicipalityNumber>) -> Answer {
    list.history(&[municipality_subject(&number)]).await
}

/// A municipality that another gives way to.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SucceedMunicipality {
    /// The new municipality; its number must be in use on that day.
    successor: MunicipalityNumber,
    /// The first day of the new.
    on: Day,
}

/// A rule on one municipality: load, decide, answer with the municipality as it then is.
async fn on_municipality(
    change: Change,
    canonical: &str,
    number: &MunicipalityNumber,
    rule: impl AsyncFn(&View, &Known) -> Result<Vec<Event>, Refusal>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let subject = municipality_subject(number);
        let loaded: Loaded<Municipality> = view.load(&subject).await?;
        let facts = rule(view, loaded.state.known()?).await?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject, &facts, replied(200, &next, today)?))
    };
    change.execute(canonical, decide).await
}

/// Record what a municipality became
///
/// Mergers are several municipalities with one successor, splits one with several. Told again with
/// another day, the later statement holds.
#[utoipa::path(tag = "municipalities", operation_id = "record_succession",
    params(("number" = MunicipalityNumber, Path, description = "The municipality that gives way.")),
    request_body = SucceedMunicipality,
    responses((status = 200, description = "The municipality", body = MunicipalityView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/municipalities/{number}/successions")]
async fn succeed(
    change: Change,
    number: Path<MunicipalityNumber>,
    body: Body<SucceedMunicipality>,
) -> Answer {
    let SucceedMunicipality { successor, on } = body.value;
    let rule = async |view: &View, known: &Known| {
        let is: Loaded<Municipality> = view.consult(&municipality_subject(&successor)).await?;
        Ok(known.succeed(&successor, &is.state, on.0)?)
    };
    on_municipality(change, &body.canonical, &number, rule).await
}

/// How a succession really was.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectSuccession {
    /// The new municipality, as it was recorded.
    successor: MunicipalityNumber,
    /// The first day of the new; its number must be in use then.
    #[deserr(default)]
    on: Option<Day>,
    /// There was no such succession: it is taken out, and no day may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what a municipality became
///
/// A succession that was recorded by mistake is taken out of both municipalities, or put on its
/// day. The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "municipalities", operation_id = "correct_succession",
    params(("number" = MunicipalityNumber, Path, description = "The municipality that gives way.")),
    request_body = CorrectSuccession,
    responses((status = 200, description = "The municipality", body = MunicipalityView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/municipalities/{number}/successions/correction")]
async fn correct_succession(
    change: Change,
    number: Path<MunicipalityNumber>,
    body: Body<CorrectSuccession>,
) -> Answer {
    let asked = &body.value;
    let on = day_or_never(asked.on, asked.never_was)?;
    let rule = async |view: &View, known: &Known| {
        let successor = municipality_subject(&asked.successor);
        let is: Loaded<Municipality> = view.consult(&successor).await?;
        Ok(known.correct_succession(&asked.successor, &is.state, on, asked.reason.clone())?)
    };
    on_municipality(change, &body.canonical, &number, rule).await
}

/// A municipality's centrality.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ClassifyMunicipality {
    /// The class.
    class: Centrality,
    /// The first day it holds.
    from: Day,
    /// The last day, when there is one.
    #[deserr(default)]
    to: Option<Day>,
}

/// Record the centrality of a municipality
///
/// Told again with the same first day, the later statement replaces the earlier.
#[utoipa::path(tag = "municipalities", operation_id = "record_centrality",
    params(("number" = MunicipalityNumber, Path, description = "The municipality's number.")),
    request_body = ClassifyMunicipality,
    responses((status = 200, description = "The municipality", body = MunicipalityView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&CENTRALITY_OVERLAPS])))))]
#[post("/v1/municipalities/{number}/centralities")]
async fn classify(
    change: Change,
    number: Path<MunicipalityNumber>,
    body: Body<ClassifyMunicipality>,
) -> Answer {
    let asked = body.value;
    let period: Period = edge::period(asked.from, asked.to)?;
    let rule = async |_: &View, known: &Known| Ok(known.classify(asked.class, period)?);
    on_municipality(change, &body.canonical, &number, rule).await
}
