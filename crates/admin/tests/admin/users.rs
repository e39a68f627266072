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
