const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { S3Client } = require("@aws-sdk/client-s3");

exports.clients = [new DynamoDBClient({}), new S3Client({})];
exports.handler = async (event) => event;
