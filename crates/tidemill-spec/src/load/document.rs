//! Loading one document with all that it names.

use std::path::{Path, PathBuf};

use super::files::Files;
use super::inline::{Found, Inliner};
use crate::de::{LocalFound, MAX_ERRORS, read};
use crate::error::{FieldPath, Problem, Segment, SpecError, SpecErrors, Warning};
use crate::kinds::{Detected, Family, Kind, Spec, detect_kind};
use crate::validate::{check, load_warnings};
use crate::yaml::{Node, NodeKind, Override, Source, SourceMap, Span, apply_overrides, parse_document};

/// A document that was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says; local paths in it are absolute (as far as the path it was loaded by is).
    pub spec: Spec,
    /// What was read but does not do what its writer may expect.
    pub warnings: Vec<Warning>,
    /// The local files and folders that it names, each once.
    pub local_paths: Vec<PathBuf>,
}

/// Loads a file with all that it names in other files, and validates it.
///
/// Relative paths start from the folder of the file that they are written in; give `path` absolute to have absolute paths
/// in the spec. `overrides` are applied to the raw tree first. `expected` is what the caller wants (`job create` wants a
/// job), or `None` to take whatever it is.
///
/// # Errors
/// Everything that is wrong, as far as it can be found in one go, each with its place.
pub fn load_document(
    files: &dyn Files,
    path: &Path,
    overrides: &[Override],
    expected: Option<Family>,
) -> Result<Loaded, SpecErrors> {
    let text = files.read(path).map_err(|error| SpecError {
        file: path.to_path_buf(),
        line: 0,
        column: 1,
        field: String::new(),
        message: match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::InvalidData => "the file is no UTF-8 text".to_owned(),
            _ => format!("failed to read the file: {error}"),
        },
        hint: Some("check the path that was given".to_owned()),
        excerpt: None,
    })?;
    load_text(files, path, text, overrides, expected)
}

/// As [`load_document`], for a text that is at hand; `path` names it in errors and says where relative paths start.
///
/// # Errors
/// As [`load_document`].
pub fn load_text(
    files: &dyn Files,
    path: &Path,
    text: String,
    overrides: &[Override],
    expected: Option<Family>,
) -> Result<Loaded, SpecErrors> {
    let mut inliner = Inliner::new(files);
    let file = inliner.sources.add(Source::new(path, text.clone()));
    inliner.enter(path);
    match tree(&mut inliner, &text, path, file, overrides, expected) {
        Ok((root, kind)) => finish(files, inliner, root, kind).map(|(loaded, _)| loaded),
        Err((problem, span)) => Err(SpecError::place(problem, span, &inliner.sources).into()),
    }
}

/// As [`load_text`], for a tree that is at hand, such as one whose parameters were filled in. The texts of `sources` are those
/// that its spans name; they come back with what was read besides.
pub(crate) fn load_tree(
    files: &dyn Files,
    sources: SourceMap,
    path: &Path,
    root: Node,
    kind: Kind,
) -> Result<(Loaded, SourceMap), SpecErrors> {
    let mut inliner = Inliner::new(files);
    inliner.sources = sources;
    inliner.enter(path);
    finish(files, inliner, root, kind)
}

fn finish(
    files: &dyn Files,
    mut inliner: Inliner<'_>,
    mut root: Node,
    kind: Kind,
) -> Result<(Loaded, SourceMap), SpecErrors> {
    inliner.document(&mut root, kind, &FieldPath::default());
    if inliner.is_full() {
        return Err(placed(inliner.errors, &inliner.sources));
    }
    let Inliner {
        sources, mut errors, ..
    } = inliner;
    let read = match read_kind(&root, kind, &sources) {
        Ok(read) => read,
        Err(more) => {
            extend_unknown(&mut errors, more);
            return Err(placed(errors, &sources));
        }
    };
    let (spec, mut warnings, locals) = read;
    extend_unknown(&mut errors, missing(files, &locals));
    let problems = check(&spec).into_iter().map(|problem| {
        let span = place_of(&root, &problem);
        (problem, span)
    });
    extend_unknown(&mut errors, problems.collect());
    if !errors.is_empty() {
        return Err(placed(errors, &sources));
    }
    warnings.extend(load_warnings(&spec));
    let mut local_paths: Vec<PathBuf> = locals.into_iter().map(|local| local.absolute).collect();
    local_paths.sort();
    local_paths.dedup();
    let loaded = Loaded {
        spec,
        warnings,
        local_paths,
    };
    Ok((loaded, sources))
}

fn tree(
    inliner: &mut Inliner<'_>,
    text: &str,
    path: &Path,
    file: u32,
    overrides: &[Override],
    expected: Option<Family>,
) -> Result<(Node, Kind), Found> {
    let mut root = parse_document(text, file).map_err(|found| *found)?;
    if !overrides.is_empty() {
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let source = Source {
            path: PathBuf::from("--set"),
            folder,
            text: String::new(),
        };
        let file = inliner.sources.add(source);
        apply_overrides(&mut root, overrides, file).map_err(|problem| {
            (
                problem,
                Span {
                    file,
                    line: 0,
                    column: 1,
                    length: 1,
                },
            )
        })?;
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    match detect_kind(&root, &name, expected).map_err(|found| *found)? {
        Detected::Kind(kind) => Ok((root, kind)),
        Detected::Refused(why) => {
            let place = root.entry("type").or(root.entry("$schema"));
            let span = place.map_or(root.span, |(_, value)| value.span);
            let path = place.map_or_else(FieldPath::default, |(key, _)| FieldPath::field(&key.text));
            let (message, hint) = match why.split_once('\n') {
                Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
                None => (why, None),
            };
            Err((Problem::new(message).at(path).maybe_hint(hint), span))
        }
    }
}

type ReadSpec = (Spec, Vec<Warning>, Vec<LocalFound>);

fn read_kind(root: &Node, kind: Kind, sources: &SourceMap) -> Result<ReadSpec, Vec<Found>> {
    fn one<T: serde::de::DeserializeOwned>(
        root: &Node,
        sources: &SourceMap,
        wrap: fn(T) -> Spec,
    ) -> Result<ReadSpec, Vec<Found>> {
        read(root, sources).map(|read| (wrap(read.value), read.warnings, read.locals))
    }
    match kind.family() {
        Family::Job => one(root, sources, Spec::Job),
        Family::Component => one(root, sources, Spec::Component),
        Family::Environment => one(root, sources, Spec::Environment),
        Family::Data => one(root, sources, Spec::Data),
        Family::Model => one(root, sources, Spec::Model),
        Family::Datastore => one(root, sources, Spec::Datastore),
        Family::Compute => one(root, sources, Spec::Compute),
        Family::Workspace => one(root, sources, Spec::Workspace),
        Family::Policy => one(root, sources, |policy| Spec::Policy(Box::new(policy))),
        Family::Group => one(root, sources, Spec::Group),
        Family::Role => one(root, sources, Spec::Role),
        Family::Assignment => one(root, sources, Spec::Assignment),
        Family::User => one(root, sources, Spec::User),
        Family::Team => one(root, sources, Spec::Team),
        Family::ServicePrincipal => one(root, sources, Spec::ServicePrincipal),
        Family::OnlineEndpoint => one(root, sources, |endpoint| Spec::OnlineEndpoint(Box::new(endpoint))),
        Family::Release => one(root, sources, |release| Spec::Release(Box::new(release))),
        Family::IdentityProvider => one(root, sources, |provider| {
            Spec::IdentityProvider(Box::new(provider))
        }),
        Family::PublishedPipeline => one(root, sources, |pipeline| {
            Spec::PublishedPipeline(Box::new(pipeline))
        }),
        Family::Schedule => one(root, sources, |schedule| Spec::Schedule(Box::new(schedule))),
        Family::Validation => one(root, sources, |validation| Spec::Validation(Box::new(validation))),
        Family::OnlineDeployment => one(root, sources, |deployment| {
            Spec::OnlineDeployment(Box::new(deployment))
        }),
    }
}

/// Adds what is found about fields that nothing has been said about: a file that is missing needs no second complaint.
fn extend_unknown(errors: &mut Vec<Found>, more: Vec<Found>) {
    let known: Vec<FieldPath> = errors.iter().map(|(problem, _)| problem.path.clone()).collect();
    errors.extend(
        more.into_iter()
            .filter(|(problem, _)| problem.path.is_root() || !known.contains(&problem.path)),
    );
}

/// The local paths that are not there.
fn missing(files: &dyn Files, locals: &[LocalFound]) -> Vec<Found> {
    locals
        .iter()
        .filter(|local| files.kind(&local.absolute).is_none())
        .map(|local| {
            let problem = Problem::new(format!("there is no file or folder `{}`", local.written))
                .at(local.path.clone())
                .hint(format!("it was looked for at `{}`", local.absolute.display()));
            (problem, local.span)
        })
        .collect()
}

/// Where a problem's field stands, or the nearest field around it that does.
fn place_of(root: &Node, problem: &Problem) -> Span {
    let mut node = root;
    let mut span = root.span;
    for (step, segment) in problem.path.0.iter().enumerate() {
        let of_name = problem.of_name && step + 1 == problem.path.0.len();
        let next = match (segment, &node.kind) {
            (Segment::Key(key), _) => node.entry(key).map(|(key, value)| {
                let single = value.as_scalar().is_some() && !value.is_null();
                (value, if single && !of_name { value.span } else { key.span })
            }),
            (Segment::Index(index), NodeKind::List(items)) => items.get(*index).map(|item| (item, item.span)),
            _ => None,
        };
        match next {
            Some((value, at)) => (node, span) = (value, at),
            None => break,
        }
    }
    span
}

fn placed(mut errors: Vec<Found>, sources: &SourceMap) -> SpecErrors {
    errors.sort_by_key(|(_, span)| (span.file, span.line, span.column));
    errors.dedup();
    errors.truncate(MAX_ERRORS);
    SpecErrors(
        errors
            .into_iter()
            .map(|(problem, span)| SpecError::place(problem, span, sources))
            .collect(),
    )
}
