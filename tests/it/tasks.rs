//! The scripts of `make`, where a tool fails them.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use rapport_api::config::env;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout")
}

/// Runs a shell command in the checkout, with these programs before the ones of the machine.
fn run(command: &str, programs: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, script) in programs {
        let program = folder.path().join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("rights");
    }
    let path = format!("{}:{}", folder.path().display(), env::var("PATH").expect("a path"));
    Command::new("sh").args(["-c", command]).current_dir(root()).env("PATH", path).output().expect("a shell")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn dependencies_that_cannot_be_listed_are_no_proof() {
    let dependencies = "infra/tasks/dependencies.sh";
    assert!(run(dependencies, &[]).status.success());
    let fails = run(dependencies, &[("cargo", "echo no such package >&2; exit 101")]);
    assert!(!fails.status.success());
    let finds_nothing = run(dependencies, &[("cargo", "exit 0")]);
    assert!(!finds_nothing.status.success() && said(&finds_nothing).contains("was not found"), "{finds_nothing:?}");
}

/// Runs functions of `common.sh`, which finds the checkout by the name of the script that it is part of.
fn task(command: &str, programs: &[(&str, &str)]) -> Output {
    run(&format!("sh -c '. infra/tasks/common.sh; {command}' infra/tasks/x.sh"), programs)
}

#[test]
fn a_rust_that_is_too_old_is_said_before_anything_is_built() {
    let old = task("need_tools", &[("rustc", "echo 'rustc 1.80.1 (3f5fd8dd4 2024-08-06)'")]);
    assert!(!old.status.success() && said(&old).contains("Rust 1.80.1 is too old: 1.95 or newer"), "{old:?}");
    for version in ["1.95.0", "1.100.0-nightly", "2.0.0"] {
        let new = task("need_tools", &[("rustc", &format!("echo 'rustc {version} (x)'"))]);
        assert!(new.status.success(), "{new:?}");
    }
}

#[test]
fn npm_keeps_its_cache_in_the_checkout() {
    let cache = task("unset npm_config_cache; . infra/tasks/common.sh; npm config get cache >&2", &[]);
    assert_eq!(said(&cache).trim(), root().join(".rapport/npm").to_string_lossy());
}
