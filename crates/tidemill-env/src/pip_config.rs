//! What pip's configuration of this machine says about where packages come from, which uv does not read itself.

use std::path::PathBuf;

use crate::request::IndexOptions;

/// pip's settings that matter to an installer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PipConfig {
    pub index: IndexOptions,
    pub cert: Option<String>,
    pub trusted_hosts: Vec<String>,
}

impl PipConfig {
    /// Files first, then `PIP_…` variables, which win; as pip does it.
    pub(crate) fn of_this_machine() -> Self {
        let mut config = Self::default();
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let xdg = std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
        let mut files = vec![
            "/etc/xdg/pip/pip.conf".into(),
            "/etc/pip.conf".into(),
            home.join(".pip/pip.conf"),
            xdg.join("pip/pip.conf"),
        ];
        files.extend(std::env::var_os("PIP_CONFIG_FILE").map(PathBuf::from));
        for file in files {
            if let Ok(text) = std::fs::read_to_string(file) {
                config.read_file(&text);
            }
        }
        for key in [
            "index-url",
            "extra-index-url",
            "find-links",
            "no-index",
            "cert",
            "trusted-host",
        ] {
            let name = format!("PIP_{}", key.to_uppercase().replace('-', "_"));
            if let Ok(value) = std::env::var(name) {
                config.set(key, &value);
            }
        }
        config
    }

    /// `[global]` and `[install]`; a value goes on in indented lines.
    fn read_file(&mut self, text: &str) {
        let mut section = String::new();
        let mut current: Option<(String, String)> = None;
        for line in text.lines().chain([""]) {
            let continued = line.starts_with([' ', '\t']) && !line.trim().is_empty();
            if continued && let Some((_, value)) = &mut current {
                value.push('\n');
                value.push_str(line.trim());
                continue;
            }
            if let Some((key, value)) = current.take() {
                self.set(&key, &value);
            }
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.to_owned();
            } else if matches!(section.as_str(), "global" | "install")
                && !line.starts_with(['#', ';'])
                && let Some((key, value)) = line.split_once(['=', ':'])
            {
                current = Some((key.trim().replace('_', "-"), value.trim().to_owned()));
            }
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        let list = || value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let text = || Some(value.trim().to_owned()).filter(|text| !text.is_empty());
        match key {
            "index-url" => self.index.index_url = text(),
            "extra-index-url" => self.index.extra_index_urls = list(),
            "find-links" => self.index.find_links = list(),
            "no-index" => {
                self.index.no_index =
                    matches!(value.trim().to_lowercase().as_str(), "1" | "true" | "yes" | "on")
            }
            "cert" => self.cert = text(),
            "trusted-host" => self.trusted_hosts = list(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_file_is_read() {
        let mut config = PipConfig::default();
        config.read_file("[global]\nindex-url = https://mirror/simple\nfind_links =\n    /a\n    /b\n# cert = /x\n[freeze]\ncert = /no\n[install]\ntrusted-host: mirror\nno-index = no");
        assert_eq!(config.index.index_url.as_deref(), Some("https://mirror/simple"));
        assert_eq!(config.index.find_links, ["/a", "/b"]);
        assert_eq!(config.trusted_hosts, ["mirror"]);
        assert_eq!((config.cert, config.index.no_index), (None, false));
    }
}
