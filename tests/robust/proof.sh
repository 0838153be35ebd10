#!/usr/bin/env bash
# The slow half of tests/robust.rs: the program killed at a hundred moments, and its memory while it collects 100 MB of
# logs. Needs nothing but the toolchain.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/programs.sh
program=$(test_program robust)
cd collector && "$program" --ignored --nocapture --test-threads 2
