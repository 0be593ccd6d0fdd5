"""Greets whoever the event names. Answers as API Gateway wants it: a status and a body."""

import json
import logging
import platform

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def handler(event, context):
    try:
        logger.info("greeting %s with %d ms to go", event.get("name"), context.get_remaining_time_in_millis())
        message = f"Hello, {event['name']}, from Python {platform.python_version()}"
        return {"statusCode": 200, "body": json.dumps({"message": message})}
    except Exception as error:
        logger.exception("could not greet")
        return {"statusCode": 500, "body": json.dumps({"message": str(error)})}
