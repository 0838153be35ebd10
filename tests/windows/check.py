#!/usr/bin/env python3
"""The checks of run.sh, each a subcommand; a failed check says what was expected and what was found, and exits 1."""
import json
import os
import pathlib
import struct
import sys
import zipfile
import zlib

import regfile

# Changed by Wine itself whenever a program runs.
WINE_OWN = (
    r"hkey_users\s-1-5-21-0-0-0-1000\software\wine",
    r"hkey_local_machine\software\wine",
    r"hkey_dyn_data",
    r"hkey_performance_data",
    r"hkey_local_machine\hardware",
    r"hkey_local_machine\system\currentcontrolset\enum",
    r"hkey_local_machine\system\controlset001\enum",
    r"hkey_local_machine\system\currentcontrolset\control\video",
    r"hkey_local_machine\system\controlset001\control\video",
    r"hkey_local_machine\system\currentcontrolset\control\servicecurrent",
    r"hkey_local_machine\system\controlset001\control\servicecurrent",
)

# Certificate stores that Wine makes and fills when a program first looks into them; a real Windows has them.
# Keys with default settings that Wine's own WinVerifyTrust makes when it looks for them; every account of a real Windows
# has them.
WINE_STORES = r"\microsoft\systemcertificates"
WINE_TRUST = r"\software\microsoft\windows\currentversion\wintrust"


def fail(message):
    print(f"FAILED: {message}")
    sys.exit(1)


def manifest(bundle):
    return json.loads(zipfile.ZipFile(bundle).read("manifest.json"))


def facts(bundle, name):
    return json.loads(zipfile.ZipFile(bundle).read(f"facts/{name}.json"))


def export(bundle, folder):
    """Takes the .reg members out, one text for regedit to import."""
    out, count = pathlib.Path(folder), 0
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if name.endswith(".reg"):
                data = archive.read(name)
                if data[:2] != b"\xff\xfe":
                    fail(f"{name}: expected UTF-16LE with its mark, found {data[:8]!r}")
                (out / name.replace("/", "_")).write_bytes(data)
                count += 1
    if count < 15:
        fail(f"expected at least 15 registry exports in the bundle, found {count}")
    print(f"{count} registry exports")


def same(folder, again):
    """Every key and value of the exports stands in what Wine exported after importing them."""
    # An export of everything names the account's tree by its SID, Wine's only one.
    own = r"hkey_users\s-1-5-21-0-0-0-1000"
    there = {key.replace(own, "hkey_current_user", 1): values for key, values in regfile.read(again).items()}
    keys = values = 0
    for path in sorted(pathlib.Path(folder).glob("*.reg")):
        for key, wanted in regfile.read(path).items():
            if key not in there:
                fail(f"{path.name}: key [{key}] is gone after import and export")
            for name, data in wanted.items():
                found = there[key].get(name)
                if found != data:
                    fail(f"{path.name}: [{key}] {name!r}: expected {data}, found {found}")
                values += 1
            keys += 1
    if keys < 60 or values < 150:
        fail(f"expected more than 60 keys and 150 values, found {keys} and {values}")
    print(f"{keys} keys, {values} values equal after Wine's import and export")


def unchanged(before, after, files_before, files_after):
    """Registry and files of the PC are as they were."""
    old, new = regfile.read(before), regfile.read(after)
    differ = sorted(
        key
        for key in old.keys() | new.keys()
        if old.get(key) != new.get(key)
        and not key.startswith(WINE_OWN)
        and not (WINE_STORES in key and key not in old)
        and not (WINE_TRUST in key and key not in old and set(new[key]) <= {"state"})
    )
    if differ:
        key = differ[0]
        fail(f"registry changed: {differ[:5]}; was {old.get(key)}, is {new.get(key)}")
    was, now = (set(pathlib.Path(path).read_text().splitlines()) for path in (files_before, files_after))
    if was != now:
        fail(f"files changed: gone {sorted(was - now)[:5]}, new {sorted(now - was)[:5]}")
    print(f"unchanged: {len(old)} keys, {len(was)} files")


STATES = pathlib.Path("expected-states.txt")
REMARK = """\
# How obtaining each artifact ends under Wine, live, and each reading inside the files of facts that has no value there;
# KOFF_UPDATE=1 tests/windows/run.sh writes it anew.
"""


def readings(value, place, found):
    """States of everything in a file of facts that is missing, by its place; numbers of list items left out."""
    if isinstance(value, dict):
        if "missing" in value:
            found.setdefault(place, set()).add(value["missing"])
            if not value.get("reason"):
                fail(f"{place}: {value['missing']} without a reason")
            return
        for name, part in value.items():
            readings(part, f"{place}.{name}", found)
    elif isinstance(value, list):
        for part in value:
            readings(part, place, found)


def expect_states(found, part):
    """`found` is what expected-states.txt says of those that are a `part` of an artifact, or of the artifacts."""
    lines = [line.split(": ") for line in STATES.read_text().splitlines() if line and not line.startswith("#")]
    if os.environ.get("KOFF_UPDATE"):
        kept = [line for line in lines if part(line[0]) is False]
        new = [[name, ", ".join(sorted(states))] for name, states in found.items()]
        lines = sorted(kept + new, key=lambda line: "." in line[0])
        STATES.write_text(REMARK + "".join(f"{name}: {states}\n" for name, states in lines))
    expected = {name: set(states.split(", ")) for name, states in lines if part(name)}
    if expected.keys() != found.keys():
        fail(f"{STATES} and the bundle differ: {sorted(expected.keys() ^ found.keys())}")
    for name, states in expected.items():
        if found[name] != states:
            fail(f"{name}: expected {sorted(states)}, found {sorted(found[name])}")


def gaps(bundle):
    """Sources that Wine lacks are entries with a reason, and so are readings; none timed out; the rest is there."""
    entries = manifest(bundle)["entries"]
    by_artifact, parts = {}, {}
    for entry in entries:
        by_artifact.setdefault(entry["artifact"], set()).add(entry["state"])
        if entry["state"] != "complete" and not entry.get("reason"):
            fail(f"{entry['name']}: {entry['state']} without a reason")
        if entry["state"] in ("timed_out", "failed"):
            fail(f"{entry['name']}: {entry['state']}: {entry['reason']}")
        # What Wine does not support says so quickly; the slowest that it does samples processes.
        quick = 5_000 if entry["state"] in ("unsupported", "absent") else 30_000
        if entry["duration_ms"] > quick:
            fail(f"{entry['name']}: {entry['state']} took {entry['duration_ms']} ms")
        if entry["name"].startswith("facts/") and entry["state"] == "complete":
            readings(facts(bundle, pathlib.PurePosixPath(entry["name"]).stem), entry["artifact"], parts)
    expect_states(by_artifact, lambda name: "." not in name)
    expect_states(parts, lambda name: "." in name and not name.startswith("pictures."))
    host = manifest(bundle)["host"]
    if host["kind"] != "live" or not isinstance(host["build"], int):
        fail(f"host: expected a live one with its build, found {host}")
    print(f"{len(entries)} entries and {len(parts)} readings without a value, none hung or failed; Wine's gaps are named")


def verdicts(live, disk, expected):
    """The same story, live and from its disk: no rule says yes here and no there; the expected rules fail."""
    one, other = (
        {verdict["rule"]: verdict for verdict in json.loads(pathlib.Path(path).read_text())["verdicts"]}
        for path in (live, disk)
    )
    if one.keys() != other.keys():
        fail(f"rules differ: {sorted(one.keys() ^ other.keys())}")
    sure = {"fail", "pass", "not_applicable"}
    against = {line.split("#")[0].strip() for line in pathlib.Path(expected).read_text().splitlines()} - {""}
    allowed = {line.partition(": ")[2] for line in against if ": " in line}
    for rule in sorted(one):
        here, there = one[rule]["verdict"], other[rule]["verdict"]
        if here != there and {here, there} <= sure and rule not in allowed:
            fail(f"{rule}: live {here} ({one[rule].get('reason')}), disk {there} ({other[rule].get('reason')})")
    failing = {rule for rule, verdict in one.items() if verdict["verdict"] == "fail"} - allowed
    wanted = {line for line in against if ": " not in line}
    if failing != wanted:
        fail(f"failing rules: expected {sorted(wanted)}, found {sorted(failing)}")
    decided = sum(one[rule]["verdict"] in sure and other[rule]["verdict"] in sure for rule in one)
    print(f"{len(one)} verdicts, {decided} decided both live and from the disk and equal; failing: {sorted(failing)}")


def loader(bundle, program, dll, port):
    """The bundle names the process that holds the DLL, and its connection."""
    survey = facts(bundle, "processes")[0]
    found = [process for process in survey["processes"] if process["name"].lower() == program.lower()]
    if len(found) != 1:
        fail(f"expected one process {program}, found {[process['name'] for process in survey['processes']]}")
    process = found[0]
    dlls = process["connector_dlls"]
    if not isinstance(dlls, list) or not any(path.lower().endswith(dll.lower()) for path in dlls):
        fail(f"{program}: expected {dll} loaded, found {dlls}")
    connections = process["connections"]
    wanted = [c for c in connections if c["port"] == int(port) and c["state"] == "established" and c["samples"] > 1]
    if not wanted:
        fail(f"{program}: expected an established connection to port {port} in several samples, found {connections}")
    for field in ("path", "command_line", "session", "started", "architecture", "cpu_percent", "memory"):
        if isinstance(process[field], dict):
            fail(f"{program}: {field}: {process[field]}")
    if "--busy" not in process["command_line"]:
        fail(f"{program}: command line {process['command_line']!r}")
    print(f"{program} holds {dll}: {wanted[0]}, {process['cpu_percent']} % of a processor")


def accounts(bundle, count):
    """So many accounts, the hive of each read, one of them the collector's own; the Outlook profiles of each exported."""
    users = facts(bundle, "users")
    if len(users) != int(count) or [user["current"] for user in users].count(True) != 1:
        fail(f"expected {count} accounts, one of them the collector's own, found {users}")
    for user in users:
        if user["hive"] is not True:
            fail(f"{user['id']}: hive not read: {user['hive']}")
        profiles = [
            entry
            for entry in manifest(bundle)["entries"]
            if entry.get("user") == user["id"]
            and entry["artifact"] == "registry-outlook-profiles"
            and entry["state"] == "complete"
        ]
        if not profiles:
            fail(f"{user['id']}: no Outlook profile exported")
    print(f"{count} accounts, hives of all of them read")


def fires(report, *rules):
    """These rules fail."""
    found = {verdict["rule"]: verdict for verdict in json.loads(pathlib.Path(report).read_text())["verdicts"]}
    for rule in rules:
        if found.get(rule, {}).get("verdict") != "fail":
            fail(f"{rule}: expected fail, found {found.get(rule)}")
    print(f"fires: {', '.join(rules)}")


def withheld(bundle, *artifacts):
    """These artifacts and no others are withheld by the user."""
    found = {entry["artifact"] for entry in manifest(bundle)["entries"] if entry["state"] == "withheld"}
    if found != set(artifacts):
        fail(f"withheld: expected {sorted(artifacts)}, found {sorted(found)}")
    print(f"withheld by the user: {', '.join(sorted(found))}")


def unknown_as(report, words, *rules):
    """These rules are unknown, for this reason."""
    found = {verdict["rule"]: verdict for verdict in json.loads(pathlib.Path(report).read_text())["verdicts"]}
    for rule in rules:
        verdict = found.get(rule, {})
        if verdict.get("verdict") != "unknown" or words not in json.dumps(verdict):
            fail(f"{rule}: expected unknown ({words}), found {verdict}")
    print(f"unknown ({words}): {', '.join(rules)}")


def pixels(png):
    """Width, height and the pixels of a PNG of 8-bit red, green and blue."""
    place, data = 8, b""
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place:place + 8])
        body = png[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, height, *form = struct.unpack(">2I5B", body)
            if form[:2] != [8, 2]:
                fail(f"expected 8-bit red, green, blue, found {form}")
        data += body if kind == b"IDAT" else b""
        place += length + 12
    raw, above, rows = zlib.decompress(data), bytearray(3 * width), []
    for y in range(height):
        start = y * (3 * width + 1)
        how, row = raw[start], bytearray(raw[start + 1:start + 1 + 3 * width])
        for x in range(3 * width):
            left, up, corner = (row[x - 3] if x > 2 else 0), above[x], (above[x - 3] if x > 2 else 0)
            near = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
            row[x] = (row[x] + (0, left, up, (left + up) // 2, near)[how]) & 255
        rows.append(row)
        above = row
    return width, height, rows


def pictures(bundle, width, height, colour):
    """Outlook's window is in the bundle in its colour; the notification area is there or has a reason."""
    entries = {entry["name"]: entry for entry in manifest(bundle)["entries"] if entry["artifact"] == "pictures"}
    entry = entries.get("pictures/outlook.png", {})
    if entry.get("state") != "complete":
        fail(f"pictures/outlook.png: expected complete, found {entry}")
    found = pixels(zipfile.ZipFile(bundle).read("pictures/outlook.png"))
    if found[:2] != (int(width), int(height)):
        fail(f"expected {width} x {height}, found {found[:2]}")
    middle = found[2][int(height) // 2][3 * (int(width) // 2):][:3].hex()
    if middle != colour:
        fail(f"expected the colour {colour} in the middle, found {middle}")
    others = [entry for entry in manifest(bundle)["entries"] if entry["artifact"] == "reachability"]
    if [entry["state"] for entry in others] != ["skipped"] or "consent" not in others[0]["reason"]:
        fail(f"reachability: nobody agreed to it, found {others}")
    area = entries.get("pictures/notification-area.png", {})
    if area.get("state") != "complete" and not area.get("reason"):
        fail(f"pictures/notification-area.png: {area}")
    if area.get("duration_ms", 0) > 5_000:
        fail(f"pictures/notification-area.png: took {area['duration_ms']} ms")
    expect_states({"pictures.notification-area": {area.get("state")}}, lambda name: name.startswith("pictures."))
    print(f"Outlook's window as a picture of {width} x {height}; notification area: {area['state']} ({area.get('reason')})")


def locked(bundle, name):
    """A file that another program keeps to itself is locked, and why there is no second way."""
    found = [entry for entry in manifest(bundle)["entries"] if entry["name"].endswith(name)]
    if len(found) != 1 or found[0]["state"] != "locked":
        fail(f"{name}: expected one entry, locked, found {found}")
    for words in ("another program holds it open", "no shadow copy"):
        if words not in found[0]["reason"]:
            fail(f"{name}: expected {words!r} in {found[0]['reason']!r}")
    print(f"{found[0]['name']}: {found[0]['reason']}")


def reach(bundle, port):
    """One contact with the server of the profile: its certificates and what it answered."""
    found = facts(bundle, "reachability")
    if len(found) != 1 or found[0]["port"] != int(port):
        fail(f"expected one contact on port {port}, found {found}")
    contact, tls = found[0], found[0]["tls"]
    dates = [certificate["not_after"] for certificate in tls["chain"]]
    expected = {"families": ["IPv4"], "http": "HTTP/1.1 503 Service Unavailable", "banner": "Kerio Connect 9.4.0"}
    wrong = {key: contact[key] for key in expected if contact[key] != expected[key]}
    # The server's clock is ten minutes behind.
    if wrong or not isinstance(contact["connect_ms"], int) or not 600 <= contact["clock_ahead_seconds"] < 660:
        fail(f"contact: {contact}")
    if len(dates) != 2 or dates[0] != "2021-01-01T00:00:00Z" or tls["name_matches"] is not True:
        fail(f"certificates: {tls}")
    if [certificate["self_issued"] for certificate in tls["chain"]] != [False, True]:
        fail(f"issuers: {tls}")
    print(f"contact: {tls['version']}, chain until {dates}, {contact['http']}, {contact['banner']}")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
