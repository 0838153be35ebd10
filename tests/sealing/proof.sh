#!/usr/bin/env bash
# Sealing against the format's own program (Debian package age): it opens what koff-collect seals, koff-analyze opens what it
# seals, and a report is the same whichever way its bundle came. Volumes join with cat.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v age >/dev/null || { echo "age: expected this program, found none (apt-get install age)"; exit 1; }
. tests/support/programs.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bin/koff-fixtures" build fixtures/hosts/severed-by-update "$work/disk"
cd "$work"
age-keygen -o desk.key 2>/dev/null
age-keygen -o second.key 2>/dev/null
age-keygen -o stranger.key 2>/dev/null
desk=$(age-keygen -y desk.key)
second=$(age-keygen -y second.key)
export SOURCE_DATE_EPOCH=1780000000
collect() { "$bin/koff-collect" --root disk --key-file names.key --quiet "$@" >/dev/null; }
report() { "$bin/koff-analyze" report "$@" --format json --fail-on never; }

collect --output plain.zip
collect --output sealed.zip --encrypt-to "$desk" --encrypt-to "$second"
[ ! -e sealed.zip ] || { echo "sealed.zip: expected the sealed file only, found the plain one, too"; exit 1; }
for key in desk second; do
    age --decrypt --identity $key.key sealed.zip.age | cmp - plain.zip
done
! age --decrypt --identity stranger.key sealed.zip.age >/dev/null 2>&1 || { echo "a stranger opened it"; exit 1; }
echo "age opens what koff-collect seals, byte for byte"

age --encrypt --recipient "$desk" --output foreign.zip.age plain.zip
# The report names the file and its digest: only these may differ.
same() { jq 'del(.bundle)' "$1"; }
report plain.zip >plain.json
report sealed.zip.age --identity second.key >sealed.json
report foreign.zip.age --identity desk.key >foreign.json
for one in sealed foreign; do diff <(same plain.json) <(same $one.json); done
for wrong in "" "--identity stranger.key"; do
    # shellcheck disable=SC2086
    code=0; report sealed.zip.age $wrong >failed.json 2>said || code=$?
    [ $code = 2 ] && grep -q "expected a" said || { echo "expected exit code 2 and a sentence, found $code: $(cat said)"; exit 1; }
done
echo "koff-analyze opens both, and says what is missing where it cannot"

collect --output parts.zip --encrypt-to "$desk" --split-size 20KB
[ "$(ls parts.zip.age.0* | wc -l)" -gt 1 ]
[ -z "$(find . -name 'parts.zip.age.0*' -size +20k)" ]
cat parts.zip.age.0* >parts.zip.age.joined
mv parts.zip.age.joined joined.zip.age
age --decrypt --identity desk.key joined.zip.age | cmp - plain.zip
sha256sum --check --quiet --ignore-missing parts.zip.age.sha256
report parts.zip.age.001 --identity desk.key >parts.json
diff <(same plain.json) <(same parts.json)
rm parts.zip.age.002
! report parts.zip.age.001 --identity desk.key >/dev/null 2>said
grep -q "parts.zip.age.002: expected this volume" said
echo "volumes join with cat, read as one, and a missing one is named"
