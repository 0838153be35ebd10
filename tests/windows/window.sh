#!/usr/bin/env bash
# The window under Wine, driven by keys alone: opened by a double click, an entry looked at, a group unticked, another
# agreed to (a picture of a program that stands in for Outlook), the bundle written and checked; in German at 192 dots per inch, cancelled in the middle. Called by run.sh, which has built the
# programs and planted the PC.   usage: window.sh KOFF-COLLECT.EXE KOFF-ANALYZE PREFIX WORK ACCOUNT
# Pictures of every page stay in WORK/pages (KOFF_KEEP=1 run.sh keeps that folder).
set -euo pipefail
collect=$1 analyze=$2 prefix=$3 work=$4 account=$5
tests=$(cd "$(dirname "$0")" && pwd)
pages=$work/pages
mkdir -p "$pages" "$work/screen"

x86_64-w64-mingw32-gcc -municode -O1 -o "$work/press.exe" "$tests/press.c"
windows_path() { printf 'Z:%s' "${1//\//\\}"; }
program=$(windows_path "$collect")

screen=
finish() {
  WINEPREFIX=$prefix wineserver -k 2>/dev/null || true
  [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
}
trap finish EXIT
for number in $(seq 90 120); do
  [ -e "/tmp/.X$number-lock" ] || break
done
Xvfb ":$number" -screen 0 1920x1440x24 -fbdir "$work/screen" >/dev/null 2>&1 &
screen=$!
export DISPLAY=:$number WINEPREFIX=$prefix
for _ in $(seq 50); do
  [ -e "/tmp/.X11-unix/X$number" ] && break
  sleep 0.1
done

press() { timeout 150 wine "$work/press.exe" "$@" | tr -d '\r' || { echo "FAILED: $*"; exit 1; }; }
picture() { python3 -B "$tests/screen.py" "$work/screen/Xvfb_screen0" "$pages/$1.png"; }
has() { grep -qF -- "$2" <<<"$1" || { printf 'FAILED: expected %s in\n%s\n' "$2" "$1"; exit 1; }; }
# A field is named by the label before it, everything that takes keys can be reached with Tab.
scale() {
  timeout 60 wine reg add 'HKCU\Control Panel\Desktop' /v LogPixels /t REG_DWORD /d "$1" /f >/dev/null 2>&1
  # The scale is read when a session begins; the desktop would keep this one alive.
  wineserver -k
  timeout 60 wineserver -w
}

desktop=$(readlink -f "$prefix/drive_c/users/$account/Desktop")
rm -f "$desktop"/koff-bundle-*
# A planted service is no real program: its crash must not put a window over ours.
timeout 60 wine reg add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f >/dev/null 2>&1
scale 96
# Stands in for Outlook; a program takes its time to start here.
x86_64-w64-mingw32-gcc -mwindows -O1 -o "$work/OUTLOOK.EXE" "$tests/outlook.c" -lgdi32
timeout 150 wine "$work/OUTLOOK.EXE" >/dev/null 2>&1 &
press 'there=rctrl_renwnd32|60'
press "start=$program" open=60 'text=Help your support|20' 'text=Never collected|20' 'focus=103' size >"$work/size-96"
# The list has come when the button can be pressed.
press 'text=Collect|90'
shown=$(press dump)
picture 1-choose-en-96
has "$shown" '102 Static &What is collected'
has "$shown" 'Its settings, services, programs'
# Through the page with Tab: list, look inside, collect, cancel, and back to the list.
press key=tab focus=114 key=tab focus=115 key=tab focus=120 key=tab focus=103
# Look at the third entry of the second group, before anything is written.
press key=home key=down 'text=Version, settings, profiles|10' key=alt+l 'text=Items of this group|20' focus=107 key=down key=down 'text=HKEY_|60'
picture 2-look-en-96
[ -z "$(find "$desktop" -name 'koff-bundle-*' -o -name '.koff-bundle-*')" ] || { echo "FAILED: looking wrote a file"; exit 1; }
# Back, untick the log files (third row), agree to the picture (third row from the end), not to the mail server; collect.
press key=esc 'text=Untick what|20' focus=103 key=home key=down key=down 'text=usually the cause|10' key=space \
  key=end key=up 'text=No name or password is sent|10' key=up 'text=CANNOT be hidden|10' key=space key=enter 'text=Step |60'
picture 3-progress-en-96
press 'text=The file is ready|150' dump >"$work/end"
picture 4-end-en-96
has "$(cat "$work/end")" 'Left out at your wish: Debug logs of the connector'
shown=$(press key=alt+p 'text=in the clipboard|10' clip)
bundle=$(find "$desktop" -name 'koff-bundle-*.zip')
[ -n "$bundle" ] || { echo "FAILED: no bundle on the desktop"; ls -la "$desktop"; exit 1; }
has "$shown" "$(basename "$bundle")"
press key=esc gone=20
(cd "$tests" && python3 -B check.py pictures "$bundle" 320 240 c81e5a)
(cd "$tests" && python3 -B check.py withheld "$bundle" connector-logs firebird-logs indexer-logs updater-logs installer-logs)
"$analyze" report "$bundle" --format json --output "$work/window.json" --fail-on never
(cd "$tests" && python3 -B check.py unknown_as "$work/window.json" 'withheld by user' server-unreachable login-failed)
mv "$bundle" "$work/window.zip"
rm -f "$desktop"/koff-bundle-*

# German, twice the scale, and a change of mind in the middle.
scale 192
out=$work/cancelled
mkdir -p "$out"
wine "$collect" --window --lang de --output "$(windows_path "$out/nie.zip")" >/dev/null 2>&1 &
press open=60 'text=Nie gesammelt|90' size >"$work/size-192"
picture 5-choose-de-192
press key=enter 'text=Schritt|60' key=esc 'text=Sie haben das Sammeln abgebrochen|60'
picture 6-stopped-de-192
press key=esc gone=20
[ -z "$(ls -A "$out")" ] || { echo "FAILED: a cancelled run left $(ls -A "$out")"; exit 1; }
has "$(cat "$work/size-96")" '96 dpi'
has "$(cat "$work/size-192")" '192 dpi'
scale 96
echo "the window works by keys alone, in two languages and at two scales; pages in $pages"
