//! Pages by keyset.

use domain::{Listing, Order, Page, PageLimit, Position};

use crate::rows::BadValue;

/// Orders a boxed query by `$key` and `$id` in one direction, beginning after a position.
///
/// The condition names the key twice, so that the database takes the beginning of the page from an index:
/// `key <= k AND (key < k OR id < i)`.
macro_rules! keyset {
    ($query:expr, $key:expr, $id:expr, $direction:expr, $after:expr) => {
        match $direction {
            domain::Direction::Ascending => {
                let query = $query.order(($key.asc(), $id.asc()));
                match $after {
                    Some((key, id)) => query.filter($key.ge(key.clone()).and($key.gt(key).or($id.gt(id)))),
                    None => query,
                }
            }
            domain::Direction::Descending => {
                let query = $query.order(($key.desc(), $id.desc()));
                match $after {
                    Some((key, id)) => query.filter($key.le(key.clone()).and($key.lt(key).or($id.lt(id)))),
                    None => query,
                }
            }
        }
    };
}
pub(crate) use keyset;

/// How many rows to ask for: one more than fit tells whether there is another page.
pub(crate) fn fetch(limit: PageLimit) -> i64 {
    i64::from(limit.get()) + 1
}

/// Whether a page is what most clients ask for, so that calls can share a statement: the first one, newest first, of
/// the usual size at most, and nothing is counted.
pub(crate) fn is_usual<Id>(page: &Page<Id>) -> bool {
    page.order == Order::default()
        && page.after.is_none()
        && !page.count
        && page.limit <= PageLimit::default()
}

/// The records of `rows`, which were asked for by [`fetch`], as one page.
pub(crate) fn listing<R, T, Id>(
    mut rows: Vec<R>,
    limit: PageLimit,
    total: Option<i64>,
    position: impl Fn(&T) -> Position<Id>,
) -> Result<Listing<T, Id>, BadValue>
where
    T: TryFrom<R, Error = BadValue>,
{
    let limit = usize::from(limit.get());
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let items = rows.into_iter().map(T::try_from).collect::<Result<Vec<_>, _>>()?;
    let next = items.last().filter(|_| is_more).map(position);
    Ok(Listing { items, next, total: total.and_then(|total| u64::try_from(total).ok()) })
}
