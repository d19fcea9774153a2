//! Forged, bent and stolen access tokens: every one is answered alike, and none is anonymous.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use rapport_tenancy::PrivateKey;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// The key that the gateway signs with, as a thief of everything but its checks would have it.
struct Stolen {
    kid: String,
    key: EncodingKey,
    public: String,
}

impl Stolen {
    async fn from(app: &TestApp) -> Self {
        let key = app.app.tenancy.signing_keys().await.expect("keys").pop().expect("a key");
        let PrivateKey::Seed(seed) = key.private else { panic!("tests have a master key") };
        let jwks = app.get("/.well-known/jwks.json").await.body;
        let public = jwks["keys"][0]["x"].as_str().expect("a public key").to_owned();
        Self { kid: key.kid, key: ed25519(*seed.bytes()), public }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, &self.key, Algorithm::EdDSA)
    }
}

/// PKCS #8 of a bare Ed25519 seed, RFC 8410.
fn ed25519(seed: [u8; 32]) -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend(seed);
    EncodingKey::from_ed_der(&der)
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("signs");
    format!("{message}.{signature}")
}

fn parts(token: &str) -> (Value, Value) {
    let mut parts = token
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap_or_default()).unwrap_or(Value::Null));
    (parts.next().expect("a header"), parts.next().expect("claims"))
}

fn with(value: &Value, name: &str, new: Value) -> Value {
    let mut value = value.clone();
    value[name] = new;
    value
}

fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().expect("an object").remove(name);
    value
}

#[tokio::test]
async fn every_token_that_is_not_ours_is_answered_alike() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let ours = Stolen::from(&app).await;
    let (header, claims) = parts(&ana.access_token);
    let now = chrono::Utc::now().timestamp();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let thief = ed25519([5; 32]);
    let by_thief = |header: &Value| signed(header, &claims, &thief, Algorithm::EdDSA);
    let hmac = |secret: &[u8]| {
        signed(&with(&header, "alg", json!("HS256")), &claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
    };
    let (head, body, signature) = {
        let mut parts = ana.access_token.split('.');
        (parts.next().expect("a part"), parts.next().expect("a part"), parts.next().expect("a part"))
    };
    let bens = parts(&ben.access_token).1;

    let mut attacks: Vec<(String, String)> = vec![
        ("no signature".into(), format!("{}.{body}.", part(&with(&header, "alg", json!("none"))))),
        ("no signature, spelt otherwise".into(), format!("{}.{body}.", part(&with(&header, "alg", json!("nOnE"))))),
        ("our header without a signature".into(), format!("{head}.{body}.")),
        ("the public key as a password".into(), hmac(ours.public.as_bytes())),
        (
            "the bytes of the public key as a password".into(),
            hmac(&URL_SAFE_NO_PAD.decode(&ours.public).expect("base64")),
        ),
        ("no password".into(), hmac(b"")),
        ("another key under our name".into(), by_thief(&header)),
        ("another key under its own name".into(), by_thief(&with(&header, "kid", json!("another")))),
        ("a key in the header".into(), by_thief(&with(&header, "jwk", jwk))),
        (
            "a key on the thief's own site".into(),
            by_thief(&with(&header, "jku", json!("https://evil.example/jwks.json"))),
        ),
        (
            "a certificate on the thief's own site".into(),
            by_thief(&with(&header, "x5u", json!("https://evil.example/x5u.pem"))),
        ),
        ("a name that is a path".into(), by_thief(&with(&header, "kid", json!("../../dev/null")))),
        ("a name that is SQL".into(), by_thief(&with(&header, "kid", json!("' UNION SELECT 'x")))),
        ("a part more".into(), format!("{}.x", ana.access_token)),
        ("two parts more".into(), format!("{}.x.y", ana.access_token)),
        ("claims of somebody else".into(), format!("{head}.{}.{signature}", part(&bens))),
        ("a refresh token".into(), ana.refresh_token.clone()),
        ("nothing but dots".into(), "..".into()),
        ("cut in the signature".into(), ana.access_token[..ana.access_token.len() - 3].into()),
        ("cut in the claims".into(), ana.access_token[..head.len() + 10].into()),
        ("the padding that base64url has not".into(), format!("{}==", ana.access_token)),
    ];
    // With our very own key: what we did not mean to sign.
    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("refresh+jwt")),
        ("typ", Value::Null),
        ("kid", Value::Null),
        ("kid", json!(1)),
        ("crit", json!(["b64"])),
        ("crit", json!(["exp"])),
        ("alg", json!("ES256")),
    ] {
        attacks.push((format!("header {name} {value}"), ours.sign(&with(&header, name, value), &claims)));
    }
    for (name, value) in [
        ("aud", json!("another-api")),
        ("aud", json!([])),
        ("iss", json!("http://elsewhere.test")),
        ("iss", json!("http://rapport.test.evil.example")),
        ("exp", json!(now - 60)),
        ("exp", json!((now + 600).to_string())),
        ("exp", json!("9999999999")),
        ("nbf", json!(now + 300)),
        ("nbf", json!(now.to_string())),
        ("sub", json!("ana")),
        ("sid", Value::Null),
        // A session that never was, and a workspace that is not hers.
        ("sub", bens["sub"].clone()),
        ("tid", bens["tid"].clone()),
        ("tid", json!("0198f000-0000-7000-8000-000000000000")),
    ] {
        attacks.push((format!("claim {name} {value}"), ours.sign(&header, &with(&claims, name, value))));
    }
    for name in ["iss", "aud", "sub", "tid", "sid", "nbf", "exp"] {
        attacks.push((format!("no claim {name}"), ours.sign(&header, &without(&claims, name))));
    }

    // The attacks are not refused because the forge is broken.
    let again = app.client(&json!({"accessToken": ours.sign(&header, &claims)}));
    assert_eq!(again.graphql("{ __typename }", Value::Null).await.status, 200);
    assert_eq!(header["kid"], ours.kid);

    let answer = async |token: &str| {
        let client = app.client(&json!({"accessToken": token}));
        let mut answer = client.graphql("{ __typename }", Value::Null).await;
        answer.body["errors"][0]["extensions"]["requestId"].take();
        (answer.status, answer.header("www-authenticate").to_owned(), answer.body)
    };
    let plain = answer("nonsense").await;
    assert_eq!((plain.0, plain.2["errors"][0]["extensions"]["code"].as_str()), (401, Some("UNAUTHENTICATED")));
    for (attack, token) in attacks {
        assert_eq!(answer(&token).await, plain, "{attack}");
    }
    // And on the routes beside the graph.
    let out =
        Answer::of(app.client(&json!({"accessToken": hmac(b"")})).request(reqwest::Method::POST, "/auth/sign-out"))
            .await;
    assert_eq!((out.status, out.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(ana.graphql("{ __typename }", Value::Null).await.status, 200);
}

/// Whoever forged a token with a stolen key, for a session that does not exist, finds that Redis and Postgres do not know it.
#[tokio::test]
async fn a_session_that_never_was_lets_nobody_in_where_sessions_are_asked_for() {
    let Some(redis) = crate::support::OwnRedis::start().await else { return };
    let url = redis.url();
    let app = TestApp::start_with(|settings| settings.redis_url = Some(url)).await;
    let ana = app.sign_up("ana").await;
    let ours = Stolen::from(&app).await;
    let (header, claims) = parts(&ana.access_token);
    let made_up = with(&claims, "sid", json!("0198f000-0000-7000-8000-000000000000"));
    let forged = app.client(&json!({"accessToken": ours.sign(&header, &made_up)}));
    assert_eq!(forged.graphql("{ __typename }", Value::Null).await.status, 401);
    assert_eq!(ana.graphql("{ __typename }", Value::Null).await.status, 200);
}
