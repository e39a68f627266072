//! Who asks for what: tokens of the users and the ids of their records, as the product tells them.

use std::fmt::Write as _;

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::Result;
use crate::product::{PASSWORD, Product};

/// Signed-in users and what they own.
#[derive(Default)]
pub(crate) struct People {
    tokens: Vec<String>,
    /// The number of the user and the id of the patient.
    patients: Vec<(usize, i64)>,
    doctors: Vec<i64>,
    /// Beginnings of names, to search for.
    words: Vec<String>,
    /// The path of a page far into the list of the first user.
    pub(crate) deep: String,
}

/// What a server that has no room for a sign-in asks for.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

/// A user name and a token.
async fn sign_in(client: &Client, address: &str, user: u32) -> Result<String> {
    let body = json!({"username": format!("seed-{user}"), "password": PASSWORD});
    let url = format!("http://{address}/api/auth/login/");
    let answer: Value = client.post(url).json(&body).send().await?.error_for_status()?.json().await?;
    let token = answer.pointer("/tokens/access").or_else(|| answer.get("access")).and_then(Value::as_str);
    Ok(token.ok_or("no token in the answer to a sign-in")?.to_owned())
}

impl People {
    /// Signs the first `users` in, and reads the list of their patients and that of doctors.
    pub(crate) async fn meet(product: &Product, users: u32) -> Result<Self> {
        let client = Client::new();
        let mut people = Self {
            words: ["ka", "tom", "mir", "ne", "rao", "lak", "jo", "sa"].map(str::to_owned).into(),
            ..Self::default()
        };
        for user in 1..=users {
            people.tokens.push(sign_in(&client, product.address(), user).await?);
            let patients = people.ids(&client, product, "/api/patients/?limit=1000").await?;
            let number = people.tokens.len();
            people.patients.extend(patients.into_iter().map(|id| (number, id)));
        }
        people.doctors = people.ids(&client, product, "/api/doctors/?limit=1000").await?;
        Ok(people)
    }

    /// The ids of a list, as the latest user sees it.
    async fn ids(&self, client: &Client, product: &Product, path: &str) -> Result<Vec<i64>> {
        let token = self.tokens.last().ok_or("nobody has signed in")?;
        let list: Value = ask(client, product, path, token).await?.json().await?;
        let records = list.as_array().ok_or("a list was expected")?;
        Ok(records.iter().filter_map(|record| record.get("id")?.as_i64()).collect())
    }

    /// Walks to page number `page` of the first user's patients, 20 each, or to the last one; returns its number.
    pub(crate) async fn walk_to(&mut self, product: &Product, page: u32) -> Result<u32> {
        let client = Client::new();
        let token = self.tokens.first().ok_or("nobody has signed in")?;
        "/api/patients/?limit=20".clone_into(&mut self.deep);
        for number in 1..page {
            let answer = ask(&client, product, &self.deep, token).await?;
            let link = answer.headers().get("link").and_then(|link| link.to_str().ok()).unwrap_or_default();
            let next = link.split(',').find(|link| link.contains("rel=\"next\""));
            let Some(next) = next.and_then(|link| link.split_once('<')?.1.split_once('>')) else {
                return Ok(number);
            };
            let path = next.0.find("/api/").and_then(|start| next.0.get(start..));
            path.ok_or("a link that leads elsewhere")?.clone_into(&mut self.deep);
        }
        Ok(page)
    }

    /// As a file of Lua, for `load/profiles.lua`.
    pub(crate) fn lua(&self) -> String {
        let mut text = "return {\n".to_owned();
        let quoted =
            |list: &[String]| list.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(",\n");
        let _ = writeln!(text, "tokens = {{{}}},", quoted(&self.tokens));
        let _ = writeln!(text, "words = {{{}}},", quoted(&self.words));
        let patients: Vec<String> =
            self.patients.iter().map(|(user, id)| format!("{{{user},{id}}}")).collect();
        let _ = writeln!(text, "patients = {{{}}},", patients.join(","));
        let doctors: Vec<String> = self.doctors.iter().map(i64::to_string).collect();
        let _ = writeln!(text, "doctors = {{{}}},", doctors.join(","));
        let _ = writeln!(text, "deep = \"{}\",\n}}", self.deep);
        text
    }
}

async fn ask(client: &Client, product: &Product, path: &str, token: &str) -> Result<Response> {
    let url = format!("http://{}{path}", product.address());
    Ok(client.get(url).bearer_auth(token).send().await?.error_for_status()?)
}

/// Signs `count` users in at the same moment, again and again until `until` is over; returns how many were.
pub(crate) async fn flood(address: String, count: u32, until: std::time::Instant) -> u64 {
    let client = Client::new();
    let mut tasks = Vec::new();
    for user in 1..=count {
        let (client, address) = (client.clone(), address.clone());
        tasks.push(tokio::spawn(async move {
            let mut done = 0;
            while std::time::Instant::now() < until {
                if sign_in(&client, &address, 1 + user % 50).await.is_ok() {
                    done += 1;
                } else {
                    // Comes back when it was told to, like every client that reads `Retry-After`.
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
            done
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap_or(0);
    }
    done
}
