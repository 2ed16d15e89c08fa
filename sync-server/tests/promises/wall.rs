//! The wall: the server's build holds nothing that could open or merge a record.

use std::process::Command;

const FORBIDDEN: [&str; 3] = ["automerge", "vigil-core", "sqlcipher"];

/// Everything that the package is built from, with the features that are on.
fn tree_of(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "-e", "normal,build,features", "-p", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn nothing_that_could_read_a_record_is_in_the_servers_build() {
    let tree = tree_of("vigil-sync-server");
    assert!(tree.contains("vigil-protocol"), "the tree is a real one");
    for name in FORBIDDEN {
        let found: Vec<&str> = tree.lines().filter(|line| line.contains(name)).collect();
        assert!(found.is_empty(), "{name} is in the server's build: {found:?}");
    }
}

#[test]
fn the_same_search_finds_all_of_it_in_the_core() {
    let tree = tree_of("vigil-core");
    for name in FORBIDDEN {
        assert!(tree.contains(name), "{name} is not in the core's build: the search proves nothing");
    }
}
