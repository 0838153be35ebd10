//! libFuzzer's entry to the target `pe`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("pe", bytes));
