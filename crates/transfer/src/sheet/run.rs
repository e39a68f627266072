//! Taking a sheet in: batches of rows that are right, a line for each that is not.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::BufRead;
use std::time::Duration;

use domain::ports::{
    Constraint, DoctorRepository, Intake, MappingRepository, PatientRepository, Record, RepositoryError,
    UserRepository,
};
use domain::{
    Batch, EmailAddress, EmailRule, ExternalId, Incoming, LoginName, OnConflict, Reason, RecordId,
    RowFate as Fate, RowLine, SheetFormat as Format, SheetTally, SourceName, Stamp, Timestamp, User, UserId,
};

use super::SheetError;
use super::doctors::DoctorRow;
use super::external::{external, of_other_system};
use super::fields::Fields;
use super::format::{BadRow, Rows};
use super::mappings::MappingRow;
use super::patients::PatientRow;
use super::users::UserRow;

/// How many rows go into one transaction.
const BATCH: usize = 500;

/// What must be unique of some record.
const RULES: [Constraint; 5] = [
    Constraint::UserName,
    Constraint::UserEmail,
    Constraint::DoctorEmail,
    Constraint::DoctorLicense,
    Constraint::ActiveMapping,
];

/// How often a batch is tried whose records somebody else takes in meanwhile.
const ATTEMPTS: u32 = 5;

/// What a sheet is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Users; none is ever changed.
    Users,
    /// Patients.
    Patients,
    /// Doctors.
    Doctors,
    /// Mappings.
    Mappings,
}

/// Whose records a sheet holds.
#[derive(Clone)]
pub enum Owner {
    /// Whoever the column `owner` names.
    Named,
    /// This user, whatever the column says.
    Given(UserId),
    /// This user, who brings the sheet: a row that names somebody else is refused, ids and times are not theirs to make
    /// up, and a row that was written from one of their records is that record.
    Own(Box<User>),
}

/// How a sheet is to be taken in.
#[derive(Clone)]
pub struct Options {
    /// What it is of.
    pub kind: Kind,
    /// How it is written.
    pub format: Format,
    /// What the source is called: external ids are ids of this source.
    pub source: SourceName,
    /// Whose the records are.
    pub owner: Owner,
    /// What becomes of rows that were taken in before.
    pub on_conflict: OnConflict,
    /// Columns by other names, with the names that they have here.
    pub renames: Vec<(String, String)>,
    /// Whether two doctors may have the same e-mail address.
    pub doctor_emails: EmailRule,
    /// Whether somebody can sign in by a stored hash of a password.
    pub verifies: fn(&str) -> bool,
    /// The time.
    pub now: Timestamp,
    /// Nothing is written.
    pub is_dry: bool,
}

/// Where the records go.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Takes in new ones.
    pub intake: &'a dyn Intake,
    /// Knows who owners are.
    pub users: &'a dyn UserRepository,
    /// Updates patients.
    pub patients: &'a dyn PatientRepository,
    /// Updates doctors.
    pub doctors: &'a dyn DoctorRepository,
    /// Updates mappings.
    pub mappings: &'a dyn MappingRepository,
}

/// Takes a sheet in. `tell` gets each row that was not added, `progress` the number of rows that were read.
pub async fn import<R: BufRead>(
    from: R,
    target: Target<'_>,
    options: &Options,
    stamp: &Stamp,
    tell: &mut (dyn FnMut(&RowLine) + Send),
    progress: &(dyn Fn(u64) + Sync),
) -> Result<SheetTally, SheetError> {
    let rows = Rows::new(from, options.format, &options.renames)?;
    let desk = Desk { target, options, users: HashMap::new(), timeless: 0 };
    let begin = Begin { desk, stamp, tell, progress };
    match options.kind {
        Kind::Users => begin.run::<R, UserRow>(rows).await,
        Kind::Patients => begin.run::<R, PatientRow>(rows).await,
        Kind::Doctors => begin.run::<R, DoctorRow>(rows).await,
        Kind::Mappings => begin.run::<R, MappingRow>(rows).await,
    }
}

/// A kind of row.
pub(super) trait Row: Sized {
    const RECORD: Record;
    const TABLE: &'static str;
    /// One of these columns must be there.
    const NEEDS: &'static [&'static str];
    const COLUMNS: &'static [&'static str];
    /// The column that tells when the record was made.
    const MADE: &'static str;
    type Record;

    /// Reads a row; `None` when something is wrong, which is noted.
    async fn read(
        desk: &mut Desk<'_>,
        fields: &mut Fields,
        id: Option<RecordId>,
    ) -> Result<Option<Self>, RepositoryError>;

    /// What must be unique, by rule, column and key.
    fn unique(&self, desk: &Desk<'_>) -> Vec<(Constraint, &'static str, String)>;

    fn id(raw: i64) -> Option<RecordId>;

    fn kept(&self) -> Option<RecordId>;

    /// The record, with its own id or with a new one.
    fn record(&self, keeps_id: bool) -> Self::Record;

    /// The record that the row was written from, where that can be told.
    async fn written_from(&self, _: &Desk<'_>) -> Result<Option<RecordId>, RepositoryError> {
        Ok(None)
    }

    async fn add(desk: &Desk<'_>, batch: Batch<Self::Record>, stamp: &Stamp) -> Result<(), RepositoryError>;

    /// False where the record says the same already. A dry run tells the same and writes nothing; it does
    /// not know what earlier rows would have changed.
    async fn update(self, desk: &Desk<'_>, known: RecordId, stamp: &Stamp) -> Result<bool, RepositoryError>;
}

/// What is at hand for reading rows.
pub(super) struct Desk<'a> {
    pub(super) target: Target<'a>,
    pub(super) options: &'a Options,
    /// Users by what they were called.
    users: HashMap<String, Option<UserId>>,
    /// How many rows did not tell when their record was made.
    timeless: u64,
}

impl Desk<'_> {
    /// When a record was made whose row does not tell: no two at the same time, as this tells them apart later.
    pub(super) fn own_instant(&mut self) -> Timestamp {
        let micros = Duration::from_micros(self.timeless);
        self.timeless = self.timeless.saturating_add(1);
        self.options.now.plus(micros)
    }

    /// Whose the record is: who is named by the column, else by the options.
    pub(super) async fn owner(&mut self, fields: &mut Fields) -> Result<Option<UserId>, RepositoryError> {
        match &self.options.owner {
            Owner::Given(owner) => return Ok(Some(*owner)),
            Owner::Own(owner) => {
                // Whoever is named instead: it is not looked up, so nobody learns who is here.
                if fields.raw("owner").is_some_and(|name| !is_named(owner, name)) {
                    fields.wrong("owner", "must be you");
                }
                return Ok(Some(owner.id));
            }
            Owner::Named => {}
        }
        if fields.raw("owner").is_none() {
            fields.wrong("owner", "is required: a column, or --owner");
            return Ok(None);
        }
        self.user(fields, "owner").await
    }

    /// The user whom a column names.
    pub(super) async fn user(
        &mut self,
        fields: &mut Fields,
        column: &str,
    ) -> Result<Option<UserId>, RepositoryError> {
        let Some(name) = fields.raw(column).map(str::to_owned) else { return Ok(None) };
        let found = if let Some(found) = self.users.get(&name) {
            *found
        } else {
            let found = match LoginName::parse(&name) {
                Some(login) => self.target.users.find_credentials(&login).await?.map(|found| found.user.id),
                None => None,
            };
            self.users.insert(name, found);
            found
        };
        if found.is_none() {
            fields.wrong(column, "is no user here");
        }
        Ok(found)
    }

    /// The record of this source with this external id.
    pub(super) async fn known(&self, kind: Record, raw: &str) -> Result<Option<RecordId>, RepositoryError> {
        let Ok(external) = ExternalId::parse(raw).map(|id| of_other_system(&id)) else {
            return Ok(None);
        };
        let known = self.target.intake.known_among(&self.options.source, kind, vec![external]).await?;
        Ok(known.first().map(|known| known.record))
    }
}

/// Whether a sign-in by this name would be one of the user.
fn is_named(user: &User, name: &str) -> bool {
    LoginName::parse(name).is_some_and(|login| {
        let email = user.email.as_ref().map(EmailAddress::key);
        login.user_name_key() == user.username.key() || email.is_some() && login.email_key() == email
    })
}

impl Options {
    /// The only user whose records may be there.
    pub(super) fn only_owner(&self) -> Option<UserId> {
        match &self.owner {
            Owner::Named => None,
            Owner::Given(owner) => Some(*owner),
            Owner::Own(owner) => Some(owner.id),
        }
    }

    /// Whether the sheet is of the user who brings it.
    pub(super) const fn is_own(&self) -> bool {
        matches!(self.owner, Owner::Own(_))
    }
}

struct Begin<'a> {
    desk: Desk<'a>,
    stamp: &'a Stamp,
    tell: &'a mut (dyn FnMut(&RowLine) + Send),
    progress: &'a (dyn Fn(u64) + Sync),
}

/// A row that waits for its batch.
struct Waiting<T> {
    number: u64,
    external: ExternalId,
    /// When its record was made, as far as it tells.
    made: Option<Timestamp>,
    row: T,
}

struct Run<'a, T> {
    begin: Begin<'a>,
    tally: SheetTally,
    waiting: Vec<Waiting<T>>,
    /// Of a dry run: what would be there by now, as digests.
    imagined: HashSet<u64>,
    /// Ids are kept where nothing of the kind was there.
    keeps_ids: bool,
}

impl Begin<'_> {
    async fn run<R: BufRead, T: Row>(self, mut rows: Rows<R>) -> Result<SheetTally, SheetError> {
        let is_there = |name: &&str| rows.columns().contains(*name);
        if self.desk.options.format == Format::Csv && !T::NEEDS.iter().any(is_there) {
            return Err(SheetError::NoColumn(T::NEEDS.first().copied().unwrap_or_default()));
        }
        let is_own = self.desk.options.is_own();
        let keeps_ids = !is_own && self.desk.target.intake.count(T::RECORD).await? == 0;
        let tally = SheetTally::default();
        let (waiting, imagined) = (Vec::new(), HashSet::new());
        let mut run: Run<'_, T> = Run { begin: self, tally, waiting, imagined, keeps_ids };
        while let Some(row) = rows.next()? {
            run.tally.read += 1;
            match row {
                Ok(row) => run.take(row.number, Fields::new(row.values)).await?,
                Err(BadRow { number, message }) => run.refuse(number, vec![("row".to_owned(), message)]),
            }
            (run.begin.progress)(run.tally.read);
        }
        run.flush().await?;
        Ok(run.tally)
    }
}

impl<T: Row> Run<'_, T> {
    async fn take(&mut self, number: u64, mut fields: Fields) -> Result<(), SheetError> {
        let is_own = self.begin.desk.options.is_own();
        // Rows of other sheets name a patient and a doctor by the id alone.
        let made = (is_own || T::RECORD == Record::User).then_some(T::MADE);
        // An external id is no number that each system gives anew.
        let is_told_apart = is_own || fields.raw("external_id").is_some();
        let external = external(&mut fields, T::COLUMNS, made);
        let made =
            fields.raw(T::MADE).and_then(|raw| Timestamp::parse(raw.trim())).filter(|_| !is_told_apart);
        let id = fields.raw("id").filter(|_| self.keeps_ids).and_then(|raw| raw.trim().parse().ok());
        let row = T::read(&mut self.begin.desk, &mut fields, id.and_then(T::id)).await?;
        let (Some(external), Some(row), true) = (external, row, fields.errors.is_empty()) else {
            self.refuse(number, fields.errors);
            return Ok(());
        };
        // Of two rows of one batch that are the same record, or may not both be, the second comes in the next one.
        let desk = &self.begin.desk;
        let mine = row.unique(desk);
        let clashes = |other: &Waiting<T>| {
            other.external == external || other.row.unique(desk).iter().any(|unique| mine.contains(unique))
        };
        if self.waiting.len() >= BATCH || self.waiting.iter().any(clashes) {
            self.flush().await?;
        }
        self.waiting.push(Waiting { number, external, made, row });
        Ok(())
    }

    /// Writes what waits. Of two imports of one sheet at once, the one that comes second finds what the other has
    /// written and looks again.
    async fn flush(&mut self) -> Result<(), SheetError> {
        let mut attempt = 1;
        loop {
            let new = self.settle_known().await?;
            let new = self.acceptable(new).await?;
            match self.add(&new).await {
                Err(RepositoryError::Stale | RepositoryError::Duplicate(_)) if attempt < ATTEMPTS => {
                    self.waiting = new;
                    attempt += 1;
                }
                done => return Ok(done?),
            }
        }
    }

    /// Settles the waiting rows that are records here already, and returns the others.
    async fn settle_known(&mut self) -> Result<Vec<Waiting<T>>, SheetError> {
        let waiting = std::mem::take(&mut self.waiting);
        let target = self.begin.desk.target;
        let externals = waiting.iter().map(|waiting| waiting.external.clone()).collect();
        let known = target.intake.known_among(&self.begin.desk.options.source, T::RECORD, externals).await?;
        let known: HashMap<_, _> =
            known.into_iter().map(|known| (known.external, (known.record, known.origin))).collect();
        let mut new = Vec::new();
        for waiting in waiting {
            let is_imagined = self.imagined.contains(&digest(&waiting.external));
            let (mut record, origin) = known.get(&waiting.external).copied().unzip();
            if origin.flatten().zip(waiting.made).is_some_and(|(before, made)| before != made) {
                let error = "is that of another record, imported before; --source tells two systems apart";
                self.refuse(waiting.number, vec![("id".to_owned(), error.to_owned())]);
                continue;
            }
            if record.is_none() && self.begin.desk.options.is_own() {
                record = waiting.row.written_from(&self.begin.desk).await?;
            }
            match record {
                Some(record) => self.conflict(waiting, Some(record)).await?,
                None if is_imagined => self.conflict(waiting, None).await?,
                None => new.push(waiting),
            }
        }
        Ok(new)
    }

    /// A row that is here already; `None` where a dry run only imagines it.
    async fn conflict(&mut self, waiting: Waiting<T>, record: Option<RecordId>) -> Result<(), SheetError> {
        let Waiting { number, row, .. } = waiting;
        let mut fate = match self.begin.desk.options.on_conflict {
            OnConflict::Skip => Fate::Skipped,
            OnConflict::Update => Fate::Updated,
            OnConflict::Fail => {
                self.refuse(number, vec![("id".to_owned(), "was imported before".to_owned())]);
                return Ok(());
            }
        };
        if let (Fate::Updated, Some(record)) = (fate, record) {
            match row.update(&self.begin.desk, record, self.begin.stamp).await {
                Ok(true) => {}
                Ok(false) => fate = Fate::Skipped,
                Err(RepositoryError::Missing(_)) => {
                    self.refuse(
                        number,
                        vec![("id".to_owned(), "is of a record that is not there any more".to_owned())],
                    );
                    return Ok(());
                }
                Err(RepositoryError::Duplicate(_) | RepositoryError::Invalid(_)) => {
                    self.refuse(
                        number,
                        vec![("row".to_owned(), "breaks a rule with what is here".to_owned())],
                    );
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        match fate {
            Fate::Updated => self.tally.updated += 1,
            _ => self.tally.skipped += 1,
        }
        (self.begin.tell)(&RowLine { row: number, fate, errors: Vec::new() });
        Ok(())
    }

    async fn add(&mut self, new: &[Waiting<T>]) -> Result<(), RepositoryError> {
        if new.is_empty() {
            return Ok(());
        }
        let count = u64::try_from(new.len()).unwrap_or(u64::MAX);
        if self.begin.desk.options.is_dry {
            let keys = new.iter().flat_map(|waiting| {
                let unique = waiting.row.unique(&self.begin.desk).into_iter().map(|unique| digest(&unique));
                unique.chain([digest(&waiting.external)]).collect::<Vec<_>>()
            });
            let keys: Vec<u64> = keys.collect();
            self.imagined.extend(keys);
        } else {
            let wishes: Vec<RecordId> = new.iter().filter_map(|waiting| waiting.row.kept()).collect();
            let present = self.begin.desk.target.intake.present(wishes).await?;
            let records = new.iter().map(|Waiting { external, made, row, .. }| {
                let is_taken = row.kept().is_some_and(|id| present.contains(&id));
                Incoming { external: external.clone(), origin: *made, record: row.record(!is_taken) }
            });
            let source = self.begin.desk.options.source.clone();
            let reason = format!("{count} rows of {} from {}", T::TABLE, source.as_str());
            let reason = Reason::parse(&reason).map_err(|error| RepositoryError::Failed(error.into()))?;
            let batch = Batch { records: records.collect(), source, reason };
            T::add(&self.begin.desk, batch, self.begin.stamp).await?;
        }
        self.tally.added += count;
        Ok(())
    }

    /// Without those whose values are another record's.
    async fn acceptable(&mut self, new: Vec<Waiting<T>>) -> Result<Vec<Waiting<T>>, SheetError> {
        let mut taken: HashSet<(Constraint, String)> = HashSet::new();
        for rule in RULES {
            let unique = new.iter().flat_map(|waiting| waiting.row.unique(&self.begin.desk));
            let keys: Vec<String> = unique.filter(|(each, ..)| *each == rule).map(|(.., key)| key).collect();
            if !keys.is_empty() {
                let found = self.begin.desk.target.intake.taken(rule, keys).await?;
                taken.extend(found.into_iter().map(|key| (rule, key)));
            }
        }
        let mut acceptable = Vec::new();
        for waiting in new {
            let clash = waiting.row.unique(&self.begin.desk).into_iter().find(|unique| {
                taken.contains(&(unique.0, unique.2.clone())) || self.imagined.contains(&digest(unique))
            });
            match clash {
                Some((_, column, _)) => {
                    let error = (column.to_owned(), "is that of another record".to_owned());
                    self.refuse(waiting.number, vec![error]);
                }
                None => acceptable.push(waiting),
            }
        }
        Ok(acceptable)
    }

    fn refuse(&mut self, row: u64, errors: Vec<(String, String)>) {
        self.tally.refused += 1;
        (self.begin.tell)(&RowLine { row, fate: Fate::Refused, errors });
    }
}

fn digest(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
