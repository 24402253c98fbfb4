//! A small random source of our own, so that the book is the same on every machine and with every version of every crate.

/// SplitMix64: the state is advanced by a constant and mixed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: &str) -> Dice {
        Dice(hash(seed))
    }

    #[expect(clippy::should_implement_trait, reason = "dice are thrown, and not gone through")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + u32::try_from(self.next() % u64::from(high - low)).unwrap_or(0)
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.between(0, u32::try_from(items.len()).unwrap_or(u32::MAX));
        &items[index as usize]
    }

    /// True in `percent` of 100 throws.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.between(0, 100) < percent
    }
}

/// FNV-1a, for seeds and for ids which stay the same when the data around them grows.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
