// The client that openapi-typescript's types and openapi-fetch make, against a server that runs: `make test-clients`.
// A mistake in a name or a type does not compile; a wrong answer ends it with 1.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema.js";

type Patient = components["schemas"]["Patient"];

const baseUrl = process.env["API"];
assert(baseUrl, "API names the server");
const api = createClient<paths>({ baseUrl });
const password = "Monsoon-Lantern-42";
const name = `walker-${process.pid}`;

const registered = await api.POST("/api/auth/register/", { body: { username: name, password } });
assert.equal(registered.response.status, 201);
const session = await api.POST("/api/auth/login/", { body: { username: name, password } });
assert(session.data, "signing in answers tokens");
api.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${session.data!.access}`);
    return request;
  },
});

const me = await api.GET("/api/auth/me/");
assert.equal(me.data?.username, name);

const doctor = await api.POST("/api/doctors/", { body: { name: "Dr. Iyer", specialization: "Cardiology" } });
assert(doctor.data);
const patient = await api.POST("/api/patients/", { body: { name: "Ravi Kumar", date_of_birth: "1984-05-17" } });
assert(patient.data);
const created: Patient = patient.data;
const mapping = await api.POST("/api/mappings/", { body: { patient: created.id, doctor: doctor.data.id } });
assert.equal(mapping.response.status, 201);

const path = { params: { path: { id: created.id } } };
const doctors = await api.GET("/api/patients/{id}/doctors/", path);
assert.equal(doctors.data?.length, 1);
const list = await api.GET("/api/patients/", { params: { query: { search: "ravi", limit: 5 } } });
assert.deepEqual(list.data?.map((found) => found.id), [created.id]);

const changed = await api.PATCH("/api/patients/{id}/", { ...path, body: { phone: "+91 22 5550 0100" } });
assert.equal(changed.data?.version, created.version + 1);
const tag = changed.response.headers.get("ETag");
assert(tag);
const stale = await api.PUT("/api/patients/{id}/", {
  params: { path: { id: created.id }, header: { "If-Match": '"1-0"' } },
  body: { name: "Too Late" },
});
assert.equal(stale.error?.status, 412);
assert.equal(stale.error?.code, "stale");

const sheet = await api.POST("/api/patients/import/", {
  params: { query: { map: ["Full name=name"] } },
  headers: { "Content-Type": "text/csv" },
  body: "Full name,phone\nAnita Rao,+91 22 5550 0101\nTwo,1\n",
  bodySerializer: (text) => text,
});
assert.deepEqual([sheet.data?.added, sheet.data?.refused], [1, 1]);
const exported = await api.GET("/api/patients/export/", { params: { query: { format: "ndjson" } }, parseAs: "text" });
assert.equal(exported.data?.trimEnd().split("\n").length, 2);

const gone = await api.DELETE("/api/patients/{id}/", path);
assert.equal(gone.response.status, 204);
const missing = await api.GET("/api/patients/{id}/", path);
assert.equal(missing.error?.code, "not_found");
console.log("typescript: the walk is done");
