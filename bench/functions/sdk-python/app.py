import boto3

clients = [boto3.client("dynamodb"), boto3.client("s3")]


def handler(event, context):
    return event
