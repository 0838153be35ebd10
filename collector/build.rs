//! Lists the languages of `messages/`, so that a new one is a new file and nothing else. Gives the Windows program its
//! version resource, icon and manifest (no elevation, long paths, UTF-8 code page, per-monitor DPI).

use std::{env, fmt::Write, fs, io, path::Path};

fn main() -> io::Result<()> {
    languages()?;
    resources()
}

/// `messages.rs` in the output folder: an array of language code and text, in order of the codes.
fn languages() -> io::Result<()> {
    println!("cargo:rerun-if-changed=messages");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("messages");
    let mut files: Vec<_> =
        fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut list = String::from("[\n");
    for file in &files {
        let code = file.file_stem().unwrap_or_default();
        let _ = writeln!(list, "    ({code:?}, include_str!({file:?})),");
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("messages.rs"), list)
}

fn resources() -> io::Result<()> {
    let manifest = "assets/koff-collect.manifest";
    let icon = "assets/koff.ico";
    println!("cargo:rerun-if-changed={manifest}");
    println!("cargo:rerun-if-changed={icon}");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return Ok(());
    }
    let mut resource = winresource::WindowsResource::new();
    resource
        .set_icon(icon)
        .set_manifest_file(manifest)
        .set("ProductName", "KOFF diagnosis")
        .set("FileDescription", "Collects what a diagnosis of the Kerio Outlook Connector needs")
        .set("OriginalFilename", "koff-collect.exe")
        .set("InternalName", "koff-collect")
        .set("LegalCopyright", "MIT OR Apache-2.0");
    if !env::var("HOST").is_ok_and(|host| host.contains("windows")) {
        resource.set_windres_path("x86_64-w64-mingw32-windres").set_ar_path("x86_64-w64-mingw32-ar");
    }
    resource.compile_for("koff-collect")
}
