//! Functions that every request or many of them call.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::ports::{Clock as _, TokenSigner as _};
use domain::{SearchTerms, SessionId, UserId, fold};
use secrecy::SecretString;
use security::{KeyRing, SecretKey, Signer, SystemClock, SystemRandom};

fn tokens(criterion: &mut Criterion) {
    let secret = SecretKey::parse(SecretString::from("nDk2c0V1b3RhLXRlc3Qtc2VjcmV0LW5vdC1yZWFs")).unwrap();
    let ring = KeyRing::new(&secret);
    let signer = Signer::new(ring, Duration::from_mins(15), Arc::new(SystemRandom)).unwrap();
    let now = SystemClock.now();
    let (user, session) = (UserId::new(42).unwrap(), session());
    let token = signer.access_token(user, session, now).unwrap().token;
    criterion.bench_function("access token: verify", |bencher| {
        bencher.iter(|| signer.verify_access(black_box(&token), now).unwrap());
    });
    criterion.bench_function("access token: sign", |bencher| {
        bencher.iter(|| signer.access_token(black_box(user), session, now).unwrap());
    });
}

fn session() -> SessionId {
    SessionId::parse("0193526e-6d7a-7c3e-9f0a-2b8f5c1d4e6f").unwrap()
}

fn folding(criterion: &mut Criterion) {
    for (name, text) in
        [("ASCII", "Rajesh Kumar Iyer"), ("accents", "José Álvarez Yılmaz"), ("Devanagari", "अनुपमा शर्मा")]
    {
        criterion.bench_function(&format!("search key: {name}"), |bencher| {
            bencher.iter(|| fold::search_key(black_box(text)));
        });
        criterion.bench_function(&format!("words: {name}"), |bencher| {
            bencher.iter(|| fold::words(black_box(text)));
        });
    }
    criterion.bench_function("search terms", |bencher| {
        bencher.iter(|| SearchTerms::parse(black_box("ALV jo")));
    });
}

criterion_group!(hot, tokens, folding);
criterion_main!(hot);
