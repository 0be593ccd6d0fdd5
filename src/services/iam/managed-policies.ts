/**
 * AWS's own policies that go with Lambda, as AWS publishes them.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
import { createHash } from "node:crypto";
import { type Entity, arnOf, idOf } from "./entity.ts";
import type { PolicyVersionRow } from "./store/reads.ts";

export interface AwsPolicy {
  policy: Entity<"policy">;
  /** The default version, the only one that is known. */
  version: PolicyVersionRow;
}

const policies: readonly AwsPolicy[] = [
  awsPolicy("/service-role/AWSLambdaBasicExecutionRole", 1, "2015-04-09T15:03:43Z", "2015-04-09T15:03:43Z", [
    allow("logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"),
  ]),
  awsPolicy("/service-role/AWSLambdaVPCAccessExecutionRole", 3, "2016-02-11T23:15:26Z", "2024-01-05T22:38:26Z", [
    allow(
      `
        logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces
        ec2:DescribeSubnets ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses`,
      "*",
      { Sid: "AWSLambdaVPCAccessExecutionPermissions" },
    ),
  ]),
  awsPolicy("/service-role/AWSLambdaSQSQueueExecutionRole", 1, "2018-06-14T21:50:45Z", "2018-06-14T21:50:45Z", [
    allow(`
        sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents`),
  ]),
  awsPolicy("/service-role/AWSLambdaDynamoDBExecutionRole", 1, "2015-04-09T15:09:29Z", "2015-04-09T15:09:29Z", [
    allow(`
        dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams logs:CreateLogGroup
        logs:CreateLogStream logs:PutLogEvents`),
  ]),
  awsPolicy("/service-role/AWSLambdaKinesisExecutionRole", 2, "2015-04-09T15:14:16Z", "2018-11-19T20:09:24Z", [
    allow(`
        kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards
        kinesis:ListStreams kinesis:SubscribeToShard logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents`),
  ]),
  awsPolicy("/service-role/AWSLambdaMSKExecutionRole", 2, "2020-08-11T17:35:05Z", "2022-08-02T20:08:02Z", [
    allow(`
        kafka:DescribeCluster kafka:DescribeClusterV2 kafka:GetBootstrapBrokers ec2:CreateNetworkInterface
        ec2:DescribeNetworkInterfaces ec2:DescribeVpcs ec2:DeleteNetworkInterface ec2:DescribeSubnets ec2:DescribeSecurityGroups
        logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents`),
  ]),
  awsPolicy("/service-role/AWSLambdaENIManagementAccess", 2, "2016-12-06T00:37:27Z", "2020-10-01T20:07:26Z", [
    allow(`
        ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses
        ec2:UnassignPrivateIpAddresses`),
  ]),
  awsPolicy("/service-role/AWSLambdaRole", 1, "2015-02-06T18:41:28Z", "2015-02-06T18:41:28Z", [allow("lambda:InvokeFunction")]),
  awsPolicy("/AWSLambda_FullAccess", 7, "2020-11-17T21:14:08Z", "2026-02-12T18:00:51Z", [
    allow(`
        cloudformation:DescribeStacks cloudformation:ListStackResources cloudwatch:ListMetrics cloudwatch:GetMetricData
        ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs kms:DescribeKey kms:ListAliases iam:GetPolicy
        iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListRolePolicies iam:ListRoles lambda:*
        logs:DescribeLogGroups states:DescribeStateMachine states:ListStateMachines tag:GetResources xray:GetTraceSummaries
        xray:BatchGetTraces`),
    allow("iam:PassRole", "*", { Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } } }),
    allow(
      "logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents logs:StartLiveTail logs:StopLiveTail",
      "arn:aws:logs:*:*:log-group:/aws/lambda/*",
    ),
    allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda", {
      Condition: { StringEquals: { "iam:AWSServiceName": "lambda.amazonaws.com" } },
    }),
  ]),
  awsPolicy("/AWSLambda_ReadOnlyAccess", 5, "2020-11-17T21:10:32Z", "2026-02-12T18:02:55Z", [
    allow(`
        cloudformation:DescribeStacks cloudformation:ListStacks cloudformation:ListStackResources cloudwatch:GetMetricData
        cloudwatch:ListMetrics ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs kms:ListAliases iam:GetPolicy
        iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListRolePolicies iam:ListRoles
        logs:DescribeLogGroups lambda:Get* lambda:List* states:DescribeStateMachine states:ListStateMachines tag:GetResources
        xray:GetTraceSummaries xray:BatchGetTraces`),
    allow(
      `
        logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents logs:StartQuery logs:StopQuery logs:DescribeQueries
        logs:GetLogGroupFields logs:GetLogRecord logs:GetQueryResults logs:StartLiveTail logs:StopLiveTail`,
      "arn:aws:logs:*:*:log-group:/aws/lambda/*",
    ),
  ]),
  awsPolicy("/AWSLambdaExecute", 1, "2015-02-06T18:40:46Z", "2015-02-06T18:40:46Z", [
    allow("logs:*", "arn:aws:logs:*:*:*"),
    allow("s3:GetObject s3:PutObject", "arn:aws:s3:::*"),
  ]),
  awsPolicy("/AWSXRayDaemonWriteAccess", 2, "2018-08-28T23:00:33Z", "2024-02-13T21:58:30Z", [
    allow(
      `
        xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets
        xray:GetSamplingStatisticSummaries`,
      "*",
      { Sid: "AWSXRayDaemonWriteAccess" },
    ),
  ]),
  awsPolicy("/CloudWatchLambdaInsightsExecutionRolePolicy", 1, "2020-10-07T19:27:06Z", "2020-10-07T19:27:06Z", [
    allow("logs:CreateLogGroup"),
    allow("logs:CreateLogStream logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*"),
  ]),
  awsPolicy("/AmazonS3FullAccess", 2, "2015-02-06T18:40:58Z", "2021-09-27T20:16:37Z", [allow("s3:* s3-object-lambda:*")]),
  awsPolicy("/AmazonS3ReadOnlyAccess", 3, "2015-02-06T18:40:59Z", "2023-08-10T21:31:39Z", [
    allow("s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*"),
  ]),
  awsPolicy("/AmazonDynamoDBFullAccess", 15, "2015-02-06T18:40:11Z", "2021-01-29T17:38:30Z", [
    allow(`
        dynamodb:* dax:* application-autoscaling:DeleteScalingPolicy application-autoscaling:DeregisterScalableTarget
        application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities
        application-autoscaling:DescribeScalingPolicies application-autoscaling:PutScalingPolicy
        application-autoscaling:RegisterScalableTarget cloudwatch:DeleteAlarms cloudwatch:DescribeAlarmHistory
        cloudwatch:DescribeAlarms cloudwatch:DescribeAlarmsForMetric cloudwatch:GetMetricStatistics cloudwatch:ListMetrics
        cloudwatch:PutMetricAlarm cloudwatch:GetMetricData datapipeline:ActivatePipeline datapipeline:CreatePipeline
        datapipeline:DeletePipeline datapipeline:DescribeObjects datapipeline:DescribePipelines datapipeline:GetPipelineDefinition
        datapipeline:ListPipelines datapipeline:PutPipelineDefinition datapipeline:QueryObjects ec2:DescribeVpcs ec2:DescribeSubnets
        ec2:DescribeSecurityGroups iam:GetRole iam:ListRoles kms:DescribeKey kms:ListAliases sns:CreateTopic sns:DeleteTopic
        sns:ListSubscriptions sns:ListSubscriptionsByTopic sns:ListTopics sns:Subscribe sns:Unsubscribe sns:SetTopicAttributes
        lambda:CreateFunction lambda:ListFunctions lambda:ListEventSourceMappings lambda:CreateEventSourceMapping
        lambda:DeleteEventSourceMapping lambda:GetFunctionConfiguration lambda:DeleteFunction resource-groups:ListGroups
        resource-groups:ListGroupResources resource-groups:GetGroup resource-groups:GetGroupQuery resource-groups:DeleteGroup
        resource-groups:CreateGroup tag:GetResources kinesis:ListStreams kinesis:DescribeStream kinesis:DescribeStreamSummary`),
    allow("cloudwatch:GetInsightRuleReport", "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"),
    allow("iam:PassRole", "*", {
      Condition: {
        StringLike: {
          "iam:PassedToService": ["application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn", "dax.amazonaws.com"],
        },
      },
    }),
    allow("iam:CreateServiceLinkedRole", "*", {
      Condition: {
        StringEquals: {
          "iam:AWSServiceName": [
            "replication.dynamodb.amazonaws.com",
            "dax.amazonaws.com",
            "dynamodb.application-autoscaling.amazonaws.com",
            "contributorinsights.dynamodb.amazonaws.com",
            "kinesisreplication.dynamodb.amazonaws.com",
          ],
        },
      },
    }),
  ]),
  awsPolicy("/AmazonSQSFullAccess", 1, "2015-02-06T18:41:07Z", "2015-02-06T18:41:07Z", [allow("sqs:*")]),
  awsPolicy("/AmazonSNSFullAccess", 2, "2015-02-06T18:41:05Z", "2024-09-24T22:32:05Z", [
    allow("sns:*", "*", { Sid: "SNSFullAccess" }),
    allow(
      `
        sms-voice:DescribeVerifiedDestinationNumbers sms-voice:CreateVerifiedDestinationNumber
        sms-voice:SendDestinationNumberVerificationCode sms-voice:SendTextMessage sms-voice:DeleteVerifiedDestinationNumber
        sms-voice:VerifyDestinationNumber sms-voice:DescribeAccountAttributes sms-voice:DescribeSpendLimits
        sms-voice:DescribePhoneNumbers sms-voice:SetTextMessageSpendLimitOverride sms-voice:DescribeOptedOutNumbers
        sms-voice:DeleteOptedOutNumber`,
      "*",
      { Sid: "SMSAccessViaSNS", Condition: { StringEquals: { "aws:CalledViaLast": "sns.amazonaws.com" } } },
    ),
  ]),
  awsPolicy("/CloudWatchLogsFullAccess", 8, "2015-02-06T18:40:02Z", "2026-02-12T18:00:33Z", [
    allow(
      `
        logs:* cloudwatch:GenerateQuery cloudwatch:GenerateQueryResultsSummary observabilityadmin:GetS3TableIntegration
        observabilityadmin:ListS3TableIntegrations observabilityadmin:ListTelemetryPipelines`,
      "*",
      { Sid: "CloudWatchLogsFullAccess" },
    ),
  ]),
  awsPolicy("/AdministratorAccess", 1, "2015-02-06T18:39:46Z", "2015-02-06T18:39:46Z", [allow("*")]),
  awsPolicy("/PowerUserAccess", 12, "2015-02-06T18:39:47Z", "2026-02-12T17:59:14Z", [
    allowAllBut("iam:* organizations:* account:*"),
    allow(`
        account:GetAccountInformation account:GetGovCloudAccountInformation account:GetPrimaryEmail account:ListRegions
        iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles organizations:DescribeEffectivePolicy
        organizations:DescribeOrganization`),
  ]),
  // DIVERGES: AWS's own lists some three thousand actions; these are the ones of the services that go with Lambda.
  awsPolicy("/ReadOnlyAccess", 190, "2015-02-06T18:39:48Z", "2026-09-24T17:37:08Z", [
    allow(`
        apigateway:GET cloudformation:Describe* cloudformation:Get* cloudformation:List* cloudwatch:Describe* cloudwatch:Get*
        cloudwatch:List* dynamodb:BatchGet* dynamodb:Describe* dynamodb:Get* dynamodb:List* dynamodb:PartiQLSelect dynamodb:Query
        dynamodb:Scan events:Describe* events:List* events:Test* iam:Generate* iam:Get* iam:List* iam:Simulate* kinesis:Describe*
        kinesis:Get* kinesis:List* kms:Describe* kms:Get* kms:List* lambda:Get* lambda:List* logs:Describe* logs:FilterLogEvents
        logs:Get* logs:ListTagsLogGroup logs:StartQuery logs:StopQuery logs:TestMetricFilter s3:DescribeJob s3:Get* s3:List*
        scheduler:Get* scheduler:List* secretsmanager:Describe* secretsmanager:GetResourcePolicy secretsmanager:List* sns:Get*
        sns:List* sqs:Get* sqs:List* sqs:Receive* ssm:Describe* ssm:Get* ssm:List* states:Describe* states:GetExecutionHistory
        states:List* sts:GetAccessKeyInfo sts:GetCallerIdentity sts:GetSessionToken tag:Get* xray:BatchGet* xray:Get*`),
  ]),
];

/** By ARN. */
export const awsPolicies: ReadonlyMap<string, AwsPolicy> = new Map(policies.map((known) => [arnOf(known.policy), known]));

function awsPolicy(pathAndName: string, version: number, createdAt: string, updatedAt: string, statements: readonly object[]): AwsPolicy {
  const nameStart = pathAndName.lastIndexOf("/") + 1;
  const updatedAtMs = Date.parse(updatedAt);
  const policy: Entity<"policy"> = {
    // AWS's real id is not known here; this one is the same on every machine.
    id: idOf("policy", createHash("sha256").update(pathAndName).digest("hex").toUpperCase()),
    accountId: "aws",
    kind: "policy",
    name: pathAndName.slice(nameStart),
    path: pathAndName.slice(0, nameStart),
    createdAtMs: Date.parse(createdAt),
    revision: 1,
    tags: [],
    permissionsBoundaryArn: undefined,
    details: { defaultVersion: version, latestVersion: version, updatedAtMs },
  };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: statements }, undefined, 2);
  return { policy, version: { number: version, document, created_at_ms: updatedAtMs } };
}

/** `actions` are parted by white space. */
function allow(actions: string, resource = "*", more: { Sid?: string; Condition?: object } = {}): object {
  return { Effect: "Allow", Action: listOf(actions), Resource: resource, ...more };
}

function allowAllBut(actions: string): object {
  return { Effect: "Allow", NotAction: listOf(actions), Resource: "*" };
}

function listOf(actions: string): string | string[] {
  const list = actions.trim().split(/\s+/);
  return list.length === 1 ? list[0]! : list;
}
