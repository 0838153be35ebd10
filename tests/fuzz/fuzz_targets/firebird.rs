//! libFuzzer's entry to the target `firebird`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| koff_fuzz::run("firebird", bytes));
