"""Powertools for AWS Lambda (Python): routes of a function URL, structured logs, metrics in the log."""
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="orders")
metrics = Metrics(namespace="shop", service="orders")
app = LambdaFunctionUrlResolver()


@app.get("/orders/<order_id>")
def order(order_id: str):
    if order_id == "0":
        raise NotFoundError("there is no such order")
    logger.info("order seen", extra={"order_id": order_id})
    metrics.add_metric(name="OrderSeen", unit=MetricUnit.Count, value=1)
    return {"id": order_id, "agent": app.current_event.headers.get("user-agent")}


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event, context):
    return app.resolve(event, context)
