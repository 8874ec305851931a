# Two commands do everything: `make run` and `make test`. What this machine lacks is installed on Debian and Ubuntu when run as
# root, and otherwise named together with the command that installs it.

.PHONY: run test check rust-test web-test e2e bench fuzz web setup setup-test format clean

PORT ?= 8080
export CARGO_TERM_COLOR ?= auto

## Start the demonstration: synthetic people and studies, on this machine only.
run: setup web
	cargo run --release --quiet -- demo --port $(PORT)

## Everything that proves this works: format, lints, both databases, web client, browsers.
test: setup-test web check rust-test web-test e2e

## Format and lints.
check: setup web/node_modules/.stamp
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	cd web && npm run --silent check

## Tests of functions by themselves are compiled without optimisation, which would take minutes and save seconds.
rust-test: setup-test web
	REQUIRE_WEB=1 CARGO_PROFILE_DEV_OPT_LEVEL=0 cargo test --quiet --lib
	REQUIRE_WEB=1 cargo test --quiet --bins --examples --test it

web-test: web/node_modules/.stamp
	cd web && npm run --silent test

## The walkthroughs in real browsers (web/e2e), against the program that rust-test has built.
e2e: setup-test web
	REQUIRE_WEB=1 cargo test --quiet --no-run --test it
	cd web && npm run --silent e2e

## Figures, against real peers in the same run. ONLY=render|import|sfu|viewing|start|net runs a part.
bench: setup web
	@scripts/need.sh bench test badnet
	REQUIRE_WEB=1 cargo bench --bench bench -- $(ONLY)

## Hostile bytes for every parser: FUZZ_SECONDS (60) each, and a finding fails.
fuzz: setup
	scripts/fuzz.sh $(ONLY)

## The web client, when its sources are newer than what was built.
web: web/dist/join.html

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/test-results -prune \
	-o -type f \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.html' -o -name '*.json' -o -name '*.svg' \
	-o -name '*.js' -o -name '*.mjs' \) -print)

web/dist/join.html: web/node_modules/.stamp $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

web/node_modules/.stamp: web/package-lock.json
	@scripts/need.sh web
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

setup:
	@scripts/need.sh build

setup-test: tests/peers/oidc/node_modules/.stamp tests/peers/mail/node_modules/.stamp tests/peers/mail/.venv/.stamp \
	tests/peers/schemathesis/.venv/.stamp
	@scripts/need.sh build test

tests/peers/oidc/node_modules/.stamp: tests/peers/oidc/package-lock.json
	@scripts/need.sh web
	cd tests/peers/oidc && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

tests/peers/mail/node_modules/.stamp: tests/peers/mail/package-lock.json
	@scripts/need.sh web
	cd tests/peers/mail && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

tests/peers/%/.venv/.stamp: tests/peers/%/requirements.txt
	@scripts/need.sh test
	python3 -m venv tests/peers/$*/.venv
	tests/peers/$*/.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

format:
	cargo fmt
	cd web && npm run --silent format

clean:
	rm -rf target web/dist web/node_modules
