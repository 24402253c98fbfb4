//! Reads the answer's event stream: lines `data: {"type": …, "data": …}`.

use serde::Deserialize;
use serde_json::Value;

/// One event of the answer.
#[derive(Debug, Deserialize, PartialEq)]
pub struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub data: Value,
}

/// Collects bytes until they are whole lines.
#[derive(Default)]
pub struct Events(Vec<u8>);

impl Events {
    /// The events that these bytes complete. Comments and what is not an event are passed over, as the frontend does.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.0.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.0.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.0.drain(..=end).collect();
            let event = line.strip_prefix(b"data: ").and_then(|json| serde_json::from_slice(json).ok());
            events.extend(event);
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_may_be_split_anywhere() {
        let stream = ": ping\n\ndata: {\"type\":\"content\",\"data\":\"é\"}\n\ndata: nonsense\n\ndata: {\"type\":\"finish\"}\n\n";
        let mut events = Events::default();

        let seen: Vec<Event> = stream.bytes().flat_map(|byte| events.push(&[byte])).collect();

        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0], Event { kind: "content".to_owned(), data: Value::from("é") });
        assert_eq!(seen[1].kind, "finish");
    }
}
