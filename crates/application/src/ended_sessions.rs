//! Which sessions have ended, without asking the database for each request.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use domain::{SessionId, Timestamp};

/// Sessions that have ended while access tokens of theirs may still be around.
///
/// This replica adds the sessions that it ends itself at once. Of the others it learns by asking the database
/// again and again. As long as it has heard from the database within [`FRESH`], a session that is not in
/// here is live; after that, nobody knows without asking.
pub(crate) struct EndedSessions {
    /// A token is dead by itself after this.
    access: Duration,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    ended: HashMap<SessionId, Timestamp>,
    heard_at: Option<Timestamp>,
}

/// What is known of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It has not ended, as of a second ago at the most.
    Live,
    /// It has ended.
    Ended,
    /// The database was not heard of for too long.
    Unknown,
}

/// How old the last answer of the database may be: a session that another replica ended is dead here, too,
/// within this time.
const FRESH: Duration = Duration::from_secs(1);

/// How far back each question reaches beyond the last answer: clocks of replicas differ, and a transaction
/// can commit a while after it has noted the time.
const OVERLAP: Duration = Duration::from_secs(10);

impl EndedSessions {
    /// None yet; access tokens live for `access`.
    pub(crate) fn new(access: Duration) -> Self {
        Self { access, state: RwLock::default() }
    }

    /// What is known of a session.
    pub(crate) fn standing(&self, session: SessionId, now: Timestamp) -> Standing {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.ended.contains_key(&session) {
            Standing::Ended
        } else if state.heard_at.is_some_and(|at| now.since(at) <= FRESH) {
            Standing::Live
        } else {
            Standing::Unknown
        }
    }

    /// Adds sessions that were ended here.
    pub(crate) fn add(&self, sessions: impl IntoIterator<Item = SessionId>, now: Timestamp) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.ended.extend(sessions.into_iter().map(|session| (session, now)));
    }

    /// The instant since which the database is to be asked next: at first, as far back as a token lives.
    pub(crate) fn next_question(&self, now: Timestamp) -> Timestamp {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match state.heard_at {
            Some(at) => at.minus(OVERLAP),
            None => now.minus(self.access + OVERLAP),
        }
    }

    /// Takes in what the database answered to the question that was asked at `asked_at`, and forgets sessions
    /// whose tokens are dead by themselves.
    pub(crate) fn learn(&self, ended: Vec<(SessionId, Timestamp)>, asked_at: Timestamp) {
        let oldest = asked_at.minus(self.access + OVERLAP);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.ended.extend(ended);
        state.ended.retain(|_, at| *at >= oldest);
        state.heard_at = Some(asked_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    fn session(number: u8) -> SessionId {
        SessionId::generate(at(0), [number; 10])
    }

    fn sessions() -> EndedSessions {
        EndedSessions::new(Duration::from_mins(15))
    }

    #[test]
    fn nothing_is_known_before_the_first_answer() {
        assert_eq!(sessions().standing(session(1), at(0)), Standing::Unknown);
    }

    #[test]
    fn a_session_is_live_for_a_second_after_an_answer_without_it() {
        let sessions = sessions();
        sessions.learn(vec![], at(10));
        assert_eq!(sessions.standing(session(1), at(11)), Standing::Live);
        assert_eq!(sessions.standing(session(1), at(12)), Standing::Unknown);
    }

    #[test]
    fn a_session_that_ended_here_is_ended_at_once() {
        let sessions = sessions();
        sessions.learn(vec![], at(10));
        sessions.add([session(1)], at(10));
        assert_eq!(sessions.standing(session(1), at(10)), Standing::Ended);
    }

    #[test]
    fn a_session_that_ended_elsewhere_is_ended_even_when_the_database_falls_silent() {
        let sessions = sessions();
        sessions.learn(vec![(session(1), at(9))], at(10));
        assert_eq!(sessions.standing(session(1), at(500)), Standing::Ended);
    }

    #[test]
    fn questions_overlap_and_the_first_reaches_back_as_far_as_a_token_lives() {
        let sessions = sessions();
        assert_eq!(sessions.next_question(at(10_000)), at(10_000 - 900 - 10));
        sessions.learn(vec![], at(10_000));
        assert_eq!(sessions.next_question(at(10_001)), at(9_990));
    }

    #[test]
    fn sessions_without_living_tokens_are_forgotten() {
        let sessions = sessions();
        sessions.learn(vec![(session(1), at(100))], at(100));
        sessions.learn(vec![], at(100 + 900 + 11));
        assert_eq!(sessions.state.read().unwrap().ended.len(), 0);
    }
}
