//! Checks the structure that the crate documentation of `src/lib.rs` describes: which directory may use which, what pure
//! code must not use, and how the console is divided.
//!
//! The sources are parsed, and every `use` and inline path is resolved to an absolute path. Test code is ignored.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, TypeReference, UseTree};

/// A directory or file of `src`, and the others that it may use.
struct Rule {
    directory: &'static str,
    may_use: &'static [&'static str],
    pure: bool,
}

const fn rule(directory: &'static str, may_use: &'static [&'static str]) -> Rule {
    Rule { directory, may_use, pure: false }
}

const fn pure(directory: &'static str, may_use: &'static [&'static str]) -> Rule {
    Rule { directory, may_use, pure: true }
}

/// The directories that panes and popups may use. The tests for cycles and for panes restrict this further.
const PANES_AND_POPUPS: &[&str] = &[
    "wire",
    "ledger",
    "filter",
    "output",
    "template",
    "console/app",
    "console/ui",
    "console/layout",
    "console/keymap",
    "console/panes",
    "console/popups",
    "console/search",
    "console/filter",
];

/// The rule with the longest matching directory applies. Every new directory needs a rule.
const RULES: &[Rule] = &[
    pure("wire", &[]),
    pure("ledger", &["wire"]),
    pure("filter", &["wire", "ledger"]),
    rule("filter/jq_worker", &["wire", "filter"]),
    pure("output", &["wire", "ledger"]),
    pure("template", &["wire"]),
    rule("own_file", &[]),
    rule("child", &["wire"]),
    rule("alerts", &["ledger", "output", "child"]),
    rule("recording", &["wire", "ledger", "output", "own_file"]),
    rule("redis", &["wire", "ledger"]),
    // Redis only for the TLS settings.
    rule("store", &["wire", "ledger", "recording", "redis"]),
    rule("broadcast", &["wire", "ledger", "recording", "redis"]),
    rule("config", &["wire", "ledger", "template", "redis", "store", "console/keymap"]),
    rule("demo", &["wire", "redis"]),
    rule("failure", &["wire", "recording", "redis", "store", "config"]),
    rule("stdout", &["ledger", "output"]),
    rule("live", &["wire", "ledger", "own_file", "recording", "redis", "config", "failure", "alerts"]),
    rule("metrics", &["wire", "ledger", "recording", "redis", "store", "failure"]),
    rule(
        "recorder",
        &["wire", "ledger", "recording", "redis", "store", "config", "failure", "live", "metrics", "alerts"],
    ),
    rule(
        "listener",
        &["wire", "ledger", "output", "own_file", "child", "recording", "redis", "config", "failure", "live", "stdout"],
    ),
    rule(
        "commands",
        &[
            "wire",
            "ledger",
            "filter",
            "filter/jq_worker",
            "template",
            "own_file",
            "output",
            "recording",
            "redis",
            "store",
            "config",
            "demo",
            "failure",
            "stdout",
            "live",
            "metrics",
            "recorder",
            "listener",
            "console/app",
            "console/keymap",
            "console/panes",
            "console/runtime",
            "console/ui",
        ],
    ),
    rule("console/ui", &["wire", "ledger", "console/app", "console/layout", "console/popups"]),
    rule("console/layout", &["console/app", "console/panes", "console/popups"]),
    rule("console/keymap", &["ledger", "console/app", "console/ui", "console/panes", "console/popups"]),
    rule(
        "console/app",
        &[
            "wire",
            "ledger",
            "filter",
            "filter/jq_worker",
            "output",
            "template",
            "console/ui",
            "console/layout",
            "console/keymap",
            "console/panes",
            "console/popups",
            "console/search",
            "console/filter",
        ],
    ),
    rule("console/panes", PANES_AND_POPUPS),
    rule("console/popups", PANES_AND_POPUPS),
    rule(
        "console/search",
        &[
            "wire",
            "ledger",
            "console/app",
            "console/ui",
            "console/layout",
            "console/panes",
            "console/popups",
            "console/filter",
        ],
    ),
    rule(
        "console/filter",
        &["wire", "ledger", "filter", "filter/jq_worker", "console/app", "console/ui", "console/popups"],
    ),
    rule("console/filter/jq_worker", &["wire", "filter", "filter/jq_worker", "console/app"]),
    rule(
        "console/runtime",
        &[
            "alerts",
            "wire",
            "ledger",
            "filter",
            "filter/jq_worker",
            "console/filter/jq_worker",
            "output",
            "template",
            "recording",
            "redis",
            "store",
            "child",
            "console/app",
            "console/ui",
            "console/panes",
            "console/popups",
            "console/filter",
        ],
    ),
];

/// Paths that pure code must not use: I/O, the clock and threads.
const IMPURE_PATHS: &[&str] = &[
    "tokio",
    "redis",
    "ratatui",
    "crossterm",
    "clap",
    "rusqlite",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::env",
    "std::fs",
    "std::net",
    "std::io",
    "std::process",
    "std::thread",
];

/// Paths that the console must not use outside its runtime.
const CONSOLE_IMPURE_PATHS: &[&str] = &[
    "tokio",
    "redis",
    "rusqlite",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
];

/// The directories of the console that may perform I/O.
const CONSOLE_RUNTIME: &[&str] = &["console/runtime", "console/filter/jq_worker"];

/// One source file.
struct Source {
    /// The path without extension, e.g. `console/ui/text`. A `mod.rs` file has the path of its directory.
    module: String,
    /// The absolute paths within the crate, without `crate`, e.g. `wire/verdict/Verdict`.
    internal: BTreeSet<String>,
    /// The paths to other crates, e.g. `std::fs::File`.
    external: BTreeSet<String>,
    /// Whether the file draws, i.e. uses ratatui's buffer.
    is_view: bool,
    /// Whether the file changes the console's state, i.e. a function takes `&mut State`.
    is_update: bool,
}

/// Collects the paths of a file.
struct Paths<'a> {
    module: Vec<String>,
    children: BTreeSet<String>,
    /// The imported names and their paths.
    names: BTreeMap<String, Vec<String>>,
    internal: &'a mut BTreeSet<String>,
    external: &'a mut BTreeSet<String>,
    changes_state: bool,
}

impl Paths<'_> {
    /// Resolves `crate`, `self`, `super`, names in scope and child modules.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut rest = path;
        let mut base = match rest.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.module.clone(),
            name => {
                if let Some(used) = self.names.get(name) {
                    let mut whole = used.clone();
                    whole.extend_from_slice(&rest[1..]);
                    return Some(whole);
                }
                if !self.children.contains(name) {
                    return None;
                }
                let mut whole = vec!["crate".to_owned()];
                whole.extend(self.module.iter().cloned());
                whole.extend_from_slice(rest);
                return Some(whole);
            }
        };
        while let Some(first) = rest.first() {
            match first.as_str() {
                "crate" | "self" => {}
                "super" => drop(base.pop()),
                _ => break,
            }
            rest = &rest[1..];
        }
        base.insert(0, "crate".to_owned());
        base.extend_from_slice(rest);
        Some(base)
    }

    fn add(&mut self, path: &[String]) {
        let path = self.absolute(path).unwrap_or_else(|| path.to_vec());
        match path.split_first() {
            Some((root, inside)) if root == "crate" => drop(self.internal.insert(inside.join("/"))),
            Some(_) if path.len() > 1 => drop(self.external.insert(path.join("::"))),
            _ => {}
        }
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &[String]) {
        let mut path = prefix.to_vec();
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.use_tree(&inner.tree, &path);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, &path)),
            UseTree::Glob(_) => self.add(&path),
            UseTree::Name(name) => self.use_name(&mut path, &name.ident.to_string(), None),
            UseTree::Rename(rename) => {
                self.use_name(&mut path, &rename.ident.to_string(), Some(rename.rename.to_string()));
            }
        }
    }

    fn use_name(&mut self, path: &mut Vec<String>, name: &str, renamed: Option<String>) {
        if name != "self" {
            path.push(name.to_owned());
        }
        let whole = self.absolute(path).unwrap_or_else(|| path.clone());
        self.add(path);
        let known_as = renamed.or_else(|| whole.last().cloned());
        self.names.extend(known_as.map(|known_as| (known_as, whole)));
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.use_tree(&item.tree, &[]);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        visit::visit_path(self, path);
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if let (true, syn::Type::Path(of)) = (reference.mutability.is_some(), reference.elem.as_ref()) {
            self.changes_state |= of.path.segments.last().is_some_and(|last| last.ident == "State");
        }
        visit::visit_type_reference(self, reference);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

fn parse(module: &str, text: &str) -> Source {
    let file = syn::parse_file(text).unwrap();
    let (mut internal, mut external) = (BTreeSet::new(), BTreeSet::new());
    let children = file.items.iter().filter_map(|item| match item {
        Item::Mod(child) if !is_test(&child.attrs) => Some(child.ident.to_string()),
        _ => None,
    });
    let mut paths = Paths {
        module: module.split('/').map(str::to_owned).collect(),
        children: children.collect(),
        names: BTreeMap::new(),
        internal: &mut internal,
        external: &mut external,
        changes_state: false,
    };
    // Imports can follow their first use, so they are collected first.
    for item in &file.items {
        if let Item::Use(item) = item {
            paths.visit_item_use(item);
        }
    }
    paths.visit_file(&file);
    let is_update = paths.changes_state;
    let is_view = external.contains("ratatui::buffer::Buffer");
    Source { module: module.to_owned(), internal, external, is_view, is_update }
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All source files except `lib.rs`, `main.rs` and tests.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    files(&src(), &mut found);
    assert!(found.len() > 50, "the sources were not found");
    let modules = found.iter().filter_map(|file| {
        let name = file.strip_prefix(src()).unwrap().with_extension("");
        let name = name.to_str().unwrap();
        let name = name.strip_suffix("/mod").unwrap_or(name);
        (!["lib", "main"].contains(&name) && !name.ends_with("/tests") && name != "console")
            .then(|| parse(name, &fs::read_to_string(file).unwrap()))
    });
    modules.collect()
}

/// Whether a path is this module or an item in it.
fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn rule_of(path: &str) -> Option<&'static Rule> {
    RULES.iter().filter(|rule| is_in(path, rule.directory)).max_by_key(|rule| rule.directory.len())
}

/// Describes each path that a file uses against its rule.
fn violations(source: &Source) -> Vec<String> {
    let module = &source.module;
    let Some(rule) = rule_of(module) else { return vec![format!("{module} has no rule")] };
    let mut found = Vec::new();
    for path in &source.internal {
        // A path outside all rules is an item of the crate root or of the module itself.
        let Some(used) = rule_of(path) else { continue };
        if used.directory != rule.directory && !rule.may_use.contains(&used.directory) {
            found.push(format!("{module}: {} must not use {path}", rule.directory));
        }
        if let (Some(own), Some(other)) = (pane(module), pane(path))
            && own != other
        {
            found.push(format!("{module}: the pane {own} must not use {path}"));
        }
    }
    let impure = if rule.pure {
        IMPURE_PATHS
    } else if rule.directory.starts_with("console/") && !CONSOLE_RUNTIME.contains(&rule.directory) {
        CONSOLE_IMPURE_PATHS
    } else {
        &[]
    };
    for path in &source.external {
        let matches =
            |impure: &&&str| path.strip_prefix(**impure).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        found.extend(impure.iter().find(matches).map(|_| format!("{module}: {} must not use {path}", rule.directory)));
    }
    found
}

/// The module that dispatches to all panes, like `console/popups` to all popups.
const PANES: &str = "console/panes";

/// The pane that a path belongs to. An item of [`PANES`] itself belongs to none.
fn pane(path: &str) -> Option<&str> {
    child_module(PANES, path)
}

/// The module of a directory that a path belongs to: a directory or a file.
fn child_module<'a>(directory: &str, path: &'a str) -> Option<&'a str> {
    let name = path.strip_prefix(directory)?.strip_prefix('/')?.split('/').next()?;
    let directory = src().join(directory);
    (directory.join(name).exists() || directory.join(format!("{name}.rs")).exists()).then_some(name)
}

/// The source file that a path refers to.
fn source_of<'a>(sources: &'a [Source], path: &str) -> Option<&'a Source> {
    sources.iter().filter(|source| is_in(path, &source.module)).max_by_key(|source| source.module.len())
}

#[test]
fn each_directory_uses_only_permitted_directories() {
    let found: Vec<_> = sources().iter().flat_map(violations).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Popups are exempt because a popup is one file with both. `console/app` and `console/panes/mod.rs` are exempt because they
/// dispatch to both.
#[test]
fn view_and_update_do_not_use_each_other() {
    let sources = sources();
    let divided =
        ["console/panes", "console/search", "console/filter", "console/ui", "console/layout", "console/keymap"];
    let mut found = Vec::new();
    let is_divided =
        |source: &&Source| source.module != PANES && divided.iter().any(|directory| is_in(&source.module, directory));
    for source in sources.iter().filter(is_divided) {
        if source.is_view && source.is_update {
            found.push(format!("{} draws and changes the state", source.module));
        }
        for path in &source.internal {
            let Some(used) = source_of(&sources, path).filter(|used| is_divided(used)) else { continue };
            if (source.is_view && used.is_update) || (source.is_update && used.is_view) {
                found.push(format!("{} uses {path}", source.module));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether a path refers to code that the directories of the console share: `console/app`, which contains the state of all of
/// them and dispatches to them, and the parts of that state: the `state` modules, the popups and the table of panes.
fn is_shared(sources: &[Source], path: &str) -> bool {
    is_in(path, "console/app")
        || source_of(sources, path).is_some_and(|source| {
            source.module == PANES
                || is_in(&source.module, "console/popups")
                || (is_in(&source.module, "console") && source.module.ends_with("/state"))
        })
}

#[test]
fn no_import_cycle_crosses_directories() {
    let sources = sources();
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !is_shared(&sources, &source.module)) {
        let Some(own) = rule_of(&source.module) else { continue };
        let paths = source.internal.iter().filter(|path| !is_shared(&sources, path));
        let directories = paths.filter_map(|path| rule_of(path)).map(|rule| rule.directory);
        uses.entry(own.directory).or_default().extend(directories.filter(|directory| *directory != own.directory));
    }
    // Removes directories that use no remaining directory, until none is left. The rest is in a cycle.
    while let Some(leaf) =
        uses.iter().find(|(_, used)| used.iter().all(|used| !uses.contains_key(used))).map(|(leaf, _)| *leaf)
    {
        uses.remove(leaf);
    }
    assert!(uses.is_empty(), "these directories form a cycle: {uses:?}");
}

#[test]
fn each_violation_is_found() {
    let cases = [
        ("wire/json", "use crate::ledger::finding::Finding;"),
        ("wire/json", "fn f() { crate::ledger::finding::f(); }"),
        ("wire/json", "use super::super::ledger::finding;"),
        ("ledger/channel", "fn now() { let _ = std::time::Instant::now(); }"),
        ("ledger/channel", "use std::time; fn now() { let _ = time::Instant::now(); }"),
        ("console/app/view", "use crate::redis::target::Target;"),
        ("console/app/keys", "use std::time::SystemTime;"),
        ("console/panes/detail/view", "use crate::console::panes::messages::view;"),
        ("redis/resp", "use crate::{console::runtime};"),
        ("new_directory", ""),
    ];
    for (module, text) in cases {
        assert_eq!(violations(&parse(module, text)).len(), 1, "{module}: {text}");
    }
    assert!(violations(&parse("wire/json", "// crate::ledger and tokio in a comment")).is_empty());
    assert!(violations(&parse("wire/json", "#[cfg(test)] mod tests { use std::fs; }")).is_empty());
    assert!(violations(&parse("console/runtime", "use crate::redis::target::Target;")).is_empty());
    // A module that is one file is found too.
    assert_eq!(child_module("console/popups", "console/popups/jump/accept"), Some("jump"));
    assert_eq!(child_module(PANES, "console/panes/Pane"), None);
    let view = parse("console/panes/detail/view", "use ratatui::buffer::Buffer; fn draw(state: &mut State) {}");
    assert!(view.is_view && view.is_update);
}

#[test]
fn only_the_worker_evaluates_predicates() {
    let mut found = Vec::new();
    files(&src(), &mut found);
    found.retain(|file| fs::read_to_string(file).unwrap().contains(".predicate_outcome("));
    assert_eq!(
        found,
        [src().join("commands/jq_worker.rs")],
        "a predicate can take unlimited time and memory, so only the worker process may evaluate it"
    );
}

#[test]
fn no_file_is_longer_than_800_lines() {
    let mut found = Vec::new();
    files(&src(), &mut found);
    let long: Vec<_> = found
        .iter()
        .map(|file| (file, fs::read_to_string(file).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 800)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// `CARGO_TARGET_DIR` can move the target directory.
#[test]
fn no_source_assumes_the_target_directory() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for directory in ["src", "tests", "benches", "assets"] {
        files(&root.join(directory), &mut all);
    }
    let found: Vec<_> = all
        .iter()
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            ["debug", "release", "dist"].iter().any(|profile| text.contains(&format!("target/{profile}")))
        })
        .collect();
    assert!(found.is_empty(), "{found:?}");
}
