//! `alis project status` and `alis project rebuild`.

use alis::app;

use crate::event_log::rig::Node;
use crate::support::operator::Operator;
use crate::support::postgres::fresh;
use crate::support::sample;

/// Every read model, with its version.
fn read_models() -> Vec<(&'static str, i32)> {
    app::projections().iter().map(|model| (model.name(), model.version())).collect()
}

/// A line for each read model.
fn lines(line: impl Fn(&str, i32) -> String) -> String {
    read_models().into_iter().map(|(name, version)| line(name, version) + "\n").collect()
}

#[tokio::test]
async fn status_tells_of_every_read_model_what_is_not_built_and_what_is_behind() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let node = Node::start(&database.admin).await;
    node.open(2).await;
    let printed = operator.run(&["project", "status"]).await.printed();
    let built = lines(|name, v| format!("{name}: version {v} of this program is not built yet"));
    assert_eq!(printed, format!("The log stands at position 2.\n{built}"));

    operator.run(&["project", "rebuild", "--all"]).await.printed();
    node.open_one(3).await;
    let printed = operator.run(&["project", "status"]).await.printed();
    let built =
        lines(|name, v| format!("{name}: version {v}, build 1, at position 2, 1 event behind"));
    assert_eq!(printed, format!("The log stands at position 3.\n{built}"));
    node.stop().await;
}

#[tokio::test]
async fn a_rebuild_of_one_or_of_all_tells_what_it_has_built() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let served = operator.serve().await;
    let client = served.client();
    sample::municipality(&client, "5401").await;
    let trainee = sample::trainee(&client, "999000001").await;
    sample::position_of(&client, &trainee, "5401", "2020-01-01").await;

    let printed = operator.run(&["project", "rebuild", "positions"]).await.printed();
    let (_, version) =
        read_models().into_iter().find(|(name, _)| *name == "positions").expect("there is one");
    let recorded = format!("positions: version {version}, build 2, at position 4, up to date\n");
    assert_eq!(printed, format!("Rebuilt {recorded}"));
    let printed = operator.run(&["project", "rebuild", "--all"]).await.printed();
    let build = |name: &str| if name == "positions" { 3 } else { 2 };
    let recorded = |name: &str, version| {
        let build = build(name);
        format!("{name}: version {version}, build {build}, at position 4, up to date")
    };
    assert_eq!(printed, lines(|name, version| format!("Rebuilt {}", recorded(name, version))));
    let status = operator.run(&["project", "status"]).await.printed();
    assert_eq!(status, format!("The log stands at position 4.\n{}", lines(recorded)));

    // The service goes on with the new tables.
    let list = client.get("/v1/positions?as_of=2020-02-01").await.expect(200);
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1));
    sample::trainee(&client, "999000002").await;
    let list = client.get_with("/v1/trainees", &[("Min-Log-Position", "5")]).await.expect(200);
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(2));
    assert!(served.stop().success());
}

#[tokio::test]
async fn what_stands_still_is_told_until_a_rebuild_takes_it_in() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    Node::start(&database.admin).await.open(1).await;
    operator.run(&["project", "rebuild", "positions"]).await.printed();
    let sql = "insert into alis.parked (log, name, build, key, position, error)
               values (1, 'positions', 1, 'some-position', 1, 'of a newer program')";
    database.connect().await.batch_execute(sql).await.expect("the owner may");
    let status = operator.run(&["project", "status"]).await.printed();
    for recorded in [
        "build 1, at position 1, up to date, 1 key parked\n",
        "positions: some-position stands still before event 1: of a newer program\n",
        "Once a program that reads these events runs: alis project rebuild NAME\n",
    ] {
        assert!(status.contains(recorded), "{recorded} in {status}");
    }
    operator.run(&["project", "rebuild", "positions"]).await.printed();
    let status = operator.run(&["project", "status"]).await.printed();
    assert!(!status.contains("still") && !status.contains("parked"), "{status}");
}

#[tokio::test]
async fn a_rebuild_of_what_there_is_not_names_what_there_is() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let complaint = operator.run(&["project", "rebuild", "horoscopes"]).await.complaint();
    let names: Vec<&str> = read_models().into_iter().map(|(name, _)| name).collect();
    let recorded = format!("there is no read model horoscopes; there are {}", names.join(", "));
    assert_eq!(complaint, format!("alis: {recorded}\n"));
    let neither: &[&str] = &["project", "rebuild"];
    let both: &[&str] = &["project", "rebuild", "positions", "--all"];
    for (words, recorded) in [(neither, "<NAME>"), (both, "cannot be used with '--all'")] {
        let ran = operator.run(words).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
        assert!(ran.err.contains(recorded), "{}", ran.err);
    }
    let status = operator.run(&["project", "status"]).await.printed();
    assert!(!status.contains("build 1"), "something was built: {status}");
}
