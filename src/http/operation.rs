//! Operations as values. What every operation must say is a field without default: the compiler
//! names the one left out.
//!
//! A typed declaration ([`super::resource::Act`], [`super::resource::Create`]) is erased to an
//! [`Operation`] as soon as it stands in a list; routes, the gate and the document are made of the
//! list, so that nothing about an operation is said twice.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse};
use deserr::Deserr;
use jiff::civil::Date;
use serde_json::{Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, ResponsesBuilder, Schema,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::access::Access;
use super::concerns::Concerns;
use super::page::Page;
use super::{Answer, Body, ProblemResponse, problems};
use crate::edge::{Faults, FromText};
use crate::event_log::{Refusal, View};
use crate::problem::{Problem, Rejection};

/// A future of a value that forgot which function it is of. It stays on its thread.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// How an operation runs.
pub type Run = Arc<dyn Fn(Call) -> Later<'static, Answer> + Send + Sync>;

/// Whom what an address names concerns.
pub type ConcernsOf = for<'a> fn(&'a View, &'a Place, Date) -> Later<'a, Result<Concerns, Refusal>>;

/// What an operation is called with, once the gate has let the caller in.
pub struct Call {
    pub request: HttpRequest,
    pub payload: Payload,
}

impl Call {
    /// What a part of the request says.
    pub async fn read<T: FromRequest<Error = ProblemResponse>>(
        &mut self,
    ) -> Result<T, ProblemResponse> {
        T::from_request(&self.request, &mut self.payload).await
    }

    /// The body, read whole.
    pub async fn body<B: Asked>(&mut self) -> Result<Body<B>, ProblemResponse> {
        self.read().await
    }
}

/// What a request body is: it derives `Deserr` and `ToSchema`.
#[diagnostic::on_unimplemented(message = "`{Self}` is no body: derive `Deserr` and `ToSchema`")]
pub trait Asked: Deserr<Faults> + ToSchema + 'static {}
impl<T: Deserr<Faults> + ToSchema + 'static> Asked for T {}

/// The values of the places `{name}` of a path template, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Vec<String>);

impl Place {
    /// Those of an address that fits a template.
    pub fn of(template: &str, path: &str) -> Self {
        let pairs = template.split('/').zip(path.split('/'));
        let values = pairs.filter(|(name, _)| name.starts_with('{'));
        Self(values.map(|(_, value)| value.to_owned()).collect())
    }

    /// Every one, in order.
    pub fn values(&self) -> &[String] {
        &self.0
    }

    /// One of them; empty when there are not so many.
    pub fn value(&self, place: usize) -> &str {
        self.0.get(place).map_or("", String::as_str)
    }
}

impl Place {
    /// One of them, read.
    ///
    /// # Errors
    /// What cannot be read is the address of nothing.
    pub fn read<T: FromText>(&self, place: usize) -> Result<T, Rejection> {
        T::from_text(self.value(place)).map_err(|_fault| (&problems::NOT_FOUND).into())
    }
}

impl From<Vec<String>> for Place {
    fn from(values: Vec<String>) -> Self {
        Self(values)
    }
}

/// A place `{name}` in a path, for the document.
#[derive(Debug, Clone, Copy)]
pub struct PathParameter {
    pub name: &'static str,
    pub about: &'static str,
    pub example: &'static str,
    pub schema: fn() -> RefOr<Schema>,
}

impl PathParameter {
    /// A place for an id that this service made.
    pub const fn id(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { name, about, example, schema: crate::edge::Id::schema }
    }

    /// A place for another value, whose type the document describes beside it.
    pub const fn of<T: ToSchema>(
        name: &'static str,
        about: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, about, example, schema: || Ref::from_schema_name(T::name()).into() }
    }

    fn documented(&self) -> Parameter {
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(self.about))
            .schema(Some((self.schema)()))
            .example(Some(json!(self.example)))
            .build()
    }
}

/// The way an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

impl Method {
    /// The word for it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A schema by its name, with all that it refers to. Schemas cost memory: they are made when the
/// document is, hence functions.
pub type Named = fn(&mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema>;

/// The schema of a type, by its name.
pub fn named<T: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    // `T::schemas` lists what `T` refers to, and not `T`.
    all.push((T::name().into_owned(), T::schema()));
    T::schemas(all);
    Ref::from_schema_name(T::name()).into()
}

/// The schema of a page of things. The derived name of a generic type leaves out of what it is.
pub fn named_page<T: ToSchema + serde::Serialize>(
    all: &mut Vec<(String, RefOr<Schema>)>,
) -> RefOr<Schema> {
    let name = format!("Page_{}", T::name());
    all.push((name.clone(), Page::<T>::schema()));
    all.push((T::name().into_owned(), T::schema()));
    T::schemas(all);
    Ref::from_schema_name(name).into()
}

/// The schema of what there may be nothing of.
pub fn named_or_null<T: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
    let null = ObjectBuilder::new().schema_type(Type::Null);
    Schema::OneOf(OneOfBuilder::new().item(null).item(named::<T>(all)).build()).into()
}

/// What an operation answers when all is well.
#[derive(Clone)]
pub struct Success {
    pub status: u16,
    pub description: String,
    /// By media type.
    pub content: Vec<(&'static str, Named)>,
}

impl Success {
    /// A document.
    pub fn json(status: u16, description: impl Into<String>, schema: Named) -> Self {
        let content = vec![("application/json", schema)];
        Self { status, description: description.into(), content }
    }
}

/// An operation, whatever its types.
#[derive(Clone)]
pub struct Operation {
    pub method: Method,
    /// The template of its path.
    pub path: String,
    /// Its id in the document and in the access log.
    pub id: String,
    pub tag: &'static str,
    /// What it does, as an order: `Fill a position`.
    pub summary: String,
    /// What else callers should know.
    pub about: String,
    /// Whom it is for.
    pub access: Access,
    /// What its rules may refuse with; any other refusal of them is an error of ours.
    pub refuses: Vec<&'static Problem>,
    /// The places in its path.
    pub places: Vec<PathParameter>,
    /// Its parameters in the query, beside those that all of its method have.
    pub parameters: Arc<dyn Fn() -> Vec<Parameter> + Send + Sync>,
    /// Types that its parameters name.
    pub parameter_types: Vec<Named>,
    pub body: Option<Named>,
    pub success: Success,
    /// Whom what its address names concerns; nothing where that is no one resource.
    pub concerns: Option<ConcernsOf>,
    pub run: Run,
}

/// An operation of another form than those of resources: it is answered by a plain `async fn` over
/// what requests are read into.
pub struct Custom<'a, F> {
    pub method: Method,
    pub path: &'static str,
    pub places: &'a [PathParameter],
    pub id: &'static str,
    pub tag: &'static str,
    pub summary: &'static str,
    pub about: &'static str,
    pub by: Access,
    pub refuses: &'a [&'static Problem],
    /// [`super::resource::concerns_of`] what its address names; nothing where that is no one
    /// resource.
    pub concerns: Option<ConcernsOf>,
    pub success: Success,
    /// What answers it.
    pub answer: F,
}

/// Runs a plain `async fn` over what it reads of the request.
pub fn custom<H, A>(handler: H) -> Run
where
    H: Handler<A, Output = Answer> + Send + Sync,
    A: FromRequest + 'static,
{
    Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        let handler = handler.clone();
        Box::pin(async move {
            match A::from_request(&call.request, &mut call.payload).await {
                Ok(read) => handler.call(read).await,
                Err(error) => Ok(HttpResponse::from_error(error)),
            }
        })
    })
}

impl Operation {
    /// An operation of another form, without body or parameters in the query yet.
    pub fn custom<A, H>(custom: Custom<'_, H>) -> Self
    where
        A: FromRequest + 'static,
        H: Handler<A, Output = Answer> + Send + Sync,
    {
        Self {
            method: custom.method,
            path: custom.path.to_owned(),
            id: custom.id.to_owned(),
            tag: custom.tag,
            summary: custom.summary.to_owned(),
            about: custom.about.to_owned(),
            access: custom.by,
            refuses: custom.refuses.to_vec(),
            places: custom.places.to_vec(),
            parameters: Arc::new(Vec::new),
            parameter_types: vec![],
            body: None,
            success: custom.success,
            concerns: custom.concerns,
            run: self::custom(custom.answer),
        }
    }

    /// It takes a body, too.
    pub fn with_body<B: Asked>(self) -> Self {
        Self { body: Some(named::<B>), ..self }
    }

    /// It takes these parameters in the query, too.
    pub fn with_query<T: IntoParams>(self) -> Self {
        let before = self.parameters;
        let more = || T::into_params(|| Some(ParameterIn::Query));
        Self { parameters: Arc::new(move || [before(), more()].concat()), ..self }
    }

    /// Writes the operation into the document.
    pub fn document(&self, document: &mut OpenApi) {
        let mut schemas = Vec::new();
        for name in &self.parameter_types {
            name(&mut schemas);
        }
        let parameters = self.places.iter().map(PathParameter::documented);
        let parameters: Vec<Parameter> = parameters.chain((self.parameters)()).collect();
        let mut response = ResponseBuilder::new().description(&self.success.description);
        for (media, schema) in &self.success.content {
            let content = ContentBuilder::new().schema(Some(schema(&mut schemas))).build();
            response = response.content(*media, content);
        }
        let responses = ResponsesBuilder::new().response(self.success.status.to_string(), response);
        let body = self.body.map(|schema| {
            let content = ContentBuilder::new().schema(Some(schema(&mut schemas))).build();
            RequestBodyBuilder::new()
                .content("application/json", content)
                .required(Some(Required::True))
                .build()
        });
        let codes: Value = self.refuses.iter().map(|problem| problem.code).collect();
        let extensions = ExtensionsBuilder::new()
            .add("x-access", self.access.word())
            .add("x-problems", codes)
            .build();
        let operation = OperationBuilder::new()
            .tag(self.tag)
            .operation_id(Some(&self.id))
            .summary(Some(&self.summary))
            .description(Some(&self.about).filter(|about| !about.is_empty()))
            .parameters(Some(parameters).filter(|parameters| !parameters.is_empty()))
            .request_body(body)
            .responses(responses.build())
            .extensions(Some(extensions))
            .build();
        let method = match self.method {
            Method::Get => HttpMethod::Get,
            Method::Post => HttpMethod::Post,
        };
        let item = PathItem::new(method, operation);
        match document.paths.paths.get_mut(&self.path) {
            Some(known) => known.merge_operations(item),
            None => drop(document.paths.paths.insert(self.path.clone(), item)),
        }
        let components = document.components.get_or_insert_default();
        for (name, schema) in schemas {
            components.schemas.entry(name).or_insert(schema);
        }
    }
}
