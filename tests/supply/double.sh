#!/usr/bin/env bash
# A release twice, in two folders of different names and nothing shared between them, and the same bytes both times: whoever
# builds it can tell that a program on a PC is made of these sources. Says the size of each program, stripped.
# By hand, not in CI: two optimised builds of everything take longer than all other proofs.
# usage: tests/supply/double.sh [linux|windows] [PROGRAM…]   default: linux koff-collect koff-analyze; what is committed is built
set -euo pipefail
cd "$(dirname "$0")/../.."
system=${1:-linux}
shift $(($# > 0))
[ $# -gt 0 ] || set -- koff-collect koff-analyze
# Both builds are of one commit, whatever is committed meanwhile.
commit=$(git rev-parse HEAD)
stamp=$(git log -1 --format=%ct "$commit")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # FOLDER PROGRAM…: the programs of that system into FOLDER/out
    local folder=$1
    shift
    mkdir -p "$folder/out"
    git archive "$commit" | tar -x -C "$folder"
    (
        cd "$folder"
        unset CARGO_TARGET_DIR
        if [ "$system" = windows ]; then
            asked=()
            for program in "$@"; do [ "$program" = koff-collect ] || asked+=(-p "$program" --bin "$program"); done
            tests/windows/build.sh "${asked[@]}"
            cp target/windows/*.exe out
        else
            # The folder of the crates is not in the program. That of the project is named nowhere, and must not be here:
            # what Cargo calls things by, and so their order in the program, depends on the flags.
            # A library in C notes the moment at which it was compiled, unless it is told one.
            export SOURCE_DATE_EPOCH=$stamp
            export CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
            for program in "$@"; do
                cargo build --quiet --locked --release -p "$program" --bin "$program"
                cp "target/release/$program" out
            done
        fi
    )
}
build "$work/one" "$@"
build "$work/another/place with a blank" "$@"
for first in "$work/one/out/"*; do
    name=$(basename "$first")
    cmp "$first" "$work/another/place with a blank/out/$name" || { echo "FAILED: $name depends on the folder"; exit 1; }
    if grep -aqF "$work" "$first"; then echo "FAILED: $name names the folder in which it was built"; exit 1; fi
    echo "$name: the same $(stat -c %s "$first") bytes twice"
done
