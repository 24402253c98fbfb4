//! Words as texts have them: a few everywhere, and most hardly anywhere.

use bytes::BufMut;
use fakes::practice::dice::Dice;

const VOCABULARY: f64 = 30_000.0;
/// Without vowels: none of them is a word of English that is left out or cut short.
const LETTERS: &[u8] = b"bcdfghjklmnpqrtvwxz";

/// The words of one text, as numbers.
pub struct Words(Vec<u32>);

impl Words {
    /// About 730 bytes of them; by Zipf's law.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "in bounds"
    )]
    pub fn thrown(dice: &mut Dice) -> Self {
        let many = 100 + dice.between(0, 60);
        let word = |random: u64| VOCABULARY.powf((random >> 11) as f64 / (1_u64 << 53) as f64) as u32;
        Self((0..many).map(|_| word(dice.next())).collect())
    }

    pub fn body(&self) -> String {
        self.0.iter().map(|word| spelled(*word)).collect::<Vec<_>>().join(" ")
    }

    /// Some of them, as somebody asks who remembers a few.
    pub fn some(&self, dice: &mut Dice, many: usize) -> String {
        (0..many).map(|_| spelled(*dice.pick(&self.0))).collect::<Vec<_>>().join(" ")
    }

    /// Each once, with the places it stands at from 1, in the order of the index.
    fn lexemes(&self) -> Vec<(String, Vec<u16>)> {
        let mut all: Vec<(u32, u16)> = self.0.iter().copied().zip(1..).collect();
        all.sort_unstable();
        let mut lexemes: Vec<(String, Vec<u16>)> = all
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| (spelled(same[0].0), same.iter().map(|(_, at)| *at).collect()))
            .collect();
        lexemes.sort_unstable_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        lexemes
    }

    /// As `chunk_text.tsv` holds them, in the form of a binary copy; and how many there are beside the owner's.
    pub fn indexed(&self, owner: i64, count: &mut impl FnMut(&str)) -> (Vec<u8>, i32) {
        let lexemes = self.lexemes();
        let many = i32::try_from(lexemes.len()).unwrap_or(i32::MAX);
        let mut bytes = Vec::with_capacity(2048);
        bytes.put_i32(many + 1);
        bytes.put_slice(format!("~u{owner}\0").as_bytes());
        bytes.put_u16(0);
        for (lexeme, places) in &lexemes {
            count(lexeme);
            bytes.put_slice(lexeme.as_bytes());
            bytes.put_u8(0);
            bytes.put_u16(u16::try_from(places.len()).unwrap_or(u16::MAX));
            places.iter().for_each(|place| bytes.put_u16(*place));
        }
        (bytes, many)
    }
}

fn spelled(word: u32) -> String {
    let base = u32::try_from(LETTERS.len()).unwrap_or(1);
    let mut spelled = String::from("q");
    let mut rest = word;
    for _ in 0..4 {
        spelled.push(char::from(LETTERS[(rest % base) as usize]));
        rest /= base;
    }
    spelled
}
