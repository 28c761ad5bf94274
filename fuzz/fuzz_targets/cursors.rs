#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| alis_fuzz::cursors(bytes));
