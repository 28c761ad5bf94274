//! Versions of resources: `"1234"`, the position of the newest fact about the resource. When time
//! alone has changed what it looks like since then (a future end has come), the day on which that
//! happened follows: `"1234.20261201"`.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use jiff::civil::Date;

use super::ProblemResponse;
use crate::edge::{Fault, FieldFault};

/// Versions named in one header.
const VERSIONS_MAX: usize = 20;

/// The ETag of a resource at `head`, looking since `since` as it does now.
pub fn etag(head: i64, since: Option<Date>) -> String {
    match since {
        Some(day) => format!("\"{head}.{}\"", day.strftime("%Y%m%d")),
        None => format!("\"{head}\""),
    }
}

/// The ETag of a resource at `head` whose looks also follow from another subject, at `beside`: that
/// one is named only where it has moved last, so a change of the resource answers `"head"` alone.
pub fn etag_beside(head: i64, beside: i64) -> String {
    if beside > head { format!("\"{head}.{beside}\"") } else { etag(head, None) }
}

/// What `If-Match` accepts: `None` when it is absent or `*`.
pub fn if_match(request: &HttpRequest) -> Result<Option<Vec<i64>>, ProblemResponse> {
    let Some(tags) = tags(request, header::IF_MATCH)? else { return Ok(None) };
    if tags.iter().any(|tag| tag == "*") {
        return Ok(None);
    }
    // A version that is not ours has never been: -1 matches nothing.
    let head = |tag: &String| {
        let inner = tag.trim_matches('"');
        inner.split('.').next().and_then(|head| head.parse().ok()).unwrap_or(-1)
    };
    Ok(Some(tags.iter().map(head).collect()))
}

/// Whether `If-None-Match` names this version.
pub fn none_match(request: &HttpRequest, current: &str) -> Result<bool, ProblemResponse> {
    let tags = tags(request, header::IF_NONE_MATCH)?.unwrap_or_default();
    let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    Ok(tags.iter().any(|tag| tag == "*" || strong(tag) == current))
}

fn tags(request: &HttpRequest, name: HeaderName) -> Result<Option<Vec<String>>, ProblemResponse> {
    let Some(value) = request.headers().get(&name) else { return Ok(None) };
    let tags: Option<Vec<String>> =
        value.to_str().ok().map(|text| text.split(',').map(|tag| tag.trim().to_owned()).collect());
    let well_formed = |tag: &String| {
        let quoted = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || (quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"'))
    };
    match tags {
        Some(tags) if tags.len() <= VERSIONS_MAX && tags.iter().all(well_formed) => Ok(Some(tags)),
        Some(_) | None => {
            let fault = Fault::new(
                "invalid_etag",
                "Must be *, or up to 20 versions in double quotes.",
                "Må være *, eller inntil 20 versjoner i doble anførselstegn.",
            );
            let header = if name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
            Err(FieldFault::at(format!("/header/{header}"), fault).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn asked(value: &str) -> HttpRequest {
        TestRequest::default().insert_header((header::IF_MATCH, value)).to_http_request()
    }

    #[test]
    fn an_etag_is_the_head_and_the_day_only_when_time_has_changed_it() {
        assert_eq!(etag(12, None), "\"12\"");
        assert_eq!(etag(12, Some(jiff::civil::date(2026, 12, 1))), "\"12.20261201\"");
    }

    #[test]
    fn an_etag_names_the_subject_beside_only_when_that_moved_last() {
        assert_eq!(etag_beside(0, 7), "\"0.7\"");
        assert_eq!(etag_beside(9, 7), "\"9\"");
        assert_eq!(if_match(&asked(&etag_beside(3, 7))).ok(), Some(Some(vec![3])));
    }

    #[test]
    fn if_match_reads_the_head_whatever_the_day() {
        assert_eq!(if_match(&asked("\"12.20261201\", \"13\"")).ok(), Some(Some(vec![12, 13])));
        assert_eq!(if_match(&asked("*")).ok(), Some(None));
        assert_eq!(if_match(&asked("\"other\"")).ok(), Some(Some(vec![-1])));
        for wrong in ["12", "\"", "\"1\", x", ""] {
            assert!(if_match(&asked(wrong)).is_err(), "{wrong}");
        }
    }
}
