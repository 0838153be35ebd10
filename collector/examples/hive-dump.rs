//! Prints every key and value of one hive as the disk host reads it, for comparison with an independent reader
//! (tests/oracle/proof.sh). Arguments: root of the disk, `SOFTWARE` / `SYSTEM` / `user:NAME`, file of paths to leave out.

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use jiff::Timestamp;
use koff_bundle::registry::Key;
use koff_collect::host::{Host, Root, disk::DiskHost};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, hive, leave_out] = arguments.as_slice() else {
        return Err("usage: hive-dump ROOT HIVE FILE".into());
    };
    let host = DiskHost::open(Path::new(root), Timestamp::UNIX_EPOCH).map_err(|end| end.reason)?;
    let (root, prefix) = match hive.strip_prefix("user:") {
        Some(name) => {
            let accounts = host.accounts().map_err(|end| end.reason)?;
            let account = accounts.into_iter().find(|account| account.name.as_deref() == Some(name));
            (Root::User(account.ok_or("no such account")?.key), String::new())
        }
        None => (Root::Machine, format!("{hive}\\")),
    };
    let leave_out = fs::read_to_string(leave_out)?.lines().map(str::to_owned).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    Dump { host: &host, root, prefix, leave_out }.print("", &mut out)?;
    Ok(out.flush()?)
}

struct Dump<'a> {
    host: &'a dyn Host,
    root: Root,
    prefix: String,
    leave_out: BTreeSet<String>,
}

impl Dump<'_> {
    fn print(&self, path: &str, out: &mut impl Write) -> Outcome {
        let quoted = serde_json::to_string(path)?;
        if self.leave_out.contains(&quoted) {
            return Ok(());
        }
        let full = format!("{}{path}", self.prefix);
        let Key { values, subkeys, written } = self.host.key(&self.root, &full).map_err(|end| end.reason)?;
        let ticks = written.map_or(0, |time| (time.as_nanosecond() + 11_644_473_600_000_000_000) / 100);
        writeln!(out, "K {quoted} {ticks}")?;
        for value in values {
            write!(out, "V {quoted} {} {} ", serde_json::to_string(&value.name)?, value.kind)?;
            value.data.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
            writeln!(out)?;
        }
        for name in subkeys {
            self.print(&if path.is_empty() { name } else { format!("{path}\\{name}") }, out)?;
        }
        Ok(())
    }
}
