//! The book agrees with itself.

use super::Practice;

fn book() -> Practice {
    Practice::demo(jiff::civil::date(2026, 11, 24))
}

#[test]
fn sizes() {
    let book = book();
    println!(
        "{} mails {} events {} contacts {} notes {} deals",
        book.mails.len(),
        book.events.len(),
        book.contacts.len(),
        book.notes.len(),
        book.deals.len()
    );
}
