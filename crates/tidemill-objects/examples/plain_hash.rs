//! What hashing the files of a folder takes when nothing else is done, in milliseconds: each read and hashed whole, on all
//! cores. `cargo run --release -p tidemill-objects --example plain_hash FOLDER`

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder")?;
    let files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    let start = Instant::now();
    let sum = files
        .par_iter()
        .map(|file| std::fs::read(file).map(|bytes| u64::from(blake3::hash(&bytes).as_bytes()[0])))
        .sum::<std::io::Result<u64>>()?;
    let took = start.elapsed();
    assert!(sum > 0 || files.is_empty());
    println!("{:.1}", took.as_secs_f64() * 1000.0);
    Ok(())
}
