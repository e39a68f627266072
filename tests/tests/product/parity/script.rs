//! The generated requests.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::values::{
    BAD_IDS, BAD_NAMES, BROKEN, EMAILS, NAMES, QUERIES, SEARCHES, USER_NAMES, doctor_fields, patient_fields,
};
use crate::api::PASSWORD;

/// One request. In texts, `@name@` stands for what an earlier answer has told.
#[derive(Debug)]
pub(super) struct Step {
    /// Which of the users asks.
    pub(super) who: Option<usize>,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<(&'static str, String)>,
    /// Under which name to remember what the answer tells.
    pub(super) learn: Option<String>,
}

impl Step {
    fn new(who: Option<usize>, method: &'static str, path: impl Into<String>) -> Self {
        Self { who, method, path: path.into(), headers: Vec::new(), body: None, learn: None }
    }

    fn json(self, body: &Value) -> Self {
        Self { body: Some(("application/json", unquoted(&body.to_string()))), ..self }
    }

    fn learn(self, name: impl Into<String>) -> Self {
        Self { learn: Some(name.into()), ..self }
    }
}

/// Ids are numbers: the quotes around `"@p3@"` go.
fn unquoted(json: &str) -> String {
    json.replace("\"@", "@").replace("@\"", "@")
}

/// A script of `count` requests and those that read everything at the end.
pub(super) fn generate(seed: u64, count: usize) -> Vec<Step> {
    let mut script = Script {
        chance: Chance::new(seed),
        steps: Vec::new(),
        patients: 0,
        doctors: 0,
        mappings: 0,
        users: 0,
        owners: HashMap::new(),
    };
    for name in ["first", "second"] {
        script.register(&json!({"username": name, "password": PASSWORD}));
    }
    while script.steps.len() < count {
        match script.chance.below(100) {
            0..4 => script.account(),
            4..7 => script.sign_in(),
            7..10 => script.me(),
            10..27 => script.create_patient(),
            27..38 => script.create_doctor(),
            38..52 => script.create_mapping(),
            52..66 => script.list(),
            66..97 => script.record(),
            _ => script.oddity(),
        }
    }
    script.read_everything();
    script.steps
}

struct Script {
    chance: Chance,
    steps: Vec<Step>,
    patients: usize,
    doctors: usize,
    mappings: usize,
    users: usize,
    /// Who has asked for each record.
    owners: HashMap<String, Option<usize>>,
}

impl Script {
    fn who(&mut self) -> Option<usize> {
        if self.chance.percent(3) { None } else { Some(self.chance.below(2)) }
    }

    /// Mostly the owner of the record.
    fn who_of(&mut self, name: &str) -> Option<usize> {
        let owner = self.owners.get(name).copied().flatten();
        if self.chance.percent(85) { owner } else { self.who() }
    }

    fn register(&mut self, account: &Value) {
        let step =
            Step::new(None, "POST", "/api/auth/register/").json(account).learn(format!("u{}", self.users));
        self.users += 1;
        self.steps.push(step);
    }

    fn account(&mut self) {
        let mut account =
            json!({"password": self.chance.pick(&[PASSWORD, PASSWORD, PASSWORD, "short", "password"])});
        if self.chance.percent(70) {
            account["username"] = json!(self.chance.pick(&USER_NAMES));
        }
        if self.chance.percent(50) {
            account["email"] = json!(self.chance.pick(&EMAILS));
        }
        if self.chance.percent(30) {
            account["name"] = json!(self.name());
            account["role"] = json!(self.chance.pick(&["patient", "doctor", "admin", ""]));
        }
        // An `@` of an address is none of a name to fill in.
        self.users += 1;
        let body = account.to_string().replace('@', "\\u0040");
        let step = Step::new(None, "POST", "/api/auth/register/").learn(format!("u{}", self.users));
        self.steps.push(Step { body: Some(("application/json", body)), ..step });
    }

    fn sign_in(&mut self) {
        let key = self.chance.pick(&["username", "email"]);
        let name = if self.chance.percent(50) {
            self.chance.pick(&USER_NAMES)
        } else {
            self.chance.pick(&["FIRST", "second", "nobody"])
        };
        let password = if self.chance.percent(70) { PASSWORD } else { "wrong password" };
        let body = json!({key: name, "password": password}).to_string().replace('@', "\\u0040");
        self.steps.push(Step {
            body: Some(("application/json", body)),
            ..Step::new(None, "POST", "/api/auth/login/")
        });
        let who = self.chance.below(2);
        let path = self.chance.pick(&["/api/auth/refresh/", "/api/auth/token/refresh/"]);
        let body = format!("{{\"refresh\": \"@u{who}.refresh@\"}}");
        let step = Step::new(None, "POST", path).learn(format!("u{who}"));
        self.steps.push(Step { body: Some(("application/json", body)), ..step });
    }

    fn me(&mut self) {
        let who = self.who();
        let change = match self.chance.below(3) {
            0 => json!({"name": self.name()}),
            1 => json!({"first_name": self.name(), "last_name": self.chance.pick(&["Rao", "", "x\u{0}"])}),
            _ => json!({"phone": self.chance.pick(&["999", "", "x"]), "role": "admin"}),
        };
        self.steps.push(Step::new(who, "PATCH", "/api/auth/me/").json(&change));
        self.steps.push(Step::new(who, "GET", "/api/auth/me/"));
    }

    fn name(&mut self) -> &'static str {
        if self.chance.percent(4) { self.chance.pick(&BAD_NAMES) } else { self.chance.pick(&NAMES) }
    }

    /// Some of the fields, mostly with one of their first values.
    fn some_fields(&mut self, fields: &[(&'static str, Vec<Value>)]) -> Map<String, Value> {
        let mut body = Map::new();
        for (name, values) in fields {
            if self.chance.percent(18) {
                let first = values.len().min(2);
                let value = if self.chance.percent(90) {
                    self.chance.pick(&values[..first])
                } else {
                    self.chance.pick(values)
                };
                body.insert((*name).to_owned(), value);
            }
        }
        body
    }

    fn patient(&mut self) -> Value {
        let mut body = self.some_fields(&patient_fields());
        match self.chance.below(20) {
            0 => {}
            1..5 => drop(body.insert("first_name".to_owned(), json!(self.name()))),
            _ => drop(body.insert("name".to_owned(), json!(self.name()))),
        }
        Value::Object(body)
    }

    fn doctor(&mut self) -> Value {
        let mut body = self.some_fields(&doctor_fields());
        if self.chance.percent(95) {
            body.insert("name".to_owned(), json!(self.name()));
        }
        Value::Object(body)
    }

    fn post(&mut self, path: &str, body: &Value, learn: String) {
        let text = body.to_string().replace('@', "\\u0040");
        let who = self.who();
        self.owners.insert(learn.clone(), who);
        let step = Step::new(who, "POST", path).learn(learn);
        self.steps.push(Step { body: Some(("application/json", text)), ..step });
    }

    fn create_patient(&mut self) {
        let body = self.patient();
        self.patients += 1;
        self.post("/api/patients/", &body, format!("p{}", self.patients));
    }

    fn create_doctor(&mut self) {
        let body = self.doctor();
        self.doctors += 1;
        self.post("/api/doctors/", &body, format!("d{}", self.doctors));
    }

    fn create_mapping(&mut self) {
        let patient = self.record_name("p");
        let who = self.who_of(&patient);
        let (patient, doctor) = (format!("@{patient}@"), self.a("d"));
        let (patient_key, doctor_key) =
            self.chance.pick(&[("patient", "doctor"), ("patient_id", "doctor_id")]);
        let mut body = json!({patient_key: patient, doctor_key: doctor});
        if self.chance.percent(30) {
            body["notes"] = json!(self.chance.pick(&["Follow-up", "", "प्रथम\nx", "a\u{0}"]));
        }
        self.mappings += 1;
        let name = format!("m{}", self.mappings);
        self.owners.insert(name.clone(), who);
        self.steps.push(Step::new(who, "POST", "/api/mappings/").json(&body).learn(name));
    }

    /// The name of one of the newer records of a kind.
    fn record_name(&mut self, kind: &str) -> String {
        let count = match kind {
            "p" => self.patients,
            "d" => self.doctors,
            _ => self.mappings,
        };
        format!("{kind}{}", count.saturating_sub(self.chance.below(12)))
    }

    fn a(&mut self, kind: &str) -> String {
        format!("@{}@", self.record_name(kind))
    }

    fn list(&mut self) {
        let mut query = vec![self.chance.pick(&QUERIES).to_owned()];
        if self.chance.percent(40) {
            query.push(format!("search={}", self.chance.pick(&SEARCHES)));
        }
        if self.chance.percent(10) {
            query.push(format!(
                "specialization={}",
                self.chance.pick(&["cardiology", "cardiolog%C3%ADa", "x"])
            ));
        }
        if self.chance.percent(10) {
            query.push(format!("{}={}", self.chance.pick(&["patient", "doctor"]), self.a("p")));
        }
        if self.chance.percent(10) {
            query.push(format!("created_after=@{}.created@", self.record_name("p")));
        }
        if self.chance.percent(20) {
            query.push("include_inactive=true".to_owned());
        }
        let who = self.who();
        let path = match self.chance.below(8) {
            0..3 => "/api/patients/".to_owned(),
            3..5 => "/api/doctors/".to_owned(),
            5 | 6 => "/api/mappings/".to_owned(),
            _ => format!("/api/mappings/{}/doctors/", self.a("p")),
        };
        let name = format!("list{}", self.steps.len());
        self.steps.push(Step::new(who, "GET", format!("{path}?{}", query.join("&"))).learn(&name));
        if self.chance.percent(25) {
            let who = self.who();
            self.steps.push(Step::new(who, "GET", format!("{path}?cursor=@{name}.cursor@")));
        }
    }

    /// Reads, changes or deletes a record, often under a condition.
    fn record(&mut self) {
        let (kind, folder) =
            self.chance.pick(&[("p", "patients"), ("p", "patients"), ("d", "doctors"), ("m", "mappings")]);
        let name = self.record_name(kind);
        let who = self.who_of(&name);
        let path = format!("/api/{folder}/@{name}@/");
        let read = if kind == "m" {
            format!("/api/mappings/detail/@{name}@/?include_inactive=true")
        } else {
            path.clone()
        };
        let mut body = match kind {
            "p" => self.patient(),
            "d" => self.doctor(),
            _ => json!({"notes": self.chance.pick(&["Later", "", "x\u{0}"])}),
        };
        let mut step = match self.chance.below(10) {
            0..2 => Step::new(who, "GET", read.clone()),
            2..4 => Step::new(who, "PUT", path),
            4..7 => {
                body.as_object_mut().unwrap().retain(|_, _| self.chance.percent(70));
                Step::new(who, "PATCH", path)
            }
            _ => Step::new(who, "DELETE", path),
        };
        if matches!(step.method, "PUT" | "PATCH") {
            step.body = Some(("application/json", body.to_string().replace('@', "\\u0040")));
        }
        let condition = if step.method == "GET" { "if-none-match" } else { "if-match" };
        match self.chance.below(10) {
            0..3 => step.headers.push((condition, format!("@{name}.etag@"))),
            3 | 4 => step.headers.push((condition, format!("@{name}.etag.before@"))),
            _ => {}
        }
        // Now and then the tag is not learned, and goes stale.
        if self.chance.percent(70) {
            step.learn = Some(name);
        }
        self.steps.push(step);
        self.steps.push(Step::new(who, "GET", read));
    }

    /// Requests that are wrong as such.
    fn oddity(&mut self) {
        let who = self.who();
        let folder = self.chance.pick(&["patients", "doctors", "mappings"]);
        let path = format!("/api/{folder}/{}/", self.chance.pick(&BAD_IDS));
        let step = match self.chance.below(5) {
            0 => Step::new(who, "GET", path),
            1 => Step::new(who, "DELETE", path),
            2 => Step::new(who, self.chance.pick(&["PUT", "POST", "TRACE"]), format!("/api/{folder}/")),
            3 => {
                let body = Some(("application/json", self.chance.pick(&BROKEN).to_owned()));
                Step { body, ..Step::new(who, "POST", format!("/api/{folder}/")) }
            }
            _ => Step {
                body: Some(("text/plain", "{}".to_owned())),
                ..Step::new(who, "POST", format!("/api/{folder}/"))
            },
        };
        self.steps.push(step);
    }

    /// Every list in every order, page by page, for both users.
    fn read_everything(&mut self) {
        for who in 0..2 {
            for list in ["patients/?", "doctors/?", "mappings/?include_inactive=true&"] {
                for order in ["created_at", "-created_at", "name", "-name"] {
                    let name = format!("all{who}");
                    let first = format!("/api/{list}ordering={order}&limit=9&count=true");
                    self.steps.push(Step::new(Some(who), "GET", first).learn(&name));
                    for _ in 0..3 {
                        let folder = list.split('?').next().unwrap_or_default();
                        let next = format!("/api/{folder}?cursor=@{name}.cursor@");
                        self.steps.push(Step::new(Some(who), "GET", next).learn(&name));
                    }
                }
            }
        }
    }
}
