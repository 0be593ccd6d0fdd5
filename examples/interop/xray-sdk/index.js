// The X-Ray SDK for Node.js: subsegments of one's own, and of the calls that an AWS SDK's client makes.
const { GetCallerIdentityCommand, STSClient } = require("@aws-sdk/client-sts");
const xray = require("aws-xray-sdk-core");

const sts = xray.captureAWSv3Client(new STSClient());

exports.handler = async (event) =>
  xray.captureAsyncFunc("who am I", async (subsegment) => {
    subsegment.addAnnotation("asker", event.asker);
    const { Account } = await sts.send(new GetCallerIdentityCommand());
    subsegment.close();
    return { account: Account };
  });
