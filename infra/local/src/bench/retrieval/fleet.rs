//! Who has how much: a few advisors with much, whose search is measured, among many with little.

use fakes::practice::dice::Dice;

/// One whose search is measured.
#[derive(Clone, Copy)]
pub struct Measured {
    pub name: &'static str,
    pub user: i64,
    pub chunks: usize,
    /// Milliseconds of processor time that 95 of 100 searches by meaning may need.
    pub target: f64,
}

pub struct Fleet {
    /// Of the advisor with the id 1, 2, …
    pub sizes: Vec<usize>,
    pub measured: Vec<Measured>,
}

impl Fleet {
    /// Some 400,000 chunks; a tenth for a quick look.
    pub fn new(quick: bool) -> Self {
        let scale = if quick { 10 } else { 1 };
        let large = [200_000, 50_000, 20_000, 20_000, 10_000, 10_000, 10_000];
        let small = (0..175).map(|n| [20, 50, 80, 100, 150, 200, 250, 300][n % 8]);
        let all = large.into_iter().chain([5_000; 4]).chain([2_000; 8]).chain([1_000; 10]).chain(small);
        let sizes = all.map(|size: usize| (size / scale).max(3)).collect();
        let measured =
            [("1k", 20, 1_000, 2.0), ("5k", 8, 5_000, 4.0), ("20k", 3, 20_000, 10.0), ("50k", 2, 50_000, 18.0)];
        let measured = measured.into_iter().chain([("200k", 1, 200_000, 30.0)]);
        let measured =
            measured.map(|(name, user, chunks, target)| Measured { name, user, chunks: chunks / scale, target });
        Self { sizes, measured: measured.collect() }
    }

    pub fn chunks(&self) -> usize {
        self.sizes.iter().sum()
    }

    pub fn size(&self, user: i64) -> usize {
        let at = usize::try_from(user - 1).unwrap_or(usize::MAX);
        self.sizes.get(at).copied().unwrap_or_default()
    }

    pub fn is_measured(&self, user: i64) -> bool {
        self.measured.iter().any(|measured| measured.user == user)
    }

    /// Whose each chunk is, in the order in which they are written: mixed entirely, which is the worst case.
    pub fn order(&self) -> Vec<i64> {
        let mut dice = Dice::new("order");
        let mut order: Vec<i64> =
            (1..).zip(&self.sizes).flat_map(|(user, size)| std::iter::repeat_n(user, *size)).collect();
        for at in (1..order.len()).rev() {
            let other = dice.between(0, u32::try_from(at + 1).unwrap_or(u32::MAX));
            order.swap(at, other as usize);
        }
        order
    }
}
