# What a contributor does, by name. `make` alone lists it.
# Arguments for the program under it: make run ARGS="serve --bind 127.0.0.1:9000", make test ARGS="-p healthcore-http".

CARGO ?= cargo
ARGS ?=
# PGO=1 makes a release for what it runs most often: it takes twice as long, wrk and PostgreSQL. For release, deb and bench.
PGO ?= 0
# The feature that the other targets leave out: it compiles OpenSSL, which takes perl and a minute.
TLS = --features healthcore-persistence/postgres-tls,healthcore-server/postgres-tls

export HEALTHCORE_TEST_PG_BIN HEALTHCORE_TEST_POSTGRES_URL PGO

.DEFAULT_GOAL := help
.PHONY: help run build release check test test-unit test-postgres test-tls test-load test-otel test-clients test-deb deb clients fmt doc deps-check audit fuzz test-contract test-browser bench clean tools tools-openssl postgres

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: tools ## Start the server on 127.0.0.1:8000, with SQLite and no set-up
	@$(CARGO) run -- $(ARGS)

build: tools ## Build everything for development
	$(CARGO) build --workspace

release: tools-openssl ## Build the optimized binary target/release/healthcore, with TLS to PostgreSQL; PGO=1: faster still
	@CARGO="$(CARGO)" scripts/release.sh --features postgres-tls

check: tools ## Format, lints, documentation, dependency rules, each database alone
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps
	$(CARGO) check -p healthcore-server --no-default-features --features sqlite
	$(CARGO) check -p healthcore-server --no-default-features --features postgres
	$(CARGO) test -q -p healthcore-tests --test architecture

test: tools postgres ## Run all tests on SQLite and on a PostgreSQL of their own
	@scripts/test.sh $(or $(ARGS),--workspace)

test-unit: tools ## Run the unit tests, without any database server
	$(CARGO) test --workspace --lib $(ARGS)

test-postgres: tools postgres ## Run the repository contracts and the server for tests only
	@scripts/test.sh -p healthcore-testkit -p healthcore-persistence $(ARGS)

test-tls: tools-openssl postgres ## Run the lints and tests of TLS to PostgreSQL (compiles OpenSSL)
	$(CARGO) clippy -p healthcore-persistence -p healthcore-server --all-targets $(TLS) -- -D warnings
	@scripts/test.sh -p healthcore-persistence -p healthcore-server $(TLS) --lib --test postgres_tls $(ARGS)

test-load: tools postgres ## Measure what load does to others; the machine must have nothing else to do
	@scripts/test.sh -p healthcore-tests --test hardening -- --ignored --nocapture --test-threads=1 reads_stay_quick takes_the_same_time

test-otel: tools ## Run the lints and tests of the feature `otel` (OpenTelemetry)
	$(CARGO) clippy -p healthcore-server --all-targets --features otel -- -D warnings
	$(CARGO) test -p healthcore-server --features otel --test traces $(ARGS)

test-clients: tools ## Make clients by openapi-typescript and openapi-python-client, and have them talk to a server
	@CARGO="$(CARGO)" scripts/test-clients.sh

test-deb: tools ## Make the Debian package, install it, start it, remove it (takes root)
	@CARGO="$(CARGO)" scripts/test-deb.sh

deb: release ## Make a Debian package, in target/debian
	@CARGO="$(CARGO)" scripts/deb.sh

clients: tools ## Write docs/openapi.json and docs/clients anew
	@mkdir -p docs/clients
	$(CARGO) run -q -p healthcore-server -- openapi --format json > docs/openapi.json
	$(CARGO) run -q -p healthcore-server -- openapi --format postman > docs/clients/healthcore.postman_collection.json
	$(CARGO) run -q -p healthcore-server -- openapi --format http > docs/clients/healthcore.http

fmt: ## Format the code
	$(CARGO) fmt --all

doc: tools ## Build the documentation of all crates and open it
	$(CARGO) doc --workspace --no-deps --open

deps-check: tools ## Check which crate uses which, and the size of files
	$(CARGO) test -q -p healthcore-tests --test architecture

audit: tools ## Check licenses, advisories and sources of all dependencies (cargo-deny, installed by this)
	@CARGO="$(CARGO)" scripts/audit.sh

fuzz: tools ## Look for inputs that break a parser (libFuzzer), FUZZ_SECONDS=60 for each target
	@scripts/fuzz.sh $(ARGS)

test-contract: tools postgres ## Hold the server against its OpenAPI document (schemathesis, installed by this), both databases
	@scripts/test-contract.sh $(ARGS)

test-browser: tools postgres ## Use the admin panel in a real Chromium (installed by this), both databases
	@scripts/test-browser.sh $(ARGS)

bench: tools postgres ## Measure under load beside pgbench and write docs/performance.md; ARGS=growth, overload, flood, audit
	@CARGO="$(CARGO)" benches/compare.sh $(ARGS)

clean: ## Remove everything that was built
	$(CARGO) clean

tools:
	@scripts/ensure-tools.sh

tools-openssl:
	@scripts/ensure-tools.sh openssl

postgres:
	@scripts/ensure-postgres.sh
