//! Which of a machine's variables a job may see: where things are, never what is secret.

/// By their whole name.
const NAMES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PYENV_ROOT",
    "CUDA_HOME",
    "CUDA_PATH",
];
/// By how they begin.
const PREFIXES: &[&str] = &["LC_", "XDG_", "SSL_CERT_", "PIP_", "UV_", "NVIDIA_"];

/// True for a variable that goes from the server to its runner, and from the runner to its job.
#[must_use]
pub fn is_passed_on(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_where_they_are() {
        for (name, passed) in [
            ("PATH", true),
            ("UV_INDEX_URL", true),
            ("https_proxy", true),
            ("TIDEMILL_TOKEN", false),
            ("AWS_SECRET_ACCESS_KEY", false),
            ("DATABASE_URL", false),
        ] {
            assert_eq!(is_passed_on(name), passed, "{name}");
        }
    }
}
