use proptest::prelude::*;

use super::*;

fn message(headers: &[(&str, &str)], text: Option<&str>, html: Option<&str>) -> Message {
    Message {
        gmail_id: "18c2f0a1b2c3d4e5".into(),
        thread_id: "18c2f0a1b2c3d4e5".into(),
        history_id: 7,
        label_ids: vec!["INBOX".into()],
        received_at: "2026-03-04T10:00:00Z".parse().unwrap(),
        snippet: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        text: text.map(Into::into),
        html: html.map(Into::into),
        attachment_names: Vec::new(),
    }
}

fn of_text(text: &str) -> Email {
    email_of(&message(&[("Subject", "Re: The fund")], Some(text), None), "me@firm.example")
}

fn of_html(html: &str) -> Email {
    email_of(&message(&[("Subject", "Re: The fund")], None, Some(html)), "me@firm.example")
}

fn mailbox(name: &str, email: &str) -> Mailbox {
    Mailbox { name: name.into(), email: email.into() }
}

#[test]
fn addresses_are_read_as_the_standard_has_them() {
    let table: &[(&str, &[(&str, &str)])] = &[
        ("Greg Hall <Greg.Hall@Example.COM>", &[("Greg Hall", "greg.hall@example.com")]),
        ("greg@example.com", &[("", "greg@example.com")]),
        (
            "\"Hall, Greg\" <greg@example.com>, ann@example.com",
            &[("Hall, Greg", "greg@example.com"), ("", "ann@example.com")],
        ),
        ("\"Greg \\\"Red\\\" Hall\" <greg@example.com>", &[("Greg \"Red\" Hall", "greg@example.com")]),
        ("greg@example.com (Greg (the elder) Hall)", &[("Greg (the elder) Hall", "greg@example.com")]),
        (
            "Clients: Ann <ann@example.com>, bo@example.com; cy@example.com",
            &[("Ann", "ann@example.com"), ("", "bo@example.com"), ("", "cy@example.com")],
        ),
        ("undisclosed-recipients:;", &[]),
        ("", &[]),
        (" , ,; ", &[]),
        ("<@relay.example,@b.example:greg@example.com>", &[("", "greg@example.com")]),
        ("=?UTF-8?Q?Zo=C3=AB_M=C3=BCller?= <zoe@example.com>", &[("Zoë Müller", "zoe@example.com")]),
        ("=?utf-8?B?SGFsbCwgR3JlZw==?= <greg@example.com>", &[("Hall, Greg", "greg@example.com")]),
        ("=?iso-8859-1?Q?Andr=E9?= =?iso-8859-1?Q?_L?= <a@example.com>", &[("André L", "a@example.com")]),
        ("'Greg Hall' <greg@example.com>", &[("Greg Hall", "greg@example.com")]),
        ("\"boss@firm.example\" <x@evil.example>", &[("boss@firm.example", "x@evil.example")]),
        ("mailer daemon", &[("mailer daemon", "")]),
        ("Greg <not an address>", &[("Greg not an address", "")]),
        ("Greg\u{202e} Hall\u{200b} <greg@example.com>", &[("Greg Hall", "greg@example.com")]),
        ("\"unclosed <greg@example.com>", &[("unclosed <greg@example.com>", "")]),
        ("Greg <greg@example.com", &[("Greg", "greg@example.com")]),
    ];
    for (header, expected) in table {
        let expected: Vec<Mailbox> = expected.iter().map(|(name, email)| mailbox(name, email)).collect();
        assert_eq!(address::mailboxes(header), expected, "{header}");
    }
}

#[test]
fn headers_become_fields() {
    let headers = [
        ("From", "Ann <ann@example.com>"),
        ("To", "me@firm.example, \"Hall, G\" <g@example.com>"),
        ("Cc", "c@example.com"),
        ("Reply-To", "other@example.com"),
        ("Subject", "=?UTF-8?Q?Caf=C3=A9?= \u{200b}plans"),
        ("Message-Id", " <m1@example.com> "),
        ("In-Reply-To", "<m0@example.com> <x@example.com>"),
    ];
    let mut message = message(&headers, Some("Hello"), None);
    message.snippet = "Ann &amp; I don&#39;t".into();
    let email = email_of(&message, "me@firm.example");
    assert_eq!(email.sender, mailbox("Ann", "ann@example.com"));
    assert_eq!(email.to, [mailbox("", "me@firm.example"), mailbox("Hall, G", "g@example.com")]);
    assert_eq!(email.reply_to, Some(mailbox("", "other@example.com")));
    assert_eq!(email.subject, "Café plans");
    assert_eq!(email.message_id.as_deref(), Some("<m1@example.com>"));
    assert_eq!(email.in_reply_to.as_deref(), Some("<m0@example.com>"));
    assert_eq!(email.snippet, "Ann & I don't");
    assert!(!email.outbound);
}

#[test]
fn only_gmails_word_makes_a_mail_ours() {
    let mut forged = message(&[("From", "Me <ME@firm.example>")], Some("Wire it"), None);
    assert!(!email_of(&forged, "me@firm.example").outbound);
    forged.label_ids = vec!["SENT".into()];
    assert!(email_of(&forged, "me@firm.example").outbound);
    forged.label_ids.clear();
    assert!(email_of(&forged, "me@firm.example").outbound);
}

#[test]
fn replies_are_parted_from_what_they_quote() {
    let table = [
        ("Sell it.\n\nOn Tue, Mar 3, 2026 at 9:00 AM Ann <ann@example.com> wrote:\n> Shall I sell?\n> Ann", "Sell it."),
        ("Sell it.\n\nOn Tue, Mar 3, 2026 at 9:00 AM Ann Lee\n<ann@example.com> wrote:\n\n> Shall I sell?", "Sell it."),
        (
            "Ja, bitte.\n\nAm Di., 3. März 2026 um 09:00 Uhr schrieb Ann <ann@example.com>:\n\n> Verkaufen?",
            "Ja, bitte.",
        ),
        ("Oui.\n\nLe mar. 3 mars 2026 à 09:00, Ann <ann@example.com> a écrit :\n> Vendre ?", "Oui."),
        ("Sí.\n\nEl mar, 3 mar 2026 a las 9:00, Ann (<ann@example.com>) escribió:\n> ¿Vendo?", "Sí."),
        ("Sim.\n\nEm ter., 3 de mar. de 2026 às 09:00, Ann <ann@example.com> escreveu:\n> Vendo?", "Sim."),
        ("Sì.\n\nIl giorno mar 3 mar 2026 alle ore 09:00 Ann <ann@example.com> ha scritto:\n> Vendo?", "Sì."),
        ("Ja.\n\nOp di 3 mrt 2026 om 09:00 schreef Ann <ann@example.com>:\n> Verkopen?", "Ja."),
        ("好。\n\nAnn <ann@example.com> 于2026年3月3日周二 09:00写道：\n> 卖吗？", "好。"),
        ("Ano.\n\n2026-03-03 9:00 GMT+01:00 Ann <ann@example.com>:\n> Prodat?", "Ano."),
        (
            "Sell it.\n\n-----Original Message-----\nFrom: Ann\nSent: Tuesday\nTo: Greg\nSubject: Fund\n\nShall I?",
            "Sell it.",
        ),
        (
            "Sell it.\n\n________________________________\nFrom: Ann <a@example.com>\nSent: Tuesday\nTo: Greg\nSubject: Fund\n\nShall I?",
            "Sell it.",
        ),
        ("Verkaufen.\n\nVon: Ann\nGesendet: Dienstag\nAn: Greg\nBetreff: Fonds\n\nSoll ich?", "Verkaufen."),
        ("Sell it.\n\n*From:* Ann\n*Sent:* Tuesday\n*To:* Greg\n*Subject:* Fund\n\nShall I?", "Sell it."),
        ("> Shall I sell?\nYes.\n> And buy?\nNo.", "Yes.\nNo."),
        ("On Tue, Mar 3, 2026 at 9:00 AM Ann <ann@example.com> wrote:\n> Shall I sell?\n\nYes, sell.", "Yes, sell."),
        ("Growth was\n>50% this year.", "Growth was\n>50% this year."),
        ("On Monday he wrote: sell it.\nI agree.", "On Monday he wrote: sell it.\nI agree."),
        ("From: my desk\nAll is well.", "From: my desk\nAll is well."),
    ];
    for (text, body) in table {
        assert_eq!(of_text(text).body, body, "{text}");
    }
}

#[test]
fn signatures_go_and_postscripts_stay() {
    let table = [
        ("Sell it.\n\n-- \nGreg Hall\n+1 555 0100", "Sell it."),
        ("Sell it.\n\nBest regards,\nGreg Hall\nHall & Co", "Sell it."),
        ("Sell it.\n\nSent from my iPhone", "Sell it."),
        ("Sell it.\n\nThanks!\n\nGreg\n\nSent from my iPhone", "Sell it."),
        ("Verkaufen.\n\nMit freundlichen Grüßen\nGreg", "Verkaufen."),
        ("Thanks,\nGreg", "Thanks,\nGreg"),
        (
            "Sell it.\n\nThanks,\nGreg\n\nP.S. Tom made the team!",
            "Sell it.\n\nThanks,\nGreg\n\nP.S. Tom made the team!",
        ),
        (
            "Thanks!\nI will send the forms tomorrow as we agreed.",
            "Thanks!\nI will send the forms tomorrow as we agreed.",
        ),
        ("Sent from my iPhone", "Sent from my iPhone"),
    ];
    for (text, body) in table {
        let email = of_text(text);
        assert_eq!(email.body, body, "{text}");
        for word in text.split_whitespace().filter(|word| *word != "--") {
            assert!(email.body.contains(word) || email.quoted.contains(word), "{word} of {text}");
        }
    }
}

#[test]
fn a_forward_keeps_what_it_forwards() {
    let text = "FYI\n\n---------- Forwarded message ---------\nFrom: Ann <ann@example.com>\nDate: Tue\nSubject: Fund\nTo: Greg\n\nSell everything.\n\nOn Mon, Mar 2, 2026 Bo <b@example.com> wrote:\n> Hm.";
    assert!(of_text(text).body.contains("Sell everything."));
    assert!(of_text(text).body.contains("Hm."));
    assert_eq!(of_text(text).quoted, "");

    let outlook = "See below.\n\nFrom: Ann\nSent: Tuesday\nTo: Greg\nSubject: Fund\n\nSell everything.";
    assert_eq!(of_text(outlook).body, "See below.");
    let forward = email_of(&message(&[("Subject", "FW: Fund")], Some(outlook), None), "");
    assert!(forward.body.ends_with("Sell everything."));

    let gmail = "<div dir=ltr>FYI<br><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">---------- Forwarded message ---------<br>From: Ann</div><div>Sell everything.<blockquote class=\"gmail_quote\">Hm.</blockquote></div></div></div>";
    let email = of_html(gmail);
    assert!(email.body.starts_with("FYI") && email.body.contains("Sell everything."), "{email:?}");
    assert!(email.body.contains("Hm."), "{email:?}");
}

#[test]
fn the_html_part_is_taken_when_the_plain_one_is_a_stub() {
    let html = Some("<p>Tom plays <b>baseball</b> now.</p><ul><li>One</li><li>Two</li></ul>");
    for stub in ["", "  \n", "View this email in your browser: link", "<html><body>Tom</body></html>"] {
        let email = email_of(&message(&[], Some(stub), html), "");
        assert!(email.body.starts_with("Tom plays baseball now."), "{stub}: {}", email.body);
        assert!(email.body.contains("One\nTwo"), "{}", email.body);
    }
    assert_eq!(email_of(&message(&[], Some("Plain it is."), html), "").body, "Plain it is.");
    assert_eq!(email_of(&message(&[], Some("<div>Tom &amp; I</div>"), None), "").body, "Tom & I");
    assert_eq!(email_of(&message(&[], None, None), "").body, "");
}

#[test]
fn what_a_reader_cannot_see_is_dropped() {
    let hidden = [
        "<div style=\"display:none\">SECRET</div>",
        "<div style='DISPLAY : NONE !important'>SECRET</div>",
        "<div hidden>SECRET</div>",
        "<span style=\"visibility:hidden\">SECRET</span>",
        "<span style=\"font-size:0\">SECRET</span>",
        "<span style=\"font-size:1px\">SECRET</span>",
        "<span style=\"font: bold 0/0 a\">SECRET</span>",
        "<div style=\"font-size:0px\"><b>SECRET</b></div>",
        "<div style=\"opacity:0\">SECRET</div>",
        "<div style=\"opacity: 0.0;\"><p>SECRET</p></div>",
        "<div style=\"position:absolute;left:-9999px\">SECRET</div>",
        "<div style=\"text-indent:-9999px\">SECRET</div>",
        "<div style=\"max-height:0;overflow:hidden\">SECRET</div>",
        "<div style=\"position:absolute;clip:rect(0,0,0,0)\">SECRET</div>",
        "<span style=\"color:#fff\">SECRET</span>",
        "<span style=\"color:white\">SECRET</span>",
        "<span style=\"color:rgb(255,254,253)\">SECRET</span>",
        "<span style=\"color:rgba(0,0,0,0)\">SECRET</span>",
        "<span style=\"color:transparent\">SECRET</span>",
        "<span style=\"color:hsl(0, 0%, 100%)\">SECRET</span>",
        "<font color=\"#FEFEFE\">SECRET</font>",
        "<div style=\"background:#123456\"><span style=\"color:#123457\">SECRET</span></div>",
        "<table bgcolor=\"#000000\"><tr><td style=\"color:#000\">SECRET</td></tr></table>",
        "<style>.x{display:none}</style><div class=\"a x\">SECRET</div>",
        "<style>/* c */ div.x , #y {visibility:hidden}</style><div class=x>SECRET</div><p id=y>SECRET</p>",
        "<style>@media screen { .x { color: #ffffff } }</style><div class=x>SECRET</div>",
        "<style>.w > .x b{font-size:0}</style><div class=w><p class=x><b>SECRET</b></p></div>",
        "<!-- SECRET -->",
        "<img alt=\"SECRET\" src=\"a.png\">",
        "<title>SECRET</title>",
        "<script>SECRET</script><template>SECRET</template><iframe>SECRET</iframe>",
    ];
    for markup in hidden {
        let email = of_html(&format!("<p>Hello</p>{markup}<p>there</p>"));
        assert!(!email.body.contains("SECRET") && !email.quoted.contains("SECRET"), "{markup}: {email:?}");
        assert!(email.body.contains("Hello") && email.body.contains("there"), "{markup}: {email:?}");
    }
}

#[test]
fn what_a_reader_can_see_stays() {
    let visible = [
        "<div style=\"font-size:0\"><span style=\"font-size:14px\">SEEN</span></div>",
        "<div style=\"visibility:hidden\"><b style=\"visibility:visible\">SEEN</b></div>",
        "<div style=\"background-color:#003366\"><span style=\"color:#ffffff\">SEEN</span></div>",
        "<table bgcolor=navy><tr><td><font color=white>SEEN</font></td></tr></table>",
        "<div style=\"background:url(a.png)\"><span style=\"color:#fff\">SEEN</span></div>",
        "<div style=\"max-height:100%;overflow:hidden;width:100%\">SEEN</div>",
        "<div style=\"opacity:1;position:absolute;left:10px\">SEEN</div>",
        "<style>.x{display:none} .x.y{display:block}</style><p class=\"x y\">SEEN</p>",
        "<style>@media (max-width:600px){.x{display:none}}</style><p class=x>SEEN</p>",
        "<style>@media print{.x{display:none}}</style><p class=x>SEEN</p>",
        "<div style=\"font: 700 14px/20px Arial\">SEEN</div>",
        "<div style=\"font-size: 90%; line-height:0\">SEEN</div>",
    ];
    for markup in visible {
        assert!(of_html(markup).body.contains("SEEN"), "{markup}");
    }
}

#[test]
fn quoted_html_is_set_apart() {
    let quotes = [
        "<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Tue, Mar 3, 2026 Ann wrote:<br></div><blockquote class=\"gmail_quote\">OLD</blockquote></div>",
        "<blockquote type=\"cite\"><div>On Mar 3, 2026, Ann wrote:</div>OLD</blockquote>",
        "<div class=\"moz-cite-prefix\">On 3/3/2026, Ann wrote:</div><blockquote type=\"cite\">OLD</blockquote>",
        "<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Ann</div><div>OLD</div>",
        "<div class=\"yahoo_quoted\"><p>OLD</p></div>",
        "<div style=\"border-top:solid #E1E1E1 1.0pt\"><p><b>From:</b> Ann<br><b>Sent:</b> Tuesday<br><b>To:</b> Greg<br><b>Subject:</b> Fund</p></div><p>OLD</p>",
        "<p>On Tue, Mar 3, 2026 at 9:00 Ann &lt;a@example.com&gt; wrote:</p><blockquote>OLD</blockquote>",
    ];
    for quote in quotes {
        let email = of_html(&format!("<div>NEW</div>{quote}"));
        assert_eq!(email.body, "NEW", "{quote}");
        assert!(email.quoted.contains("OLD"), "{quote}: {email:?}");
    }
    let inline = "<div class=gmail_quote><blockquote class=gmail_quote>OLD</blockquote><div>NEW</div></div>";
    assert_eq!(of_html(inline).body, "NEW");
    let indented = "<blockquote style=\"margin:0 0 0 40px\">NEW</blockquote>";
    assert_eq!(of_html(indented).body, "NEW");
    let hidden = "<style>.h .q{display:none}</style><p>NEW</p><div class=h><blockquote type=cite class=q>SECRET</blockquote></div>";
    assert_eq!(of_html(hidden).quoted, "");
}

#[test]
fn invisible_characters_and_stray_space_go() {
    let email = of_text("Pa\u{200b}y\u{202e}  it\u{a0}now\t.\r\n\r\n\r\n\r\n\u{feff}OK\u{e0041}\u{e0042}\u{0}\u{ad}");
    assert_eq!(email.body, "Pay it now .\n\nOK");
}

#[test]
fn markup_nested_without_end_is_survived() {
    for tag in ["<div>", "<blockquote>", "<table><tr><td>", "<ul><li>", "<b>", "<span style='color:red'>"] {
        let deep = tag.repeat(1_000);
        assert!(of_html(&format!("<p>Hello</p>{deep}x")).body.contains("Hello"), "{tag}");
    }
    let many = ".a{color:red}".repeat(20_000);
    assert!(of_html(&format!("<style>{many}</style><p class=a>Hello</p>")).body.contains("Hello"));
}

proptest! {
    #[test]
    fn any_text_is_read_and_never_grows(
        text in "([ -~\n>:@<\"]|On .{0,9} wrote:|-- \n|From: a\n|Sent: b\nTo: c\n|Thanks,\n|\\PC|[\u{0}-\u{1f}\u{200b}\u{202e}]){0,200}",
    ) {
        let email = of_text(&text);
        let count = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        prop_assert!(email.body.chars().count() <= text.chars().count());
        prop_assert!(count(&email.body) + count(&email.quoted) <= count(&text));
        prop_assert!(!email.body.chars().chain(email.quoted.chars()).any(is_invisible));
        // Nothing a reader could see is lost, unless the text was read as markup.
        if !clean::looks_like_markup(&clean::text(&text)) {
            prop_assert_eq!(count(&email.body) + count(&email.quoted), count(&clean::text(&text)));
        }
    }

    #[test]
    fn any_markup_is_read(
        html in "(<(div|p|b|table|tr|td|ul|li|blockquote type=cite|style|a href=x|span style=\"[a-z:;0-9 #-]{0,30}\")>|</(div|p|b|table|td|ul|style|a)>|[ -~]|&[a-z]{1,5};|\\PC){0,150}",
    ) {
        let email = of_html(&html);
        prop_assert!(email.body.chars().count() <= html.chars().count());
    }

    #[test]
    fn any_header_is_read(header in "([ -~]|[\"<>(),;:@\\\\]|=\\?utf-8\\?[qb]\\?[a-z=0-9]{0,9}\\?=|\\PC){0,120}") {
        for mailbox in address::mailboxes(&header) {
            prop_assert!(!mailbox.name.is_empty() || !mailbox.email.is_empty());
            prop_assert_eq!(mailbox.email.to_lowercase(), mailbox.email.clone());
        }
        encoded_word::decode(&header);
    }
}
