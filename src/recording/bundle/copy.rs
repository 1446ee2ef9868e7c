//! Copies the selected rows to the new file.

use rusqlite::{Connection, params};

use super::window::Window;
use crate::recording::codes;
use crate::recording::merge::files::MERGE_TABLES;

/// The maximum number of rows before the window that are searched for the last counter reading of each channel.
const MAX_SEARCHED_READINGS: i64 = 10_000;

/// Copies from the recording attached as `a`.
pub(super) fn copy(connection: &Connection, window: &Window, notes: &[String]) -> rusqlite::Result<()> {
    connection.execute_batch(super::BUNDLE_TABLES)?;
    let transaction = connection.unchecked_transaction()?;
    choose(&transaction, window)?;
    sessions_and_channels(&transaction)?;
    for table in ["message", "finding", "counter", "link", "hole"] {
        copy_table(&transaction, table, "JOIN temp.place USING (id) ORDER BY id")?;
    }
    copy_table(&transaction, "hole_range", "WHERE hole IN (SELECT id FROM main.hole)")?;
    conflicts(&transaction)?;
    sums(&transaction, window)?;
    if has(&transaction, "note")? {
        transaction.execute("INSERT INTO main.note (text) SELECT text FROM a.note ORDER BY id", [])?;
    }
    for note in notes {
        transaction.execute("INSERT INTO main.note (text) VALUES (?)", [note])?;
    }
    transaction.commit()
}

/// Copies the selected rows of a table. Columns are matched by name.
fn copy_table(connection: &Connection, table: &str, selection: &str) -> rusqlite::Result<()> {
    let columns: String =
        connection.query_row("SELECT group_concat(name, ', ') FROM pragma_table_info(?, 'main')", [table], |row| {
            row.get(0)
        })?;
    let sql = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM a.{table} {selection}");
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
fn sessions_and_channels(connection: &Connection) -> rusqlite::Result<()> {
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
    copy_table(
        connection,
        "clock",
        "WHERE session IN (SELECT id FROM main.session) AND id <= (SELECT max(id) FROM temp.place)
            AND id >= coalesce((SELECT max(id) FROM a.clock WHERE id <= (SELECT min(id) FROM temp.place)), 0)",
    )?;
    connection.execute_batch(
        "INSERT INTO main.channel (id, name, epoch, messages, rejected, run_id, replication_id)
            SELECT c.id, c.name, 1, 0, 0, c.run_id, c.replication_id FROM a.channel c WHERE c.id IN (
            SELECT channel FROM a.message JOIN temp.place USING (id)
            UNION SELECT channel FROM a.finding JOIN temp.place USING (id)
            UNION SELECT first_channel FROM a.finding JOIN temp.place USING (id)
            UNION SELECT channel FROM a.counter JOIN temp.place USING (id)
            UNION SELECT channel FROM a.link JOIN temp.place USING (id)
            UNION SELECT channel FROM a.hole_range JOIN temp.place ON id = hole);",
    )
}

/// Copies the sequence numbers that had different payloads in merged recordings.
fn conflicts(connection: &Connection) -> rusqlite::Result<()> {
    if has(connection, "conflict")? {
        connection.execute_batch(MERGE_TABLES)?;
        copy_table(connection, "recording", "")?;
        copy_table(connection, "conflict", "WHERE id IN (SELECT id FROM main.message)")?;
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
fn sums(connection: &Connection, window: &Window) -> rusqlite::Result<()> {
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
    connection.execute(at, params![window.to_at])?;
    connection.execute(
        "UPDATE main.total SET next_id = 1 + (SELECT max(id) FROM temp.place),
            (messages, payload_bytes, rejected) = (SELECT count(*), coalesce(sum(length(payload)), 0),
                coalesce(sum(verdict >= 2), 0) FROM main.message),
            findings = (SELECT count(*) FROM main.finding),
            not_recorded = (SELECT coalesce(sum(messages), 0) FROM main.hole)",
        [],
    )?;
    Ok(())
}
