//! The same requests that Azure's inference server was asked, and the answers that it gave (`tests/contract/record.py`).

use std::process::Command;
use std::time::Duration;

use tidemill_serve::azure::Settings;

use crate::support::{Setup, contract, tool};

/// Asks what was recorded, of a script run by `python`.
#[track_caller]
fn answers_as_recorded(script: &str, python: &str) {
    let path = contract("scripts").join(script);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut setup = Setup::of(dir, path).with(|config| {
        config.python.program = python.into();
        config.request_timeout = Duration::from_millis(700);
    });
    setup.settings = Settings::read(|name| {
        (name == "AML_CORS_ORIGINS").then(|| "http://www.example.org, http://second.example.org".into())
    });
    let server = setup.serve();
    let compared = Command::new("python3")
        .arg(contract("compare.py"))
        .args([&server.http.port().to_string(), script])
        .output()
        .expect("python3 runs");
    let told = String::from_utf8_lossy(&compared.stdout).into_owned();
    let errors = String::from_utf8_lossy(&compared.stderr).into_owned();
    assert!(compared.status.success(), "{told}{errors}");
}

#[test]
fn a_plain_script_is_answered_for_as_azure_does() {
    answers_as_recorded("echo.py", "python3");
}

#[test]
fn a_script_gets_headers_as_azure_gives_them() {
    answers_as_recorded("headers.py", "python3");
}

#[test]
fn a_raw_script_needs_no_flask() {
    answers_as_recorded("raw.py", "python3");
    answers_as_recorded("attributes.py", "python3");
}

#[test]
fn decorators_work_without_their_package() {
    let python = tool("tables");
    let python = python.to_str().expect("a path of text");
    for script in ["schema.py", "standard.py", "frame.py"] {
        answers_as_recorded(script, python);
    }
}

#[test]
fn packages_of_the_environment_go_before_ours() {
    let python = tool("serving");
    let python = python.to_str().expect("a path of text");
    for script in [
        "echo.py",
        "raw.py",
        "schema.py",
        "standard.py",
        "frame.py",
        "flaskish.py",
        "headers.py",
        "attributes.py",
    ] {
        answers_as_recorded(script, python);
    }
}

#[test]
fn old_and_new_pythons_serve() {
    let pyenv = std::env::var_os("PYENV_ROOT")
        .map(std::path::PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".pyenv")));
    let Some(versions) = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok()) else {
        eprintln!("only the Python of this machine is tried: there is no pyenv");
        return;
    };
    for version in versions.flatten() {
        let name = version.file_name().to_string_lossy().into_owned();
        let minor = name
            .strip_prefix("3.")
            .and_then(|rest| rest.split('.').next())
            .and_then(|text| text.parse().ok());
        if minor.is_some_and(|minor: u32| minor == 7 || minor >= 12) {
            let python = version.path().join("bin/python");
            answers_as_recorded("raw.py", &python.to_string_lossy());
            answers_as_recorded("attributes.py", &python.to_string_lossy());
            answers_as_recorded("echo.py", &python.to_string_lossy());
        }
    }
}
