//! Tokens that were not issued, over the real server: none is taken, none makes it fail.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::api::{Database, TestApi, login};
use crate::client::Answer;
use crate::operations;
use crate::seal;
use crate::wire;

on_both_databases!(no_forged_token_is_taken_anywhere);

const SECRET: &str = "Xk2v9QmB7fTz4LwR8cHn1JdY6sPg3uAe";

/// Secrets that people try first.
const WEAK: [&str; 14] = [
    "",
    "secret",
    "password",
    "changeme",
    "your-256-bit-secret",
    "your-secret-key",
    "a-string-secret-at-least-256-bits-long",
    "django-insecure-secret",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "00000000000000000000000000000000",
    "null",
    "undefined",
    "\0",
    "healthcore",
];

/// A genuine token, and its parts.
struct Genuine {
    token: String,
    refresh: String,
    header: Value,
    claims: Value,
}

impl Genuine {
    async fn of(api: &TestApi, name: &str) -> Self {
        let registered = api.anonymous().post("/api/auth/register/", login(name)).await.is(201).json();
        let text = |kind: &str| registered["tokens"][kind].as_str().unwrap().to_owned();
        let (token, refresh) = (text("access"), text("refresh"));
        let part = |number: usize| {
            serde_json::from_slice(&BASE64.decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
        };
        Self { header: part(0), claims: part(1), token, refresh }
    }

    /// The header with another value; `null` takes it out.
    fn header_with(&self, name: &str, value: Value) -> Value {
        with(&self.header, name, value)
    }

    /// The claims with another value under a good signature; `null` takes it out.
    fn claiming(&self, name: &str, value: Value) -> String {
        self.saying(&with(&self.claims, name, value).to_string())
    }

    /// Any text as claims under a good signature.
    fn saying(&self, claims: &str) -> String {
        let header = self.token.split('.').next().unwrap();
        sign(&format!("{header}.{}", BASE64.encode(claims)), SECRET.as_bytes())
    }

    /// The claims under another header, signed with this secret.
    fn under(&self, header: &Value, secret: &[u8]) -> String {
        sign(&format!("{}.{}", encode(header), encode(&self.claims)), secret)
    }
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    let fields = object.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(name)
    } else {
        fields.insert(name.to_owned(), value)
    };
    object
}

fn encode(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

fn sign(text: &str, secret: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(text);
    format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()))
}

/// Every forgery with what it tries.
fn forgeries(genuine: &Genuine, other: &Genuine) -> Vec<(String, String)> {
    let mut all = algorithms(genuine);
    all.extend(secrets(genuine));
    all.extend(headers(genuine));
    all.extend(claims(genuine, other));
    all.extend(shapes(genuine, other));
    all
}

fn named(what: &str, detail: impl std::fmt::Debug, token: String) -> (String, String) {
    (format!("{what} {detail:?}"), token)
}

fn algorithms(genuine: &Genuine) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let signature = genuine.token.split('.').nth(2).unwrap();
    for algorithm in
        ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256"]
    {
        for header in [genuine.header_with("alg", json!(algorithm)), json!({"alg": algorithm, "typ": "JWT"})]
        {
            let text = format!("{}.{}", encode(&header), encode(&genuine.claims));
            all.push(named("algorithm, no signature,", algorithm, format!("{text}.")));
            all.push(named("algorithm, no third part,", algorithm, text.clone()));
            all.push(named(
                "algorithm, signature of the genuine token,",
                algorithm,
                format!("{text}.{signature}"),
            ));
            all.push(named("algorithm, signature by the secret,", algorithm, sign(&text, SECRET.as_bytes())));
        }
    }
    let text = |algorithm: &str| {
        format!("{}.{}", encode(&genuine.header_with("alg", json!(algorithm))), encode(&genuine.claims))
    };
    let (hs384, hs512) = (text("HS384"), text("HS512"));
    let mac = Hmac::<Sha384>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&hs384).finalize();
    all.push(named("the secret with", "HS384", format!("{hs384}.{}", BASE64.encode(mac.into_bytes()))));
    let mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&hs512).finalize();
    all.push(named("the secret with", "HS512", format!("{hs512}.{}", BASE64.encode(mac.into_bytes()))));
    all
}

fn secrets(genuine: &Genuine) -> Vec<(String, String)> {
    WEAK.iter()
        .map(|secret| named("secret", secret, genuine.under(&genuine.header, secret.as_bytes())))
        .collect()
}

fn headers(genuine: &Genuine) -> Vec<(String, String)> {
    let evil = json!({"kty": "oct", "k": BASE64.encode("evil"), "alg": "HS256"});
    let tricks = [
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("jwk", evil),
        ("x5c", json!(["MIIB"])),
        ("kid", json!("../../../../../../dev/null")),
        ("kid", json!("/proc/sys/kernel/randomize_va_space")),
        ("kid", json!("' UNION SELECT 'evil' --")),
        ("kid", json!("| id")),
        ("kid", json!("")),
        ("kid", json!(["a"])),
        ("kid", json!({"a": 1})),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("JWE")),
        ("cty", json!("JWT")),
        ("alg", json!(["HS256"])),
    ];
    let mut all = Vec::new();
    for (name, value) in tricks {
        let header = genuine.header_with(name, value);
        for secret in [&b"evil"[..], b"", SECRET.as_bytes()] {
            all.push(named("header", &header, genuine.under(&header, secret)));
        }
    }
    all
}

fn claims(genuine: &Genuine, other: &Genuine) -> Vec<(String, String)> {
    let now = genuine.claims["iat"].as_i64().unwrap();
    let wrong = [
        ("iss", vec![json!("evil"), json!(["healthcore"]), json!(""), json!(1)]),
        ("aud", vec![json!("evil"), json!(["healthcore"]), json!(["healthcore", "evil"]), json!("")]),
        ("token_type", vec![json!("refresh"), json!("Access"), json!(["access"]), json!(true)]),
        ("sub", vec![other.claims["sub"].clone(), json!(1), json!("0"), json!("-1"), json!("x"), json!([])]),
        ("user_id", vec![other.claims["user_id"].clone(), json!("1"), json!(0), json!(-1), json!(1.5)]),
        (
            "exp",
            vec![
                json!(now - 10),
                json!(0),
                json!(-1),
                json!(format!("{}", now + 900)),
                json!(1e300),
                json!([]),
            ],
        ),
        ("nbf", vec![json!(now + 600), json!("0"), json!(i64::MAX)]),
        ("iat", vec![json!(now + 600), json!({}), json!(u64::MAX)]),
        ("sid", vec![json!("x"), json!(7), json!([])]),
        ("jti", vec![json!(""), json!(7), json!("not a uuid")]),
    ];
    let mut all = Vec::new();
    for (name, values) in wrong {
        // Each is required, too.
        for value in values.into_iter().chain([Value::Null]) {
            all.push(named(name, &value, genuine.claiming(name, value.clone())));
        }
        let text = genuine.claims.to_string();
        let is_null = with(&genuine.claims, name, json!("null")).to_string().replace("\"null\"", "null");
        all.push(named(name, "null", genuine.saying(&is_null)));
        let twice = format!("{{\"{name}\":{},{}", genuine.claims[name], text.strip_prefix('{').unwrap());
        all.push(named(name, "twice", genuine.saying(&twice)));
    }
    for text in ["", "null", "[]", "{}", "\"access\"", "{", "\u{0}", "1e999"] {
        all.push(named("claims", text, genuine.saying(text)));
    }
    all
}

fn shapes(genuine: &Genuine, other: &Genuine) -> Vec<(String, String)> {
    let token = genuine.token.as_str();
    let (text, signature) = token.rsplit_once('.').unwrap();
    let (_, foreign) = other.token.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // The last character carries two bits that a careless decoder drops.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    let unused = alphabet.chars().nth(place ^ 1).unwrap();
    let standard = STANDARD.encode(BASE64.decode(signature).unwrap());
    let mut all = vec![
        ("of another token".to_owned(), format!("{text}.{foreign}")),
        ("unused bits".to_owned(), format!("{}{unused}", &token[..token.len() - 1])),
        ("padded".to_owned(), format!("{token}=")),
        ("base64 with padding".to_owned(), format!("{text}.{standard}")),
        ("a part too many".to_owned(), format!("{token}.")),
        ("two parts too many".to_owned(), format!("{token}.{token}")),
        ("lower case".to_owned(), token.to_lowercase()),
        ("quoted".to_owned(), format!("\"{token}\"")),
        ("a blank in it".to_owned(), token.replace('.', ". ")),
        ("the refresh token".to_owned(), genuine.refresh.clone()),
        ("nothing".to_owned(), "x".to_owned()),
        ("dots".to_owned(), "..".to_owned()),
        ("long".to_owned(), format!("{token}{}", "A".repeat(3000))),
        ("listed".to_owned(), format!("{token}, Bearer {token}")),
    ];
    let changed = |at: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    all.extend((0..token.len() - 1).step_by(7).map(|at| (format!("changed at {at}"), changed(at))));
    all.extend((1..token.len()).step_by(29).map(|at| (format!("cut at {at}"), token[..at].to_owned())));
    all
}

/// Refused as RFC 6750, section 3.1, says.
#[track_caller]
fn is_refused(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(challenge, r#"Bearer realm="healthcore", error="invalid_token""#, "{what}");
    assert_eq!(answer.json()["code"], "invalid_token", "{what}");
}

async fn no_forged_token_is_taken_anywhere(database: Database) {
    let api = TestApi::with(database, &[("auth.secret_key", SECRET)]).await;
    let (genuine, other) = (Genuine::of(&api, "ann").await, Genuine::of(&api, "eve").await);
    api.bearing(&json!(genuine.token)).get("/api/patients/").await.is(200);
    // That forging works at all: what is signed with the true secret and not changed is taken.
    let same = genuine.saying(&genuine.claims.to_string());
    api.bearing(&json!(same)).get("/api/patients/").await.is(200);

    let forgeries = forgeries(&genuine, &other);
    let mut asked = 0;
    for (what, token) in &forgeries {
        is_refused(what, &api.bearing(&json!(token)).get("/api/patients/").await);
        asked += 1;
    }
    // Every route that wants a token, each with some of them.
    let secured: Vec<_> =
        operations::all(&api).await.into_iter().filter(|operation| operation.is_secured).collect();
    for (number, operation) in secured.iter().enumerate() {
        for (what, token) in forgeries.iter().skip(number % 23).step_by(23) {
            let who = api.bearing(&json!(token));
            let answer = who.call(operation.method.clone(), &operation.path_of(1)).send().await;
            is_refused(&format!("{what}: {}", operation.id), &answer);
            asked += 1;
        }
    }
    api.bearing(&json!(genuine.token)).get("/api/patients/").await.is(200);
    println!("{database:?}: {} forgeries in {asked} requests: none taken, no server error", forgeries.len());
    assert!(forgeries.len() > 200, "{}", forgeries.len());
}

#[tokio::test]
async fn no_forged_refresh_token_is_taken() {
    let api = TestApi::with(Database::Sqlite, &[("auth.secret_key", SECRET)]).await;
    let genuine = Genuine::of(&api, "ann").await;
    let bytes = BASE64.decode(&genuine.refresh).unwrap();
    let flipped = (0..bytes.len()).flat_map(|at| [1, 128].map(|bit| (at, bit))).map(|(at, bit)| {
        let mut bytes = bytes.clone();
        bytes[at] ^= bit;
        BASE64.encode(bytes)
    });
    let others = ["", "x", "null", &genuine.token].map(str::to_owned);
    let cut = (1..genuine.refresh.len()).step_by(9).map(|at| genuine.refresh[..at].to_owned());
    for token in flipped.chain(others).chain(cut).chain([format!("{}A", genuine.refresh)]) {
        for path in ["/api/auth/refresh/", "/api/auth/token/refresh/"] {
            let answer = api.anonymous().post(path, json!({"refresh": token})).await;
            if token.is_empty() {
                answer.is(400);
            } else {
                is_refused(&token, &answer);
            }
        }
    }
    api.anonymous().post("/api/auth/refresh/", json!({"refresh": genuine.refresh})).await.is(200);
}

#[tokio::test]
async fn the_public_key_is_no_secret() {
    let api = TestApi::with(Database::Sqlite, &[("auth.algorithm", "EdDSA")]).await;
    let genuine = Genuine::of(&api, "ann").await;
    assert_eq!(genuine.header["alg"], "EdDSA");
    let published = api.anonymous().get("/.well-known/jwks.json").await.is(200).text();
    let jwks: Value = serde_json::from_str(&published).unwrap();
    let x = jwks["keys"][0]["x"].as_str().unwrap();
    let raw = BASE64.decode(x).unwrap();
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4).
    let der = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &raw].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    let jwk = jwks["keys"][0].to_string();
    let secrets = [
        &raw[..],
        x.as_bytes(),
        &der,
        pem.as_bytes(),
        pem.trim_end().as_bytes(),
        jwk.as_bytes(),
        published.as_bytes(),
    ];
    for secret in secrets {
        for algorithm in ["HS256", "EdDSA", "none"] {
            let token = genuine.under(&genuine.header_with("alg", json!(algorithm)), secret);
            is_refused(algorithm, &api.bearing(&json!(token)).get("/api/patients/").await);
        }
    }
    api.bearing(&json!(genuine.token)).get("/api/patients/").await.is(200);
}

#[tokio::test]
async fn a_token_comes_in_one_header_and_not_too_long() {
    let api = TestApi::with(Database::Sqlite, &[("auth.secret_key", SECRET)]).await;
    let genuine = Genuine::of(&api, "ann").await;
    let good = format!("Bearer {}", genuine.token);
    let exchange = async |headers: &[(&str, &str)]| {
        let request = wire::request("GET /api/patients/", headers, b"");
        let address = api.address();
        let answer =
            tokio::task::spawn_blocking(move || wire::exchange(address, &request)).await.unwrap().unwrap();
        seal::check(&answer, &Method::GET);
        answer
    };
    assert_eq!(exchange(&[("authorization", &good)]).await.status, 200);
    for second in [&good, "Bearer x", "Basic eDp4", ""] {
        is_refused("two headers", &exchange(&[("authorization", &good), ("authorization", second)]).await);
        is_refused("two headers", &exchange(&[("authorization", second), ("authorization", &good)]).await);
    }
    for other in ["Basic eDp4", "Token x", "Bearer", genuine.token.as_str(), ""] {
        let answer = exchange(&[("authorization", other)]).await.is(401);
        assert!(answer.header("www-authenticate").unwrap().starts_with(r#"Bearer realm="healthcore""#));
    }
    let long = format!("Bearer {}", "A".repeat(100_000));
    assert_eq!(exchange(&[("authorization", &long)]).await.status, 431);
}
