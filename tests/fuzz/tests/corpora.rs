//! Reruns the committed corpora, and today's seeds, through every target.
//!
//! `KAIBIAO_UPDATE_SNAPSHOTS=1` writes the seeds into the corpora anew.

use std::path::{Path, PathBuf};

use fuzz_targets::{Reached, TARGETS, run, seeds};

/// The most inputs of one committed corpus.
const FILES_MAX: usize = 100;
/// The longest committed input, in bytes.
const FILE_BYTES_MAX: u64 = 512 * 1024;

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target)
}

fn rerun(target: &str) {
    let folder = corpus(target);
    let renew = std::env::var_os("KAIBIAO_UPDATE_SNAPSHOTS").is_some();
    if renew {
        std::fs::create_dir_all(&folder).unwrap();
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            if path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("seed-")
            {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
    for seed in seeds(target) {
        assert_eq!(
            run(target, &seed.input),
            Reached::Accepted,
            "{target}/{}",
            seed.name
        );
        if renew {
            std::fs::write(folder.join(&seed.name), &seed.input).unwrap();
        }
    }
    let mut count = 0;
    for file in std::fs::read_dir(&folder).expect("every target has a corpus") {
        let path = file.unwrap().path();
        let size = path.metadata().unwrap().len();
        assert!(size <= FILE_BYTES_MAX, "{}: {size} bytes", path.display());
        // With cargo test --nocapture the last line names the input that broke something.
        println!("{}", path.display());
        run(target, &std::fs::read(&path).unwrap());
        count += 1;
    }
    assert!((1..=FILES_MAX).contains(&count), "{target}: {count} inputs");
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { rerun(stringify!($name)); })*

        #[test]
        fn every_target_is_here() {
            let here = [$(stringify!($name)),*];
            let all: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(here.as_slice(), all.as_slice());
        }
    };
}

targets! {
    admission bundle bundle_edits case checkpoint envelope http json key_block part proof rules sheet statement trust
    witness
}
