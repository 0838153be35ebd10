#!/usr/bin/env python3
"""Replays the synthetic files of make.py: koff-analyze must say what each case expects, osslsigncode must agree where the
case does not say why it cannot. Usage: replay.py KOFF_ANALYZE FOLDER"""
import datetime, json, os, subprocess, sys

program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
os.chdir(folder)
table = json.load(open("cases.json"))
moment = str(int(datetime.datetime.fromisoformat(table["at"].replace("Z", "+00:00")).timestamp()))
wrong = []
for case in table["cases"]:
    files = [case["file"]] + ([case["catalogue"]] if "catalogue" in case else [])
    made = subprocess.run([program, "dll", "--format", "json", "--trust-anchor", "anchor.pem", "--at", table["at"], *files],
                          capture_output=True, text=True)
    try:
        signature = json.loads(made.stdout)[0]["signature"]
    except (ValueError, LookupError):
        sys.exit(f"{case['file']}: no verdict: {made.stderr}")
    if signature["verdict"] != case["verdict"]:
        wrong.append(f"{case['file']}: expected {case['verdict']}, found {signature['verdict']} ({signature['reason']})")
    oracle = ["osslsigncode", "verify", "-CAfile", "anchor.pem", "-TSA-CAfile", "anchor.pem", "-ignore-cdp", "-ignore-crl",
              "-time", moment, *(["-catalog", case["catalogue"]] if "catalogue" in case else []), case["file"]]
    theirs = subprocess.run(oracle, capture_output=True, text=True)
    good = theirs.returncode == 0 and (theirs.stdout + theirs.stderr).rstrip().endswith("Succeeded")
    if case["oracle"] and good != (case["verdict"] == "trusted"):
        wrong.append(f"{case['file']}: {case['verdict']}, osslsigncode says {'good' if good else 'bad'}")
differ = sum(not case["oracle"] for case in table["cases"])
print("\n".join(wrong))
print(f"{len(table['cases'])} synthetic files, {len(wrong)} wrong; osslsigncode differs for a stated reason on {differ}")
sys.exit(bool(wrong))
