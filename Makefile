# What a contributor does, by name. `make` alone lists it.
# Arguments for the program under it: make run ARGS="serve --bind 127.0.0.1:9000", make test ARGS="-p healthcore-http".

CARGO ?= cargo
ARGS ?=

export HEALTHCORE_TEST_PG_BIN HEALTHCORE_TEST_POSTGRES_URL

.DEFAULT_GOAL := help
.PHONY: help run build release check test test-unit test-postgres fmt doc deps-check audit clean tools postgres

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: tools ## Start the server on 127.0.0.1:8000, with SQLite and no set-up
	@$(CARGO) run -- $(ARGS)

build: tools ## Build everything for development
	$(CARGO) build --workspace --all-features

release: tools ## Build the optimized binary target/release/healthcore
	$(CARGO) build --release

check: tools ## Format, lints, documentation, dependency rules, each database alone
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --all-features --no-deps
	$(CARGO) check -p healthcore-server --no-default-features --features sqlite
	$(CARGO) check -p healthcore-server --no-default-features --features postgres
	$(CARGO) test -q -p healthcore-tests --test architecture

test: tools postgres ## Run all tests on SQLite and on a PostgreSQL of their own
	@scripts/test.sh $(or $(ARGS),--workspace)

test-unit: tools ## Run the unit tests, without any database server
	$(CARGO) test --workspace --all-features --lib $(ARGS)

test-postgres: tools postgres ## Run the repository contracts and the server for tests only
	@scripts/test.sh -p healthcore-testkit -p healthcore-persistence $(ARGS)

fmt: ## Format the code
	$(CARGO) fmt --all

doc: tools ## Build the documentation of all crates and open it
	$(CARGO) doc --workspace --all-features --no-deps --open

deps-check: tools ## Check which crate uses which, and the size of files
	$(CARGO) test -q -p healthcore-tests --test architecture

audit: ## Check licenses, advisories and sources of all dependencies (cargo-deny)
	@command -v cargo-deny >/dev/null || { echo "cargo install --locked cargo-deny" >&2; exit 1; }
	$(CARGO) deny --all-features check

clean: ## Remove everything that was built
	$(CARGO) clean

tools:
	@scripts/ensure-tools.sh

postgres:
	@scripts/ensure-postgres.sh
