"""Holds a running server against its own OpenAPI document, on one database.

    run.py BINARY FOLDER sqlite|postgres SEED [ARGUMENTS FOR SCHEMATHESIS…]

Starts the server on a free port with a database of its own, runs schemathesis and the checks of object_access.py
against it, stops it, and writes one line to FOLDER/<database>.txt. The exit code is 1 when anything failed.
"""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

import object_access

HERE = Path(__file__).resolve().parent
PASSWORD = "correct-horse-battery-staple"
# What the project promises for each database.
LEAST_CASES = 5_000
START_SECONDS = 60
STOP_SECONDS = 20
# More than twice what it takes on two cores.
SCHEMATHESIS_SECONDS = 600


class Server:
    """The server under test. It ends with the block."""

    def __init__(self, binary, folder, database_url):
        self.log = folder / "server.log"
        own = ("HEALTHCORE_", "DATABASE_", "POSTGRES_", "DB_", "JWT_", "SECRET_", "DJANGO_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        environment |= {
            # Thousands of requests a minute come from one address, and hundreds of passwords.
            "HEALTHCORE__LIMITS__ENABLED": "false",
            "HEALTHCORE__AUTH__PASSWORD_COST": "4",
            "HEALTHCORE__LOG__LEVEL": "warn",
            "HEALTHCORE_DATA_DIR": str(folder / "data"),
        }
        if database_url:
            environment["DATABASE_URL"] = database_url
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--bind", "127.0.0.1:0"], cwd=folder, env=environment, stdout=log, stderr=log
            )
        self.base = self.address()

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
    logins = []
    for name in ["ann", "ben"]:
        body = {"username": name, "password": PASSWORD, "name": name.title()}
        requests.post(f"{base}/api/auth/register/", json=body, timeout=10).raise_for_status()
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
            "payloadRaw": json.dumps({"username": name, "password": PASSWORD}),
            "token": token,
        }
        logins.append({"name": name, "loginEndpointAuth": login})
    path = folder / "users.json"
    path.write_text(json.dumps({"auth": logins}))
    return path


def run_schemathesis(base, folder, seed, arguments):
    """How many cases were tried, and how many failed."""
    # A report that an earlier run has left says nothing of this one.
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [
        *[sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")],
        *["run", f"{base}/openapi.json", f"--seed={seed}", "--no-color"],
        *["--report=junit", f"--report-junit-path={report}", *arguments],
    ]
    environment = os.environ | {"CONTRACT_USERS": str(make_users(base, folder)), "PYTHONPATH": str(HERE)}
    process = subprocess.Popen(
        command, cwd=HERE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = []
    try:
        with open(folder / "schemathesis.log", "w") as log:
            for line in process.stdout:
                log.write(line)
                print(line, end="", flush=True)
                output.append(line)
        code = process.wait()
    finally:
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


def main():
    binary, folder, kind, seed, *arguments = sys.argv[1:]
    line = Path(folder) / f"{kind}.txt"
    line.unlink(missing_ok=True)
    folder = Path(folder) / kind
    folder.mkdir(parents=True)
    began = time.monotonic()
    with Database(kind) as database_url, Server(binary, folder, database_url) as server:
        cases, failures = run_schemathesis(server.base, folder, seed, arguments)
        asked, wrong = object_access.check(server.base, int(seed))
    for message in wrong:
        print(f"object access: {message}")
    cases += asked
    failures += len(wrong)
    if cases < LEAST_CASES and not arguments:
        print(f"Only {cases} cases: at least {LEAST_CASES} are promised.")
        failures += 1
    line.write_text(f"{kind} {cases:,} cases, {failures} failures ({time.monotonic() - began:.0f} s)\n")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
