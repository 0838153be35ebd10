//! libFuzzer's entry to the target `pkcs7`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("pkcs7", bytes));
