//! Profiles a table, or only decodes it, and prints the seconds: what `bench/profile.py` measures.
//! Usage: `measure profile|decode FILE`.

use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use tidemill_profile::Asked;
use tidemill_table::{Part, ReadOptions, Result, open, profile};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (what, path) = (
        arguments.get(1).map_or("", String::as_str),
        arguments.get(2).map_or("", String::as_str),
    );
    let started = Instant::now();
    let tables = open(Path::new(path), &ReadOptions::default())?;
    let rows = match what {
        "decode" => decode(&tables)?,
        // To its end: relations and texts are looked at when all rows are there.
        _ => match profile(&tables)?.finish(&Asked::default()) {
            Ok(found) => found.rows,
            Err(error) => {
                eprintln!("{error}");
                0
            }
        },
    };
    println!("{rows} {:.4}", started.elapsed().as_secs_f64());
    Ok(())
}

/// Reads every part with the same readers and threads, and lets the batches go.
fn decode(tables: &tidemill_table::Tables) -> Result<u64> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (send, received) = sync_channel::<(Box<dyn Part>, bool)>(threads);
    let received = Mutex::new(received);
    let worker = || {
        let mut rows = 0u64;
        loop {
            let next = received.lock().map(|received| received.recv());
            let Ok(Ok((part, counts))) = next else {
                return Ok(rows);
            };
            part.read(&mut |batch| {
                rows += if counts { batch.num_rows() as u64 } else { 0 };
                Ok(())
            })?;
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for file in &tables.files {
            let parts: Vec<_> = if file.rows().is_some() {
                file.parts()?.collect::<Result<_>>()?
            } else {
                Vec::new()
            };
            if !parts.is_empty() && parts.len() < threads {
                for part in parts {
                    for (at, slice) in part.by_columns(threads * 3).unwrap_or_default() {
                        let _ = send.send((slice, at == 0));
                    }
                }
                continue;
            }
            for part in file.parts()? {
                let _ = send.send((part?, true));
            }
        }
        drop(send);
        let mut rows = 0;
        for worker in workers {
            rows += worker.join().unwrap_or(Ok(0))?;
        }
        Ok(rows)
    })
}
