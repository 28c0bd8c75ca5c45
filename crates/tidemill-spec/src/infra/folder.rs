//! Loading a folder of infrastructure: every document of every file, parameters filled in, each told with its place.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::parameter::{Parameters, SECRET_FIELDS};
use super::resource::{Body, Lies, Resource, SecretText, lies};
use crate::de::read;
use crate::error::{FieldPath, Problem, SpecError, SpecErrors, Warning, did_you_mean};
use crate::kinds::{Detected, Family, RolloutTest, Spec, detect_kind};
use crate::load::{Files, load_tree};
use crate::refs::{absolute_from, local_text};
use crate::yaml::{Node, NodeKind, Override, Source, SourceMap, Span, parse_document};

type Found = (Problem, Span);

/// How many errors one load reports.
const MAX_ERRORS: usize = 20;

/// What a folder wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Infrastructure {
    /// The name of the stack, where the folder gives one.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The resources, in the order of files and lines.
    pub resources: Vec<Resource>,
    /// What must hold after they were applied.
    pub tests: Vec<RolloutTest>,
    /// What was read but does not do what its writer may expect, with the file.
    pub warnings: Vec<(PathBuf, Warning)>,
}

/// One document of a file.
struct Document {
    path: PathBuf,
    root: Node,
}

/// Loads `paths`, files in the order given, with the values of a parameters file and of `set`.
///
/// Left out are the parameters file itself, other files that hold `parameters` and nothing else, and files that another one
/// names, such as a conda file.
///
/// # Errors
/// Everything that is wrong, each with file and line: parameters that have no value or are used nowhere included.
pub fn load(
    files: &dyn Files,
    paths: &[PathBuf],
    parameters: Option<&Path>,
    set: &[Override],
) -> Result<Infrastructure, SpecErrors> {
    let mut folder = Folder {
        files,
        sources: SourceMap::default(),
        errors: Vec::new(),
        placed: Vec::new(),
    };
    let mut filled = Parameters::default();
    let paths: Vec<PathBuf> = paths
        .iter()
        .filter(|path| parameters != Some(path.as_path()))
        .cloned()
        .collect();
    let mut documents = folder.documents(&paths);
    let settings = folder.settings(&mut documents);
    if let Some(declared) = settings
        .as_ref()
        .and_then(|settings| settings.root.get("parameters"))
    {
        filled.declare(declared);
    }
    if let Some(path) = parameters
        && let Some(text) = folder.text(path)
        && let Some(root) = folder.parse(path, &text)
    {
        filled.give_file(&root);
    }
    folder.set(set, &mut filled);
    filled.check();
    let mut settings = settings;
    if let Some(settings) = &mut settings {
        // What is declared is no value that could name a parameter.
        let declared = settings.root.get("parameters").cloned();
        settings
            .root
            .insert("parameters", Node::plain("", Span::default()));
        filled.fill(&mut settings.root);
        if let Some(declared) = declared {
            settings.root.insert("parameters", declared);
        }
    }
    for document in &mut documents {
        if keeps_secrets(&document.root) {
            refuse_literals(&document.root, &FieldPath::default(), &mut folder.errors);
        }
        filled.fill(&mut document.root);
    }
    filled.check_unused();
    folder.errors.append(&mut filled.errors);
    folder.finish(settings, documents)
}

struct Folder<'f> {
    files: &'f dyn Files,
    sources: SourceMap,
    errors: Vec<Found>,
    placed: Vec<SpecError>,
}

impl Folder<'_> {
    fn text(&mut self, path: &Path) -> Option<String> {
        match self.files.read(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.placed.push(SpecError {
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
                });
                None
            }
        }
    }

    fn parse(&mut self, path: &Path, text: &str) -> Option<Node> {
        let file = self.sources.add(Source::new(path, text.to_owned()));
        match parse_document(text, file) {
            Ok(node) => Some(node),
            Err(found) => {
                self.errors.push(*found);
                None
            }
        }
    }

    /// Every document of every file, without those that are no resources.
    fn documents(&mut self, paths: &[PathBuf]) -> Vec<Document> {
        let mut documents = Vec::new();
        for path in paths {
            let Some(text) = self.text(path) else { continue };
            let file = self.sources.add(Source::new(path, text.clone()));
            for part in parts(&text) {
                match parse_document(&part, file) {
                    Ok(root) => documents.push(Document {
                        path: path.clone(),
                        root,
                    }),
                    Err(found) => self.errors.push(*found),
                }
            }
        }
        let named: HashSet<PathBuf> = documents.iter().flat_map(names_files).collect();
        documents.retain(|document| !named.contains(&document.path) && !is_parameters(&document.root));
        documents
    }

    /// Takes the document that says `type: infrastructure` out of the rest.
    fn settings(&mut self, documents: &mut Vec<Document>) -> Option<Document> {
        let is =
            |document: &Document| document.root.get("type").and_then(Node::as_text) == Some("infrastructure");
        let at = documents.iter().position(is)?;
        let settings = documents.remove(at);
        while let Some(more) = documents.iter().position(is) {
            let more = documents.remove(more);
            let problem = Problem::new("there are two documents of type infrastructure").hint(format!(
                "the first is {}: keep one of them",
                settings.path.display()
            ));
            self.errors.push((problem, more.root.span));
        }
        let known = ["$schema", "type", "name", "description", "parameters", "tests"];
        for (key, _) in settings.root.as_map().unwrap_or_default() {
            if !known.contains(&key.text.as_str()) {
                let problem = Problem::new(format!("unknown field `{}`", key.text))
                    .at(FieldPath::field(&key.text))
                    .maybe_hint(did_you_mean(&key.text, known, "the fields"));
                self.errors.push((problem, key.span));
            }
        }
        Some(settings)
    }

    /// Values of the command line, read as YAML.
    fn set(&mut self, set: &[Override], parameters: &mut Parameters) {
        for one in set {
            let path = PathBuf::from("--set");
            let file = self.sources.add(Source::new(&path, one.value.clone()));
            let span = Span {
                file,
                line: 0,
                column: 1,
                length: 1,
            };
            // One value is no document of its own, but the value of a field is.
            let text = format!("value: {}\n", one.value);
            match parse_document(&text, file) {
                Ok(root) => {
                    let value = root
                        .get("value")
                        .cloned()
                        .unwrap_or_else(|| Node::string("", span));
                    parameters.give(&one.path, Node { span, ..value }, span);
                }
                Err(found) => self.errors.push((found.0, span)),
            }
        }
    }

    fn finish(
        mut self,
        settings: Option<Document>,
        documents: Vec<Document>,
    ) -> Result<Infrastructure, SpecErrors> {
        let text = |field: &str| {
            let settings = settings.as_ref()?;
            settings
                .root
                .get(field)
                .and_then(Node::as_text)
                .map(str::to_owned)
        };
        let (name, description) = (text("name"), text("description"));
        let tests = self.tests(settings.as_ref());
        let mut resources = Vec::new();
        let mut warnings = Vec::new();
        let mut unplaced = Vec::new();
        for mut document in documents {
            let span = document.root.span;
            let Some((resource, lies, told)) = self.resource(&mut document) else {
                continue;
            };
            warnings.extend(told.into_iter().map(|warning| (resource.file.clone(), warning)));
            if resource.place.is_none() && lies != Lies::Server {
                unplaced.push((resources.len(), lies, span));
            }
            resources.push(resource);
        }
        for (at, lies, span) in unplaced {
            self.place(&mut resources, at, lies, span);
        }
        let mut errors = self.placed;
        self.errors
            .sort_by_key(|(_, span)| (span.file, span.line, span.column));
        let placed = self
            .errors
            .into_iter()
            .map(|(problem, span)| SpecError::place(problem, span, &self.sources));
        errors.extend(placed);
        errors.dedup();
        errors.truncate(MAX_ERRORS);
        match errors.is_empty() {
            true => Ok(Infrastructure {
                name,
                description,
                resources,
                tests,
                warnings,
            }),
            false => Err(SpecErrors(errors)),
        }
    }

    /// The tests that the settings hold.
    fn tests(&mut self, settings: Option<&Document>) -> Vec<RolloutTest> {
        let Some(node) = settings.and_then(|settings| settings.root.get("tests")) else {
            return Vec::new();
        };
        let Some(list) = node.as_list() else {
            let problem = Problem::new(format!("expected a list of tests, found {}", node.describe()));
            self.errors
                .push((problem.at(FieldPath::field("tests")), node.span));
            return Vec::new();
        };
        let mut tests = Vec::new();
        for one in list {
            match read::<RolloutTest>(one, &self.sources) {
                Ok(read) => tests.push(read.value),
                Err(errors) => self.errors.extend(errors),
            }
        }
        if tests.len() == list.len() {
            let problems = crate::validate::check_rollout_tests(&tests);
            self.errors
                .extend(problems.into_iter().map(|problem| (problem, node.span)));
        }
        tests
    }

    /// One document as a resource.
    fn resource(&mut self, document: &mut Document) -> Option<(Resource, Lies, Vec<Warning>)> {
        let line = document.root.span.line;
        let file = document.path.clone();
        if document.root.get("type").and_then(Node::as_text) == Some("secret") {
            return self
                .secret(document)
                .map(|resource| (resource, Lies::Group, Vec::new()));
        }
        let place = take_text(&mut document.root, "workspace");
        // A workspace has a field `kind` of its own, with other words.
        let noun = document
            .root
            .get("kind")
            .and_then(Node::as_text)
            .and_then(Family::of_noun);
        if noun.is_some() {
            take_text(&mut document.root, "kind");
        }
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let kind = match detect_kind(&document.root, &name, noun) {
            Ok(Detected::Kind(kind)) => kind,
            Ok(Detected::Refused(why)) => {
                self.errors.push((Problem::new(why), document.root.span));
                return None;
            }
            Err(found) => {
                self.errors.push(*found);
                return None;
            }
        };
        let Some(lies) = lies(kind) else {
            let problem = Problem::new(format!("this is {}, and no infrastructure", kind.spoken()))
                .hint("keep what jobs use in another folder");
            self.errors.push((problem, document.root.span));
            return None;
        };
        if let (Some((_, span)), true) = (&place, lies != Lies::Workspace) {
            let problem = Problem::new(format!("{} is not in a workspace", kind.spoken()))
                .at(FieldPath::field("workspace"))
                .hint("take it out");
            self.errors.push((problem, *span));
        }
        let sources = std::mem::take(&mut self.sources);
        let loaded = match load_tree(self.files, sources.clone(), &file, document.root.clone(), kind) {
            Ok((loaded, sources)) => {
                self.sources = sources;
                loaded
            }
            Err(errors) => {
                self.sources = sources;
                self.placed.extend(errors.0);
                return None;
            }
        };
        let place = match &loaded.spec {
            Spec::Workspace(workspace) => workspace.resource_group.clone(),
            _ => place.map(|(text, _)| text),
        };
        let resource = Resource {
            kind: kind.family().noun().to_owned(),
            place,
            name: loaded.spec.name().unwrap_or_default().to_owned(),
            body: Body::Spec(loaded.spec),
            file,
            line,
        };
        Some((resource, lies, loaded.warnings))
    }

    fn secret(&mut self, document: &mut Document) -> Option<Resource> {
        let root = &document.root;
        let known = ["$schema", "type", "name", "group", "value", "description"];
        for (key, _) in root.as_map().unwrap_or_default() {
            if !known.contains(&key.text.as_str()) {
                let problem = Problem::new(format!("unknown field `{}`", key.text))
                    .at(FieldPath::field(&key.text))
                    .maybe_hint(did_you_mean(&key.text, known, "the fields"));
                self.errors.push((problem, key.span));
            }
        }
        let text = |field: &str| root.get(field).and_then(Node::as_text).map(str::to_owned);
        let (Some(name), Some(value)) = (text("name"), text("value")) else {
            let problem = Problem::new("a secret needs `name` and `value`")
                .hint("write `value: ${{parameters.x}}`, and declare x with `secret: true`");
            self.errors.push((problem, root.span));
            return None;
        };
        Some(Resource {
            kind: "secret".into(),
            place: text("group"),
            name,
            body: Body::Secret {
                value: SecretText(value),
                description: text("description"),
            },
            file: document.path.clone(),
            line: root.span.line,
        })
    }

    /// Puts a resource that says no place into the only one that there is.
    fn place(&mut self, resources: &mut [Resource], at: usize, lies: Lies, span: Span) {
        let noun = match lies {
            Lies::Workspace => "workspace",
            Lies::Group => "group",
            Lies::Server => return,
        };
        let there: Vec<&str> = resources
            .iter()
            .filter(|resource| resource.kind == noun)
            .map(|resource| resource.name.as_str())
            .collect();
        match there.as_slice() {
            [only] => resources[at].place = Some((*only).to_owned()),
            // Workspaces and secrets without a group are in the one that every server has.
            [] if lies == Lies::Group => resources[at].place = Some("default".to_owned()),
            many => {
                let field = if resources[at].kind == "workspace" {
                    "resource_group"
                } else {
                    noun
                };
                let hint = match many.is_empty() {
                    true => format!("add `{field}: <name>`"),
                    false => format!("add `{field}:` with one of {}", many.join(", ")),
                };
                let problem = Problem::new(format!("it does not say in which {noun} it is")).hint(hint);
                self.errors.push((problem, span));
            }
        }
    }
}

/// The documents of a text, each on the lines that it has there.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut current = String::new();
    let mut lines = 0;
    let mut has_content = false;
    for line in text.split_inclusive('\n') {
        lines += 1;
        if line.trim_end() == "---" {
            if has_content {
                parts.push(std::mem::take(&mut current));
            }
            current = "\n".repeat(lines);
            has_content = false;
            continue;
        }
        let word = line.trim();
        has_content |= !word.is_empty() && !word.starts_with('#');
        current.push_str(line);
    }
    if has_content || parts.is_empty() {
        parts.push(current);
    }
    parts
}

/// Files that a document names and that are no documents of their own.
fn names_files(document: &Document) -> Vec<PathBuf> {
    let folder = document.path.parent().unwrap_or(Path::new(""));
    ["conda_file", "requirements_file"]
        .iter()
        .filter_map(|field| {
            let text = document.root.get(field)?.as_text()?.trim();
            (!text.contains('\n')).then(|| absolute_from(folder, local_text(text).unwrap_or(text)))
        })
        .collect()
}

/// Whether a document holds the values of parameters, and nothing else.
fn is_parameters(root: &Node) -> bool {
    let entries = root.as_map().unwrap_or_default();
    let other = |key: &str| !matches!(key, "parameters" | "$schema");
    root.get("parameters").is_some() && !entries.iter().any(|(key, _)| other(&key.text))
}

fn take_text(node: &mut Node, field: &str) -> Option<(String, Span)> {
    let NodeKind::Map(entries) = &mut node.kind else {
        return None;
    };
    let at = entries.iter().position(|(key, _)| key.text == field)?;
    let text = entries[at].1.as_text()?.to_owned();
    let (_, value) = entries.remove(at);
    Some((text, value.span))
}

/// Refuses secrets that are written into a file as they are; `${{secrets.NAME}}` and a parameter are none.
fn refuse_literals(node: &Node, at: &FieldPath, errors: &mut Vec<Found>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                let at = at.key(&key.text);
                let keeps =
                    SECRET_FIELDS.contains(&key.text.as_str()) && (key.text != "value" || at.0.len() == 1);
                let literal = value.as_text().is_some_and(|text| !text.contains("${{"));
                if keeps && literal {
                    let problem = Problem::new("a secret stands in a file").at(at).hint(
                        "write `${{secrets.NAME}}` for one of the vault, or `${{parameters.x}}` with x declared as `secret: true`",
                    );
                    errors.push((problem, key.span));
                } else {
                    refuse_literals(value, &at, errors);
                }
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| refuse_literals(item, at, errors)),
        NodeKind::Scalar(_) => {}
    }
}

/// Whether a document could hold a secret: prices and the like have a `value` of their own.
fn keeps_secrets(root: &Node) -> bool {
    let word = root.get("type").and_then(Node::as_text);
    word == Some("secret") || root.get("credentials").is_some() || root.get("ssh_settings").is_some()
}
