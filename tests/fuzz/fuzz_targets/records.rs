//! libFuzzer's entry to the target `records`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("records", bytes));
