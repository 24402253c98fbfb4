use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Caller, Said};
use crate::openai::{Embedder, MiniLm, Options};
use minilm::model_dir;

async fn embed(caller: &Caller, input: Value) -> Said {
    caller.post("/v1/embeddings", &json!({ "model": "text-embedding-3-small", "input": input })).await
}

fn vectors(said: &Said) -> Vec<Vec<f64>> {
    let numbers = |item: &Value| serde_json::from_value(item["embedding"].clone()).unwrap();
    said.json()["data"].as_array().unwrap().iter().map(numbers).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[tokio::test]
async fn gives_unit_vectors_in_order() {
    let caller = Caller::new().await;

    let said = embed(&caller, json!(["The roof leaks", "Rolled over the 401(k)", "The roof leaks"])).await;

    let all = vectors(&said);
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [1536; 3]);
    assert!((cosine(&all[0], &all[0]) - 1.0).abs() < 1e-4);
    assert_eq!(all[0], all[2]);
    assert_eq!(said.json()["data"][1]["index"], 1);
    assert_eq!(said.json()["usage"]["prompt_tokens"], 13);
}

#[tokio::test]
async fn words_in_common_bring_texts_near() {
    let caller = Caller::new().await;

    let all = vectors(&embed(&caller, json!(["sells his boats", "selling a boat", "tax forms"])).await);

    assert!(cosine(&all[0], &all[1]) > 0.5);
    assert!(cosine(&all[0], &all[2]) < 0.2);
}

#[tokio::test]
async fn meaning_brings_texts_near() {
    let Some(dir) = model_dir() else { return };
    let embedder = Embedder::MiniLm(MiniLm::load(&dir).unwrap());
    let caller = Caller::with(Options { embedder, ..Options::default() }).await;

    let texts = json!(["Who mentioned their kid plays baseball?", "Tommy pitches in the Little League", "tax forms"]);
    let all = vectors(&embed(&caller, texts).await);

    assert!(cosine(&all[0], &all[1]) > 0.4);
    assert!(cosine(&all[0], &all[2]) < 0.2);
}

#[tokio::test]
async fn shortens_and_encodes_on_request() {
    let caller = Caller::new().await;
    let ask = |extra: Value| {
        let mut ask = json!({ "model": "text-embedding-3-large", "input": "The roof leaks" });
        ask.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ask
    };

    let large = caller.post("/v1/embeddings", &ask(json!({}))).await;
    let short = caller.post("/v1/embeddings", &ask(json!({ "dimensions": 256 }))).await;
    let base64 = caller.post("/v1/embeddings", &ask(json!({ "dimensions": 256, "encoding_format": "base64" }))).await;
    let too_many = caller.post("/v1/embeddings", &ask(json!({ "dimensions": 4000 }))).await;

    assert_eq!(vectors(&large)[0].len(), 3072);
    let short = &vectors(&short)[0];
    assert!((cosine(short, short) - 1.0).abs() < 1e-4);
    let bytes = STANDARD.decode(base64.json()["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    assert_eq!(decoded.len(), 256);
    assert!((f64::from(decoded[7]) - short[7]).abs() < 1e-6);
    assert_eq!((too_many.status, too_many.error("param")), (400, json!("dimensions")));
}

#[tokio::test]
async fn refuses_what_the_vendor_refuses() {
    let caller = Caller::new().await;
    let long = "word ".repeat(8193);

    let empty = embed(&caller, json!(["fine", ""])).await;
    let too_many = embed(&caller, json!(vec!["x"; 2049])).await;
    let too_long = embed(&caller, json!(long)).await;
    let too_much = embed(&caller, json!(vec!["word ".repeat(8000); 38])).await;
    let wrong_type = embed(&caller, json!([{ "text": "x" }])).await;
    let chat_model = caller.post("/v1/embeddings", &json!({ "model": "stand-in", "input": "x" })).await;

    assert_eq!((empty.status, empty.error("param")), (400, json!("input")));
    assert_eq!((too_many.status, too_many.error("code")), (400, json!("array_above_max_length")));
    assert_eq!((too_long.status, too_long.error("code")), (400, json!("context_length_exceeded")));
    assert_eq!((too_much.status, too_much.error("code")), (400, json!("max_tokens_per_request")));
    assert_eq!((wrong_type.status, wrong_type.error("param")), (400, json!("input[0]")));
    assert_eq!((chat_model.status, chat_model.error("code")), (404, json!("model_not_found")));
}
