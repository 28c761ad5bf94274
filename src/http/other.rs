//! Operations that are neither a read of a resource nor an act on one: another answer than the
//! resource's look, or nothing that is one resource. What all operations must say they say as well.

use std::rc::Rc;
use std::sync::Arc;

use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::access::Access;
use super::operation::{
    Asked, Call, ConcernsOf, Later, Method, Operation, PathParameter, Place, Run, Success, named,
};
use super::resource::{By, Decide, execute};
use super::{Answer, Change};
use crate::event_log::{Decision, Refusal, View};
use crate::problem::Problem;

/// An operation of a form of its own.
pub struct Other<'a, F> {
    pub id: &'static str,
    /// The template of its path, and the places in it.
    pub path: &'static str,
    pub places: &'a [PathParameter],
    /// The group of operations that it is in.
    pub tag: &'static str,
    pub summary: &'static str,
    /// What else callers should know; may be empty.
    pub about: &'static str,
    pub by: Access,
    pub refuses: &'a [&'static Problem],
    /// Whom what its address names concerns; nothing where that is no one resource.
    pub concerns: Option<ConcernsOf>,
    pub success: Success,
    pub rule: F,
}

impl<F: Copy> Other<'_, F> {
    fn operation(&self, method: Method, run: Run) -> Operation {
        Operation {
            method,
            path: self.path.to_owned(),
            id: self.id.to_owned(),
            tag: self.tag,
            summary: self.summary.to_owned(),
            about: self.about.to_owned(),
            access: self.by,
            refuses: self.refuses.to_vec(),
            places: self.places.to_vec(),
            parameters: Arc::new(Vec::new),
            parameter_types: vec![],
            body: None,
            success: self.success.clone(),
            concerns: self.concerns,
            run,
        }
    }
}

/// A change whose rule makes the whole decision, the answer included.
pub fn change<B, F>(other: Other<'_, F>) -> Operation
where
    B: Asked,
    F: for<'a> AsyncFn(&'a View, &'a By, &'a Place, &'a B) -> Result<Decision, Refusal>
        + Copy
        + Send
        + Sync
        + 'static,
{
    let (path, rule) = (other.path, other.rule);
    let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        Box::pin(async move {
            let change: Change = call.read().await?;
            let body = call.body::<B>().await?;
            let place = Place::of(path, call.request.match_info().as_str());
            let asked = Rc::new((change.by(), place, body.value));
            let decide: Decide = Box::new(move |view| {
                let asked = asked.clone();
                Box::pin(async move {
                    let (by, place, body) = &*asked;
                    rule(view, by, place, body).await
                })
            });
            execute(change, body.canonical, decide).await
        })
    });
    Operation { body: Some(named::<B>), ..other.operation(Method::Post, run) }
}

/// A read that answers by itself; `parameters` are its own in the query, for the document.
pub fn read<F>(other: Other<'_, F>, parameters: fn() -> Vec<Parameter>) -> Operation
where
    F: AsyncFn(Call, Place) -> Answer + Copy + Send + Sync + 'static,
{
    let (path, rule) = (other.path, other.rule);
    let run = Arc::new(move |call: Call| -> Later<'static, Answer> {
        Box::pin(async move {
            let place = Place::of(path, call.request.match_info().as_str());
            rule(call, place).await
        })
    });
    Operation { parameters: Arc::new(parameters), ..other.operation(Method::Get, run) }
}

/// The parameters of a type in the query.
pub fn query<T: IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(ParameterIn::Query))
}
