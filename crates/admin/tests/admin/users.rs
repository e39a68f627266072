//! Accounts of others.

use std::time::Duration;

use domain::Role;
use domain::ports::Clock as _;

use crate::clinic::Clinic;

#[actix_web::test]
async fn an_administrator_changes_a_role_and_ends_sessions() {
    let clinic = Clinic::open().await;
    let (staff, admin) = (clinic.browser("sam").await, clinic.browser("root").await);
    let found = clinic.get(&admin, "/admin/users?q=SA&role=staff").await.body;
    assert!(found.contains("sam") && found.contains("1 record<"));
    let page = clinic.get(&admin, "/admin/users/2").await.body;
    assert!(page.contains("sam") && page.contains("end-session"));
    let form = [("role", "admin"), ("active", "yes")];
    assert_eq!(clinic.post(&admin, "/admin/users/2/standing", &form).await.status, 303);
    let sam = clinic.stores.users.find(domain::UserId::new(2).unwrap()).await.unwrap().unwrap();
    assert_eq!(sam.role, Role::Admin);
    assert_eq!(clinic.get(&staff, "/admin").await.status, 303);
    clinic.browser("sam").await;
    assert_eq!(clinic.post(&admin, "/admin/users/2/end-sessions", &[]).await.status, 303);
    let idle = Duration::from_hours(24);
    let sessions = clinic.stores.sessions.list(sam.id, idle, clinic.clock.now()).await.unwrap();
    assert!(sessions.is_empty());
}

#[actix_web::test]
async fn the_last_administrator_stays_one() {
    let clinic = Clinic::open().await;
    let admin = clinic.browser("root").await;
    let answer =
        clinic.post(&admin, "/admin/users/3/standing", &[("role", "patient"), ("active", "yes")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("last active administrator"));
    assert_eq!(clinic.get(&admin, "/admin/users").await.status, 200);
}

#[actix_web::test]
async fn an_account_is_added_and_its_user_sets_a_password_by_a_link() {
    let clinic = Clinic::open().await;
    let admin = clinic.browser("root").await;
    let form = [
        ("username", "eve"),
        ("role", "staff"),
        ("name", "Eve Rao"),
        ("email", "eve@example.org"),
        ("phone", ""),
    ];
    let answer = clinic.post(&admin, "/admin/users/add", &form).await;
    assert_eq!(answer.header("location"), "/admin/users/4?done=user-added", "{}", answer.body);
    let page = clinic.get(&admin, "/admin/users/4?done=user-added").await.body;
    for part in ["Eve Rao", "eve@example.org", "Staff", "Make a link for a new password, and give it"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(clinic.sign_in("eve", "").await.status, 401);
    let link = clinic.post(&admin, "/admin/users/4/reset", &[]).await.body;
    let key = link.split_once("/admin/reset?key=").unwrap().1.split('"').next().unwrap().to_owned();
    let form = [("key", key.as_str()), ("password", "staple battery"), ("again", "staple battery")];
    let request = actix_web::test::TestRequest::post().uri("/admin/reset");
    let request = request.insert_header(("sec-fetch-site", "same-origin")).set_form(form);
    assert_eq!(clinic.answer(request).await.status, 303);
    assert_eq!(clinic.sign_in("eve", "staple battery").await.status, 303);
    assert_eq!(clinic.events("admin_users_create").await.len(), 1);
}

#[actix_web::test]
async fn an_account_that_cannot_be_is_told_beside_its_fields() {
    let clinic = Clinic::open().await;
    let admin = clinic.browser("root").await;
    for (form, status, said) in [
        (vec![("username", ""), ("role", "staff")], 422, "username-error"),
        (vec![("username", "SAM"), ("role", "staff")], 409, "username-error"),
        (vec![("username", "eve"), ("role", "king")], 422, "role-error"),
        (vec![("username", "eve"), ("role", "staff"), ("phone", "none")], 422, "phone-error"),
    ] {
        let answer = clinic.post(&admin, "/admin/users/add", &form).await;
        assert_eq!(answer.status, status, "{said}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert_eq!(clinic.get(&admin, "/admin/users/4").await.status, 404);
}

#[actix_web::test]
async fn what_is_known_of_a_user_is_changed_and_no_other_change_is_undone() {
    let clinic = Clinic::open().await;
    let admin = clinic.browser("root").await;
    let stored = async || clinic.stores.users.find(domain::UserId::new(2).unwrap()).await.unwrap().unwrap();
    let email = stored().await.email.map(|email| email.as_str().to_owned()).unwrap_or_default();
    let name = stored().await.name.map(|name| name.full().to_owned()).unwrap_or_default();
    let version = stored().await.version.get();
    let (first, second) = (version.to_string(), (version + 1).to_string());
    let made = [("before_name", name.as_str()), ("before_email", email.as_str()), ("before_phone", "")];
    let post = async |fields: &[(&'static str, &str)], from: &str, before: &[(&'static str, &str)]| {
        let form: Vec<_> = fields.iter().chain(before).copied().chain([("version", from)]).collect();
        clinic.post(&admin, "/admin/users/2/edit", &form).await
    };
    let page = clinic.get(&admin, "/admin/users/2/edit").await.body;
    assert!(page.contains(&format!("name=\"version\" value=\"{first}\"")), "{page}");
    let mine = [("name", name.as_str()), ("email", email.as_str()), ("phone", "030 1234")];
    assert_eq!(post(&mine, &first, &made).await.header("location"), "/admin/users/2?done=saved");
    assert_eq!(stored().await.phone.unwrap().as_str(), "030 1234");
    // Made before that, by somebody who has typed another name: nothing is written, what was not typed is taken over.
    let later = [("name", "Sam Rao"), ("email", email.as_str()), ("phone", "")];
    let answer = post(&later, &first, &made).await;
    assert_eq!(answer.status, 412);
    for part in [
        "Somebody else has changed this record meanwhile",
        "value=\"Sam Rao\"",
        "value=\"030 1234\"",
        "id=\"phone-note\"",
        "name=\"before_phone\" value=\"030 1234\"",
        &format!("name=\"version\" value=\"{second}\""),
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    // Both have changed the phone: both stand side by side.
    let both = [("name", name.as_str()), ("email", email.as_str()), ("phone", "030 9999")];
    let answer = post(&both, &first, &made).await;
    assert_eq!(answer.status, 412);
    for part in ["value=\"030 9999\"", "030 1234</div>"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(stored().await.version.get(), version + 1);
    // Saved again, what stands in the fields is kept.
    let now =
        [("before_name", name.as_str()), ("before_email", email.as_str()), ("before_phone", "030 1234")];
    assert_eq!(post(&both, &second, &now).await.header("location"), "/admin/users/2?done=saved");
    assert_eq!(stored().await.phone.unwrap().as_str(), "030 9999");
}

#[actix_web::test]
async fn what_is_wrong_with_a_user_is_told_and_the_form_still_knows_what_it_was_made_from() {
    let clinic = Clinic::open().await;
    let admin = clinic.browser("root").await;
    let change = domain::UserChange {
        phone: domain::Change::Set(testkit::builders::phone("030 1234")),
        ..domain::UserChange::default()
    };
    let stamp = testkit::fixed::stamped(clinic.clock.now());
    let sam = domain::UserId::new(2).unwrap();
    let before = clinic.stores.users.find(sam).await.unwrap().unwrap().version.get().to_string();
    clinic.stores.users.update(sam, None, &change, &stamp).await.unwrap();
    let wrong = [
        ("name", "Sam Rao"),
        ("email", "no"),
        ("phone", ""),
        ("before_name", ""),
        ("before_email", ""),
        ("before_phone", ""),
        ("version", before.as_str()),
    ];
    let answer = clinic.post(&admin, "/admin/users/2/edit", &wrong).await;
    assert_eq!(answer.status, 422);
    for part in [
        "id=\"email-error\"",
        "value=\"no\"",
        "name=\"before_phone\" value=\"\"",
        &format!("name=\"version\" value=\"{before}\""),
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let unversioned = [("name", "Sam Rao")];
    assert_eq!(clinic.post(&admin, "/admin/users/2/edit", &unversioned).await.status, 400);
}

#[actix_web::test]
async fn what_was_typed_of_a_user_who_may_not_sign_in_any_more_still_stands_in_the_form() {
    let clinic = Clinic::open().await;
    let admin = clinic.browser("root").await;
    let form = [("role", "staff"), ("active", "no")];
    assert_eq!(clinic.post(&admin, "/admin/users/2/standing", &form).await.status, 303);
    assert_eq!(clinic.get(&admin, "/admin/users/2/edit").await.status, 409);
    assert!(!clinic.get(&admin, "/admin/users/2").await.body.contains("/users/2/edit"));
    let form = [
        ("name", "Sam Rao"),
        ("email", ""),
        ("phone", ""),
        ("before_name", "Sam"),
        ("before_phone", "999"),
        ("version", "1"),
    ];
    let answer = clinic.post(&admin, "/admin/users/2/edit", &form).await;
    assert_eq!(answer.status, 409);
    // The form is still the one that was made from that version.
    for part in [
        "Nothing was saved",
        "may not sign in",
        "value=\"Sam Rao\"",
        "name=\"before_name\" value=\"Sam\"",
        "name=\"before_phone\" value=\"999\"",
        "name=\"version\" value=\"1\"",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
}

#[actix_web::test]
async fn the_staff_add_and_change_no_accounts() {
    let clinic = Clinic::open().await;
    let staff = clinic.browser("sam").await;
    for path in ["/admin/users/add", "/admin/users/1/edit"] {
        assert_eq!(clinic.get(&staff, path).await.status, 403, "{path}");
        let form = [("username", "eve"), ("role", "admin"), ("name", "Eve")];
        assert_eq!(clinic.post(&staff, path, &form).await.status, 403, "{path}");
    }
}
