# What there is to do here. `make` alone lists it. CARGO_TARGET_DIR is respected where it is set.
.DEFAULT_GOAL := help
.PHONY: help demo test e2e bench lint fmt ui openapi schema
export CARGO_TERM_COLOR ?= auto

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## From raw data to a model that answers in PRD: builds, starts a server, runs examples/flights
	@scripts/setup.sh build
	@scripts/demo.sh

test: ## Install what the tests miss, build, run all of them
	@scripts/test.sh

e2e: ## The studio in a real browser (Chromium)
	@scripts/e2e.sh

bench: ## Measure, in a release build, and print ratios
	@scripts/setup.sh build
	@scripts/bench.sh

lint: ## Formatting, clippy without warnings, ruff and eslint where they are
	@scripts/lint.sh

fmt: ## Format everything
	cargo fmt --all
	@if command -v ruff >/dev/null 2>&1; then ruff format .; fi

ui: ## Build the web page into ui/dist
	@scripts/ui.sh

openapi: ## Write openapi/ from the handlers
	UPDATE_OPENAPI=1 cargo test --package tidemill-http --test v1 the_committed_document_is_current

schema: ## Write the JSON Schemas of the YAML kinds into schemas/
	cargo run --quiet --package tidemill -- schema write --dir schemas
