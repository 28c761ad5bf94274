//! Request headers as the kernel reads them: given once, or a list over several lines, or a choice
//! of media types. What a header means is told where it is used.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};

use super::{ProblemResponse, problems};
use crate::edge::{Fault, FieldFault, given_twice};
use crate::problem::Rejection;

/// The text of a header that may be given once; `fault` says what is wrong with text that is not
/// visible ASCII.
pub fn single<'a>(
    request: &'a HttpRequest,
    name: &'static str,
    fault: &Fault,
) -> Result<Option<&'a str>, FieldFault> {
    let at = |fault: Fault| FieldFault::at(format!("/header/{name}"), fault);
    let mut values = request.headers().get_all(name);
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(at(given_twice()));
    }
    first.to_str().map(Some).map_err(|_not_text| at(fault.clone()))
}

/// The elements of a header that is a list, over all its lines; `None` when it is absent, and
/// when it is not text.
pub fn list(request: &HttpRequest, name: &HeaderName) -> Option<Vec<String>> {
    let lines: Option<Vec<&str>> =
        request.headers().get_all(name).map(|line| line.to_str().ok()).collect();
    Some(lines?.join(",").split(',').map(|element| element.trim().to_owned()).collect())
}

/// Chooses among what is offered, pairs of a media type and what it stands for, by `Accept`. The
/// first offer is what a caller gets who does not care.
pub fn choose<T: Copy>(request: &HttpRequest, offers: &[(&str, T)]) -> Result<T, ProblemResponse> {
    let accept = list(request, &header::ACCEPT).unwrap_or_default();
    let mut ranges: Vec<(&str, f32)> = accept.iter().filter_map(|range| range_of(range)).collect();
    if ranges.is_empty() {
        return Ok(offers[0].1);
    }
    // A stable sort: among equals the caller's own order decides.
    ranges.sort_by(|a, b| b.1.total_cmp(&a.1));
    let wanted = ranges.iter().filter(|(_, quality)| *quality > 0.0);
    let refused = |offer: &str| ranges.iter().any(|(range, q)| *q == 0.0 && *range == offer);
    for (range, _) in wanted {
        let offer = offers.iter().find(|(offer, _)| covers(range, offer) && !refused(offer));
        if let Some((_, choice)) = offer {
            return Ok(*choice);
        }
    }
    let offered: Vec<&str> = offers.iter().map(|(offer, _)| *offer).collect();
    Err(Rejection::new(&problems::NOT_ACCEPTABLE).with("offered", offered).into())
}

fn range_of(text: &str) -> Option<(&str, f32)> {
    let mut pieces = text.split(';').map(str::trim);
    let range = pieces.next().filter(|range| !range.is_empty())?;
    let quality = pieces.find_map(|piece| piece.strip_prefix("q=")?.parse().ok());
    Some((range, quality.filter(|q| (0.0..=1.0).contains(q)).unwrap_or(1.0)))
}

fn covers(range: &str, offer: &str) -> bool {
    match range.split_once('/') {
        Some(("*", "*")) => true,
        Some((group, "*")) => {
            offer.split('/').next().is_some_and(|g| g.eq_ignore_ascii_case(group))
        }
        Some(_) | None => range.eq_ignore_ascii_case(offer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn chosen(accept: &[&str]) -> Option<char> {
        let mut request = TestRequest::default();
        for line in accept {
            request = request.append_header((header::ACCEPT, *line));
        }
        let offers = [("application/json", 'j'), ("text/csv", 'c')];
        choose(&request.to_http_request(), &offers).ok()
    }

    #[test]
    fn the_caller_chooses_by_quality_and_then_by_order() {
        assert_eq!(chosen(&[]), Some('j'));
        assert_eq!(chosen(&[""]), Some('j'));
        assert_eq!(chosen(&["*/*"]), Some('j'));
        assert_eq!(chosen(&["text/csv, application/json"]), Some('c'));
        assert_eq!(chosen(&["text/csv;q=0.5, application/json"]), Some('j'));
        assert_eq!(chosen(&["text/html", "TEXT/*;q=0.1"]), Some('c'));
    }

    #[test]
    fn what_a_caller_refuses_is_not_sent() {
        assert_eq!(chosen(&["text/html"]), None);
        assert_eq!(chosen(&["text/csv;q=0"]), None);
        assert_eq!(chosen(&["application/json;q=0, */*"]), Some('c'));
    }

    #[test]
    fn a_header_given_twice_is_refused_where_it_may_be_given_once() {
        let fault = Fault::new("odd", "Odd.", "Rar.");
        let request = TestRequest::default()
            .append_header(("Idempotency-Key", "a"))
            .append_header(("Idempotency-Key", "b"))
            .to_http_request();
        let found = single(&request, "Idempotency-Key", &fault).expect_err("twice");
        assert_eq!(
            (found.pointer.as_str(), found.fault.code),
            ("/header/Idempotency-Key", "given_twice")
        );
        assert_eq!(single(&request, "If-Match", &fault), Ok(None));
    }
}
