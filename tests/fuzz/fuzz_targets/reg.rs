//! libFuzzer's entry to the target `reg`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("reg", bytes));
