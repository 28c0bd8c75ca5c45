//! Reads a Dockerfile for the Python packages it installs. It runs nothing; whatever it does not follow is
//! reported, line by line.

mod shell;

use std::collections::BTreeMap;
use std::path::Path;

use crate::conda::{CondaFile, CondaSpec};
use crate::error::EnvError;
use crate::pip::{self, Requirements};
use crate::request::BuildContext;
use shell::{commands, is_assignment, unquoted, words};

/// What a Dockerfile comes down to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dockerfile {
    /// The image of its last stage.
    pub image: Option<String>,
    pub requirements: Requirements,
    pub conda_files: Vec<CondaFile>,
    /// `ENV`, other than the variables that say where the image keeps things.
    pub variables: BTreeMap<String, String>,
    /// Lines that were not followed.
    pub changes: Vec<String>,
    copies: Vec<(String, String)>,
    arguments: BTreeMap<String, String>,
}

/// Reads the Dockerfile of a build context.
pub(crate) fn read(context: &BuildContext) -> Result<Dockerfile, EnvError> {
    let name = if context.dockerfile_path.is_empty() {
        "Dockerfile"
    } else {
        context.dockerfile_path.as_str()
    };
    let path = pip::inside(&context.path, name)
        .ok_or_else(|| EnvError::invalid(name, "the Dockerfile is not inside its build context"))?;
    parse(&pip::read_text(&path, name)?, &context.path)
}

fn parse(text: &str, folder: &Path) -> Result<Dockerfile, EnvError> {
    let mut file = Dockerfile::default();
    for (number, instruction) in instructions(text) {
        let (word, rest) = instruction
            .split_once(char::is_whitespace)
            .unwrap_or((&instruction, ""));
        let rest = rest.trim();
        match word.to_ascii_uppercase().as_str() {
            "FROM" => file.from(rest),
            "ARG" => {
                if let Some((name, value)) = rest.split_once('=') {
                    file.arguments
                        .insert(name.trim().to_owned(), unquoted(value.trim()));
                }
            }
            "ENV" => file.environment(rest, number),
            "COPY" | "ADD" => file.copy(rest, number),
            "WORKDIR" | "LABEL" | "MAINTAINER" | "EXPOSE" | "SHELL" | "STOPSIGNAL" => {}
            "RUN" => file.run(rest, number, folder)?,
            _ => file.not_applied(number, &instruction),
        }
    }
    if file.image.is_none() {
        return Err(EnvError::invalid("the Dockerfile", "it has no `FROM`"));
    }
    Ok(file)
}

/// Instructions with the number of their first line; comments and continuations resolved.
fn instructions(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (content, continued) = match line.strip_suffix('\\') {
            Some(content) => (content.trim_end(), true),
            None => (line, false),
        };
        match found.last_mut() {
            Some((_, last)) if open => {
                last.push(' ');
                last.push_str(content);
            }
            _ => found.push((index + 1, content.to_owned())),
        }
        open = continued;
    }
    found
}

impl Dockerfile {
    fn not_applied(&mut self, number: usize, text: &str) {
        let mut shown: String = text.chars().take(160).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        self.changes
            .push(format!("Dockerfile line {number} not applied: {shown}"));
    }

    fn from(&mut self, rest: &str) {
        let image = rest
            .split_whitespace()
            .find(|word| !word.starts_with("--"))
            .unwrap_or_default();
        let image = self.expand(image);
        if !image.is_empty() {
            // A later stage starts anew; what earlier stages install stays behind unless it is copied.
            *self = Self {
                image: Some(image),
                arguments: std::mem::take(&mut self.arguments),
                changes: std::mem::take(&mut self.changes),
                ..Self::default()
            };
        }
    }

    fn expand(&self, text: &str) -> String {
        let mut expanded = text.to_owned();
        for (name, value) in self.arguments.iter().chain(&self.variables) {
            expanded = expanded
                .replace(&format!("${{{name}}}"), value)
                .replace(&format!("${name}"), value);
        }
        expanded
    }

    fn environment(&mut self, rest: &str, number: usize) {
        let words = words(rest);
        let pairs: Vec<(String, String)> = if words.first().is_some_and(|word| word.contains('=')) {
            words
                .iter()
                .filter_map(|word| word.split_once('='))
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .collect()
        } else {
            rest.split_once(char::is_whitespace)
                .map(|(name, value)| vec![(name.to_owned(), unquoted(value.trim()))])
                .unwrap_or_default()
        };
        for (name, value) in pairs {
            let value = self.expand(&value);
            let place_in_image = name.ends_with("PATH") || name == "HOME" || name.starts_with("CONDA_");
            if place_in_image {
                self.arguments.insert(name.clone(), value.clone());
                self.not_applied(number, &format!("ENV {name}={value}"));
            } else {
                self.variables.insert(name, value);
            }
        }
    }

    fn copy(&mut self, rest: &str, number: usize) {
        let words: Vec<String> = words(rest)
            .into_iter()
            .filter(|word| !word.starts_with("--"))
            .collect();
        let Some((target, sources)) = words.split_last() else {
            return;
        };
        let applied = !rest.contains("--from=") && !rest.starts_with('[');
        for source in sources.iter().filter(|_| applied) {
            self.copies.push((source.clone(), target.clone()));
        }
        let small = |name: &str| name.ends_with(".txt") || name.ends_with(".yml") || name.ends_with(".yaml");
        if !applied || !sources.iter().all(|source| small(source)) {
            self.not_applied(number, &format!("COPY {rest}"));
        }
    }

    fn run(&mut self, rest: &str, number: usize, folder: &Path) -> Result<(), EnvError> {
        let rest = self.expand(rest);
        for command in commands(&rest) {
            if !self.run_one(&command, number, folder)? {
                self.not_applied(number, &format!("RUN {}", command.join(" ")));
            }
        }
        Ok(())
    }

    /// Whether the command was followed.
    fn run_one(&mut self, command: &[String], number: usize, folder: &Path) -> Result<bool, EnvError> {
        let mut words: &[String] = command;
        while words
            .first()
            .is_some_and(|word| is_assignment(word) || word == "sudo" || word.starts_with("--mount"))
        {
            words = &words[1..];
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let is_python =
            |word: &str| word == "python" || word.starts_with("python3") || word.ends_with("/python");
        let is_pip = |word: &str| {
            word.rsplit('/')
                .next()
                .is_some_and(|last| last.starts_with("pip"))
        };
        match words.as_slice() {
            [python, "-m", "pip", "install", rest @ ..] if is_python(python) => {
                self.pip_install(rest, number, folder)
            }
            [pip, "install", rest @ ..] if is_pip(pip) => self.pip_install(rest, number, folder),
            ["uv", "pip", "install", rest @ ..] => self.pip_install(rest, number, folder),
            [
                "conda" | "mamba" | "micromamba",
                "env",
                "create" | "update",
                rest @ ..,
            ] => self.conda_env(rest, folder),
            ["conda" | "mamba" | "micromamba", "install" | "create", rest @ ..] => self.conda_install(rest),
            ["true"] | ["set", ..] => Ok(true),
            _ => Ok(false),
        }
    }

    fn pip_install(&mut self, arguments: &[&str], number: usize, folder: &Path) -> Result<bool, EnvError> {
        let mut lines = Vec::new();
        let mut rest = arguments.iter().copied();
        while let Some(word) = rest.next() {
            match word {
                "-r" | "--requirement" | "-f" | "--find-links" | "-i" | "--index-url"
                | "--extra-index-url" => {
                    let value = rest.next().unwrap_or_default();
                    if matches!(word, "-r" | "--requirement") {
                        lines.push(format!("-r {}", self.in_context(value)));
                    } else {
                        lines.push(format!("{word} {value}"));
                    }
                }
                "--trusted-host" | "--timeout" | "--retries" | "--cache-dir" | "-t" | "--target"
                | "--prefix" => {
                    rest.next();
                }
                "-c" | "--constraint" => {
                    let value = rest.next().unwrap_or_default();
                    self.not_applied(number, &format!("pip install --constraint {value}"));
                }
                "--no-index" | "--pre" => lines.push(word.to_owned()),
                word if word.starts_with("-r") && word.len() > 2 => {
                    lines.push(format!("-r {}", self.in_context(&word[2..])));
                }
                word if word.starts_with("--") && word.contains('=') => lines.push(word.to_owned()),
                word if word.starts_with('-') => {}
                word if word.ends_with(".whl") && !word.contains("://") => lines.push(self.in_context(word)),
                word if word.starts_with(['.', '/']) => {
                    self.not_applied(number, &format!("pip install {word}"));
                }
                word => lines.push(word.to_owned()),
            }
        }
        let read = pip::read(
            &lines.join("\n"),
            &format!("Dockerfile line {number}"),
            Some(folder),
        )?;
        self.requirements.requirements.extend(read.requirements);
        self.requirements.ignored.extend(read.ignored);
        self.requirements.index.merge(&read.index);
        Ok(true)
    }

    fn conda_env(&mut self, arguments: &[&str], folder: &Path) -> Result<bool, EnvError> {
        let file = arguments
            .iter()
            .position(|word| matches!(*word, "-f" | "--file"))
            .and_then(|at| arguments.get(at + 1).copied())
            .or_else(|| arguments.iter().find_map(|word| word.strip_prefix("--file=")));
        let Some(file) = file else { return Ok(false) };
        let name = self.in_context(file);
        let path = pip::inside(folder, &name).ok_or_else(|| {
            EnvError::invalid(
                "the Dockerfile",
                format!("`{file}` is not inside the build context"),
            )
        })?;
        self.conda_files
            .push(CondaFile::parse_text(&pip::read_text(&path, &name)?)?);
        Ok(true)
    }

    fn conda_install(&mut self, arguments: &[&str]) -> Result<bool, EnvError> {
        let mut file = CondaFile::default();
        let mut rest = arguments.iter().copied();
        while let Some(word) = rest.next() {
            match word {
                "-c" | "--channel" => file.channels.extend(rest.next().map(str::to_owned)),
                "-n" | "--name" | "-p" | "--prefix" => {
                    rest.next();
                }
                word if word.starts_with('-') => {}
                word => {
                    let spec = CondaSpec::parse(word).map_err(|e| EnvError::invalid("the Dockerfile", e))?;
                    spec.pep440()
                        .map_err(|e| EnvError::invalid("the Dockerfile", e))?;
                    if spec.name == "python" {
                        file.python = Some(spec)
                    } else {
                        file.packages.push(spec)
                    }
                }
            }
        }
        self.conda_files.push(file);
        Ok(true)
    }

    /// The file of the context that was copied to where the image has it.
    fn in_context(&self, path: &str) -> String {
        let base = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
        let wanted = base(path);
        for (source, target) in &self.copies {
            if target.trim_end_matches('/') == path.trim_end_matches('/') || base(source) == wanted {
                return source.trim_start_matches("./").to_owned();
            }
        }
        // `COPY . /app`: the file keeps its name.
        if path.starts_with('/') {
            wanted
        } else {
            path.trim_start_matches("./").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_packages_are_found_and_the_rest_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("requirements.txt"),
            "six==1.16.0\n--extra-index-url https://x/simple\n",
        )
        .unwrap();
        std::fs::write(
            folder.path().join("env.yml"),
            "dependencies: [python=3.9, {pip: [attrs]}]",
        )
        .unwrap();
        let text = r#"
# syntax=docker/dockerfile:1
ARG TAG=ubuntu20.04
FROM mcr.microsoft.com/azureml/openmpi4.1.0-${TAG}:latest AS base
LABEL a=b
ENV OMP_NUM_THREADS=1 GREETING="hello world"
ENV PATH /opt/conda/bin:$PATH
RUN apt-get update && apt-get install -y git ; \
    rm -rf /var/lib/apt
COPY requirements.txt /tmp/requirements.txt
# a comment in between
RUN HOROVOD=1 pip install --no-cache-dir 'numpy>=1.20,<2' \
    -r /tmp/requirements.txt && \
    python3 -m pip install --upgrade pip==23.0 /src
COPY . /app
RUN conda env update -n base -f /app/env.yml
RUN conda install -y -c conda-forge pytorch=2.1
ENTRYPOINT ["python"]
"#;
        let file = parse(text, folder.path()).unwrap();
        assert_eq!(
            file.image.as_deref(),
            Some("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest")
        );
        assert_eq!(
            file.requirements.requirements,
            ["numpy>=1.20,<2", "six==1.16.0", "pip==23.0"]
        );
        assert_eq!(file.requirements.index.extra_index_urls, ["https://x/simple"]);
        assert_eq!(file.conda_files[0].pip, ["attrs"]);
        assert_eq!(file.conda_files[1].packages[0].name, "pytorch");
        assert_eq!(file.variables["GREETING"], "hello world");
        insta::assert_snapshot!(file.changes.join("\n"));
    }

    #[test]
    fn the_last_stage_counts() {
        let text = "FROM python:3.9 as build\nRUN pip install a\nFROM python:3.11\nRUN pip install b\n";
        let file = parse(text, Path::new("/nowhere")).unwrap();
        assert_eq!(file.image.as_deref(), Some("python:3.11"));
        assert_eq!(file.requirements.requirements, ["b"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("RUN pip install a", "no `FROM`"),
            ("FROM python\nRUN pip install -r ../x.txt", "leads out"),
            ("FROM python\nRUN conda env create -f ../env.yml", "not inside"),
            ("FROM python\nRUN pip install -r missing.txt", "missing.txt"),
        ] {
            let error = parse(text, Path::new("/nowhere")).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(text in "(?s)(FROM a\n)?(RUN |ENV |COPY )?.{0,200}") {
            let _ = parse(&text, Path::new("/nowhere"));
        }
    }
}
