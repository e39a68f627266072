//! Accounts: names, addresses, rights. That passwords count is tested where there is a server.

use crate::world::{Database, World, lines, options, origin};

/// What all families have in common.
fn check(world: &World) {
    world.has(
        "users",
        &[
            (1, "username", Some("Admin.One")),
            (3, "username", Some("Vikram_Joglekar")),
            (4, "username", Some("vikram_joglekar-4")),
            (4, "email", Some("v.joglekar.junior@example.net")),
            (6, "CASE WHEN is_active THEN 1 ELSE 0 END", Some("0")),
            (7, "password_hash", None),
            (8, "email", None),
            (9, "username", Some("nine.nurse@example.net")),
            (9, "role", Some("patient")),
            (9, "phone", None),
            (10, "username", Some("अनुपमा")),
            (11, "name", Some("Farah Contractor")),
            (12, "first_name", Some("🙂")),
            (12, "last_name", Some("<b>Ward</b>")),
            (12, "email", None),
            (12, "role", Some("patient")),
        ],
    );
}

#[tokio::test]
async fn of_s0_and_s1_the_lowest_id_keeps_an_address() {
    for family in ["s0", "s1"] {
        let (world, _) = World::with(Database::Sqlite, family, "sql").await;
        check(&world);
        world.has(
            "users",
            &[
                (1, "email", Some("Admin.One@Example.org")),
                (1, "role", Some("patient")),
                (2, "email", Some("Meera.Iyer@Example.com")),
                (3, "email", Some("VIKRAM.J@EXAMPLE.NET")),
                (5, "email", None),
                (10, "email", None),
            ],
        );
    }
}

#[tokio::test]
async fn of_s2_whoever_could_sign_in_keeps_an_address_and_roles_give_no_rights() {
    for database in [Database::Sqlite, Database::Postgres] {
        let (world, report) = World::with(database, "s2", "json").await;
        check(&world);
        world.has(
            "users",
            &[
                (1, "role", Some("doctor")),
                (2, "email", None),
                (2, "phone", Some("+1 202-555-0143")),
                (3, "phone", None),
                (5, "email", Some("meera.iyer@example.com")),
                (5, "phone", Some("999")),
                (8, "role", Some("patient")),
                (10, "phone", Some("5550100010")),
                (11, "phone", Some("5550100001")),
                (11, "role", Some("patient")),
            ],
        );
        let told = lines(&report).join("\n");
        for (id, field) in
            [(2, "email"), (7, "password"), (9, "role"), (9, "phone"), (10, "phone"), (12, "role")]
        {
            assert!(told.contains(&format!("users_user {id} {field}:")), "{id} {field}");
        }
        assert!(!told.contains("pbkdf2"));
    }
}

#[tokio::test]
async fn rights_come_along_where_the_operator_says_so() {
    for family in ["s0", "s1", "s2"] {
        let world = World::new(Database::Sqlite).await;
        let options = transfer::django::Options { keeps_rights: true, ..options(family) };
        world.import(&origin(family, "sqlite3"), &options).await;
        world.has(
            "users",
            &[(1, "role", Some("admin")), (8, "role", Some("staff")), (12, "role", Some("patient"))],
        );
        assert_eq!(world.count("users WHERE role IN ('admin', 'staff')"), 2);
    }
}

#[tokio::test]
async fn secrets_of_the_source_are_not_taken_over() {
    let (world, report) = World::with(Database::Sqlite, "s0", "sqlite3").await;
    assert_eq!(report.others["authtoken_token"], 1);
    assert_eq!(report.others["django_admin_log"], 2);
    assert_eq!(report.others["auth_group"], 1);
    assert_eq!((world.count("sessions"), world.count("invitations")), (0, 0));
}
