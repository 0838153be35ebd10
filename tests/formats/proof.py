"""Machine formats under validators that are not ours. usage: proof.py FOLDER STORY"""

import json
import sys
from pathlib import Path

import jsonschema
import pyarrow.parquet
from sarif import loader

work, story = Path(sys.argv[1]), sys.argv[2]
wrong = []


def read(name):
    return json.loads((work / name).read_text(encoding="utf-8"))


def lines(name):
    return [json.loads(line) for line in (work / name).read_text(encoding="utf-8").splitlines()]


def valid(name, schema):
    validator = jsonschema.validators.validator_for(schema)(schema)
    wrong.extend(f"{name}: {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(read(name)))


sarif = read("package/lib/schemas/sarif-2.1.0-rtm.5.json")
ours = json.loads(Path("analyzer/schema/report.schema.json").read_text(encoding="utf-8"))
for name in (story, "broken"):
    valid(f"{name}.sarif", sarif)
    valid(f"{name}.json", ours)
valid("fleet.sarif", sarif)

# What another reader makes of SARIF: the failing rules of the JSON report, and nothing else.
report = read(f"{story}.json")
failing = {finding["rule"] for finding in report["findings"]}
run = read(f"{story}.sarif")["runs"][0]
told = {result["ruleId"] for result in run["results"] if result["kind"] == "fail"}
if told != failing or not failing:
    wrong.append(f"SARIF fails {sorted(told)}, the report {sorted(failing)}")
listed = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
asked = {verdict["rule"] for verdict in report["verdicts"]}
if listed != asked:
    wrong.append(f"SARIF lists other rules than were asked: {sorted(listed ^ asked)}")
kinds = {verdict["rule"]: verdict["verdict"] for verdict in report["verdicts"]}
for result in run["results"]:
    if kinds[result["ruleId"]] == "unknown" and result["kind"] != "open":
        wrong.append(f"{result['ruleId']} is unknown, yet {result['kind']}")
records = loader.load_sarif_file(str(work / f"{story}.sarif")).get_records()
if not failing <= {record["Code"] for record in records}:
    wrong.append("sarif-tools does not see every failing rule")
# Of many bundles, a run each: the good one says what it says alone, the bad one that it failed.
runs = {run["automationDetails"]["id"]: run for run in read("fleet.sarif")["runs"]}
if len(runs) != 2 or runs[f"koff-analyze/{story}.zip"]["results"] != run["results"]:
    wrong.append(f"SARIF of many bundles is not the runs of each: {sorted(runs)}")
elif runs["koff-analyze/broken.zip"]["invocations"][0]["executionSuccessful"]:
    wrong.append("the run of a bundle that cannot be read calls itself successful")
many = {record["Code"] for record in loader.load_sarif_file(str(work / "fleet.sarif")).get_records()}
if not failing <= many:
    wrong.append("sarif-tools does not see every failing rule in a file of many runs")
if read("broken.sarif")["runs"][0]["invocations"][0]["executionSuccessful"]:
    wrong.append("a run without a report calls itself successful")

# NDJSON and the tables say the same as the report.
if [line["rule"] for line in lines(f"{story}.ndjson")] != [finding["rule"] for finding in report["findings"]]:
    wrong.append("NDJSON tells other findings than the report")
if [line.get("rule") for line in lines("fleet.ndjson")] != [finding["rule"] for finding in report["findings"]] + [None]:
    wrong.append("NDJSON of many bundles is not the lines of each")
for table, least in (("findings", 1), ("facts", 100)):
    rows = lines(f"{table}.ndjson")
    columns = pyarrow.parquet.read_table(work / f"{table}.parquet").to_pylist()
    if len(rows) < least or [{**row, "bundle": ""} for row in rows] != [{**row, "bundle": ""} for row in columns]:
        wrong.append(f"{table}: {len(rows)} rows of NDJSON, {len(columns)} of Parquet, or other values")
fleet = read("fleet.json")
if len(fleet["bundles"]) != 1 or len(fleet["unread"]) != 1:
    wrong.append("the fleet of one good and one bad bundle is not that")

if wrong:
    sys.exit("\n".join(wrong))
print(f"SARIF, JSON, NDJSON and Parquet of {story}, and of a run without a report, hold what they promise")
