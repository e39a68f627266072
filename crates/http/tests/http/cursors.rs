//! The link to the next page: it asks the store for what comes next, and is good for nothing else.

use domain::ports::RepositoryError;
use domain::{
    Direction, DoctorId, Gender, Listing, MappingId, Order, Page, PageLimit, PatientFilter, PatientId,
    Position, SearchTerms, SortKey,
};
use serde_json::json;
use testkit::builders::{doctor_id, mapping_id, patient_id};
use testkit::fixed::instant;

use crate::caller::{ANN, BOB};
use crate::clinic::{Clinic, only};
use crate::samples;

const QUERY: &str = "search=ann+o%27neil&gender=F&ordering=-name&limit=7&count=true";

fn at<Id>(id: Id) -> Position<Id> {
    Position { created_at: instant(), id }
}

/// A clinic in which every list has more to come after the first page.
fn with_more() -> Clinic {
    fn more<T, Id>(item: T, next: Position<Id>) -> Listing<T, Id> {
        Listing { next: Some(next), ..only(item) }
    }
    let mut clinic = Clinic::default();
    clinic.patients.expect_list().returning(|_, _, page: Page<PatientId>| match page.after {
        None => Ok(more(samples::patient(), at(patient_id(3)))),
        Some(_) => Ok(only(samples::patient())),
    });
    clinic.doctors.expect_list().returning(|_, page: Page<DoctorId>| match page.after {
        None => Ok(more(samples::doctor(), at(doctor_id(5)))),
        Some(_) => Ok(only(samples::doctor())),
    });
    clinic.mappings.expect_list().returning(|_, _, page: Page<MappingId>| match page.after {
        None => Ok(more(samples::mapping(), at(mapping_id(9)))),
        Some(_) => Ok(only(samples::mapping())),
    });
    clinic.mappings.expect_doctors_of().returning(|_, _, page: Page<MappingId>| match page.after {
        None => Ok(more(samples::assigned_doctor(), at(mapping_id(9)))),
        Some(_) => Ok(only(samples::assigned_doctor())),
    });
    clinic
}

/// The link to Ann's second page of a list.
async fn link(list: &str) -> String {
    with_more().open().answer(ANN.get(list)).await.next_page().unwrap()
}

fn cursor_of(link: &str) -> &str {
    link.split_once("cursor=").unwrap().1
}

#[actix_web::test]
async fn the_next_page_is_linked_only_where_there_is_one() {
    for list in ["/api/patients/", "/api/doctors", "/api/mappings/", "/api/mappings/3/doctors/"] {
        let open = with_more().open();
        let first = open.answer(ANN.get(list)).await;
        let next = first.next_page().unwrap();
        assert!(next.starts_with(list) && next.contains("/?cursor="), "{next}");
        let second = open.answer(ANN.get(&next)).await;
        assert_eq!(second.status, 200);
        assert_eq!(second.next_page(), None, "{list}");
    }
}

#[actix_web::test]
async fn the_link_asks_for_the_rest_of_the_same_query() {
    let next = link(&format!("/api/patients/?{QUERY}")).await;
    let mut clinic = Clinic::default();
    let list = clinic.patients.expect_list().withf(|_, filter, page| {
        let wanted = PatientFilter {
            search: SearchTerms::parse("ann o'neil"),
            gender: Some(Gender::Female),
            ..PatientFilter::default()
        };
        let rest = Page {
            limit: PageLimit::new(7).unwrap(),
            order: Order { key: SortKey::Name, direction: Direction::Descending },
            after: Some(at(patient_id(3))),
            count: true,
        };
        *filter == wanted && *page == rest
    });
    list.once().returning(|_, _, _| Ok(only(samples::patient())));
    assert_eq!(clinic.open().answer(ANN.get(&next)).await.status, 200);
}

#[actix_web::test]
async fn the_link_can_be_followed_with_its_query_repeated() {
    let next = link(&format!("/api/patients/?{QUERY}")).await;
    let answer = with_more().open().answer(ANN.get(&format!("{next}&{QUERY}"))).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn size_and_count_belong_to_one_page() {
    let next = link("/api/patients/?limit=7&count=true").await;
    let mut clinic = Clinic::default();
    let list = clinic.patients.expect_list().withf(|_, _, page| page.limit.get() == 9 && !page.count);
    list.once().returning(|_, _, _| Ok(only(samples::patient())));
    assert_eq!(clinic.open().answer(ANN.get(&format!("{next}&limit=9&count=false"))).await.status, 200);
}

#[actix_web::test]
async fn the_link_holds_no_name_of_a_patient() {
    let cursor = link("/api/patients/?ordering=name").await;
    let content =
        base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, cursor_of(&cursor)).unwrap();
    assert!(!String::from_utf8_lossy(&content).to_lowercase().contains("neil"));
}

#[actix_web::test]
async fn a_cursor_of_another_user_is_400() {
    let next = link("/api/patients/").await;
    let answer = with_more().open().answer(BOB.get(&next)).await;
    assert_eq!(answer.refusal(), "400 invalid_query");
    assert_eq!(answer.errors(), json!({"cursor": ["is not a cursor of this list"]}));
}

#[actix_web::test]
async fn a_cursor_of_another_list_is_400() {
    let lists = [
        "/api/patients/",
        "/api/doctors/",
        "/api/mappings/",
        "/api/patients/3/doctors/",
        "/api/patients/4/doctors/",
        "/api/mappings/3/",
    ];
    let open = with_more().open();
    for from in lists {
        let next = link(from).await;
        for to in lists.into_iter().filter(|to| *to != from) {
            let answer = open.answer(ANN.get(&format!("{to}?cursor={}", cursor_of(&next)))).await;
            assert_eq!(answer.refusal(), "400 invalid_query", "{from} {to}");
            assert_eq!(answer.errors(), json!({"cursor": ["is not a cursor of this list"]}), "{from} {to}");
        }
    }
}

#[actix_web::test]
async fn a_cursor_of_another_query_is_400() {
    let next = link("/api/patients/?gender=F&ordering=name").await;
    let open = with_more().open();
    for other in ["gender=M", "gender=female", "search=x", "ordering=-name", "blood_group=O%2B", "gender="] {
        let answer = open.answer(ANN.get(&format!("{next}&{other}"))).await;
        assert_eq!(answer.refusal(), "400 invalid_query", "{other}");
        assert_eq!(answer.errors(), json!({"cursor": ["belongs to another query"]}), "{other}");
    }
}

#[actix_web::test]
async fn a_changed_cursor_is_400() {
    let next = link("/api/patients/").await;
    let cursor = cursor_of(&next);
    let open = with_more().open();
    let mut changed: Vec<String> = (0..cursor.len())
        .map(|at| {
            let mut bytes = cursor.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    let cut = cursor.get(..cursor.len() - 4).unwrap();
    changed.extend(["", "x", "%00", "null", "{}", cut, &cursor.repeat(40)].map(str::to_owned));
    for cursor in changed {
        let answer = open.answer(ANN.get(&format!("/api/patients/?cursor={cursor}"))).await;
        assert_eq!(answer.refusal(), "400 invalid_query", "{cursor}");
        assert_eq!(answer.errors(), json!({"cursor": ["is not a cursor of this list"]}), "{cursor}");
    }
}

#[actix_web::test]
async fn a_position_that_is_gone_is_400() {
    let next = link("/api/patients/?ordering=name").await;
    let mut clinic = Clinic::default();
    clinic.patients.expect_list().returning(|_, _, _| Err(RepositoryError::BadPosition));
    let answer = clinic.open().answer(ANN.get(&next)).await;
    assert_eq!(answer.refusal(), "400 invalid_query");
    assert_eq!(answer.errors(), json!({"cursor": ["is not valid any more; start the list anew"]}));
}
