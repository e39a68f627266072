//! The endpoints, one module for each section.

mod account;
mod audit;
mod doctors;
mod mappings;
mod overview;
mod patients;
mod session;
mod set_up;
mod users;

use std::collections::BTreeMap;

use crate::gate::Endpoint;

/// Every endpoint by its path below `/admin`, which is cut behind its last id: what the pages of a record have in common,
/// and what is below it. Paths without an id come first; what begins as the pages of a record do belongs to them.
pub(crate) fn by_record() -> BTreeMap<&'static str, BTreeMap<&'static str, Vec<Endpoint>>> {
    let sections = [
        session::endpoints(),
        overview::endpoints(),
        patients::endpoints(),
        doctors::endpoints(),
        mappings::endpoints(),
        users::endpoints(),
        audit::endpoints(),
        account::endpoints(),
        set_up::endpoints(),
    ];
    let mut records: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
    for endpoint in sections.into_iter().flatten() {
        let end = endpoint.path.rfind('}').map_or(0, |last| last.saturating_add(1));
        let (record, page) = endpoint.path.split_at(end);
        records.entry(record).or_default().entry(page).or_default().push(endpoint);
    }
    records
}

/// Every endpoint.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = Endpoint> {
    by_record().into_values().flat_map(BTreeMap::into_values).flatten()
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;

    use super::*;
    use crate::gate::Access;

    #[test]
    fn the_pages_of_a_record_keep_no_page_of_another_from_being_found() {
        let records: Vec<_> = by_record().into_keys().filter(|record| !record.is_empty()).collect();
        assert_eq!(records.len(), 4, "{records:?}");
        for (one, other) in records.iter().flat_map(|one| records.iter().map(move |other| (one, other))) {
            let mut parts = other.split('/');
            let is_met = |part: &str| parts.next().is_some_and(|met| part.starts_with('{') || part == met);
            assert!(one == other || !one.split('/').all(is_met), "{one} keeps {other} from being found");
        }
    }

    #[test]
    fn only_the_forms_that_lead_in_are_for_everybody() {
        let forms = all().filter(|endpoint| endpoint.method == Method::POST);
        let (public, rest): (Vec<_>, Vec<_>) = forms.partition(|form| form.access == Access::Public);
        let mut public: Vec<_> = public.iter().map(|form| form.path).collect();
        public.sort_unstable();
        assert_eq!(public, ["/reset", "/set-up", "/sign-in"]);
        // As many as `tests/admin/access.rs` sends with the token of somebody else.
        assert_eq!(rest.len(), 33);
    }
}
