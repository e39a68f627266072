"""Object-level authorization with two users: whatever Eve asks of Ann's records is answered as if there were none.

Every documented operation that takes the id of a record of a user, in its path, its query or its body, is called by
Eve with Ann's ids and with ids that do not exist. The parameters and bodies beside the id are generated from the
document; the tags of Ann's records are sent, too. The two answers must be equal but for the request's id, Ann's
records and their tags must stay as they are, and a cursor of hers must lead Eve nowhere. An id of which records.py
does not say what it is the id of is a fault.
"""

import json
import warnings

import records
import requests
import rules
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

# Ids that no database here will ever give out.
NO_RECORD = 9_000_000_000_000_000_000
NO_SESSION = "00000000-0000-4000-8000-000000000000"
# Generated requests of each operation and id.
EXAMPLES = 20
# Fewer would mean that the document is not read as it is meant.
LEAST_OPERATIONS = 23
# What Eve is told where it is not 404: lists are empty for her, and the trail is not hers to read.
OTHER_STATUSES = {"mappings_list": 200, "audit_list": 403}
CONDITIONS = ["If-Match", "If-None-Match"]


class User:
    """A user, signed in."""

    def __init__(self, base, name):
        self.base = base
        self.session = requests.Session()
        body = {"username": name, "password": rules.PASSWORD, "name": name}
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
        self.tags = {
            records.PATIENT: [ann.get(f"/api/patients/{self.patient}/").headers["ETag"]],
            records.MAPPING: [ann.get(f"/api/mappings/detail/{self.mapping}/").headers["ETag"]],
            # Sessions have none.
            records.SESSION: [],
        }

    def state(self):
        """Everything of Ann that Eve might reach, with its tags."""
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
            records.PATIENT: ([self.patient, self.deleted], NO_RECORD),
            records.MAPPING: ([self.mapping], NO_RECORD),
            records.SESSION: ([self.session], NO_SESSION),
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
    """How many operations Eve tried, how many requests that took, and what was wrong with the answers."""
    run = Run(base, seed_number)
    run.operations()
    run.cursors()
    run.idempotency_keys()
    # One word for each kind of fault, however often it was met.
    return len(run.tried), run.asked, sorted(set(run.wrong))


class Run:
    """One pass over all operations."""

    def __init__(self, base, seed_number):
        warnings.filterwarnings("ignore")
        self.base = base
        self.seed = seed_number
        self.asked = 0
        self.tried = set()
        self.wrong = []
        self.eve = User(base, "access-eve")
        self.records = Records(User(base, "access-ann"))
        self.before = self.records.state()
        # The settings of schemathesis.toml are for its own runs: here the users are others.
        config = schemathesis.config.SchemathesisConfig()
        self.schema = schemathesis.openapi.from_url(f"{base}/openapi.json", config=config)

    def operations(self):
        for result in self.schema.get_all_operations():
            operation = result.ok()
            definition = operation.definition.raw
            name = definition["operationId"]
            for place, own, kind in records.ids(self.schema.raw_schema, name, operation.path, definition):
                if kind is None:
                    self.wrong.append(f"{name} takes `{own}` in its {place}: records.py does not say what that is")
                elif kind not in (records.DOCTOR, records.NARROWS):
                    self.try_all(operation, name, (place, own), kind)
        if len(self.tried) < LEAST_OPERATIONS:
            self.wrong.append(f"only {len(self.tried)} operations were tried")

    def try_all(self, operation, name, where, kind):
        """Asks with generated requests, with each of Ann's ids and one that does not exist."""
        self.tried.add(name)
        own, unknown = self.records.ids(kind)
        conditions = [one["name"] for one in operation.definition.raw.get("parameters", [])]
        conditions = [condition for condition in CONDITIONS if condition in conditions]
        # What is generated, and beside it what only Ann can know.
        headers = [{}, *({name: tag} for name in conditions for tag in [*self.records.tags[kind], "*"])]
        settle = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        turns = iter(range(10**9))

        @seed(self.seed)
        @settle
        @given(case=operation.as_strategy(schemathesis.GenerationMode.POSITIVE))
        def one(case):
            rules.mend(case)
            # Two requests with one key and different bodies are a fault of their own.
            case.headers.pop("Idempotency-Key", None)
            case.headers.update(headers[next(turns) % len(headers)])
            nothing = self.ask(self.with_id(case, where, unknown))
            for foreign in own:
                self.compare(name, self.ask(self.with_id(case, where, foreign)), nothing)

        one()
        self.check_records(name)
        if operation.method.upper() == "GET" and name not in OTHER_STATUSES:
            self.check_owner(operation, name, own[0])

    def compare(self, name, answer, nothing):
        if answer[0] != OTHER_STATUSES.get(name, 404):
            self.wrong.append(f"{name}: {answer[0]} for a record of somebody else")
        elif answer != nothing:
            self.wrong.append(f"{name}: a record of somebody else is answered otherwise than none")

    def check_records(self, name):
        after = self.records.state()
        if after != self.before:
            self.wrong.append(f"{name}: a record of somebody else was changed")
            self.before = after

    def check_owner(self, operation, name, id_):
        """The same address is good for its owner: what Eve was told does not come from a wrong address."""
        self.asked += 1
        answer = self.records.ann.get(operation.path.format(id=id_, version=1))
        if answer.status_code != 200:
            self.wrong.append(f"{name}: {answer.status_code} for the owner")

    def ask(self, case):
        self.asked += 1
        headers = dict(self.eve.session.headers)
        return seen(case.call(base_url=self.base, headers=headers, timeout=10))

    def with_id(self, case, where, id_):
        """The request with this id where it belongs, and ids of what there is beside it."""
        place, own = where
        if place == "path":
            # Every record has a first version.
            others = {"version": 1} if "version" in (case.path_parameters or {}) else {}
            case.path_parameters = {"id": id_, **others}
        elif place == "query":
            case.query = {**(case.query or {}), own: id_}
        else:
            notes = case.body.get("notes") if isinstance(case.body, dict) else None
            case.body = {own: id_, "doctor": self.records.doctor, "notes": notes}
        return case

    def cursors(self):
        """A cursor leads its owner on and is refused to others."""
        self.asked += 2
        path = "/api/patients/?limit=1"
        link = self.records.ann.get(path).links.get("next")
        if link is None:
            self.wrong.append(f"{path}: no next page")
            return
        statuses = [user.get(link["url"]).status_code for user in (self.records.ann, self.eve)]
        if statuses != [200, 400]:
            self.wrong.append(f"{path}: the next page is {statuses[0]} to its owner, {statuses[1]} to others")

    def idempotency_keys(self):
        """The answer to a key is kept for who has sent it, and for nobody else."""
        body = {"name": "Devi Rao"}
        key = {"Idempotency-Key": "one-key-of-two-users"}
        made = []
        for user in (self.records.ann, self.records.ann, self.eve):
            self.asked += 1
            answer = user.session.post(f"{self.base}/api/patients/", json=body, headers=key, timeout=10)
            made.append(answer.json().get("id"))
        if made[0] != made[1] or made[2] in (None, made[0]):
            self.wrong.append("an idempotency key of one user counts for another, or not for its own")
