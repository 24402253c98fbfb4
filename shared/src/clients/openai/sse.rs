//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), of which only the data is of
//! interest here. How the network cuts the stream makes no difference to what comes out.

use std::mem;

/// Bytes of one event at most. The largest tells a whole answer once more.
const LONGEST: usize = 8 << 20;

/// What was read of a stream so far.
#[derive(Default)]
pub struct Events {
    /// Of the line that is not over yet.
    line: Vec<u8>,
    /// Of the event that is not over yet; none when it has no data.
    data: Option<String>,
    /// A line feed that comes now belongs to the line before.
    after_return: bool,
    begun: bool,
}

/// It is no text, or there is no end to it.
#[derive(Debug)]
pub struct Unreadable;

impl Events {
    /// Reads on, and calls `found` with the data of each event that is over now, until one is not wanted any more.
    pub fn read(&mut self, mut bytes: &[u8], mut found: impl FnMut(&str) -> bool) -> Result<(), Unreadable> {
        while let Some(first) = bytes.first() {
            if mem::take(&mut self.after_return) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            self.line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > LONGEST {
                return Err(Unreadable);
            }
            let Some(end) = end else { break };
            self.after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = mem::take(&mut self.line);
            let line = str::from_utf8(&line).map_err(|_| Unreadable)?;
            if let Some(data) = self.end_of_line(line)
                && !found(&data)
            {
                break;
            }
        }
        Ok(())
    }

    fn end_of_line(&mut self, line: &str) -> Option<String> {
        let line = if mem::replace(&mut self.begun, true) { line } else { line.trim_start_matches('\u{feff}') };
        if line.is_empty() {
            return self.data.take();
        }
        if let ("data", value) = line.split_once(':').unwrap_or((line, "")) {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => *data += &format!("\n{value}"),
                None => self.data = Some(value.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Result<Vec<String>, Unreadable> {
        let (mut events, mut found) = (Events::default(), Vec::new());
        for piece in pieces {
            events.read(piece, |data| {
                found.push(data.to_owned());
                true
            })?;
        }
        Ok(found)
    }

    #[test]
    fn lines_end_in_three_ways_and_events_with_an_empty_one() {
        let stream = "\u{feff}data: one\r\rid: 7\r\ndata:two\r\n: a comment\r\ndata:  three\r\n\r\n\nretry: 5\n\ndata\n\ndata: open";
        let expected = ["one", "two\n three", ""];
        assert_eq!(events(&[stream.as_bytes()]).unwrap(), expected);
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(events(&bytes).unwrap(), expected);
    }

    #[test]
    fn what_is_no_text_or_has_no_end_is_not_waited_for() {
        assert!(events(&[b"data: \xf0\x9f\n"]).is_err());
        let line = vec![b'x'; LONGEST / 4];
        assert!(events(&[&line, &line, &line, &line, &line]).is_err());
        let line = [b"data: ".as_slice(), &line, b"\n"].concat();
        assert!(events(&[&line, &line, &line, &line, &line]).is_err());
    }
}
