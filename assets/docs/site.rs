//! The site: the guide, and the documents of the repository that it links to, built with mdBook.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};

use mdbook_driver::MDBook;
use regex::{Captures, Regex};

use crate::root;

const GUIDE: &str = "assets/guide";

/// The pages of the guide.
pub(crate) fn pages() -> Vec<PathBuf> {
    files(&root().join(GUIDE)).into_iter().filter(|path| is_page(path)).collect()
}

/// Builds the site in `target/site`, and returns its directory.
pub(crate) fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let (book, site) = (target.join("site-source"), target.join("site"));
    for directory in [&book, &site] {
        if directory.exists() {
            fs::remove_dir_all(directory).unwrap();
        }
    }
    stage(&book);
    let mut loaded = MDBook::load(&book).unwrap();
    loaded.config.build.build_dir.clone_from(&site);
    loaded.build().unwrap();
    site
}

/// Copies the guide to `book`. What its pages link to outside the guide is copied to `book/project`.
fn stage(book: &Path) {
    let guide = root().join(GUIDE);
    let mut outside = BTreeSet::new();
    for path in files(&guide) {
        copy(&path, &book.join(path.strip_prefix(&guide).unwrap()), &mut outside);
    }
    let mut copied = BTreeSet::new();
    while let Some(path) = outside.pop_first() {
        if copied.insert(path.clone()) && root().join(&path).is_file() {
            copy(&root().join(&path), &book.join("project").join(&path), &mut outside);
        }
    }
    let mut summary = fs::read_to_string(book.join("SUMMARY.md")).unwrap();
    summary.push_str("\n# Project\n\n");
    for page in copied.iter().filter(|path| is_page(path)) {
        let name = page.file_stem().unwrap().to_string_lossy().to_lowercase();
        let title = name[..1].to_uppercase() + &name[1..];
        writeln!(summary, "- [{title}](project/{})", page.display()).unwrap();
    }
    fs::write(book.join("SUMMARY.md"), summary).unwrap();
}

/// Copies a file. In a page, links across the border between guide and repository lead to the copies.
fn copy(from: &Path, to: &Path, outside: &mut BTreeSet<PathBuf>) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    if !is_page(from) {
        fs::copy(from, to).unwrap();
        return;
    }
    let from = from.strip_prefix(root()).unwrap();
    let text = fs::read_to_string(root().join(from)).unwrap();
    let link = Regex::new(r"\]\(([^)#\s]+)").unwrap();
    let text = link.replace_all(&text, |found: &Captures<'_>| {
        if found[1].contains("://") {
            return found[0].to_owned();
        }
        let target = normal(&from.parent().unwrap().join(&found[1]));
        let place = match (from.strip_prefix(GUIDE), target.strip_prefix(GUIDE)) {
            (Ok(_), Ok(_)) => return found[0].to_owned(),
            (_, Ok(inside)) => inside.to_owned(),
            (_, Err(_)) => {
                outside.insert(target.clone());
                Path::new("project").join(&target)
            }
        };
        let depth = match from.strip_prefix(GUIDE) {
            Ok(inside) => inside.components().count() - 1,
            Err(_) => from.components().count(),
        };
        format!("]({}{}", "../".repeat(depth), place.display())
    });
    fs::write(to, text.as_bytes()).unwrap();
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// All files in a directory and below it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The path without `..` and `.`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = fs::read_to_string(root().join(GUIDE).join("SUMMARY.md")).unwrap();
    for page in pages() {
        let name = page.strip_prefix(root().join(GUIDE)).unwrap().display().to_string();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "SUMMARY.md lacks {name}");
    }
}

#[test]
fn every_link_of_the_site_leads_somewhere() {
    let site = build();
    let link = Regex::new(r#"(?:href|src)="([^"]+)""#).unwrap();
    let id = Regex::new(r#"\bid="([^"]+)""#).unwrap();
    let mut found = 0;
    for page in files(&site).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "html")) {
        // These are written for another place than their own.
        if ["404.html", "toc.html", "print.html"].iter().any(|name| page.ends_with(name)) {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if target.contains("://") || target.starts_with("data:") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let to = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(to.exists(), "{}: {target} leads nowhere", page.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&to).unwrap();
                let has = id.captures_iter(&text).any(|found| &found[1] == anchor);
                assert!(has, "{}: {target} has no such heading", page.display());
            }
            found += 1;
        }
    }
    assert!(found > 200, "only {found} links were found");
}
