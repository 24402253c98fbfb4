//! Embeddings without a model: texts that share words, or parts of words, lie near each other. Paraphrases do not.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::vector::{Vector, WIDTH, spread};
use super::words::{is_common, stem, words};
use minilm::normalize;

/// What a common word counts, beside 1 for any other.
const COMMON: f32 = 0.1;
/// What one run of three letters counts.
const TRIGRAM: f32 = 0.15;

/// A unit vector: the text's stemmed words and their runs of three letters, each counted in a place given by its hash.
pub fn embed(text: &str) -> Vector {
    let mut bag = [0.0; WIDTH];
    for word in words(text) {
        let weight = if is_common(&word) { COMMON } else { 1.0 };
        add(&mut bag, ("word", stem(&word).as_str()), weight);
        let padded: Vec<char> = format!("^{word}$").chars().collect();
        for three in padded.windows(3) {
            add(&mut bag, ("three", three.iter().collect::<String>().as_str()), TRIGRAM * weight);
        }
    }
    normalize(&mut bag);
    spread(&mut bag);
    bag.into()
}

fn add(bag: &mut [f32; WIDTH], feature: (&str, &str), weight: f32) {
    let mut hasher = DefaultHasher::new();
    feature.hash(&mut hasher);
    let hash = hasher.finish();
    let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
    bag[(hash % WIDTH as u64) as usize] += sign * weight;
}
