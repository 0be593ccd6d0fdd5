// Powertools for AWS Lambda (TypeScript): structured logs, metrics in the log, and traces, as middleware.
import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { Tracer } from "@aws-lambda-powertools/tracer";
import { captureLambdaHandler } from "@aws-lambda-powertools/tracer/middleware";
import middy from "@middy/core";

const logger = new Logger({ serviceName: "orders" });
const metrics = new Metrics({ namespace: "shop", serviceName: "orders" });
const tracer = new Tracer({ serviceName: "orders" });

export const handler = middy(async ({ orderId }) => {
  tracer.putAnnotation("orderId", orderId);
  logger.info("order accepted", { orderId });
  metrics.addMetric("OrderAccepted", MetricUnit.Count, 1);
  return { orderId, traceId: tracer.getRootXrayTraceId() };
})
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics, { captureColdStartMetric: true }))
  .use(captureLambdaHandler(tracer));
