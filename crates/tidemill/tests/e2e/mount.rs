//! A version as a folder: what is read comes, and no more; what is whole is checked; nothing can be written; and it goes with its
//! command. On a machine without FUSE these tests say so and check the error instead.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::support::*;
use crate::transfer::{Breaking, Limits, MIB, OPEN, noise, with_data};

/// A mount that is there, and its command.
struct Mount {
    child: Child,
    folder: PathBuf,
    said: PathBuf,
}

impl Mount {
    fn of(mill: &Mill, url: &str, args: &[&str]) -> Self {
        let (folder, said) = (mill.path("mnt"), mill.path("mount.log"));
        let mut child = mill
            .command()
            .args([
                "data",
                "mount",
                "--mount-point",
                "mnt",
                "--server",
                url,
                "-o",
                "json",
            ])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&said).expect("a log"))
            .spawn()
            .expect("it starts");
        // It prints what it has mounted once it is there.
        let stdout = child.stdout.take().expect("it is piped");
        let line = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains('}'));
        let mount = Self { child, folder, said };
        assert!(line.is_some(), "{}", mount.said());
        mount
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    fn read(&self, file: &str) -> std::io::Result<Vec<u8>> {
        fs::read(self.folder.join(file))
    }

    /// Sends a signal and waits for the end.
    fn signal(&mut self, signal: &str) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().expect("kill");
        assert!(sent.success());
        self.child.wait().expect("it ends")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if is_mounted(&self.folder) {
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
    }
}

fn is_mounted(folder: &std::path::Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").expect("this is Linux");
    let folder = folder.display().to_string();
    mounts.lines().any(|line| line.split(' ').nth(1) == Some(&folder))
}

/// Whether this machine can mount; said plainly where it cannot.
fn has_fuse() -> bool {
    let device = fs::File::options().read(true).write(true).open("/dev/fuse");
    let may =
        rustix::process::geteuid().is_root() || Command::new("fusermount3").arg("--version").output().is_ok();
    let has = device.is_ok() && may;
    if !has {
        eprintln!(
            "SKIPPED: this machine has no FUSE, or not the right to mount; mounting itself was not tested"
        );
    }
    has
}

#[test]
fn a_version_is_a_folder_whose_files_come_as_they_are_read() {
    let mill = with_data();
    if !has_fuse() {
        return;
    }
    let breaking = Breaking::before(&mill, OPEN);
    let mut mount = Mount::of(&mill, &breaking.url, &["azureml:big:1"]);
    assert!(
        mount.said().contains("Mounted azureml:big:1 (3 files, 12.6 MB)"),
        "{}",
        mount.said()
    );
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(mount.folder.join(folder)).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        (names(""), names("deep")),
        (
            vec!["big.bin".to_owned(), "deep".to_owned()],
            vec!["empty.txt".to_owned(), "small.txt".to_owned()]
        )
    );
    let about = fs::metadata(mount.folder.join("big.bin")).expect("it is there");
    assert_eq!((about.len(), about.mode() & 0o777), (12 * MIB, 0o444));
    assert!(about.mtime() > 1_600_000_000, "the time of the version");
    assert!(breaking.came_down() < 200_000, "nothing was read, nothing came");

    // A part of a large file costs the block that it lies in.
    let whole = noise(12 * MIB, 7);
    let mut file = fs::File::open(mount.folder.join("big.bin")).expect("it opens");
    file.seek(SeekFrom::Start(9 * MIB + 17)).expect("within");
    let mut part = [0; 1000];
    file.read_exact(&mut part).expect("bytes");
    let at = (9 * MIB + 17) as usize;
    assert!(part == whole[at..at + 1000]);
    let came = breaking.came_down();
    assert!(
        came > 4 * MIB && came < 5 * MIB,
        "{came} bytes came for a block of 4 MiB"
    );
    // The rest comes once, however often it is read and by however many.
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let path = mount.folder.join("big.bin");
            std::thread::spawn(move || fs::read(path).expect("it can be read"))
        })
        .collect();
    for reader in readers {
        assert!(reader.join().expect("it reads") == whole);
    }
    let came = breaking.came_down();
    assert!(came > 12 * MIB && came < 13 * MIB, "{came} bytes came for 12 MiB");
    assert_eq!(mount.read("deep/small.txt").expect("bytes"), b"small");
    assert_eq!(mount.read("deep/empty.txt").expect("bytes"), b"");

    for refused in [
        fs::write(mount.folder.join("new.txt"), "x"),
        fs::write(mount.folder.join("deep/small.txt"), "x"),
        fs::File::options()
            .append(true)
            .open(mount.folder.join("big.bin"))
            .and_then(|mut file| file.write_all(b"x")),
        fs::remove_file(mount.folder.join("big.bin")),
        fs::create_dir(mount.folder.join("folder")),
        fs::rename(mount.folder.join("big.bin"), mount.folder.join("other.bin")),
    ] {
        assert_eq!(
            refused.expect_err("read-only").kind(),
            ErrorKind::ReadOnlyFilesystem
        );
    }
    assert_eq!(
        mount.read("nowhere").expect_err("it is not there").kind(),
        ErrorKind::NotFound
    );
    mill.run(&["data", "mount", "azureml:big:1", "--mount-point", "mnt"])
        .ends(1)
        .says("it is not empty");
    drop(file);
    let ended = mount.signal("-INT");
    assert!(ended.success(), "{}", mount.said());
    assert!(
        mount.said().contains("Unmounted mnt; 12.6 MB had come"),
        "{}",
        mount.said()
    );
    assert!(
        !is_mounted(&mount.folder) && !mount.folder.exists(),
        "what was made for it went with it"
    );
}

#[test]
fn pandas_reads_a_mounted_table_over_a_connection_that_breaks() {
    let mill = Mill::start();
    if !has_fuse() {
        return;
    }
    let python = tool("tables");
    let make = "import numpy as np, pandas as pd; rng = np.random.default_rng(3); \
                pd.DataFrame({'a': np.arange(900_000), 'b': rng.random(900_000)}).to_parquet('set/rows.parquet'); \
                pd.DataFrame({'k': range(20_000), 'v': 'text'}).to_csv('set/rows.csv', index=False)";
    mill.write("set/readme.txt", "two tables");
    let made = Command::new(&python)
        .current_dir(mill.path(""))
        .args(["-c", make])
        .status();
    assert!(made.expect("Python starts").success());
    mill.ok(&[
        "data",
        "create",
        "-n",
        "set",
        "--type",
        "uri_folder",
        "--path",
        "set",
    ]);
    // Every connection breaks after 3 MiB: blocks of 4 MiB come in two goes.
    let breaking = Breaking::before(
        &mill,
        Limits {
            down: 3 * MIB,
            ..OPEN
        },
    );
    let mut mount = Mount::of(&mill, &breaking.url, &["--name", "set", "--label", "latest"]);
    let read = "import pandas as pd; \
                one = pd.read_parquet('mnt/rows.parquet'); other = pd.read_parquet('set/rows.parquet'); \
                pd.testing.assert_frame_equal(one, other); \
                assert pd.read_csv('mnt/rows.csv')['k'].sum() == 199990000; \
                print(len(one), pd.read_parquet('mnt/rows.parquet', columns=['b'])['b'].equals(other['b']))";
    let done = Command::new(&python)
        .current_dir(mill.path(""))
        .args(["-c", read])
        .output()
        .expect("it starts");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        "900000 True",
        "{}\n{}",
        String::from_utf8_lossy(&done.stderr),
        mount.said()
    );
    // A folder in use is taken away nevertheless.
    let _open = fs::File::open(mount.folder.join("readme.txt")).expect("it opens");
    let ended = mount.signal("-TERM");
    assert!(ended.success() && !is_mounted(&mount.folder), "{}", mount.said());
    assert!(mount.said().contains("still in use"), "{}", mount.said());
}

#[test]
fn a_file_that_was_changed_where_it_lies_is_not_given_out_whole() {
    let mill = with_data();
    if !has_fuse() {
        return;
    }
    let mut bytes = noise(12 * MIB, 7);
    bytes[5_000_000] ^= 1;
    mill.write("lake/set/big.bin", bytes);
    mill.write("lake/set/deep/small.txt", "SMALL");
    let mut mount = Mount::of(&mill, &mill.url(), &["--path", "azureml:big:1"]);
    // Of a file of one block nothing is given out; of a larger one, not the last piece, and nothing when it is opened again.
    for file in ["deep/small.txt", "big.bin", "big.bin"] {
        let error = mount.read(file).expect_err(file);
        assert_eq!(error.raw_os_error(), Some(5), "{file}: {error}");
    }
    let said = mount.said();
    assert_eq!(
        said.matches("cannot be read").count(),
        2,
        "each is told once: {said}"
    );
    assert!(
        said.contains("big.bin cannot be read") && said.contains("changed where it lies"),
        "{said}"
    );
    // Where somebody else unmounts, the command ends.
    let taken = Command::new("umount")
        .arg(&mount.folder)
        .status()
        .expect("umount");
    assert!(taken.success());
    assert!(mount.child.wait().expect("it ends").success());
    assert!(
        mount.said().contains("Somebody has unmounted"),
        "{}",
        mount.said()
    );
}

#[test]
fn what_cannot_be_mounted_is_told_with_what_to_do() {
    let mill = with_data();
    let at = ["--mount-point", "mnt"];
    let run = |args: &[&str]| mill.run(&[&["data", "mount"], args, &at[..]].concat());
    run(&["azureml:big:9"]).ends(1).says("big:9");
    run(&["azureml:big:1", "--mode", "rw_mount"])
        .ends(2)
        .says("ro_mount");
    run(&[]).ends(2).says("DATA");
    assert!(!mill.path("mnt").exists());
    mill.write("mnt/mine.txt", "mine");
    run(&["azureml:big:1"])
        .ends(1)
        .says("it is not empty")
        .says("one that is not there is made");
    if has_fuse() {
        // Without the device, as in a container that was not given it.
        let script = "mount -t tmpfs none /dev && exec \"$0\" data mount azureml:big:1 --mount-point other";
        let done = mill
            .command_as("unshare")
            .args(["--mount", "sh", "-c", script, BINARY])
            .output()
            .expect("unshare starts");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(
            said.contains("/dev/fuse cannot be opened") && said.contains("modprobe fuse"),
            "{said}"
        );
        assert!(!mill.path("other").exists());
    } else {
        fs::remove_file(mill.path("mnt/mine.txt")).expect("it is there");
        run(&["azureml:big:1"])
            .ends(1)
            .says("failed to mount")
            .says("data download");
    }
}
