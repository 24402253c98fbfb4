//! Archives, as whoever downloads one unpacks it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// Each file's text, by its name.
pub fn files(archive: &[u8]) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert!(files.insert(file.name().unwrap().into_owned(), text).is_none());
    }
    files
}

/// All of it, one after the other.
pub(super) fn text(archive: &[u8]) -> String {
    files(archive).into_iter().map(|(name, text)| format!("{name}\n{text}")).collect()
}
