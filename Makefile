# Every target runs one script with the Node.js that set-up found or installed.
SHELL := /bin/sh
node  := sh scripts/with-node.sh node

.DEFAULT_GOAL := help
.PHONY: help setup doctor build check quick test test-cluster conformance soak model demo demo-picture bench docs schema sdks state-fixture release simulator clean env

help: ## Show this help
	@echo "make <target>, where target is one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{gsub(/[$$][$$]/, "$$", $$2); printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Bring what is missing: Node.js 22, dependencies, the Pulumi CLI, the build
	@$(node) scripts/setup.mjs

doctor: ## Say what this machine has, what is missing, and what each is for
	@$(node) scripts/doctor.mjs

build: ## Compile the package into dist/
	@$(node) scripts/setup.mjs --build

check: ## Lint, the direction of imports, formatting and types
	@$(node) scripts/test.mjs --checks

quick: ## The tests that start no engine, in under a minute
	@$(node) scripts/test.mjs --quick

test: ## Lint, types and all tests; the last line is "N passed, N failed" (ARGS=tests/sdk: those alone)
	@$(node) scripts/test.mjs $(ARGS)

test-cluster: ## Install every Kubernetes example on a real Kubernetes, on loopback; the last line is "N passed, N failed"
	@$(node) scripts/testCluster.mjs $(ARGS)

conformance: ## Hold the simulator to foreign clients and to its OpenAPI description, for as long as it takes
	@CONFORMANCE=full $(node) scripts/test.mjs tests/conformance

soak: ## Every kind of fault, and chaos from many seeds on the real engine (SEEDS=20; SEED=n tries one again)
	@SOAK=$(or $(SEEDS),20) $(node) scripts/test.mjs tests/engine/faults.test.ts tests/engine/chaos.test.ts

model: ## Random stacks, people and faults against the rules of whose an object is (SEEDS=20 STEPS=12; SEED=n STEP=m again)
	@MODEL_SEEDS=$(or $(SEEDS),20) MODEL_STEPS=$(or $(STEPS),12) $(node) scripts/test.mjs tests/model/$(TABLE)

demo: ## A real `pulumi up` of examples/quickstart against the simulator
	@$(node) scripts/demo.mjs

demo-picture: ## Draw docs/demo.svg from a real `make demo`
	@$(node) scripts/demoPicture.mjs

bench: ## Time this package and its plugin beside a plain dynamic provider (ARGS=--quick: three minutes)
	@$(node) scripts/bench.mjs $(ARGS)

docs: ## Guides and API reference as one web site, into site/ (not committed)
	@$(node) scripts/setup.mjs --build >&2
	@$(node) node_modules/typedoc/bin/typedoc

schema: ## Write the native plugin's schema anew from the SDK's types and doc comments
	@$(node) scripts/schema.mjs

sdks: ## Write the native plugin's SDKs by Pulumi's own generators, into sdks/ (not committed)
	@$(node) scripts/sdks.mjs $(ARGS)

state-fixture: ## Write the state of this version that all later ones are held to
	@eval "$$($(node) scripts/setup.mjs --env)" && node -r ts-node/register/transpile-only scripts/stateFixture.ts

release: ## Check and publish this version (ARGS=--dry-run: everything but publishing)
	@$(node) scripts/release.mjs $(ARGS)

simulator: ## Run the GitLab simulator until stopped (PORT=0 takes a free port)
	@$(node) scripts/setup.mjs --build >&2
	@$(node) dist/simulator/cli.js --port $(or $(PORT),0)

clean: ## Remove what was built in the checkout (the cache folder stays)
	@rm -rf dist coverage node_modules release sdks

env: ## Print shell lines that put that Node.js and Pulumi CLI on PATH: eval "$$(make -s env)"
	@$(node) scripts/setup.mjs --env
