//! From what an embedder says to the 1,536 numbers OpenAI's models say.

/// The width of `text-embedding-3-small`.
pub const WIDTH: usize = 1536;

const BLOCK: usize = 512;

/// Shared between the cache and those who asked.
pub type Vector = std::sync::Arc<[f32; WIDTH]>;

/// Spreads the model's 384 numbers over 1,536 so that every cosine stays what it was.
///
/// Zeros at the end would do that too, but real vectors have no empty places, and a store that keeps one sign per place
/// would get 384 useful bits out of 1,536. Three times the same vector with different signs flipped, each turned by
/// [`spread`], is three times as long by √3: scaled back, it is a rotation of the vector into the larger space.
pub fn widen(meaning: &[f32; minilm::WIDTH]) -> Vector {
    let mut wide = [0.0; WIDTH];
    for (which, block) in wide.chunks_exact_mut(BLOCK).enumerate() {
        for (place, (out, x)) in block.iter_mut().zip(meaning).enumerate() {
            *out = if flips(which, place) { -x } else { *x } / 3_f32.sqrt();
        }
    }
    spread(&mut wide);
    wide.into()
}

/// Turns each block of 512 by a Walsh-Hadamard matrix: lengths and cosines stay, and each place depends on all.
pub fn spread(wide: &mut [f32; WIDTH]) {
    for block in wide.chunks_exact_mut(BLOCK) {
        let mut half = 1;
        while half < BLOCK {
            for pair in block.chunks_exact_mut(2 * half) {
                let (left, right) = pair.split_at_mut(half);
                for (a, b) in left.iter_mut().zip(right) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
            half *= 2;
        }
        for x in block {
            *x /= (BLOCK as f32).sqrt();
        }
    }
}

/// A fixed coin per place.
fn flips(block: usize, place: usize) -> bool {
    let mut x = ((block * BLOCK + place) as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) & 1 == 1
}

/// The first `dimensions` numbers at unit length, as OpenAI shortens; more than there are become zeros.
pub fn shorten(vector: &[f32; WIDTH], dimensions: usize) -> Vec<f32> {
    let mut short: Vec<f32> = vector.iter().copied().take(dimensions).collect();
    minilm::normalize(&mut short);
    short.resize(dimensions, 0.0);
    short
}

/// How near two unit vectors are, from -1 to 1.
pub fn cosine(a: &[f32; WIDTH], b: &[f32; WIDTH]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
