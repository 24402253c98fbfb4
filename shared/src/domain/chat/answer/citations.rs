//! Citation numbers, and the sources they stand for.

use super::quotes;
use super::{Cited, Piece};
use crate::domain::actions::words::names;

/// The sources of a turn and which of them were cited.
#[derive(Default)]
pub struct Evidence {
    sources: Vec<Cited>,
    /// Their texts, ready to be compared.
    texts: Vec<String>,
    /// Everything in which an address may stand that may be said again, in lower case.
    known: Vec<String>,
    used: Vec<usize>,
}

impl Evidence {
    pub fn add(&mut self, sources: Vec<Cited>) {
        for source in sources {
            if self.sources.iter().all(|known| known.n != source.n) {
                self.know(&format!("{}\n{}", source.title, source.text));
                self.texts.push(quotes::normal(&source.text.chars().collect::<Vec<_>>()));
                self.sources.push(source);
            }
        }
    }

    pub fn know(&mut self, text: &str) {
        self.known.push(text.to_lowercase());
    }

    /// Whether a host or a mailbox stands in what was known before the model spoke, whole.
    pub fn knows(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        self.known.iter().any(|text| names(text, &address))
    }

    pub fn used(&self) -> Vec<usize> {
        self.used.clone()
    }

    pub fn cite(&mut self, n: usize) -> Option<Piece> {
        let source = self.sources.iter().find(|source| source.n == n)?;
        if !self.used.contains(&n) {
            self.used.push(n);
        }
        Some(Piece::Cite { n, url: source.url.clone(), title: source.title.clone() })
    }

    /// The source with exactly this address.
    pub fn cite_address(&mut self, address: &str) -> Option<Piece> {
        let n = self.sources.iter().find(|source| !source.url.is_empty() && source.url == address)?.n;
        self.cite(n)
    }

    /// Whether a source has these words, one after the other.
    pub fn holds(&self, quotation: &[char]) -> bool {
        let quotation = quotes::normal(quotation);
        self.texts.iter().any(|text| quotes::found_in(&quotation, text))
    }
}

/// The numbers between the brackets of a citation: `3`, `1, 2`, `1-3`, `^3`, `3†source`, `Source 3`.
pub fn numbers(inner: &[char]) -> Option<Vec<usize>> {
    const LONGEST: usize = 60;
    const DIGITS: usize = 3;
    if inner.len() > LONGEST {
        return None;
    }
    let text: String = inner.iter().collect::<String>().trim().to_lowercase();
    let text = text.split('†').next().unwrap_or_default();
    let text = text.trim_start_matches("sources").trim_start_matches("source").trim_start_matches("passage");
    let text = text.trim_start_matches([':', '^', ' ']);

    let number = |text: &str| (text.len() <= DIGITS).then(|| text.parse::<usize>().ok()).flatten();
    let mut numbers = Vec::new();
    for part in text.split([',', ';', '&', ' ']).filter(|part| !part.is_empty() && *part != "and") {
        match part.split_once(['-', '–']) {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                numbers.extend(first..=last);
            }
            None => numbers.push(number(part)?),
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}
