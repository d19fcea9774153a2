use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::SubsecRound;
use serde_json::{Value, json};

use super::*;
use crate::auth::keys::PublicKey;

const ISSUER: &str = "http://rapport.test";

fn grant() -> Grant {
    Grant {
        person: PersonId::new(),
        tenant: TenantId::new(),
        session: SessionId::new(),
        expires_at: Utc::now().trunc_subsecs(0) + LIFETIME,
    }
}

fn pair() -> (SigningPair, VerifyingKeys) {
    let pair = SigningPair::generate(Utc::now());
    let keys = VerifyingKeys::of([&PublicKey::new(pair.kid(), pair.public(), Utc::now())]);
    (pair, keys)
}

/// A token with header and claims as given, correctly signed.
fn forge(pair: &SigningPair, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), pair.encoding(), Algorithm::EdDSA);
    format!("{message}.{}", signature.expect("signs"))
}

fn header(pair: &SigningPair) -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": pair.kid()})
}

fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": PersonId::new(), "tid": TenantId::new(), "sid": SessionId::new(),
           "iat": now, "nbf": now, "exp": now + 600})
}

fn with(mut value: Value, key: &str, new: Value) -> Value {
    value[key] = new;
    value
}

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().expect("an object").remove(key);
    value
}

#[test]
fn a_token_says_what_was_granted() {
    let (pair, keys) = pair();
    let grant = grant();
    let token = sign(&pair, ISSUER, &grant).expect("signs");
    assert_eq!(verify(&keys, ISSUER, &token), Ok(grant));
    assert!(verify(&keys, ISSUER, &forge(&pair, &header(&pair), &claims())).is_ok());
}

#[test]
fn a_token_of_another_issuer_key_or_time_is_refused() {
    let (pair, keys) = pair();
    let (other, _) = self::pair();
    let token = sign(&pair, ISSUER, &grant()).expect("signs");
    assert_eq!(verify(&keys, "http://elsewhere.test", &token), Err(InvalidToken::Refused));

    let foreign = sign(&other, ISSUER, &grant()).expect("signs");
    assert_eq!(verify(&keys, ISSUER, &foreign), Err(InvalidToken::UnknownKey));

    let old = Grant { expires_at: Utc::now() - Duration::minutes(1), ..grant() };
    let old = sign(&pair, ISSUER, &old).expect("signs");
    assert_eq!(verify(&keys, ISSUER, &old), Err(InvalidToken::Expired));
}

#[test]
fn every_claim_is_required_and_checked() {
    let (pair, keys) = pair();
    let later = Utc::now().timestamp() + 300;
    for claim in ["iss", "aud", "sub", "tid", "sid", "nbf", "exp"] {
        let token = forge(&pair, &header(&pair), &without(claims(), claim));
        assert!(verify(&keys, ISSUER, &token).is_err(), "passed without {claim}");
    }
    for (claim, value) in [
        ("aud", json!("another-api")),
        ("nbf", json!(later)),
        ("nbf", json!(later.to_string())),
        ("exp", json!("9999999999")),
        ("sub", json!("ana")),
        ("tid", json!(1)),
    ] {
        let token = forge(&pair, &header(&pair), &with(claims(), claim, value.clone()));
        assert!(verify(&keys, ISSUER, &token).is_err(), "passed with {claim} = {value}");
    }
}

#[test]
fn the_header_cannot_choose_the_rules() {
    let (pair, keys) = pair();
    for (name, value) in [
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("kid", json!("another")),
        ("kid", json!(null)),
        ("crit", json!(["exp"])),
    ] {
        let token = forge(&pair, &with(header(&pair), name, value.clone()), &claims());
        assert!(verify(&keys, ISSUER, &token).is_err(), "passed with {name} = {value}");
    }
}

#[test]
fn garbage_is_refused_without_a_panic() {
    let (pair, keys) = pair();
    let good = sign(&pair, ISSUER, &grant()).expect("signs");
    let cut: Vec<&str> = (0..good.len()).map(|end| &good[..end]).collect();
    for text in cut.into_iter().chain(["a.b.c", "..", "....", "ñ.ñ.ñ", &"a".repeat(5000)]) {
        assert!(verify(&keys, ISSUER, text).is_err());
    }
}
