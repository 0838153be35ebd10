//! Gives the Windows program its version resource, icon and manifest (no elevation, long paths, UTF-8 code page,
//! per-monitor DPI). Does nothing for other systems.

use std::{env, io};

fn main() -> io::Result<()> {
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
