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

/// Every endpoint, by its path below `/admin`; fixed parts of a path before ids.
pub(crate) fn by_path() -> Vec<(&'static str, Vec<Endpoint>)> {
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
    let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in sections.into_iter().flatten() {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_by_key(|(path, _)| path.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>());
    paths
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;

    use super::*;
    use crate::gate::Access;

    #[test]
    fn only_the_forms_that_lead_in_are_for_everybody() {
        let forms = by_path().into_iter().flat_map(|(_, endpoints)| endpoints);
        let forms = forms.filter(|endpoint| endpoint.method == Method::POST);
        let (public, rest): (Vec<_>, Vec<_>) = forms.partition(|form| form.access == Access::Public);
        let mut public: Vec<_> = public.iter().map(|form| form.path).collect();
        public.sort_unstable();
        assert_eq!(public, ["/reset", "/set-up", "/sign-in"]);
        // As many as `tests/admin/access.rs` sends with the token of somebody else.
        assert_eq!(rest.len(), 33);
    }
}
