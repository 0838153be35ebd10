//! Writes the seed corpus of every target: `seeds FOLDER` makes `FOLDER/<target>/<seed>`.

use std::{fs, path::Path};

use koff_fuzz::{TARGETS, seeds::Stock};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus".to_owned());
    let stock = Stock::new();
    for (target, _) in TARGETS {
        let own = Path::new(&folder).join(target);
        fs::create_dir_all(&own)?;
        for (name, bytes) in stock.of(target) {
            fs::write(own.join(name), bytes)?;
        }
    }
    Ok(())
}
