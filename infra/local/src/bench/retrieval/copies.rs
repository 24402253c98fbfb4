//! Rows on their way into the product's tables, in the form of binary copies.

use std::error::Error;
use std::pin::Pin;

use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use pgvector::{Bit, HalfVector};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls};

use crate::{Problem, Result};

/// Three at once, a row of each chunk in two of them.
pub struct Copies {
    documents: Copy,
    texts: Copy,
    embeddings: Copy,
}

/// Which document, whose, and of what kind and time.
#[derive(Clone, Copy)]
pub struct Place {
    pub user: i64,
    pub document: i64,
    pub kind: i16,
    pub occurred_at: Timestamp,
}

/// Nobody asks whether the same text is there already.
const HASH: &[u8] = &[1];

impl Copies {
    pub async fn begin(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        let statement = client.prepare("select bits, embedding from chunk_vectors").await.map_err(refused)?;
        let [bits, embedding] = [0, 1].map(|at: usize| statement.columns()[at].type_().clone());
        let documents = Copy::begin(
            url,
            "documents (user_id, id, kind, source_id, title, heading, occurred_at, content_hash, chunk_count)",
            &[
                Type::INT8,
                Type::INT8,
                Type::INT2,
                Type::TEXT,
                Type::TEXT,
                Type::TEXT,
                Type::TIMESTAMPTZ,
                Type::BYTEA,
                Type::INT4,
            ],
        );
        let texts = Copy::begin(
            url,
            "chunk_text (user_id, chunk_id, document_id, ordinal, body, content_hash, tsv, length, embedded)",
            &[
                Type::INT8,
                Type::INT8,
                Type::INT8,
                Type::INT4,
                Type::TEXT,
                Type::BYTEA,
                Type::TS_VECTOR,
                Type::INT4,
                Type::BOOL,
            ],
        );
        let embeddings = Copy::begin(
            url,
            "chunk_vectors (user_id, chunk_id, kind, occurred_at, bits, embedding)",
            &[Type::INT8, Type::INT8, Type::INT2, Type::TIMESTAMPTZ, bits, embedding],
        )
        .await?;
        Ok(Self { documents: documents.await?, texts: texts.await?, embeddings })
    }

    /// A document of so many chunks.
    pub async fn document(&mut self, at: Place, chunks: u32) -> Result<()> {
        let Place { user, document, kind, occurred_at } = at;
        let (name, chunks) = (document.to_string(), i32::try_from(chunks).unwrap_or(i32::MAX));
        let heading = format!("E-mail {name} from somebody to the advisor");
        self.documents.row(&[&user, &document, &kind, &name, &name, &heading, &occurred_at, &HASH, &chunks]).await
    }

    /// One of its chunks; `tsv` in the form of a binary copy, with the number of words in it.
    pub async fn chunk(
        &mut self,
        at: Place,
        (chunk, ordinal): (i64, i32),
        body: &str,
        (tsv, length): (Vec<u8>, i32),
        embedding: &[f32],
    ) -> Result<()> {
        let Place { user, document, kind, occurred_at } = at;
        self.texts.row(&[&user, &chunk, &document, &ordinal, &body, &HASH, &Raw(tsv), &length, &true]).await?;
        let half = HalfVector::from_f32_slice(embedding);
        self.embeddings.row(&[&user, &chunk, &kind, &occurred_at, &signs(embedding), &half]).await
    }

    pub async fn end(self) -> Result<()> {
        for copy in [self.documents, self.texts, self.embeddings] {
            copy.end().await?;
        }
        Ok(())
    }
}

/// As `binary_quantize` has them.
fn signs(vector: &[f32]) -> Bit {
    Bit::new(&vector.iter().map(|x| *x > 0.0).collect::<Vec<_>>())
}

/// A copy under way, on a connection of its own.
pub struct Copy {
    _client: Client,
    writer: Pin<Box<BinaryCopyInWriter>>,
}

impl Copy {
    pub async fn begin(url: &str, into: &str, types: &[Type]) -> Result<Self> {
        let client = connect(url).await?;
        // No triggers, and no keys of other tables looked up.
        client.batch_execute("set session_replication_role = replica").await.map_err(refused)?;
        let sink = client.copy_in(&format!("copy {into} from stdin binary")).await.map_err(refused)?;
        Ok(Self { _client: client, writer: Box::pin(BinaryCopyInWriter::new(sink, types)) })
    }

    pub async fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<()> {
        self.writer.as_mut().write(values).await.map_err(refused)
    }

    pub async fn end(mut self) -> Result<()> {
        self.writer.as_mut().finish().await.map(drop).map_err(refused)
    }
}

/// A value that is written in the form of a binary copy already.
#[derive(Debug)]
struct Raw(Vec<u8>);

impl ToSql for Raw {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TS_VECTOR
    }

    to_sql_checked!();
}

pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(refused)?;
    tokio::spawn(connection);
    Ok(client)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn refused(error: tokio_postgres::Error) -> Problem {
    let words = error.as_db_error().map_or_else(|| error.to_string(), |server| server.message().to_owned());
    Problem(format!("Postgres refused: {words}."))
}
