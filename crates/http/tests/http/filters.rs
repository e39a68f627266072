//! The parameters of lists: what reaches the store, and what is refused.

use domain::{
    BloodGroup, Direction, DoctorFilter, Gender, Listing, MappingFilter, MappingId, Order, Page, PageLimit,
    PatientFilter, SearchTerms, SortKey, Timestamp,
};
use serde_json::{Value, json};
use testkit::builders::{doctor_id, patient_id, specialization};

use crate::answer::Answer;
use crate::caller::{ANN, ANN_ID};
use crate::clinic::{Clinic, only};
use crate::samples;

const LISTS: [&str; 4] = ["/api/patients/", "/api/doctors/", "/api/mappings/", "/api/patients/3/doctors/"];

/// What comes of listing patients, where the store expects this filter on the first page.
async fn patients(query: &str, expected: PatientFilter) -> Answer {
    let mut clinic = Clinic::default();
    let list = clinic.patients.expect_list().withf(move |owner, filter, page| {
        *owner == ANN_ID && *filter == expected && *page == Page::default()
    });
    list.once().returning(|_, _, _| Ok(only(samples::patient())));
    clinic.open().answer(ANN.get(&format!("/api/patients/?{query}"))).await
}

/// What comes of listing patients, where the store expects this page of all of them.
async fn page(query: &str, expected: Page<domain::PatientId>) -> Answer {
    let mut clinic = Clinic::default();
    let list = clinic
        .patients
        .expect_list()
        .withf(move |_, filter, page| *filter == PatientFilter::default() && *page == expected);
    list.once().returning(|_, _, _| Ok(Listing { total: Some(41), ..only(samples::patient()) }));
    clinic.open().answer(ANN.get(&format!("/api/patients/?{query}"))).await
}

/// What is wrong with a query; the store is not asked.
async fn wrong(list: &str, query: &str) -> Value {
    let answer = Clinic::default().open().answer(ANN.get(&format!("{list}?{query}"))).await;
    assert_eq!(answer.refusal(), "400 invalid_query", "{list} {query}");
    answer.errors()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[actix_web::test]
async fn every_filter_of_patients_reaches_the_store() {
    let query = "search=Jos%C3%A9%20alv&gender=F&blood_group=ab-&created_after=2026-01-01\
                 &created_before=2026-02-01T05:30:00.5%2B05:30";
    let expected = PatientFilter {
        search: SearchTerms::parse("jose alv"),
        gender: Some(Gender::Female),
        blood_group: Some(BloodGroup::parse("AB-").unwrap()),
        created_after: Some(time("2026-01-01T00:00:00Z")),
        created_before: Some(time("2026-02-01T00:00:00.5Z")),
    };
    assert_eq!(patients(query, expected).await.status, 200);
}

#[actix_web::test]
async fn every_filter_of_doctors_reaches_the_store() {
    let mut clinic = Clinic::default();
    let list = clinic.doctors.expect_list().withf(|filter, page| {
        let expected = DoctorFilter {
            search: SearchTerms::parse("iyer"),
            specialization: Some(specialization("Ear, Nose & Throat")),
            created_after: Some(time("2026-01-01T00:00:00Z")),
            created_before: Some(time("2026-02-01T00:00:00Z")),
        };
        *filter == expected && *page == Page::default()
    });
    list.once().returning(|_, _| Ok(only(samples::doctor())));
    let path = "/api/doctors/?search=Iyer&specialization=Ear,+Nose+%26+Throat&created_after=2026-01-01T00:00:00Z\
                &created_before=2026-02-01&gender=nonsense";
    assert_eq!(clinic.open().answer(ANN.get(path)).await.status, 200);
}

#[actix_web::test]
async fn every_filter_of_mappings_reaches_the_store() {
    for (query, include_ended) in
        [("true", true), ("1", true), ("True", true), ("false", false), ("0", false)]
    {
        let mut clinic = Clinic::default();
        let expected =
            MappingFilter { patient: Some(patient_id(3)), doctor: Some(doctor_id(5)), include_ended };
        let list = clinic
            .mappings
            .expect_list()
            .withf(move |_, filter, page| *filter == expected && *page == Page::default());
        list.once().returning(|_, _, _| Ok(only(samples::mapping())));
        let path = format!("/api/mappings/?patient=3&doctor=5&include_inactive={query}");
        assert_eq!(clinic.open().answer(ANN.get(&path)).await.status, 200, "{query}");
    }
}

#[actix_web::test]
async fn unknown_parameters_are_ignored() {
    let query = "nothing=1&page=7&offset=3&format=json&specialization=x&Search=x&search%5B%5D=x&=&&%FF=%FF";
    assert_eq!(patients(query, PatientFilter::default()).await.status, 200);
    assert_eq!(patients("unknown=1&unknown=2", PatientFilter::default()).await.status, 200);
}

#[actix_web::test]
async fn a_blank_filter_is_none() {
    for query in ["search=&gender=&blood_group=", "search=%20&gender=+&blood_group=%09", "search=-"] {
        assert_eq!(patients(query, PatientFilter::default()).await.status, 200, "{query}");
    }
}

#[actix_web::test]
async fn a_search_that_no_name_can_hold_is_400() {
    let long = "a".repeat(151);
    for (search, message) in [
        ("%00", "must not contain control characters"),
        ("ann%00", "must not contain control characters"),
        ("a%07b", "must not contain control characters"),
        ("a%0Ab", "must not contain control characters"),
        (long.as_str(), "must have at most 150 characters"),
    ] {
        for list in ["/api/patients/", "/api/doctors/"] {
            assert_eq!(wrong(list, &format!("search={search}")).await, json!({"search": [message]}));
        }
    }
}

#[actix_web::test]
async fn all_bad_parameters_are_told_at_once() {
    let query = "search=%00&gender=x&blood_group=C&created_after=yesterday&created_before=2026-13-01&limit=0\
                 &count=maybe&ordering=age&cursor=x";
    let time = json!(["must be an RFC 3339 time or a date"]);
    let expected = json!({
        "search": ["must not contain control characters"],
        "gender": ["must be male, female, other or unknown"],
        "blood_group": ["must be one of A+, A-, B+, B-, AB+, AB-, O+, O-"],
        "created_after": time,
        "created_before": time,
        "limit": ["must be a whole number from 1 to 1000"],
        "count": ["must be true or false"],
        "ordering": ["must be created_at or name, with - in front for descending order"],
        "cursor": ["is not a cursor of this list"],
    });
    assert_eq!(wrong("/api/patients/", query).await, expected);
    let id = json!(["must be a positive whole number"]);
    let errors = wrong("/api/mappings/", "patient=0&doctor=x&include_inactive=yes").await;
    assert_eq!(errors, json!({"patient": id, "doctor": id, "include_inactive": ["must be true or false"]}));
}

#[actix_web::test]
async fn a_parameter_given_twice_is_400() {
    let twice = json!(["is given twice"]);
    assert_eq!(wrong("/api/patients/", "gender=M&gender=M").await, json!({"gender": twice}));
    assert_eq!(wrong("/api/doctors/", "limit=1&limit=2").await, json!({"limit": twice}));
}

#[actix_web::test]
async fn a_page_holds_1_to_1000_records_and_100_unless_told() {
    for limit in [1, 100, 1000] {
        let expected = Page { limit: PageLimit::new(limit).unwrap(), ..Page::default() };
        assert_eq!(page(&format!("limit={limit}"), expected).await.status, 200, "{limit}");
    }
    assert_eq!(page("", Page { limit: PageLimit::new(100).unwrap(), ..Page::default() }).await.status, 200);
    for limit in ["0", "1001", "x", "", "-1", "1.5", "1e2", "%201", "99999999999999999999", "%D9%A3"] {
        for list in LISTS {
            let errors = wrong(list, &format!("limit={limit}")).await;
            assert_eq!(errors, json!({"limit": ["must be a whole number from 1 to 1000"]}), "{limit}");
        }
    }
}

#[actix_web::test]
async fn records_are_ordered_by_time_or_name_in_either_direction() {
    let (up, down) = (Direction::Ascending, Direction::Descending);
    for (ordering, key, direction) in [
        ("created_at", SortKey::CreatedAt, up),
        ("-created_at", SortKey::CreatedAt, down),
        ("name", SortKey::Name, up),
        ("-name", SortKey::Name, down),
    ] {
        let expected = Page { order: Order { key, direction }, ..Page::default() };
        assert_eq!(page(&format!("ordering={ordering}"), expected).await.status, 200, "{ordering}");
    }
}

#[actix_web::test]
async fn newest_first_is_the_order_unless_told() {
    let order = Order { key: SortKey::CreatedAt, direction: Direction::Descending };
    assert_eq!(page("", Page { order, ..Page::default() }).await.status, 200);
}

#[actix_web::test]
async fn assignments_are_ordered_by_time_only() {
    for list in ["/api/mappings/", "/api/patients/3/doctors/", "/api/mappings/patient/3/"] {
        for ordering in ["assigned_at", "created_at"] {
            let ascending = |page: &Page<MappingId>| page.order.direction == Direction::Ascending;
            let mut clinic = Clinic::default();
            let list_all = clinic.mappings.expect_list().withf(move |_, _, page| ascending(page));
            list_all.returning(|_, _, _| Ok(only(samples::mapping())));
            let doctors_of = clinic.mappings.expect_doctors_of().withf(move |_, _, page| ascending(page));
            doctors_of.returning(|_, _, _| Ok(only(samples::assigned_doctor())));
            let answer = clinic.open().answer(ANN.get(&format!("{list}?ordering={ordering}"))).await;
            assert_eq!(answer.status, 200, "{list} {ordering}");
        }
        let message = "must be assigned_at or created_at, with - in front for descending order";
        assert_eq!(wrong(list, "ordering=name").await, json!({"ordering": [message]}));
    }
}

#[actix_web::test]
async fn an_unknown_order_is_400() {
    for ordering in ["", "-", "--name", "Name", "age", "name,created_at", "-id"] {
        let errors = wrong("/api/patients/", &format!("ordering={ordering}")).await;
        let message = "must be created_at or name, with - in front for descending order";
        assert_eq!(errors, json!({"ordering": [message]}), "{ordering}");
    }
}

#[actix_web::test]
async fn the_count_is_told_where_it_is_asked_for() {
    let answer = page("count=true", Page { count: true, ..Page::default() }).await;
    assert_eq!(answer.header("x-total-count"), "41");
    let answer = patients("count=false", PatientFilter::default()).await;
    assert!(!answer.headers.contains_key("x-total-count"));
}
