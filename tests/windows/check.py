#!/usr/bin/env python3
"""The checks of run.sh, each a subcommand; a failed check says what was expected and what was found, and exits 1."""
import json
import pathlib
import sys
import zipfile

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


def gaps(bundle):
    """Sources that Wine lacks are entries with a reason; none timed out; the rest is there."""
    entries = manifest(bundle)["entries"]
    by_artifact = {}
    for entry in entries:
        by_artifact.setdefault(entry["artifact"], []).append(entry)
    for entry in entries:
        if entry["state"] != "complete" and not entry.get("reason"):
            fail(f"{entry['name']}: {entry['state']} without a reason")
        if entry["state"] in ("timed_out", "failed"):
            fail(f"{entry['name']}: {entry['state']}: {entry['reason']}")
        if entry["duration_ms"] > 30_000:
            fail(f"{entry['name']}: took {entry['duration_ms']} ms")
    for artifact in ("events-application", "events-system", "events-defender", "events-outlook-alerts"):
        states = [entry["state"] for entry in by_artifact[artifact]]
        if states != ["unsupported"]:
            fail(f"{artifact}: expected unsupported under Wine, found {states}")
    for artifact in ("system", "users", "volumes", "services", "processes", "folders", "programs", "databases",
                     "registry-kerio", "registry-click-to-run", "registry-outlook-profiles", "mapisvc"):
        if not any(entry["state"] == "complete" for entry in by_artifact[artifact]):
            fail(f"{artifact}: expected complete, found {[(e['state'], e.get('reason')) for e in by_artifact[artifact]]}")
    system = facts(bundle, "system")[0]
    if system["antivirus"] == [] or "tray_text" not in system:
        fail(f"system: Wine has no WMI list and no task bar; found {system['antivirus']}, {system.get('tray_text')}")
    host = manifest(bundle)["host"]
    if host["kind"] != "live" or not isinstance(host["build"], int):
        fail(f"host: expected a live one with its build, found {host}")
    print(f"{len(entries)} entries, none hung or failed; Wine's gaps are named")


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


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
