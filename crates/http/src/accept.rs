//! What a client likes, by `Accept` (RFC 9110, section 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;
use mime::Mime;

/// How much the client likes the types that are `wanted`, from 0 to 1; what it does not name counts as nothing.
pub(crate) fn weight(request: &HttpRequest, wanted: impl Fn(&Mime) -> bool) -> f32 {
    let values = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(',')).filter_map(range);
    let weights = ranges.filter(wanted).filter_map(|range: Mime| match range.get_param("q") {
        Some(quality) => quality.as_str().parse().ok(),
        None => Some(1.0),
    });
    weights.fold(0.0, f32::max)
}

/// One of the types; blanks and tabs around its parameters do not matter.
fn range(text: &str) -> Option<Mime> {
    let parts: Vec<&str> = text.split(';').map(str::trim).collect();
    parts.join(";").parse().ok()
}
