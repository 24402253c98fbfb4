//! How a search for changes goes on: by page, by time, or by id within one moment.

use jiff::{SignedDuration, Timestamp};

use crate::clients::hubspot::Window;

/// A search that comes this far moves on by time instead of by page; HubSpot ends at 10,000.
const DEEP: u32 = 9_000;

/// Where a search goes on after a page whose last record has this id and was changed at this time, and of which HubSpot
/// says how many results it passed: the window, and the place in it. Nothing when everything was seen.
pub fn after(
    window: &Window,
    passed: Option<&str>,
    last: Option<(&str, Timestamp)>,
) -> Option<(Window, Option<String>)> {
    match *window {
        Window::Since(since) => {
            let passed = passed?;
            if passed.parse::<u32>().is_ok_and(|passed| passed < DEEP) {
                return Some((Window::Since(since), Some(passed.to_owned())));
            }
            match last {
                Some((_, newest)) if newest.as_millisecond() > since.as_millisecond() => {
                    Some((Window::Since(newest), None))
                }
                // All of them in one moment: time does not lead any further, ids do.
                _ => Some((Window::Moment { at: since, past: "0".to_owned() }, None)),
            }
        }
        Window::Moment { at, .. } => match (passed, last) {
            (Some(_), Some((id, _))) => Some((Window::Moment { at, past: id.to_owned() }, None)),
            _ => Some((Window::Since(at + SignedDuration::from_millis(1)), None)),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A portal's search: 200 results a page, none beyond the ten thousandth.
    struct Search(Vec<(u64, i64)>);

    impl Search {
        fn page(&self, window: &Window, after: Option<&str>) -> (Vec<(u64, i64)>, Option<String>) {
            let mut found: Vec<(u64, i64)> = self.0.clone();
            match window {
                Window::Since(since) => {
                    found.retain(|(_, at)| *at >= since.as_millisecond());
                    found.sort_by_key(|(_, at)| *at);
                }
                Window::Moment { at, past } => {
                    let past: u64 = past.parse().unwrap();
                    found.retain(|(id, changed)| *changed == at.as_millisecond() && *id > past);
                    found.sort();
                }
            }
            let from: usize = after.map_or(0, |after| after.parse().unwrap());
            assert!(from + 200 <= 10_000, "HubSpot refuses to go beyond 10,000 results");
            let page: Vec<(u64, i64)> = found.iter().skip(from).take(200).copied().collect();
            let next = (from + 200 < found.len()).then(|| (from + 200).to_string());
            (page, next)
        }
    }

    /// Everything that is seen from `since` on, and how many pages that takes.
    fn read(search: &Search, since: i64) -> (BTreeSet<u64>, usize) {
        let mut seen = BTreeSet::new();
        let mut place = Some((Window::Since(Timestamp::from_millisecond(since).unwrap()), None));
        let mut pages = 0;
        while let Some((window, at)) = place {
            let (page, next) = search.page(&window, at.as_deref());
            seen.extend(page.iter().map(|(id, _)| *id));
            let last = page.last().map(|(id, at)| (id.to_string(), Timestamp::from_millisecond(*at).unwrap()));
            place = after(&window, next.as_deref(), last.as_ref().map(|(id, at)| (id.as_str(), *at)));
            pages += 1;
            assert!(pages < 1_000, "the search does not end");
        }
        (seen, pages)
    }

    #[test]
    fn more_than_ten_thousand_changes_are_all_seen() {
        let search = Search((1..=25_000).map(|id| (id, 1_000 + i64::try_from(id).unwrap() / 3)).collect());

        let (seen, pages) = read(&search, 0);

        assert_eq!(seen.len(), 25_000);
        assert!(pages < 140, "{pages} pages");
    }

    #[test]
    fn more_than_ten_thousand_changes_of_one_moment_are_all_seen() {
        let import = (1..=12_345).map(|id| (id, 5_000));
        let around = (20_000..=20_300).map(|id| (id, 4_000)).chain((30_000..=30_300).map(|id| (id, 6_000)));
        let search = Search(import.chain(around).collect());

        assert_eq!(read(&search, 0).0.len(), 12_345 + 301 + 301);
        assert_eq!(read(&search, 5_000).0.len(), 12_345 + 301);
    }

    #[test]
    fn nothing_new_takes_one_page() {
        assert_eq!(read(&Search(vec![(1, 10)]), 11), (BTreeSet::new(), 1));
    }
}
