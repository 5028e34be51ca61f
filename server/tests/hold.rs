//! Temporary.
#[path = "api/harness.rs"] mod harness;
#[path = "api/flow.rs"] mod flow;
#[test]
fn hold() {
    let f = flow::Flow::opened(); f.award();
    let node = actix_web::web::Data::from(std::sync::Arc::clone(&f.server.node));
    actix_web::rt::System::new().block_on(async move {
        let s = actix_web::HttpServer::new(move || server::http::app(node.clone())).workers(1).bind("127.0.0.1:18620").unwrap().run();
        let h = s.handle();
        actix_web::rt::spawn(async move { actix_web::rt::time::sleep(std::time::Duration::from_secs(400)).await; h.stop(false).await; });
        s.await.unwrap();
    });
}
