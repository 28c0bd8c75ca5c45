//! Data down to a machine and up to a datastore over connections that break: behind what came it goes on, what is there does not
//! travel again, and what was tampered with is named.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::*;

pub(crate) const MIB: u64 = 1 << 20;

/// A way to the server that ends every connection after so many bytes in one direction, or stalls there.
pub(crate) struct Breaking {
    pub(crate) url: String,
    down: Arc<AtomicU64>,
    up: Arc<AtomicU64>,
}

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) down: u64,
    pub(crate) up: u64,
    pub(crate) stall: bool,
}

pub(crate) const OPEN: Limits = Limits {
    down: u64::MAX,
    up: u64::MAX,
    stall: false,
};

impl Breaking {
    pub(crate) fn before(mill: &Mill, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (down, up) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let server = mill.url().replace("http://", "");
        let counts = (down.clone(), up.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&server) else {
                    return;
                };
                let (from_client, to_client) = (client.try_clone().expect("a socket"), client);
                let (from_server, to_server) = (server.try_clone().expect("a socket"), server);
                let (down, up) = counts.clone();
                std::thread::spawn(move || carry(from_server, to_client, limits.down, limits.stall, &down));
                std::thread::spawn(move || carry(from_client, to_server, limits.up, limits.stall, &up));
            }
        });
        Self { url, down, up }
    }

    pub(crate) fn came_down(&self) -> u64 {
        self.down.load(Ordering::SeqCst)
    }

    fn went_up(&self) -> u64 {
        self.up.load(Ordering::SeqCst)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, limit: u64, stall: bool, count: &AtomicU64) {
    let (mut piece, mut carried) = (vec![0; 64 << 10], 0);
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if carried >= limit {
            if stall {
                std::thread::sleep(Duration::from_secs(60));
            }
            break;
        }
        carried += length as u64;
        count.fetch_add(length as u64, Ordering::SeqCst);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Bytes that nothing makes smaller, always the same.
pub(crate) fn noise(length: u64, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length / 8).flat_map(|_| next()).collect();
    bytes.truncate(length as usize);
    bytes
}

/// A version `big:1` in the datastore `lake` with one file of 12 MiB, a small one and an empty one.
pub(crate) fn with_data() -> Mill {
    let mill = Mill::start();
    mill.write("lake/set/big.bin", noise(12 * MIB, 7));
    mill.write("lake/set/deep/small.txt", "small");
    mill.write("lake/set/deep/empty.txt", "");
    let yaml = format!(
        "name: lake\ntype: local_folder\npath: {}\n",
        mill.path("lake").display()
    );
    mill.write("lake.yml", yaml);
    mill.ok(&["datastore", "create", "-f", "lake.yml"]);
    mill.ok(&[
        "data",
        "create",
        "-n",
        "big",
        "--type",
        "uri_folder",
        "--path",
        "azureml://datastores/lake/paths/set/",
    ]);
    mill
}

fn whole(mill: &Mill, folder: &str) {
    for file in ["big.bin", "deep/small.txt", "deep/empty.txt"] {
        let (came, lies) = (
            mill.path(&format!("{folder}/big/{file}")),
            mill.path(&format!("lake/set/{file}")),
        );
        assert!(
            std::fs::read(&came).expect(file) == std::fs::read(lies).expect(file),
            "{file}"
        );
    }
    let parts = files(&mill.path(folder))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "part"));
    assert_eq!(parts.count(), 0, "nothing on its way is left");
}

#[test]
fn a_download_goes_on_behind_what_came_and_what_is_there_does_not_come_again() {
    let mill = with_data();
    let breaking = Breaking::before(
        &mill,
        Limits {
            down: 3 * MIB,
            ..OPEN
        },
    );
    let get = |url: &str, to: &str| {
        mill.run(&[
            "data", "download", "-n", "big", "-v", "1", "-p", to, "--server", url,
        ])
    };
    let done = get(&breaking.url, "down").ends(0).json();
    assert_eq!((&done["files"], &done["there_already"]), (&3.into(), &0.into()));
    whole(&mill, "down");
    let down = breaking.came_down();
    assert!(
        down > 12 * MIB && down < 13 * MIB,
        "{down} bytes travelled for 12 MiB in pieces of 3"
    );
    // Once more: nothing but the list travels. One that was changed comes again, and only that.
    let before = breaking.came_down();
    let done = get(&breaking.url, "down").ends(0).json();
    assert_eq!((&done["files"], &done["there_already"]), (&0.into(), &3.into()));
    assert!(breaking.came_down() - before < 100_000);
    mill.write("down/big/deep/small.txt", "SMALL");
    assert_eq!(get(&breaking.url, "down").ends(0).json()["files"], 1);
    whole(&mill, "down");
    let part = [
        "data", "download", "-n", "big", "-v", "1", "-p", "part", "--path", "deep",
    ];
    assert_eq!(mill.ok(&part)["files"], 2);
    mill.run(&["data", "download", "-n", "big", "--path", "nowhere"])
        .ends(1)
        .says("no such file or folder");
}

#[test]
fn a_download_that_was_killed_goes_on_with_the_next_command() {
    let mill = with_data();
    let stalling = Breaking::before(
        &mill,
        Limits {
            down: 5 * MIB,
            stall: true,
            ..OPEN
        },
    );
    let mut child = mill
        .command()
        .args([
            "data",
            "download",
            "-n",
            "big",
            "-v",
            "1",
            "-p",
            "down",
            "--server",
            &stalling.url,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let part = mill.until("five of twelve MiB came", || {
        let found = files(&mill.path("down"))
            .into_iter()
            .find(|file| file.extension().is_some_and(|ending| ending == "part"))?;
        let length = std::fs::metadata(&found).ok()?.len();
        (length > 4 * MIB && stalling.came_down() > 5 * MIB).then_some(found)
    });
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let there = std::fs::metadata(&part).expect("it stays").len();
    assert!(!mill.path("down/big/big.bin").exists());
    let counting = Breaking::before(&mill, OPEN);
    let get = [
        "data",
        "download",
        "-n",
        "big",
        "-v",
        "1",
        "-p",
        "down",
        "--server",
        &counting.url,
    ];
    mill.ok(&get);
    whole(&mill, "down");
    let down = counting.came_down();
    assert!(
        down < 12 * MIB - there + 100_000,
        "{down} bytes travelled, {there} were there"
    );
    // A part that was damaged since is found out by its hash, and fetched anew.
    std::fs::remove_file(mill.path("down/big/big.bin")).expect("it is there");
    std::fs::write(&part, vec![0; 4 * MIB as usize]).expect("a file");
    mill.ok(&get);
    whole(&mill, "down");
}

#[test]
fn a_source_that_was_tampered_with_is_named_and_nothing_of_it_is_kept() {
    let mill = with_data();
    let mut bytes = noise(12 * MIB, 7);
    bytes[5_000_000] ^= 1;
    mill.write("lake/set/big.bin", bytes);
    mill.run(&["data", "download", "-n", "big", "-v", "1", "-p", "down"])
        .ends(1)
        .says("failed to fetch big.bin: its bytes hash to")
        .says("changed where it lies");
    let left: Vec<String> = files(&mill.path("down"))
        .iter()
        .map(|file| file.file_name().expect("one").to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        left.iter().filter(|name| name.starts_with("big")).count(),
        0,
        "{left:?}"
    );
    assert!(
        mill.path("down/big/deep/small.txt").exists(),
        "the others are there"
    );
}

#[test]
fn an_upload_goes_on_behind_what_arrived_and_another_file_is_not_replaced() {
    let mill = with_data();
    mill.write("new/large.bin", noise(9 * MIB, 11));
    mill.write("new/in/one.csv", "a,b\n1,2\n");
    let breaking = Breaking::before(&mill, Limits { up: 4 * MIB, ..OPEN });
    let to = "azureml://datastores/lake/paths/up/";
    let put = ["data", "upload", "new", "--to", to, "--server", &breaking.url];
    let done = mill.ok(&put);
    assert_eq!((&done["files"], &done["there_already"]), (&2.into(), &0.into()));
    for file in ["large.bin", "in/one.csv"] {
        let (here, there) = (
            mill.path(&format!("new/{file}")),
            mill.path(&format!("lake/up/{file}")),
        );
        assert!(
            std::fs::read(here).expect(file) == std::fs::read(there).expect(file),
            "{file}"
        );
    }
    let up = breaking.went_up();
    // What a socket had taken when it broke is sent again.
    assert!(
        up > 9 * MIB && up < 9 * MIB + 9 * MIB / 2,
        "{up} bytes travelled for 9 MiB in pieces of 4"
    );
    let before = breaking.went_up();
    assert_eq!(mill.ok(&put)["there_already"], 2);
    assert!(breaking.went_up() - before < 100_000);
    assert_eq!(files(&mill.data.join("cache/uploads")).len(), 0);

    mill.write("new/in/one.csv", "a,b\n1,3\n");
    mill.run(&put)
        .ends(1)
        .says("in/one.csv")
        .says("another file lies there")
        .says("--overwrite");
    let again = [&put[..], &["--overwrite", "--name", "flights"]].concat();
    let made = mill.ok(&again);
    assert_eq!(
        (&made["version"], &made["files"]),
        (&"1".into(), &2.into()),
        "{made}"
    );
    assert_eq!(
        std::fs::read_to_string(mill.path("lake/up/in/one.csv")).expect("there"),
        "a,b\n1,3\n"
    );
    let one = mill.ok(&["data", "upload", "new/in/one.csv", "--to", to, "--name", "one"]);
    assert_eq!(
        (&one["type"], &one["size_bytes"]),
        (&"uri_file".into(), &8.into())
    );
    let rows = mill.ok(&["datastore", "files", "-n", "lake", "--path", "up"]);
    let paths: Vec<&str> = rows
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["path"].as_str())
        .collect();
    assert_eq!(paths, ["up/in/", "up/large.bin", "up/one.csv"]);

    for (to, said) in [
        (
            "azureml://datastores/workspaceartifactstore/paths/x/",
            "written by runs alone",
        ),
        ("azureml://datastores/nowhere/paths/x/", "nowhere"),
    ] {
        mill.run(&["data", "upload", "new", "--to", to])
            .ends(1)
            .says(said);
    }
    mill.run(&["data", "upload", "new", "--to", "azureml:flights:1"])
        .ends(2)
        .says("no folder of a datastore");
    mill.run(&[
        "data",
        "upload",
        "new",
        "--to",
        "azureml://datastores/lake/paths/../../x/",
    ])
    .ends(2);
}

#[test]
fn an_upload_that_was_killed_goes_on_and_lies_about_its_hash_are_found() {
    let mill = with_data();
    mill.write("new/large.bin", noise(9 * MIB, 11));
    let stalling = Breaking::before(
        &mill,
        Limits {
            up: 4 * MIB,
            stall: true,
            ..OPEN
        },
    );
    let mut child = mill
        .command()
        .args([
            "data",
            "upload",
            "new",
            "--to",
            "azureml://datastores/lake/paths/up/",
            "--server",
            &stalling.url,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let uploads = mill.data.join("cache/uploads");
    mill.until("some of it arrived", || {
        let part = files(&uploads).into_iter().next()?;
        (std::fs::metadata(part).ok()?.len() > 3 * MIB).then_some(())
    });
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(!mill.path("lake/up/large.bin").exists());
    let counting = Breaking::before(&mill, OPEN);
    // The server hears of the broken connection a moment later than the next command comes.
    mill.ok(&[
        "data",
        "upload",
        "new",
        "--to",
        "azureml://datastores/lake/paths/up/",
        "--server",
        &counting.url,
    ]);
    assert!(counting.went_up() < 7 * MIB, "{}", counting.went_up());
    assert!(std::fs::read(mill.path("lake/up/large.bin")).expect("there") == noise(9 * MIB, 11));

    let path = format!(
        "/api/v1/workspaces/default/datastores/lake/uploads?path=lie.txt&hash={}&size_bytes=3",
        "0".repeat(64)
    );
    let (status, body) = mill.http("PUT", &path, None, "abc");
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("what arrived hashes to"), "{body}");
    assert!(!mill.path("lake/lie.txt").exists() && files(&uploads).is_empty());
    let (status, body) = mill.http("PUT", &path, None, "abcd");
    assert_eq!(status, 400, "{body}");
    let (status, _) = mill.http("PUT", &format!("{path}&offset=7"), None, "abc");
    assert_eq!(status, 412);
    // Without a hash it is taken as it comes, and never replaces another file by itself.
    let path = "/api/v1/workspaces/default/datastores/lake/uploads?path=plain.txt&size_bytes=3";
    assert_eq!(mill.http("PUT", path, None, "abc").0, 200);
    assert_eq!(mill.http("PUT", path, None, "xyz").0, 409);
    assert_eq!(
        mill.http("PUT", &format!("{path}&overwrite=true"), None, "xyz").0,
        200
    );
    assert_eq!(
        std::fs::read_to_string(mill.path("lake/plain.txt")).expect("there"),
        "xyz"
    );
    assert!(files(&uploads).is_empty());
}

#[test]
fn ranges_of_files_are_answered_and_folders_listed() {
    let mill = with_data();
    let page: Value = mill
        .http(
            "GET",
            "/api/v1/workspaces/default/datastores/lake/files?path=set",
            None,
            "",
        )
        .1
        .parse()
        .expect("JSON");
    assert_eq!(
        (&page["folders"][0], &page["files"][0]["path"]),
        (&"set/deep".into(), &"set/big.bin".into())
    );
    assert_eq!(page["read_only"], false);
    for path in [
        "/api/v1/workspaces/default/data/big/versions/1/files/deep/small.txt",
        "/api/v1/workspaces/default/datastores/lake/files/set/deep/small.txt",
    ] {
        let mut stream = TcpStream::connect(mill.url().replace("http://", "")).expect("it answers");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=1-3\r\nConnection: close\r\n\r\n"
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 206"), "{answer}");
        assert!(
            answer.to_ascii_lowercase().contains("content-range: bytes 1-3/5")
                && answer.ends_with("\r\n\r\nmal"),
            "{answer}"
        );
    }
    let (status, _) = mill.http(
        "GET",
        "/api/v1/workspaces/default/datastores/lake/files/../secret",
        None,
        "",
    );
    assert!(status >= 400);
}

#[test]
fn of_two_uploads_to_one_path_one_wins_and_the_other_is_told() {
    let mill = with_data();
    // A second datastore leads to the same folder: its name does not make it another place.
    let yaml = format!(
        "name: same\ntype: local_folder\npath: {}\n",
        mill.path("lake").display()
    );
    std::fs::create_dir_all(mill.path("lake/up")).expect("a folder");
    mill.write("same.yml", yaml);
    mill.ok(&["datastore", "create", "-f", "same.yml"]);
    for round in 0..4u64 {
        let sides = [("one", "lake"), ("other", "same")];
        let name = format!("file{round}.bin");
        let bytes = [noise(6 * MIB, round + 1), noise(6 * MIB, round + 100)];
        for ((side, _), bytes) in sides.iter().zip(&bytes) {
            mill.write(&format!("{side}/{name}"), bytes);
        }
        let running = sides.map(|(side, to)| {
            let file = format!("{side}/{name}");
            let to = format!("azureml://datastores/{to}/paths/up/");
            mill.command()
                .args(["data", "upload", &file, "--to", &to])
                .stderr(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .expect("it starts")
        });
        let ended = running.map(|child| child.wait_with_output().expect("it ends"));
        let won: Vec<bool> = ended.iter().map(|output| output.status.success()).collect();
        let said: Vec<_> = ended
            .iter()
            .map(|output| String::from_utf8_lossy(&output.stderr))
            .collect();
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{said:?}");
        let (winner, loser) = if won[0] { (0, 1) } else { (1, 0) };
        assert!(said[loser].contains("another file lies there"), "{said:?}");
        let there = std::fs::read(mill.path(&format!("lake/up/{name}"))).expect("it is there");
        assert!(there == bytes[winner], "it is whole, and that of who was told so");
    }
}
