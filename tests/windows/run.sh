#!/usr/bin/env bash
# The Windows program end to end under Wine: cross-builds koff-collect.exe, makes a PC out of a Wine prefix, plants a story
# on it with Wine's own regedit, collects, and checks: the zip, that the PC is unchanged, that the registry exports import
# into an empty PC and come out the same, that the verdicts are those of the same story read from a disk, that a process
# which holds a connector DLL is named with its connection, that a locked log says so, that the mail server is asked only
# where somebody agreed, that a killed run leaves no half zip, and that a disk gives the same bytes as on Linux.
# Installs nothing; the packages are listed at the top of build.sh, and hivexregedit is in libwin-hivex-perl.
# usage: tests/windows/run.sh [--no-build]   KOFF_KEEP=1 keeps the folder with everything in it, and KOFF_ANALYZER=1 builds
# koff-analyze.exe as well and holds its reports against those of the Linux program. CI leaves that out: optimising it takes
# longer than everything else under Wine.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
analyzer=${KOFF_ANALYZER:-0}
tests=$here/tests/windows
story=severed-by-update
account=anna

missing=()
for tool in wine wineboot wineserver xvfb-run unzip python3 openssl hivexregedit x86_64-w64-mingw32-gcc x86_64-w64-mingw32-windres; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
[ "${#missing[@]}" -eq 0 ] || { echo "cannot test under Wine; missing: ${missing[*]}" >&2; exit 1; }

step() { printf -- '--> %s\n' "$1"; }

if [ "${1:-}" != --no-build ]; then
  step "cross-build"
  also=(-p koff-analyze --bin koff-analyze)
  [ "$analyzer" = 1 ] || also=()
  tests/windows/build.sh "${also[@]}"
  . tests/support/programs.sh
fi
bin=${CARGO_TARGET_DIR:-target}/debug
collect=$here/target/windows/koff-collect.exe

step "imports of the program"
# What a plain Windows 7 has; anything else keeps the program from starting there.
foreign=$(x86_64-w64-mingw32-objdump -p "$collect" | sed -n 's/.*DLL Name: //p' | tr 'A-Z' 'a-z' | sort -u |
  grep -vxE '(advapi32|bcrypt|comctl32|crypt32|gdi32|iphlpapi|kernel32|mpr|msvcrt|ntdll|ole32|oleaut32|shell32|user32|userenv|wevtapi|wintrust|ws2_32)\.dll' || true)
foreign=$(grep -vx 'bcryptprimitives.dll' <<<"$foreign" || true) # the rustup target's own library, Windows 10 and later
[ -z "$foreign" ] || { echo "FAILED: the program needs DLLs that Windows 7 lacks: $foreign"; exit 1; }

work=$(mktemp -d)
export WINEDEBUG=-all WINEDLLOVERRIDES="winemenubuilder.exe=d;mscoree=d;mshtml=d" HOME=$work/home USER=$account
mkdir -p "$HOME"
holder= server=
finish() {
  for own in $holder $server; do kill "$own" 2>/dev/null || true; done
  for prefix in "$work/pc" "$work/empty"; do
    if [ -d "$prefix" ]; then WINEPREFIX=$prefix wineserver -k 2>/dev/null || true; fi
  done
  if [ -n "${KOFF_KEEP:-}" ]; then echo "kept: $work"; else sleep 1; rm -rf "$work"; fi
}
trap finish EXIT

pc() { WINEPREFIX=$work/pc timeout 120 "$@"; }
check() { (cd "$tests" && python3 -B check.py "$@"); }
windows_path() { printf 'Z:%s' "${1//\//\\}"; }

step "a PC with the story $story"
"$bin/koff-fixtures" build "fixtures/hosts/$story" "$work/disk"
pc wineboot -i >/dev/null 2>&1
python3 "$tests/plant.py" "$work/disk" "$work/pc" "$account" "$work/story.reg"
pc wine regedit "$(windows_path "$work/story.reg")"
pc wineserver -w

# One session for everything that follows, so that nothing starts or ends in between.
pc wine cmd /c exit >/dev/null 2>&1
snapshot() {
  pc wine regedit /E "$(windows_path "$work/$1.reg")"
  (cd "$work/pc/drive_c" && find . -printf '%p %s %y %T@\n' | sort) >"$work/$1.files"
}

step "collect into a path of 300 characters with umlauts and emoji"
long=$work/out/$(printf 'Übergröße-📮-%.0s' 1 2 3 4 5 6)/$(printf 'ordner-%.0s' $(seq 12))/$(printf 'tief-%.0s' $(seq 24))
mkdir -p "$long"
bundle=$long/bündel.zip
snapshot before
begin=$(date +%s)
pc wine "$collect" --output "$(windows_path "$bundle")" --yes --format json >"$work/result.json" 2>"$work/result.err" ||
  { cat "$work/result.err"; exit 1; }
took=$(($(date +%s) - begin))
[ "$took" -lt 100 ] || { echo "FAILED: took $took s"; exit 1; }
snapshot after
[ "${#bundle}" -gt 300 ] || { echo "FAILED: the path has ${#bundle} characters"; exit 1; }
echo "${#bundle} characters, $took s"
cp "$bundle" "$work/bundle.zip"
[ -z "$(find "$work/out" -type f ! -name bündel.zip ! -name bündel.names.json)" ] || { echo "FAILED: more was left than the zip and the list of names:"; find "$work/out" -type f; exit 1; }

step "the zip"
unzip -tqq "$work/bundle.zip"
check gaps "$work/bundle.zip"

step "the map of names is its owner's"
map=$long/bündel.names.json
name=$(unzip -p "$work/bundle.zip" facts/users.json | grep -o 'USER-[0-9a-z]\{8\}' | sed -n 1p)
[ -n "$name" ] || { echo "FAILED: no stand-in for a user in facts/users.json"; exit 1; }
grep -q '"protected"' "$map" && ! grep -q '"names"' "$map" || { echo "FAILED: the map can be read as it is"; exit 1; }
meant=$(pc wine "$collect" unmask "$(windows_path "$map")" "$name" | tr -d '\r')
[ "${meant,,}" = "$account" ] || { echo "FAILED: $name should mean $account, found $meant"; exit 1; }
if "$bin/koff-collect" unmask "$map" "$name" 2>"$work/unmask.err"; then echo "FAILED: elsewhere the map opens, too"; exit 1; fi
grep -q 'only the person who collected can open this map' "$work/unmask.err" || { cat "$work/unmask.err"; exit 1; }

step "the PC is as it was"
check unchanged "$work/before.reg" "$work/after.reg" "$work/before.files" "$work/after.files"

step "the registry exports in an empty PC"
check export "$work/bundle.zip" "$work/reg"
WINEPREFIX=$work/empty timeout 120 wineboot -i >/dev/null 2>&1
exports=()
for file in "$work"/reg/*.reg; do exports+=("$(windows_path "$file")"); done
WINEPREFIX=$work/empty timeout 120 wine regedit "${exports[@]}"
WINEPREFIX=$work/empty timeout 60 wine regedit /E "$(windows_path "$work/again.reg")"
WINEPREFIX=$work/empty wineserver -k
check same "$work/reg" "$work/again.reg"

step "the same verdicts as from the disk"
"$bin/koff-collect" --root "$work/disk" --output "$work/disk.zip" --yes --quiet >/dev/null
for source in bundle disk; do
  "$bin/koff-analyze" report "$work/$source.zip" --trust-anchor fixtures/anchor.pem --format json --output "$work/$source.json" --fail-on never
done
check verdicts "$work/bundle.json" "$work/disk.json" "$tests/expected-severed.txt"

step "the same bytes as from the Linux program, on any number of threads"
"$bin/koff-fixtures" logs "$work/logs" --files 2 --size 1500000
printf '07%.0s' $(seq 32) >"$work/key"
same() { # same WHAT FILE...: all are the first, byte for byte
  local what=$1 first=$2 other
  shift
  for other in "$@"; do cmp "$first" "$other" || { echo "FAILED: $what differ"; exit 1; }; done
}
export SOURCE_DATE_EPOCH=1780000000
for root in disk logs; do
  for threads in 1 3; do
    export RAYON_NUM_THREADS=$threads
    "$bin/koff-collect" --root "$work/$root" --key-file "$work/key" --output "$work/linux-$root-$threads.zip" --yes --quiet >/dev/null
    pc wine "$collect" --root "$(windows_path "$work/$root")" --key-file "$(windows_path "$work/key")" \
      --output "$(windows_path "$work/wine-$root-$threads.zip")" --yes --quiet >/dev/null
    "$bin/koff-analyze" report "$work/linux-$root-1.zip" --fail-on never --format json --output "$work/report-linux-$root-$threads.json" \
      --format html --output "$work/report-linux-$root-$threads.html"
    [ "$analyzer" != 1 ] || pc wine "${collect%koff-collect.exe}koff-analyze.exe" report "$(windows_path "$work/linux-$root-1.zip")" \
      --fail-on never --format json --output "$(windows_path "$work/report-wine-$root-$threads.json")" \
      --format html --output "$(windows_path "$work/report-wine-$root-$threads.html")"
  done
  same "the bundles of $root" "$work"/{linux,wine}-"$root"-*.zip
  same "the reports on $root" "$work"/report-*-"$root"-*.json
  same "the pages about $root" "$work"/report-*-"$root"-*.html
done
unset SOURCE_DATE_EPOCH RAYON_NUM_THREADS

step "a process that holds a connector DLL; a second account"
x86_64-w64-mingw32-windres "$tests/kofmsp.rc" "$work/kofmsp.o"
x86_64-w64-mingw32-gcc -shared -O1 -o "$work/pc/drive_c/users/$account/Downloads/KofMsp32.dll" "$tests/kofmsp.c" "$work/kofmsp.o"
x86_64-w64-mingw32-gcc -O1 -o "$work/pc/drive_c/holder.exe" "$tests/holder.c" -lws2_32
# The holder keeps a log of the connector to itself, too.
WINEPREFIX=$work/pc wine 'C:\holder.exe' --keep "C:\\users\\$account\\AppData\\Local\\Kerio\\Outlook Connector\\Outlook\\debug.log" --busy "C:\\users\\$account\\Downloads\\KofMsp32.dll" >"$work/port" &
holder=$!
for _ in $(seq 100); do
  grep -q port "$work/port" && break
  sleep 0.2
done
port=$(tr -d '\r' <"$work/port" | sed -n 's/^port //p')
[ -n "$port" ] || { echo "FAILED: the holder did not start: $(cat "$work/port")"; exit 1; }
# A second account of this PC that is not signed in: only its hive file is there.
cp -a --sparse=always "$work/disk/Users/$account" "$work/pc/drive_c/users/berta"
second='HKLM\Software\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-2954301874-1190482613-874205532-1002'
pc wine reg add "$second" /v ProfileImagePath /t REG_EXPAND_SZ /d 'C:\users\berta' /f >/dev/null
# The profile names a mail server, which is there; nobody has agreed to ask it yet.
"$tests/chain.sh" "$work/chain"
python3 -u "$tests/server.py" "$work/chain/chain.pem" "$work/chain/key.pem" >"$work/asked" &
server=$!
for _ in $(seq 50); do
  grep -q port "$work/asked" && break
  sleep 0.1
done
mail=$(sed -n 's/^port //p' "$work/asked")
section='HKCU\Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\8d7a2b14cc504e4fb10e6c2291e43310'
pc wine reg add "$section" /v 001f6607 /t REG_SZ /d "https://127.0.0.1:$mail" /f >/dev/null
pc wine "$collect" --output "$(windows_path "$work/loader.zip")" --yes --quiet >/dev/null
[ "$(wc -l <"$work/asked")" = 1 ] || { echo "FAILED: the server was asked without consent: $(cat "$work/asked")"; exit 1; }
check locked "$work/loader.zip" user-1/logs/001-debug.log
check loader "$work/loader.zip" holder.exe KofMsp32.dll "$port"
check accounts "$work/loader.zip" 2
"$bin/koff-analyze" report "$work/loader.zip" --trust-anchor fixtures/anchor.pem --format json --output "$work/loader.json" --fail-on never
check fires "$work/loader.json" dll-in-staging-folder dll-outside-kerio-folder dll-loaded-by-unknown-process

step "the mail server, where somebody agreed; the bundle on a share"
mkdir -p "$work/share" "$work/pc/dosdevices/unc/fileserver"
ln -s "$work/share" "$work/pc/dosdevices/unc/fileserver/ablage"
pc wine "$collect" --with reachability --yes --quiet --only reachability --output '\\fileserver\ablage\b.zip' >/dev/null
check reach "$work/share/b.zip" "$mail"
[ "$(grep -c '^asked: HEAD / ' "$work/asked")" = 1 ] && [ "$(wc -l <"$work/asked")" = 2 ] ||
  { echo "FAILED: expected one question to the server, found: $(cat "$work/asked")"; exit 1; }
"$bin/koff-analyze" report "$work/share/b.zip" --format json --output "$work/contact.json" --fail-on never
check fires "$work/contact.json" tls-certificate-rejected server-http-service-off clock-skew

step "the window, by keys alone"
tests/windows/window.sh "$collect" "$bin/koff-analyze" "$work/pc" "$work" "$account"

step "a run that is killed leaves no half zip"
for delay in 0.7 1.5 3; do
  mkdir -p "$work/killed"
  WINEPREFIX=$work/pc timeout -s KILL "$delay" wine "$collect" --output "$(windows_path "$work/killed/k.zip")" --yes --quiet >/dev/null 2>&1 || true
  sleep 0.3
  if [ -e "$work/killed/k.zip" ]; then unzip -tqq "$work/killed/k.zip"; fi
done

# A session that was killed while it began would keep the next program waiting.
WINEPREFIX=$work/pc wineserver -k 2>/dev/null || true
pc wineserver -w

step "two runs at once in one folder, where a killed run has left its file"
touch "$work/killed/.koff-bundle-left.part"
rm -f "$work/killed"/k.*
short() { pc wine "$collect" --only volumes --yes --quiet "$@"; }
for _ in 1 2; do
  (SOURCE_DATE_EPOCH=1780000000 short --output "$(windows_path "$work/killed")" >/dev/null) &
  runs="${runs:-} $!"
done
wait $runs
[ "$(find "$work/killed" -name 'koff-bundle-*.zip' | wc -l)" = 2 ] && [ -z "$(find "$work/killed" -name '*.part')" ] ||
  { echo "FAILED: expected two bundles and nothing left, found: $(ls -A "$work/killed")"; exit 1; }
for bundle in "$work/killed"/*.zip; do unzip -tqq "$bundle"; done

step "places that take no file"
refused() { # refused PLACE WORDS
  code=0
  short --output "$1" >"$work/refused" 2>&1 || code=$?
  [ "$code" = 2 ] || { echo "FAILED: $1: expected exit code 2, found $code: $(cat "$work/refused")"; exit 1; }
  grep -qF "$2" "$work/refused" || { echo "FAILED: the message does not name the place: $(cat "$work/refused")"; exit 1; }
}
refused 'C:\no such folder\x.zip' 'no such folder'
# Nobody, not even an administrator, can make a file there; and a share that is not there.
refused 'Z:\sys\kernel\x.zip' 'x.zip'
refused '\\fileserver\nobody\x.zip' 'nobody'

echo "the Windows program works under Wine"
