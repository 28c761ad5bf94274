#!/usr/bin/env bash
# Generates clients from the OpenAPI document that a fresh `alis serve` serves, unchanged, with four
# generators that nobody here wrote, and lets a small program use each of them:
#
#   scripts/clients.sh                    all four
#   scripts/clients.sh python go          some of: typescript python go java
#
# ALIS_BIN names another program to start; by default the debug build, built first.
# The programs stand in tests/clients, and all do the same. What the generated code cannot do
# because of the document is mended in the document. Everything is generated, compiled and run in a
# temporary folder; tools from package registries stay in target/clients for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."

TOOLS=$PWD/target/clients
READY_SECONDS_MAX=120 # initdb, the migrations and the sample on a slow disk
STOP_SECONDS_MAX=45   # longer than the service's own patience with open requests
CLIENT_SECONDS_MAX=900 # to generate, compile and run one client on a busy machine

# Versions are fixed: another one generates other code, which is a change to look at.
OPENAPI_PYTHON_CLIENT=openapi-python-client==0.29.1
OPENAPI_GENERATOR=openapi-generator-cli==7.26.0
OPENAPI_TYPESCRIPT=(openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3)

main() {
    local wanted=("$@")
    [ "${#wanted[@]}" -gt 0 ] || wanted=(typescript python go java)
    local name
    for name in "${wanted[@]}"; do
        [ -d "tests/clients/$name" ] || {
            echo "usage: scripts/clients.sh [typescript] [python] [go] [java]" >&2
            exit 64 # EX_USAGE of sysexits.h
        }
    done
    mkdir -p "$TOOLS"
    install_tools "${wanted[@]}"
    if [ -z "${ALIS_BIN:-}" ]; then
        scripts/install-postgres.sh
        cargo build
        ALIS_BIN=target/debug/alis
    fi
    start_service
    fetch "$url/openapi.json" >"$scratch/openapi.json"
    local passed=0 failed=0
    for name in "${wanted[@]}"; do
        # Each program registers people of its own: HPR numbers that no real person has.
        first_hpr=$((999000800 + (passed + failed) * 10))
        if run_client "$name"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "clients.sh: the $name client failed, see above" >&2
        fi
    done
    stop_service
    echo "clients: $passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

install_tools() {
    local packages=() name
    for name in "$@"; do
        case "$name" in
        typescript) command -v npm >/dev/null || packages+=(nodejs npm) ;;
        python) python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv) ;;
        go) find_go >/dev/null || packages+=(golang-go) ;;
        java)
            command -v javac >/dev/null || packages+=(default-jdk-headless)
            [ -e "$ANNOTATIONS" ] || packages+=(libjakarta-annotation-api-java)
            ;;
        esac
    done
    # The generator of Go and Java runs on Java.
    case " $* " in *" go "*) command -v java >/dev/null || packages+=(default-jre-headless) ;; esac
    if [ "${#packages[@]}" -gt 0 ]; then
        echo "Installing ${packages[*]}"
        apt-get update -qq
        apt-get install -y -qq "${packages[@]}" >/dev/null
    fi
    case " $* " in *" python "*) pip_install python "$OPENAPI_PYTHON_CLIENT" ;; esac
    case " $* " in *" go "* | *" java "*) pip_install generator "$OPENAPI_GENERATOR" ;; esac
    case " $* " in
    *" typescript "*)
        if [ ! -e "$TOOLS/typescript/node_modules/.bin/openapi-typescript" ]; then
            mkdir -p "$TOOLS/typescript"
            npm install --silent --no-fund --no-audit --ignore-scripts \
                --prefix "$TOOLS/typescript" "${OPENAPI_TYPESCRIPT[@]}"
        fi
        ;;
    esac
}

# pip_install FOLDER REQUIREMENT: an environment that holds what is named, and nothing older.
pip_install() {
    [ "$(cat "$TOOLS/$1/installed" 2>/dev/null)" = "$2" ] && return
    rm -rf "${TOOLS:?}/$1"
    python3 -m venv "$TOOLS/$1"
    "$TOOLS/$1/bin/pip" install --quiet --disable-pip-version-check "$2"
    echo "$2" >"$TOOLS/$1/installed"
}

ANNOTATIONS=/usr/share/java/jakarta-annotation-api.jar

# Debian calls the program of a version of Go by its folder only.
find_go() {
    command -v go || ls /usr/lib/go-*/bin/go 2>/dev/null | sort -V | tail -n 1 | grep .
}

generator_jar() {
    ls "$TOOLS"/generator/lib/python3*/site-packages/openapi_generator_cli/openapi-generator.jar
}

# generate GENERATOR PROPERTIES: with the generator of Go and Java.
generate() {
    java -jar "$(generator_jar)" generate --generator-name "$1" --additional-properties "$2" \
        --input-spec "$scratch/openapi.json" --output "$work/generated" "${@:3}" \
        >"$work/generate.log" 2>&1 || { tail -n 30 "$work/generate.log" >&2; return 1; }
}

# run_client NAME: in a shell of its own, so that the first step that fails ends it.
run_client() {
    work=$scratch/$1
    cp -r "tests/clients/$1" "$work"
    export ALIS_URL=$url ALIS_TOKEN=$token ALIS_FIRST_HPR=$first_hpr
    # No proxy of the environment: the service is on this machine.
    export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
    export work scratch TOOLS ANNOTATIONS
    export -f client_typescript client_python client_go client_java generate generator_jar find_go
    echo "== $1"
    timeout "$CLIENT_SECONDS_MAX" bash -euo pipefail -c "cd '$work' && client_$1"
}

client_typescript() {
    ln -s "$TOOLS/typescript/node_modules" node_modules
    node_modules/.bin/openapi-typescript "$scratch/openapi.json" --output api.ts >/dev/null
    node_modules/.bin/tsc
    node program.js
}

client_python() {
    "$TOOLS/python/bin/openapi-python-client" generate --path "$scratch/openapi.json" \
        --config config.yaml --meta none --output-path alis_client >generate.log 2>&1 || {
        cat generate.log >&2
        return 1
    }
    # Whatever it left out because it did not understand the document.
    if grep -E "^(WARNING|ERROR)" generate.log >&2; then return 1; fi
    "$TOOLS/python/bin/python" program.py
}

client_go() {
    generate go packageName=alis,withGoMod=false,enumClassPrefix=true
    local go
    go=$(find_go)
    mkdir -p alis && mv generated/*.go alis/
    GOFLAGS=-mod=mod GOPROXY=off GOCACHE="$work/cache" "$go" run .
}

client_java() {
    generate java openApiNullable=false,useJakartaEe=true,hideGenerationTimestamp=true,useSingleRequestParameter=true \
        --library native
    # Jackson is what the generated code reads JSON with; the generator brings it along.
    local classpath
    classpath=$(generator_jar):$ANNOTATIONS
    mkdir classes
    find generated/src/main/java -name '*.java' >sources
    javac -nowarn -d classes -cp "$classpath" @sources Program.java
    java -cp "classes:$classpath" Program
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
    port=$(python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    url=http://127.0.0.1:$port
    NO_COLOR=1 "$ALIS_BIN" serve --listen "127.0.0.1:$port" --data-dir "$scratch/data" \
        >"$scratch/service.log" 2>&1 &
    service=$!
    await "the service to be ready" fetch "$url/health/ready"
    await "the sample to be loaded" test -e "$scratch/data/sample.loaded"
    token=$("$ALIS_BIN" token --as loader --data-dir "$scratch/data")
}

# await WHAT COMMAND...: waits until the command succeeds, and while the service lives.
await() {
    local deadline=$((SECONDS + READY_SECONDS_MAX))
    until "${@:2}" >/dev/null; do
        if ! kill -0 "$service" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            echo "clients.sh: waited in vain for $1; the end of the service's log:" >&2
            tail -n 20 "$scratch/service.log" >&2
            exit 1
        fi
        sleep 0.2
    done
}

fetch() {
    python3 - "$1" 2>/dev/null <<'PY'
import sys, urllib.request
# No proxy of the environment: the service is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.stdout.buffer.write(opener.open(sys.argv[1], timeout=30).read())
PY
}

stop_service() {
    kill -TERM "$service" 2>/dev/null || return 0
    local deadline=$((SECONDS + STOP_SECONDS_MAX))
    while kill -0 "$service" 2>/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || { kill -KILL "$service"; break; }
        sleep 0.2
    done
    wait "$service" 2>/dev/null || true
    service=
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
main "$@"
