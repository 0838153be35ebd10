//! The published JSON Schemas are those of the types, and what the writer writes is valid by them. Refresh the files with
//! `UPDATE=1 cargo test -p koff-bundle --test bundle_schema`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]

use std::{fs, io::Cursor, path::Path};

use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::{Entry, Gap, MANIFEST_NAME, Manifest},
    record::{
        DatabaseRecord, EventRecord, FolderRecord, LicencesRecord, ProcessSurvey, ProgramRecord, ReachRecord,
        ServiceRecord, SystemRecord, UserRecord, VolumeRecord,
    },
    writer::Writer,
};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

fn held(name: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "schema/{name} is not that of the types; refresh it with UPDATE=1");
}

fn manifest_schema() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<Manifest>();
    schema.insert("title".to_owned(), json!("manifest.json of a koff bundle, format version 1"));
    schema.to_value()
}

/// One property a member: `facts/users.json` holds what `properties["facts/users.json"]` says.
fn records_schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let mut members = Map::new();
    let mut member = |name: &str, schema: schemars::Schema| members.insert(name.to_owned(), schema.to_value());
    member("facts/users.json", list::<UserRecord>(&mut generator));
    member("facts/system.json", list::<SystemRecord>(&mut generator));
    member("facts/volumes.json", list::<VolumeRecord>(&mut generator));
    member("facts/services.json", list::<ServiceRecord>(&mut generator));
    member("facts/processes.json", list::<ProcessSurvey>(&mut generator));
    member("facts/folders.json", list::<FolderRecord>(&mut generator));
    member("facts/programs.json", list::<ProgramRecord>(&mut generator));
    member("facts/databases.json", list::<DatabaseRecord>(&mut generator));
    member("facts/office-licences.json", list::<LicencesRecord>(&mut generator));
    member("facts/reachability.json", list::<ReachRecord>(&mut generator));
    // One record a line: each line is valid by this.
    member("events/<channel>.ndjson", generator.subschema_for::<EventRecord>());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Record members of a koff bundle, format version 1: one property a member",
        "type": "object",
        "properties": members,
        "$defs": generator.take_definitions(true),
    })
}

fn list<T: JsonSchema>(generator: &mut SchemaGenerator) -> schemars::Schema {
    generator.subschema_for::<Vec<T>>()
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    held("manifest.schema.json", &manifest_schema());
    held("records.schema.json", &records_schema());
}

#[test]
fn a_written_manifest_is_valid_and_a_wrong_one_is_not() {
    let host = json!({"kind": "live", "build": 22631, "elevated": {"missing": "denied", "reason": "refused"}});
    let header = json!({
        "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default", "host": host,
        "started": "2026-03-02T10:00:00Z", "finished": "2026-03-02T10:00:05Z",
        "redaction": {"names_masked": true, "masks": {"mail": 2}}, "entries": [],
    });
    let entry = json!({
        "name": "logs/a.log", "artifact": "connector-logs", "origin": "C:\\a.log", "method": "file", "state": "complete",
    });
    let mut writer = Writer::create(Cursor::new(Vec::new()), serde_json::from_value(header).unwrap());
    let mut entry: Entry = serde_json::from_value(entry).unwrap();
    let acquisition = Acquisition::ended(State::Locked, "held open");
    entry.gaps.push(Gap { place: "C:\\b.log".to_owned(), acquisition });
    writer.add(entry, &mut vec![b'x'; 3 << 20].as_slice()).unwrap();
    let bytes = writer.finish().unwrap().0.into_inner();
    let bundle = koff_bundle::reader::Bundle::from_bytes("a.zip", bytes, Default::default()).unwrap();
    let mut manifest: Value = serde_json::from_slice(&bundle.read(MANIFEST_NAME).unwrap().bytes).unwrap();
    let schema = jsonschema::validator_for(&manifest_schema()).unwrap();
    let errors: Vec<_> = schema.iter_errors(&manifest).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    manifest["entries"][0]["state"] = json!("perhaps");
    assert!(!schema.is_valid(&manifest));
}

#[test]
fn records_are_valid_by_the_schema_of_their_member() {
    let schema = records_schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let volume = json!({"root": "C:\\", "kind": "fixed", "free": {"missing": "unsupported", "reason": "a disk"}});
    assert!(validator.is_valid(&json!({"facts/volumes.json": [volume]})));
    assert!(!validator.is_valid(&json!({"facts/volumes.json": [{"root": 5, "kind": "fixed"}]})));
}
