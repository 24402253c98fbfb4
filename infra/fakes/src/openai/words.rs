//! Words of a text, for the parts that compare words and not meanings.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Lower-case words of letters and digits, without a possessive `'s`.
pub fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace('’', "'")
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\'').trim_end_matches("'s").replace('\'', ""))
        .filter(|word| !word.is_empty())
        .collect()
}

/// A word without its English ending: close enough for `plays` to meet `playing`, and `rollovers` `rollover`.
pub fn stem(word: &str) -> String {
    const ENDINGS: [&str; 8] = ["ings", "ing", "edly", "ed", "ies", "es", "ly", "s"];
    if word.ends_with("ss") || word.chars().any(|c| c.is_ascii_digit()) {
        return word.to_owned();
    }
    let ending = ENDINGS.iter().find(|ending| word.ends_with(**ending) && word.len() >= ending.len() + 3);
    let Some(ending) = ending else { return word.trim_end_matches('e').to_owned() };
    let mut base = word[..word.len() - ending.len()].to_owned();
    if *ending == "ies" {
        base.push('y');
    }
    let bytes = base.as_bytes();
    if bytes.len() > 3 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2] && !base.ends_with("ll") {
        base.pop();
    }
    base.trim_end_matches('e').to_owned()
}

/// Whether a word is one of those in the list, which spaces part.
pub fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// Whether a word says nothing about what a text is about.
pub fn is_common(word: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split(' ').collect());
    SET.contains(word)
}

const COMMON: &str = "\
    a about after again all also am an and another any anybody anyone are as ask asked at be because been before \
    being but by called can client clients could did do does doing done each email emails ever find for from get \
    give go going got had has have having he her here hers him his how i id if im in into is it its ive just know \
    last let lets like list made mail mails make makes many may me mention mentioned mentions message messages \
    might more most much must my new no not note notes now of off on one or our out over people person please \
    really said say saying says seem seems send sent she should show so some somebody someone still talk talked \
    tell tells than that the their them then there these they thing this those to told too up us very want wanted \
    wants was we were what whats when where which who whom whos whose why will with would write wrote you your";
