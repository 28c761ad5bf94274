#!/usr/bin/env bash
# Fuzzes a fresh `alis serve` against the OpenAPI document it serves, with Schemathesis.
#
#   scripts/schemathesis.sh ci      about 4 minutes, the same cases every time: for the gate
#   scripts/schemathesis.sh full    about an hour, new cases every time: before a release
#
# Further arguments go to Schemathesis: `ci --include-path /v1/positions --phases stateful`.
#
# ALIS_BIN names another program to start; by default the debug build, built first.
# What Schemathesis checks and why stands in schemathesis.toml. Its report and the service's log
# stay in target/schemathesis.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=target/schemathesis-venv
OUT=target/schemathesis
READY_SECONDS_MAX=60 # initdb and the migrations on a slow disk
STOP_SECONDS_MAX=45  # longer than the service's own patience with open requests
FUZZ_SECONDS_MAX=1200 # of `ci`, on a machine that is busy with other things

case "${1:-ci}" in
ci) budget=(--seed 1) seconds_max=$FUZZ_SECONDS_MAX ;;
full) budget=(--max-examples 300 --max-time 3600) seconds_max=5400 ;;
*)
    echo "usage: scripts/schemathesis.sh [ci|full] [ARGUMENT...]" >&2
    exit 64 # EX_USAGE of sysexits.h
    ;;
esac
budget+=("${@:2}")

main() {
    install_schemathesis
    if [ -z "${ALIS_BIN:-}" ]; then
        scripts/install-postgres.sh
        cargo build
        ALIS_BIN=target/debug/alis
    fi
    rm -rf "$OUT" && mkdir -p "$OUT"
    start_service
    local fuzzing=passed
    fuzz || fuzzing=failed
    kill -0 "$service" 2>/dev/null || complain "the service ended while it was fuzzed"
    stop_service
    [ "$fuzzing" = passed ] || complain "Schemathesis found failures, see above"
    check_report
    check_log
    [ "${#complaints[@]}" -eq 0 ] || exit 1
    echo "Schemathesis found nothing to mend."
}

install_schemathesis() {
    # A copy of the list inside the environment tells whether what is installed is what is listed.
    cmp -s scripts/schemathesis-requirements.txt "$VENV/installed.txt" && return
    rm -rf "$VENV"
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' || {
        echo "Schemathesis needs Python 3.10 or newer with its venv module" \
            "(on Debian and Ubuntu: apt-get install python3-venv)." >&2
        exit 69 # EX_UNAVAILABLE
    }
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --disable-pip-version-check \
        --requirement scripts/schemathesis-requirements.txt
    cp scripts/schemathesis-requirements.txt "$VENV/installed.txt"
}

# Starts the service on a free port, with a data directory that nobody has used before.
start_service() {
    # The caller's own settings must not reach it: they may name a database with real people in it.
    local name
    for name in DATABASE_URL "${!ALIS_@}"; do
        [ "$name" = ALIS_BIN ] || unset "$name"
    done
    scratch=$(mktemp -d)
    # Run by root, the private PostgreSQL has an account of its own, which must get to its data.
    chmod 711 "$scratch"
    local port
    port=$("$VENV/bin/python" -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    url=http://127.0.0.1:$port
    # A log without colours is one that can be searched.
    NO_COLOR=1 "$ALIS_BIN" serve --listen "127.0.0.1:$port" --data-dir "$scratch/data" \
        >"$OUT/service.log" 2>&1 &
    service=$!
    await "the service to be ready" answers_200 "$url/health/ready"
    await "the sample to be loaded" test -e "$scratch/data/sample.loaded"
    SCHEMATHESIS_TOKEN=$(token)
    export SCHEMATHESIS_TOKEN
    fill_register
}

# The bearer token that everything here calls with.
token() {
    "$ALIS_BIN" token --as loader --data-dir "$scratch/data"
}

# Records what the fuzzer is to find, beside the sample.
fill_register() {
    export SCHEMATHESIS_WORLD=$OUT/world.ndjson
    python3 scripts/schemathesis_world.py >"$scratch/world.ndjson"
    ALIS_TOKEN=$SCHEMATHESIS_TOKEN "$ALIS_BIN" import "$scratch/world.ndjson" --url "$url" \
        --report "$SCHEMATHESIS_WORLD" >"$OUT/import.log" 2>&1 || {
        complain "the register could not be filled; the end of $OUT/import.log:"
        tail -n 20 "$OUT/import.log" >&2
        exit 1
    }
}

# await WHAT COMMAND...: waits until the command succeeds, and while the service lives.
await() {
    local deadline=$((SECONDS + READY_SECONDS_MAX))
    until "${@:2}"; do
        if ! kill -0 "$service" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            complain "waited in vain for $1; the end of the service's log:"
            tail -n 20 "$OUT/service.log" >&2
            exit 1
        fi
        sleep 0.2
    done
}

answers_200() {
    "$VENV/bin/python" - "$1" 2>/dev/null <<'PY'
import sys, urllib.request
# No proxy of the environment: the service is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.exit(opener.open(sys.argv[1], timeout=5).status != 200)
PY
}

fuzz() {
    NO_PROXY=127.0.0.1 timeout "$seconds_max" "$VENV/bin/schemathesis" --config-file schemathesis.toml \
        run "$url/openapi.json" --checks all --phases examples,coverage,fuzzing,stateful \
        --report json,junit --report-dir "$OUT" \
        --report-json-path "$OUT/report.json" --report-junit-path "$OUT/junit.xml" \
        "${budget[@]}"
}

stop_service() {
    kill -TERM "$service" 2>/dev/null || return 0
    local deadline=$((SECONDS + STOP_SECONDS_MAX))
    while kill -0 "$service" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            complain "the service did not stop within $STOP_SECONDS_MAX seconds of SIGTERM"
            kill -KILL "$service"
            break
        fi
        sleep 0.2
    done
    wait "$service" 2>/dev/null || true
    service=
}

# A run that stopped at its time limit before it had tried every operation proves too little.
check_report() {
    "$VENV/bin/python" - "$OUT/report.json" <<'PY' || complain "Schemathesis did not get through"
import json, sys
report = json.load(open(sys.argv[1]))
operations, phases = report["operations"], report["phases"]
print("Operations:", ", ".join(f"{count} {kind}" for kind, count in operations.items()
                               if kind != "skip_reasons"))
for name, phase in phases.items():
    print(f"Phase {name}: {phase['status']}", phase["skip_reason"] or "")
untried = operations["selected"] != operations["tested"]
skipped = [name for name, phase in phases.items() if phase["status"] == "skip"]
sys.exit(untried or bool(skipped))
PY
}

# A failure that no answer showed is still one: a projection that stopped, a task that panicked.
check_log() {
    local errors='^[^ ]+ +ERROR |"level":"ERROR"|panicked at '
    grep -qE "$errors" "$OUT/service.log" || return 0
    complain "the service logged errors ($OUT/service.log), the first of them:"
    grep -E "$errors" "$OUT/service.log" | head -n 20 >&2
}

complaints=()
complain() {
    complaints+=("$1")
    echo "schemathesis.sh: $1" >&2
}

service=
scratch=
clean_up() {
    [ -z "$service" ] || stop_service
    [ -z "$scratch" ] || rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
main
