"""The client that openapi-python-client makes, against a server that runs: `make test-clients`.

Every module of it is imported; a wrong answer ends the walk with 1.
"""

import datetime
import importlib
import io
import os
import pkgutil

import healthcore_client
from healthcore_client import AuthenticatedClient, Client, errors
from healthcore_client.api.accounts import auth_login, auth_me, auth_register
from healthcore_client.api.doctors import doctors_create
from healthcore_client.api.mappings import mappings_create
from healthcore_client.api.patients import (
    patients_create,
    patients_delete,
    patients_doctors,
    patients_export,
    patients_get,
    patients_import,
    patients_list,
    patients_partial_update,
    patients_update,
)
from healthcore_client.models import (
    DoctorRequest,
    LoginRequest,
    MappingRequest,
    Patient,
    PatientPatch,
    PatientRequest,
    Problem,
    RegisterRequest,
    SheetReport,
)
from healthcore_client.types import File

for module in pkgutil.walk_packages(healthcore_client.__path__, "healthcore_client."):
    importlib.import_module(module.name)

api = os.environ["API"]
password = "Monsoon-Lantern-42"
name = f"walker-py-{os.getpid()}"

nobody = Client(base_url=api)
registered = auth_register.sync_detailed(client=nobody, body=RegisterRequest(username=name, password=password))
assert registered.status_code == 201, registered
session = auth_login.sync(client=nobody, body=LoginRequest(username=name, password=password))
assert not isinstance(session, (Problem, type(None))), session

client = AuthenticatedClient(base_url=api, token=session.access, raise_on_unexpected_status=True)
me = auth_me.sync(client=client)
assert me is not None and not isinstance(me, Problem) and me.username == name, me

doctor = doctors_create.sync(client=client, body=DoctorRequest(name="Dr. Iyer", specialization="Cardiology"))
assert doctor is not None and not isinstance(doctor, Problem), doctor
born = datetime.date(1984, 5, 17)
patient = patients_create.sync(client=client, body=PatientRequest(name="Ravi Kumar", date_of_birth=born))
assert isinstance(patient, Patient) and patient.date_of_birth == born, patient
mapping = mappings_create.sync_detailed(client=client, body=MappingRequest(patient=patient.id, doctor=doctor.id))
assert mapping.status_code == 201, mapping

doctors = patients_doctors.sync(patient.id, client=client)
assert isinstance(doctors, list) and len(doctors) == 1, doctors
found = patients_list.sync(client=client, search="ravi", limit=5)
assert isinstance(found, list) and [one.id for one in found] == [patient.id], found

changed = patients_partial_update.sync(patient.id, client=client, body=PatientPatch(phone="+91 22 5550 0100"))
assert isinstance(changed, Patient) and changed.version == patient.version + 1, changed
stale = patients_update.sync(patient.id, client=client, body=PatientRequest(name="Too Late"), if_match='"1-0"')
assert isinstance(stale, Problem) and stale.code == "stale", stale

rows = File(payload=io.BytesIO(b"Full name,phone\nAnita Rao,+91 22 5550 0101\nTwo,1\n"))
sheet = patients_import.sync(client=client, body=rows, map_=["Full name=name"])
assert isinstance(sheet, SheetReport) and (sheet.added, sheet.refused) == (1, 1), sheet
exported = patients_export.sync(client=client, format_="ndjson")
assert isinstance(exported, File) and exported.payload.read().count(b"\n") == 2, exported

gone = patients_delete.sync_detailed(patient.id, client=client)
assert gone.status_code == 204, gone
missing = patients_get.sync(patient.id, client=client)
assert isinstance(missing, Problem) and missing.code == "not_found", missing
assert errors.UnexpectedStatus
print("python: the walk is done")
