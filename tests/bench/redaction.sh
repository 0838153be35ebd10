#!/usr/bin/env bash
# What redaction costs, in one run on this machine: megabytes a second of one core with 200 learned names beside gzip -6, the peak
# memory of `koff-collect redact` on 128 MiB and on 512 MiB of log, with its time beside that of gzip -6 on the same bytes.
# Fails where the peak grows by 24 MiB or more over these 384 MiB.
# usage: tests/bench/redaction.sh   (builds release binaries; needs zip, time, about 1.5 GB on the disk)
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in zip unzip gzip /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "$tool: expected this program, found none (apt-get install zip unzip gzip time)"; exit 2; }
done
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
collect=$target/release/koff-collect
if [ "${1:-}" != --no-build ]; then
    cargo build --quiet --release --package koff-collect
fi
work=$target/bench/redaction
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

# Lines of a debug log with people, addresses and times in them; no two alike, so that it packs like a log.
log() { # MEBIBYTES FILE
    awk -v size="$1" 'BEGIN {
        for (line = 0; written < size * 1048576; line++) {
            noise = (line * 48271) % 2147483647
            text = sprintf("[%02d/May/2026 %02d:%02d:%02d] {%08x} synchronisation of folder 0x8004%04x finished in 0.%03d s, %d items", \
                line % 28 + 1, line / 3600 % 24, line / 60 % 60, line % 60, noise, noise % 65536, noise % 1000, noise % 9973)
            if (line % 10 == 0) text = text sprintf(", User: person%d, C:\\Users\\person%d\\x, 192.168.%d.7", line % 50, line % 50, line % 200)
            printf "%s\r\n", text
            written += length(text) + 2
        }
    }' >"$2"
}
peaks=()
for size in 128 512; do
    log "$size" "$work/debug.log"
    (cd "$work" && zip -q -1 "$size.zip" debug.log && rm debug.log)
    /usr/bin/time -f '%M %e %U' -o "$work/time" "$collect" redact "$work/$size.zip" --output "$work/out.zip" >/dev/null
    read -r peak wall user <"$work/time"
    packed=$(/usr/bin/time -f %U bash -c 'unzip -p "$1" | gzip -6 >/dev/null' bash "$work/$size.zip" 2>&1)
    peaks+=($((peak / 1024)))
    printf 'koff-collect redact, %3d MiB of log: peak %d MiB, %s s, %s s of processors; unzip | gzip -6 of it %s s of processors\n' \
        "$size" $((peak / 1024)) "$wall" "$user" "$packed"
    rm -f "$work/out.zip" "$work"/*.names.json
done
grown=$((peaks[1] - peaks[0]))
[ "$grown" -lt 24 ] || { echo "512 MiB of log: expected the peak of 128 MiB and less than 24 MiB more, found $grown MiB more"; exit 1; }
echo "four times the log, $grown MiB more"
if [ "${1:-}" != --no-build ]; then
    cargo bench --quiet --package koff-collect --bench redaction
fi
uptime
