//! Vectors like those of texts: all lean one way, those of one topic lean the same way, those of one document more so, a few
//! directions hold most of the variance, and none of them is an axis.

use fakes::practice::dice::Dice;

pub const DIMENSIONS: usize = 1536;
/// Each is turned by a Hadamard matrix, so that no direction is an axis.
const BLOCK: usize = 512;
/// The variance is spread as over some 160 equal directions, which is what embeddings of mail show.
const FALLS_OFF: f32 = 0.43;
const SHARED_TOPICS: usize = 400;

/// How much of a text is what all have in common, its topic, its document, and its own. Two texts then have a cosine of 0.13, and
/// two of one document of 0.69.
const PARTS: [f32; 4] = [0.36, 0.51, 0.55, 0.557];
/// How much of a question is the text it is about: to the nearest it has a cosine of 0.67.
const ABOUT: [f32; 2] = [0.67, 0.742];

pub struct Vectors {
    dice: Dice,
    /// How much of the variance is in each direction, before they are turned.
    spectrum: Vec<f32>,
    all: Vec<f32>,
    topics: Vec<Vec<f32>>,
}

/// What the texts of one document have in common.
#[derive(Default)]
pub struct Centre(Vec<f32>);

impl Vectors {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub fn new() -> Self {
        let spectrum = (0..DIMENSIONS).map(|n| ((n % BLOCK + 1) as f32).powf(-FALLS_OFF)).collect();
        let mut vectors = Self { dice: Dice::new("retrieval"), spectrum, all: Vec::new(), topics: Vec::new() };
        vectors.all = vectors.direction();
        vectors.topics = vectors.directions(SHARED_TOPICS);
        vectors
    }

    /// So many topics, such as one advisor has for themselves.
    pub fn directions(&mut self, many: usize) -> Vec<Vec<f32>> {
        (0..many).map(|_| self.direction()).collect()
    }

    /// The middle of a document, on a topic of everybody's or of the advisor's own.
    pub fn centre(&mut self, own_topics: &[Vec<f32>]) -> Centre {
        let document = self.direction();
        let everybodys = self.dice.chance(50);
        let topic = self.dice.pick(if everybodys { &self.topics } else { own_topics });
        let [all, of_topic, of_document, _] = PARTS;
        let parts = self.all.iter().zip(topic).zip(&document);
        Centre(parts.map(|((a, t), d)| all * a + of_topic * t + of_document * d).collect())
    }

    pub fn text(&mut self, centre: &Centre) -> Vec<f32> {
        let own = self.direction();
        let mut text: Vec<f32> = centre.0.iter().zip(&own).map(|(c, o)| c + PARTS[3] * o).collect();
        to_length_one(&mut text);
        text
    }

    /// A question about a text.
    pub fn question(&mut self, text: &[f32]) -> Vec<f32> {
        let own = self.direction();
        let mut question: Vec<f32> = text.iter().zip(&own).map(|(t, o)| ABOUT[0] * t + ABOUT[1] * o).collect();
        to_length_one(&mut question);
        question
    }

    /// A random direction of length one.
    #[expect(clippy::cast_precision_loss, reason = "of 24 bits")]
    fn direction(&mut self) -> Vec<f32> {
        let mut vector = Vec::with_capacity(DIMENSIONS);
        for scale in &self.spectrum {
            let random = self.dice.next();
            let uniform = |bits: u64| (bits & 0xff_ffff) as f32 / 16_777_216.0;
            vector.push((uniform(random) + uniform(random >> 32) - 1.0) * scale);
        }
        vector.chunks_exact_mut(BLOCK).for_each(turn);
        to_length_one(&mut vector);
        vector
    }
}

fn turn(block: &mut [f32]) {
    let mut half = 1;
    while half < block.len() {
        for pair in block.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

fn to_length_one(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_of_one_document_are_near_and_others_are_not() {
        let mut vectors = Vectors::new();
        let topics = vectors.directions(5);
        let (mut same, mut other, mut asked) = (0.0, 0.0, 0.0);
        for _ in 0..40 {
            let (here, there) = (vectors.centre(&topics), vectors.centre(&topics));
            let (a, b, c) = (vectors.text(&here), vectors.text(&here), vectors.text(&there));
            let question = vectors.question(&a);
            same += cosine(&a, &b) / 40.0;
            other += cosine(&a, &c) / 40.0;
            asked += cosine(&a, &question) / 40.0;
        }
        assert!((0.62..0.76).contains(&same) && (0.05..0.25).contains(&other) && (0.6..0.74).contains(&asked));
    }
}
