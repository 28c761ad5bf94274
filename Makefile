# Short names for this project's commands; each does what its one or two lines say.
#
# Needed: GNU make, the Rust toolchain named in rust-toolchain.toml, a C compiler and linker (the
# cryptography library has C and assembly in it), and PostgreSQL's server programs, which
# scripts/install-postgres.sh installs when they are missing.

.DEFAULT_GOAL := help
.PHONY: help run test check generate examples clients fuzz schemathesis bench toolchain postgres test-postgres

# rustup puts cargo where login shells look and almost nobody else does.
export PATH := $(PATH):$(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin

# Further arguments of the program or the test runner: make test ARGS='position -- --nocapture'
ARGS ?=
# Seconds that `make fuzz` gives each parser.
FUZZ_SECONDS ?= 20
# Which generated clients to use: typescript python go java, by default all.
CLIENTS ?=
# How long the fuzzer of the API may take: ci (about 4 minutes) or full (about an hour).
SCHEMATHESIS_BUDGET ?= ci

help: ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24

run: toolchain postgres ## Start the service on 127.0.0.1:8080 with a private PostgreSQL.
	@cargo build
	@cargo run --quiet -- serve $(ARGS)

test: toolchain test-postgres ## Run every test of every crate.
	cargo test --workspace $(ARGS)

check: toolchain ## Check formatting, lints and documentation.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

generate: toolchain ## Rewrite openapi/ and docs/errors.md from the code.
	cargo run --quiet -- openapi --write

examples: toolchain test-postgres ## Record anew what tests ask and are answered, for the document.
	ALIS_RECORD_EXAMPLES=1 cargo test --test it $(ARGS)
	cargo run --quiet -- openapi --write

clients: toolchain ## Generate clients from the document with four generators, and use them.
	scripts/clients.sh $(CLIENTS)

fuzz: toolchain ## Fuzz every parser of bytes from outside, for a bounded time.
	scripts/fuzz.sh $(FUZZ_SECONDS)

schemathesis: toolchain ## Fuzz a fresh service against its OpenAPI document.
	scripts/schemathesis.sh $(SCHEMATHESIS_BUDGET)

bench: toolchain postgres ## Run the benchmark programs (an optimised build).
	cargo bench --bench '*' $(ARGS)

toolchain:
	@command -v cargo >/dev/null || { \
	  echo "There is no Rust toolchain here: install one with rustup, then try again." >&2; \
	  exit 69; }
	@command -v cc >/dev/null || { \
	  echo "There is no C compiler and linker (cc) here, which cargo needs. On Debian and Ubuntu:" \
	    "apt-get install gcc libc6-dev; on macOS: xcode-select --install" >&2; \
	  exit 69; }

# A database named by the caller makes a private one unnecessary.
postgres:
	@[ -n "$$DATABASE_URL" ] || scripts/install-postgres.sh

test-postgres:
	@[ -n "$$TEST_DATABASE_URL" ] || scripts/install-postgres.sh
