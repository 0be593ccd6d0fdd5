/**
 * Tells destinations and dead letter queues what became of an asynchronous event, on behalf of the function's role.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
import type { Principal } from "#wire/principal.ts";
import type { LambdaState } from "../state.ts";
import type { AsyncEvent, Delivery, Settlement } from "./event.ts";
import { deadLetterAttributes, type DeadLetterAttribute, invocationRecord } from "./invocation-record.ts";

type DeliveryState = Pick<LambdaState, "roles" | "sqs" | "sns" | "lambda">;

interface Letter {
  arn: string;
  text: string;
  attributes: Record<string, DeadLetterAttribute>;
  as: Principal;
  region: string;
  traceHeader: string;
}

/** Rejects with whatever the destination's service refuses it with. */
export async function deliver(state: DeliveryState, event: AsyncEvent, settlement: Settlement, { kind, arn }: Delivery): Promise<void> {
  const as = await state.roles.of(settlement.roleArn, event.target);
  const [, , service, region = event.target.region] = arn.split(":");
  const isRecord = kind === "record";
  await send(state, service, {
    arn,
    text: isRecord ? invocationRecord(event, settlement) : Buffer.from(event.payload).toString("utf8"),
    attributes: isRecord ? {} : deadLetterAttributes(event, settlement),
    as,
    region,
    traceHeader: event.context.traceId,
  });
}

async function send({ sqs, sns, lambda }: DeliveryState, service: string | undefined, letter: Letter): Promise<void> {
  const { arn, text, attributes, as, region, traceHeader } = letter;
  const options = { as, region, traceHeader };
  switch (service) {
    case "sqs":
      refuseFifo(arn);
      await sqs.sendMessage({ QueueUrl: queueUrl(arn), MessageBody: text, MessageAttributes: attributes }, options);
      return;
    case "sns":
      refuseFifo(arn);
      await sns.publish({ TopicArn: arn, Message: text, MessageAttributes: attributes }, options);
      return;
    case "lambda":
      await lambda.invoke({ FunctionName: arn, InvocationType: "Event", Payload: Buffer.from(text) }, options);
      return;
    default:
      // DIVERGES: event buses and buckets can be configured; until their services are here, each record for them is a delivery failure.
      throw new Error(`Pilotlight cannot deliver to ${arn} yet`);
  }
}

/** The same page: "an unsupported destination type, such as an Amazon SQS FIFO queue or an Amazon SNS FIFO topic". */
function refuseFifo(arn: string): void {
  if (arn.endsWith(".fifo")) throw new Error(`${arn} is FIFO, which destinations cannot be`);
}

/** Queues are named by URLs whose host says nothing in process. */
export function queueUrl(arn: string): string {
  const [, , , region, accountId, name] = arn.split(":");
  return `https://sqs.${region}.amazonaws.com/${accountId}/${name}`;
}
