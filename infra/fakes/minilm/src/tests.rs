//! The numbers come from a NumPy forward pass over the same weights and the `tokenizers` package.

use std::time::Instant;

use super::{MiniLm, model_dir};

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
fn says_what_the_reference_says() {
    let Some(dir) = model_dir() else { return };
    let model = MiniLm::load(&dir).unwrap();
    let long = "x ".repeat(400);
    let expected: [(&str, usize, [f32; 6]); 5] = [
        ("Who mentioned their kid plays baseball?", 9, [-0.002183, 0.116573, -0.035421, -0.041994, 0.01365, 0.050833]),
        (
            "Our son Tommy made the Little League all-star team; he pitches on Saturdays.",
            19,
            [-0.001256, 0.06919, -0.052971, -0.070555, -0.023433, 0.035966],
        ),
        (
            "Zoë Müller's café in São Paulo costs $1,250.00 — 東京 too!",
            22,
            [0.07024, -0.035214, 0.038231, 0.054983, -0.015593, 0.02915],
        ),
        (
            "supercalifragilisticexpialidocious rebalancing of 401(k)s",
            23,
            [0.000612, 0.008672, -0.077656, -0.018373, -0.043219, 0.078955],
        ),
        (&long, 256, [-0.00206, -0.037469, -0.031494, -0.042564, -0.100168, -0.082647]),
    ];

    // All in one pass, so that a text which read its neighbour would show.
    let texts: Vec<&str> = expected.iter().map(|(text, ..)| *text).collect();
    let vectors = model.embed(&texts);

    for ((text, tokens, leading), vector) in expected.iter().zip(&vectors) {
        assert_eq!(model.tokenizer.encode(text).len(), *tokens, "{text}");
        for (want, have) in leading.iter().zip(vector) {
            assert!((want - have).abs() < 5e-6, "{text}: {want} and not {have}");
        }
    }
    assert!((cosine(&vectors[0], &vectors[1]) - 0.554_138).abs() < 1e-5);
}

#[test]
#[ignore = "a measurement: run with --ignored --nocapture"]
fn texts_per_second() {
    let Some(dir) = model_dir() else { return };
    let loading = Instant::now();
    let model = MiniLm::load(&dir).unwrap();
    eprintln!("loaded in {:?}", loading.elapsed());
    let sentence = "We met on Tuesday to talk about the rollover and agreed to wait until the bonus is paid. ";
    for repeats in [1, 5, 10] {
        let text = sentence.repeat(repeats);
        let texts = vec![text.as_str(); 64];
        let started = Instant::now();
        model.embed(&texts);
        let took = started.elapsed();
        let tokens = model.tokenizer.encode(&text).len();
        eprintln!("{tokens} tokens: {:.0} texts/s", 64.0 / took.as_secs_f64());
    }
}
