//! Who may register, and invitations.

use domain::ports::Record;
use domain::{Invitation, InvitationCode, InvitationId, Role};

use super::*;

fn code() -> InvitationCode {
    InvitationCode::typed("shown once")
}

fn missing() -> RepositoryError {
    RepositoryError::Missing(Record::Invitation)
}

/// A service where this decides who may register.
fn under(registration: Registration) -> Setup {
    Setup { registration, ..Setup::default() }
}

impl Setup {
    /// What comes of using [`code`] up.
    fn invited(mut self, made: impl Fn() -> Result<User, RepositoryError> + Send + 'static) -> Self {
        let insert = self.users.expect_insert_invited();
        insert.withf(|user, session, shown, at| {
            user.password_hash == Some(hash())
                && session.id == session_id()
                && *shown == code()
                && at.at == now()
        });
        insert.once().returning(move |_, _, _, _| made());
        self
    }

    async fn enter(self, invitation: Option<InvitationCode>) -> Result<SignedInUser, Error> {
        self.service().register(new_user(), &accepted(), invitation, client()).await
    }
}

#[tokio::test]
async fn nobody_registers_where_registration_is_closed() {
    for invitation in [None, Some(code())] {
        assert!(matches!(under(Registration::Closed).enter(invitation).await, Err(Error::Forbidden)));
    }
}

#[tokio::test]
async fn without_an_invitation_no_password_is_hashed_where_one_is_needed() {
    let refused = under(Registration::Invite).enter(None).await;
    assert!(matches!(refused, Err(Error::Invalid(invalid)) if is_only(&invalid, "invitation")));
}

#[test]
fn an_invitation_must_be_typed_only_where_one_is_needed() {
    for registration in [Registration::Open, Registration::Closed] {
        assert_eq!(under(registration).service().accept_invitation(None).unwrap(), None);
    }
    let accounts = under(Registration::Invite).service();
    assert!(is_only(&accounts.accept_invitation(None).unwrap_err(), "invitation"));
    assert_eq!(accounts.accept_invitation(Some(" Shown ONCE ")).unwrap(), Some(code()));
}

#[tokio::test]
async fn an_invitation_that_counts_makes_the_account_wherever_registration_is_not_closed() {
    for registration in [Registration::Invite, Registration::Open] {
        let staff = || User { role: Role::Staff, ..just_signed_in() };
        let setup = under(registration).hashing().signing().invited(move || Ok(staff()));
        let signed_in = setup.enter(Some(code())).await.unwrap();
        assert_eq!(signed_in.user, staff());
        assert!(signed_in.tokens == tokens_of(ME, session_id(), RefreshCounter::FIRST));
    }
}

#[tokio::test]
async fn an_invitation_that_does_not_count_is_refused_where_one_is_needed() {
    let mut setup = under(Registration::Invite).hashing().invited(|| Err(missing()));
    setup.users.expect_insert().never();
    let refused = setup.enter(Some(code())).await;
    assert!(matches!(refused, Err(Error::Invalid(invalid)) if is_only(&invalid, "invitation")));
}

#[tokio::test]
async fn an_invitation_that_does_not_count_is_ignored_where_everybody_may_register() {
    let mut setup = under(Registration::Open).hashing().signing().invited(|| Err(missing()));
    setup.users.expect_insert().once().returning(|_, _, _| Ok(just_signed_in()));
    assert_eq!(setup.enter(Some(code())).await.unwrap().user, just_signed_in());
}

#[tokio::test]
async fn a_taken_name_is_a_duplicate_with_an_invitation_too() {
    for registration in [Registration::Invite, Registration::Open] {
        let taken = || Err(RepositoryError::Duplicate(Constraint::UserName));
        let refused = under(registration).hashing().invited(taken).enter(Some(code())).await;
        assert!(matches!(refused, Err(Error::Duplicate(Constraint::UserName))));
    }
}

#[tokio::test]
async fn an_invitation_has_a_new_code_and_ends_by_the_clock() {
    let mut setup = Setup::default();
    let stored = Invitation {
        id: InvitationId::new(3).unwrap(),
        role: Role::Doctor,
        created_at: now(),
        expires_at: now().plus(DAY),
    };
    let insert = setup.invitations.expect_insert().withf(move |code, new, at| {
        code.expose().len() == 40
            && (new.role, new.expires_at, at.at) == (Role::Doctor, now().plus(DAY), now())
    });
    insert.times(2).returning(move |_, _, _| Ok(stored));
    let accounts = setup.service();
    let (first, invitation) = accounts.invite(&call(), Role::Doctor, DAY).await.unwrap();
    let (second, _) = accounts.invite(&call(), Role::Doctor, DAY).await.unwrap();
    assert_eq!(invitation, stored);
    assert_ne!(first, second);
}

#[tokio::test]
async fn invitations_are_listed_and_revoked_by_the_clock() {
    let mut setup = Setup::default();
    setup.invitations.expect_list().with(eq(now())).once().returning(|_| Ok(vec![]));
    let id = InvitationId::new(3).unwrap();
    setup.invitations.expect_revoke().with(eq(id), function(is_now)).once().returning(|_, _| Err(missing()));
    let accounts = setup.service();
    assert!(accounts.invitations().await.unwrap().is_empty());
    let revoked = accounts.revoke_invitation(&call(), id).await;
    assert!(matches!(revoked, Err(Error::Missing(Record::Invitation))));
}
