//! One conda dependency, `channel::name=version=build` in its many spellings, and its version as PEP 440 writes it.

/// A conda dependency, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CondaSpec {
    /// As it was written.
    pub text: String,
    /// Channel in front of `::`.
    pub channel: Option<String>,
    /// Package name, lowercase.
    pub name: String,
    /// Version part as conda writes it; empty is any.
    pub version: String,
    /// Build string.
    pub build: Option<String>,
}

impl CondaSpec {
    /// Reads one dependency.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let whole = text.trim();
        let bare = whole.split_once('#').map_or(whole, |(before, _)| before).trim();
        let (channel, rest) = match bare.split_once("::") {
            Some((channel, rest)) => (Some(channel.trim().to_owned()), rest),
            None => (None, bare),
        };
        let (rest, brackets) = match rest.split_once('[') {
            Some((rest, inside)) => (rest, inside.trim_end_matches(']')),
            None => (rest, ""),
        };
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(rest.len());
        let name = rest[..end].to_lowercase();
        if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!(
                "`{whole}` names no package; expected such as `numpy=1.26`"
            ));
        }
        let (mut version, mut build) = version_and_build(rest[end..].trim())?;
        for pair in brackets.split(',').filter(|p| !p.trim().is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("`[{brackets}]` in `{whole}` is not key=value"))?;
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            match key.trim() {
                "version" => version = value,
                "build" => build = Some(value),
                _ => {}
            }
        }
        Ok(Self {
            text: bare.to_owned(),
            channel,
            name,
            version,
            build,
        })
    }

    /// The version as a PEP 440 specifier set; empty is any. With it, what could not be carried over.
    ///
    /// # Errors
    /// The clause that cannot be read.
    pub fn pep440(&self) -> Result<(String, Option<String>), String> {
        let mut dropped = self
            .build
            .as_ref()
            .map(|build| format!("build `{build}` has no meaning there"));
        let mut version = self.version.as_str();
        if let Some((_, last)) = version.rsplit_once('|') {
            dropped = Some(format!("of the alternatives `{version}` the last is taken"));
            version = last;
        }
        let mut clauses = Vec::new();
        for clause in version
            .split(',')
            .map(str::trim)
            .filter(|c| !c.is_empty() && c.trim_start_matches('=') != "*")
        {
            clauses.push(pep440_clause(clause).map_err(|problem| format!("{problem} in `{}`", self.text))?);
        }
        Ok((clauses.join(","), dropped))
    }
}

/// Splits ` >=1,<2 py38_0`, `=1.2=py38_0`, `==1.2`, `1.2.*`.
fn version_and_build(text: &str) -> Result<(String, Option<String>), String> {
    if text.is_empty() {
        return Ok((String::new(), None));
    }
    let spaced = text.replace(", ", ",").replace(" ,", ",");
    let mut compact = String::new();
    let mut after_operator = false;
    for c in spaced.chars() {
        if c == ' ' && (after_operator || compact.is_empty() || compact.ends_with(' ')) {
            continue;
        }
        compact.push(c);
        after_operator = matches!(c, '=' | '<' | '>' | '!' | '~' | '|');
    }
    if let Some((version, build)) = compact.trim().split_once(' ') {
        return Ok((
            version.to_owned(),
            Some(build.trim().to_owned()).filter(|b| !b.is_empty() && b != "*"),
        ));
    }
    let compact = compact.trim();
    // `=1.2=build` and `==1.2=build`: an equals sign behind digits separates the build.
    let start = compact
        .find(|c: char| c.is_alphanumeric() || c == '*')
        .unwrap_or(compact.len());
    let (operator, rest) = compact.split_at(start);
    match rest.split_once('=') {
        Some((version, build)) if !rest.contains(',') && matches!(operator, "" | "=" | "==") => {
            let build = Some(build.trim_start_matches('=').to_owned()).filter(|b| !b.is_empty() && b != "*");
            Ok((format!("=={version}"), build))
        }
        _ => Ok((compact.to_owned(), None)),
    }
}

fn pep440_clause(clause: &str) -> Result<String, String> {
    let start = clause
        .find(|c: char| c.is_ascii_digit() || c.is_ascii_alphabetic())
        .ok_or_else(|| format!("`{clause}` names no version"))?;
    let (operator, version) = clause.split_at(start);
    let version = version.trim();
    if !version
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '!' | '_' | '-'))
    {
        return Err(format!("`{clause}` is no version"));
    }
    let stem = version.trim_end_matches('*').trim_end_matches('.');
    let starred = version.ends_with('*');
    match operator.trim() {
        "=" => Ok(format!("=={stem}.*")),
        "" | "==" if starred => Ok(format!("=={stem}.*")),
        "" | "==" => Ok(format!("=={stem}")),
        "!=" if starred => Ok(format!("!={stem}.*")),
        operator @ ("!=" | ">=" | "<=" | ">" | "<" | "~=") => Ok(format!("{operator}{stem}")),
        operator => Err(format!("`{operator}` is no comparison")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_translated() {
        let table = [
            ("numpy", "numpy", ""),
            ("numpy=1.22", "numpy", "==1.22.*"),
            ("numpy=1.22.*", "numpy", "==1.22.*"),
            ("numpy==1.22", "numpy", "==1.22"),
            ("numpy=1.22.4=py310h1_0", "numpy", "==1.22.4"),
            ("numpy==1.22.4=py310h1_0", "numpy", "==1.22.4"),
            ("numpy 1.22.* *_cpython", "numpy", "==1.22.*"),
            ("numpy 1.22", "numpy", "==1.22"),
            ("numpy 1.8*", "numpy", "==1.8.*"),
            ("numpy >=1.20, <2", "numpy", ">=1.20,<2"),
            ("numpy >= 1.20", "numpy", ">=1.20"),
            ("numpy>=1.20,<2.0a0", "numpy", ">=1.20,<2.0a0"),
            ("numpy~=1.2", "numpy", "~=1.2"),
            ("numpy!=1.2.*", "numpy", "!=1.2.*"),
            ("numpy = 1.2", "numpy", "==1.2.*"),
            ("conda-forge::Numpy=1", "numpy", "==1.*"),
            ("numpy[version='>=1.2',build=x]", "numpy", ">=1.2"),
            ("numpy 1.6|1.7", "numpy", "==1.7"),
            ("python=3.10  # the one", "python", "==3.10.*"),
            ("_libgcc_mutex=0.1=main", "_libgcc_mutex", "==0.1"),
            ("numpy=*", "numpy", ""),
            ("pytorch::pytorch==2.1.0", "pytorch", "==2.1.0"),
        ];
        for (text, name, version) in table {
            let spec = CondaSpec::parse(text).unwrap();
            assert_eq!(
                (spec.name.as_str(), spec.pep440().unwrap().0.as_str()),
                (name, version),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_dropped_is_told() {
        let spec = CondaSpec::parse("numpy=1.22.4=py310h1_0").unwrap();
        assert_eq!(spec.build.as_deref(), Some("py310h1_0"));
        assert!(spec.pep440().unwrap().1.unwrap().contains("py310h1_0"));
        assert_eq!(
            CondaSpec::parse("conda-forge::x").unwrap().channel.as_deref(),
            Some("conda-forge")
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "=1.2", "numpy=>1", "numpy>=", "numpy <>1", "-x"] {
            let read = CondaSpec::parse(text).and_then(|spec| spec.pep440());
            assert!(read.is_err(), "{text}: {read:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,60}") {
            if let Ok(spec) = CondaSpec::parse(&text) {
                let _ = spec.pep440();
            }
        }
    }
}
