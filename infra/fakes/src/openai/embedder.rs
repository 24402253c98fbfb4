//! Embeddings on demand: off the server's own threads, a few at a time, and each text once.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use minilm::MiniLm;
use tokio::sync::Semaphore;

use super::lexical;
use super::vector::{Vector, widen};
use crate::server::lock;

/// Who says where a text lies.
pub enum Embedder {
    /// By meaning: finds paraphrases.
    MiniLm(MiniLm),
    /// By words: finds what is said in the same words only. For when the model's files cannot be had.
    Lexical,
}

impl Embedder {
    fn embed(&self, texts: &[&str]) -> Vec<Vector> {
        match self {
            Self::MiniLm(model) => model.embed(texts).iter().map(widen).collect(),
            Self::Lexical => texts.iter().map(|text| lexical::embed(text)).collect(),
        }
    }
}

type Key = [u8; 32];

/// 6 kB each.
const MOST_CACHED: usize = 30_000;

/// Texts in one blocking call: about 300 ms of work, so that callers take turns.
const TEXTS_PER_CALL: usize = 16;

/// An embedder with its cache. Clones share them.
#[derive(Clone)]
pub struct Embeddings {
    embedder: Arc<Embedder>,
    cache: Arc<Mutex<HashMap<Key, Vector>>>,
    /// One per processor.
    turns: Arc<Semaphore>,
}

impl Embeddings {
    pub fn new(embedder: Embedder) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self { embedder: embedder.into(), cache: Arc::default(), turns: Semaphore::new(processors).into() }
    }

    /// Whether equal meanings in different words are found.
    pub fn knows_meaning(&self) -> bool {
        matches!(*self.embedder, Embedder::MiniLm(_))
    }

    /// One unit vector per text, in order.
    pub async fn embed(&self, texts: &[String]) -> Vec<Vector> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut found: HashMap<Key, Vector> = {
            let cache = lock(&self.cache);
            keys.iter().filter_map(|key| Some((*key, cache.get(key)?.clone()))).collect()
        };

        let missing: HashMap<Key, &String> =
            keys.iter().copied().zip(texts).filter(|(key, _)| !found.contains_key(key)).collect();
        let mut missing: Vec<(Key, String)> = missing.into_iter().map(|(key, text)| (key, text.clone())).collect();
        // Texts of like length together, so that the calls take about the same time.
        missing.sort_by_key(|(_, text)| text.len());
        let calls = missing.chunks(TEXTS_PER_CALL).map(|some| self.compute(some.to_vec()));
        for computed in futures::future::join_all(calls).await {
            found.extend(computed);
        }

        keys.iter().filter_map(|key| found.get(key).cloned()).collect()
    }

    async fn compute(&self, texts: Vec<(Key, String)>) -> Vec<(Key, Vector)> {
        let Ok(_turn) = self.turns.acquire().await else { return Vec::new() };
        let embedder = Arc::clone(&self.embedder);
        let work = move || {
            let vectors = embedder.embed(&texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>());
            texts.into_iter().map(|(key, _)| key).zip(vectors).collect::<Vec<_>>()
        };
        let computed = tokio::task::spawn_blocking(work).await.unwrap_or_default();

        let mut cache = lock(&self.cache);
        if cache.len() + computed.len() > MOST_CACHED {
            cache.clear();
        }
        cache.extend(computed.iter().cloned());
        computed
    }
}

fn key(text: &str) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    key
}
