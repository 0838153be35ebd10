#!/usr/bin/env bash
# Cross-builds koff-collect.exe for 64-bit Windows 7 to 11 and puts it at target/windows/koff-collect.exe.
# Installs nothing; says what is missing and how to get it. On Debian 12 / Ubuntu everything comes from:
#   apt-get install -y --no-install-recommends rustc-web rust-web-src gcc-mingw-w64-x86-64 binutils-mingw-w64-x86-64
# and tests/windows/run.sh needs on top of it:
#   apt-get install -y --no-install-recommends wine wine64 xvfb unzip python3
#
# Two ways to a compiler, the first that works is taken:
#   1. a rustup (or other) toolchain that has the target x86_64-pc-windows-gnu installed;
#   2. Debian's rustc-web with its library source: the standard library is built along (about 75 s the first time),
#      for x86_64-win7-windows-gnu, whose programs need nothing newer than Windows 7.
# Nothing of the builder goes in, so that the same sources, compiler and Cargo.lock should give the same bytes; tests/supply/double.sh tries it.
# usage: tests/windows/build.sh [-p koff-analyze --bin koff-analyze]   the analyzer, too
# KOFF_WINDOWS_PROFILE=dev builds without optimisation (quicker to build, for development).
set -euo pipefail
cd "$(dirname "$0")/../.."

profile=${KOFF_WINDOWS_PROFILE:-release}
linker=x86_64-w64-mingw32-gcc
missing=()
for tool in "$linker" x86_64-w64-mingw32-windres x86_64-w64-mingw32-dlltool x86_64-w64-mingw32-ar; do
  command -v "$tool" >/dev/null || missing+=("$tool (package gcc-mingw-w64-x86-64 or binutils-mingw-w64-x86-64)")
done
command -v cargo >/dev/null || missing+=("cargo (rustup, or package cargo-web)")

has_std() { # has_std RUSTC TARGET: whether that compiler has a ready-made standard library for it
  [ -n "$(find "$("$1" --print sysroot)/lib/rustlib/$2/lib" -name 'libstd-*' 2>/dev/null)" ]
}

debian_rustc=${KOFF_WINDOWS_RUSTC:-/usr/bin/rustc}
debian_source=/usr/lib/rustlib/src/rust/library
extra=()
if command -v rustc >/dev/null && has_std rustc x86_64-pc-windows-gnu; then
  target=x86_64-pc-windows-gnu
elif [ -x "$debian_rustc" ] && [ -f "$debian_source/std/Cargo.toml" ]; then
  target=x86_64-win7-windows-gnu
  export RUSTC=$debian_rustc RUSTC_BOOTSTRAP=1
  extra=(-Zbuild-std=std,panic_abort)
else
  missing+=("a Rust compiler for Windows: 'rustup target add x86_64-pc-windows-gnu', or the packages rustc-web and rust-web-src")
fi
if [ "${#missing[@]}" -gt 0 ]; then
  printf 'cannot cross-build for Windows; missing:\n' >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi

# winresource knows no resource compiler for the second target. Another compiler must not share a target folder with the everyday one.
export WINDRES=x86_64-w64-mingw32-windres
export CARGO_TARGET_DIR=$PWD/target/win
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$linker CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_LINKER=$linker
# Neither the builder's folders nor the moment are in the program. The project's own sources are named relative to it, and its
# folder must not stand among the flags: what Cargo calls things by, and so their order in the program, depends on the flags.
flags=("--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" -Clink-arg=-Wl,--no-insert-timestamp)
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\037' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%?}
cargo build --locked "${extra[@]}" --profile "$profile" --target "$target" -p koff-collect --bin koff-collect "$@"

folder=$profile
[ "$profile" != dev ] || folder=debug
mkdir -p target/windows
for name in koff-collect koff-analyze; do
  built=$CARGO_TARGET_DIR/$target/$folder/$name.exe
  [ "$name" = koff-collect ] || [[ " $* " == *" $name "* ]] || continue
  cp "$built" "target/windows/$name.exe"
  echo "target/windows/$name.exe ($target, $(stat -c %s "$built") bytes)"
done
