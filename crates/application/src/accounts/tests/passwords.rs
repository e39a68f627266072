//! Accepting new passwords.

use super::*;

#[test]
fn a_password_is_judged_by_the_own_words_of_its_user() {
    let words = ["meera".to_owned(), "example.org".to_owned()];
    let (mut setup, expected) = (Setup::default(), words.clone());
    let judge = setup.strength.expect_is_guessable();
    judge.withf(move |password, own| password.password().expose() == PASSWORD && own == expected);
    judge.once().return_const(false);
    assert!(setup.service().accept_password(PASSWORD, &words).is_ok());
}

#[test]
fn a_guessable_password_is_refused() {
    let mut setup = Setup::default();
    setup.strength.expect_is_guessable().return_const(true);
    assert!(is_only(&setup.service().accept_password(PASSWORD, &[]).err().unwrap(), "password"));
}

#[test]
fn a_password_of_a_wrong_length_is_refused_before_it_is_judged() {
    for typed in ["1234567".to_owned(), "x".repeat(129)] {
        let refused = Setup::default().service().accept_password(&typed, &[]).err().unwrap();
        assert!(is_only(&refused, "password"));
    }
}
