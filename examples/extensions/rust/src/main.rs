use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lambda_extension::{Error, Extension, LambdaEvent, LambdaTelemetry, NextEvent, SharedService, service_fn};

type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// The crate knows the form of every record, and refuses a batch in which one has another.
async fn count(counts: Counts, batch: Vec<LambdaTelemetry>) -> Result<(), Error> {
    for LambdaTelemetry { record, .. } in batch {
        let record = serde_json::to_value(record)?;
        let kind = record["type"].as_str().unwrap_or_default();
        *counts.lock().unwrap().entry(kind.into()).or_default() += 1;
    }
    Ok(())
}

async fn tell(counts: Counts, event: LambdaEvent) -> Result<(), Error> {
    match event.next {
        NextEvent::Invoke(event) => println!("census: invoked {}", event.request_id),
        NextEvent::Shutdown(event) => {
            println!("census: {} {}", event.shutdown_reason, serde_json::to_string(&*counts.lock().unwrap())?)
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let counts = Counts::default();
    let counted = counts.clone();
    Extension::new()
        .with_events_processor(service_fn(move |event| tell(counts.clone(), event)))
        .with_telemetry_types(&["platform", "function"])
        .with_telemetry_processor(SharedService::new(service_fn(move |batch| count(counted.clone(), batch))))
        .run()
        .await
}
