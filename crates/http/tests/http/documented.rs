//! The operations that the document tells of, each with a request that it takes.

use actix_web::test::TestRequest;
use http_api::PUBLIC_OPERATIONS;
use serde_json::Value;

use crate::caller::Caller;
use crate::clinic::session_id;
use crate::samples;

/// One operation of the document.
#[derive(Clone)]
pub(crate) struct Documented {
    /// `operationId`.
    pub(crate) id: String,
    /// In capitals.
    pub(crate) method: String,
    /// With its trailing slash, `{id}` and `{version}`.
    pub(crate) path: String,
    /// All that the document says of it.
    pub(crate) item: Value,
    /// Name and properties of the schema of its body.
    pub(crate) schema: Option<(String, Value)>,
}

/// Every operation of the document.
pub(crate) fn operations(document: &Value) -> Vec<Documented> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, item) in item.as_object().unwrap() {
            let reference = item.pointer("/requestBody/content/application~1json/schema/$ref");
            let schema = reference.map(|reference| {
                let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
                let schema = &document["components"]["schemas"][name];
                // What else is required stands beside the fields.
                let fields = schema.pointer("/allOf/0").unwrap_or(schema);
                (name.to_owned(), fields["properties"].clone())
            });
            operations.push(Documented {
                id: item["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                item: item.clone(),
                schema,
            });
        }
    }
    assert!(operations.len() > 25, "a test that loops over nothing proves nothing");
    operations
}

impl Documented {
    pub(crate) fn is_public(&self) -> bool {
        PUBLIC_OPERATIONS.contains(&self.id.as_str())
    }

    /// Whether anybody may call it who proves who they are with something else than a token.
    pub(crate) fn takes_credentials(&self) -> bool {
        self.is_public() && self.item["tags"][0] == "accounts"
    }

    /// Whether requests are counted, where the operator limits their rate.
    pub(crate) fn is_limited(&self) -> bool {
        !self.is_public() || self.takes_credentials()
    }

    /// The id of a record. A session's is a UUID.
    fn record(&self) -> String {
        if self.path.contains("/sessions/") { session_id().to_string() } else { "3".to_owned() }
    }

    /// The id of another record, of the same length.
    pub(crate) fn other_record(&self) -> String {
        self.record().replace('3', "4").replacen('9', "8", 1)
    }

    /// The path of one record.
    pub(crate) fn address(&self) -> String {
        self.address_of(&self.record())
    }

    /// The path with `id` in it.
    pub(crate) fn address_of(&self, id: &str) -> String {
        self.path.replace("{id}", id).replace("{version}", "2")
    }

    /// A good body, where one is expected.
    pub(crate) fn body(&self) -> Option<Value> {
        self.schema.as_ref().map(|(name, _)| samples::body(name))
    }

    /// Whether its body is a sheet.
    pub(crate) fn takes_a_sheet(&self) -> bool {
        self.item.pointer("/requestBody/content/text~1csv").is_some()
    }

    /// The fields of the body, each with its schema.
    pub(crate) fn fields(&self) -> Vec<(String, Value)> {
        let properties = self.schema.as_ref().and_then(|(_, properties)| properties.as_object());
        properties.into_iter().flatten().map(|(name, schema)| (name.clone(), schema.clone())).collect()
    }

    /// A request for the record of `id` with a good body.
    pub(crate) fn request_of(&self, caller: Caller, id: &str) -> TestRequest {
        match self.body() {
            Some(body) => self.request_with(caller, id, &body),
            None if self.takes_a_sheet() => caller.sends_sheet(&self.address_of(id), samples::SHEET),
            None => caller.asks(&self.method, &self.address_of(id)),
        }
    }

    /// A request with a good body.
    pub(crate) fn request(&self, caller: Caller) -> TestRequest {
        self.request_of(caller, &self.record())
    }

    /// A request for the record of `id` with this body.
    pub(crate) fn request_with(&self, caller: Caller, id: &str, body: &Value) -> TestRequest {
        caller.sends(&self.method, &self.address_of(id), body.to_string())
    }
}
