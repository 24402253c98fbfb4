//! What fills every mailbox besides people: newsletters, custodians' notices, calendar answers, spam.

use super::dice::Dice;
use super::mails::Desk;
use super::people::Person;
use super::script::{self, Line, Script};
use super::{Mail, text};

const SPAN: u32 = 530;

/// The templates of `data/noise.txt`, each as often as its `times` flag says.
pub fn mails(desk: &Desk<'_>) -> Vec<Mail> {
    let stories: Vec<&str> = include_str!("data/stories.txt").split("\n\n").map(str::trim).collect();
    let templates = script::read(include_str!("data/noise.txt"));
    let mut mails = Vec::new();
    let mut told = 0;

    for template in &templates {
        let [line] = &template.lines[..] else { panic!("{} is not one mail", template.key) };
        let times = line.flag("times").next().and_then(|times| times.parse().ok()).unwrap_or(1);
        for index in 0..times {
            let key = format!("{}-{index}", template.key);
            let mut dice = Dice::new(&key);
            let days = (index * SPAN / times + dice.between(2, 7)).min(538);
            let mut next = || {
                told += 1;
                stories[told % stories.len()].to_owned()
            };
            let slots = slots(desk.people, [next(), next(), next()], &mut dice);
            mails.extend(one(desk, template, &key, days, &slots));
        }
    }

    mails
}

fn one(desk: &Desk<'_>, template: &Script, key: &str, days: u32, slots: &[(&str, String)]) -> Vec<Mail> {
    let line = &template.lines[0];
    let mut dice = Dice::new(key);
    let day = desk.today.saturating_sub(jiff::ToSpan::days(i64::from(days)));
    let body = text::fill(&line.body, day, slots, &mut dice);
    let (preheader, body) = body.split_once("\n\n").unwrap_or(("", &body));
    let at = (i8::try_from(dice.between(4, 20)).unwrap_or(6), i8::try_from(dice.between(0, 60)).unwrap_or(0));

    let filled = Line {
        days: Some(days),
        at,
        body: body.into(),
        who: text::fill(&line.who, day, slots, &mut dice),
        ..line.clone()
    };
    let subject = text::fill(&template.subject, day, slots, &mut dice);
    let mut mails = desk.thread(&Script { key: key.into(), subject, lines: vec![filled] });

    for mail in &mut mails {
        dress(mail, line, preheader, body, days);
    }
    mails
}

/// Gives a mail the form, labels and headers of its kind.
fn dress(mail: &mut Mail, line: &Line, preheader: &str, body: &str, days: u32) {
    let domain = mail.from.email.split('@').next_back().unwrap_or_default().to_owned();
    let mut headers = vec![("Auto-Submitted", "auto-generated".to_owned())];
    let mut labels = vec![if line.has("spam") { "SPAM" } else { "INBOX" }];

    if line.has("newsletter") {
        labels.push("CATEGORY_PROMOTIONS");
        headers = vec![
            ("List-Unsubscribe", format!("<https://{domain}/unsubscribe?u=4471>, <mailto:leave@{domain}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ("List-Id", format!("<news.{domain}>")),
            ("Precedence", "bulk".to_owned()),
        ];
    } else if !line.has("spam") {
        labels.push("CATEGORY_UPDATES");
    }
    if days <= 3 {
        labels.push("UNREAD");
    }

    if line.has("html") {
        mail.html = Some(letter(preheader, body, line.has("newsletter")));
    }
    mail.label_ids = labels.into_iter().map(Into::into).collect();
    mail.headers = headers.into_iter().map(|(name, value)| (name.into(), value)).collect();
}

/// The markup mass mailers write: a hidden preheader, tables, a tracking pixel, a footer.
fn letter(preheader: &str, body: &str, footer: bool) -> String {
    let footer = if footer {
        "<p style=\"color:#999;font-size:11px\">You get this because you signed up. <a href=\"#\">Unsubscribe</a></p>"
    } else {
        ""
    };
    format!(
        "<html><head><style>.hide{{display:none}} td{{font-family:Arial}}</style></head><body>\
         <div style=\"display:none;max-height:0;overflow:hidden\">{}</div>\
         <table width=\"600\" role=\"presentation\"><tr><td>{}</td></tr></table>{footer}\
         <img src=\"https://track.example/o.gif\" width=\"1\" height=\"1\" alt=\"\"></body></html>",
        text::escape(preheader),
        text::html(body)
    )
}

fn slots(people: &[Person], stories: [String; 3], dice: &mut Dice) -> Vec<(&'static str, String)> {
    let reachable: Vec<(&Person, &String)> = people
        .iter()
        .filter(|person| person.is_client())
        .filter_map(|person| Some((person, person.addresses.first()?)))
        .collect();
    let (person, address) = *dice.pick(&reachable);
    let [story, second, third] = stories;
    let title = |story: &str| story.lines().next().unwrap_or_default().to_owned();

    vec![
        ("client", person.name.clone()),
        ("address", address.clone()),
        ("title", title(&story)),
        ("story", story),
        ("second", second),
        ("third", third),
        ("digits", format!("{:04}", dice.between(100, 9999))),
        ("issue", dice.between(40, 900).to_string()),
        ("hour", dice.between(9, 17).to_string()),
    ]
}
