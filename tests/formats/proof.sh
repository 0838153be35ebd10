#!/usr/bin/env bash
# Validates the machine formats with validators and schemas that we did not write: SARIF against the OASIS schema, JUnit against
# the schema of Jenkins' xUnit plugin, JSON against our published schema, Parquet by another reader; each of a report, of many
# bundles and of a run without a report.
# usage: tests/formats/proof.sh   (needs python3-venv, npm and libxml2-utils)
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v xmllint >/dev/null || { echo "xmllint is missing: apt-get install libxml2-utils"; exit 2; }
. tests/support/programs.sh
work=$target/formats
mkdir -p "$work"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" "$@" --quiet --disable-pip-version-check; }
pip install jsonschema sarif-tools pyarrow
# The schemas come out of packages of others: Jenkins' schema rides in pytest's source, the OASIS schema in Microsoft's matcher.
if [ ! -e "$work/junit-10.xsd" ]; then
    pip download --no-deps --no-binary :all: --dest "$work" pytest==8.3.4
    tar xzf "$work/pytest-8.3.4.tar.gz" -C "$work" --strip-components=3 pytest-8.3.4/testing/example_scripts/junit-10.xsd
fi
if [ ! -e "$work/package/lib/schemas/sarif-2.1.0-rtm.5.json" ]; then
    (cd "$work" && npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null && tar xzf microsoft-jest-sarif-*.tgz)
fi

story=severed-by-update
if [ ! -e "$work/$story.zip" ] || [ "$bin/koff-collect" -nt "$work/$story.zip" ]; then
    rm -rf "$work/disk" "$work/$story.zip"
    "$bin/koff-fixtures" build "fixtures/hosts/$story" "$work/disk"
    "$bin/koff-collect" --root "$work/disk" --output "$work/$story.zip" --yes --quiet >/dev/null
    rm -rf "$work/disk"
fi
printf 'no zip at all' >"$work/broken.zip"
report() {
    "$bin/koff-analyze" report "$@" --fail-on never 2>/dev/null || [ $? = 2 ]
}
for name in $story broken; do
    report "$work/$name.zip" --format sarif --output "$work/$name.sarif" --format junit --output "$work/$name.xml" \
        --format json --output "$work/$name.json" --format ndjson --output "$work/$name.ndjson"
done
report "$work/$story.zip" "$work/broken.zip" --format junit --output "$work/fleet.xml" --format json --output "$work/fleet.json" \
    --format sarif --output "$work/fleet.sarif" --format ndjson --output "$work/fleet.ndjson" \
    --findings "$work/findings.parquet" --facts "$work/facts.parquet"
"$bin/koff-analyze" report "$work/$story.zip" --fail-on never --findings "$work/findings.ndjson" --facts "$work/facts.ndjson" >/dev/null

mkdir -p "$work/cases"
cp "$work/$story.zip" "$work/broken.zip" "$work/cases"
"$bin/koff-analyze" check "$work/cases" --format junit --output "$work/check.xml" || [ $? = 1 ]
for xml in $story broken fleet check; do
    xmllint --noout --schema "$work/junit-10.xsd" "$work/$xml.xml"
done
"$work/venv/bin/python" tests/formats/proof.py "$work" "$story"
