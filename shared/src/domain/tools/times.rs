//! Moments as the model writes them, in the advisor's time zone unless they say otherwise.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

use super::checks::wrong;
use crate::error::Result;

/// What begins longer ago is a mistake.
const PAST: SignedDuration = SignedDuration::from_hours(24);

/// `2026-11-03T15:00`, with or without seconds, and with or without an offset. Without one it is the advisor's clock that is
/// meant: a time that clock skips, or shows twice, has to be said in another way.
pub fn moment(tool: &str, argument: &str, text: &str, zone: &TimeZone) -> Result<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let shown: String = text.chars().take(40).collect();
    let unclear = || {
        let why = format!(
            "`{shown}` is not a date and a time in ISO 8601, such as 2026-11-03T15:00 or 2026-11-03T15:00:00-07:00."
        );
        wrong(tool, argument, &why)
    };
    // A day alone would be taken for its midnight.
    if !text.contains(':') {
        return Err(unclear());
    }
    let local: DateTime = text.parse().map_err(|_| unclear())?;
    let name = zone.iana_name().unwrap_or("UTC");
    let either = zone.to_ambiguous_zoned(local);
    match either.offset() {
        AmbiguousOffset::Unambiguous { .. } => either.unambiguous().map(|at| at.timestamp()).map_err(|_| unclear()),
        AmbiguousOffset::Gap { .. } => {
            let why = format!("{shown} does not exist in {name}: the clocks go forward over it. Give another time.");
            Err(wrong(tool, argument, &why))
        }
        AmbiguousOffset::Fold { before, after } => {
            let why = format!(
                "{shown} happens twice in {name}, because the clocks go back: write it with {before} for the first time or \
                 with {after} for the second."
            );
            Err(wrong(tool, argument, &why))
        }
    }
}

/// From when to when, in this order and not long ago.
pub fn span(tool: &str, start: Timestamp, end: Timestamp, now: &Zoned) -> Result<()> {
    if end <= start {
        return Err(wrong(tool, "end_time", "must be after start_time."));
    }
    if start < now.timestamp() - PAST {
        let why = format!("is in the past: it is {} now.", now.strftime("%A, %-d %B %Y, %H:%M"));
        return Err(wrong(tool, "start_time", &why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denver(text: &str) -> std::result::Result<String, String> {
        let zone = TimeZone::get("America/Denver").unwrap();
        moment("t", "start_time", text, &zone).map(|at| at.to_string()).map_err(|error| error.detail.into_owned())
    }

    #[test]
    fn a_time_without_an_offset_is_on_the_advisors_clock() {
        assert_eq!(denver("2026-11-03T15:00").unwrap(), "2026-11-03T22:00:00Z");
        assert_eq!(denver("2026-07-03 15:00:30").unwrap(), "2026-07-03T21:00:30Z");
        assert_eq!(denver("2026-11-03T15:00:00+01:00").unwrap(), "2026-11-03T14:00:00Z");
        assert_eq!(denver("2026-11-03T15:00:00Z").unwrap(), "2026-11-03T15:00:00Z");
    }

    #[test]
    fn a_time_the_clock_skips_or_shows_twice_is_asked_about() {
        assert!(denver("2026-03-08T02:30").unwrap_err().contains("does not exist in America/Denver"));
        let twice = denver("2026-11-01T01:30").unwrap_err();
        assert!(twice.contains("happens twice") && twice.contains("-06") && twice.contains("-07"), "{twice}");
        assert_eq!(denver("2026-11-01T01:30:00-07:00").unwrap(), "2026-11-01T08:30:00Z");
    }

    #[test]
    fn what_is_no_moment_is_refused_with_what_would_be_one() {
        for text in ["tomorrow at 3", "2026-11-03", "2026-13-03T15:00", "15:00", ""] {
            assert!(denver(text).unwrap_err().contains("such as 2026-11-03T15:00"), "{text}");
        }
    }

    #[test]
    fn an_end_comes_after_its_start_and_a_start_not_long_ago() {
        let now: Zoned = "2026-11-03T12:00:00-07:00[America/Denver]".parse().unwrap();
        let at = |hours| now.timestamp() + SignedDuration::from_hours(hours);

        assert!(span("t", at(1), at(2), &now).is_ok());
        assert!(span("t", at(-2), at(1), &now).is_ok(), "what goes on already can be written down");
        assert!(span("t", at(2), at(2), &now).unwrap_err().detail.contains("end_time: must be after"));
        assert!(span("t", at(-48), at(-47), &now).unwrap_err().detail.contains("Tuesday, 3 November 2026, 12:00"));
    }
}
