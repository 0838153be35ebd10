#!/usr/bin/env python3
"""Plants a disk that koff-fixtures built into a Wine prefix: files by copying, the registry as .reg texts for Wine's own
regedit, which an independent reader (hivexregedit) takes out of the disk's hives.
usage: plant.py DISK PREFIX ACCOUNT OUT.reg"""
import pathlib
import subprocess
import sys

disk, prefix, account, out = map(pathlib.Path, sys.argv[1:])
drive = prefix / "drive_c"

# Wine's own: what it needs to run, or keeps differently.
LEAVE = {
    "SOFTWARE": (r"microsoft\windows nt\currentversion\profilelist",),
    "NTUSER": (r"software\microsoft\windows\currentversion\explorer", "control panel", "environment", "volatile"),
}


def exported(hive, root, leave=(), only=None):
    text = subprocess.run(
        ["hivexregedit", "--export", "--prefix", root, str(hive), "\\"], check=True, capture_output=True
    ).stdout.decode()
    kept, keep = [], False
    for line in text.replace("\r\n", "\n").split("\n")[1:]:
        if line.startswith("["):
            below = line[1:-1][len(root):].strip("\\").lower()
            keep = not any(below.startswith(part) for part in leave) and (only is None or below.startswith(only))
            line = line.replace("\\]", "]")
        if keep:
            kept.append(line)
    return kept


config = disk / "Windows/System32/config"
lines = ["Windows Registry Editor Version 5.00", ""]
lines += exported(config / "SOFTWARE", r"HKEY_LOCAL_MACHINE\SOFTWARE", LEAVE["SOFTWARE"])
services = exported(config / "SYSTEM", r"HKEY_LOCAL_MACHINE\SYSTEM", only=r"controlset001\services")
lines += [line.replace(r"SYSTEM\ControlSet001", r"SYSTEM\CurrentControlSet") for line in services]
lines += exported(disk / f"Users/{account}/NTUSER.DAT", "HKEY_CURRENT_USER", LEAVE["NTUSER"])
out.write_bytes(b"\xff\xfe" + "\r\n".join(lines).encode("utf-16-le"))

for folder, target in (
    ("Program Files", "Program Files"),
    ("Program Files (x86)", "Program Files (x86)"),
    ("ProgramData", "ProgramData"),
    (f"Users/{account}/AppData", f"users/{account}/AppData"),
    (f"Users/{account}/Downloads", f"users/{account}/Downloads"),
    (f"Users/{account}/Desktop", f"users/{account}/Desktop"),
):
    if (disk / folder).is_dir():
        (drive / target).mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", "--sparse=always", f"{disk / folder}/.", str(drive / target)], check=True)
