//! The table `trainees`: every doctor in training, findable by HPR number (a keyed hash) and by
//! what other systems call them. Names and numbers stay sealed.

use std::sync::LazyLock;

use super::domain::{SUBJECT, Scheme, Trainee};
use super::view::TraineeView;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::{HprNumber, MunicipalityNumber};

/// See the module.
pub struct Trainees;

/// A trainee, while nothing changes.
#[derive(PartialEq)]
pub struct Line {
    /// Keyed hash, never the number.
    hpr_lookup: String,
    /// Where the doctor holds positions.
    municipalities: Vec<MunicipalityNumber>,
    /// Whose the doctor is: see [`Trainee::home_municipalities_on`].
    home_municipalities: Vec<MunicipalityNumber>,
    view: TraineeView,
}

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    let registered = "When they were registered here. Names are sealed, and not sorted by.";
    Columns::<Line>::new(Rows::of_trainee("key"), By::key("created", registered))
        .column("hpr_lookup", |line| line.hpr_lookup.clone())
        .filter_of::<HprNumber, _>(
            "hpr_number",
            "Only the trainee with this HPR number.",
            "hpr_lookup = $$",
            |read, number| Some(read.service.vault.lookup(&number)),
        )
        .word("scheme", |line| line.view.scheme)
        .filter::<Scheme>("Only trainees under these rules on the day.")
        .column("municipalities", |line| line.municipalities.clone())
        .filed(
            "Only trainees who hold a position in this municipality on the day, also one that is \
             filed under a number which it had or took over by then.",
        )
        .column("home_municipalities", |line| line.home_municipalities.clone())
        .external_ids(
            "external",
            "external_id",
            "Only the trainee whom another system calls this: `system/id`.",
            |line| line.view.external_ids.clone(),
        )
        .body(|line| &line.view)
});

impl Table for Trainees {
    type State = Option<Trainee>;
    type Line = Line;
    const NAME: &'static str = "trainees";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = Some(
        "hpr_lookup = '', external = '{}', \
         body = (body::jsonb || '{\"sealed\": \"\", \"external_ids\": []}')::json",
    );

    fn lines(_key: &str, state: &Option<Trainee>) -> Vec<Stretch<Line>> {
        let Some(trainee) = state else { return vec![] };
        let lines = timeline(trainee.changes(), |day| {
            let held = trainee.occupancies.all_on(day).map(|held| held.municipality.clone());
            Some(Line {
                hpr_lookup: trainee.hpr_lookup.clone(),
                municipalities: held.collect(),
                home_municipalities: trainee.home_municipalities_on(day).into_iter().collect(),
                view: TraineeView::on(trainee, day),
            })
        });
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
