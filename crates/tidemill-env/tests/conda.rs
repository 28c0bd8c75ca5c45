//! Conda packages from a channel that the test makes by hand: solved, locked, installed, run.
#![cfg(feature = "conda")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tidemill_env::{EnvError, EnvironmentRequest, Environments, IndexOptions, Policy, private_overlay};

/// Makes the tar files of a package; prints where they are.
const MAKE_PACKAGE: &str = r#"
import sys, json, io, os, tarfile, hashlib
out, name, version, depends, script = sys.argv[1:6]
index = dict(name=name, version=version, build='h0_0', build_number=0, subdir='linux-64', arch='x86_64',
             platform='linux', depends=[d for d in depends.split(';') if d])
body = script.encode()
paths = dict(paths_version=1, paths=[dict(_path=f'bin/{name}', path_type='hardlink', sha256=hashlib.sha256(body).hexdigest(),
             size_in_bytes=len(body), file_mode='text', prefix_placeholder='/opt/placeholder')])
info = {'info/index.json': json.dumps(index).encode(), 'info/paths.json': json.dumps(paths).encode(),
        'info/files': f'bin/{name}\n'.encode(), 'info/has_prefix': f'/opt/placeholder text bin/{name}\n'.encode()}
payload = {f'bin/{name}': body}
def write(path, files, mode):
    with tarfile.open(path, mode) as tar:
        for file, data in files.items():
            entry = tarfile.TarInfo(file)
            entry.size, entry.mode, entry.mtime = len(data), 0o755 if file.startswith('bin') else 0o644, 1600000000
            tar.addfile(entry, io.BytesIO(data))
stem = f'{out}/{name}-{version}-h0_0'
write(f'{stem}.tar.bz2', {**info, **payload}, 'w:bz2')
write(f'{stem}.info.tar', info, 'w')
write(f'{stem}.pkg.tar', payload, 'w')
"#;

const MAKE_CONDA: &str = r#"
import sys, os, zipfile
stem = sys.argv[1]; base = os.path.basename(stem)
with zipfile.ZipFile(stem + '.conda', 'w', zipfile.ZIP_STORED) as z:
    z.writestr('metadata.json', '{"conda_pkg_format_version": 2}')
    z.write(stem + '.pkg.tar.zst', f'pkg-{base}.tar.zst')
    z.write(stem + '.info.tar.zst', f'info-{base}.tar.zst')
os.remove(stem + '.tar.bz2')
"#;

const MAKE_INDEX: &str = r#"
import sys, os, json, hashlib, tarfile
root = sys.argv[1]; packages, conda = {}, {}
for line in sys.argv[2:]:
    file, name, version, depends = line.split('|')
    data = open(f'{root}/linux-64/{file}', 'rb').read()
    record = dict(name=name, version=version, build='h0_0', build_number=0, subdir='linux-64', size=len(data),
                  depends=[d for d in depends.split(';') if d], sha256=hashlib.sha256(data).hexdigest(), md5=hashlib.md5(data).hexdigest())
    (conda if file.endswith('.conda') else packages)[file] = record
for subdir, a, b in [('linux-64', packages, conda), ('noarch', {}, {})]:
    os.makedirs(f'{root}/{subdir}', exist_ok=True)
    json.dump({'info': {'subdir': subdir}, 'packages': a, 'packages.conda': b, 'repodata_version': 1}, open(f'{root}/{subdir}/repodata.json', 'w'))
"#;

/// A `python` package that stands on the Python of this machine; prints its version.
const MAKE_PYTHON: &str = r#"
import sys, json, io, os, tarfile, hashlib
out = sys.argv[1]
version = '%d.%d.%d' % sys.version_info[:3]
lib = 'lib/python%d.%d/site-packages/README.txt' % sys.version_info[:2]
base = os.path.realpath(sys.executable)
files = {'pyvenv.cfg': f'home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n'.encode(), lib: b'here\n'}
index = dict(name='python', version=version, build='h0_0', build_number=0, subdir='linux-64', depends=[])
paths = [dict(_path=f, path_type='hardlink', sha256=hashlib.sha256(d).hexdigest(), size_in_bytes=len(d)) for f, d in files.items()]
paths += [dict(_path='bin/python', path_type='softlink')]
info = {'info/index.json': index, 'info/paths.json': dict(paths_version=1, paths=paths)}
with tarfile.open(f'{out}/python-{version}-h0_0.tar.bz2', 'w:bz2') as tar:
    for file, data in [*((f, json.dumps(d).encode()) for f, d in info.items()), *files.items()]:
        entry = tarfile.TarInfo(file)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    link = tarfile.TarInfo('bin/python')
    link.type, link.linkname = tarfile.SYMTYPE, base
    tar.addfile(link)
print(version)
"#;

const MAKE_WHEEL: &str = r#"
import sys, zipfile
with zipfile.ZipFile(f'{sys.argv[1]}/greet-1.0-py3-none-any.whl', 'w') as z:
    z.writestr('greet.py', 'hello = "hello"\n')
    z.writestr('greet-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n')
    z.writestr('greet-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    z.writestr('greet-1.0.dist-info/RECORD', 'greet.py,,\ngreet-1.0.dist-info/METADATA,,\ngreet-1.0.dist-info/WHEEL,,\ngreet-1.0.dist-info/RECORD,,\n')
"#;

fn python(code: &str, arguments: &[&str]) {
    let status = Command::new("python3")
        .args(["-c", code])
        .args(arguments)
        .status()
        .unwrap();
    assert!(status.success());
}

/// A channel with `tide` 1.0 (`.tar.bz2`) and 2.0, which want `salt` (`.conda`), and `moon`, which wants `salt<1`.
fn make_channel() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("linux-64");
    std::fs::create_dir_all(&folder).unwrap();
    let at = folder.display().to_string();
    let greet = "#!/bin/sh\necho tide from /opt/placeholder with $(salt)\n";
    let make = |name: &str, version: &str, depends: &str, script: &str| {
        python(MAKE_PACKAGE, &[&at, name, version, depends, script]);
    };
    make("tide", "1.0", "salt >=1", greet);
    make("tide", "2.0", "salt >=1", greet);
    make("moon", "1.0", "salt <1", "#!/bin/sh\n");
    make("salt", "1.5", "", "#!/bin/sh\necho salt\n");
    for part in ["pkg", "info"] {
        let tar = folder.join(format!("salt-1.5-h0_0.{part}.tar"));
        let bytes = zstd::encode_all(&*std::fs::read(&tar).unwrap(), 3).unwrap();
        std::fs::write(folder.join(format!("salt-1.5-h0_0.{part}.tar.zst")), bytes).unwrap();
    }
    python(MAKE_CONDA, &[&folder.join("salt-1.5-h0_0").display().to_string()]);
    index(root.path());
    root
}

fn index(root: &Path) {
    python(
        MAKE_INDEX,
        &[
            &root.display().to_string(),
            "tide-1.0-h0_0.tar.bz2|tide|1.0|salt >=1",
            "tide-2.0-h0_0.tar.bz2|tide|2.0|salt >=1",
            "moon-1.0-h0_0.tar.bz2|moon|1.0|salt <1",
            "salt-1.5-h0_0.conda|salt|1.5|",
        ],
    );
}

fn request(channel: &Path, dependencies: &str, policy: Policy) -> EnvironmentRequest {
    let conda = format!(
        "channels: ['file://{}']\ndependencies: [{dependencies}]\n",
        channel.display()
    );
    EnvironmentRequest {
        conda: Some(conda.into()),
        index: IndexOptions {
            no_index: true,
            ..IndexOptions::default()
        },
        policy,
        ..EnvironmentRequest::default()
    }
}

fn data_dir() -> (tempfile::TempDir, Environments) {
    let folder = tempfile::tempdir().unwrap();
    // Tools that another test fetched are as good here.
    let tools: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("environments/cache/tools");
    std::fs::create_dir_all(folder.path().join("cache")).unwrap();
    if tools.exists() {
        std::os::unix::fs::symlink(tools, folder.path().join("cache/tools")).unwrap();
    }
    let environments = Environments::new(folder.path());
    (folder, environments)
}

#[test]
fn conda_packages_are_solved_locked_installed_and_run() {
    let channel = make_channel();
    let (_folder, environments) = data_dir();
    let wanted = request(channel.path(), "tide=1", Policy::Exact);
    let prepared = environments.prepare(&wanted, &|_| ()).unwrap();
    assert!(prepared.changes.is_empty(), "{:?}", prepared.changes);
    let locked: Vec<_> = prepared
        .lock
        .channel_packages
        .iter()
        .map(|p| {
            (
                p.name.as_str(),
                p.version.as_str(),
                p.file_name.as_str(),
                p.sha256.len(),
            )
        })
        .collect();
    assert_eq!(
        locked,
        [
            ("salt", "1.5", "salt-1.5-h0_0.conda", 64),
            ("tide", "1.0", "tide-1.0-h0_0.tar.bz2", 64)
        ]
    );
    let mut command = Command::new("/bin/sh");
    prepared.prefix.apply(&mut command);
    let output = command
        .args(["-c", "tide && python -c 'print(1+1)'"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        text,
        format!("tide from {} with salt\n2\n", prepared.prefix.path.display())
    );
    assert!(environments.prepare(&wanted, &|_| ()).unwrap().reused);

    // The same packages from a channel elsewhere, on another data folder: the same environment.
    let (_other_folder, other) = data_dir();
    let moved = tempfile::tempdir().unwrap();
    let copied = Command::new("cp")
        .arg("-r")
        .arg(channel.path().join("."))
        .arg(moved.path())
        .status()
        .unwrap();
    assert!(copied.success());
    let again = other
        .resolve(&request(moved.path(), "tide=1", Policy::Exact), &|_| ())
        .unwrap();
    assert_eq!(again.lock.digest(), prepared.digest);
}

#[test]
fn pip_packages_are_laid_over_a_channels_python() {
    let channel = tempfile::tempdir().unwrap();
    let folder = channel.path().join("linux-64");
    std::fs::create_dir_all(&folder).unwrap();
    let made = Command::new("python3")
        .args(["-c", MAKE_PYTHON])
        .arg(&folder)
        .output()
        .unwrap();
    let version = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    python(MAKE_WHEEL, &[&folder.display().to_string()]);
    python(
        MAKE_PACKAGE,
        &[
            &folder.display().to_string(),
            "salt",
            "1.5",
            "",
            "#!/bin/sh\necho salt\n",
        ],
    );
    let python_line = format!("python-{version}-h0_0.tar.bz2|python|{version}|");
    python(
        MAKE_INDEX,
        &[
            &channel.path().display().to_string(),
            &python_line,
            "salt-1.5-h0_0.tar.bz2|salt|1.5|",
        ],
    );

    let (folder_of_data, environments) = data_dir();
    let mut wanted = request(
        channel.path(),
        &format!("'python={version}', salt, {{pip: [greet]}}"),
        Policy::Exact,
    );
    wanted.index.find_links.push(folder.display().to_string());
    let prepared = environments.prepare(&wanted, &|_| ()).unwrap();
    let own = private_overlay(&prepared.prefix, &folder_of_data.path().join("own")).unwrap();
    let mut command = Command::new(&own.python);
    own.apply(&mut command);
    let output = command
        .args(["-c", "import greet; print(greet.hello)"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{output:?}");
    assert!(prepared.lock.has_channel_python(), "{:?}", prepared.lock);
    assert_eq!(prepared.lock.packages.len(), 1);
}

#[test]
fn a_request_that_no_channel_can_satisfy_says_why() {
    let channel = make_channel();
    let (_folder, environments) = data_dir();
    let error = environments
        .prepare(&request(channel.path(), "tide, moon", Policy::Relaxed), &|_| ())
        .unwrap_err();
    let EnvError::Unsatisfiable { conflict, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        conflict.contains("salt") && conflict.contains("moon"),
        "{conflict}"
    );
    let error = environments
        .prepare(&request(channel.path(), "nowhere", Policy::Relaxed), &|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn a_tampered_conda_package_is_refused_by_name() {
    let channel = make_channel();
    let (_folder, environments) = data_dir();
    let wanted = request(channel.path(), "tide=2", Policy::Exact);
    environments.resolve(&wanted, &|_| ()).unwrap();
    // Another archive of the same name, whole in itself.
    let at = channel.path().join("linux-64").display().to_string();
    python(
        MAKE_PACKAGE,
        &[&at, "tide", "2.0", "salt >=1", "#!/bin/sh\necho evil\n"],
    );
    for _ in 0..2 {
        let error = environments.prepare(&wanted, &|_| ()).unwrap_err();
        assert!(matches!(error, EnvError::HashMismatch { .. }), "{error}");
        assert!(error.to_string().contains("tide-2.0-h0_0.tar.bz2"), "{error}");
    }
}

#[test]
fn a_channel_that_is_away_follows_the_policy() {
    let (_folder, environments) = data_dir();
    let away = Path::new("/nowhere/channel");
    let error = environments
        .prepare(&request(away, "tide", Policy::Exact), &|_| ())
        .unwrap_err();
    assert!(matches!(error, EnvError::ChannelsUnreachable { .. }), "{error}");
    // Relaxed looks for `tide` on the package index instead, and there is none here.
    let error = environments
        .prepare(&request(away, "tide", Policy::Relaxed), &|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("tide"), "{error}");
}
