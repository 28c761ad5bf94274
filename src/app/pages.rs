//! Pages for people and the document of the API: what the service answers beside its operations.

use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use crate::http::openapi;
use crate::http::{ProblemResponse, problems};

/// The document of the API: the file that the program made of its own declarations. A test holds
/// them together. Made at the start, it would take as much memory as all the rest of the service.
static DOCUMENT: &str = include_str!("../../openapi/openapi.json");

/// The document of the API.
#[get("/openapi.json")]
pub async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT)
}

/// Browsers get to the page without its last slash, too.
#[get("/docs")]
pub async fn docs_redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

/// A file of the documentation page; its start for the empty name.
#[get("/docs/{file:.*}")]
pub async fn docs(file: web::Path<String>) -> Result<HttpResponse, ProblemResponse> {
    static CONFIG: LazyLock<Arc<utoipa_swagger_ui::Config<'static>>> = LazyLock::new(|| {
        // The page's own default asks a validator on the internet about the document.
        Arc::new(utoipa_swagger_ui::Config::new(["/openapi.json"]).validator_url("none"))
    });
    let found = utoipa_swagger_ui::serve(&file, CONFIG.clone()).map_err(|error| {
        tracing::error!(error = %error, "The documentation page cannot be served");
        &problems::INTERNAL_ERROR
    })?;
    let found = found.ok_or(&problems::NOT_FOUND)?;
    let mut response = HttpResponse::Ok();
    if found.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, header::ContentEncoding::Gzip));
    }
    Ok(response.content_type(found.content_type).body(found.bytes.into_owned()))
}

/// What `type` of a problem points at.
#[get("/problems/{code}")]
pub async fn problem_page(code: web::Path<String>) -> Result<HttpResponse, ProblemResponse> {
    let all = openapi::all_problems();
    let problem = all.into_iter().find(|problem| problem.code == code.as_str());
    let problem = problem.ok_or(&problems::NOT_FOUND)?;
    let words = problem.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = format!(
        "{} ({})\n\n{} / {}\n\n{words}\n",
        problem.code, problem.status, problem.title.en, problem.title.nb
    );
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}
