//! What every resource has: read, list, history, and external ids where it has them.

use std::sync::Arc;

use utoipa::openapi::path::Parameter;

use super::{Operations, Past, Resource, bare, key_of};
use crate::event_log::feed::About;
use crate::http::cloud_event::CloudEvent;
use crate::http::listing::Listing;
use crate::http::operation::{Call, Later, Operation, Success, named_page};
use crate::http::page::{Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, History, InTime, Read, access_audit, external_ids, today};

/// Everything that can be asked of a resource, declared or following from what it is.
pub fn operations_of<R: Resource>() -> Vec<Operation> {
    let kind = const { &R::KIND };
    let Operations { list: mut all, naming_refuses, .. } = R::operations();
    if let Some(listing) = R::listing() {
        all.push(list_operation::<R>(listing));
    }
    all.push(read_operation::<R>());
    all.push(history_operation::<R>());
    if let Some((_, access)) = kind.external_ids {
        all.extend(external_ids::operations::<R>(access, &naming_refuses));
    }
    all
}

/// The parameters in the query that a type declares.
pub fn axes<T: utoipa::IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query))
}

fn list_operation<R: Resource>(listing: Listing) -> Operation {
    let kind = const { &R::KIND };
    let others = kind.places.len().saturating_sub(1);
    let id = format!("list_{}", kind.plural);
    let places = kind.places[..others].to_vec();
    Operation { id, places, ..listing.operation(kind.tag, kind.path, named_page::<R::View>) }
}

fn read_operation<R: Resource>() -> Operation {
    let kind = const { &R::KIND };
    let template = kind.path_of_one();
    let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        let template = template.clone();
        Box::pin(async move {
            let read: Read = call.read().await?;
            let key = key_of::<R::Key>(&template, &call)?;
            read.shown::<R>(key).await
        })
    });
    Operation {
        parameters: Arc::new(axes::<TimeAxes>),
        ..bare::<R>(
            format!("read_{}", kind.name),
            format!("Read {} {}", article(kind.noun), kind.noun),
            kind.about_read,
            kind.read_by,
            &[],
            run,
        )
    }
}

fn history_operation<R: Resource>() -> Operation {
    let kind = const { &R::KIND };
    let template = kind.path_of_one();
    let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        let template = template.clone();
        Box::pin(async move {
            let list: History = call.read().await?;
            let key = key_of::<R::Key>(&template, &call)?;
            let view = list.read.service.log.view();
            let concerns = R::concerns(&view, &key, today()).await?;
            if let Some(trainee) = concerns.shows {
                access_audit::about(trainee);
            }
            let Past { subjects, member } = R::past(&key);
            let member = member.as_ref().map(|(name, value)| (*name, value.as_str()));
            list.history_of(About { subjects: &subjects, member }).await
        })
    });
    let parameters = || [axes::<Sort<InTime>>(), axes::<TimeAxes>(), axes::<Paging>()].concat();
    Operation {
        path: format!("{}/history", kind.path_of_one()),
        parameters: Arc::new(parameters),
        success: Success::json(200, "A page of events", named_page::<CloudEvent>),
        ..bare::<R>(
            format!("read_{}_history", kind.name),
            format!("Read {} {}'s history", article(kind.noun), kind.noun),
            kind.about_history,
            kind.read_by,
            &[],
            run,
        )
    }
}

/// The article of a noun.
pub fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']) { "an" } else { "a" }
}
