//! Cuts a document's text into the pieces that are embedded, found and quoted.

use aws_lc_rs::digest;
use text_splitter::{ChunkConfig, TextSplitter};

use crate::model::document::{Chunk, Document};

/// How chunks are made. Raised with every change below, so that stored documents are cut and embedded again.
pub const VERSION: u8 = 1;

/// Characters in a chunk at most.
const SIZE: usize = 900;

/// Characters a chunk may share with the one before it at most: whole sentences, or nothing.
const OVERLAP: usize = 120;

/// Cuts `body` at paragraphs and sentences. Each chunk is the exact part of `body` at its `start`.
///
/// A body without anything to read gives one chunk without text: its document is then found by title and heading, so
/// that a mail that is only a subject is not lost.
pub fn chunks(body: &str) -> Vec<Chunk> {
    let sizes = ChunkConfig::new(SIZE).with_overlap(OVERLAP).unwrap_or_else(|_| ChunkConfig::new(SIZE));

    let mut chunks: Vec<Chunk> = Vec::new();
    for (start, text) in TextSplitter::new(sizes).chunk_indices(body).filter(|(_, text)| !text.trim().is_empty()) {
        let ordinal = i32::try_from(chunks.len()).unwrap_or(i32::MAX);
        chunks.push(Chunk { ordinal, start, text: text.to_owned() });
    }
    if chunks.is_empty() {
        chunks.push(Chunk { ordinal: 0, start: 0, text: String::new() });
    }
    chunks
}

/// SHA-256 of everything that is kept of a document. Equal hashes leave nothing to write.
pub fn content_hash(document: &Document) -> [u8; 32] {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&[VERSION]);
    hash.update(&document.kind.code().to_be_bytes());
    let metadata = document.metadata.to_string();
    for field in [&document.title, &document.heading, &document.body, &metadata] {
        // The length keeps "ab" + "c" and "a" + "bc" apart.
        hash.update(&(field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }

    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.finish().as_ref());
    bytes
}

/// SHA-256 of what is embedded for one chunk. Equal hashes share a vector.
pub fn text_hash(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Kind;
    use proptest::prelude::*;

    #[test]
    fn a_short_body_is_one_chunk() {
        let found = chunks("Tom plays baseball now.");
        assert_eq!(found, [Chunk { ordinal: 0, start: 0, text: "Tom plays baseball now.".into() }]);
    }

    #[test]
    fn a_body_without_words_gives_one_chunk_without_text() {
        for body in ["", "  \n\t "] {
            assert_eq!(chunks(body), [Chunk { ordinal: 0, start: 0, text: String::new() }]);
        }
    }

    #[test]
    fn a_long_body_is_cut_between_sentences() {
        let body = "The college fund grew again this year. ".repeat(100);
        let found = chunks(&body);
        assert!(found.len() > 3);
        for chunk in &found {
            assert!(chunk.text.starts_with("The college"), "{chunk:?}");
            assert!(chunk.text.ends_with("this year."), "{chunk:?}");
            assert!(chunk.text.chars().count() <= SIZE);
        }
    }

    #[test]
    fn equal_documents_have_equal_hashes_and_moved_text_changes_them() {
        let document = |title: &str, body: &str| Document {
            kind: Kind::Email,
            source_id: "1".into(),
            title: title.into(),
            heading: "From Ann".into(),
            body: body.into(),
            occurred_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            metadata: serde_json::Value::Null,
        };
        assert_eq!(content_hash(&document("ab", "c")), content_hash(&document("ab", "c")));
        assert_ne!(content_hash(&document("ab", "c")), content_hash(&document("a", "bc")));
    }

    proptest! {
        #[test]
        fn every_chunk_is_the_part_of_the_body_it_says(body in "(\\PC|[\n .?!äß漢\u{1f469}\u{200d}]){0,3000}") {
            let found = chunks(&body);
            let mut end = 0;
            for (i, chunk) in found.iter().enumerate() {
                prop_assert_eq!(chunk.ordinal as usize, i);
                prop_assert_eq!(&body[chunk.start..chunk.start + chunk.text.len()], &chunk.text);
                prop_assert!(chunk.text.chars().count() <= SIZE);
                prop_assert!(chunk.start <= end || body[end..chunk.start].trim().is_empty());
                end = chunk.start + chunk.text.len();
            }
            prop_assert!(body.get(end..).unwrap_or("").trim().is_empty());
        }
    }
}
