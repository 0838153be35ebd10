//! libFuzzer's entry to the target `hive`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("hive", bytes));
