//! Makes Python list a job's input folders in order of name, as blob storage does and local disks do not.
//!
//! A small module in the job's own layer of its environment wraps `os.listdir` and `os.scandir` (and with them `os.walk`,
//! `glob` and `pathlib`) for paths under the inputs, and for no others.

use crate::failure::Failure;
use std::path::Path;
use tidemill_env::Prefix;

const MODULE: &str = include_str!("listing.py");
const NAME: &str = "_tidemill_listing";

/// Lays the module into the layer, for these folders.
pub(crate) fn sort_listings(prefix: &Prefix, folders: &[&Path]) -> Result<(), Failure> {
    if folders.is_empty() {
        return Ok(());
    }
    let folders: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let folders =
        serde_json::to_string(&folders).expect("text can be written as JSON, which Python reads as a list");
    let module = MODULE.replace("FOLDERS = []", &format!("FOLDERS = {folders}"));
    let files = [
        (format!("{NAME}.py"), module),
        (format!("{NAME}.pth"), format!("import {NAME}\n")),
    ];
    for (name, text) in files {
        let path = prefix.site_packages.join(name);
        std::fs::write(&path, text)
            .map_err(|error| Failure::io(&format!("write {}", path.display()), error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn folders_of_inputs_list_in_order_and_others_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let inputs = folder.path().join("inputs");
        std::fs::create_dir(&inputs).expect("made");
        for index in 0..300 {
            std::fs::write(inputs.join(format!("part-{:03}.csv", (index * 7) % 300)), "").expect("written");
        }
        let module = super::MODULE.replace(
            "FOLDERS = []",
            &format!("FOLDERS = [{:?}]", inputs.to_str().expect("plain")),
        );
        std::fs::write(folder.path().join("_tidemill_listing.py"), module).expect("written");
        let script = "import _tidemill_listing, os, glob, pathlib, sys\n\
                      p = sys.argv[1]\n\
                      names = os.listdir(p)\n\
                      assert names == sorted(names) and len(names) == 300\n\
                      with os.scandir(p) as entries: assert [e.name for e in entries] == names\n\
                      assert [f for _, _, fs in os.walk(p) for f in fs] == names\n\
                      assert [os.path.basename(f) for f in glob.glob(p + '/*')] == names\n\
                      assert [f.name for f in pathlib.Path(p).iterdir()] == names\n\
                      os.chdir(p); assert os.listdir() == names\n\
                      assert os.listdir(b'.') == [os.fsencode(n) for n in names]\n\
                      assert os.listdir('/proc/self') and list(os.scandir('/'))\n\
                      try: os.listdir(p + '/missing')\n\
                      except FileNotFoundError: pass\n\
                      else: raise SystemExit('no error')\n";
        let output = Command::new("python3")
            .args(["-c", script])
            .arg(&inputs)
            .env("PYTHONPATH", folder.path())
            .output()
            .expect("python3 is on the machine");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
