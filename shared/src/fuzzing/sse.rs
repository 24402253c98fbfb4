//! A language model's answer as it comes over the network, in both protocols.

use bytes::Bytes;
use futures::StreamExt;
use futures::executor::block_on;

use super::Parts;
use crate::clients::openai::chat_completions::Completion;
use crate::clients::openai::responses::Response;
use crate::clients::openai::{Delta, Finished, deltas};

/// What was said, and how it ended: `None` when it broke off.
type Told = (String, Option<Finished>);

/// The protocol, where the network cuts, and the stream.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    let (protocol, step) = (parts.byte(), usize::from(parts.byte()).max(1));
    let stream = parts.0;
    let whole = told(protocol, std::iter::once(stream));
    let pieces = told(protocol, stream.chunks(step));
    assert_eq!(whole.0, pieces.0);
    assert_eq!(format!("{:?}", whole.1), format!("{:?}", pieces.1));
}

fn told<'a>(protocol: u8, pieces: impl Iterator<Item = &'a [u8]>) -> Told {
    let pieces: Vec<Result<Bytes, ()>> = pieces.map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let bytes = futures::stream::iter(pieces);
    let all: Vec<_> = block_on(match protocol % 2 {
        0 => deltas(bytes, Completion::default()).collect(),
        _ => deltas(bytes, Response::default()).collect(),
    });
    let mut said = String::new();
    let mut end = None;
    for delta in all {
        assert!(end.is_none(), "nothing comes after the end");
        match delta {
            Ok(Delta::Text(text) | Delta::Refusal(text)) => said.push_str(&text),
            Ok(Delta::Finished(finished)) => end = Some(Some(finished)),
            Err(_) => end = Some(None),
        }
    }
    let end = end.unwrap_or_else(|| panic!("every stream ends with a word"));
    (said, end)
}
