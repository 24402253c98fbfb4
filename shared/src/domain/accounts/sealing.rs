//! Provider tokens at rest: AES-256-GCM, bound to the row they stand in.
//!
//! A sealed value is `1 | length of the key's id | the key's id | nonce (12) | ciphertext and tag`. The associated data
//! names the table, the advisor and the provider, so that a value moved to another row does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;

use crate::clients::secrets::Key;
use crate::error::{Error, Result};
use crate::model::UserId;
use crate::model::user::{Provider, Tokens};

const VERSION: u8 = 1;

/// Seals with the first key of the ring.
pub fn seal(keys: &[Key], owner: UserId, provider: Provider, tokens: &Tokens) -> Result<Vec<u8>> {
    let key = keys.first().ok_or_else(|| Error::internal("There is no key to seal with."))?;
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| Error::internal("The machine gives no random numbers."))?;

    let mut text = serde_json::to_vec(tokens)?;
    let nonce_value = Nonce::assume_unique_for_key(nonce);
    aead(key)?
        .seal_in_place_append_tag(nonce_value, bound_to(owner, provider), &mut text)
        .map_err(|_| Error::internal("Tokens could not be sealed."))?;

    let mut sealed = beginning(key)?;
    sealed.extend_from_slice(&nonce);
    sealed.append(&mut text);
    Ok(sealed)
}

/// What every value begins with that this key sealed.
pub fn beginning(key: &Key) -> Result<Vec<u8>> {
    let id_length = u8::try_from(key.id.len()).map_err(|_| Error::internal("A key's id is too long."))?;
    Ok([&[VERSION, id_length], key.id.as_bytes()].concat())
}

/// Whether the first key of the ring sealed it.
pub fn is_newest(keys: &[Key], sealed: &[u8]) -> bool {
    keys.first().and_then(|key| beginning(key).ok()).is_some_and(|beginning| sealed.starts_with(&beginning))
}

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// The ring has no key of this name: one that is gone, or one that somebody else got first.
    UnknownKey,
    /// It was changed, cut off or moved here from another row; or the key of this name is another one.
    Broken,
}

/// Opens with the key the value names. Anything that was changed, moved or sealed by a key that is gone does not open.
pub fn open(keys: &[Key], owner: UserId, provider: Provider, sealed: &[u8]) -> Result<Tokens, Shut> {
    let (&[version, id_length], rest) = sealed.split_first_chunk::<2>().ok_or(Shut::Broken)?;
    if version != VERSION {
        return Err(Shut::Broken);
    }
    let (id, rest) = rest.split_at_checked(usize::from(id_length)).ok_or(Shut::Broken)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Shut::Broken)?;
    let key = keys.iter().find(|key| key.id.as_bytes() == id).ok_or(Shut::UnknownKey)?;

    let mut text = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let key = aead(key).map_err(|_| Shut::Broken)?;
    let opened = key.open_in_place(nonce, bound_to(owner, provider), &mut text).map_err(|_| Shut::Broken)?;
    serde_json::from_slice(opened).map_err(|_| Shut::Broken)
}

fn aead(key: &Key) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, &key.bytes).map_err(|_| Error::internal("A key cannot be used."))?;
    Ok(LessSafeKey::new(key))
}

fn bound_to(owner: UserId, provider: Provider) -> Aad<String> {
    Aad::from(format!("connections|{owner}|{}", provider.code()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn key(id: &str, byte: u8) -> Key {
        Key { id: id.into(), bytes: [byte; 32] }
    }

    fn tokens() -> Tokens {
        let refresh_token = Some("1//refresh".to_owned());
        Tokens { access_token: "ya29.access".into(), refresh_token, expires_at: Timestamp::UNIX_EPOCH, scopes: vec![] }
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_own_row() {
        let keys = [key("a", 1)];
        let sealed = seal(&keys, UserId(1), Provider::Google, &tokens()).unwrap();

        assert_eq!(open(&keys, UserId(1), Provider::Google, &sealed).unwrap().access_token, "ya29.access");
        assert!(open(&keys, UserId(2), Provider::Google, &sealed).is_err());
        assert!(open(&keys, UserId(1), Provider::HubSpot, &sealed).is_err());
        assert!(!sealed.windows(4).any(|part| part == b"ya29"));
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let keys = [key("a", 1)];
        let sealed = seal(&keys, UserId(1), Provider::Google, &tokens()).unwrap();

        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            for mask in [1, 0x80, 0xff] {
                changed[at] = sealed[at] ^ mask;
                assert!(open(&keys, UserId(1), Provider::Google, &changed).is_err(), "byte {at} ^ {mask}");
            }
            assert!(open(&keys, UserId(1), Provider::Google, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let old = seal(&[key("a", 1)], UserId(1), Provider::Google, &tokens()).unwrap();
        let ring = [key("b", 2), key("a", 1)];
        let new = seal(&ring, UserId(1), Provider::Google, &tokens()).unwrap();

        assert!(open(&ring, UserId(1), Provider::Google, &old).is_ok());
        assert!(open(&[key("b", 2)], UserId(1), Provider::Google, &new).is_ok());
        assert_eq!(open(&[key("b", 2)], UserId(1), Provider::Google, &old).unwrap_err(), Shut::UnknownKey);
        assert_eq!(open(&[key("a", 3)], UserId(1), Provider::Google, &old).unwrap_err(), Shut::Broken);
        assert!(is_newest(&ring, &new) && !is_newest(&ring, &old));
    }

    #[test]
    fn the_same_tokens_never_look_the_same() {
        let keys = [key("a", 1)];
        let seal = || seal(&keys, UserId(1), Provider::Google, &tokens()).unwrap();

        let (one, other) = (seal(), seal());

        assert!(one[3..15] != other[3..15] && one[15..] != other[15..]);
    }
}
