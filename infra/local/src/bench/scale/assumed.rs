//! What is assumed of a practice, and what is bounded by others: with where each number is from.

/// An advisor's working day.
pub const QUESTIONS: f64 = 30.0;
/// Requests of the page for each question, and as many again while nothing is asked.
pub const PAGES: f64 = 8.0;
/// Mails that come or are sent; each is a push, a reading, an embedding and the instructions' turn.
pub const MAILS: f64 = 80.0;
pub const TASKS_A_MAIL: f64 = 3.0;
/// Changes in CRM and calendar that webhooks tell of; each is a task.
pub const CHANGES: f64 = 30.0;
/// Readings of mail, calendar and CRM when nobody called, each `SYNC_INTERVAL`: 300 seconds.
pub const READINGS: f64 = 3.0 * 288.0;
/// What is read when an account is new: the last five years.
pub const OLD_MAILS: f64 = 90_000.0;

/// Share of the day's work in each hour, all advisors in one time zone, which is the worst.
pub const HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.5, 4.0, 10.0, 13.0, 13.0, 11.0, 7.0, 10.0, 11.0, 9.0, 6.0, 2.5, 1.0, 0.5, 0.0, 0.0,
    0.0, 0.0,
];

/// Gmail: units a minute for each user and for the project, units a day for the project, and what is asked for
/// (<https://developers.google.com/workspace/gmail/api/reference/quota>, projects made since May 2026).
pub const GMAIL_USER: f64 = 6_000.0;
/// Of a user's, what the product allows itself (`GMAIL_UNITS_PER_MINUTE`).
pub const GMAIL_OURS: f64 = 5_000.0;
pub const GMAIL_PROJECT: f64 = 1_200_000.0;
pub const GMAIL_DAY: f64 = 80_000_000.0;
pub const GMAIL_GET: f64 = 20.0;
pub const GMAIL_HISTORY: f64 = 2.0;
/// The same of projects made before: 250 units a second for each user, five for a mail, and no bound by the day.
pub const GMAIL_USER_BEFORE: f64 = 15_000.0;
pub const GMAIL_GET_BEFORE: f64 = 5.0;
/// HubSpot: requests in ten seconds for each portal (public apps); a page has 100 records.
pub const HUBSPOT_TEN_SECONDS: f64 = 110.0;
/// OpenAI: tokens a minute at the highest tier that is given without asking, as published: embeddings, and the small model.
pub const EMBEDDING_TPM: f64 = 10_000_000.0;
pub const MODEL_TPM: f64 = 180_000_000.0;
/// Tokens of a question with what was found for it and of its answer, and of the answer alone, as `infra/docs/cost.md` has them; of
/// a chunk.
pub const QUESTION_TOKENS: f64 = 8_600.0;
pub const WRITTEN_TOKENS: f64 = 600.0;
pub const CHUNK_TOKENS: f64 = 300.0;

/// `template.yaml`, production: requests a second of the gateway, chats at once, workers at once. A test holds them to it.
pub const GATEWAY_RATE: f64 = 500.0;
pub const CHATS: f64 = 200.0;
pub const WORKERS: usize = 10;
/// A new account's quota of functions at once, and what is given without asking.
pub const LAMBDA_AT_ONCE: f64 = 1_000.0;
/// The largest disk of RDS, in bytes; operations a second of gp3 at most, and without paying for more.
pub const RDS_DISK: f64 = 65_536.0 * 1.074e9;
pub const RDS_IOPS: f64 = 64_000.0;
pub const RDS_IOPS_FREE: f64 = 12_000.0;
/// Connections of db.m7g.large less what the proxy leaves (`infra/aws/database.yaml`).
pub const CONNECTIONS: f64 = 800.0;
/// Bytes of the covering index for each chunk, measured on 411,000 of them.
pub const INDEX_BYTES: f64 = 274.0;
/// Pages of 8 KB a search reads besides the index: candidates that are compared exactly.
pub const CANDIDATES: f64 = 400.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_are_a_day() {
        assert!((HOURS.iter().sum::<f64>() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn the_bounds_are_those_of_the_template() {
        let home = fakes::world::Home::find().unwrap();
        let template = std::fs::read_to_string(home.root.join("template.yaml")).unwrap();
        let sizes = format!("production: {{ Rate: {GATEWAY_RATE}, Burst: 1000, Connections: 700, Chats: {CHATS},");
        assert!(template.contains(&sizes), "{sizes}");
        let workers = template.split("WorkerMaxConcurrent:").nth(1).unwrap().split("Default:").nth(1).unwrap();
        assert_eq!(workers.split_whitespace().next().unwrap().parse::<usize>().unwrap(), WORKERS);
    }
}
