//! The product's own work on a mail, in this process: what its sender wrote, cut into what is embedded.

use std::hint::black_box;
use std::time::Duration;

use fakes::practice::{Mail, Mailbox};
use shared::domain::knowledge::{chunk, documents, mail_text};
use shared::model::mail::{Email, Message};

use super::letters::Letters;
use super::{Bench, Figure, Samples};
use crate::Result;

const MAILS: usize = 5_000;
const OFTEN: usize = 20;
const OWN: &str = "dana@reyeswealth.example";

pub fn run(bench: &Bench) -> Result<()> {
    let messages: Vec<Message> = Letters::new().next(bench.times(MAILS)).iter().map(message).collect();
    bench.doing(format_args!("parsing and cutting {} mails", messages.len()));
    let (mut parsed, mut cut, mut whole, mut hashed) =
        (Samples::default(), Samples::default(), Samples::default(), Samples::default());
    let mut chunks = 0;
    // Interleaved, each time over all of them.
    for _ in 0..3 {
        let all = messages.len();
        let (emails, took) =
            timed(|| messages.iter().map(|message| mail_text::email_of(message, OWN)).collect::<Vec<_>>());
        let parse = took;
        let (count, took) = timed(|| emails.iter().map(cut_up).sum::<usize>());
        chunks = count;
        parsed.push(micros(parse, all));
        cut.push(micros(took, all));
        whole.push(1e6 / micros(parse + took, all));
        // Often, because the kernel does not add up what is short.
        let (_, took) = timed(|| {
            for _ in 0..OFTEN {
                messages.iter().for_each(|message| _ = black_box(chunk::text_hash(&raw(message))));
            }
        });
        hashed.push(micros(took, all * OFTEN));
    }
    let floor = hashed.at(50.0);
    let note = format!("{} mails, {chunks} chunks, in one thread", messages.len());
    bench.say(
        Figure::of("ingest.parse-and-cut", "mails/s", &whole)
            .against("SHA-256 of the same text", 1e6 / floor)
            .at_least(1_500.0)
            .note(note),
    );
    bench.say(Figure::of("ingest.parse", "us/mail", &parsed).against("SHA-256 of the same text", floor));
    bench.say(Figure::of("ingest.cut", "us/mail", &cut).against("SHA-256 of the same text", floor));
    Ok(())
}

/// As the product does before it stores one.
fn cut_up(email: &Email) -> usize {
    let document = documents::of_email(email, 1, "https://mail.example", OWN);
    black_box(chunk::content_hash(&document));
    let chunks = chunk::chunks(&document.body);
    for chunk in &chunks {
        black_box(chunk::text_hash(&format!("{}\n\n{}", document.heading, chunk.text)));
    }
    chunks.len()
}

#[expect(clippy::cast_precision_loss, reason = "of small counts")]
fn micros(took: Duration, many: usize) -> f64 {
    took.as_secs_f64() * 1e6 / many as f64
}

/// With the time this thread was on a processor.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = on_this_thread();
    let done = work();
    (done, on_this_thread().saturating_sub(before))
}

fn on_this_thread() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0))
}

fn raw(message: &Message) -> String {
    [message.text.as_deref(), message.html.as_deref()].into_iter().flatten().collect()
}

/// As the client for Gmail hands it on.
fn message(mail: &Mail) -> Message {
    let named = |people: &[Mailbox]| {
        people.iter().map(|one| format!("{} <{}>", one.name, one.email)).collect::<Vec<_>>().join(", ")
    };
    let mut headers = vec![
        ("Subject".to_owned(), mail.subject.clone()),
        ("From".to_owned(), named(std::slice::from_ref(&mail.from))),
        ("To".to_owned(), named(&mail.to)),
        ("Cc".to_owned(), named(&mail.cc)),
        ("Message-ID".to_owned(), mail.message_id.clone()),
    ];
    headers.extend(mail.headers.iter().cloned());
    Message {
        gmail_id: mail.id.clone(),
        thread_id: mail.thread_id.clone(),
        history_id: 1,
        label_ids: mail.label_ids.clone(),
        received_at: mail.date,
        snippet: mail.subject.clone(),
        headers,
        text: mail.text.clone(),
        html: mail.html.clone(),
        attachment_names: Vec::new(),
    }
}
