/** https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html: "a maximum of 100 items in each response" */
export const listMappingsPageSize = 100;

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: the default, which AWS raises on request. */
export const mappingFilters = 5;

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html: more only with a batching window, and never from FIFO queues. */
export const unbufferedBatchSize = 10;

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html, MaximumRecordAgeInSeconds: or -1. */
export const minimumRecordAgeSeconds = 60;

/** How long a mapping is Creating, Updating, Enabling … On AWS it is some seconds; clients must see it, and need not wait long. */
export const mappingTransitionMs = 250;
