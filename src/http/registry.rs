//! The list of operations, and what is made of it: routes, and whom an address concerns.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::guard;
use actix_web::{HttpRequest, web};

use super::operation::{Call, ConcernsOf, Method, Operation};

/// Registers operations with the server. There is one handler for all of them, and it is compiled
/// once.
pub fn routes(operations: &[Operation], config: &mut web::ServiceConfig) {
    for Operation { method, path, run, .. } in operations {
        let run = run.clone();
        let handler = move |request: HttpRequest, payload: web::Payload| {
            run(Call { request, payload: payload.into_inner() })
        };
        let resource = web::resource(path.as_str()).name(path);
        let resource = match method {
            Method::Get => resource.guard(guard::Get()),
            Method::Post => resource.guard(guard::Post()),
        };
        config.service(resource.to(handler));
    }
}

/// Whom addresses concern, by path template and method.
#[derive(Clone, Default)]
pub struct Looks(Arc<HashMap<String, ByMethod>>);

type ByMethod = Vec<(Method, Option<ConcernsOf>)>;

impl Looks {
    /// Those of some operations.
    ///
    /// # Panics
    /// When an address or an id is taken twice: the program does not start with either.
    pub fn of(operations: &[Operation]) -> Self {
        let mut looks = HashMap::<String, ByMethod>::new();
        let mut ids = std::collections::HashSet::new();
        for operation in operations {
            let Operation { method, path, id, concerns, .. } = operation;
            let at = looks.entry(path.clone()).or_default();
            let is_taken = at.iter().any(|(other, _)| other == method);
            assert!(!is_taken, "{} {path} is declared twice", method.as_str());
            assert!(ids.insert(id), "two operations are called {id}");
            at.push((*method, *concerns));
        }
        Self(Arc::new(looks))
    }

    /// How to find out whom an address concerns: nothing for addresses that no declaration tells
    /// of, and `Some(None)` for those that name no one resource.
    pub fn at(&self, method: &str, template: &str) -> Option<Option<ConcernsOf>> {
        let at = self.0.get(template)?;
        at.iter().find(|(name, _)| name.as_str() == method).map(|(_, concerns)| *concerns)
    }
}
