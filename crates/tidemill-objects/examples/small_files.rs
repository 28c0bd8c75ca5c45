//! Times many small files: plain hashing, a first and a second scan, a copy, and laying it out again.
//! `cargo run --release -p tidemill-objects --example small_files [files] [folder]`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rayon::prelude::*;
use tidemill_objects::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let count: usize = args.next().map_or(Ok(100_000), |text| text.parse())?;
    let parent = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let work = tempfile::Builder::new()
        .prefix("small-files-")
        .tempdir_in(parent)?;
    let data = work.path().join("data");
    let start = Instant::now();
    let files = create(&data, count)?;
    println!(
        "{count} files; writing them one by one           {:>8.0} ms",
        ms(start.elapsed())
    );
    // The hints of files that changed just now are not kept.
    std::thread::sleep(Duration::from_millis(100));
    let now = SystemTime::now();

    hash_all(&files);
    let plain = timed(|| hash_all(&files));
    println!(
        "{count} files; plain hashing on all cores      {:>8.0} ms",
        ms(plain)
    );
    let show = |name: &str, time: Duration| {
        println!(
            "{name:<44} {:>8.0} ms  {:>5.2} x plain",
            ms(time),
            time.as_secs_f64() / plain.as_secs_f64()
        );
    };

    let datastore = Datastore::open_folder(&data)?;
    let target = ScanTarget::resolve(&datastore, "").await?;
    let start = Instant::now();
    let first = scan(&datastore, &target, None, now, &Silent).await?;
    show("by reference, first time", start.elapsed());
    let start = Instant::now();
    let second = scan(&datastore, &target, Some(&first.manifest), now, &Silent).await?;
    show("by reference, second time", start.elapsed());
    assert_eq!(
        (second.files_read, second.manifest.digest()),
        (0, first.manifest.digest())
    );

    let start = Instant::now();
    let bytes = first.manifest.encode()?;
    println!(
        "manifest: encode {:.1} ms, {} bytes",
        ms(start.elapsed()),
        bytes.len()
    );
    let decode = timed(|| _ = Manifest::decode(&bytes));
    println!(
        "manifest: decode {:.1} ms, digest {:.1} ms",
        ms(decode),
        ms(timed(|| _ = first.manifest.digest()))
    );

    let store = TreeStore::new(Datastore::open_folder(work.path().join("sha"))?);
    let options = UploadOptions {
        base: None,
        known: None,
        now,
    };
    let start = Instant::now();
    let up = upload_tree(TreeBuilder::data(&data)?, &store, options, &Silent).await?;
    show("as a copy, first time", start.elapsed());
    let base = Some(store.tree(&up.digest).await?);
    let start = Instant::now();
    let again = UploadOptions {
        base,
        known: Some(up.manifest),
        now,
    };
    let again = upload_tree(TreeBuilder::data(&data)?, &store, again, &Silent).await?;
    show("as a copy, second time", start.elapsed());
    assert!(again.was_there);

    let all = SafePath::root();
    let start = Instant::now();
    lay_copy(&store, &up.digest, &all, &work.path().join("job"), &Silent).await?;
    show("laid as a private copy", start.elapsed());
    let cache = TreeCache::new(work.path().join("cache"));
    for name in [
        "laid in the shared cache, first time",
        "laid in the shared cache, second time",
    ] {
        let start = Instant::now();
        cache.lay(&store, &up.digest, &all, &Silent).await?;
        show(name, start.elapsed());
    }
    cache.remove(&up.digest).await?;
    Ok(())
}

/// Files of 100 to 4,000 bytes, a thousand a folder.
fn create(root: &Path, count: usize) -> std::io::Result<Vec<PathBuf>> {
    let noise: Vec<u8> = (0..8192u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut files = Vec::with_capacity(count);
    for at in 0..count {
        let folder = root.join(format!("part-{:04}", at / 1000));
        if at % 1000 == 0 {
            std::fs::create_dir_all(&folder)?;
        }
        let file = folder.join(format!("record-{at:07}.json"));
        let mut content = at.to_le_bytes().to_vec();
        content.extend_from_slice(&noise[at % 4096..][..100 + at * 7919 % 3900]);
        std::fs::write(&file, content)?;
        files.push(file);
    }
    Ok(files)
}

fn hash_all(files: &[PathBuf]) {
    let sum = files
        .par_iter()
        .map(|file| std::fs::read(file).map(|bytes| blake3::hash(&bytes).as_bytes()[0] as u64));
    assert!(sum.sum::<std::io::Result<u64>>().is_ok());
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
