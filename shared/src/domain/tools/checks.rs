//! Whether what the model wrote can be what it means. Each message names the argument and what would be right.

use crate::error::{Error, Result};

/// What is wrong with one argument, as `parse` says it.
pub fn wrong(tool: &str, argument: &str, why: &str) -> Error {
    Error::bad_request(format!("Invalid arguments for {tool}: {argument}: {why}"))
}

/// Trimmed, not blank, and not longer than `most` characters.
pub fn text(tool: &str, argument: &str, value: &str, most: usize) -> Result<String> {
    let value = value.trim();
    if value.is_empty() {
        return Err(wrong(tool, argument, "must not be blank."));
    }
    if value.chars().count() > most {
        return Err(wrong(tool, argument, &format!("must not be longer than {most} characters.")));
    }
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(wrong(tool, argument, "must not have control characters in it."));
    }
    Ok(value.to_owned())
}

/// The same for what may be left out; what is blank was.
pub fn maybe(tool: &str, argument: &str, value: Option<&str>, most: usize) -> Result<Option<String>> {
    let value = value.filter(|value| !value.trim().is_empty());
    value.map(|value| text(tool, argument, value, most)).transpose()
}

/// An address in lower case: what stands in a header as it is.
pub fn address(tool: &str, argument: &str, value: &str) -> Result<String> {
    let address = value.trim().to_lowercase();
    if is_address(&address) {
        return Ok(address);
    }
    let shown: String = value.chars().take(80).collect();
    let why = format!("`{shown}` is not an e-mail address. search_contacts finds somebody's address.");
    Err(wrong(tool, argument, &why))
}

/// Several, each once, in the order they came.
pub fn addresses(tool: &str, argument: &str, values: &[String]) -> Result<Vec<String>> {
    let mut addresses = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let address = address(tool, &format!("{argument}.{at}"), value)?;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// `local@domain` in ASCII, without quotes and comments: what mailboxes are called in this century.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let in_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let in_domain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let parts = |text: &str, fits: &dyn Fn(char) -> bool| {
        text.split('.').all(|part| !part.is_empty() && part.len() <= 63 && part.chars().all(fits))
    };
    let ends_well = domain.split('.').all(|label| !label.starts_with('-') && !label.ends_with('-'));
    local.len() <= 64
        && domain.len() <= 253
        && domain.contains('.')
        && parts(local, &in_local)
        && parts(domain, &in_domain)
        && ends_well
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_mailbox_and_nothing_else() {
        for good in ["bill@example.com", "o'neil+x@sub.example.co.uk", "BILL@Example.com"] {
            assert_eq!(address("t", "to", good).unwrap(), good.to_lowercase());
        }
        for bad in [
            "bill",
            "bill@example",
            "bill@@example.com",
            "bill@example..com",
            ".bill@example.com",
            "bill@-example.com",
            "bill@example.com, eve@evil.example",
            "bill@example.com\r\nbcc: eve@evil.example",
            "Bill <bill@example.com>",
            "bill smith@example.com",
            "",
        ] {
            let error = address("send_email", "to.0", bad).unwrap_err();
            assert!(error.detail.starts_with("Invalid arguments for send_email: to.0: "), "{bad}: {}", error.detail);
        }
    }
}
