# Everything that people and continuous integration call. `make run` and `make test` need nothing done before.

CARGO  ?= cargo
TARGET ?= $(or $(CARGO_TARGET_DIR),target)
DATA   ?= data
LISTEN ?= 127.0.0.1:8080

.DEFAULT_GOAL := help
.PHONY: help run dev ui build test soak bench audit sbom

help: ## Shows what there is.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

run: ## Builds and serves the demo at http://localhost:8080; data stay in ./data.
	@.ci/setup rust modules
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --workspace --bins
	@exec $(TARGET)/debug/kezhi serve --demo --data-dir $(DATA) --listen $(LISTEN)

dev: ## Serves with hot reload of the interface, on port 5173.
	@.ci/setup rust modules
	@$(CARGO) build --workspace --bins
	@trap 'kill 0' EXIT; \
	  $(TARGET)/debug/kezhi serve --demo --data-dir $(DATA) --listen $(LISTEN) & \
	  cd builder-ui && npm run --silent dev

# Built again only when a source of it is newer.
ui: builder-ui/dist/index.html ## Builds the interface into builder-ui/dist.

UI_SOURCES := $(shell find builder-ui/src builder-ui/public builder-ui/index.html builder-ui/vite.config.ts \
	builder-ui/package-lock.json templates/schema/entity.schema.json -type f 2>/dev/null)

builder-ui/dist/index.html: $(UI_SOURCES)
	@.ci/setup modules
	@cd builder-ui && npm run --silent build -- --logLevel warn
	@touch $@

build: ## One release binary with interface and templates inside: target/release/kezhi.
	@.ci/setup rust modules
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --release --workspace --bins

test: ## Every test: Rust, TypeScript, PostgreSQL, templates, browser.
	@.ci/setup rust modules postgres browser
	@.ci/suites test

soak: ## The long fault and race suites, bounded.
	@.ci/setup rust modules postgres
	@.ci/suites soak

bench: ## The performance table with its limits; BENCH="--write" renews docs/performance.md.
	@.ci/setup rust modules
	@$(MAKE) --no-print-directory ui
	@$(CARGO) build --release --workspace --bins
	@$(CARGO) bench --workspace --bench performance -- $(BENCH)

audit: ## Known weaknesses of every package, and 10,000 made-up requests (CASES=…).
	@.ci/setup rust modules python
	@$(CARGO) build --workspace --bins
	@.ci/audit $(CASES)

sbom: ## The list of materials, CycloneDX: make --silent sbom > kezhi.cdx.json
	@.ci/setup modules >&2
	@.ci/sbom
