//! `alis healthcheck`.

use actix_web::HttpResponse;

use crate::support::operator::Operator;
use crate::support::postgres::fresh;
use crate::support::stand_in::StandIn;

#[tokio::test]
async fn a_service_that_is_ready_ends_it_with_0_and_one_that_is_gone_with_1() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let served = operator.serve().await;
    let listen = served.address.to_string();
    let settings = [("ALIS_LISTEN", listen.as_str())];
    let ran = operator.run_with(&["healthcheck"], &settings).await;
    assert_eq!(ran.printed(), "ready\n");

    assert!(served.stop().success());
    let complaint = operator.run_with(&["healthcheck"], &settings).await.complaint();
    let recorded = format!("alis: no answer from http://{listen}/health/ready: ");
    assert!(complaint.starts_with(&recorded), "{complaint}");
}

#[tokio::test]
async fn a_service_that_is_not_ready_ends_it_with_1() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let starting = StandIn::start(|_, _| HttpResponse::ServiceUnavailable().finish());
    let listen = starting.address.to_string();
    let ran = operator.run_with(&["healthcheck"], &[("ALIS_LISTEN", &listen)]).await;
    let url = format!("http://{listen}/health/ready");
    let recorded =
        format!("alis: {url} answers 503 Service Unavailable: the service is not ready\n");
    assert_eq!(ran.complaint(), recorded);
    assert_eq!(starting.seen()[0].target, "/health/ready");
    starting.stop().await;
}
