//! Counts supervision by reading the sample's lines.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use crate::staffing::count::{OPEN, Sample, text};

/// What is counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub trainees: usize,
    pub with_supervisor: usize,
    pub without_supervisor: usize,
    pub lapsed: usize,
    pub by_exemption: usize,
    pub off_site: usize,
    pub exemptions_expiring_within_90_days: usize,
    /// Rows whose supervisor has more than the capacity.
    pub over_capacity: usize,
}

/// The same figures as the service tells them.
pub fn figures(report: &Value) -> Count {
    let number = |name: &str| {
        let recorded = report["totals"][name].as_u64();
        usize::try_from(recorded.unwrap_or_else(|| panic!("{name}: {report}"))).expect("few")
    };
    let rows = report["rows"].as_array().expect("rows");
    Count {
        trainees: number("trainees"),
        with_supervisor: number("with_supervisor"),
        without_supervisor: number("without_supervisor"),
        lapsed: number("lapsed"),
        by_exemption: number("by_exemption"),
        off_site: number("off_site"),
        exemptions_expiring_within_90_days: number("exemptions_expiring_within_90_days"),
        over_capacity: rows.iter().filter(|row| row["over_capacity"] == true).count(),
    }
}

/// Days as texts, both inclusive.
type Days = (String, String);

fn covers(days: &Days, day: &str) -> bool {
    days.0.as_str() <= day && day <= days.1.as_str()
}

struct Held {
    trainee: String,
    position: String,
    days: Days,
}

struct Supervisor {
    specialist: Option<Days>,
    /// From which day how many.
    capacity: BTreeMap<String, u64>,
}

struct Exemption {
    supervisor: String,
    municipality: String,
    granted: Option<Days>,
}

struct Assignment {
    trainee: String,
    supervisor: String,
    days: Days,
    elsewhere: bool,
    accepted: bool,
    /// Rests: from, and the day before it goes on.
    rests: Vec<Days>,
}

impl Assignment {
    fn take(&mut self, what: &str, body: &Value) {
        match what {
            "acceptance" => self.accepted = true,
            "declination" => {}
            "end" => self.days.1 = given(&body["to"]),
            "pause" => self.rests.push((given(&body["from"]), OPEN.to_owned())),
            "resumption" => {
                let on: Date = given(&body["on"]).parse().expect("a day");
                let rest = self.rests.last_mut().expect("it rests");
                rest.1 = on.yesterday().expect("an ordinary day").to_string();
            }
            other => panic!("the sample says {other} of an assignment"),
        }
    }
}

#[derive(Default)]
struct World {
    municipality_of: BTreeMap<String, String>,
    held: BTreeMap<String, Held>,
    supervisors: BTreeMap<String, Supervisor>,
    exemptions: BTreeMap<String, Exemption>,
    assignments: BTreeMap<String, Assignment>,
}

fn given(value: &Value) -> String {
    text(value).unwrap_or_else(|| panic!("the sample tells it: {value}"))
}

fn named(value: &Value) -> String {
    given(value).trim_matches(['{', '}']).to_owned()
}

fn days(body: &Value) -> Days {
    (given(&body["from"]), text(&body["to"]).unwrap_or(OPEN.to_owned()))
}

impl World {
    fn take(&mut self, parts: &[&str], line: &Value) {
        let body = &line["body"];
        let name = || given(&line["as"]);
        match *parts {
            ["positions"] => {
                self.municipality_of.insert(name(), given(&body["municipality"]));
            }
            ["positions", position, "occupancies"] => {
                let (trainee, position) = (named(&body["trainee"]), position.to_owned());
                self.held.insert(name(), Held { trainee, position, days: days(body) });
            }
            ["positions", _, "occupancies", occupancy, "end" | "correction"] => {
                self.held.get_mut(occupancy).expect("filled").days.1 = given(&body["to"]);
            }
            ["supervisors"] => {
                let since = text(&body["specialist_since"]).map(|from| (from, OPEN.to_owned()));
                let capacity = body["capacity"].as_u64().unwrap_or(3);
                let capacity = BTreeMap::from([(String::new(), capacity)]);
                self.supervisors.insert(name(), Supervisor { specialist: since, capacity });
            }
            ["supervisors", who, what] => {
                let who = self.supervisors.get_mut(who).expect("registered");
                if what == "capacity" {
                    let trainees = body["trainees"].as_u64().expect("a number");
                    who.capacity.insert(given(&body["from"]), trainees);
                } else {
                    assert_eq!(what, "courses", "is counted nowhere");
                }
            }
            ["supervisors", who, "specialist-status", "end"] => {
                let who = self.supervisors.get_mut(who).expect("registered");
                who.specialist.as_mut().expect("a specialist").1 = given(&body["to"]);
            }
            ["supervision-exemptions"] => {
                let (supervisor, municipality) =
                    (named(&body["supervisor"]), given(&body["municipality"]));
                let exemption = Exemption { supervisor, municipality, granted: None };
                self.exemptions.insert(name(), exemption);
            }
            ["supervision-exemptions", which, "decision"] if body["outcome"] == "granted" => {
                self.exemptions.get_mut(which).expect("drafted").granted = Some(days(body));
            }
            ["supervisor-assignments"] => {
                let same_office = body["same_office"].as_bool();
                let assignment = Assignment {
                    trainee: named(&body["trainee"]),
                    supervisor: named(&body["supervisor"]),
                    days: days(body),
                    elsewhere: same_office.map_or(body["mode"] != "on_site", |same| !same),
                    accepted: false,
                    rests: vec![],
                };
                self.assignments.insert(name(), assignment);
            }
            ["supervisor-assignments", which, what] => {
                self.assignments.get_mut(which).expect("proposed").take(what, body);
            }
            _ => {} // about something else
        }
    }

    fn municipality_on(&self, trainee: &str, day: &str) -> Option<&String> {
        let mut held = self.held.values();
        let held = held.find(|held| held.trainee == trainee && covers(&held.days, day))?;
        self.municipality_of.get(&held.position)
    }

    fn is_held(assignment: &Assignment, day: &str) -> bool {
        let rests = assignment.rests.iter().any(|rest| covers(rest, day));
        assignment.accepted && covers(&assignment.days, day) && !rests
    }

    fn is_specialist(&self, supervisor: &str, day: &str) -> bool {
        self.supervisors[supervisor].specialist.as_ref().is_some_and(|days| covers(days, day))
    }

    /// The exemption under which an assignment is held on a day.
    fn exemption(&self, assignment: &Assignment, day: &str) -> Option<(&String, &Exemption)> {
        let place = self.municipality_on(&assignment.trainee, &assignment.days.0);
        self.exemptions.iter().find(|(_, exemption)| {
            exemption.supervisor == assignment.supervisor
                && Some(&exemption.municipality) == place
                && exemption.granted.as_ref().is_some_and(|days| covers(days, day))
        })
    }

    fn is_active(&self, assignment: &Assignment, day: &str) -> bool {
        Self::is_held(assignment, day)
            && (self.is_specialist(&assignment.supervisor, day)
                || self.exemption(assignment, day).is_some())
    }

    fn is_over_capacity(&self, supervisor: &str, day: &str) -> bool {
        let of = |a: &&Assignment| a.supervisor == supervisor && self.is_active(a, day);
        let trainees: BTreeSet<_> =
            self.assignments.values().filter(of).map(|a| &a.trainee).collect();
        let capacity = &self.supervisors[supervisor].capacity;
        let most = capacity.range(..=day.to_owned()).next_back().map(|(_, most)| *most);
        u64::try_from(trainees.len()).expect("few") > most.expect("there is a first")
    }

    fn count(&self, day: &str) -> Count {
        let holds = |held: &&Held| covers(&held.days, day);
        let trainees: BTreeSet<_> =
            self.held.values().filter(holds).map(|held| held.trainee.as_str()).collect();
        let soon: Date = day.parse().expect("a day");
        let soon = soon.checked_add(90.days()).expect("an ordinary day").to_string();
        let mut count = Count { trainees: trainees.len(), ..Count::default() };
        let mut expiring = BTreeSet::new();
        for trainee in trainees {
            let of = |a: &&Assignment| a.trainee == trainee && Self::is_held(a, day);
            let Some(assignment) = self.assignments.values().find(of) else { continue };
            if !self.is_active(assignment, day) {
                count.lapsed += 1;
                continue;
            }
            count.with_supervisor += 1;
            count.off_site += usize::from(assignment.elsewhere);
            let over = self.is_over_capacity(&assignment.supervisor, day);
            count.over_capacity += usize::from(over);
            if !self.is_specialist(&assignment.supervisor, day) {
                count.by_exemption += 1;
                let (name, exemption) = self.exemption(assignment, day).expect("it is active");
                let last = exemption.granted.as_ref().map(|days| days.1.clone());
                expiring.extend(last.filter(|last| *last <= soon).map(|_| name));
            }
        }
        count.without_supervisor = count.trainees - count.with_supervisor;
        count.exemptions_expiring_within_90_days = expiring.len();
        count
    }
}

/// Counts on a day from the lines up to one of them.
pub fn count(sample: &Sample, day: &str, last_line: u64) -> Count {
    let mut world = World::default();
    for (parts, line) in sample.posts(last_line) {
        world.take(&parts, line);
    }
    world.count(day)
}
