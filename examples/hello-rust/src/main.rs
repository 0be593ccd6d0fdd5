use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Event {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    greeting: String,
    request_id: String,
}

async fn greet(event: LambdaEvent<Event>) -> Result<Answer, Error> {
    let name = event.payload.name;
    if name.is_empty() {
        return Err("nobody to greet".into());
    }
    println!("greeting {name}");
    Ok(Answer { greeting: format!("Hello, {name}!"), request_id: event.context.request_id })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(greet)).await
}
