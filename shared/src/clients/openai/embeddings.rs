//! Texts as vectors.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::OpenAi;
use crate::error::{Error, Kind, Result};

const DIMENSIONS: usize = 1536;
/// The vendor's limits are 2,048 texts and 300,000 tokens; no text has more tokens than bytes.
const MOST_TEXTS: usize = 2048;
const MOST_BYTES: usize = 280_000;
/// A text of more than 8,192 tokens is refused.
const LONGEST_TEXT: usize = 8_000;

/// In the order of the texts.
#[derive(Debug, Clone)]
pub struct Embedded {
    pub vectors: Vec<Vec<f32>>,
    pub tokens: u64,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Datum>,
    #[serde(default)]
    usage: Used,
}

#[derive(Deserialize)]
struct Datum {
    index: usize,
    embedding: Embedding,
}

/// Some servers do not know base64 and answer with numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Embedding {
    Base64(String),
    Numbers(Vec<f32>),
}

#[derive(Deserialize, Default)]
struct Used {
    #[serde(default)]
    total_tokens: u64,
}

impl OpenAi<'_> {
    /// Vectors of 1,536 dimensions. No text may be blank; of one longer than 8,000 bytes the beginning counts.
    /// `Refused` when the configured model gives another number of dimensions.
    pub async fn embed(&self, texts: &[String]) -> Result<Embedded> {
        if texts.iter().any(|text| text.trim().is_empty()) {
            return Err(Error::internal("A blank text cannot be embedded."));
        }
        let mut embedded = Embedded { vectors: Vec::with_capacity(texts.len()), tokens: 0 };
        let mut rest = texts;
        while !rest.is_empty() {
            let (batch, further) = rest.split_at(batch(rest));
            self.embed_batch(batch, &mut embedded).await?;
            rest = further;
        }
        Ok(embedded)
    }

    async fn embed_batch(&self, texts: &[String], embedded: &mut Embedded) -> Result<()> {
        let texts: Vec<&str> = texts.iter().map(|text| shortened(text)).collect();
        let body = json!({ "model": self.config.embedding_model, "input": texts, "encoding_format": "base64" });
        let request = self.post("embeddings").timeout(Duration::from_secs(60)).json(&body);
        let mut answer: Answer = request.retrying().send_json("openai.embed").await?;
        answer.data.sort_by_key(|datum| datum.index);
        if answer.data.len() != texts.len() {
            return Err(Error::new(Kind::Upstream, "The embedding server did not answer for every text."));
        }
        for datum in answer.data {
            let vector = vector(datum.embedding)?;
            if vector.len() != DIMENSIONS {
                let model = &self.config.embedding_model;
                let detail = format!("The model {model} gives {} dimensions; {DIMENSIONS} are stored.", vector.len());
                return Err(Error::new(Kind::Refused, detail));
            }
            embedded.vectors.push(vector);
        }
        embedded.tokens += answer.usage.total_tokens;
        Ok(())
    }
}

/// How many of the first texts go into one request.
fn batch(texts: &[String]) -> usize {
    let mut bytes = 0;
    let fits = texts.iter().take(MOST_TEXTS).take_while(|text| {
        bytes += shortened(text).len();
        bytes <= MOST_BYTES
    });
    fits.count().max(1)
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

fn vector(embedding: Embedding) -> Result<Vec<f32>> {
    match embedding {
        Embedding::Numbers(numbers) => Ok(numbers),
        Embedding::Base64(text) => {
            let wrong = || Error::new(Kind::Upstream, "The embedding server answered something unexpected.");
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| wrong())?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            if rest.is_empty() { Ok(numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()) } else { Err(wrong()) }
        }
    }
}
