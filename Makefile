# make build   bin/unoxuno, with everything embedded
# make demo    a whole invented town, on this machine
# make check   the one test command
# make lint    formatting, linters, generated code

SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

# One static file, for any Linux; only the race detector needs C.
export CGO_ENABLED := 0
tools := bin/tools
go_files := $(shell find cmd internal -name '*.go' -o -name '*.sql' -o -name '*.toml' -o -name '*.yaml' -o -name '*.html' -o -name '*.md' | grep -v node_modules)
rooms_with_sql := $(patsubst internal/%/sqlc.yaml,%,$(wildcard internal/*/sqlc.yaml))

.PHONY: build demo check lint generate assets postgres-stop clean bench bench-quick screenshots

build: bin/unoxuno

# npm waits for its registry while Go compiles the libraries.
MAKEFLAGS += --jobs=2

bin/unoxuno: $(go_files) internal/web/assets/dist/manifest.json bin/.libraries
	go build -trimpath -o $@ ./cmd/unoxuno

bin/.libraries: go.mod go.sum
	mkdir -p bin
	go list -deps -f '{{with .Module}}{{if not .Main}}{{$$.ImportPath}}{{end}}{{end}}' ./cmd/unoxuno | xargs go build -trimpath
	touch $@

# --- assets: npm packages are installed and bundled at build time, never committed

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

internal/web/assets/dist/manifest.json: node_modules/.installed $(shell find internal/web/assets -path '*/dist' -prune -o -type f -print)
	npm run --silent build

assets: internal/web/assets/dist/manifest.json

demo: bin/unoxuno
	./bin/unoxuno demo

# --- tests

# The race detector looks at our code and at the libraries, but for these: SQLite, which was C and takes a lock
# for each thing it does, and ciphers. They took more than half of its time.
unwatched := modernc.org/... golang.org/x/crypto/...
race := -race $(foreach package,$(unwatched),'-gcflags=$(package)=-race=false')

# The stories, the browser and the table of faults drive whole processes, which the race detector would only make slow:
# the same code runs under it in the rooms' own tests and in those of internal/app. The faults mostly wait: three at a time.
check: bin/unoxuno
	go vet ./...
	@if url=$$(scripts/test-postgres); then export UNOXUNO_TEST_POSTGRES_URL="$$url"; \
	else echo; echo '!!! POSTGRESQL IS NOT TESTED: its server is not on this machine (see above) !!!'; echo; \
		if [ -n "$${UNOXUNO_REQUIRE_POSTGRES:-}" ]; then exit 1; fi; fi; \
	CGO_ENABLED=1 go test $(race) -timeout 15m $$(go list ./... | grep -v -e /stories -e /browser -e '/bench$$') && \
	go test -timeout 15m -p 3 ./bench ./stories ./browser

# The pictures of the documents, from the running program.
screenshots: bin/unoxuno
	node scripts/screenshots.mjs

# Everything that docs/performance.md tells, measured on this machine: hours. It needs Postfix (smtp-sink, smtp-source),
# wrk and PostgreSQL's server, which it starts by itself; as root it also fills a disk. What lacks is said and left out.
bench: bin/unoxuno
	go run ./bench -tables docs/performance.md

# The same with small towns, in minutes: does everything still work, and is nobody lost.
bench-quick: bin/unoxuno
	go run ./bench -quick -results bin/bench-quick

postgres-stop:
	scripts/test-postgres stop

# --- code

$(tools)/.built: tools/go.mod tools/go.sum
	mkdir -p $(tools)
	cd tools && go build -o ../$(tools)/ tool
	touch $@

generate: $(tools)/.built node_modules/.installed
	$(tools)/templ generate -log-level error
	for room in $(rooms_with_sql); do $(tools)/sqlc generate -f internal/$$room/sqlc.yaml; done
	npm run --silent email
	go run ./internal/arch/rooms > docs/rooms.md
	node scripts/screenshots.mjs --list > docs/screenshots/README.md

lint: generate
	$(tools)/golangci-lint run
	$(tools)/golangci-lint fmt --diff
	go mod tidy -diff
	git diff --exit-code

clean:
	rm -rf bin node_modules internal/web/assets/dist/*
