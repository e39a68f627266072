"""Holds a running server against its own OpenAPI document, on one database.

    run.py BINARY FOLDER sqlite|postgres SEED [ARGUMENTS FOR SCHEMATHESIS…]

Starts the server on a free port with a database of its own, runs schemathesis and the checks of object_access.py
against it, stops it, and writes one line to FOLDER/<database>.txt. The exit code is 1 when anything failed.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

import object_access
import rules

HERE = Path(__file__).resolve().parent
# What the project promises for each database.
LEAST_CASES = 5_000
START_SECONDS = 60
STOP_SECONDS = 20
# More than four times what it takes on two idle cores.
SCHEMATHESIS_SECONDS = 900
# Tokens are signed in both ways that the server knows: one on each database.
ALGORITHMS = {"sqlite": "HS256", "postgres": "EdDSA"}
# The keys of HS256 are nobody else's to see.
WITHOUT_SUCCESS = {"HS256": {"jwks"}, "EdDSA": set()}


class Server:
    """The server under test. It ends with the block."""

    def __init__(self, binary, folder, database_url, algorithm):
        self.binary, self.folder = binary, folder
        self.log = folder / "server.log"
        own = ("HEALTHCORE_", "DATABASE_", "POSTGRES_", "DB_", "JWT_", "SECRET_", "DJANGO_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        environment |= {
            # Thousands of requests a minute come from one address, and hundreds of passwords.
            "HEALTHCORE__LIMITS__ENABLED": "false",
            "HEALTHCORE__AUTH__PASSWORD_COST": "4",
            "HEALTHCORE__LOG__LEVEL": "warn",
            "HEALTHCORE_DATA_DIR": str(folder / "data"),
            "DJANGO_SUPERUSER_USERNAME": "root",
            "DJANGO_SUPERUSER_PASSWORD": rules.PASSWORD,
        }
        if database_url:
            environment["DATABASE_URL"] = database_url
        self.environment = environment
        if algorithm != "HS256":
            key = str(folder / "key.pem")
            environment["HEALTHCORE__AUTH__ALGORITHM"] = algorithm
            self.command("keys", "generate", "--file", key)
            environment["HEALTHCORE__AUTH__PRIVATE_KEY_FILE"] = key
        self.command("migrate")
        self.command("create-admin", "--noinput")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--bind", "127.0.0.1:0"], cwd=folder, env=environment, stdout=log, stderr=log
            )
        self.base = self.address()

    def command(self, *arguments):
        """Runs another command of the program, with the same settings."""
        subprocess.run(
            [self.binary, *arguments], cwd=self.folder, env=self.environment, check=True, timeout=START_SECONDS,
            stdout=subprocess.DEVNULL,
        )

    def faults(self):
        """What the server says of itself."""
        found = []
        if self.process.poll() is not None:
            found.append(f"the server ended with {self.process.returncode}")
        if "panicked" in self.log.read_text():
            found.append(f"something panicked; see {self.log}")
        return found

    def address(self):
        """What the banner says, once it is there."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            address = re.search(r"listens on (\S+)\n", self.log.read_text())
            if address:
                return f"http://{address[1]}"
            time.sleep(0.05)
        self.stop()
        sys.exit(f"The server did not start; see {self.log}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Database:
    """A PostgreSQL database that is there for the block, or none at all for SQLite."""

    def __init__(self, kind):
        self.name = f"contract_{uuid.uuid4().hex[:12]}"
        self.server = urlsplit(os.environ["HEALTHCORE_TEST_POSTGRES_URL"]) if kind == "postgres" else None

    def execute(self, statement):
        import pg8000.native

        server = self.server
        connection = pg8000.native.Connection(
            unquote(server.username or "postgres"),
            host=server.hostname,
            port=server.port or 5432,
            database=server.path.strip("/") or "postgres",
            password=unquote(server.password) if server.password else None,
        )
        try:
            connection.run(statement)
        finally:
            connection.close()

    def __enter__(self):
        if self.server is None:
            return None
        self.execute(f"CREATE DATABASE {self.name}")
        return self.server._replace(path=f"/{self.name}").geturl()

    def __exit__(self, *_):
        if self.server is not None:
            self.execute(f"DROP DATABASE {self.name}")


def make_users(base, folder):
    """Ann, who owns what is made, and Ben, who must see nothing of it; how schemathesis signs them in."""
    logins, people = [], {}
    for name in ["ann", "ben"]:
        body = {"username": name, "password": rules.PASSWORD, "name": name.title()}
        answer = requests.post(f"{base}/api/auth/register/", json=body, timeout=10)
        answer.raise_for_status()
        people[name] = claim(answer.json()["tokens"]["access"], "sub")
        token = {
            "extractFrom": "body",
            "extractSelector": "/access",
            "sendIn": "header",
            "sendName": "Authorization",
            "sendTemplate": "Bearer {token}",
        }
        login = {
            "endpoint": "/api/auth/login/",
            "verb": "POST",
            "contentType": "application/json",
            "payloadRaw": json.dumps({"username": name, "password": rules.PASSWORD}),
            "token": token,
        }
        logins.append({"name": name, "loginEndpointAuth": login})
    path = folder / "users.json"
    path.write_text(json.dumps({"auth": logins}))
    body = {"username": "root", "password": rules.PASSWORD}
    answer = requests.post(f"{base}/api/auth/login/", json=body, timeout=10)
    answer.raise_for_status()
    people["admin"] = answer.json()["access"]
    return path, people


def claim(token, name):
    """What a token says, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))[name]


def run_schemathesis(base, folder, seed, arguments):
    """How many cases were tried, and how many failed."""
    # A report that an earlier run has left says nothing of this one.
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    # Given an address, schemathesis would leave out the operation that serves it.
    document = folder / "openapi.json"
    document.write_bytes(requests.get(f"{base}/openapi.json", timeout=10).content)
    command = [
        *[sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")],
        *["run", str(document), f"--url={base}", f"--seed={seed}", "--no-color"],
        *["--report=junit", f"--report-junit-path={report}", *arguments],
    ]
    users, people = make_users(base, folder)
    environment = os.environ | {
        "CONTRACT_USERS": str(users),
        "CONTRACT_PEOPLE": json.dumps(people),
        "CONTRACT_BASE": base,
        "CONTRACT_CENSUS": str(folder / "census.json"),
        "PYTHONPATH": str(HERE),
    }
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = []
    watch = threading.Timer(SCHEMATHESIS_SECONDS, process.kill)
    watch.start()
    try:
        with open(folder / "schemathesis.log", "w") as log:
            for line in process.stdout:
                log.write(line)
                print(line, end="", flush=True)
                output.append(line)
        code = process.wait()
    finally:
        watch.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    return counts("".join(output), code)


def counts(output, code):
    summary = re.search(r"^Test cases:\n\s*([\d,]+) generated(.*)$", output, re.MULTILINE)
    cases = int(summary[1].replace(",", "")) if summary else 0
    failed = re.search(r"([\d,]+) (?:unique )?failures?", summary[2]) if summary else None
    failures = int(failed[1].replace(",", "")) if failed else 0
    # An error inside of schemathesis is a failure, too.
    return cases, max(failures, 1 if code else 0)


def never_answered(folder, without_success):
    """The operations that were refused whatever was sent: of their answers nothing was checked."""
    census = json.loads((folder / "census.json").read_text()) if (folder / "census.json").exists() else {}
    succeeded = {name for name, status, *_ in map(str.split, census) if status.startswith("2")}
    paths = json.loads((folder / "openapi.json").read_text())["paths"]
    names = {operation["operationId"] for item in paths.values() for operation in item.values()}
    return [f"{name} was never answered with success" for name in sorted(names - succeeded - without_success)]


def main():
    binary, folder, kind, seed, *arguments = sys.argv[1:]
    # Also then the server ends, and its database goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binary = str(Path(binary).resolve())
    line = Path(folder).resolve() / f"{kind}.txt"
    line.unlink(missing_ok=True)
    folder = Path(folder).resolve() / kind
    folder.mkdir(parents=True)
    # What hypothesis leaves behind belongs to the results.
    os.chdir(folder)
    algorithm = ALGORITHMS[kind]
    began = time.monotonic()
    with Database(kind) as database_url, Server(binary, folder, database_url, algorithm) as server:
        generated, failures = run_schemathesis(server.base, folder, seed, arguments)
        wrong = [] if arguments else never_answered(folder, WITHOUT_SUCCESS[algorithm])
        operations, asked, refused = object_access.check(server.base, int(seed))
        wrong += [f"object access: {message}" for message in refused] + server.faults()
    for message in wrong:
        print(message)
    if generated < LEAST_CASES and not arguments:
        print(f"Only {generated} cases: at least {LEAST_CASES} are promised.")
        failures += 1
    failures += len(wrong)
    seconds = time.monotonic() - began
    line.write_text(
        f"{kind} {generated:,} cases, object access {operations} operations with {asked:,} requests, "
        f"{failures} failures ({seconds:.0f} s)\n"
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
