//! `alis import` against a running instance, and against a stand-in that fails now and then.

use std::path::{Path, PathBuf};

use actix_web::HttpResponse;
use alis::config::{CallSettings, ImportSettings, LocalIssuerSettings};
use alis::import::{self, Import, ImportError, Mode, Outcome, Summary, Target};
use serde_json::{Value, json};

use crate::support::instance::{Instance, token};
use crate::support::program;
use crate::support::scratch::Scratch;
use crate::support::stand_in::StandIn;

fn settings(url: String, file: PathBuf) -> ImportSettings {
    let report = Some(file.with_extension("report"));
    let data_dir = PathBuf::from("no-such-directory");
    let issuer = LocalIssuerSettings { local_issuer_key_file: None, data_dir };
    let call = CallSettings { url, token_file: None, token: Some(token().to_owned()), issuer };
    ImportSettings { file, call, dry_run: false, report }
}

/// A file of lines in a directory of the test's own, and its import.
struct File {
    scratch: Scratch,
    settings: ImportSettings,
}

impl File {
    fn new(instance: &Instance, lines: &[Value]) -> Self {
        let scratch = Scratch::fast();
        let path = scratch.path().join("lines.ndjson");
        let settings = settings(format!("http://{}", instance.running.address), path);
        let file = Self { scratch, settings };
        file.write(lines);
        file
    }

    fn path(&self) -> &Path {
        &self.settings.file
    }

    fn write(&self, lines: &[Value]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(self.path(), text).expect("the test's own directory is writable");
    }

    async fn import(&self) -> Summary {
        import::run(&self.settings).await.expect("the import comes to its end")
    }

    async fn rehearse(&self) -> Summary {
        let settings = ImportSettings { dry_run: true, ..self.settings.clone() };
        import::run(&settings).await.expect("the rehearsal comes to its end")
    }

    fn verdicts(&self) -> Vec<Value> {
        let report = self.settings.report.as_deref().expect("the test asks for a report");
        let text = std::fs::read_to_string(report).expect("the report was written");
        text.lines().map(|line| serde_json::from_str(line).expect("the report is JSON")).collect()
    }
}

fn trainee(number: u32) -> Value {
    json!({
        "post": "/v1/trainees",
        "key": format!("trainee:{number}"),
        "as": format!("trainee-{number}"),
        "body": {
            "hpr_number": (999_000_000 + number).to_string(), "name": "Kari Eksempel",
            "scheme": "old",
        },
    })
}

fn new_scheme(number: u32) -> Value {
    json!({
        "post": format!("/v1/trainees/{{trainee-{number}}}/scheme"),
        "key": format!("scheme:{number}"),
        "body": { "scheme": "new", "from": "2020-01-01", "reason": "Asked for it." },
    })
}

async fn head(instance: &Instance) -> i64 {
    let address = format!("http://{}", instance.running.address);
    let target = Target::new(&address, token().to_owned()).expect("an address");
    target.head().await.expect("the instance answers")
}

#[tokio::test]
async fn what_the_old_register_called_something_is_told_and_taken_back_by_lines() {
    let instance = Instance::start().await;
    let line = |number: u32, what: &str, reason: Value| {
        let mut body = json!({"system": "payroll", "id": "4711"});
        if !reason.is_null() {
            body["reason"] = reason;
        }
        let post = format!("/v1/trainees/{{trainee-{number}}}/external-ids{what}");
        json!({"post": post, "key": format!("payroll:{number}{what}"), "body": body})
    };
    let file = File::new(
        &instance,
        &[
            trainee(1),
            trainee(2),
            line(1, "", json!(null)),
            line(1, "/withdrawal", json!("Another doctor's.")),
            line(2, "", json!(null)),
        ],
    );
    let first = file.import().await;
    assert_eq!((first.count(Outcome::Recorded), first.mend_count()), (5, 0), "{first}");
    let second = file.import().await;
    assert_eq!(second.to_string(), "5 lines: 5 known");
    let id = file.verdicts()[4]["id"].as_str().expect("an id").to_owned();
    let trainee = instance.client().get(&format!("/v1/trainees/{id}")).await.expect(200);
    let called = json!([{"system": "payroll", "id": "4711"}]);
    assert_eq!(trainee.body["external_ids"], called);
    instance.stop().await;
}

#[tokio::test]
async fn a_second_import_answers_the_same_and_records_nothing() {
    let instance = Instance::start().await;
    let file = File::new(
        &instance,
        &[json!({"note": "two doctors"}), trainee(1), new_scheme(1), trainee(2)],
    );
    let first = file.import().await;
    assert_eq!((first.count(Outcome::Recorded), first.mend_count()), (3, 0), "{first}");
    let (verdicts, reached) = (file.verdicts(), head(&instance).await);
    let lines: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["line"]).collect();
    assert_eq!(lines, [2, 3, 4]);

    let second = file.import().await;
    assert_eq!(second.to_string(), "3 lines: 3 known");
    assert_eq!(head(&instance).await, reached);
    for (before, after) in verdicts.iter().zip(file.verdicts()) {
        for same in ["line", "key", "id", "log_position", "status"] {
            assert_eq!(before[same], after[same], "{same}");
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn what_is_so_already_is_known_although_the_line_is_new() {
    let instance = Instance::start().await;
    let mut again = new_scheme(1);
    again["key"] = json!("scheme:1:again");
    let file = File::new(&instance, &[trainee(1), new_scheme(1), trainee(2), again]);
    let summary = file.import().await;
    assert_eq!(summary.to_string(), "4 lines: 3 recorded, 1 known");
    assert_eq!(file.verdicts()[3]["verdict"], "known");
    instance.stop().await;
}

#[tokio::test]
async fn a_rejected_line_neither_stops_nor_undoes_the_others() {
    let instance = Instance::start().await;
    let mut twin = trainee(1);
    (twin["key"], twin["as"]) = (json!("trainee:1:twin"), json!("trainee-9"));
    let mut wrong = trainee(3);
    (wrong["body"]["hpr_number"], wrong["body"]["scheme"]) = (json!("x"), json!("newest"));
    let mut malformed = trainee(4);
    malformed["pots"] = json!("/v1/trainees");
    let mut same_key = trainee(5);
    same_key["key"] = json!("trainee:1");
    let lines =
        [trainee(1), twin, new_scheme(9), wrong, malformed, same_key, new_scheme(8), trainee(2)];
    let file = File::new(&instance, &lines);
    let summary = file.import().await;
    let verdicts = file.verdicts();
    let words: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["verdict"]).collect();
    let expected = [
        "recorded",
        "refused",
        "not_sent",
        "refused",
        "malformed",
        "malformed",
        "malformed",
        "recorded",
    ];
    assert_eq!(words, expected);
    assert_eq!(verdicts[1]["code"], "trainee_exists");
    assert_eq!(verdicts[3]["code"], "invalid_request");
    let pointers: Vec<&str> = verdicts[3]["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["pointer"].as_str())
        .collect();
    assert_eq!(pointers, ["/hpr_number", "/scheme"]);
    let text = summary.to_string();
    for part in ["line 2 (trainee:1:twin): refused, trainee_exists", "/hpr_number: ", "line 7"] {
        assert!(text.contains(part), "{part} in {text}");
    }

    // Mended, the same file goes through: what was good is known, what was wrong is recorded.
    file.write(&[trainee(1), trainee(3), trainee(2)]);
    assert_eq!(file.import().await.to_string(), "3 lines: 1 recorded, 2 known");
    instance.stop().await;
}

#[tokio::test]
async fn the_same_key_with_another_document_is_refused() {
    let instance = Instance::start().await;
    let file = File::new(&instance, &[trainee(1)]);
    file.import().await;
    let mut other = trainee(1);
    other["body"]["name"] = json!("Ola Eksempel");
    file.write(&[other]);
    let summary = file.import().await;
    assert_eq!(summary.to_mend[0].code.as_deref(), Some("key_reused"));
    instance.stop().await;
}

#[tokio::test]
async fn an_interrupted_import_is_finished_by_running_it_again() {
    let instance = Instance::start().await;
    let lines: Vec<Value> = (1..=6).flat_map(|n| [trainee(n), new_scheme(n)]).collect();
    let address = format!("http://{}", instance.running.address);
    let target = Target::new(&address, token().to_owned()).expect("an address");
    let mut interrupted = Import::begin(&target, Mode::Record).await.expect("it begins");
    for (number, line) in (1..).zip(&lines[..5]) {
        let verdict = interrupted.take(number, line.to_string().as_bytes()).await;
        let verdict = verdict.expect("the instance answers").expect("a request has a verdict");
        assert_eq!(verdict.verdict, Outcome::Recorded);
    }
    drop(interrupted);
    let file = File::new(&instance, &lines);
    assert_eq!(file.import().await.to_string(), "12 lines: 7 recorded, 5 known");
    assert_eq!(file.import().await.to_string(), "12 lines: 12 known");
    instance.stop().await;
}

#[tokio::test]
async fn a_dry_run_tells_the_verdicts_and_records_nothing() {
    let instance = Instance::start().await;
    let mut wrong = new_scheme(1);
    wrong["key"] = json!("scheme:wrong");
    wrong["body"]["from"] = json!("2020-02-30");
    let mut refused = trainee(2);
    refused["body"]["hpr_number"] = json!("");
    let lines = [trainee(1), new_scheme(1), wrong, refused, new_scheme(2)];
    let file = File::new(&instance, &lines);
    let before = head(&instance).await;
    file.rehearse().await;
    let verdicts = file.verdicts();
    let words: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["verdict"]).collect();
    assert_eq!(words, ["would_record", "not_rehearsed", "refused", "refused", "not_sent"]);
    assert_eq!(verdicts[1]["detail"], "needs {trainee-1}, which line 1 would make");
    assert_eq!(verdicts[2]["errors"][0]["pointer"], "/from");
    assert_eq!(head(&instance).await, before);

    // Once the first lines are recorded, the others can be rehearsed.
    file.write(&lines[..1]);
    file.import().await;
    file.write(&[trainee(1), new_scheme(1)]);
    assert_eq!(file.rehearse().await.to_string(), "2 lines: 1 known, 1 would record");
    file.import().await;
    assert_eq!(file.rehearse().await.to_string(), "2 lines: 2 known");
    instance.stop().await;
}

#[tokio::test]
async fn the_program_ends_with_2_when_there_is_something_to_mend() {
    let instance = Instance::start().await;
    let file = File::new(&instance, &[trainee(1)]);
    let (url, path) = (file.settings.call.url.clone(), file.path().to_owned());
    let token_file = file.scratch.path().join("token");
    std::fs::write(&token_file, format!("{}\n", token())).expect("writable");
    let run = |token_file: &Path| {
        let mut command = program::alis();
        command.args(["import", "--url", &url, "--token-file"]).arg(token_file).arg(&path);
        command.env_remove("ALIS_TOKEN");
        program::output_of(command)
    };
    let ended = run(&token_file).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "1 line: 1 recorded\n");

    file.write(&[new_scheme(1)]);
    let ended = run(&token_file).await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");

    let missing = run(&file.scratch.path().join("missing")).await;
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("ALIS_TOKEN_FILE"), "{missing:?}");
    instance.stop().await;
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_under_the_same_key() {
    let stand_in = StandIn::start(|before, _asked| {
        let position = ("Log-Position", if before == 0 { "0" } else { "1" });
        match before {
            0 => HttpResponse::Ok().insert_header(position).json(json!([])),
            1 => HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "0")).finish(),
            2 => HttpResponse::BadGateway().finish(),
            _ => HttpResponse::Created().insert_header(position).json(json!({"id": "id-1"})),
        }
    });
    let address = format!("http://{}", stand_in.address);
    let target = Target::new(&address, token().to_owned()).expect("an address");
    let mut import = Import::begin(&target, Mode::Record).await.expect("it begins");
    let verdict = import.take(1, trainee(1).to_string().as_bytes()).await.expect("it is answered");
    let verdict = verdict.expect("a request has a verdict");
    assert_eq!((verdict.verdict, verdict.id.as_deref()), (Outcome::Recorded, Some("id-1")));
    let posts = &stand_in.seen()[1..];
    assert_eq!(posts.len(), 3);
    for post in posts {
        assert_eq!(post.header("idempotency-key"), Some("import:trainee:1"));
        assert_eq!((&post.target, &post.body), (&posts[0].target, &posts[0].body));
    }
    stand_in.stop().await;
}

#[tokio::test]
async fn a_refused_token_or_another_service_ends_the_import_at_once() {
    let stand_in = StandIn::start(|before, _asked| match before {
        0 => HttpResponse::Unauthorized().finish(),
        _ => HttpResponse::Ok().finish(),
    });
    let address = format!("http://{}", stand_in.address);
    let target = Target::new(&address, "wrong".to_owned()).expect("an address");
    let refused = Import::begin(&target, Mode::Record).await.expect_err("the token is refused");
    assert!(matches!(refused, ImportError::Unauthenticated(_)), "{refused}");
    let other = Import::begin(&target, Mode::Record).await.expect_err("it is another service");
    assert!(matches!(other, ImportError::NotAlis { status: 200, .. }), "{other}");
    assert_eq!(stand_in.seen().len(), 2);
    for wrong in ["127.0.0.1:8080", "ftp://127.0.0.1", "http://"] {
        let refused = Target::new(wrong, String::new()).expect_err("no address of a service");
        assert!(refused.to_string().contains("ALIS_URL"), "{refused}");
    }
    stand_in.stop().await;
}
