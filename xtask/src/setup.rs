//! What has to be on the machine before anything of ours compiles: a C and C++ compiler, pkg-config, OpenSSL's headers
//! (SQLCipher links the system's libcrypto, ADR 0005), rustfmt and clippy.
//! As root on Debian or Ubuntu it installs them from the system's packages; elsewhere it says what is missing.

use crate::process;
use std::path::Path;
use std::process::Command;

struct Need {
    what: &'static str,
    package: &'static str,
    present: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need { what: "a C compiler", package: "gcc", present: || process::on_path("cc") },
    Need { what: "a C++ compiler (libFuzzer)", package: "g++", present: || process::on_path("c++") },
    Need {
        what: "the C library's headers",
        package: "libc6-dev",
        present: || Path::new("/usr/include/stdio.h").exists(),
    },
    Need { what: "pkg-config", package: "pkg-config", present: || process::on_path("pkg-config") },
    Need {
        what: "the headers of OpenSSL's libcrypto",
        package: "libssl-dev",
        present: || process::answer("pkg-config", ["--exists", "libcrypto"]).is_some(),
    },
];

/// Makes sure that everything is there.
pub(crate) fn ensure() -> Result<(), String> {
    packages()?;
    for (program, component) in [("rustfmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        component_present(program, component)?;
    }
    Ok(())
}

fn packages() -> Result<(), String> {
    // Other systems keep their headers elsewhere; there the compiler says what is missing.
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let whats: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let install = format!("apt-get install {}", packages.join(" "));
    let root = process::answer("id", ["-u"]).as_deref() == Some("0");
    if !(root && process::on_path("apt-get")) {
        return Err(format!("missing: {}.\n  On Debian or Ubuntu: sudo {install}", whats.join(", ")));
    }
    println!("set-up: {install}");
    let mut update = Command::new("apt-get");
    update.args(["update", "--quiet=2"]);
    process::succeed(update)?;
    let mut command = Command::new("apt-get");
    command.args(["install", "--yes", "--quiet=2", "--no-install-recommends"]).args(&packages);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    process::succeed(command)?;
    match missing.iter().find(|need| !(need.present)()) {
        None => Ok(()),
        Some(need) => Err(format!("{} is still missing after `{install}`", need.what)),
    }
}

fn component_present(program: &str, component: &str) -> Result<(), String> {
    // A rustup proxy of that name exists also where the component is not installed; it then fails.
    if process::answer(program, ["--version"]).is_some() {
        return Ok(());
    }
    if !process::on_path("rustup") {
        return Err(format!("`{program}` is missing: install the {component} of this Rust toolchain"));
    }
    println!("set-up: rustup component add {component}");
    let mut command = Command::new("rustup");
    command.args(["component", "add", component]).current_dir(process::root());
    process::succeed(command)
}
