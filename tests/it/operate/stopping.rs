//! SIGTERM while a command is under way.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::support::operator::Operator;
use crate::support::postgres::fresh;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_under_way_is_finished_before_the_service_ends() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let served = operator.serve().await;
    let (client, address) = (served.client(), served.address);
    let admin = database.connect().await;
    // Every append waits for this row.
    let hold = "begin; select from alis.log where log = 1 for update";
    admin.batch_execute(hold).await.expect("the owner can");
    let posting = tokio::spawn(async move {
        let body = json!({"number": "5401", "name": "Tromsø", "from": "2020-01-01"});
        client.post("/v1/municipalities", body).await
    });
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    while admin.query_one(waiting, &[]).await.expect("it can be asked").get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stopping = tokio::task::spawn_blocking(move || served.stop());
    // It stops listening first.
    while TcpStream::connect(address).is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!posting.is_finished() && !stopping.is_finished());
    admin.batch_execute("commit").await.expect("the owner can");
    let answer = posting.await.expect("it is answered").expect(201);
    assert!(stopping.await.expect("it ends").success());
    let sql = "select count(*) from alis.event where position = $1";
    let row = admin.query_one(sql, &[&answer.position()]).await.expect("it can be asked");
    assert_eq!(row.get::<_, i64>(0), 1);
}
