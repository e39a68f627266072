//! Changing the notes of a mapping.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{Change, Mapping, MappingView, Notes, UserId, Version};

use crate::builders::{self, mapping_id, version};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::PARAGRAPHS;
use crate::fixed::{seconds_later, stamped};

fn set(text: &str) -> Change<Notes> {
    Change::Set(builders::notes(text))
}

async fn update(
    store: &Repositories,
    owner: UserId,
    mapping: &Mapping,
    expected: Option<i32>,
    notes: &Change<Notes>,
) -> Result<MappingView, RepositoryError> {
    store
        .mappings
        .update_notes(owner, mapping.id, expected.map(version), notes, &stamped(seconds_later(1)))
        .await
}

pub async fn notes_are_changed_cleared_and_kept(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let owner = mapping.owner;
    for text in PARAGRAPHS {
        for notes in [set(text), Change::Keep] {
            let view = update(store, owner, &mapping, None, &notes).await.unwrap();
            assert_eq!(view.mapping.notes.as_ref().unwrap().as_str(), *text);
            same(&store.active(owner, mapping.id).await.unwrap(), &view);
        }
    }
    update(store, owner, &mapping, None, &Change::Clear).await.unwrap();
    assert!(store.active(owner, mapping.id).await.unwrap().mapping.notes.is_none());
}

pub async fn a_change_of_notes_counts_the_version_up_and_notes_the_time(store: &Repositories) {
    let before = store.mapping().await;
    let mapping = &before.mapping;
    let after = update(store, mapping.owner, mapping, Some(1), &set("new")).await.unwrap();
    let notes = Some(builders::notes("new"));
    let want = Mapping { notes, version: version(2), updated_at: seconds_later(1), ..mapping.clone() };
    same(&after, &MappingView { mapping: want, ..before.clone() });
    let again = update(store, mapping.owner, mapping, Some(2), &set("newer")).await.unwrap();
    assert_eq!(again.mapping.version, version(3));
}

pub async fn notes_that_are_what_they_were_leave_the_mapping_as_it_is(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let before = update(store, mapping.owner, &mapping, None, &set("new")).await.unwrap();
    for notes in [set("new"), Change::Keep] {
        same(&update(store, mapping.owner, &mapping, Some(2), &notes).await.unwrap(), &before);
        same(&store.active(mapping.owner, mapping.id).await.unwrap(), &before);
    }
}

pub async fn a_change_of_notes_of_another_version_is_stale_and_changes_nothing(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let now = update(store, mapping.owner, &mapping, None, &set("new")).await.unwrap();
    for expected in [1, 3] {
        let result = update(store, mapping.owner, &mapping, Some(expected), &set("newer")).await;
        refused!(result, RepositoryError::Stale);
    }
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), &now);
}

pub async fn a_change_of_notes_by_a_stranger_is_missing_and_changes_nothing(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let stranger = store.user().await.id;
    for expected in [None, Some(1), Some(9)] {
        let result = update(store, stranger, mapping, expected, &set("mine")).await;
        refused!(result, RepositoryError::Missing(Record::Mapping));
    }
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), &view);
    let unknown = Mapping { id: mapping_id(i64::MAX), ..mapping.clone() };
    let result = update(store, mapping.owner, &unknown, None, &set("none")).await;
    refused!(result, RepositoryError::Missing(Record::Mapping));
}

pub async fn a_change_of_notes_of_an_ended_mapping_is_missing(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    store.end(mapping.owner, mapping.id).await;
    let ended = store.any(mapping.owner, mapping.id).await.unwrap();
    for expected in [None, Some(1), Some(ended.mapping.version.get())] {
        let result = update(store, mapping.owner, &mapping, expected, &set("late")).await;
        refused!(result, RepositoryError::Missing(Record::Mapping));
    }
    same(&store.any(mapping.owner, mapping.id).await.unwrap(), &ended);
}

pub async fn of_parallel_changes_of_one_version_one_is_made(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let results = at_once((0..50).map(|number| {
        let (mappings, owner, id) = (Arc::clone(&store.mappings), mapping.owner, mapping.id);
        let notes = set(&format!("notes {number}"));
        async move {
            mappings.update_notes(owner, id, Some(Version::FIRST), &notes, &stamped(seconds_later(1))).await
        }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Stale);
    }
    same(&store.active(mapping.owner, mapping.id).await.unwrap(), made[0].as_ref().unwrap());
}

pub async fn parallel_changes_without_expectation_are_all_made(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let mut versions = at_once((0..30).map(|number| {
        let (mappings, owner, id) = (Arc::clone(&store.mappings), mapping.owner, mapping.id);
        let notes = set(&format!("notes {number}"));
        async move {
            let view =
                mappings.update_notes(owner, id, None, &notes, &stamped(seconds_later(1))).await.unwrap();
            view.mapping.version.get()
        }
    }))
    .await;
    versions.sort_unstable();
    assert_eq!(versions, (2..=31).collect::<Vec<i32>>());
}
