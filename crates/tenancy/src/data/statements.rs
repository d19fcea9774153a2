use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio_postgres::Statement;

/// The statements prepared in one connection, by their text. The ones not used for longest go first; a statement that
/// goes is deallocated in the server as soon as nobody runs it.
pub(super) struct Statements {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    clock: u64,
    by_text: HashMap<Box<str>, Entry>,
}

struct Entry {
    statement: Statement,
    used: u64,
}

impl Statements {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), kept: Mutex::default() }
    }

    pub(super) fn get(&self, sql: &str) -> Option<Statement> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let entry = kept.by_text.get_mut(sql)?;
        entry.used = now;
        Some(entry.statement.clone())
    }

    pub(super) fn keep(&self, sql: &str, statement: Statement) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_text.len() >= self.most {
            kept.make_room();
        }
        kept.clock += 1;
        let used = kept.clock;
        kept.by_text.insert(sql.into(), Entry { statement, used });
    }

    pub(super) fn forget(&self, sql: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).by_text.remove(sql);
    }
}

impl Kept {
    /// An eighth at a time, so that looking for the oldest costs little for each statement.
    fn make_room(&mut self) {
        let mut ages: Vec<u64> = self.by_text.values().map(|entry| entry.used).collect();
        let index = ages.len() / 8;
        let (_, &mut oldest_kept, _) = ages.select_nth_unstable(index);
        self.by_text.retain(|_, entry| entry.used > oldest_kept);
    }
}
