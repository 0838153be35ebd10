# The programs and tests that the proofs drive. Sourced from the project's folder. Everything is built the way in which
# `cargo test --workspace` builds it: a build of some packages alone gives their dependencies other features, so that each
# proof would compile half of them again. Sets `bin`, the folder of the programs.
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
bin=$target/debug
cargo build --quiet --workspace --bins --tests

test_program() { # NAME: the path of the test program tests/NAME.rs
    cargo test --quiet --workspace --no-run --message-format=json |
        jq -r --arg name "$1" 'select(.executable != null and .target.name == $name and (.target.kind | contains(["test"]))).executable'
}
