//! On the private PostgreSQL: alone, beside the service that runs it, and where there is none.

use std::fs::File;

use super::ON_A_LOG;
use crate::support::operator::Operator;
use crate::support::program::{postgres_below, wait_until_quiet};
use crate::support::sample;

#[tokio::test]
async fn where_there_is_no_data_none_is_made() {
    let operator = Operator::private();
    for words in ON_A_LOG {
        let complaint = operator.run(words).await.complaint();
        let recorded = format!("alis: there is no data in {}: ", operator.data_dir().display());
        assert!(complaint.starts_with(&recorded), "{complaint}");
        assert!(complaint.contains("ALIS_DATA_DIR or DATABASE_URL"), "{complaint}");
    }
    assert!(!operator.data_dir().exists());
}

#[tokio::test]
async fn alone_the_server_runs_for_as_long_as_the_work_takes() {
    let operator = Operator::private();
    assert_eq!(operator.run(&["migrate"]).await.printed(), "The schema is up to date.\n");
    for words in ON_A_LOG {
        operator.run(words).await.printed();
        assert!(postgres_below(&operator.data_dir()).is_empty(), "{words:?} left its server");
    }
    let status = operator.run(&["project", "status"]).await.printed();
    assert!(status.contains("positions: version") && status.contains("up to date"), "{status}");
}

#[tokio::test]
async fn beside_the_service_its_server_is_used_and_left_running() {
    let operator = Operator::private();
    let served = operator.serve().await;
    let client = served.client();
    sample::municipality(&client, "5401").await;
    assert_eq!(operator.run(&["migrate"]).await.printed(), "The schema is up to date.\n");
    for words in ON_A_LOG {
        operator.run(words).await.printed();
    }
    let verified = operator.run(&["log", "verify"]).await.printed();
    assert_eq!(verified, "The log agrees with itself: 1 events, 1 subjects, 1 commands.\n");
    sample::municipality(&client, "5402").await;
    assert!(served.stop().success());
    wait_until_quiet(&operator.data_dir());

    // A program that holds the directory and runs no server yet, or no more.
    let lock = File::open(operator.data_dir().join("owner.lock")).expect("the service made it");
    lock.lock().expect("the service has ended");
    let held = format!("another program holds {}", operator.data_dir().display());
    for words in ON_A_LOG {
        let complaint = operator.run(words).await.complaint();
        assert!(complaint.contains(&held), "{complaint}");
    }
}
