#!/usr/bin/env bash
# Fuzzes every parser of bytes from outside, with cargo-fuzz: the programs in fuzz/fuzz_targets.
#
#   scripts/fuzz.sh              20 seconds each
#   scripts/fuzz.sh 3600         an hour each
#   scripts/fuzz.sh 60 tokens    a minute of this one; more may be named
#
# What is asked of a parser stands in fuzz/src. Inputs that lead somewhere new stay in
# target/fuzz/found for the next run and are not checked in; an input that broke something stays in
# target/fuzz/broken. Beside Rust it takes a C++ compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
# The fuzzer's switches of the compiler are those of nightly toolchains; this lets ours take them.
export RUSTC_BOOTSTRAP=1

CARGO_FUZZ_VERSION=0.13.2
OUT=target/fuzz
SECONDS_DEFAULT=20
BYTES_MAX=4096       # of an input: parsers refuse what is longer, or do more of the same
MEMORY_MB_MAX=1024   # of a program
INPUT_SECONDS_MAX=10 # for one input
# The service is safe Rust, which gives the address sanitizer nothing to find of ours;
# FUZZ_SANITIZER=address has it watch what others wrote, in a build of its own.
SANITIZER=${FUZZ_SANITIZER:-none}

seconds=${1:-$SECONDS_DEFAULT}
case "$seconds" in
"" | 0 | *[!0-9]*)
    echo "usage: scripts/fuzz.sh [SECONDS_PER_TARGET] [TARGET...]" >&2
    exit 64 # EX_USAGE of sysexits.h
    ;;
esac

main() {
    install_cargo_fuzz
    cargo fuzz build --sanitizer "$SANITIZER"
    local targets=("$@") target broken=()
    [ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
    for target in "${targets[@]}"; do
        fuzz "$target" || broken+=("$target")
    done
    if [ "${#broken[@]}" -gt 0 ]; then
        echo "fuzz.sh: broken: ${broken[*]}" >&2
        exit 1
    fi
    echo "The fuzzer found nothing to mend in ${#targets[@]} parsers, $seconds seconds each."
}

install_cargo_fuzz() {
    if ! command -v c++ >/dev/null; then
        echo "The fuzzer needs a C++ compiler (on Debian and Ubuntu: apt-get install g++)." >&2
        exit 69 # EX_UNAVAILABLE
    fi
    cargo fuzz --version 2>/dev/null || CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked --debug --quiet
}

# Runs one program for its time. Its log is shown when it ends badly, with the way back to it.
fuzz() {
    local target=$1 found=$OUT/found/$1 broken=$OUT/broken/$1 log=$OUT/$1.log
    mkdir -p "$found" "$broken"
    local options=(-max_total_time="$seconds" -max_len="$BYTES_MAX" -rss_limit_mb="$MEMORY_MB_MAX"
        -timeout="$INPUT_SECONDS_MAX" -artifact_prefix="$broken/" -print_final_stats=1)
    local words=fuzz/dictionaries/$target
    [ ! -e "$words" ] || options+=(-dict="$words")
    if cargo fuzz run --sanitizer "$SANITIZER" "$target" "$found" "fuzz/seeds/$target" \
        -- "${options[@]}" >"$log" 2>&1; then
        awk -v target="$target" '/cov: /{cov=$0} /number_of_executed_units/{count=$2}
            END{match(cov, /cov: [0-9]+/); printf "%-14s %9d inputs, %s\n", target, count,
                substr(cov, RSTART, RLENGTH)}' "$log"
        return
    fi
    grep -A 4 'panicked at' "$log" | grep -vE '^stack backtrace|^note: |^ +[0-9]+: ' >&2 ||
        tail -n 20 "$log" >&2
    local input
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    {
        echo "fuzz.sh: $target ended badly; its log is $log"
        [ -z "$input" ] || echo "Input: $input. To see it again:" \
            "RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer $SANITIZER $target $input"
    } >&2
    return 1
}

main "${@:2}"
