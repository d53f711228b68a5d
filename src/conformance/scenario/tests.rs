use super::*;
use std::{env, fs, println};

#[test]
fn all_files_have_the_format() {
    let Ok(root) = env::var("POD_LIFECYCLE_CONFORMANCE") else {
        println!("SKIPPED: set POD_LIFECYCLE_CONFORMANCE to the folder of the conformance data");
        return;
    };
    let mut read = 0;
    for folder in ["scenarios", "replays"] {
        read += read_folder(&std::path::Path::new(&root).join(folder));
    }
    println!("{read} files read");
    assert!(read > 300);
}

fn read_folder(folder: &std::path::Path) -> usize {
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read += read_folder(&path);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let scenario =
                Scenario::read(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(path.file_name().unwrap().to_str().unwrap().starts_with(&scenario.name));
            read += 1;
        }
    }
    read
}
