//! Versions of resources: `"1234"`, the position of the newest fact about the resource. When time
//! alone has changed what it looks like since then (a future end has come), the day on which that
//! happened follows: `"1234.20261201"`.
//!
//! What does not exist yet is at version `"0"`: a creation under `If-Match` with any other version
//! is refused, because no version that the caller has read can be the one that is about to be made.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use jiff::civil::Date;

use super::header as request_header;
use crate::edge::{Fault, FieldFault};

/// Versions named in one header.
const VERSIONS_MAX: usize = 20;
/// Characters of one version between its quotes; ours have fewer.
const VERSION_CHARS_MAX: usize = 40;

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
    let tag = etag(head, None);
    if beside > head { moved_beside(&tag, beside) } else { tag }
}

/// The version `tag` of a resource whose looks also follow from another subject, which has moved
/// last, to `beside`.
pub fn moved_beside(tag: &str, beside: i64) -> String {
    format!("{}.{beside}\"", tag.trim_end_matches('"'))
}

/// What `If-Match` accepts: `None` when it is absent or `*`.
pub fn if_match(request: &HttpRequest) -> Result<Option<Vec<i64>>, FieldFault> {
    let tags = tags(request, &header::IF_MATCH)?;
    if tags.is_empty() || tags.iter().any(|tag| tag == "*") {
        return Ok(None);
    }
    // A version that is not ours to the letter has never been: -1 matches nothing. Nor does a weak
    // one, which `If-Match` compares strongly.
    let head = |tag: &String| {
        let text = tag.trim_matches('"').split('.').next().unwrap_or("");
        let head = text.parse().ok().filter(|head: &i64| *head >= 0 && head.to_string() == text);
        head.unwrap_or(-1)
    };
    Ok(Some(tags.iter().map(head).collect()))
}

/// The versions that `If-None-Match` says the caller has.
#[derive(Debug, Default)]
pub struct Held(Vec<String>);

impl Held {
    /// Reads the header.
    pub fn of(request: &HttpRequest) -> Result<Self, FieldFault> {
        Ok(Self(tags(request, &header::IF_NONE_MATCH)?))
    }

    /// Whether this version is among them.
    pub fn has(&self, current: &str) -> bool {
        let weakly = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == current;
        self.0.iter().any(|tag| tag == "*" || weakly(tag))
    }
}

/// The versions of a header, none when it is absent.
fn tags(request: &HttpRequest, name: &HeaderName) -> Result<Vec<String>, FieldFault> {
    if !request.headers().contains_key(name) {
        return Ok(vec![]);
    }
    let well_formed = |tag: &String| {
        let quoted = tag.strip_prefix("W/").unwrap_or(tag);
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        // Visible characters as RFC 9110 allows them, without the comma that separates versions.
        inner.is_some_and(|inner| {
            let visible = inner.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
            inner.len() <= VERSION_CHARS_MAX && visible
        })
    };
    match request_header::list(request, name) {
        Some(tags) if tags == ["*"] => Ok(tags),
        Some(tags) if tags.len() <= VERSIONS_MAX && tags.iter().all(well_formed) => Ok(tags),
        Some(_) | None => {
            let fault = Fault::new(
                "invalid_etag",
                "Must be *, or up to 20 versions in double quotes.",
                "Må være *, eller inntil 20 versjoner i doble anførselstegn.",
            );
            let header = if *name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
            Err(FieldFault::at(format!("/header/{header}"), fault))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn asked(lines: &[&str]) -> HttpRequest {
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header((header::IF_MATCH, *line));
        }
        request.to_http_request()
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
        assert_eq!(if_match(&asked(&[&etag_beside(3, 7)])), Ok(Some(vec![3])));
    }

    #[test]
    fn if_match_reads_the_head_whatever_the_day_and_however_many_lines() {
        assert_eq!(if_match(&asked(&["\"12.20261201\", \"13\""])), Ok(Some(vec![12, 13])));
        assert_eq!(if_match(&asked(&["\"12\"", "\"13\""])), Ok(Some(vec![12, 13])));
        assert_eq!(if_match(&asked(&["*"])), Ok(None));
        assert_eq!(if_match(&asked(&[])), Ok(None));
        assert_eq!(if_match(&asked(&["\"other\", W/\"12\""])), Ok(Some(vec![-1, -1])));
        let foreign = "\"-2\", \"+12\", \"012\", \"12x\", \"\"";
        assert_eq!(if_match(&asked(&[foreign])), Ok(Some(vec![-1; 5])));
        let long = |chars: usize| format!("\"{}\"", "1".repeat(chars));
        assert_eq!(if_match(&asked(&[&long(40)])), Ok(Some(vec![-1])));
        for wrong in ["12", "\"", "\"1\", x", "", "*, \"1\"", "\"1\"2\"", &long(41)] {
            assert!(if_match(&asked(&[wrong])).is_err(), "{wrong}");
        }
    }
}
