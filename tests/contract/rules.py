"""What a schema cannot say of good requests.

Each rule here changes only cases that were made to be accepted; what is made to be refused is sent as it is.
"""

import datetime
import json
import unicodedata

import schemathesis
from hypothesis import strategies as st

PASSWORD = "correct-horse-battery-staple"
FIRST_BIRTH = datetime.date(1900, 1, 1)

# A birth date is not in the future, which no schema can say without knowing the day.
schemathesis.openapi.format(
    "date", st.dates(FIRST_BIRTH, datetime.date.today() - datetime.timedelta(days=1)).map(str)
)


# What a sheet says no schema can tell.
SHEETS = {
    "text/csv": "external_id,name,age,phone\n1,Ravi Kumar,41,999\n2,Asha Rao,x,\n",
    "application/x-ndjson": '{"id": "3", "name": "Ravi Kumar"}\n{"id": "4"}\n',
}


@schemathesis.serializer(*SHEETS)
def write_sheet(context, value):
    """Text as it is; what is no text, as JSON."""
    return value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()


def is_filled(value):
    return isinstance(value, str) and value.strip() != ""


def mend(case):
    """Makes a request that its schema accepts one that keeps also the rules between fields."""
    if case.query:
        # Only the server makes cursors; object_access.py follows them.
        case.query.pop("cursor", None)
    if case.media_type in SHEETS:
        case.body = SHEETS[case.media_type]
    if isinstance(case.body, dict):
        rule = BODIES.get(case.operation.definition.raw.get("operationId"))
        if rule:
            rule(case.body)


def agree_on_name(body):
    """Both forms of a name must tell the same."""
    if is_filled(body.get("name")):
        body.pop("first_name", None)
        body.pop("last_name", None)


def patient(body):
    agree_on_name(body)
    # The age follows from a birth date that the server may know already.
    if body.get("age") is not None:
        body["date_of_birth"] = None


def patient_patch(body):
    patient(body)
    # Whether a name is left when one part of it is emptied depends on the record.
    if not any(is_filled(body.get(name)) for name in NAME_FIELDS):
        for name in NAME_FIELDS:
            body.pop(name, None)


NAME_FIELDS = ["name", "first_name", "last_name"]


def doctor(body):
    # Cents that went through a binary fraction.
    if isinstance(body.get("consultation_fee"), float):
        body["consultation_fee"] = round(body["consultation_fee"], 2)


def mapping(body):
    """Both spellings of an id must be equal."""
    for name in ["patient", "doctor"]:
        if body.get(name) is not None:
            body.pop(f"{name}_id", None)


def register(body):
    agree_on_name(body)
    # How easy a password is to guess is no matter of its form.
    body["password"] = PASSWORD
    name = body.get("username")
    # Compatibility forms may turn a letter into something else, and a name with @ must be the own address.
    if is_filled(name) and (not all(map(is_name_letter, unicodedata.normalize("NFKC", name.strip())))):
        body["username"] = f"user{number_of(name)}"


def is_name_letter(character):
    return character in "_.+-" or unicodedata.category(character)[0] in "LN"


def number_of(text):
    """The same number for the same text."""
    return int.from_bytes(text.encode("utf-8", "surrogatepass")[:6], "big")


def me(body):
    agree_on_name(body)
    # A new address needs the real password.
    body["current_password"] = PASSWORD


def password(body):
    """The real password, and one that is not easy to guess: the same, so that signing in goes on."""
    body["current_password"] = PASSWORD
    body["new_password"] = PASSWORD


BODIES = {
    "auth_password": password,
    "auth_register": register,
    "auth_me_update": me,
    "patients_create": patient,
    "patients_update": patient,
    "patients_partial_update": patient_patch,
    "doctors_create": doctor,
    "doctors_update": doctor,
    "doctors_partial_update": doctor,
    "mappings_create": mapping,
}
