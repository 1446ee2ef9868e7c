#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aircheck_fuzz::resp::run(bytes));
