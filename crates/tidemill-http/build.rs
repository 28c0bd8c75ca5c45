//! Lays the built studio where it is embedded from; a build without Node gets a page that says how to build it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Tidemill</title>\n\
    <h1>The studio is not in this build</h1>\n\
    <p>Run <code>make ui</code>, then build Tidemill again. The command line and the APIs work without it.</p>\n</html>\n";

fn main() -> io::Result<()> {
    let to = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("studio");
    let ui = Path::new("../../ui");
    let dist = ui.join("dist");
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    println!("cargo::rerun-if-changed=build.rs");
    if dist.join("index.html").is_file() {
        println!("cargo::rerun-if-changed={}", dist.display());
        return copy(&dist, &to);
    }
    // A path that is missing would make cargo run this each time.
    if ui.is_dir() {
        println!("cargo::rerun-if-changed={}", ui.display());
    }
    fs::create_dir_all(&to)?;
    fs::write(to.join("index.html"), PLACEHOLDER)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
