#![expect(unsafe_code, reason = "Win32 TCP tables")]
//! TCP connections by process, v4 and v6, over several samples. Looks at tables, sends nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
    ptr::null_mut,
    time::Instant,
};

use koff_bundle::record::ConnectionRecord;
use windows_sys::Win32::{
    Foundation::ERROR_INSUFFICIENT_BUFFER,
    NetworkManagement::IpHelper::{
        GetExtendedTcpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, TCP_TABLE_OWNER_PID_ALL,
    },
    Networking::WinSock::{AF_INET, AF_INET6},
};

use super::{
    super::{super::Answer, refusal::refusal},
    Watch, sleep_until,
};

/// Connections by process id.
pub(super) type Seen = BTreeMap<u32, Vec<ConnectionRecord>>;

/// Process, remote address, remote port, state.
type Row = (u32, String, u16, &'static str);

/// Tables larger than this are not read (200,000 rows).
const LARGEST: u32 = 16 << 20;

/// States by their number less one (tcpmib.h).
const STATES: [&str; 12] = [
    "closed",
    "listen",
    "syn_sent",
    "syn_received",
    "established",
    "fin_wait_1",
    "fin_wait_2",
    "close_wait",
    "closing",
    "last_ack",
    "time_wait",
    "delete_tcb",
];

/// Looks several times within the window, which this call waits out. Gives what was seen and how often it looked.
pub(super) fn sampled(watch: Watch, begin: Instant) -> (Answer<Seen>, u32) {
    let mut counts: BTreeMap<Row, u32> = BTreeMap::new();
    let mut last = Ok(());
    let mut samples = 0;
    for part in 0..watch.samples {
        sleep_until(begin, watch.window, part, watch.samples.saturating_sub(1));
        match sample() {
            Ok(rows) => {
                samples += 1;
                for row in rows {
                    *counts.entry(row).or_default() += 1;
                }
            }
            Err(refusal) => last = Err(refusal),
        }
    }
    if samples == 0 {
        return (last.map(|()| Seen::new()), 0);
    }
    let mut seen = Seen::new();
    for ((pid, remote, port, state), samples) in counts {
        let connection = ConnectionRecord { remote, port, state: state.to_owned(), samples };
        seen.entry(pid).or_default().push(connection);
    }
    (Ok(seen), samples)
}

/// Every row once: two connections of a process to one place in one state count as one.
fn sample() -> Answer<BTreeSet<Row>> {
    let v4 = table(u32::from(AF_INET))?;
    let mut rows: BTreeSet<Row> = rows::<MIB_TCPROW_OWNER_PID>(&v4)
        .map(|row| {
            let remote = Ipv4Addr::from(row.dwRemoteAddr.to_ne_bytes()).to_string();
            (row.dwOwningPid, remote, port(row.dwRemotePort), state(row.dwState))
        })
        .collect();
    // A PC without IPv6 refuses the second table.
    if let Ok(v6) = table(u32::from(AF_INET6)) {
        rows.extend(self::rows::<MIB_TCP6ROW_OWNER_PID>(&v6).map(|row| {
            let remote = Ipv6Addr::from(row.ucRemoteAddr).to_string();
            (row.dwOwningPid, remote, port(row.dwRemotePort), state(row.dwState))
        }));
    }
    Ok(rows)
}

/// Ports stand in the low two bytes, in network order.
fn port(stored: u32) -> u16 {
    let [high, low, ..] = stored.to_ne_bytes();
    u16::from_be_bytes([high, low])
}

fn state(number: u32) -> &'static str {
    number.checked_sub(1).and_then(|place| STATES.get(place as usize)).copied().unwrap_or("unknown")
}

/// The table's bytes: a count, then rows.
fn table(family: u32) -> Answer<Vec<u32>> {
    let mut size = 0;
    let mut buffer: Vec<u32> = Vec::new();
    loop {
        let target = if buffer.is_empty() { null_mut() } else { buffer.as_mut_ptr().cast() };
        // SAFETY: the buffer is as long as `size` says; null with size 0 asks for the length.
        let code = unsafe { GetExtendedTcpTable(target, &raw mut size, 0, family, TCP_TABLE_OWNER_PID_ALL, 0) };
        match code {
            0 => return Ok(buffer),
            ERROR_INSUFFICIENT_BUFFER if size < LARGEST => {
                size = size.saturating_add(4096);
                buffer = vec![0; size as usize / size_of::<u32>() + 1];
            }
            code => return Err(refusal(code, "TCP table")),
        }
    }
}

/// Rows behind the count; no more than the buffer holds, whatever the count says.
fn rows<T: Copy>(table: &[u32]) -> impl Iterator<Item = T> + '_ {
    let count = table.first().map_or(0, |count| *count as usize);
    let words = size_of::<T>() / size_of::<u32>();
    // SAFETY: each chunk has exactly the row's size; rows are plain numbers, valid for any bits; the read is unaligned.
    table
        .get(1..)
        .unwrap_or_default()
        .chunks_exact(words)
        .take(count)
        .map(|chunk| unsafe { chunk.as_ptr().cast::<T>().read_unaligned() })
}
