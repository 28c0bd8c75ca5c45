//! Scripts that cannot be made ready: each is refused with its reason, and none keeps the server waiting.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::Setup;

#[test]
fn a_script_that_cannot_be_served_says_why() {
    let cases = [
        (
            "import there_is_no_such_module",
            "ModuleNotFoundError: No module named 'there_is_no_such_module'",
        ),
        ("def init(:", "SyntaxError"),
        ("def run(data): pass", "does not have a init() function"),
        ("def init(): pass", "does not have a run() function"),
        (
            "def init(): pass\ndef run(): pass",
            "run() needs to accept an argument for input data.",
        ),
        (
            "def init(): pass\ndef run(*args): pass",
            "run() cannot accept positional-only arguments, *args, or **kwargs.",
        ),
        (
            "def init(): pass\ndef run(request_headers): pass",
            "an argument other than \"request_headers\"",
        ),
        (
            "def init(): raise ValueError('no weights')\ndef run(data): pass",
            "init() failed: ValueError: no weights",
        ),
        (
            "import sys\ndef init(): sys.exit(1)\ndef run(data): pass",
            "init() failed: SystemExit: 1",
        ),
        (
            "import os\ndef init(): os._exit(7)\ndef run(data): pass",
            "ended with code 7 before init() was done",
        ),
        (
            "import os\nos.kill(os.getpid(), 9)",
            "ended with signal 9 before init() was done",
        ),
        (
            "from azureml.contrib.services.aml_request import rawhttp\nfrom inference_schema.schema_decorators import input_schema\n\
             from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S\n\
             def init(): pass\n@rawhttp\n@input_schema('data', S(1))\ndef run(data): pass",
            "run() cannot be decorated with both @rawhttp and @input_schema",
        ),
    ];
    for (script, reason) in cases {
        let told = Setup::script(script).fails();
        assert!(told.contains(reason), "{script}\n{told}");
    }
}

#[test]
fn an_init_that_hangs_is_ended() {
    let began = Instant::now();
    let script = "import time\ndef init(): time.sleep(600)\ndef run(data): pass";
    let told = Setup::script(script)
        .with(|config| config.start_timeout = Duration::from_secs(1))
        .fails();
    assert!(told.contains("init() was not done after 1 s"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_python_that_is_not_there_is_named() {
    let told = Setup::script("")
        .with(|config| config.python.program = "/nowhere/python".into())
        .fails();
    assert!(told.contains("failed to start /nowhere/python"), "{told}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let told = Setup::script("").with(|config| config.listen = address).fails();
    assert!(told.contains(&format!("failed to listen at {address}")), "{told}");
}

#[test]
fn scripts_find_their_modules_and_their_model() {
    let script = "import helper, os\ndef init(): pass\ndef run(data): return [helper.WORD, os.environ['AZUREML_MODEL_DIR'], os.environ['AML_APP_ROOT']]";
    let setup = Setup::script(script);
    std::fs::write(setup.dir.path().join("helper.py"), "WORD = 'found'").expect("a file");
    let root = setup.dir.path().display().to_string();
    let server = setup.serve();
    assert_eq!(
        server.score("1").text(),
        format!("[\"found\", \"/models\", \"{root}\"]")
    );
}
