//! pyxform, the program that ODK's own tools read forms with: exports are held against it where it is there.
//!
//! `--with-pyxform` installs exact versions into target/tools, with the system's Python; nothing outside that folder changes.

use crate::process;
use std::path::PathBuf;
use std::process::Command;

/// pyxform and everything that it needs, each in the version that the tests were written against.
const PACKAGES: [&str; 6] =
    ["pyxform==4.5.0", "openpyxl==3.1.5", "xlrd==2.0.1", "defusedxml==0.7.1", "et-xmlfile==2.0.0", "lark==1.3.1"];

/// The variable in which the tests look for a Python that has it.
pub(crate) const VARIABLE: &str = "VIGIL_PYXFORM";

fn folder() -> PathBuf {
    process::target().join("tools").join("pyxform")
}

/// The Python that has it: the one that was named, or ours.
pub(crate) fn python() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(PathBuf::from(named));
    }
    let ours = folder().join("bin").join("python");
    let has_it = process::answer(&ours.to_string_lossy(), ["-c", "import pyxform"]).is_some();
    has_it.then_some(ours)
}

/// Installs it if it is not there.
pub(crate) fn ensure() -> Result<PathBuf, String> {
    if let Some(python) = python() {
        return Ok(python);
    }
    println!("installing pyxform into target/tools; this takes about half a minute");
    if process::answer("python3", ["-c", "import venv, ensurepip"]).is_none() {
        let root = process::answer("id", ["-u"]).as_deref() == Some("0");
        if !(root && process::on_path("apt-get")) {
            return Err(
                "missing: Python with venv.\n  On Debian or Ubuntu: sudo apt-get install python3-venv".to_owned()
            );
        }
        let mut update = Command::new("apt-get");
        update.args(["update", "--quiet=2"]);
        process::succeed(update)?;
        let mut install = Command::new("apt-get");
        install.args(["install", "--yes", "--quiet=2", "--no-install-recommends", "python3-venv"]);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        process::succeed(install)?;
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(folder());
    process::succeed(venv)?;
    let mut pip = Command::new(folder().join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    process::succeed(pip)?;
    python().ok_or_else(|| "pyxform was installed and cannot be imported".to_owned())
}
