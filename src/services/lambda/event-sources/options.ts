/** From what a request says to what a mapping has: defaults, and every rule that the model of the API leaves out. */
import { invalidParameter } from "../errors.ts";
import { checkStart, checkValues, type Source, unsupportedOption } from "./option-checks.ts";
import { type OptionName, type Options, type SourceRules, sourceRules, takenByAll } from "./rules.ts";
import { isKafka, isQueue, isStream, type SourceKind } from "./source.ts";

/** The options of a new mapping. Throws when the source does not take them so. */
export function newOptions(source: Source, asked: Options, nowMs: number, newConsumerGroupId: () => string): Options {
  const rules = sourceRules[source.kind];
  refuseUntaken(source, rules, asked);
  const options = withDefaults(rules, asked);
  requireNeeded(source, rules, options);
  checkStart(source, options, nowMs);
  checkValues(source.kind, options);
  return withConsumerGroup(source.kind, options, newConsumerGroupId);
}

/** The options of a mapping after an update: what the request names replaces what was there; an empty value takes it away. */
export function updatedOptions(source: Source, current: Options, asked: Options): Options {
  const rules = sourceRules[source.kind];
  refuseUntaken(source, rules, asked);
  refuseOtherConsumerGroup(asked);
  const options = withDefaults(rules, { ...current, ...withoutUndefined(asked), ...mergedKafka(current, asked) });
  requireNeeded(source, rules, options);
  checkValues(source.kind, options);
  return options;
}

function refuseUntaken({ kind }: Source, { takes }: SourceRules, asked: Options): void {
  if (isQueue(kind) && (asked.StartingPosition !== undefined || asked.StartingPositionTimestamp !== undefined)) {
    throw invalidParameter("StartingPosition is not valid for SQS event sources.");
  }
  const names = Object.keys(asked) as OptionName[];
  const untaken = names.find((name) => !takes.includes(name) && !takenByAll.includes(name) && !isEmpty(asked[name]));
  if (untaken !== undefined) throw unsupportedOption(untaken);
  if (!isEmpty(asked.DestinationConfig?.OnSuccess)) throw unsupportedOption("DestinationConfig");
}

function requireNeeded({ kind }: Source, { needs }: SourceRules, options: Options): void {
  const missing = needs.find((name) => options[name] === undefined);
  if (missing === undefined) return;
  throw invalidParameter(
    isStream(kind)
      ? `1 validation error detected: Value null at '${javaName(missing)}' failed to satisfy constraint: Member must not be null.`
      : `Required '${javaName(missing)}' parameter is missing.`,
  );
}

/** Empty values stand for none; what is not there is as the source has it by default. */
function withDefaults({ defaults, pollers }: SourceRules, asked: Options): Options {
  const options: Options = { ...defaults, ...withoutEmpty(asked) };
  if (options.ProvisionedPollerConfig === undefined || pollers === undefined) return options;
  const { MinimumPollers = pollers.minimum, MaximumPollers = pollers.defaultMaximum, ...rest } = options.ProvisionedPollerConfig;
  return { ...options, ProvisionedPollerConfig: { MinimumPollers, MaximumPollers, ...rest } };
}

const kafkaConfigs = ["AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"] as const;

function withConsumerGroup(kind: SourceKind, options: Options, newId: () => string): Options {
  if (!isKafka(kind)) return options;
  const name = kafkaConfigs[kind === "msk" ? 0 : 1];
  return { ...options, [name]: { ConsumerGroupId: newId(), ...options[name] } };
}

/** An update refuses the group even when it stays the same. */
function refuseOtherConsumerGroup(asked: Options): void {
  const named = kafkaConfigs.find((name) => asked[name]?.ConsumerGroupId !== undefined);
  if (named) throw unsupportedOption(`'${javaName(named)}.consumerGroupId'`);
}

/** Of these two an update changes only the members that it names. */
const mergedKafka = (current: Options, asked: Options): Options =>
  Object.fromEntries(kafkaConfigs.filter((name) => asked[name] !== undefined).map((name) => [name, { ...current[name], ...asked[name] }]));

/** As AWS's messages spell members: `sourceAccessConfigurations`. */
const javaName = (name: OptionName): string => name[0]!.toLowerCase() + name.slice(1);

/** Undefined, "", [] and {}, and structures of nothing but these. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (typeof value !== "object" || value instanceof Date) return false;
  return Array.isArray(value) ? value.length === 0 : Object.values(value).every(isEmpty);
}

const withoutUndefined = (options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Without the members that are empty, in the structures within too. */
function withoutEmpty<T extends object>(structure: T): T {
  const filled = Object.entries(structure).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(filled.map(([name, value]) => [name, isStructure(value) ? withoutEmpty(value) : value])) as T;
}

const isStructure = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
