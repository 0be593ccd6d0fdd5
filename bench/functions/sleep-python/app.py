import time


def handler(event, context):
    started = time.time()
    time.sleep(max(0, event["untilMs"] / 1000 - started))
    return {"startedMs": started * 1000}
