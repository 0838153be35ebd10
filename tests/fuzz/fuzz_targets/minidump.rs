//! libFuzzer's entry to the target `minidump`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("minidump", bytes));
