//! Facts that tests begin with where no operation records them.

use alis::aggregate::NewFact;
use alis::capabilities::reference::domain::{Event, MunicipalityRecorded};
use alis::edge::FromText;
use alis::event_log::{Decision, Reply, Request, View};
use alis::identifiers::MunicipalityNumber;
use alis::time::Period;

use super::instance::Instance;

/// A municipality number that is in use from 1900 on.
pub async fn municipality(instance: &Instance, number: &str) {
    let number = MunicipalityNumber::from_text(number).expect("a municipality number");
    let name = format!("Kommune {number}");
    let period = Period::since(jiff::civil::date(1900, 1, 1));
    let fact = Event::from(MunicipalityRecorded { number, name, period });
    record(instance, NewFact::of(&fact)).await;
}

/// Records a fact as it is, past all rules.
pub async fn record(instance: &Instance, fact: NewFact) {
    let request = Request {
        key: None,
        fingerprint: [0; 32],
        if_match: None,
        meta: serde_json::Map::new(),
        dry_run: false,
    };
    let decide = async |_: &View| {
        Ok(Decision {
            main: fact.subjects[0].clone(),
            facts: vec![fact.clone()],
            person_keys: vec![],
            reply: Reply { status: 201, location: None, head: None, body: serde_json::Value::Null },
        })
    };
    let log = &instance.running.service.log;
    log.execute(&request, decide).await.expect("nothing guards this fact");
}
