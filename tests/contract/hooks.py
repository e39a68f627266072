"""What schemathesis calls before and after each request: it keeps the rules, knows what records there are, and counts.

Without it nearly all ids were unknown ones, and the answers would tell little beyond 404.
"""

import atexit
import base64
import collections
import json
import os
import re
from pathlib import Path

import records
import requests
import rules
import schemathesis

# Made by run.py: `ann`, who is to be signed in, and the token of an administrator.
PEOPLE = json.loads(os.environ["CONTRACT_PEOPLE"])
BASE = os.environ["CONTRACT_BASE"]
# How often each operation was answered with each status, where the request was to be accepted (+) or not (-).
CENSUS = collections.Counter()
# What is kept of each kind of record.
KEPT = 20
MAKERS = {"patients_create": records.PATIENT, "doctors_create": records.DOCTOR, "mappings_create": records.MAPPING}
ENDERS = {"patients_delete": records.PATIENT, "doctors_delete": records.DOCTOR, "mappings_delete": records.MAPPING}
# What answers with a refresh token.
TOKEN_MAKERS = {"auth_register", "auth_login", "auth_refresh", "auth_token_refresh", "auth_password"}
# What ends all sessions, or one of them.
SESSION_ENDERS = {"auth_logout", "auth_logout_all", "auth_password", "auth_sessions_delete"}


class Live:
    """The ids of the records that are there, oldest first, so far as the answers tell."""

    def __init__(self):
        self.ids = collections.defaultdict(list)
        self.turns = collections.Counter()
        self.refresh = None
        self.session = requests.Session()

    def seen(self, name, case, response):
        """Learns from an answer."""
        status = response.status_code
        if name in MAKERS and status == 201:
            self.keep(MAKERS[name], response.json()["id"])
        elif name in ENDERS and status == 204:
            self.end(ENDERS[name], case.path_parameters["id"])
        elif name in SESSION_ENDERS and status < 300:
            self.ids[records.SESSION].clear()
            self.refresh = None
        if name in TOKEN_MAKERS and status in (200, 201):
            body = response.json()
            self.refresh = body.get("tokens", body)["refresh"]

    def keep(self, kind, id_):
        self.ids[kind].append(id_)
        del self.ids[kind][:-KEPT]

    def end(self, kind, ended):
        self.ids[kind] = [id_ for id_ in self.ids[kind] if str(id_) != str(ended)]
        if kind != records.MAPPING:
            # The mappings of the record have ended with it; which ones, the answer does not tell.
            self.ids[records.MAPPING].clear()

    def next(self, kind, turn):
        """Another one each time, in every second request; the others keep what was generated."""
        self.turns[turn] += 1
        count = self.turns[turn]
        if count % 2 == 0:
            return None
        if not self.ids[kind]:
            self.make(kind)
        ids = self.ids[kind]
        return ids[-1 - count // 2 % len(ids)]

    def make(self, kind):
        """One record where there is none."""
        if kind == records.SESSION:
            self.sign_in()
            sessions = self.session.get(f"{BASE}/api/auth/sessions/", timeout=10).json()
            self.ids[kind] = [one["id"] for one in sessions]
        elif kind == records.MAPPING:
            body = {name: self.post(f"{name}s", {"name": "Ravi Kumar"}) for name in (records.PATIENT, records.DOCTOR)}
            self.keep(kind, self.post("mappings", body))
        else:
            self.keep(kind, self.post(f"{kind}s", {"name": "Ravi Kumar"}))

    def post(self, collection, body):
        """The id of a new record."""
        for _ in range(2):
            answer = self.session.post(f"{BASE}/api/{collection}/", json=body, timeout=10)
            if answer.status_code != 401:
                break
            # All sessions end more than once on the way.
            self.sign_in()
        answer.raise_for_status()
        return answer.json()["id"]

    def sign_in(self):
        body = {"username": "ann", "password": rules.PASSWORD}
        answer = self.session.post(f"{BASE}/api/auth/login/", json=body, timeout=10)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        return answer.json()

    def refresh_token(self):
        """One that was not used yet."""
        token, self.refresh = self.refresh or self.sign_in()["refresh"], None
        return token


LIVE = Live()


@schemathesis.hook
def before_call(context, case, kwargs):
    name = case.operation.definition.raw["operationId"]
    if name == "audit_list" and is_ann(case):
        case.headers["Authorization"] = f"Bearer {PEOPLE['admin']}"
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    rules.mend(case)
    # Requests that follow from one another keep the ids that lead from one to the next.
    if case.meta.phase.name.value != "stateful":
        supply(name, case)


def supply(name, case):
    """Puts ids of records that are there into a request."""
    if case.path_parameters and "id" in case.path_parameters:
        kind = records.path_kind(name, case.operation.path)
        id_ = LIVE.next(kind, name)
        if id_ is not None:
            case.path_parameters["id"] = id_
            if "version" in case.path_parameters:
                case.path_parameters["version"] = 1
    if isinstance(case.body, dict):
        supply_body(name, case.body)


def supply_body(name, body):
    if name == "mappings_create":
        patient = LIVE.next(records.PATIENT, "patient of a mapping")
        if patient is not None:
            if not LIVE.ids[records.DOCTOR]:
                LIVE.make(records.DOCTOR)
            doctors = LIVE.ids[records.DOCTOR]
            # A slower turn: each patient meets each doctor.
            turn = LIVE.turns["patient of a mapping"] // (2 * KEPT)
            put(body, records.PATIENT, patient)
            put(body, records.DOCTOR, doctors[-1 - turn % len(doctors)])
    elif name in ("auth_login", "auth_register", "auth_refresh", "auth_token_refresh"):
        LIVE.turns[name] += 1
        if LIVE.turns[name] % 2 == 0:
            return
        if name == "auth_login":
            body.pop("email", None)
            body |= {"username": "ann", "password": rules.PASSWORD}
        elif name == "auth_register":
            # Generated names are short, and nearly all of them taken.
            body.pop("email", None)
            body["username"] = f"another{LIVE.turns[name]}"
        else:
            body["refresh"] = LIVE.refresh_token()


def put(body, name, id_):
    """The id under the spelling that the request has."""
    body[f"{name}_id" if body.get(f"{name}_id") is not None else name] = id_


def is_ann(case):
    """Whether a request is sent by Ann, and not by another user or with a token that is none."""
    payload = re.fullmatch(r"Bearer [\w-]+\.([\w-]+)\.[\w-]+", str(case.headers.get("Authorization", "")))
    if payload is None:
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload[1] + "=" * (-len(payload[1]) % 4)))
    except ValueError:
        return False
    return isinstance(claims, dict) and claims.get("sub") == PEOPLE["ann"]


@schemathesis.hook
def after_call(context, case, response):
    name = case.operation.definition.raw["operationId"]
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    CENSUS[f"{name} {response.status_code} {'+' if is_positive else '-'}"] += 1
    LIVE.seen(name, case, response)


@atexit.register
def write_census():
    Path(os.environ["CONTRACT_CENSUS"]).write_text(json.dumps(dict(sorted(CENSUS.items())), indent=1) + "\n")
