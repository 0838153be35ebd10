#!/usr/bin/env bash
# Fuzzes the parsers one after another: tests/fuzz/run.sh [SECONDS] [TARGET…] (600 seconds each, all targets). Works on a
# stable toolchain. Corpora and findings stay in target/fuzz; a finding ends the run, and belongs into tests/fuzz/seeds.
# Needs cargo-fuzz (`cargo install cargo-fuzz`) and a C++ compiler.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-600}
shift || true
out=$(realpath ../..)/target/fuzz
command -v cargo-fuzz >/dev/null || { echo "tests/fuzz/run.sh: cargo-fuzz is missing: cargo install cargo-fuzz"; exit 1; }
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(sed -n 's/^    ("\([a-z0-9]*\)", .*/\1/p' src/lib.rs)

# Plain SanitizerCoverage needs nothing unstable; memory errors are no concern of safe Rust.
cargo fuzz build --fuzz-dir . --sanitizer none --target-dir "$out"
host=$(rustc -vV | sed -n 's/^host: //p')
KOFF_FUZZ_CORPUS=$out/corpus cargo test --quiet --manifest-path ../../Cargo.toml -p koff-analyze --test fuzz every_target_takes_its_seeds

for target in "${targets[@]}"; do
    mkdir -p "$out/findings/$target"
    echo "==> $target for $seconds seconds"
    "$out/$host/release/$target" "$out/corpus/$target" -max_total_time="$seconds" -max_len=65536 -timeout=20 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$out/findings/$target/" 2>&1 |
        grep -E 'INITED|DONE|stat::|ERROR|panicked|SUMMARY|Test unit' || true
done
