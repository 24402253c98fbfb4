//! A function's code as Lambda takes it: a zip with `bootstrap` in it, always the same for the same binary.

use std::io::{Cursor, Write};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::lambda::Architecture;
use crate::{Problem, Result};

pub struct Package {
    pub zip: Vec<u8>,
    /// As Lambda tells it: SHA-256 of the zip, in base64.
    pub hash: String,
}

/// Packs `<folder>/<function>/bootstrap`, if it was built for that processor.
pub fn pack(folder: &Path, function: &str, architecture: Architecture) -> Result<Package> {
    let file = folder.join(function).join("bootstrap");
    let binary = std::fs::read(&file).map_err(|_| {
        Problem(format!("{} is not there: run `cargo lambda build --release -p functions`.", file.display()))
    })?;
    if processor(&binary) != Some(architecture) {
        let flag = if architecture == Architecture::Arm64 { " --arm64" } else { "" };
        return Err(Problem(format!(
            "{} is not a program for {architecture}, which the stack's functions run on: \
             run `cargo lambda build --release{flag} -p functions`.",
            file.display()
        )));
    }
    of(&binary)
}

/// A package of any `bootstrap`.
pub fn of(binary: &[u8]) -> Result<Package> {
    let zip = zipped(binary).map_err(|e| Problem(format!("Could not pack a binary: {e}.")))?;
    let hash = BASE64_STANDARD.encode(digest(&SHA256, &zip));
    Ok(Package { zip, hash })
}

/// Neither time nor owner: the hash tells whether anything changed.
fn zipped(binary: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("bootstrap", options)?;
    archive.write_all(binary)?;
    archive.finish().map(Cursor::into_inner)
}

/// What an ELF file says it was made for.
fn processor(binary: &[u8]) -> Option<Architecture> {
    if !binary.starts_with(b"\x7fELF") {
        return None;
    }
    match binary.get(18..20)? {
        [0x3e, 0] => Some(Architecture::X86_64),
        [0xb7, 0] => Some(Architecture::Arm64),
        _ => None,
    }
}
