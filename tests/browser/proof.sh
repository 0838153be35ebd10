#!/usr/bin/env bash
# Opens the HTML pages in headless Chromium: silent console, no request, filters, search, copy buttons, keyboard, axe in light
# and dark, phone width, print. Pages are made by the real programs out of the stories. Screenshots land in
# target/browser/shots for a person to look at.
# usage: tests/browser/proof.sh   (needs chromium, node and npm)
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in chromium node npm; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install chromium nodejs npm"; exit 2; }
done
. tests/support/programs.sh
work=$target/browser
rm -rf "$work/pages" "$work/shots"
mkdir -p "$work/pages" "$work/shots" "$work/node"

stories="severed-by-update exclusions-partial dll-in-downloads healthy-c2r-x64"
for story in $stories; do
    if [ ! -e "$work/$story.zip" ] || [ "$bin/koff-collect" -nt "$work/$story.zip" ]; then
        rm -rf "$work/disk" "$work/$story.zip"
        "$bin/koff-fixtures" build "fixtures/hosts/$story" "$work/disk"
        "$bin/koff-collect" --root "$work/disk" --output "$work/$story.zip" --yes --quiet >/dev/null
    fi
    "$bin/koff-analyze" report "$work/$story.zip" --trust-anchor fixtures/anchor.pem --fail-on never \
        --format html --output "$work/pages/$story.html"
done
rm -rf "$work/disk"
# Free space is told by a running PC only: the picture of the cache needs a recording.
for story in disk-full-small-pc healthy-c2r-x64; do
    mkdir -p "$work/live"
    if [ ! -e "$work/live/$story.live.zip" ] || [ "$bin/koff-fixtures" -nt "$work/live/$story.live.zip" ]; then
        "$bin/koff-fixtures" bundles "fixtures/hosts/$story" "$work/live"
    fi
    "$bin/koff-analyze" report "$work/live/$story.live.zip" --trust-anchor fixtures/anchor.pem --fail-on never \
        --format html --output "$work/pages/live-$story.html"
done
"$bin/koff-analyze" diff "$work/healthy-c2r-x64.zip" "$work/severed-by-update.zip" --format html >"$work/pages/diff.html" || [ $? = 1 ]
printf 'no zip at all' >"$work/broken.zip"
"$bin/koff-analyze" report "$work/broken.zip" --format html --output "$work/pages/no-report.html" 2>/dev/null || [ $? = 2 ]
"$bin/koff-analyze" report "$work"/*.zip --format html --output "$work/pages/fleet.html" 2>/dev/null || [ $? = 2 ]

cd "$work/node"
[ -e package.json ] || npm init --yes >/dev/null
[ -e node_modules/axe-core ] || npm install --silent --no-audit --no-fund playwright-core@1 axe-core@4
node "$OLDPWD/tests/browser/proof.mjs" "$work/pages" "$work/shots" "$(command -v chromium)"
