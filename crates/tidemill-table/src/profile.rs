//! A table to its profile, on all cores: parts go to threads as they come, each thread keeps a state of its own, and the
//! states are merged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use arrow_schema::Schema;
use tidemill_profile::{Profiler, Rows};

use crate::error::{Error, Result};
use crate::open::Tables;
use crate::table::{Part, Table};

/// Profiles a table. Each file may be of other types as far as text formats leave a choice: where the first rows of a file
/// mislead, it is read again with the types of all its rows.
///
/// # Errors
/// A file cannot be read: its name, and the row and column where they are known.
pub fn profile(tables: &Tables) -> Result<Profiler> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let expected = tables.files.iter().map(|file| file.rows()).sum::<Option<u64>>();
    match all(&tables.files, expected, threads) {
        Ok(profiler) => Ok(profiler),
        Err(error) => {
            let widened = tables.widened(&error)?;
            all(&widened.files, expected, threads)
        }
    }
}

fn all(files: &[Box<dyn Table>], expected: Option<u64>, threads: usize) -> Result<Profiler> {
    let Some(first) = files.first() else {
        return Ok(Profiler::new(&Schema::empty()));
    };
    let schema = first.schema();
    let new = || {
        let mut profiler = Profiler::new(&schema);
        if let Some(rows) = expected {
            profiler.expect(rows);
        }
        profiler
    };
    let parts = expected.map_or(usize::MAX, |_| {
        files
            .iter()
            .filter_map(|file| file.parts().ok())
            .flatten()
            .take(threads)
            .count()
    });
    // A table of one row group keeps all cores busy by its columns.
    if parts < threads {
        return by_columns(files, &new, threads);
    }
    let (work, received) = sync_channel::<Work>(threads);
    let received = Mutex::new(received);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| worker(&received, new())))
            .collect();
        let mut fed = Ok(());
        let mut number = 0;
        'files: for file in files {
            match file.parts() {
                Ok(parts) => {
                    for part in parts {
                        let sent = part.map(|part| {
                            let path = file.path().to_path_buf();
                            work.send(Work { part, number, path })
                        });
                        number += 1;
                        match sent {
                            Ok(Ok(())) => {}
                            // Workers that have failed take nothing more.
                            Ok(Err(_)) => break 'files,
                            Err(error) => {
                                fed = Err(error);
                                break 'files;
                            }
                        }
                    }
                }
                Err(error) => {
                    fed = Err(error);
                    break;
                }
            }
        }
        drop(work);
        let mut whole: Option<Profiler> = None;
        let mut failed: Option<(u32, Error)> = None;
        for worker in workers {
            match worker.join() {
                Ok(Ok(profiler)) => whole = Some(merged(whole, profiler, first.as_ref())?),
                Ok(Err(error)) => {
                    // The first error in the order of the rows is the one to mend.
                    if failed.as_ref().is_none_or(|known| error.0 < known.0) {
                        failed = Some(error);
                    }
                }
                Err(_) => failed = Some((0, Error::of(first.path(), "a thread ended"))),
            }
        }
        if let Some((_, error)) = failed {
            return Err(error);
        }
        fed?;
        Ok(whole.unwrap_or_else(new))
    })
}

fn merged(whole: Option<Profiler>, other: Profiler, table: &dyn Table) -> Result<Profiler> {
    match whole {
        None => Ok(other),
        Some(mut whole) => {
            whole
                .merge(&other)
                .map_err(|error| Error::of(table.path(), error))?;
            Ok(whole)
        }
    }
}

struct Work {
    part: Box<dyn Part>,
    number: u32,
    path: std::path::PathBuf,
}

/// Takes parts until there are none; the number of the part with an error.
fn worker(work: &Mutex<Receiver<Work>>, mut profiler: Profiler) -> Result<Profiler, (u32, Error)> {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Work { part, number, path }) = next else {
            return Ok(profiler);
        };
        let mut reader = profiler.part(number);
        let read = guarded(&path, || {
            part.read(&mut |batch| reader.update(batch).map_err(|error| Error::of(&path, error)))
        });
        read.map_err(|error| (number, error))?;
    }
}

/// Damaged files make some decoders panic; that is an error of the file.
fn guarded<T>(path: &std::path::Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::of(path, "its content contradicts itself")
            .with_hint("the file is damaged; write or copy it again"))
    })
}

/// Reads parts one after the other, each by slices of its columns on all cores.
fn by_columns(
    files: &[Box<dyn Table>],
    new: &(impl Fn() -> Profiler + Sync),
    threads: usize,
) -> Result<Profiler> {
    let idle = Mutex::new(Vec::<Profiler>::new());
    let mut number = 0;
    let mut whole = new();
    for file in files {
        for part in file.parts()? {
            let part = part?;
            let at = number;
            number += 1;
            let Some(slices) = part.by_columns(threads * 3) else {
                let mut reader = whole.part(at);
                guarded(file.path(), || {
                    part.read(&mut |batch| {
                        let read = reader.update(batch);
                        read.map_err(|error| Error::of(file.path(), error))
                    })
                })?;
                continue;
            };
            for rows in sliced(file.as_ref(), &slices, at, whole.threshold(), &idle, new, threads)? {
                whole.add_rows(&rows);
            }
        }
    }
    for profiler in idle.into_inner().unwrap_or_else(PoisonError::into_inner) {
        whole = merged(Some(whole), profiler, files[0].as_ref())?;
    }
    Ok(whole)
}

/// Reads the slices of one part, and joins what they say of its rows.
fn sliced(
    file: &dyn Table,
    slices: &[(usize, Box<dyn Part>)],
    at: u32,
    threshold: u64,
    idle: &Mutex<Vec<Profiler>>,
    new: &(impl Fn() -> Profiler + Sync),
    threads: usize,
) -> Result<Vec<Rows>> {
    let schema = file.schema();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let joined: Mutex<Vec<Rows>> = Mutex::new(Vec::new());
    let take = || {
        idle.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_else(new)
    };
    let slice = |profiler: &mut Profiler, (field, part): &(usize, Box<dyn Part>)| {
        let first: usize = schema.fields()[..*field]
            .iter()
            .map(|field| Profiler::width(field))
            .sum();
        let (mut reader, mut batches) = (profiler.part(at), Vec::new());
        guarded(file.path(), || {
            part.read(&mut |batch| {
                let rows = reader.read(batch, first, threshold);
                batches.push(rows.map_err(|error| Error::of(file.path(), error))?);
                Ok(())
            })
        })?;
        drop(reader);
        let mut joined = joined.lock().unwrap_or_else(PoisonError::into_inner);
        if joined.is_empty() {
            *joined = batches;
        } else {
            joined
                .iter_mut()
                .zip(batches)
                .for_each(|(own, other)| own.join(other));
        }
        Ok(())
    };
    let work = || -> Result<()> {
        let mut profiler = take();
        let mut done = Ok(());
        while done.is_ok()
            && let Some(one) = slices.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            done = slice(&mut profiler, one);
        }
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(profiler);
        done
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        for worker in workers {
            worker
                .join()
                .unwrap_or_else(|_| Err(Error::of(file.path(), "a thread ended")))?;
        }
        own
    })?;
    Ok(joined.into_inner().unwrap_or_else(PoisonError::into_inner))
}
