//! Too much of something: a line without an end, a disk without room.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{ENVIRONMENT, Mill, peak_memory, runners};

const MIB: u64 = 1024 * 1024;

#[test]
fn a_log_line_of_256_mb_leaves_memory_flat() {
    let mill = Mill::start();
    mill.stream("warm", &format!("command: echo warm\n{ENVIRONMENT}\n"))
        .ends(0);
    let before = peak_memory(mill.server_pid()).expect("it runs");
    let (over, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    mill.submit(
        "flood",
        &format!("command: echo first; head -c 268435456 /dev/zero | tr '\\0' 'x'; echo; echo last\n{ENVIRONMENT}\n"),
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for runner in runners(&mill.processes()) {
                    peak.fetch_max(peak_memory(runner).unwrap_or(0), Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let job = mill.wait("flood", &["Completed", "Failed"]);
        over.store(true, Ordering::Relaxed);
        assert_eq!(job["status"], "Completed", "{}", job["reason"]);
    });
    let (runner, server) = (
        peak.load(Ordering::Relaxed),
        peak_memory(mill.server_pid()).expect("it runs"),
    );
    println!(
        "runner {} MiB, server {} -> {} MiB",
        runner / MIB,
        before / MIB,
        server / MIB
    );
    assert!(
        runner > 0 && runner < 128 * MIB,
        "the runner held {} MiB",
        runner / MIB
    );
    assert!(
        server < before + 96 * MIB,
        "the server grew from {} to {} MiB",
        before / MIB,
        server / MIB
    );
    let (status, log) = mill.http("GET", "/api/v1/workspaces/default/jobs/flood", None, "");
    assert!(status == 200 && log.len() < 1_000_000);
}

#[test]
fn a_full_disk_is_said_and_nothing_that_was_acknowledged_is_lost() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let small = dir.path().join("small");
    std::fs::create_dir(&small).expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"])
        .arg(&small)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("not run: a small disk can be mounted by root alone");
        return;
    }
    let unmount = Unmount(small.clone());
    let mut mill = Mill::start_in(dir, small.join("data"));
    let compute =
        |mill: &Mill, name: &str| mill.run(&["compute", "create", "--name", name, "--type", "amlcompute"]);
    mill.stream("before", &format!("command: echo before\n{ENVIRONMENT}\n"))
        .ends(0);
    let fill = small.join("fill");
    let room = |room: &str| {
        let script = format!("cat /dev/zero > {0}; truncate -s -{room} {0}", fill.display());
        Command::new("sh")
            .args(["-c", &script])
            .stderr(std::process::Stdio::null())
            .status()
            .expect("sh runs");
    };
    // Changes that are refused, one after the other, take none with them that is acknowledged later.
    room("0");
    for name in ["refused1", "refused2", "refused3"] {
        compute(&mill, name).ends(1).says("full");
    }
    std::fs::remove_file(&fill).expect("it is there");
    compute(&mill, "kept").ends(0);
    mill.kill_server();
    mill.start_server();
    mill.ok(&["compute", "show", "--name", "kept"]);
    assert_eq!(
        mill.ok(&["compute", "list"]).as_array().map(Vec::len),
        Some(2),
        "local, and the one that was kept"
    );
    room("6M");
    mill.write("big/data.bin", vec![7; 32 * MIB as usize]);
    let done = mill.run(&[
        "data",
        "create",
        "-n",
        "big",
        "--type",
        "uri_folder",
        "--path",
        "big",
    ]);
    assert_ne!(done.code, 0);
    assert!(
        done.text().contains("space") || done.text().contains("full"),
        "{}",
        done.text()
    );
    // A job may fill the disk to the last byte, so that not even its end can be written down: it is told later.
    mill.submit(
        "writes",
        &format!("command: head -c 33554432 /dev/zero > ${{{{outputs.o}}}}/big\n{ENVIRONMENT}\noutputs: {{o: {{type: uri_folder}}}}\n"),
    );
    std::thread::sleep(Duration::from_secs(3));
    let job = mill.show("before");
    assert_eq!(job["status"], "Completed", "what is there can still be read");
    std::fs::remove_file(&fill).expect("it is there");
    let job = mill.wait("writes", &["Failed", "Completed"]);
    let reason = job["reason"].as_str().unwrap_or_default().to_lowercase();
    assert!(job["status"] == "Failed" && reason.contains("no space"), "{job}");
    // With room again all goes on, and what was there is there, also after a restart.
    mill.stream("after", &format!("command: echo after\n{ENVIRONMENT}\n"))
        .ends(0)
        .says("after");
    mill.kill_server();
    mill.start_server();
    assert_eq!(mill.show("before")["status"], "Completed");
    assert_eq!(mill.show("after")["status"], "Completed");
    mill.kill_server();
    drop(unmount);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
