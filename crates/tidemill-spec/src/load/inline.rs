//! Writes out what a document names in other files: components, environments, conda files.

use std::path::{Path, PathBuf};

use super::files::{FileKind, Files};
use crate::error::{FieldPath, Problem, Segment};
use crate::kinds::{Detected, Family, Kind, detect_kind};
use crate::refs::{absolute_from, local_text};
use crate::yaml::{Node, NodeKind, Source, SourceMap, Span, parse_document};

/// How deep components may hold each other.
const MAX_COMPONENTS_DEEP: usize = 20;
/// How many bytes of other files may be written out into one document; files that name others twice each multiply.
const MAX_WRITTEN_BYTES: usize = 4 * 1024 * 1024;

/// A problem and its place.
pub(super) type Found = (Problem, Span);

/// Walks a document and writes out what it names.
pub(super) struct Inliner<'f> {
    files: &'f dyn Files,
    pub(super) sources: SourceMap,
    pub(super) errors: Vec<Found>,
    /// The files that are being written out, outermost first.
    open: Vec<PathBuf>,
    /// How many bytes have been written out.
    written: usize,
}

impl<'f> Inliner<'f> {
    pub(super) fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            sources: SourceMap::default(),
            errors: Vec::new(),
            open: Vec::new(),
            written: 0,
        }
    }

    /// Says which file is the outermost one.
    pub(super) fn enter(&mut self, path: &Path) {
        self.open.push(path.to_path_buf());
    }

    /// Writes out what a document of this kind names.
    pub(super) fn document(&mut self, node: &mut Node, kind: Kind, at: &FieldPath) {
        match kind {
            Kind::CommandJob => {
                tag(node, "command");
                self.environment(node, "environment", at);
            }
            Kind::CommandComponent => {
                tag(node, "command");
                self.environment(node, "environment", at);
                self.includes_file(node, at);
            }
            Kind::PipelineJob => {
                tag(node, "pipeline");
                if let Some(settings) = node.get_mut("settings") {
                    self.environment(settings, "default_environment", &at.key("settings"));
                }
                self.component(node, "pipeline", at);
                self.steps(node, at);
            }
            Kind::PipelineComponent => {
                tag(node, "pipeline");
                self.steps(node, at);
            }
            Kind::Environment => self.environment_files(node, at),
            Kind::OnlineDeployment | Kind::Validation => self.environment(node, "environment", at),
            Kind::Schedule => {
                self.scheduled_job(node, at);
                self.imported(node, at);
            }
            Kind::PublishedPipeline => {
                self.written(node, "job", Kind::PipelineJob, at);
                if let Some(candidate) = node.get_mut("candidate") {
                    let at = at.key("candidate");
                    self.written(candidate, "deployment", Kind::OnlineDeployment, &at);
                    self.written(candidate, "release", Kind::Release, &at);
                }
            }
            Kind::Data | Kind::Model | Kind::Datastore | Kind::Compute | Kind::Workspace | Kind::Policy => {}
            Kind::Group
            | Kind::Role
            | Kind::Assignment
            | Kind::User
            | Kind::Team
            | Kind::ServicePrincipal
            | Kind::OnlineEndpoint
            | Kind::Release
            | Kind::IdentityProvider => {}
        }
    }

    /// Writes out a field that is a document of a kind, or a file with one.
    fn written(&mut self, node: &mut Node, field: &str, kind: Kind, at: &FieldPath) {
        let at = at.key(field);
        let Some(inner) = node.get_mut(field) else { return };
        let path = match inner.as_map() {
            Some(_) => None,
            None => self.local_file(inner),
        };
        if let Some(path) = path {
            let Some(read) = self.read(&path, &at, inner.span) else {
                return;
            };
            *inner = read;
        }
        self.document(inner, kind, &at);
        // What it is stands around it.
        if let NodeKind::Map(fields) = &mut inner.kind {
            match kind {
                Kind::PipelineJob => fields.retain(|(key, _)| key.text != "type" && key.text != "$schema"),
                Kind::Validation => fields.retain(|(key, _)| key.text != "$schema"),
                _ => {}
            }
        }
    }

    /// Writes out `create_job` of a schedule: a file with a job, with what stands beside it put over it.
    fn scheduled_job(&mut self, node: &mut Node, at: &FieldPath) {
        let at = at.key("create_job");
        let Some(job) = node.get_mut("create_job") else {
            return;
        };
        if job.as_map().is_some() && job.get("endpoint").is_some() {
            return set_type(job, "published");
        }
        let named = match job.as_map() {
            Some(_) => job.get("job").cloned(),
            None => Some(job.clone()),
        };
        let Some(named) = named else {
            let pipeline = job.get("jobs").is_some()
                || job
                    .get("type")
                    .and_then(Node::as_text)
                    .map(crate::de::folded)
                    .as_deref()
                    == Some("pipeline");
            let kind = if pipeline {
                Kind::PipelineJob
            } else {
                Kind::CommandJob
            };
            return match job.as_map() {
                Some(_)
                    if job
                        .get("type")
                        .and_then(Node::as_text)
                        .is_none_or(|word| word != "reference") =>
                {
                    self.document(job, kind, &at)
                }
                _ => {}
            };
        };
        let Some(path) = self.local_file(&named) else {
            let mut reference = match job.as_map() {
                Some(_) => job.clone(),
                None => Node::empty_map(job.span),
            };
            reference.insert("job", named);
            set_type(&mut reference, "reference");
            *job = reference;
            return;
        };
        let Some(mut inner) = self.read(&path, &at, named.span) else {
            return;
        };
        match detect_kind(&inner, &short(&path), Some(Family::Job)) {
            Ok(Detected::Kind(kind)) => {
                self.open.push(path);
                self.document(&mut inner, kind, &at);
                self.open.pop();
                put_over(&mut inner, job);
                *job = inner;
            }
            Ok(Detected::Refused(why)) => {
                let span = inner.get("type").map_or(inner.span, |word| word.span);
                self.errors.push((Problem::new(why).at(at), span));
            }
            Err(found) => {
                let (problem, span) = *found;
                let path = problem.path.clone().below(&at);
                self.errors.push((problem.at(path), span));
            }
        }
    }

    /// Writes out `import_data` of a schedule: a file that says what is brought in.
    fn imported(&mut self, node: &mut Node, at: &FieldPath) {
        let at = at.key("import_data");
        let Some(import) = node.get_mut("import_data") else {
            return;
        };
        let Some(path) = self.local_file(import) else {
            return;
        };
        let Some(mut read) = self.read(&path, &at, import.span) else {
            return;
        };
        if let NodeKind::Map(fields) = &mut read.kind {
            fields.retain(|(key, _)| key.text != "$schema");
        }
        *import = read;
    }

    fn steps(&mut self, node: &mut Node, at: &FieldPath) {
        let Some(NodeKind::Map(steps)) = node.get_mut("jobs").map(|jobs| &mut jobs.kind) else {
            return;
        };
        for (name, step) in steps {
            let at = at.key("jobs").key(&name.text);
            let word = step.get("type").and_then(Node::as_text).map(crate::de::folded);
            match word.as_deref() {
                None | Some("command") => {
                    if step.get("jobs").is_none() {
                        tag(step, "command");
                    }
                    self.environment(step, "environment", &at);
                    self.component(step, "command", &at);
                    shape_inputs(step);
                }
                Some("pipeline") => {
                    self.component(step, "pipeline", &at);
                    shape_inputs(step);
                }
                Some("validatemodel") => self.written(step, "validation", Kind::Validation, &at),
                // Other kinds are refused when the tree is read.
                Some(_) => {}
            }
        }
    }

    /// Writes out `component:` of a step or a pipeline job.
    fn component(&mut self, node: &mut Node, word: &str, at: &FieldPath) {
        let Some(component) = node.get_mut("component") else {
            return;
        };
        let at = at.key("component");
        let deep =
            at.0.iter()
                .filter(|step| matches!(step, Segment::Key(key) if key == "component"))
                .count();
        if deep > MAX_COMPONENTS_DEEP {
            let problem = Problem::new(format!(
                "components hold each other more than {MAX_COMPONENTS_DEEP} deep"
            ));
            return self.errors.push((problem.at(at), component.span));
        }
        if component.as_map().is_some() {
            let pipeline = component.get("jobs").is_some() || word == "pipeline";
            let kind = if pipeline {
                Kind::PipelineComponent
            } else {
                Kind::CommandComponent
            };
            return self.document(component, kind, &at);
        }
        let Some(path) = self.local_file(component) else {
            return;
        };
        let span = component.span;
        if let Some(start) = self.open.iter().position(|file| *file == path) {
            let mut names: Vec<String> = self.open[start..].iter().map(|file| short(file)).collect();
            names.push(short(&path));
            let problem = Problem::new(format!(
                "component files name each other in a circle: {}",
                names.join(" → ")
            ));
            return self
                .errors
                .push((problem.at(at).hint("a component cannot contain itself"), span));
        }
        let Some(mut inner) = self.read(&path, &at, span) else {
            return;
        };
        match detect_kind(&inner, &short(&path), Some(Family::Component)) {
            Ok(Detected::Kind(kind)) => {
                self.open.push(path);
                self.document(&mut inner, kind, &at);
                self.open.pop();
                *component = inner;
            }
            Ok(Detected::Refused(why)) => {
                let span = inner.get("type").map_or(inner.span, |word| word.span);
                self.errors.push((Problem::new(why).at(at), span));
            }
            Err(found) => {
                let (problem, span) = *found;
                let path = problem.path.clone().below(&at);
                self.errors.push((problem.at(path), span));
            }
        }
    }

    /// Writes out an environment that is named by a file, and the files that it names itself.
    fn environment(&mut self, node: &mut Node, field: &str, at: &FieldPath) {
        let at = at.key(field);
        let Some(environment) = node.get_mut(field) else {
            return;
        };
        if environment.as_map().is_none()
            && environment.as_text().is_some_and(names_environment_file)
            && let Some(path) = self.local_file(environment)
        {
            let Some(inner) = self.read(&path, &at, environment.span) else {
                return;
            };
            *environment = inner;
        }
        self.environment_files(environment, &at);
    }

    fn environment_files(&mut self, environment: &mut Node, at: &FieldPath) {
        if let Some(conda) = environment.get_mut("conda_file")
            && let Some(path) = self.local_file(conda)
            && let Some(inner) = self.read(&path, &at.key("conda_file"), conda.span)
        {
            *conda = inner;
        }
        if let Some(requirements) = environment.get_mut("requirements_file")
            && requirements
                .as_text()
                .is_some_and(|text| !text.trim().contains('\n'))
            && let Some(path) = self.local_file(requirements)
            && let Some(text) = self.text(&path, &at.key("requirements_file"), requirements.span)
        {
            *requirements = Node::string(text, requirements.span);
        }
    }

    /// Reads `<component>.additional_includes` beside the component's file.
    fn includes_file(&mut self, node: &mut Node, at: &FieldPath) {
        let Some(yaml) = self.sources.get(node.span.file).map(|source| source.path.clone()) else {
            return;
        };
        let path = yaml.with_extension("additional_includes");
        if path == yaml || self.files.kind(&path) != Some(FileKind::File) {
            return;
        }
        let at = at.key("additional_includes");
        if let Some((key, _)) = node.entry("additional_includes") {
            let problem = Problem::new(format!(
                "`additional_includes` is given here and in `{}`",
                short(&path)
            ));
            return self
                .errors
                .push((problem.at(at).hint("keep one of the two"), key.span));
        }
        let Some(text) = self.text(&path, &at, node.span) else {
            return;
        };
        let file = self.sources.add(Source::new(&path, text.clone()));
        let mut items = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let word = line.trim();
            if !word.is_empty() && !word.starts_with('#') {
                let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
                let length = u32::try_from(word.chars().count()).unwrap_or(1);
                items.push(Node::string(
                    word,
                    Span {
                        file,
                        line,
                        column: 1,
                        length,
                    },
                ));
            }
        }
        let span = Span {
            file,
            line: 1,
            column: 1,
            length: 1,
        };
        node.insert(
            "additional_includes",
            Node {
                kind: NodeKind::List(items),
                span,
            },
        );
    }

    /// The absolute path that a text names, where it names a local file.
    fn local_file(&self, node: &Node) -> Option<PathBuf> {
        let local = local_text(node.as_text()?.trim())?;
        let folder = &self.sources.get(node.span.file)?.folder;
        Some(absolute_from(folder, local))
    }

    /// True once too much was written out: then nothing more is.
    pub(super) fn is_full(&self) -> bool {
        self.written > MAX_WRITTEN_BYTES
    }

    fn text(&mut self, path: &Path, at: &FieldPath, span: Span) -> Option<String> {
        if self.is_full() {
            return None;
        }
        let problem = match self.files.kind(path) {
            None => Problem::new(format!("there is no file `{}`", path.display()))
                .hint("relative paths start from the folder of the file that names them"),
            Some(FileKind::Folder) => {
                Problem::new(format!("`{}` is a folder; a file was expected", path.display()))
            }
            Some(FileKind::File) => match self.files.read(path) {
                Ok(text) => {
                    self.written = self.written.saturating_add(text.len());
                    if !self.is_full() {
                        return Some(text);
                    }
                    Problem::new(format!(
                        "the files that are named hold more than {MAX_WRITTEN_BYTES} bytes together"
                    ))
                    .hint("a file counts each time that it is named")
                }
                Err(error) => Problem::new(format!("failed to read `{}`: {error}", path.display())),
            },
        };
        self.errors.push((problem.at(at.clone()), span));
        None
    }

    fn read(&mut self, path: &Path, at: &FieldPath, span: Span) -> Option<Node> {
        let text = self.text(path, at, span)?;
        let file = self.sources.add(Source::new(path, text.clone()));
        match parse_document(&text, file) {
            Ok(node) => Some(node),
            Err(found) => {
                let (problem, span) = *found;
                self.errors.push((problem.at(at.clone()), span));
                None
            }
        }
    }
}

/// Gives a document the `type` that it is read by, where it has none.
fn tag(node: &mut Node, word: &str) {
    if node.as_map().is_some() && node.get("type").is_none_or(Node::is_null) {
        let span = node.span;
        node.insert("type", Node::plain(word, span));
    }
}

/// Says what the job of a schedule is.
fn set_type(node: &mut Node, word: &str) {
    let span = node.span;
    match node.get_mut("type") {
        Some(there) => *there = Node::plain(word, span),
        None => node.insert("type", Node::plain(word, span)),
    }
}

/// Puts the fields of a map over those of a job: its inputs, settings, tags and properties one by one, others whole.
fn put_over(job: &mut Node, changes: &Node) {
    for (key, value) in changes.as_map().unwrap_or_default() {
        match key.text.as_str() {
            "job" | "type" => {}
            "inputs" | "outputs" | "settings" | "tags" | "properties"
                if job.get(&key.text).is_some_and(|node| node.as_map().is_some()) =>
            {
                let Some(there) = job.get_mut(&key.text) else {
                    continue;
                };
                for (inner, value) in value.as_map().unwrap_or_default() {
                    put(there, &inner.text, value.clone());
                }
            }
            field => put(job, field, value.clone()),
        }
    }
}

fn put(node: &mut Node, key: &str, value: Node) {
    match node.get_mut(key) {
        Some(there) => *there = value,
        None => node.insert(key, value),
    }
}

fn names_environment_file(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("file:")
        || [".yml", ".yaml"].iter().any(|end| text.ends_with(end))
        || text.starts_with("./")
        || text.starts_with("../")
}

/// A text that is given to a data port of a component written out is a path, so it is read as one.
fn shape_inputs(step: &mut Node) {
    let ports: Vec<(String, Span, String)> = step
        .get("component")
        .and_then(|component| component.get("inputs"))
        .and_then(Node::as_map)
        .unwrap_or_default()
        .iter()
        .filter_map(|(name, port)| {
            let word = port.get("type").and_then(Node::as_text)?;
            let parameter = matches!(
                crate::de::folded(word).as_str(),
                "string" | "integer" | "number" | "boolean"
            );
            (!parameter).then(|| (name.text.clone(), port.span, word.to_owned()))
        })
        .collect();
    let Some(inputs) = step.get_mut("inputs") else {
        return;
    };
    for (name, _, word) in ports {
        let Some(given) = inputs.get_mut(&name) else {
            continue;
        };
        let Some(text) = given.as_text().filter(|text| !text.contains("${{")) else {
            continue;
        };
        let (text, span) = (text.to_owned(), given.span);
        let mut data = Node::empty_map(span);
        if crate::de::folded(&word) != "path" {
            data.insert("type", Node::plain(word, span));
        }
        data.insert("path", Node::string(text, span));
        *given = data;
    }
}

fn short(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
