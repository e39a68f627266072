//! What people sign in with, over any text.

use testkit::fuzz::Parts;

use crate::{EmailAddress, LoginName, NewUser, UserName, UserNameError};

/// What was parsed parses to itself; its key is one; nobody's user name is another one's e-mail address.
fn identifiers(bytes: &[u8]) {
    let mut parts = Parts::of(bytes);
    let name = UserName::parse(&parts.line()).ok();
    let email = EmailAddress::parse(&String::from_utf8_lossy(parts.rest())).ok();
    name.iter().for_each(check_name);
    email.iter().for_each(check_email);
    if let Ok(user) = NewUser::new(name, email) {
        check_user(&user);
    }
}

fn check_name(name: &UserName) {
    assert!(UserName::parse(name.as_str()).as_ref() == Ok(name));
    assert_eq!(name.key().contains('@'), name.has_at_sign());
    assert!(!name.as_str().contains(|c: char| c.is_control() || c.is_whitespace()));
    match UserName::parse(name.key()) {
        // Folded, a name can look like an address that it was not: `ß` has no place in one, `ss` has.
        Ok(again) => assert!(again.key() == name.key() || EmailAddress::parse(name.key()).is_ok()),
        // Folding lengthens some letters.
        Err(error) => assert_eq!(error, UserNameError::TooLong),
    }
}

fn check_email(email: &EmailAddress) {
    assert!(EmailAddress::parse(email.as_str()).as_ref() == Ok(email));
    let key = email.key();
    assert!(EmailAddress::parse(key).is_ok_and(|again| again.key() == key && again.as_str() == key));
    assert!(key.is_ascii() && key.len() <= EmailAddress::MAX_CHARS, "{key:?}");
    assert!(!key.contains(|c: char| c.is_ascii_uppercase() || c.is_control() || c.is_whitespace()));
    assert!(key.rsplit_once('@').is_some_and(|(local, domain)| !local.contains('@') && domain.contains('.')));
    assert_eq!(email.as_str(), email.as_str().trim());
    // As a user name the address has the same key, or signing in by it would not find the account.
    assert_eq!(UserName::from_email(email).key(), key);
    assert!(UserName::parse(email.as_str()).is_ok_and(|name| name.key() == key));
}

fn check_user(user: &NewUser) {
    let own = user.email().map(EmailAddress::key);
    if user.username().key().contains('@') {
        assert_eq!(own, Some(user.username().key()));
    }
    for typed in
        [Some(user.username().as_str()), user.email().map(EmailAddress::as_str)].into_iter().flatten()
    {
        let login = LoginName::parse(typed).unwrap();
        let is_found = login.user_name_key() == user.username().key() || login.email_key() == own;
        assert!(is_found, "not found by the own name");
    }
}

mod target {
    testkit::fuzz_target!(identifiers, 20_000);
}
