"""Object-level authorization with two users: whatever Ben asks of Ann's records is answered as if there were none.

Every documented operation that takes the id of a record of a user, in its path or in its body, is called by Ben with
Ann's ids and with ids that do not exist. The parameters and bodies beside the id are generated from the document.
The two answers must be equal but for the request's id, Ann's records and their tags must stay as they are, and a
cursor of hers must lead Ben nowhere.
"""

import json
import warnings

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

import hooks

# Ids that no database here will ever give out.
NO_RECORD = 9_000_000_000_000_000_000
NO_SESSION = "00000000-0000-4000-8000-000000000000"
# Generated requests of each operation and kind of answer.
EXAMPLES = 15
# Fewer would mean that the document is not read as it is meant.
LEAST_OPERATIONS = 12
# What an id in the path is the id of: the first beginning of a path that fits. None: all users share the record.
OWNERS = [
    ("/api/patients/{id}/", "patient"),
    ("/api/mappings/patient/{id}/", "patient"),
    ("/api/mappings/{id}/doctors/", "patient"),
    ("/api/mappings/", "mapping"),
    ("/api/auth/sessions/{id}/", "session"),
    ("/api/doctors/{id}/", None),
]
# The short address of a mapping stands for a patient where it is read.
SHORT_PATIENT = "mappings_short_patient"


class User:
    """A user, signed in."""

    def __init__(self, base, name):
        self.base = base
        self.session = requests.Session()
        body = {"username": name, "password": hooks.PASSWORD, "name": name}
        answer = self.session.post(f"{base}/api/auth/register/", json=body, timeout=10)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['tokens']['access']}"

    def get(self, path):
        return self.session.get(self.base + path, timeout=10)

    def make(self, path, body):
        answer = self.session.post(self.base + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()


class Records:
    """What Ann has."""

    def __init__(self, ann):
        self.ann = ann
        self.patient = ann.make("/api/patients/", {"name": "Asha Rao", "age": 41})["id"]
        self.deleted = ann.make("/api/patients/", {"name": "Chitra Rao"})["id"]
        ann.session.delete(f"{ann.base}/api/patients/{self.deleted}/", timeout=10).raise_for_status()
        ann.make("/api/patients/", {"name": "Bela Rao"})
        self.doctor = ann.make("/api/doctors/", {"name": "Dr. Meera Iyer"})["id"]
        body = {"patient": self.patient, "doctor": self.doctor, "notes": "Second opinion"}
        self.mapping = ann.make("/api/mappings/", body)["id"]
        self.session = ann.get("/api/auth/sessions/").json()[0]["id"]

    def state(self):
        """Everything of Ann that Ben might reach, with its tags."""
        paths = [
            f"/api/patients/{self.patient}/",
            f"/api/patients/{self.deleted}/",
            f"/api/patients/{self.patient}/doctors/",
            f"/api/patients/{self.patient}/history/",
            f"/api/patients/{self.deleted}/history/",
            f"/api/mappings/detail/{self.mapping}/",
            "/api/patients/",
            "/api/mappings/?include_inactive=true",
            "/api/auth/sessions/",
        ]
        return {path: seen(self.ann.get(path)) for path in paths}

    def ids(self, kind):
        """Ann's ids of this kind, and one that does not exist."""
        return {
            "patient": ([self.patient, self.deleted], NO_RECORD),
            "mapping": ([self.mapping], NO_RECORD),
            "session": ([self.session], NO_SESSION),
        }[kind]


def seen(answer):
    """An answer without what differs from one to the next: the request's id and the time."""
    # Schemathesis keeps the values of a header as a list.
    headers = {name.lower(): "".join(value) for name, value in answer.headers.items()}
    for name in ["x-request-id", "date"]:
        headers.pop(name, None)
    body = answer.text
    if "problem+json" in headers.get("content-type", ""):
        problem = answer.json()
        problem.pop("instance")
        body = json.dumps(problem)
        headers.pop("content-length", None)
    return answer.status_code, headers, body


def check(base, seed_number):
    """How many requests Ben made, and what was wrong with the answers."""
    run = Run(base, seed_number)
    run.operations()
    run.cursors()
    run.idempotency_keys()
    # One word for each kind of fault, however often it was met.
    return run.asked, sorted(set(run.wrong))


class Run:
    """One pass over all operations."""

    def __init__(self, base, seed_number):
        warnings.filterwarnings("ignore")
        self.base = base
        self.seed = seed_number
        self.asked = 0
        self.wrong = []
        self.ben = User(base, "access-ben")
        self.records = Records(User(base, "access-ann"))
        self.before = self.records.state()
        # The settings of schemathesis.toml are for its own runs: here the users are others.
        config = schemathesis.config.SchemathesisConfig()
        self.schema = schemathesis.openapi.from_url(f"{base}/openapi.json", config=config)

    def operations(self):
        tried = 0
        for result in self.schema.get_all_operations():
            operation = result.ok()
            name = operation.definition.raw["operationId"]
            if name == "mappings_create":
                self.try_all(operation, name, with_id_in_body, "patient")
            elif "{id}" in operation.path:
                fitting = [kind for beginning, kind in OWNERS if operation.path.startswith(beginning)]
                if not fitting:
                    self.wrong.append(f"{name} takes an id, and nobody has said whose")
                    continue
                kind = "patient" if name == SHORT_PATIENT else fitting[0]
                if kind is None:
                    continue
                self.try_all(operation, name, with_id_in_path, kind)
            else:
                continue
            tried += 1
        if tried < LEAST_OPERATIONS:
            self.wrong.append(f"only {tried} operations were tried")

    def try_all(self, operation, name, with_id, kind):
        own, unknown = self.records.ids(kind)
        settle = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        @seed(self.seed)
        @settle
        @given(case=operation.as_strategy(schemathesis.GenerationMode.POSITIVE))
        def one(case):
            hooks.mend(case)
            # Two requests with one key and different bodies are a fault of their own.
            case.headers.pop("Idempotency-Key", None)
            nothing = self.ask(with_id(case, unknown, self.records))
            for foreign in own:
                answer = self.ask(with_id(case, foreign, self.records))
                if answer[0] != 404:
                    self.wrong.append(f"{name}: {answer[0]} for a record of somebody else")
                elif answer != nothing:
                    self.wrong.append(f"{name}: a record of somebody else is answered otherwise than none")

        one()
        after = self.records.state()
        if after != self.before:
            self.wrong.append(f"{name}: a record of somebody else was changed")
            self.before = after

    def ask(self, case):
        self.asked += 1
        headers = dict(self.ben.session.headers)
        return seen(case.call(base_url=self.base, headers=headers, timeout=10))

    def cursors(self):
        """A cursor leads its owner on and is refused to others."""
        self.asked += 2
        path = "/api/patients/?limit=1"
        link = self.records.ann.get(path).links.get("next")
        if link is None:
            self.wrong.append(f"{path}: no next page")
            return
        statuses = [user.get(link["url"]).status_code for user in (self.records.ann, self.ben)]
        if statuses != [200, 400]:
            self.wrong.append(f"{path}: the next page is {statuses[0]} to its owner, {statuses[1]} to others")

    def idempotency_keys(self):
        """The answer to a key is kept for who has sent it, and for nobody else."""
        body = {"name": "Devi Rao"}
        key = {"Idempotency-Key": "one-key-of-two-users"}
        made = []
        for user in (self.records.ann, self.records.ann, self.ben):
            self.asked += 1
            answer = user.session.post(f"{self.base}/api/patients/", json=body, headers=key, timeout=10)
            made.append(answer.json().get("id"))
        if made[0] != made[1] or made[2] in (None, made[0]):
            self.wrong.append("an idempotency key of one user counts for another, or not for its own")


def with_id_in_path(case, id_, _records):
    # Every record has a first version.
    others = {"version": 1} if "version" in (case.path_parameters or {}) else {}
    case.path_parameters = {"id": id_, **others}
    return case


def with_id_in_body(case, id_, records):
    notes = case.body.get("notes") if isinstance(case.body, dict) else None
    case.body = {"patient": id_, "doctor": records.doctor, "notes": notes}
    return case
