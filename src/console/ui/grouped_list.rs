//! A list whose entries form groups. A group of several entries is one line until it is unfolded. A text can narrow the list to
//! the groups with a matching entry.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;
use std::ops::Range;

use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::{Narrowing, Wanted};

/// The maximum entries in a grouped list. If there are more, the oldest group is removed.
pub const MAX_LISTED: usize = 10_000;
/// The maximum entries kept of one group. Older ones are removed, but stay counted.
pub const MAX_IN_GROUP: usize = 1_000;

/// An entry of a grouped list.
pub trait Listed {
    /// The row ID of its row in Messages.
    fn row_id(&self) -> u64;
    /// When it was received or found, in microseconds since the epoch.
    fn at(&self) -> i64;
    /// The text that narrowing looks in, escaped.
    fn text(&self) -> String;
}

/// Groups in the order of their first entries. The newest entry of a group never moves it.
#[derive(Debug)]
pub struct GroupedList<K, T> {
    /// The cursor, which counts lines.
    pub position: ListCursor,
    /// The number of entries removed because of the maximums.
    pub trimmed: u64,
    /// The text that narrows the list.
    pub narrowing: Narrowing,
    groups: VecDeque<Group<K, T>>,
    /// The ID of `groups[0]`. The ID of a group never changes.
    first_id: u64,
    ids: HashMap<K, u64>,
    /// The IDs of the unfolded groups.
    unfolded: BTreeSet<u64>,
    /// The IDs of the groups that match the narrowing, in ascending order. `None`: all groups.
    shown: Option<VecDeque<u64>>,
    kept: usize,
}

/// Entries that have their key in common.
#[derive(Debug)]
pub struct Group<K, T> {
    /// The number of entries, including those removed.
    pub count: u64,
    /// The time of the first entry.
    pub since: i64,
    /// The newest entries, at least one.
    pub kept: VecDeque<T>,
    key: K,
}

/// A line of the list.
#[derive(Debug)]
pub struct Line<'a, K, T> {
    /// The group.
    pub group: &'a Group<K, T>,
    /// The entry; none on the line of a group of several entries.
    pub entry: Option<&'a T>,
    /// Whether the line is below the line of its unfolded group.
    pub is_indented: bool,
}

impl<'a, K, T> Line<'a, K, T> {
    /// The entry, or the newest one of the group.
    #[must_use]
    pub fn newest(&self) -> Option<&'a T> {
        self.entry.or_else(|| self.group.kept.back())
    }
}

impl<K, T> Default for GroupedList<K, T> {
    fn default() -> Self {
        Self {
            position: ListCursor::default(),
            trimmed: 0,
            narrowing: Narrowing::default(),
            groups: VecDeque::new(),
            first_id: 0,
            ids: HashMap::new(),
            unfolded: BTreeSet::new(),
            shown: None,
            kept: 0,
        }
    }
}

impl<K, T: Listed> Group<K, T> {
    /// Whether one of its entries matches.
    fn matches(&self, wanted: &Wanted) -> bool {
        self.kept.iter().any(|entry| wanted.is_in(&entry.text()))
    }
}

impl<K: Clone + Eq + Hash, T: Listed> GroupedList<K, T> {
    /// Adds the newest entry, and returns the entries removed. A cursor on the last line follows, unless `keep_cursor` is
    /// set.
    pub fn push(&mut self, key: K, entry: T, keep_cursor: bool) -> Vec<T> {
        let on_last = self.position.cursor + 1 >= self.len();
        let matches = self.shown.is_some() && self.narrowing.wanted().is_in(&entry.text());
        let mut removed = Vec::new();
        let id = if let Some(id) = self.ids.get(&key).copied() {
            removed.extend(self.add(id, entry));
            id
        } else {
            let id = self.first_id + self.groups.len() as u64;
            self.ids.insert(key.clone(), id);
            self.groups.push_back(Group { count: 1, since: entry.at(), kept: VecDeque::from([entry]), key });
            id
        };
        if matches {
            self.reveal(id);
        }
        self.kept += 1;
        if on_last && !keep_cursor {
            self.position.cursor = self.len().saturating_sub(1);
        }
        self.kept -= removed.len();
        while self.kept > MAX_LISTED {
            removed.extend(self.remove_oldest());
        }
        self.trimmed += removed.len() as u64;
        removed
    }

    /// Adds an entry to a group. The lines at the cursor and at the top of the window keep their places.
    fn add(&mut self, id: u64, entry: T) -> Option<T> {
        let line = if self.unfolded.contains(&id) { self.line_of(id) } else { None };
        let index = self.index(id);
        let group = &mut self.groups[index];
        group.count += 1;
        group.kept.push_back(entry);
        let removed = if group.kept.len() > MAX_IN_GROUP { group.kept.pop_front() } else { None };
        let last = group.kept.len();
        if let Some(line) = line {
            for place in [&mut self.position.cursor, &mut self.position.top] {
                if removed.is_some() {
                    *place -= usize::from(*place > line + 1 && *place <= line + last);
                } else {
                    *place += usize::from(*place >= line + last);
                }
            }
        }
        removed
    }

    fn remove_oldest(&mut self) -> VecDeque<T> {
        let is_shown = self.place(self.first_id).is_some();
        let Some(group) = self.groups.pop_front() else { return VecDeque::new() };
        self.ids.remove(&group.key);
        let lines = 1 + if self.unfolded.remove(&self.first_id) { group.kept.len() } else { 0 };
        let lines = if is_shown { lines } else { 0 };
        if let Some(shown) = self.shown.as_mut().filter(|_| is_shown) {
            shown.pop_front();
        }
        self.first_id += 1;
        self.kept -= group.kept.len();
        self.position.cursor = self.position.cursor.saturating_sub(lines);
        self.position.top = self.position.top.saturating_sub(lines);
        group.kept
    }

    /// Shows a group that did not match before. The lines at the cursor and at the top of the window keep their places.
    fn reveal(&mut self, id: u64) {
        let Some(shown) = &mut self.shown else { return };
        let Err(place) = shown.binary_search(&id) else { return };
        let before = !shown.is_empty();
        shown.insert(place, id);
        let Some(line) = self.line_of(id) else { return };
        let lines = 1 + if self.unfolded.contains(&id) { self.group(id).kept.len() } else { 0 };
        for place in [&mut self.position.cursor, &mut self.position.top] {
            *place += if before && *place >= line { lines } else { 0 };
        }
    }

    /// Applies the text of the narrowing. The cursor goes to the first line. Without a text, it stays on its group.
    pub fn narrow(&mut self) {
        let selected = self.selected().and_then(|line| self.ids.get(&line.group.key).copied());
        let wanted = self.narrowing.wanted();
        let groups = || (self.first_id..).zip(&self.groups);
        let matching = || groups().filter(|(_, group)| group.matches(&wanted)).map(|(id, _)| id).collect();
        self.shown = self.narrowing.is_narrowed().then(matching);
        let selected = selected.filter(|_| self.shown.is_none()).and_then(|id| self.line_of(id));
        self.position = ListCursor { cursor: selected.unwrap_or(0), ..self.position };
    }

    /// The number of groups that match the narrowing, and the number of all groups.
    #[must_use]
    pub fn found(&self) -> (usize, usize) {
        (self.shown.as_ref().map_or(self.groups.len(), VecDeque::len), self.groups.len())
    }

    /// Whether there is a group with this key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.ids.contains_key(key)
    }

    /// Unfolds or folds the group under the cursor. Returns false if the line there is an entry.
    pub fn toggle(&mut self) -> bool {
        let Some(Line { group, entry: None, .. }) = self.selected() else { return false };
        if let Some(id) = self.ids.get(&group.key).copied()
            && !self.unfolded.remove(&id)
        {
            self.unfolded.insert(id);
        }
        true
    }

    /// The entry with this row ID, unless it was removed.
    #[must_use]
    pub fn get(&self, row_id: u64) -> Option<&T> {
        let (id, place) = self.find(row_id)?;
        self.group(id).kept.get(place)
    }

    /// Moves the cursor to the entry with this row ID, unless it was removed. Its group is unfolded, and a narrowing that hides
    /// the group ends.
    pub fn select(&mut self, row_id: u64) {
        let Some((id, place)) = self.find(row_id) else { return };
        if self.place(id).is_none() && self.narrowing.clear() {
            self.narrow();
        }
        let is_single = self.group(id).count == 1;
        if !is_single {
            self.unfolded.insert(id);
        }
        if let Some(line) = self.line_of(id) {
            self.position.cursor = if is_single { line } else { line + 1 + place };
        }
    }

    /// The ID of the group of the entry with this row ID, and the entry's index in the group.
    fn find(&self, row_id: u64) -> Option<(u64, usize)> {
        let place = |group: &Group<K, T>| group.kept.binary_search_by_key(&row_id, T::row_id).ok();
        (self.first_id..).zip(&self.groups).find_map(|(id, group)| Some((id, place(group)?)))
    }

    /// All entries, group by group.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.groups.iter().flat_map(|group| &group.kept)
    }

    /// The row ID of the first entry after this row that is shown.
    #[must_use]
    pub fn after(&self, row_id: u64, shown: impl Fn(u64) -> bool) -> Option<u64> {
        let first = |group: &Group<K, T>| {
            let from = group.kept.partition_point(|entry| entry.row_id() <= row_id);
            group.kept.range(from..).map(T::row_id).find(|row_id| shown(*row_id))
        };
        self.groups.iter().filter_map(first).min()
    }

    /// The row ID of the last entry before this row that is shown.
    #[must_use]
    pub fn before(&self, row_id: u64, shown: impl Fn(u64) -> bool) -> Option<u64> {
        let last = |group: &Group<K, T>| {
            let to = group.kept.partition_point(|entry| entry.row_id() < row_id);
            group.kept.range(..to).rev().map(T::row_id).find(|row_id| shown(*row_id))
        };
        self.groups.iter().filter_map(last).max()
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        let unfolded = self.unfolded.iter().filter(|id| self.place(**id).is_some());
        self.found().0 + unfolded.map(|id| self.group(*id).kept.len()).sum::<usize>()
    }

    /// Whether the list has no entries, whatever it is narrowed to.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The lines shown in a window of `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.position.range(self.len(), height)
    }

    /// The line with this index.
    #[must_use]
    pub fn line(&self, line: usize) -> Option<Line<'_, K, T>> {
        let mut rest = line;
        for id in &self.unfolded {
            let Some(place) = self.place(*id) else { continue };
            // The lines of the unfolded groups before it are no longer in `rest`.
            let Some(inside) = rest.checked_sub(place + 1) else { break };
            let group = self.group(*id);
            if let Some(entry) = group.kept.get(inside) {
                return Some(Line { group, entry: Some(entry), is_indented: true });
            }
            rest -= group.kept.len();
        }
        let group = match &self.shown {
            Some(shown) => self.group(*shown.get(rest)?),
            None => self.groups.get(rest)?,
        };
        let entry = if group.count == 1 { group.kept.front() } else { None };
        Some(Line { group, entry, is_indented: false })
    }

    /// The line under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<Line<'_, K, T>> {
        self.line(self.position.cursor)
    }

    fn index(&self, id: u64) -> usize {
        usize::try_from(id - self.first_id).unwrap_or(usize::MAX)
    }

    fn group(&self, id: u64) -> &Group<K, T> {
        &self.groups[self.index(id)]
    }

    /// The number of groups shown before a group. `None` if it does not match the narrowing.
    fn place(&self, id: u64) -> Option<usize> {
        match &self.shown {
            Some(shown) => shown.binary_search(&id).ok(),
            None => Some(self.index(id)),
        }
    }

    /// The line of a group. `None` if it does not match the narrowing.
    fn line_of(&self, id: u64) -> Option<usize> {
        let above = self.unfolded.range(..id).filter(|above| self.place(**above).is_some());
        Some(self.place(id)? + above.map(|above| self.group(*above).kept.len()).sum::<usize>())
    }
}
