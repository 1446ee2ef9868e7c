//! Copies the selected rows to the new file.

use rusqlite::{Connection, params};

use super::supply::Supply;
use super::window::Window;
use crate::recording::codes;
use crate::recording::reader::bounded;
use crate::recording::schema::{BUNDLE_TABLES, MERGE_TABLES};

/// The maximum number of rows before the window that are searched for the last counter reading of each channel.
const MAX_SEARCHED_READINGS: i64 = 10_000;

/// Where the rows of the recording get room for those that it does not have: the messages that other recordings supplied, and the
/// finding of a gap that a merge filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Rows from this id on get higher ids.
    pub(super) split: i64,
    /// How many messages are supplied. Their ids start at `split`.
    pub(super) supplied: i64,
    /// Whether the finding comes after them.
    pub(super) restores_finding: bool,
}

impl Layout {
    pub(super) fn new(window: &Window, supply: &Supply) -> Self {
        let focus = &window.focus;
        Self {
            split: focus.row.unwrap_or_else(|| focus.span.1.min(window.last).saturating_add(1)),
            supplied: i64::try_from(supply.messages()).unwrap_or(0),
            restores_finding: focus.is_filled_gap(),
        }
    }

    fn shift(&self) -> i64 {
        self.supplied + i64::from(self.restores_finding)
    }

    /// The id in the new file of the finding that the bundle is about.
    pub(super) fn finding(&self, window: &Window) -> Option<i64> {
        if self.restores_finding {
            Some(self.split.saturating_add(self.supplied))
        } else {
            window.focus.row.map(|id| id.saturating_add(self.shift()))
        }
    }

    /// The ids in the new file of the first row and the row after the last one of what the bundle is about.
    pub(super) fn span(&self, window: &Window) -> (i64, i64) {
        let (first, last) = window.focus.span;
        (first, self.finding(window).unwrap_or(last.saturating_add(self.supplied)).saturating_add(1))
    }
}

/// Copies from the recording attached as `a`.
pub(super) fn copy(
    connection: &Connection,
    window: &Window,
    supply: &Supply,
    notes: &[String],
) -> rusqlite::Result<Layout> {
    let layout = Layout::new(window, supply);
    connection.execute_batch(BUNDLE_TABLES)?;
    let transaction = connection.unchecked_transaction()?;
    choose(&transaction, window)?;
    sessions_and_channels(&transaction, window, &layout)?;
    for table in ["message", "finding", "counter", "link", "hole"] {
        copy_stream(&transaction, &layout, (table, "id"), "JOIN temp.place USING (id) ORDER BY id")?;
    }
    copy_stream(&transaction, &layout, ("hole_range", "hole"), "WHERE hole IN (SELECT id FROM temp.place)")?;
    conflicts(&transaction, &layout)?;
    if has(&transaction, "supplied")? {
        copy_table(&transaction, "supplied", "WHERE session IN (SELECT id FROM main.session)")?;
    }
    if let Some(finding) = window.focus.finding.as_ref().filter(|_| layout.restores_finding) {
        super::supply::restore_finding(&transaction, window, &layout, finding)?;
    }
    supply.write(&transaction, window, &layout)?;
    let last: i64 = transaction.query_row("SELECT coalesce(max(id), 0) FROM temp.place", [], |row| row.get(0))?;
    sums(&transaction, window.to_at, last + layout.shift() + 1)?;
    if has(&transaction, "note")? {
        transaction.execute("INSERT INTO main.note (text) SELECT text FROM a.note ORDER BY id", [])?;
    }
    for note in notes {
        transaction.execute("INSERT INTO main.note (text) VALUES (?)", [note])?;
    }
    transaction.commit()?;
    Ok(layout)
}

/// Copies the selected rows of a table. Columns are matched by name.
fn copy_table(connection: &Connection, table: &str, selection: &str) -> rusqlite::Result<()> {
    copy_stream(connection, &Layout { split: 0, supplied: 0, restores_finding: false }, (table, ""), selection)
}

/// Copies the selected rows of a table that has ids of the stream in the column `id`.
fn copy_stream(
    connection: &Connection,
    layout: &Layout,
    (table, id): (&str, &str),
    selection: &str,
) -> rusqlite::Result<()> {
    let columns: String =
        connection.query_row("SELECT group_concat(name, ', ') FROM pragma_table_info(?, 'main')", [table], |row| {
            row.get(0)
        })?;
    let shifted = format!("{id} + iif({id} >= {}, {}, 0)", layout.split, layout.shift());
    let values = columns.split(", ").map(|column| if column == id { &shifted } else { column });
    let values = values.collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO main.{table} ({columns}) SELECT {values} FROM a.{table} {selection}");
    connection.execute(&sql, []).map(drop)
}

/// Whether the recording has this optional table.
fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM a.sqlite_schema WHERE type = 'table' AND name = ?)";
    connection.query_row(sql, [table], |row| row.get(0))
}

/// Selects the ids to copy: those of the window, and before it the last link change and the last counter reading of each channel.
fn choose(connection: &Connection, window: &Window) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TEMP TABLE place (id INTEGER PRIMARY KEY)")?;
    let (first, last) = (window.first, window.last);
    for table in ["message", "finding", "counter", "link", "hole"] {
        let sql = format!("INSERT OR IGNORE INTO temp.place (id) SELECT id FROM a.{table} WHERE id BETWEEN ? AND ?");
        connection.execute(&sql, [first, last])?;
    }
    for neighbour in &window.neighbours {
        connection.execute("INSERT OR IGNORE INTO temp.place (id) VALUES (?)", [neighbour])?;
    }
    // What is left of a filled gap is a part of the finding that is restored.
    if let (true, Some(numbers)) = (window.focus.is_filled_gap(), &window.focus.numbers) {
        connection.execute(
            "DELETE FROM temp.place WHERE id IN (SELECT f.id FROM a.finding f JOIN a.channel c ON c.id = f.channel
                WHERE c.name = ? AND f.sequence_from >= ? AND f.sequence_to <= ? AND f.epoch = ? AND f.at_unix_micros = ?)",
            params![
                codes::NameColumn(numbers.channel.as_bytes()),
                bounded(numbers.range.0),
                bounded(numbers.range.1),
                numbers.epoch,
                window.focus.to
            ],
        )?;
    }
    connection.execute(
        "INSERT OR IGNORE INTO temp.place (id)
         SELECT id FROM (SELECT id FROM a.link WHERE channel IS NULL AND id < ? ORDER BY id DESC LIMIT 1)",
        [first],
    )?;
    connection.execute(
        "INSERT OR IGNORE INTO temp.place (id)
         SELECT max(id) FROM (SELECT id, channel FROM a.counter WHERE id < ?1 ORDER BY id DESC LIMIT ?2)
         WHERE channel IN (SELECT channel FROM a.message WHERE id BETWEEN ?1 AND ?3
                           UNION SELECT channel FROM a.finding WHERE id BETWEEN ?1 AND ?3)
         GROUP BY channel",
        [first, MAX_SEARCHED_READINGS, last],
    )?;
    Ok(())
}

/// Copies the sessions, clocks and channels that the copied rows refer to.
fn sessions_and_channels(connection: &Connection, window: &Window, layout: &Layout) -> rusqlite::Result<()> {
    copy_table(
        connection,
        "session",
        "WHERE id IN (
            SELECT session FROM a.message JOIN temp.place USING (id)
            UNION SELECT session FROM a.finding JOIN temp.place USING (id)
            UNION SELECT session FROM a.counter JOIN temp.place USING (id)
            UNION SELECT session FROM a.link JOIN temp.place USING (id)
            UNION SELECT session FROM a.hole JOIN temp.place USING (id)
            UNION SELECT max(session) FROM a.clock WHERE id <= (SELECT min(id) FROM temp.place))",
    )?;
    if window.focus.is_filled_gap() {
        let selection = format!("WHERE id = {} AND id NOT IN (SELECT id FROM main.session)", window.focus.session);
        copy_table(connection, "session", &selection)?;
    }
    copy_stream(
        connection,
        layout,
        ("clock", "id"),
        "WHERE session IN (SELECT id FROM main.session) AND id <= (SELECT max(id) FROM temp.place)
            AND id >= coalesce((SELECT max(id) FROM a.clock WHERE id <= (SELECT min(id) FROM temp.place)), 0)",
    )?;
    let of_focus = window.focus.channel().map(|channel| codes::NameColumn(channel.as_bytes()));
    connection.execute(
        "INSERT INTO main.channel (id, name, epoch, messages, rejected, run_id, replication_id)
            SELECT c.id, c.name, 1, 0, 0, c.run_id, c.replication_id FROM a.channel c WHERE c.id IN (
            SELECT channel FROM a.message JOIN temp.place USING (id)
            UNION SELECT channel FROM a.finding JOIN temp.place USING (id)
            UNION SELECT first_channel FROM a.finding JOIN temp.place USING (id)
            UNION SELECT channel FROM a.counter JOIN temp.place USING (id)
            UNION SELECT channel FROM a.link JOIN temp.place USING (id)
            UNION SELECT channel FROM a.hole_range JOIN temp.place ON id = hole)
            OR c.name = ?",
        [of_focus],
    )?;
    Ok(())
}

/// Copies the sequence numbers that had different payloads in merged recordings.
fn conflicts(connection: &Connection, layout: &Layout) -> rusqlite::Result<()> {
    if has(connection, "conflict")? {
        connection.execute_batch(MERGE_TABLES)?;
        copy_table(connection, "recording", "")?;
        copy_stream(connection, layout, ("conflict", "id"), "JOIN temp.place USING (id)")?;
        // The session of the other payload may have no other rows in the bundle.
        copy_table(
            connection,
            "session",
            "WHERE id IN (SELECT other_session FROM main.conflict) AND id NOT IN (SELECT id FROM main.session)",
        )?;
    }
    Ok(())
}

/// Writes the state of the channels at the end of the window, and the running totals.
pub(in crate::recording) fn sums(connection: &Connection, to_at: i64, next_id: i64) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE main.channel SET (messages, rejected, last_unix_micros) =
            (SELECT count(*), coalesce(sum(m.verdict >= 2), 0), max(m.at_unix_micros) FROM main.message m
             WHERE m.channel = channel.id);
         UPDATE main.channel SET epoch = coalesce((SELECT max(epoch) FROM (
            SELECT epoch FROM main.message m WHERE m.channel = channel.id
            UNION ALL SELECT epoch FROM main.counter r WHERE r.channel = channel.id
            UNION ALL SELECT epoch FROM main.finding f WHERE f.channel = channel.id)), 1);
         UPDATE main.channel SET counter = (SELECT max(number) FROM (
            SELECT sequence AS number FROM main.message m WHERE m.channel = channel.id AND m.epoch = channel.epoch
            UNION ALL SELECT value FROM main.counter r WHERE r.channel = channel.id AND r.epoch = channel.epoch
            UNION ALL SELECT sequence_to FROM main.finding f WHERE f.channel = channel.id AND f.epoch = channel.epoch
                AND f.kind IN ({})));
         INSERT INTO main.rate (second, channel, messages, rejected)
            SELECT at_unix_micros / 1000000, channel, count(*), sum(verdict >= 2) FROM main.message GROUP BY 1, 2;",
        codes::gap_kinds()
    );
    connection.execute_batch(&sql)?;
    let at = "UPDATE main.channel SET counter_unix_micros = ? WHERE counter IS NOT NULL";
    connection.execute(at, [to_at])?;
    connection.execute(
        "UPDATE main.total SET next_id = ?1,
            (messages, payload_bytes, rejected) = (SELECT count(*), coalesce(sum(length(payload)), 0),
                coalesce(sum(verdict >= 2), 0) FROM main.message),
            findings = (SELECT count(*) FROM main.finding),
            not_recorded = (SELECT coalesce(sum(messages), 0) FROM main.hole WHERE kind <> 'deleted')",
        [next_id],
    )?;
    Ok(())
}
