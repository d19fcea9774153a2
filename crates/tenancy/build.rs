//! Puts every file of `migrations/` into the program: to add one is to write it.

use std::{fmt::Write as _, fs, io, path::Path};

const FOLDERS: [(&str, &str); 2] = [("CONTROL", "control"), ("TENANT", "tenant")];

fn main() -> io::Result<()> {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").canonicalize()?;
    let mut code = String::new();
    for (list, folder) in FOLDERS {
        let folder = migrations.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let _ = writeln!(code, "pub(super) const {list}: &[Migration] = &[");
        for name in names(&folder)? {
            let path = folder.join(format!("{name}.sql")).display().to_string();
            let fields = format!("version: version_of({name:?}), name: {name:?}, sql: include_str!({path:?})");
            let _ = writeln!(code, "    Migration {{ {fields} }},");
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&out_dir()).join("migrations.rs"), code)
}

/// In the order of their numbers.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().to_string_lossy().strip_suffix(".sql").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

#[expect(clippy::disallowed_methods, reason = "cargo says it so")]
fn out_dir() -> String {
    std::env::var("OUT_DIR").expect("cargo runs this")
}
