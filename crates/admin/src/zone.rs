//! The time zone in which pages show instants.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use chrono::{NaiveDateTime, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};
use domain::Timestamp;

/// The cookie that keeps what somebody has chosen. It is no secret.
const COOKIE: &str = "healthcore-time-zone";

/// What browsers send of a field for a date and a time (HTML, section 4.10.5.1.11), with or without seconds.
const LOCAL: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

/// A time zone of the IANA database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of that name, such as `Asia/Kolkata`.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The names of all zones.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// An instant as people read it: `2026-03-04 05:06`.
    pub(crate) fn minute(self, at: Timestamp) -> String {
        at.datetime().with_timezone(&self.0).format("%Y-%m-%d %H:%M").to_string()
    }

    /// The instant that somebody has typed; the earlier one where clocks were set back.
    pub(crate) fn instant(self, typed: &str) -> Option<Timestamp> {
        let local = LOCAL.iter().find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok())?;
        self.0.from_local_datetime(&local).earliest().map(|at| Timestamp::from_datetime(at.to_utc()))
    }

    /// What the browser has kept.
    pub(crate) fn chosen(request: &HttpRequest) -> Option<Self> {
        Self::parse(request.cookie(COOKIE)?.value())
    }

    /// Has the browser keep it for a year.
    pub(crate) fn cookie(self, is_tls: bool) -> Cookie<'static> {
        Cookie::build(COOKIE, self.name())
            .path("/admin")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(is_tls)
            .max_age(Duration::days(365))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_and_read_in_the_zone() {
        let zone = Zone::parse("Asia/Kolkata").unwrap();
        let at = Timestamp::parse("2026-03-04T20:06:07Z").unwrap();
        assert_eq!(zone.minute(at), "2026-03-05 01:36");
        assert_eq!(zone.instant("2026-03-05T01:36"), Timestamp::parse("2026-03-04T20:06:00Z"));
        assert_eq!(Zone::UTC.instant("2026-03-05T01:36:30"), Timestamp::parse("2026-03-05T01:36:30Z"));
        assert_eq!(zone.instant("yesterday"), None);
        assert_eq!((Zone::parse("Mars/Phobos"), Zone::parse("UTC")), (None, Some(Zone::UTC)));
    }

    #[test]
    fn an_hour_that_does_not_exist_is_none_and_one_that_comes_twice_is_the_first() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(zone.instant("2026-03-29T02:30"), None);
        assert_eq!(zone.instant("2026-10-25T02:30"), Timestamp::parse("2026-10-25T00:30:00Z"));
    }
}
