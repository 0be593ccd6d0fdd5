import type { Migration } from "#storage/database.ts";

export const queuedEvents: Migration = {
  name: "0006-queued-events",
  statements: [
    // An asynchronous event is found by its function, so that a long backlog of one hides no other. `context` and `progress` are JSON of
    // parts of async/event.ts.
    `create table lambda_queued_events (
      sequence integer not null primary key, request_id text not null, function_arn text not null, qualifier text, due_ms integer not null,
      accepted_ms integer not null, payload blob not null, context text not null, progress text not null)`,
    `create index lambda_queued_events_by_function on lambda_queued_events (function_arn, due_ms)`,
    `create index lambda_queued_events_by_due on lambda_queued_events (due_ms, function_arn)`,
    `insert into lambda_queued_events
      (sequence, request_id, function_arn, qualifier, due_ms, accepted_ms, payload, context, progress)
      select row_number() over (order by accepted_ms, id), id, 'arn:aws:lambda:' || region || ':' || account_id || ':function:' || name,
        qualifier, due_ms, accepted_ms, payload, context, '{"failures":' || attempt || ',"refusals":0}'
      from lambda_async_events`,
    `drop table lambda_async_events`,
  ],
};
