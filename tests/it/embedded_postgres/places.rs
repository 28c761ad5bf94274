//! Where it lives: which directories it takes, refuses and replaces, and who can reach them.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::geteuid;

use super::refused;
use crate::support::program::{self, As};
use crate::support::scratch::Scratch;

#[test]
fn the_printed_command_opens_the_database_whatever_the_path() {
    for name in ["it's \"here\"", "one,two"] {
        let scratch = Scratch::on_disk();
        let data_dir = scratch.path().join(name);
        let server = program::start(&As::Ourselves, &scratch, &data_dir).expect("a first start");
        assert_opens(&server.psql);
        server.signal(Signal::SIGINT);
        assert!(server.wait().0.success());
    }
}

#[test]
fn only_the_servers_account_and_root_reach_its_files() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    let _server = program::start(&As::Ourselves, &scratch, &data_dir).expect("a first start");
    let metadata = |name: &str| fs::metadata(data_dir.join(name)).expect("it is there");
    let us = geteuid().as_raw();
    for (name, mode) in [("postgres", 0o700), ("socket", 0o700)] {
        assert_eq!(metadata(name).mode() & 0o777, mode, "{name}");
        assert_ne!(metadata(name).uid(), 0, "{name} belongs to root");
    }
    for name in ["owner.lock", "postgres.log"] {
        assert_eq!((metadata(name).mode() & 0o777, metadata(name).uid()), (0o600, us), "{name}");
    }
    let passable = if us == 0 { 0o711 } else { 0o700 };
    assert_eq!((metadata(".").mode() & 0o777, metadata(".").uid()), (passable, us));
}

#[test]
fn a_foreign_directory_is_refused_untouched() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    fs::create_dir_all(data_dir.join("postgres")).expect("our own directory is writable");
    fs::write(data_dir.join("postgres/PG_VERSION"), "15\n").expect("it is writable");
    fs::write(data_dir.join("letter.txt"), "not ours").expect("it is writable");
    let before = snapshot(&data_dir);
    let refusal = refused(&As::Ourselves, &scratch, &data_dir);
    assert!(refusal.stderr.contains("was not made by this program"), "{refusal:?}");
    assert_eq!(snapshot(&data_dir), before);
}

#[test]
fn data_of_another_major_version_is_refused_untouched() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    let server = program::start(&As::Ourselves, &scratch, &data_dir).expect("a first start");
    server.signal(Signal::SIGINT);
    server.wait();
    let version = fs::read_to_string(data_dir.join("postgres/PG_VERSION")).expect("it is there");
    fs::write(data_dir.join("postgres/PG_VERSION"), "99\n").expect("the test may write there");
    let before = snapshot(&data_dir);
    let refusal = refused(&As::Ourselves, &scratch, &data_dir);
    let installed = format!("found are PostgreSQL {}", version.trim_end());
    for part in ["holds data of PostgreSQL 99", &installed, "pg_upgrade", "PG_BIN"] {
        assert!(refusal.stderr.contains(part), "{part}: {refusal:?}");
    }
    assert_eq!(snapshot(&data_dir), before);
}

#[test]
fn a_directory_out_of_reach_for_the_servers_account_is_replaced_and_that_is_said() {
    let scratch = Scratch::on_disk();
    let closed = As::Ourselves.home(&scratch);
    let asked = closed.join("data");
    if !geteuid().is_root() {
        // An ordinary user's own account is the server's too, so this is his to solve.
        fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("it is ours");
        let refusal = refused(&As::Ourselves, &scratch, &asked);
        fs::set_permissions(&closed, Permissions::from_mode(0o700)).expect("it is ours");
        assert!(refusal.stderr.contains(&asked.display().to_string()), "{refusal:?}");
        return;
    }
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).expect("root may");
    let mut places = Vec::new();
    for _ in 0..2 {
        let server = program::start(&As::Ourselves, &scratch, &asked).expect("it starts");
        let words = server.psql.split(' ');
        let socket_dir = words.skip_while(|word| *word != "-h").nth(1).expect("it names a socket");
        places.push(PathBuf::from(socket_dir).parent().expect("it is below").to_owned());
        server.signal(Signal::SIGINT);
        let (_, stderr) = server.wait();
        assert!(stderr.contains(&format!("cannot reach {}", asked.display())), "{stderr}");
    }
    assert!(places[0].starts_with("/var/tmp") && places[0] == places[1], "{places:?}");
    assert!(!asked.exists());
    fs::remove_dir_all(&places[0]).expect("the server has stopped");
}

#[test]
fn data_that_got_out_of_reach_is_not_replaced_by_an_empty_cluster() {
    let scratch = Scratch::on_disk();
    let home = As::Ourselves.home(&scratch);
    let data_dir = home.join("data");
    let server = program::start(&As::Ourselves, &scratch, &data_dir).expect("a first start");
    server.signal(Signal::SIGINT);
    server.wait();
    fs::set_permissions(&home, Permissions::from_mode(0o600)).expect("it is ours");
    let refusal = refused(&As::Ourselves, &scratch, &data_dir);
    fs::set_permissions(&home, Permissions::from_mode(0o755)).expect("it is ours");
    // An ordinary user is stopped by the directory itself before there is anything to explain.
    let sentence = if geteuid().is_root() { "may not enter" } else { "could not" };
    let home = home.display().to_string();
    assert!(refusal.stderr.contains(sentence) && refusal.stderr.contains(&home), "{refusal:?}");
    program::start(&As::Ourselves, &scratch, &data_dir).expect("a start after it was opened");
}

#[test]
fn a_path_too_long_for_a_socket_gets_a_short_place_for_it() {
    for account in As::everybody() {
        let scratch = Scratch::on_disk();
        let home = account.home(&scratch);
        let data_dir = home.join("a-long-name".repeat(10)).join("data");
        let mut lines = Vec::new();
        for _ in 0..2 {
            let server = program::start(&account, &scratch, &data_dir).expect("it starts");
            let command = format!("{} -Atc 'SELECT 6 * 7'", server.psql);
            let output = Command::new("sh").args(["-c", &command]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n", "{output:?}");
            lines.push(server.psql.clone());
            server.signal(Signal::SIGINT);
            server.wait();
        }
        assert_eq!(lines[0], lines[1]);
        assert!(!lines[0].contains("a-long-name"), "{}", lines[0]);
    }
}

#[test]
fn a_pg_bin_that_points_nowhere_says_how_to_install() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    let mut command = program::command(&As::Ourselves, &scratch, &data_dir);
    command.env("PG_BIN", scratch.path().join("nowhere"));
    let refusal = program::start_command(&mut command).err().expect("there is nothing to start");
    assert!(!refusal.status.success());
    for part in ["PG_BIN is", "Install PostgreSQL 15 to 18 with `", "DATABASE_URL=postgres://"] {
        assert!(refusal.stderr.contains(part), "{part}: {refusal:?}");
    }
    assert!(!data_dir.exists());
}

/// Runs the command that a program printed, as a person would paste it.
fn assert_opens(psql: &str) {
    let command = format!("{psql} -Atc 'SELECT 6 * 7'");
    let output = Command::new("sh").args(["-c", &command]).output().expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n", "{output:?}");
}

/// Everything about a directory that a careless program could change.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(path) = open.pop() {
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        let mut bytes = Vec::new();
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).expect("it can be listed");
            open.extend(entries.map(|entry| entry.expect("it can be listed").path()));
        } else {
            bytes = fs::read(&path).expect("it can be read");
        }
        let facts = (metadata.mode(), metadata.mtime(), metadata.mtime_nsec(), bytes);
        all.insert(path, facts);
    }
    all
}
