//! The schema of recordings, from its SQL and comments.

use std::fmt::Write as _;

use rusqlite::Connection;

use crate::markdown::{code, codes, page as start, table, text};
use crate::source;

pub(crate) fn page() -> String {
    let sql = source("src/recording/schema.sql");
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(&sql).unwrap();
    let mut page = start(
        "Recordings",
        "A recording is one SQLite file. Query its views. The tables can change in any version. `sqlite3 FILE .schema` prints the same comments.\n\n\
         Columns named `…_unix_micros` are microseconds since 1970-01-01 UTC. `at` is the same time as RFC 3339 text. \
         `sequence_from` and `sequence_to` are both inclusive.",
    );
    for (title, statement) in [("Views", "CREATE VIEW "), ("Tables", "CREATE TABLE ")] {
        write!(page, "\n## {title}\n").unwrap();
        for definition in sql.split("\n\n").flat_map(|block| block.split_inclusive(";\n")) {
            let Some((name, body)) = definition.trim().strip_prefix(statement).and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            write!(page, "\n### {name}\n").unwrap();
            let notes: Vec<&str> = body.lines().filter_map(|line| line.trim().strip_prefix("-- ")).collect();
            if !notes.is_empty() {
                write!(page, "\n{}\n", text(&notes.join(" "))).unwrap();
            }
            let columns = columns(&database, name);
            if title == "Views" {
                let columns = codes(columns.iter().map(|(column, _)| column.as_str()));
                write!(page, "\nColumns: {columns}\n").unwrap();
                continue;
            }
            let rows: Vec<_> = columns
                .into_iter()
                .map(|(column, kind)| {
                    let line = body.lines().find(|line| line.trim_start().starts_with(&format!("{column} ")));
                    let note = line.and_then(|line| line.split_once("-- ")).map_or("", |(_, note)| note);
                    [code(&column), kind, text(note)]
                })
                .collect();
            page.push_str(&table(["Column", "Type", "Meaning"], &rows));
        }
    }
    page
}

fn columns(database: &Connection, name: &str) -> Vec<(String, String)> {
    let mut statement = database.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
    let columns = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    columns.map(Result::unwrap).collect()
}
