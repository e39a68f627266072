//! Passwords, hashed by bcrypt.

mod foreign;
mod pace;
mod pool;
mod resting;
mod scheme;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use domain::ports::{HashingPlace, PasswordError, PasswordHasher, Verdict};
use domain::{NewPassword, Password, PasswordHash};
use secrecy::SecretString;

use pace::Pace;
use pool::{NotRun, Pool};
use scheme::{Found, Scheme};

/// Hashes passwords with bcrypt on a few threads of its own, so that a flood of sign-ins waits for itself
/// and for nobody else.
///
/// What goes into bcrypt is `base64(HMAC-SHA-256(key, password))`: bcrypt alone ends at 72 bytes and at a
/// NUL.
pub struct BcryptHasher {
    scheme: Arc<Scheme>,
    pool: Pool,
    pace: Pace,
    threads: usize,
    queue: usize,
}

/// How much the threads that hash passwords have to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashingLoad {
    /// How many passwords wait.
    pub waiting: usize,
    /// How many may wait; one more is refused.
    pub capacity: usize,
    /// How many are hashed now.
    pub busy: usize,
    /// How many can be hashed at a time.
    pub threads: usize,
}

/// How passwords are hashed.
#[derive(Clone, Debug)]
pub struct HashingSettings {
    /// The base-2 logarithm of the rounds, 4 to 16.
    pub cost: u32,
    /// How many passwords are hashed at a time.
    pub threads: NonZeroUsize,
    /// How many may wait; one more is [`PasswordError::Busy`].
    pub queue: usize,
    /// A secret that is kept outside the database and goes into every hash. Hashes that were made without
    /// one still count and are replaced at the next sign-in; hashes made with one are worthless without it.
    pub pepper: Option<SecretString>,
}

/// Why a hasher cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// The cost is out of range.
    #[error("the cost of bcrypt must be from {} to {}", HashingSettings::MIN_COST, HashingSettings::MAX_COST)]
    Cost,
    /// A thread could not be started.
    #[error("a thread for hashing passwords could not be started")]
    Thread(#[source] io::Error),
}

impl HashingSettings {
    /// The least cost; for tests.
    pub const MIN_COST: u32 = 4;
    /// The greatest cost: some four seconds.
    pub const MAX_COST: u32 = 16;
}

impl Default for HashingSettings {
    /// Cost 12, one thread fewer than there are cores (at least one), a queue of 64, no pepper.
    ///
    /// However low the threads stand, what wakes up on a core of theirs in another group of the scheduler, such as the
    /// database, waits for the rest of their slice: so one core is never theirs.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN);
        Self { cost: 12, threads, queue: 64, pepper: None }
    }
}

impl BcryptHasher {
    /// A hasher with its threads; they end when it is dropped.
    pub fn new(settings: &HashingSettings) -> Result<Self, HasherError> {
        if !(HashingSettings::MIN_COST..=HashingSettings::MAX_COST).contains(&settings.cost) {
            return Err(HasherError::Cost);
        }
        let pool = Pool::start(settings.threads, settings.queue).map_err(HasherError::Thread)?;
        Ok(Self {
            scheme: Arc::new(Scheme::new(settings.cost, settings.pepper.as_ref())),
            pool,
            pace: Pace::default(),
            threads: settings.threads.get(),
            queue: settings.queue,
        })
    }

    /// Whether `stored` is a hash that another system has made and that is verified here; it is replaced at the next
    /// sign-in.
    pub fn verifies_foreign(stored: &str) -> bool {
        scheme::is_foreign(stored)
    }

    /// Whether somebody can sign in by `stored` where there is a pepper, or none: by a hash of ours, or of another system.
    pub fn verifies(stored: &str, has_pepper: bool) -> bool {
        scheme::is_known(stored, has_pepper)
    }

    /// What the threads have to do now.
    pub fn load(&self) -> HashingLoad {
        let jobs = self.pool.jobs();
        // No thread rests while a job waits.
        let busy = jobs.min(self.threads);
        HashingLoad { waiting: jobs - busy, capacity: self.queue, busy, threads: self.threads }
    }
}

impl fmt::Debug for BcryptHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BcryptHasher(…)")
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: &NewPassword) -> Result<PasswordHash, PasswordError> {
        let scheme = Arc::clone(&self.scheme);
        let password = password.password().expose().to_owned();
        let hash = self.pool.run(self.place()?, move || scheme.hash(&password)).await?;
        hash.map(PasswordHash::new).map_err(failed)
    }

    fn place(&self) -> Result<HashingPlace, PasswordError> {
        Ok(self.pool.place()?)
    }

    async fn verify(
        &self,
        place: HashingPlace,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verdict, PasswordError> {
        let scheme = Arc::clone(&self.scheme);
        let stored = hash.map(|hash| hash.expose().to_owned());
        let is_foreign = stored.as_deref().is_some_and(Self::verifies_foreign);
        let work = move || {
            let begun = Instant::now();
            (scheme.verify(&password, stored.as_deref()), begun.elapsed())
        };
        let (found, time) = self.pool.run(place, work).await?;
        match found.map_err(failed)? {
            Found::Wrong => {
                self.pace.learn(is_foreign, time);
                tokio::time::sleep(self.pace.rest(time)).await;
                Ok(Verdict::Wrong)
            }
            Found::Right => Ok(Verdict::Right),
            Found::RightButOld(hash) => Ok(Verdict::RightButOld(PasswordHash::new(hash))),
        }
    }
}

impl From<NotRun> for PasswordError {
    fn from(reason: NotRun) -> Self {
        match reason {
            NotRun::Full => Self::Busy,
            NotRun::Lost => Self::Failed(Box::new(reason)),
        }
    }
}

fn failed(error: bcrypt::BcryptError) -> PasswordError {
    PasswordError::Failed(Box::new(error))
}
