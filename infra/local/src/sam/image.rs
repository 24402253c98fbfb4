//! The image the functions run in: Amazon Linux where it can be pulled, a stand-in made of this machine's own files elsewhere.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fakes::world::home::Home;

use super::engine::Engine;
use crate::{Problem, Result};

/// How SAM knows a processor; the name of the image has it too.
pub const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
const REPOSITORY: &str = "public.ecr.aws/lambda/provided";
const LABEL: &str = "financial-advisor.stand-in";

/// Written into every program, on every Linux with glibc.
const LOADER: &str =
    if cfg!(target_arch = "aarch64") { "/lib/ld-linux-aarch64.so.1" } else { "/lib64/ld-linux-x86-64.so.2" };
/// What a function's binary is linked to, and what resolves names.
const LIBRARIES: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libresolv.so.2",
    "libnss_dns.so.2",
    "libnss_files.so.2",
];
/// What SAM's own layer and a shell in the container need.
const APPLETS: &[&str] = &["sh", "mv", "cp", "rm", "chmod", "mkdir", "ls", "cat", "env", "echo", "sleep", "ln", "id"];
const FOLDERS: &[&str] =
    &["bin", "etc/ssl/certs", "opt/extensions", "tmp", "var/task", "var/runtime", "var/rapid", "proc", "sys", "dev"];
const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:993:990::/home/sbx_user1051:/bin/sh\n";

/// Makes sure there is one, and says which.
pub fn prepare(home: &Home, engine: &Engine) -> Result<String> {
    let tag = format!("{REPOSITORY}:al2023-{ARCHITECTURE}");
    let format = format!("{{{{index .Config.Labels \"{LABEL}\"}}}}");
    let there = engine.ask(&["image", "inspect", &tag, "--format", &format]);
    let official = format!("Amazon Linux 2023, {tag}");
    // `<no value>` or nothing: not ours.
    if matches!(there.as_deref(), Ok("" | "<no value>")) {
        return Ok(official);
    }
    if engine.ask(&["pull", "--quiet", &tag]).is_ok() {
        forget_layer(engine);
        return Ok(official);
    }
    let stand_in = "Debian's userland, not Amazon Linux (the official image cannot be pulled here)";
    let userland = if Path::new("/etc/debian_version").is_file() {
        stand_in.to_owned()
    } else {
        stand_in.replace("Debian's", "this machine's")
    };
    if there.is_err() {
        make(home, engine, &tag)?;
        forget_layer(engine);
    }
    Ok(userland)
}

/// SAM keeps an image with its emulator in it, and does not look whether what is below has changed.
fn forget_layer(engine: &Engine) {
    let _none_yet = engine.ask(&["image", "rm", "--force", &format!("{REPOSITORY}:al2023-rapid-{ARCHITECTURE}")]);
}

fn make(home: &Home, engine: &Engine, tag: &str) -> Result<()> {
    let root = home.local.join("sam/root");
    fill(&root)?;
    let failed = |e: std::io::Error| Problem(format!("Could not make the stand-in image: {e}."));
    let mut tar = Command::new("tar")
        .args(["--owner=0", "--group=0", "--numeric-owner", "-C"])
        .arg(&root)
        .args(["-c", "."])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut import = engine.command("docker");
    import.arg("import");
    for change in [
        "ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime PATH=/bin",
        "WORKDIR /var/task",
        "ENTRYPOINT [\"/var/rapid/aws-lambda-rie\"]",
        &format!("LABEL {LABEL}=1"),
    ] {
        import.args(["--change", change]);
    }
    import.args(["-", tag]);
    if let Some(archive) = tar.stdout.take() {
        import.stdin(archive);
    }
    let imported = import.output().map_err(failed)?;
    let packed = tar.wait().map_err(failed)?;
    if packed.success() && imported.status.success() {
        return Ok(());
    }
    Err(Problem(format!("Could not make the stand-in image: {}.", String::from_utf8_lossy(&imported.stderr).trim())))
}

/// The stand-in's files.
fn fill(root: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Problem(format!("Could not write {}: {e}.", root.display()));
    match fs::remove_dir_all(root) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder)).map_err(failed)?;
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).map_err(failed)?;
    fs::write(root.join("etc/passwd"), USERS).map_err(failed)?;
    fs::write(root.join("etc/group"), "root:x:0:\nsbx_user1051:x:990:\n").map_err(failed)?;
    let authorities = Path::new("/etc/ssl/certs/ca-certificates.crt");
    if authorities.is_file() {
        fs::copy(authorities, root.join("etc/ssl/certs/ca-certificates.crt")).map_err(failed)?;
    }

    let busybox = ["/bin/busybox", "/usr/bin/busybox", "/sbin/busybox"].map(Path::new).into_iter();
    let busybox = busybox.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Problem("The stand-in image needs a shell: install `busybox-static` and try again.".to_owned())
    })?;
    fs::copy(busybox, root.join("bin/busybox")).map_err(failed)?;
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet)).map_err(failed)?;
    }
    for library in libraries()? {
        let target = root.join(library.strip_prefix("/").unwrap_or(&library));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::copy(&library, &target).map_err(failed)?;
    }
    Ok(())
}

/// Where this machine's linker finds them.
fn libraries() -> Result<Vec<PathBuf>> {
    let cache = ["/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"];
    let listed = cache.iter().find_map(|program| Command::new(program).arg("-p").output().ok());
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let processor = if cfg!(target_arch = "aarch64") { "AArch64" } else { "x86-64" };
    let find = |name: &&str| {
        let line = listed.lines().find(|line| line.trim().starts_with(&format!("{name} ")) && line.contains(processor));
        let path = line.and_then(|line| line.split_once("=> ")).map(|(_, path)| PathBuf::from(path.trim()));
        path.ok_or_else(|| {
            Problem(format!(
                "The stand-in image needs {name}, which `ldconfig -p` does not know: only Linux with glibc will do."
            ))
        })
    };
    LIBRARIES.iter().map(find).chain([Ok(PathBuf::from(LOADER))]).collect()
}
