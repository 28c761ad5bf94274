//! The operator's commands: what they print, where, and how they end. Here on a database of one's
//! own, in the folder on the private PostgreSQL and about the health of a service.

mod health;
mod log;
mod lines;
mod logins;
mod private;
mod projections;
mod stopping;

use crate::support::operator::{Operator, Ran};
use crate::support::postgres::empty;

/// Commands that need a log to work on.
const ON_A_LOG: [&[&str]; 4] = [
    &["project", "status"],
    &["project", "rebuild", "positions"],
    &["project", "rebuild", "--all"],
    &["log", "verify"],
];

impl Ran {
    /// What was printed; the command must have succeeded and have said nothing on stderr.
    #[track_caller]
    fn printed(self) -> String {
        // How far a long piece of work has come is told there as well.
        let is_progress = |line: &&str| line.starts_with("Rebuilding ");
        let said: Vec<&str> = self.err.lines().filter(|line| !is_progress(line)).collect();
        assert_eq!((self.code, &said[..]), (Some(0), &[][..]), "{}", self.out);
        self.out
    }

    /// What was said on stderr; the command must have failed and have printed nothing.
    #[track_caller]
    fn complaint(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        self.err
    }
}

#[tokio::test]
async fn migrations_are_applied_once_and_that_is_told() {
    let database = empty().await;
    let operator = Operator::on(&database.admin);
    let first = operator.run(&["migrate"]).await.printed();
    let client = database.connect().await;
    let sql = "select count(*) from refinery_schema_history";
    let count: i64 = client.query_one(sql, &[]).await.expect("it is migrated").get(0);
    let were = if count == 1 { "migration was" } else { "migrations were" };
    assert_eq!(first, format!("The schema is up to date: {count} {were} applied.\n"));
    assert_eq!(operator.run(&["migrate"]).await.printed(), "The schema is up to date.\n");
}

#[tokio::test]
async fn without_migrations_there_is_no_log_and_that_is_told() {
    let database = empty().await;
    let operator = Operator::on(&database.admin);
    for words in ON_A_LOG {
        let complaint = operator.run(words).await.complaint();
        let recorded = "the database holds no log of this program: run `alis migrate` first";
        assert_eq!(complaint, format!("alis: {recorded}\n"));
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_told_in_a_sentence() {
    let database = empty().await;
    let operator = Operator::on(&database.admin);
    operator.run(&["migrate"]).await.printed();
    let migrate: &[&str] = &["migrate"];
    let nowhere = "host=/no/such/directory user=nobody";
    let recorded = [
        (("DATABASE_URL", nowhere), "error connecting to server"),
        (("DATABASE_URL", "postgres//x"), "DATABASE_URL cannot be read: invalid connection string"),
        (
            ("ALIS_DATABASE_PASSWORD_FILE", "/no/such/file"),
            "ALIS_DATABASE_PASSWORD_FILE: the file /no/such/file cannot be read: No such file",
        ),
    ];
    for words in ON_A_LOG.into_iter().chain([migrate]) {
        for (setting, sentence) in recorded {
            let complaint = operator.run_with(words, &[setting]).await.complaint();
            assert!(complaint.starts_with("alis: "), "{complaint}");
            assert_eq!(complaint.matches(sentence).count(), 1, "{complaint}");
            assert_eq!(complaint.lines().count(), 1, "{complaint}");
        }
    }
    for words in ON_A_LOG {
        let role = ("ALIS_DATABASE_ROLE", "no_such_role");
        let complaint = operator.run_with(words, &[role]).await.complaint();
        assert!(complaint.starts_with("alis: ALIS_DATABASE_ROLE: "), "{complaint}");
        let recorded =
            "role \"no_such_role\" does not exist. `alis migrate` makes the role alis_service";
        for recorded in ["db error", recorded] {
            assert_eq!(complaint.matches(recorded).count(), 1, "{complaint}");
        }
    }
}

#[tokio::test]
async fn a_wrong_setting_stops_a_command_with_its_flag_and_its_variable() {
    let operator = Operator::private();
    let serve: &[&str] = &["serve"];
    let rebuild: &[&str] = &["project", "rebuild", "--all"];
    for (words, variable, value, flag) in [
        (serve, "ALIS_LISTEN", "everywhere", "--listen <LISTEN>"),
        (serve, "ALIS_WORKERS", "0", "--workers <WORKERS>"),
        (serve, "ALIS_PERSON_YEARS", "0", "--person-years <PERSON_YEARS>"),
        (serve, "ALIS_PERSON_YEARS", "ten", "--person-years <PERSON_YEARS>"),
        (rebuild, "ALIS_POOL_SIZE", "1", "--pool-size <POOL_SIZE>"),
    ] {
        let ran = operator.run_with(words, &[(variable, value)]).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
        let recorded = format!("invalid value '{value}' for '{flag} [env: {variable}]'");
        assert!(ran.err.contains(&recorded), "{}", ran.err);
    }
    assert!(!operator.data_dir().exists());
}
