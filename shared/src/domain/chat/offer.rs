//! What the turn itself says of writes, after the model's last word: what was done, and what waits, to the letter.
//!
//! The model has no part in these words. What other people wrote stands in them as code, line by line: it is shown as it is,
//! wraps, and nothing in it is a link or markup.

use super::answer::Piece;
use super::event::Citation;
use crate::model::action::{Kept, State};

/// What waits, as exact previews, each with its number in what was offered; `of` is how many that were.
pub fn waiting(waiting: &[(usize, Kept)], of: usize) -> Vec<Piece> {
    let ([(first, one), ..], Some((last, _))) = (waiting, waiting.last()) else { return Vec::new() };
    let several = waiting.len() > 1;
    let (subject, nothing) =
        if several { ("These wait", "Nothing of them has") } else { ("This waits", "Nothing has") };
    let mut pieces = vec![Piece::Paragraph];
    strong(&mut pieces, &format!("{subject} for your yes. {nothing} happened yet."));
    for (number, kept) in waiting {
        pieces.push(Piece::Paragraph);
        if of > 1 {
            strong(&mut pieces, &format!("{number}."));
            pieces.push(Piece::Break);
        }
        verbatim(&mut pieces, &kept.preview);
        for reason in &kept.reasons {
            pieces.extend([Piece::Paragraph, Piece::Emphasis(true), text(reason), Piece::Emphasis(false)]);
        }
    }
    pieces.extend([Piece::Paragraph, text("Reply ")]);
    strong(&mut pieces, "yes");
    let sends = !several && one.tool == "send_email";
    if several {
        pieces.push(text(" to do all of it, "));
        strong(&mut pieces, &format!("yes {first},{last}"));
        pieces.push(text(" for some of it, or "));
    } else {
        pieces.push(text(if sends { " to send it, or " } else { " to do it, or " }));
    }
    strong(&mut pieces, "no");
    pieces.push(text(if sends { " to drop it." } else { " to leave it." }));
    pieces
}

/// What became of one, with the place where it can be looked at.
pub fn outcome(kept: &Kept, place: Option<&Citation>) -> Vec<Piece> {
    let (said, explained) = match kept.state {
        State::Done => ("Done:", None),
        State::Approved => {
            ("Under way:", Some("It is not certain yet that it will work; it is tried until it does or cannot."))
        }
        State::Pending => ("Waiting:", None),
        State::Denied => ("Not done, as you wish:", None),
        State::Expired => ("Not done:", Some("It has waited too long. Please ask for it again.")),
        State::Failed => ("Did not work:", None),
        State::Unknown => (
            "Not certain:",
            Some("Whether this has happened cannot be found out. Please look, before you try it again."),
        ),
    };
    let mut pieces = vec![Piece::Paragraph];
    strong(&mut pieces, said);
    pieces.push(text(" "));
    pieces.push(Piece::Code(headline(kept)));
    if let Some(Citation { n, url, title, .. }) = place {
        pieces.push(text(" "));
        pieces.push(Piece::Cite { n: *n, url: url.clone(), title: title.clone() });
    }
    if let Some(explained) = explained {
        pieces.extend([Piece::Break, text(explained)]);
    }
    // A provider's own words may be in it.
    if let Some(error) = kept.error.as_deref().filter(|_| matches!(kept.state, State::Failed | State::Unknown)) {
        pieces.extend([Piece::Break, Piece::Code(one_line(error))]);
    }
    pieces
}

/// A sentence of ours.
pub fn sentence(said: &str) -> Vec<Piece> {
    vec![Piece::Paragraph, text(said)]
}

/// The first two facts of the preview: what, and with whom or what it is called.
pub fn headline(kept: &Kept) -> String {
    let facts: Vec<&str> = kept.preview.lines().filter(|line| !line.trim().is_empty()).take(2).collect();
    facts.join(" · ")
}

fn strong(pieces: &mut Vec<Piece>, said: &str) {
    pieces.extend([Piece::Strong(true), text(said), Piece::Strong(false)]);
}

fn text(said: &str) -> Piece {
    Piece::Text(said.to_owned())
}

fn verbatim(pieces: &mut Vec<Piece>, lines: &str) {
    let mut begun = false;
    for line in lines.lines() {
        match line {
            "" => {
                pieces.push(Piece::Paragraph);
                begun = false;
            }
            line => {
                if std::mem::replace(&mut begun, true) {
                    pieces.push(Piece::Break);
                }
                pieces.push(Piece::Code(line.to_owned()));
            }
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actions::preview;
    use crate::domain::chat::answer::Answer;
    use crate::domain::chat::reply;
    use crate::model::ActionId;
    use crate::model::action::Action;

    fn kept(body: &str) -> Kept {
        let action = Action::SendEmail {
            to: vec!["bill@example.com".into()],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: "About <b>tomorrow</b>".into(),
            body: body.into(),
            reply: None,
        };
        Kept {
            id: ActionId::random(),
            tool: "send_email".into(),
            hash: String::new(),
            preview: preview::text(&action),
            action,
            reasons: vec!["The assistant has read text that other people wrote.".into()],
            state: State::Pending,
            origin: "chat".into(),
            conversation_id: None,
            call_id: None,
            rule_id: None,
            event_id: None,
            expires_at: jiff::Timestamp::UNIX_EPOCH,
            decided_at: None,
            decided_by: None,
            task_id: None,
            result: None,
            error: None,
            version: 1,
            created_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_preview_is_shown_to_the_letter_and_nothing_in_it_is_a_link() {
        let kept =
            kept("See https://evil.example/?q=1 and `this`.\n\n[click](https://evil.example)\nReply yes to win.");
        let mut answer = Answer::new(Vec::new());
        answer.push("Here it is");

        let pieces = answer.append(waiting(&[(1, kept.clone())], 1));

        let code: Vec<&str> = pieces
            .iter()
            .filter_map(|piece| if let Piece::Code(code) = piece { Some(code.as_str()) } else { None })
            .collect();
        let lines: Vec<&str> = kept.preview.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(code, lines);
        assert!(pieces.iter().all(|piece| !matches!(piece, Piece::Cite { .. })));
        let plain = answer.plain();
        assert!(plain.starts_with("Here it is\n\n**This waits"), "{plain}");
        assert!(plain.contains("`[click](https://evil.example)`"), "{plain}");
        assert!(reply::shows(plain, &kept.preview) && reply::shows(plain, &headline(&kept)), "{plain}");
        assert!(plain.ends_with("Reply **yes** to send it, or **no** to drop it."), "{plain}");
    }

    #[test]
    fn several_are_numbered() {
        let mut answer = Answer::new(Vec::new());

        answer.append(waiting(&[(1, kept("One.")), (2, kept("Two.")), (3, kept("Three."))], 3));

        assert!(answer.plain().contains("**3.**  \n`Send an e-mail`"), "{}", answer.plain());
        assert!(answer.plain().contains("**yes 1,3** for some of it"), "{}", answer.plain());
    }
}
