//! The rows of a window in the new file.

use rusqlite::{Connection, params};

use super::window::Window;
use crate::record::codes;
use crate::record::merge::files::TABLES as MERGED;

/// How many readings before the window are looked through for the last one of each channel.
const READINGS: i64 = 10_000;

/// Copies from the recording attached as `a`.
pub(super) fn copy(connection: &Connection, window: &Window, notes: &[String]) -> rusqlite::Result<()> {
    connection.execute_batch(super::TABLES)?;
    let transaction = connection.unchecked_transaction()?;
    choose(&transaction, window)?;
    people_and_channels(&transaction)?;
    for table in ["message", "finding", "counter", "link", "hole"] {
        transaction.execute(
            &format!("INSERT INTO main.{table} SELECT t.* FROM a.{table} t JOIN temp.place USING (id) ORDER BY id"),
            [],
        )?;
    }
    transaction.execute(
        "INSERT INTO main.hole_range SELECT r.* FROM a.hole_range r WHERE r.hole IN (SELECT id FROM main.hole)",
        [],
    )?;
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

/// Whether the recording has a table that not every one has.
fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM a.sqlite_schema WHERE type = 'table' AND name = ?)";
    connection.query_row(sql, [table], |row| row.get(0))
}

/// The places to be copied: those of the window, and before it the last word on the link and on each channel's counter.
fn choose(connection: &Connection, window: &Window) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TEMP TABLE place (id INTEGER PRIMARY KEY)")?;
    let (first, last) = (window.first, window.last);
    for table in ["message", "finding", "counter", "link", "hole"] {
        let sql = format!("INSERT OR IGNORE INTO temp.place SELECT id FROM a.{table} WHERE id BETWEEN ? AND ?");
        connection.execute(&sql, [first, last])?;
    }
    for neighbour in &window.neighbours {
        connection.execute("INSERT OR IGNORE INTO temp.place VALUES (?)", [neighbour])?;
    }
    connection.execute(
        "INSERT OR IGNORE INTO temp.place
         SELECT id FROM (SELECT id FROM a.link WHERE channel IS NULL AND id < ? ORDER BY id DESC LIMIT 1)",
        [first],
    )?;
    connection.execute(
        "INSERT OR IGNORE INTO temp.place
         SELECT max(id) FROM (SELECT id, channel FROM a.counter WHERE id < ?1 ORDER BY id DESC LIMIT ?2)
         WHERE channel IN (SELECT channel FROM a.message WHERE id BETWEEN ?1 AND ?3
                           UNION SELECT channel FROM a.finding WHERE id BETWEEN ?1 AND ?3)
         GROUP BY channel",
        [first, READINGS, last],
    )?;
    Ok(())
}

/// The sessions, clocks and channels that those rows name.
fn people_and_channels(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "INSERT INTO main.session SELECT * FROM a.session WHERE id IN (
            SELECT session FROM a.message JOIN temp.place USING (id)
            UNION SELECT session FROM a.finding JOIN temp.place USING (id)
            UNION SELECT session FROM a.counter JOIN temp.place USING (id)
            UNION SELECT session FROM a.link JOIN temp.place USING (id)
            UNION SELECT session FROM a.hole JOIN temp.place USING (id));
         INSERT OR IGNORE INTO main.session SELECT s.* FROM a.session s
            WHERE s.id IN (SELECT max(k.session) FROM a.clock k WHERE k.id <= (SELECT min(id) FROM temp.place));
         INSERT INTO main.clock SELECT k.* FROM a.clock k WHERE k.session IN (SELECT id FROM main.session)
            AND k.id <= (SELECT max(id) FROM temp.place)
            AND k.id >= coalesce((SELECT max(id) FROM a.clock WHERE id <= (SELECT min(id) FROM temp.place)), 0);
         INSERT INTO main.channel SELECT c.id, c.name, 1, 0, 0, NULL, NULL, NULL, c.run_id, c.replication_id
            FROM a.channel c WHERE c.id IN (
            SELECT channel FROM a.message JOIN temp.place USING (id)
            UNION SELECT channel FROM a.finding JOIN temp.place USING (id)
            UNION SELECT first_channel FROM a.finding JOIN temp.place USING (id)
            UNION SELECT channel FROM a.counter JOIN temp.place USING (id)
            UNION SELECT channel FROM a.link JOIN temp.place USING (id)
            UNION SELECT channel FROM a.hole_range JOIN temp.place ON id = hole);",
    )
}

/// Numbers under which merged recordings held different bytes.
fn conflicts(connection: &Connection) -> rusqlite::Result<()> {
    if has(connection, "conflict")? {
        connection.execute_batch(MERGED)?;
        // Whose the other bytes are is a session that may have nothing else here.
        connection.execute_batch(
            "INSERT INTO main.recording SELECT * FROM a.recording;
             INSERT INTO main.conflict SELECT x.* FROM a.conflict x WHERE x.id IN (SELECT id FROM main.message);
             INSERT OR IGNORE INTO main.session
                SELECT * FROM a.session WHERE id IN (SELECT other_session FROM main.conflict);",
        )?;
    }
    Ok(())
}

/// What is known of the channels at the end of the window, and the running totals.
fn sums(connection: &Connection, window: &Window) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE main.channel SET (messages, rejected, last_at) =
            (SELECT count(*), coalesce(sum(m.verdict >= 2), 0), max(m.at) FROM main.message m WHERE m.channel = channel.id);
         UPDATE main.channel SET epoch = coalesce((SELECT max(epoch) FROM (
            SELECT epoch FROM main.message m WHERE m.channel = channel.id
            UNION ALL SELECT epoch FROM main.counter r WHERE r.channel = channel.id
            UNION ALL SELECT epoch FROM main.finding f WHERE f.channel = channel.id)), 1);
         UPDATE main.channel SET counter = (SELECT max(number) FROM (
            SELECT sequence AS number FROM main.message m WHERE m.channel = channel.id AND m.epoch = channel.epoch
            UNION ALL SELECT value FROM main.counter r WHERE r.channel = channel.id AND r.epoch = channel.epoch
            UNION ALL SELECT sequence_to FROM main.finding f WHERE f.channel = channel.id AND f.epoch = channel.epoch
                AND f.kind IN ({})));
         INSERT INTO main.rate SELECT at / 1000000, channel, count(*), sum(verdict >= 2) FROM main.message GROUP BY 1, 2;",
        codes::gap_kinds()
    );
    connection.execute_batch(&sql)?;
    connection.execute("UPDATE main.channel SET counter_at = ? WHERE counter IS NOT NULL", params![window.to_at])?;
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
