//! Turning a folder into a tree: walk, hash on all cores, and pack small files in the same pass.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use rayon::prelude::*;

use super::pack::PackWriter;
use super::{Layout, Location, PackId, Tree};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::{Entry, Manifest};
use crate::progress::Progress;
use crate::safe_path::SafePath;
use crate::scan::{Known, Reading, fill, hash_file, settled_hint};
use crate::walk::{Look, Walk, Walked};

/// Code snapshots over this size are worth a warning.
pub const CODE_WARN_BYTES: u64 = 300_000_000;

/// Small files are read in rounds of at most this many bytes and files, which bounds memory and keeps packs the same
/// from one time to the next.
const ROUND_BYTES: u64 = 2 << 20;
const ROUND_FILES: usize = 512;

/// The files of a tree to be, found but not read yet.
pub struct TreeBuilder {
    files: Vec<Source>,
    code: bool,
}

struct Source {
    path: SafePath,
    full: PathBuf,
    size_bytes: u64,
    hint: crate::Hint,
    executable: bool,
}

/// A large file that goes as a blob.
#[derive(Debug, Clone)]
pub struct BlobPlan {
    /// Its hash.
    pub hash: Hash,
    /// Its size.
    pub size_bytes: u64,
    /// The file.
    pub file: PathBuf,
}

/// What a tree consists of, after its packs were handed out.
#[derive(Debug)]
pub struct TreePlan {
    /// The manifest with this machine's marks, which make the next time quick.
    pub manifest: Manifest,
    /// Where each content is to lie.
    pub layout: Layout,
    /// The blobs that belong to it, each once.
    pub blobs: Vec<BlobPlan>,
}

impl TreeBuilder {
    /// The files of a code folder (or one file). Left out: what `.amlignore` says, or `.gitignore` where there is none,
    /// and `.git`, `__pycache__` and `.ipynb_checkpoints`. Links inside the folder are followed.
    pub fn code(root: &Path) -> Result<Self> {
        let files = found(root, |root| Walk::new(root).of_code())?;
        Ok(Self { files, code: true })
    }

    /// Code without files, for [`TreeBuilder::include`] alone.
    pub fn empty_code() -> Self {
        Self {
            files: Vec::new(),
            code: true,
        }
    }

    /// All files of a data folder, or one file.
    pub fn data(root: &Path) -> Result<Self> {
        Ok(Self {
            files: found(root, Walk::new)?,
            code: false,
        })
    }

    /// Adds one more file or folder at `target` (the same rules hold in it): `additional_includes`.
    /// A path that is there already is an error when the tree is built.
    pub fn include(mut self, source: &Path, target: &SafePath) -> Result<Self> {
        let is_file = source.is_file();
        let files = found(source, |root| {
            if self.code {
                Walk::new(root).of_code()
            } else {
                Walk::new(root)
            }
        })?;
        for mut file in files {
            file.path = if is_file {
                target.clone()
            } else {
                target.join(&file.path)
            };
            self.files.push(file);
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(self)
    }

    /// The number of files.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// The sum of their sizes.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// A sentence for the user if a code snapshot is so large that something was probably not meant to be in it.
    pub fn warning(&self) -> Option<String> {
        let total = self.total_bytes();
        if !self.code || total <= CODE_WARN_BYTES {
            return None;
        }
        let largest = self.files.iter().max_by_key(|file| file.size_bytes)?;
        Some(format!(
            "the code folder holds {} MB in {} files (the largest is {} with {} MB): leave out what isn't code with a .amlignore file",
            total / 1_000_000,
            self.files.len(),
            largest.path,
            largest.size_bytes / 1_000_000
        ))
    }

    /// Hashes everything and packs what is small. Each finished pack goes to `emit`, which may wait. Contents that
    /// `base` holds keep their place there; files that look as in `known` (a manifest from last time, with its marks)
    /// are not read if their bytes need not be packed.
    pub fn build(
        self,
        base: Option<&Tree>,
        known: Option<&Manifest>,
        now: SystemTime,
        progress: &dyn Progress,
        emit: &mut dyn FnMut(PackId, Bytes) -> Result<()>,
    ) -> Result<TreePlan> {
        if let Some(pair) = self.files.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(ObjectsError::bad_path(
                pair[0].path.as_str(),
                "it comes from two places",
            ));
        }
        let mut places = Places::new(base);
        let mut known = Known::new(known);
        let mut entries: Vec<Option<Entry>> = vec![None; self.files.len()];
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for (at, file) in self.files.iter().enumerate() {
            let same = known.unchanged(&file.path, file.size_bytes, &file.hint);
            match same {
                Some(entry) if Tree::is_blob(file.size_bytes) || places.holds(&entry.hash) => {
                    progress.advance(1, entry.size_bytes);
                    entries[at] = Some(Entry {
                        executable: file.executable,
                        ..entry.clone()
                    });
                }
                _ if Tree::is_blob(file.size_bytes) => large.push(at),
                _ => small.push(at),
            }
        }
        let rounds = rounds(&self.files, &small);
        places.expect(small.len(), self.bytes_of(&small) as u64);
        let largest = rounds.iter().map(|round| self.bytes_of(round)).max().unwrap_or(0);
        let (mut contents, mut next) = (vec![0; largest], vec![0; largest]);
        let mut read = self.read_round(rounds.first(), &mut contents, now, progress);
        for (number, round) in rounds.iter().enumerate() {
            let found = read?;
            read = Ok(Vec::new());
            // While this round is packed, the next one is read.
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| read = self.read_round(rounds.get(number + 1), &mut next, now, progress));
                let mut rest = contents.as_slice();
                for (at, entry) in round.iter().zip(found) {
                    let content;
                    (content, rest) = rest.split_at(entry.size_bytes as usize);
                    places.pack(&entry, content, emit)?;
                    entries[*at] = Some(entry);
                }
                Ok::<_, ObjectsError>(())
            })?;
            std::mem::swap(&mut contents, &mut next);
        }
        let hashed: Vec<Entry> = large
            .par_iter()
            .map(|at| self.files[*at].hash(now, progress))
            .collect::<Result<_>>()?;
        for (at, entry) in large.iter().zip(hashed) {
            entries[*at] = Some(entry);
        }
        places.finish(emit)?;
        let entries: Vec<Entry> = entries.into_iter().flatten().collect();
        let mut blobs: HashMap<Hash, BlobPlan> = HashMap::new();
        for (file, entry) in self.files.iter().zip(&entries) {
            if places.get(&entry.hash).is_none() {
                let (hash, size_bytes) = (entry.hash, entry.size_bytes);
                blobs.entry(hash).or_insert_with(|| BlobPlan {
                    hash,
                    size_bytes,
                    file: file.full.clone(),
                });
            }
        }
        let mut blobs: Vec<BlobPlan> = blobs.into_values().collect();
        blobs.sort_by(|a, b| a.file.cmp(&b.file));
        let layout = places.layout(&entries);
        Ok(TreePlan {
            manifest: Manifest::new(entries)?,
            layout,
            blobs,
        })
    }

    fn bytes_of(&self, files: &[usize]) -> usize {
        files.iter().map(|at| self.files[*at].size_bytes as usize).sum()
    }

    /// Reads the small files of a round, one after the other into `contents`, which is used again from round to round.
    fn read_round(
        &self,
        round: Option<&Vec<usize>>,
        contents: &mut [u8],
        now: SystemTime,
        progress: &dyn Progress,
    ) -> Result<Vec<Entry>> {
        let Some(round) = round else {
            return Ok(Vec::new());
        };
        let mut rest = contents;
        let mut places = Vec::with_capacity(round.len());
        for at in round {
            let (place, after) = std::mem::take(&mut rest).split_at_mut(self.files[*at].size_bytes as usize);
            places.push((&self.files[*at], place));
            rest = after;
        }
        places
            .into_par_iter()
            .with_min_len(16)
            .map(|(file, place)| file.read(place, now, progress))
            .collect()
    }
}

impl Source {
    fn new(full: PathBuf, path: SafePath, look: Look) -> Self {
        Self {
            path,
            full,
            size_bytes: look.size_bytes,
            hint: look.hint(),
            executable: look.executable,
        }
    }

    fn hash(&self, now: SystemTime, progress: &dyn Progress) -> Result<Entry> {
        let entry = hash_file(
            &Reading {
                full: &self.full,
                shown: &self.path,
                now,
            },
            progress,
        )?;
        if !Tree::is_blob(entry.size_bytes) {
            return Err(ObjectsError::ChangedWhileRead {
                path: self.path.to_string(),
            });
        }
        Ok(Entry {
            executable: self.executable,
            ..entry
        })
    }

    /// The whole of a small file, into a place of its size.
    fn read(&self, place: &mut [u8], now: SystemTime, progress: &dyn Progress) -> Result<Entry> {
        let failed = |error| ObjectsError::io("read", &self.full, error);
        let mut file = File::open(&self.full).map_err(failed)?;
        let filled = fill(&mut file, place).map_err(failed)?;
        // What was added after these bytes shows in the size and the times.
        let after = Look::of(&file.metadata().map_err(failed)?);
        if filled as u64 != self.size_bytes
            || after.hint() != self.hint
            || after.size_bytes != self.size_bytes
        {
            return Err(ObjectsError::ChangedWhileRead {
                path: self.path.to_string(),
            });
        }
        progress.advance(1, self.size_bytes);
        Ok(Entry {
            path: self.path.clone(),
            size_bytes: self.size_bytes,
            hash: Hash::of(place),
            executable: self.executable,
            hint: settled_hint(after.hint(), now),
        })
    }
}

fn found(root: &Path, walk: impl Fn(&Path) -> Walk) -> Result<Vec<Source>> {
    let meta = fs::metadata(root).map_err(|error| ObjectsError::io("open", root, error))?;
    if meta.is_file() {
        let name = root.file_name().unwrap_or_default();
        let path = SafePath::parse(crate::walk::utf8_name(&SafePath::root(), name)?)?;
        return Ok(vec![Source::new(root.to_owned(), path, Look::of(&meta))]);
    }
    if !meta.is_dir() {
        return Err(ObjectsError::NotAFile {
            path: root.display().to_string(),
        });
    }
    let root = fs::canonicalize(root).map_err(|error| ObjectsError::io("open", root, error))?;
    let files = walk(&root).run()?;
    Ok(files
        .into_iter()
        .map(|Walked { path, look }| Source::new(path.under(&root), path, look))
        .collect())
}

fn rounds(files: &[Source], small: &[usize]) -> Vec<Vec<usize>> {
    let mut rounds = Vec::new();
    let (mut round, mut bytes) = (Vec::new(), 0);
    for at in small {
        let size = files[*at].size_bytes;
        if !round.is_empty() && (bytes + size > ROUND_BYTES || round.len() >= ROUND_FILES) {
            rounds.push(std::mem::take(&mut round));
            bytes = 0;
        }
        round.push(*at);
        bytes += size;
    }
    if !round.is_empty() {
        rounds.push(round);
    }
    rounds
}

/// Where contents lie: in packs of the base, in finished packs, in the pack that is being filled.
struct Places {
    of: HashMap<Hash, (usize, u64)>,
    /// The packs of the base and those of ours, in order; the one being filled has no name yet.
    packs: Vec<Option<PackId>>,
    open: PackWriter,
    open_at: usize,
}

impl Places {
    fn new(base: Option<&Tree>) -> Self {
        let mut of = HashMap::new();
        let mut packs = Vec::new();
        if let Some(base) = base {
            packs.extend(base.layout().packs.iter().copied().map(Some));
            for (entry, location) in base.manifest().entries().iter().zip(&base.layout().locations) {
                if let Location::Pack { pack, offset } = location {
                    of.insert(entry.hash, (*pack as usize, *offset));
                }
            }
        }
        Self {
            of,
            packs,
            open: PackWriter::expecting(0, 0),
            open_at: 0,
        }
    }

    /// Makes room for so many files and bytes.
    fn expect(&mut self, files: usize, bytes: u64) {
        self.of.reserve(files);
        self.open = PackWriter::expecting(files, bytes);
    }

    fn holds(&self, hash: &Hash) -> bool {
        self.of.contains_key(hash)
    }

    fn get(&self, hash: &Hash) -> Option<(usize, u64)> {
        self.of.get(hash).copied()
    }

    fn pack(
        &mut self,
        entry: &Entry,
        content: &[u8],
        emit: &mut dyn FnMut(PackId, Bytes) -> Result<()>,
    ) -> Result<()> {
        if self.holds(&entry.hash) {
            return Ok(());
        }
        if self.open.is_full_for(content.len()) {
            self.finish(emit)?;
        }
        if self.open.is_empty() {
            self.open_at = self.packs.len();
            self.packs.push(None);
        }
        let offset = self.open.add(entry.hash, content);
        self.of.insert(entry.hash, (self.open_at, offset));
        Ok(())
    }

    fn finish(&mut self, emit: &mut dyn FnMut(PackId, Bytes) -> Result<()>) -> Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let (id, bytes) = self.open.finish();
        self.packs[self.open_at] = Some(id);
        emit(id, bytes)
    }

    /// The locations, with only the packs that are used.
    fn layout(&self, entries: &[Entry]) -> Layout {
        let mut numbers: HashMap<usize, u32> = HashMap::new();
        let mut layout = Layout::default();
        for entry in entries {
            let location = match self.get(&entry.hash) {
                None => Location::Blob,
                Some((pack, offset)) => {
                    let number = *numbers.entry(pack).or_insert_with(|| {
                        let id = self.packs[pack].expect("every pack is finished before the layout is made");
                        layout.packs.push(id);
                        layout.packs.len() as u32 - 1
                    });
                    Location::Pack { pack: number, offset }
                }
            };
            layout.locations.push(location);
        }
        layout
    }
}
