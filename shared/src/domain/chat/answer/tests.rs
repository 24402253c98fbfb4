use proptest::prelude::*;

use super::*;
use crate::fuzzing::{has_no_address, is_well_formed};

mod exfiltration;

fn sources() -> Vec<Cited> {
    vec![
        Cited {
            n: 1,
            url: "https://mail.google.com/mail/?authuser=me@firm.example#all/18c2".into(),
            title: "Spring".into(),
            text: "Ann wrote that Tom plays baseball now.\nShe said: “we need to sell AAPL before June — all of it”."
                .into(),
        },
        Cited {
            n: 2,
            url: "https://app.hubspot.com/contacts/7/record/0-1/9".into(),
            title: "Note".into(),
            text: "Prefers calls.".into(),
        },
        Cited { n: 3, url: String::new(), title: "No place".into(), text: "Nothing here.".into() },
    ]
}

/// The pieces of a text that came in `cuts` parts.
fn pieces(text: &str, cut: impl Fn(&str) -> Vec<String>) -> (Vec<Piece>, Answer) {
    let mut answer = Answer::new(sources());
    let mut all: Vec<Piece> = Vec::new();
    let parts = cut(text);
    for part in &parts {
        join(&mut all, answer.push(part));
    }
    join(&mut all, answer.finish());
    (all, answer)
}

fn join(all: &mut Vec<Piece>, more: Vec<Piece>) {
    for piece in more {
        match (all.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
            (_, piece) => all.push(piece),
        }
    }
}

/// All of an answer, short: `p` paragraph, `+b -b` strong, `{1}` citation …
fn shown(text: &str) -> String {
    let (pieces, _) = pieces(text, |text| vec![text.to_owned()]);
    short(&pieces)
}

fn short(pieces: &[Piece]) -> String {
    let of = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Strong(on) => if *on { "+b " } else { " -b" }.into(),
        Piece::Emphasis(on) => if *on { "+i " } else { " -i" }.into(),
        Piece::Code(code) => format!("`{code}`"),
        Piece::Cite { n, .. } => format!("{{{n}}}"),
        Piece::Break => "¶".into(),
        Piece::Paragraph => "<p>".into(),
        Piece::ListStart { ordered } => if *ordered { "<ol>" } else { "<ul>" }.into(),
        Piece::Item => "<li>".into(),
        Piece::ListEnd => "</>".into(),
        Piece::CodeBlock(code) => format!("<pre>{code}</pre>"),
    };
    pieces.iter().map(of).collect()
}

#[test]
fn markdown_becomes_pieces() {
    let table = [
        ("Hello there.", "<p>Hello there."),
        ("One.\nTwo.\n\nThree.", "<p>One.¶Two.<p>Three."),
        ("**Bold** and *soft* and ***both***.", "<p>+b Bold -b and +i soft -i and +b +i both -i -b."),
        ("5 * 3 = 15, snake_case_name, 5*3", "<p>5 * 3 = 15, snake_case_name, 5*3"),
        ("**open to the end\n\nNext", "<p>+b open to the end -b<p>Next"),
        ("**a *b** c*", "<p>+b a +i b -i -b c*"),
        ("# Title\nText", "<p>+b Title -b<p>Text"),
        ("## **Title**\n\nText", "<p>+b Title -b<p>Text"),
        ("Hi:\n- one\n- two\n\nEnd", "<p>Hi:<ul><li>one<li>two</><p>End"),
        ("1. one\n2. two", "<ol><li>one<li>two</>"),
        ("1. one\n   - in\n   - side\n2. two", "<ol><li>one<ul><li>in<li>side</><li>two</>"),
        ("- one\n  more\n\n  again", "<ul><li>one¶more¶again</>"),
        ("2026. A year", "<p>2026. A year"),
        ("Use `a<b>` now", "<p>Use `a<b>` now"),
        ("```rust\nlet x = 1;\n\ny\n```\nAfter", "<pre>let x = 1;\n\ny</pre><p>After"),
        ("```\nopen", "<pre>open</pre>"),
        ("One\n\n---\n\nTwo", "<p>One<p>Two"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<p>| a | b |¶| 1 | 2 |"),
        ("> quoted", "<p>quoted"),
        ("a &lt;x&gt; &amp; &copy; R&D; x", "<p>a <x> & &copy; R&D; x"),
        ("~~gone~~ ~5%", "<p>gone ~5%"),
        ("one<br>two <b>bold</b> <y and z>", "<p>one¶two bold <y and z>"),
        ("Great! Really![1]", "<p>Great! Really!{1}"),
        ("", ""),
        ("   \n\n ", ""),
        ("`", "<p>`"),
        ("\\*not\\*", "<p>+i not -i"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn citations_lead_to_sources() {
    let table = [
        ("Tom plays [1].", "<p>Tom plays {1}."),
        ("Both [1][2] and [1, 2] and [1-2].", "<p>Both {1}{2} and {1}{2} and {1}{2}."),
        ("So 【1】 and 【2†source】 and [^3] and [Source 1].", "<p>So {1} and {2} and {3} and {1}."),
        ("Unknown [7].", "<p>Unknown."),
        ("Known and unknown [1, 9], yes", "<p>Known and unknown {1}, yes"),
        ("[1]: Tom", "<p>{1}: Tom"),
        ("[see] [x] [2026]", "<p>[see] [x] [2026]"),
        ("[1](https://evil.example/x)", "<p>{1}"),
        ("[1] (see below)", "<p>{1} (see below)"),
        ("[the note](https://app.hubspot.com/contacts/7/record/0-1/9)", "<p>the note{2}"),
        ("https://app.hubspot.com/contacts/7/record/0-1/9.", "<p>{2}."),
        ("<https://app.hubspot.com/contacts/7/record/0-1/9>", "<p>{2}"),
        ("[the **note**][2]", "<p>the +b note -b{2}"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
    let (_, answer) = pieces("[2] then [1] then [2] and [9]", |text| vec![text.to_owned()]);
    assert_eq!(answer.cited(), [2, 1]);
}

#[test]
fn sources_may_come_later() {
    let mut answer = Answer::new(Vec::new());
    answer.push("No [1]. ");
    answer.add_sources(sources());
    let more = answer.push("Yes [1]. ");
    assert!(more.iter().any(|piece| matches!(piece, Piece::Cite { n: 1, .. })), "{more:?}");
    assert_eq!(answer.cited(), [1]);
}

#[test]
fn a_pause_ends_what_is_open() {
    let mut answer = Answer::new(sources());
    answer.push("- **Let me see");
    assert_eq!(short(&answer.pause()), " see -b</>");
    answer.push("Tom [");
    assert_eq!(short(&answer.finish()), " [");
    assert_eq!(answer.plain(), "- **Let me see**\n\nTom \\[");
}

#[test]
fn only_true_quotations_keep_their_marks() {
    let table = [
        ("She said \"Tom plays baseball now\" [1].", "<p>She said \"Tom plays baseball now\" {1}."),
        ("She said “tom plays baseball now.”", "<p>She said “tom plays baseball now.”"),
        ("“We need to sell AAPL before June - all of it”", "<p>“We need to sell AAPL before June - all of it”"),
        ("“We need to sell … all of it”", "<p>“We need to sell … all of it”"),
        ("„Ann wrote that **Tom** plays“", "<p>„Ann wrote that +b Tom -b plays“"),
        ("“all of it … We need to sell”", "<p>all of it … We need to sell"),
        ("“Tom plays baseball very well”", "<p>Tom plays baseball very well"),
        ("\"nn wrote that Tom plays\"", "<p>nn wrote that Tom plays"),
        ("\"He hates baseball a lot [1]\"", "<p>He hates baseball a lot {1}"),
        ("The \"cash drag\" term", "<p>The \"cash drag\" term"),
        ("He is 6'2\" tall and 5\" wide", "<p>He is 6'2\" tall and 5\" wide"),
        ("\"never closed and long enough", "<p>never closed and long enough"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn only_what_is_open_is_held_back() {
    let mut answer = Answer::new(sources());
    assert_eq!(short(&answer.push("Tom plays ")), "<p>Tom plays");
    assert_eq!(short(&answer.push("baseball [")), " baseball");
    assert_eq!(short(&answer.push("1")), "");
    assert_eq!(short(&answer.push("] now")), " {1}");
    assert_eq!(short(&answer.push(" \"he")), " now");
    let open = "is ".repeat(HOLD);
    assert!(short(&answer.push(&open)).ends_with("is is"));
}

#[test]
fn what_was_known_before_may_be_said_again_and_nothing_made_of_it() {
    let mut answer = Answer::new(sources());
    answer.know("Write to Bill.Smith@mail.firm.example, please; see portal.firm.example");

    let said = "To bill.smith@mail.firm.example (bill.smith@mail.firm.example) by portal.firm.example, not to \
                4471@mail.firm.example, x.portal.firm.example or bill.smith@mail.firm.example.evil.example";
    answer.push(said);
    answer.finish();

    assert_eq!(
        answer.plain(),
        "To bill.smith@mail.firm.example (bill.smith@mail.firm.example) by portal.firm.example, not to [link removed], \
         [link removed] or [link removed]"
            .replace('[', "\\[")
            .replace(']', "\\]")
    );
}

#[test]
fn data_of_the_models_making_has_no_addresses() {
    let made = serde_json::json!({ "query": "x https&#58;//evil.example/?d=1", "limit": 3, "all": ["greg@hall.example", "a_b"] });

    let shown = harmless(&made);

    assert_eq!(
        shown,
        serde_json::json!({ "query": "x [link removed]", "limit": 3, "all": ["greg@hall.example", "a_b"] })
    );
    assert_eq!(plain("Not urgent. See <https://evil.example/4471>."), "Not urgent. See \\[link removed\\].");
}

#[test]
fn markdown_for_keeping_says_the_same() {
    let text = "# Tom\nHe *plays* `a_b` [1]:\n- one_two\n- [x] <b\n\n1. first\n2. second\n\n```\ncode `x`\n```\nR&amp;lt; 5\\. end [3]";
    let (_, answer) = pieces(text, |text| vec![text.to_owned()]);
    let expected = "**Tom**\n\nHe *plays* `a_b` [[1]](https://mail.google.com/mail/?authuser=me@firm.example#all/18c2):\n\n- one\\_two\n- \\[x\\] \\<b\n\n1. first\n2. second\n\n```\ncode `x`\n```\n\nR\\&lt; 5. end \\[3\\]";
    assert_eq!(answer.plain(), expected);
}

const TOKENS: &str = "(\\[|\\]|\\(|\\)|[*_`\"“”<>!~#|]|\\*\\*|```|\n|\n\n|\n- |\n  - |\n1\\. | |[a-z]{1,5}|[0-9]{1,2}|https?://|https:|/|//|evil\\.example|~~|\\[9\\]|www\\.|&#104;|&amp;|\\\\|<b>|</a>|[ -~]|\u{200b}|é|漢){0,80}";

proptest! {
    #[test]
    fn cutting_the_text_anywhere_changes_nothing(text in TOKENS, cuts in prop::collection::vec(0_usize..200, 0..12)) {
        let (whole, at_once) = pieces(&text, |text| vec![text.to_owned()]);
        let (letters, letter_wise) = pieces(&text, |text| text.chars().map(String::from).collect());
        let (parts, _) = pieces(&text, |text| {
            let mut parts = vec![String::new()];
            for (at, c) in text.chars().enumerate() {
                if cuts.contains(&at) {
                    parts.push(String::new());
                }
                parts.last_mut().unwrap().push(c);
            }
            parts
        });
        prop_assert_eq!(&whole, &letters);
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(at_once.plain(), letter_wise.plain());
        prop_assert_eq!(is_well_formed(&whole), Ok(()));
    }

    #[test]
    fn no_text_brings_an_address_out(text in TOKENS) {
        let (pieces, _) = pieces(&text, |text| vec![text.to_owned()]);
        prop_assert_eq!(has_no_address(&pieces, &sources()), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn long_things_are_cut_off_the_same_everywhere(
        opener in "(\\[|\\*\\*|`|\"|<a |https://evil.example/|```\n|\\[a\\]\\(|\\[x\\]: |\\||x|#|&){1,3}",
        filler in "[a-z] ?[a-z\\[]{1,3}",
        step in 3_usize..700,
    ) {
        let text = opener + &filler.repeat(900) + " end";
        let (whole, _) = pieces(&text, |text| vec![text.to_owned()]);
        let (parts, _) = pieces(&text, |text| {
            let letters: Vec<char> = text.chars().collect();
            letters.chunks(step).map(|part| part.iter().collect()).collect()
        });
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(is_well_formed(&whole), Ok(()));
    }
}
