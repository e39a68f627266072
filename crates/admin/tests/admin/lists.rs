//! Lists: pages, order, filters, columns, CSV.

use domain::{BloodGroup, HumanName, PatientDetails, PersonName};
use testkit::builders;

use crate::clinic::{Answer, Clinic};

/// The names in the first column.
fn names(answer: &Answer) -> Vec<String> {
    let links = answer.body.split("<td><a href=\"/admin/patients/").skip(1);
    links.map(|link| link.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
}

fn next(answer: &Answer) -> Option<String> {
    let (_, rest) = answer.body.split_once("rel=\"next\" href=\"")?;
    Some(rest.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&"))
}

#[actix_web::test]
async fn pages_repeat_and_omit_nothing() {
    let clinic = Clinic::open().await;
    for number in 0..60 {
        clinic.patient(&builders::patient().named(&format!("Patient {:02}", number * 7 % 60)).done()).await;
    }
    let browser = clinic.browser("sam").await;
    for (sort, first, last) in [
        ("name", "Patient 00", "Patient 59"),
        ("-name", "Patient 59", "Patient 00"),
        ("created", "Patient 00", "Patient 53"),
        ("", "Patient 53", "Patient 00"),
    ] {
        let mut seen = Vec::new();
        let mut path = Some(format!("/admin/patients?size=25&sort={sort}"));
        while let Some(page) = path {
            let answer = clinic.get(&browser, &page).await;
            assert_eq!(answer.status, 200, "{page}");
            assert!(answer.body.contains("60 records"));
            seen.extend(names(&answer));
            path = next(&answer);
        }
        assert_eq!((seen.len(), seen[0].as_str(), seen[59].as_str()), (60, first, last), "{sort}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 60);
    }
}

#[actix_web::test]
async fn a_list_is_searched_filtered_and_has_the_columns_that_were_chosen() {
    let clinic = Clinic::open().await;
    let mut details = builders::patient().named("José Álvarez").done();
    details.blood_group = BloodGroup::parse("AB-").ok();
    clinic.patient(&details).await;
    clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let browser = clinic.browser("sam").await;
    for (query, expected) in [
        ("q=alv", vec!["José Álvarez"]),
        ("q=smith", vec!["Ann Smith"]),
        ("q=nobody", vec![]),
        ("blood_group=AB-", vec!["José Álvarez"]),
        ("owner=ann&q=ann", vec!["Ann Smith"]),
        ("owner=root", vec![]),
        ("state=deleted", vec![]),
    ] {
        let answer = clinic.get(&browser, &format!("/admin/patients?{query}")).await;
        assert_eq!(names(&answer), expected, "{query}");
    }
    let answer = clinic.get(&browser, "/admin/patients?col=name&col=blood_group").await.body;
    assert!(answer.contains("AB-</td>") && !answer.contains(">Phone</th>"));
    assert_eq!(clinic.get(&browser, "/admin/patients?after=nonsense").await.status, 400);
}

#[actix_web::test]
async fn no_cell_of_an_export_is_a_formula() {
    let clinic = Clinic::open().await;
    let name = PersonName::parse("=HYPERLINK(\"http://evil\",\"x\")").unwrap();
    clinic.patient(&PatientDetails::named(HumanName::from_full(name))).await;
    clinic.patient(&builders::patient().named("Ann, Smith").done()).await;
    let browser = clinic.browser("sam").await;
    let answer = clinic.get(&browser, "/admin/patients.csv").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").contains("attachment"));
    let lines: Vec<&str> = answer.body.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{}", answer.body);
    assert!(lines[1].starts_with("\"Ann, Smith\","), "{}", lines[1]);
    assert!(lines[2].starts_with("\"'=HYPERLINK(\"\"http://evil\"\""), "{}", lines[2]);
    assert_eq!(clinic.events("admin_patients_export").await.len(), 1);
}
