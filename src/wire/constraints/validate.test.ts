import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConstraints, type ServiceConstraints } from "./constraints.ts";
import { validateInput, validationMessage } from "./validate.ts";

const lambda = await loadConstraints("lambda");
const iam = await loadConstraints("iam");
const logs = await loadConstraints("logs");

const role = "arn:aws:iam::111111111111:role/r";
const createFunction = { FunctionName: "f", Role: role, Code: { ZipFile: new Uint8Array(3) } };

interface Row {
  operation: string;
  input: object;
  /** All that follows the count. Where AWS has changed a pattern since, it is the model's. */
  says: string;
}

/** Answers recorded from AWS Lambda, up to March 2026; enum values stand in the model's order. */
const recorded: readonly Row[] = [
  {
    operation: "AddLayerVersionPermission",
    input: { LayerName: "l", VersionNumber: 1, StatementId: "s", Action: "*", Principal: "*" },
    says: "Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion",
  },
  {
    operation: "CreateFunctionUrlConfig",
    input: { FunctionName: "f", Qualifier: "$LATEST", AuthType: "NONE" },
    says: "Value '$LATEST' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
  },
  {
    operation: "CreateFunctionUrlConfig",
    input: { FunctionName: "f", Qualifier: "1", AuthType: "NONE" },
    says: "Value '1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
  },
  {
    operation: "CreateFunctionUrlConfig",
    input: { FunctionName: "f", AuthType: "NONE", InvokeMode: "UNKNOWN" },
    says: "Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
  },
  {
    operation: "PutProvisionedConcurrencyConfig",
    input: { FunctionName: "f", Qualifier: "1", ProvisionedConcurrentExecutions: 0 },
    says: "Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
  },
  {
    operation: "CreateAlias",
    input: { FunctionName: "f", Name: "2024", FunctionVersion: "1" },
    says: "Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
  },
  {
    operation: "PutFunctionRecursionConfig",
    input: { FunctionName: "f", RecursiveLoop: "InvalidValue" },
    says: "Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]",
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, VpcConfig: { SecurityGroupIds: ["group"] } },
    says: "Value '[group]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]",
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, VpcConfig: { SubnetIds: ["net"] } },
    says: "Value '[net]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]",
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, Architectures: ["X86_64"] },
    says: "Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, Architectures: ["x86_64", "arm64"] },
    says: "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
  },
  {
    operation: "UpdateFunctionConfiguration",
    input: { FunctionName: "f", Layers: ["arn:aws:lambda:us-east-1:111111111111:layer:l"] },
    says: `Value '[arn:aws:lambda:us-east-1:111111111111:layer:l]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${pattern("LayerVersionArn")}, Member must not be null]`,
  },
  {
    operation: "ListLayers",
    input: { CompatibleArchitecture: "archdoesnotexist" },
    says: "Value 'archdoesnotexist' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]",
  },
  {
    operation: "ListLayers",
    input: { CompatibleRuntime: "runtimedoesnotexist" },
    says: `Value 'runtimedoesnotexist' at 'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value set: ${printed("Runtime")}`,
  },
  {
    operation: "PutFunctionEventInvokeConfig",
    input: { FunctionName: "f", DestinationConfig: { OnFailure: { Destination: "arn:aws:_-/!lambda:us-east-1:111111111111:function:f" } } },
    says: `Value 'arn:aws:_-/!lambda:us-east-1:111111111111:function:f' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern("DestinationArn")}`,
  },
  ...["capacity-provider:c:alias", "event-source-mapping:e:alias", "foobar:x"].map((resource) => ({
    operation: "ListTags",
    input: { Resource: `arn:aws:lambda:us-east-1:111111111111:${resource}` },
    says: `Value 'arn:aws:lambda:us-east-1:111111111111:${resource}' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern("TaggableResource")}`,
  })),
  {
    operation: "CreateFunction",
    input: { ...createFunction, FunctionName: `arn:aws:lambda:us-east-1:111111111111:function:${"a".repeat(100)}` },
    says: `Value 'arn:aws:lambda:us-east-1:111111111111:function:${"a".repeat(100)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140`,
  },
  {
    operation: "GetLayerVersionByArn",
    input: { Arn: "arn:aws:lambda:us-east-1:111111111111:layer:l" },
    says: `Value 'arn:aws:lambda:us-east-1:111111111111:layer:l' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern("LayerVersionArn")}`,
  },
  {
    operation: "GetFunction",
    input: { FunctionName: "arn:aws:lambda:us-east-1:123400000000@function:myfn" },
    says: `Value 'arn:aws:lambda:us-east-1:123400000000@function:myfn' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern("NamespacedFunctionName")}`,
  },
  {
    operation: "AddPermission",
    input: { FunctionName: "f", StatementId: "example.com", Action: "lambda:InvokeFunction", Principal: "*" },
    says: "Value 'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
  },
  {
    operation: "ListFunctions",
    input: { FunctionVersion: "invalid" },
    says: "Value 'invalid' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
  },
  {
    operation: "CreateEventSourceMapping",
    input: { FunctionName: "f", StartingPosition: "invalid" },
    says: "Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
  },
  {
    operation: "GetFunction",
    input: { FunctionName: "f", Qualifier: "invalid-qualifier-with-?-char" },
    says: "Value 'invalid-qualifier-with-?-char' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, FunctionName: "invalid:function:name" },
    says: `Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern("FunctionName")}`,
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, SnapStart: { ApplyOn: "invalidOption" } },
    says: "Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]",
  },
  {
    operation: "CreateFunction",
    input: { ...createFunction, Role: "r1" },
    says: "Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
  },
  {
    operation: "UpdateAlias",
    input: { FunctionName: "f", Name: "a", RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } } },
    says: "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
  },
  ...[-1, 2].map((weight) => ({
    operation: "UpdateAlias",
    input: { FunctionName: "f", Name: "a", RoutingConfig: { AdditionalVersionWeights: { 2: weight } } },
    says: `Value '{2=${weight}.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]`,
  })),
  {
    operation: "UntagResource",
    input: { Resource: "arn:aws:lambda:us-east-1:111111111111:function:f" },
    says: "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
  },
];

function pattern(shapeName: string): string {
  const shape = lambda.shapes[shapeName];
  assert.ok(shape?.kind === "string" && shape.pattern !== undefined);
  return shape.pattern;
}

function printed(shapeName: string): string {
  const shape = lambda.shapes[shapeName];
  assert.ok(shape?.kind === "string" && shape.printed !== undefined);
  return `[${shape.printed.join(", ")}]`;
}

describe("messages recorded from AWS Lambda", () => {
  for (const { operation, input, says } of recorded) {
    test(`${operation}: ${says.slice(0, 90)}`, () => assert.equal(validateInput(lambda, operation, input).join("; "), says));
  }

  test("PublishLayerVersion: two lists at once, in no particular order", () => {
    const input = {
      LayerName: "l",
      Content: {},
      CompatibleRuntimes: ["invalidruntime", "nodejs20.x"],
      CompatibleArchitectures: ["invalidarch", "x86_64"],
    };
    assert.deepEqual(validateInput(lambda, "PublishLayerVersion", input).toSorted(), [
      "Value '[invalidarch, x86_64]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
      `Value '[invalidruntime, nodejs20.x]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: ${printed("LayerRuntime")}`,
    ]);
  });
});

test("validationMessage counts", () => {
  assert.equal(validationMessage(["A"]), "1 validation error detected: A");
  assert.equal(validationMessage(["A", "B"]), "2 validation errors detected: A; B");
});

describe("what passes", () => {
  test("a valid CreateFunction, and a Runtime that the service judges itself", () => {
    const input = {
      ...createFunction,
      Runtime: "cobol85",
      Timeout: 3,
      Environment: { Variables: { AB: "" } },
      VpcConfig: { SubnetIds: [] },
    };
    assert.deepEqual(validateInput(lambda, "CreateFunction", input), []);
  });

  test("maps without a prototype", () => {
    const Tags = Object.assign(Object.create(null) as object, { Team: "Ärzte" });
    assert.deepEqual(validateInput(lambda, "TagResource", { Resource: "arn:aws:lambda:us-east-1:111111111111:function:f", Tags }), []);
  });

  test("enum values that only the SDK has", () => {
    const SourceAccessConfigurations = [{ Type: "IAM_AUTH", URI: "x" }];
    assert.deepEqual(validateInput(lambda, "CreateEventSourceMapping", { FunctionName: "f", SourceAccessConfigurations }), []);
  });

  test("operations that the model lacks, and those without input", () => {
    assert.deepEqual(validateInput(lambda, "NotModelled", { FunctionName: "" }), []);
    assert.deepEqual(validateInput(iam, "GetAccountSummary", {}), []);
  });
});

describe("what is refused", () => {
  test("lengths and pattern together, but no pattern on a value that is too long", () => {
    const refuse = (Name: string): string[] => validateInput(lambda, "CreateAlias", { FunctionName: "f", Name, FunctionVersion: "1" });
    assert.deepEqual(refuse("").map(demand), [
      "Member must have length greater than or equal to 1",
      "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ]);
    assert.deepEqual(refuse(" ".repeat(129)).map(demand), ["Member must have length less than or equal to 128"]);
  });

  test("a pattern without a bound does not read megabytes", () => {
    const Variables = { ["A".repeat(6_000_000)]: "" };
    assert.equal(validateInput(lambda, "CreateFunction", { ...createFunction, Environment: { Variables } }).length, 1);
  });

  test("members of structures in lists, counted from 1, and nested required members", () => {
    const FileSystemConfigs = [{ Arn: "x" }];
    assert.deepEqual(validateInput(lambda, "CreateFunction", { ...createFunction, FileSystemConfigs }), [
      `Value 'x' at 'fileSystemConfigs.1.member.arn' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern("FileSystemArn")}`,
      "Value null at 'fileSystemConfigs.1.member.localMountPath' failed to satisfy constraint: Member must not be null",
    ]);
  });

  test("lists within maps: told of the map", () => {
    const Endpoints = { KAFKA_BOOTSTRAP_SERVERS: [] };
    const [violation] = validateInput(lambda, "CreateEventSourceMapping", { FunctionName: "f", SelfManagedEventSource: { Endpoints } });
    assert.match(
      violation!,
      /^Value '\{KAFKA_BOOTSTRAP_SERVERS=\[\]\}' at 'selfManagedEventSource.endpoints' .*: Map value must satisfy constraint: \[Member must have length less than or equal to 10, .*, Member must not be null\]$/,
    );
  });

  test("null among items and values", () => {
    assert.deepEqual(validateInput(lambda, "CreateFunction", { ...createFunction, ImageConfig: { Command: [null] } }), [
      "Value '[null]' at 'imageConfig.command' failed to satisfy constraint: Member must satisfy constraint: [Member must not be null]",
    ]);
    assert.deepEqual(validateInput(lambda, "CreateFunction", { ...createFunction, Environment: { Variables: { AB: null } } }), [
      "Value at 'environment.variables' failed to satisfy constraint: Map value must satisfy constraint: [Member must not be null]",
    ]);
    assert.deepEqual(validateInput(lambda, "CreateFunction", { ...createFunction, VpcConfig: { SubnetIds: [null] } }), []);
  });

  test("blobs by their bytes, and without showing sensitive ones", () => {
    const constraints: ServiceConstraints = {
      operations: { Put: "PutInput" },
      shapes: {
        PutInput: { kind: "structure", members: { Data: "Data", Secret: "Secret" } },
        Data: { kind: "blob", max: 2 },
        Secret: { kind: "blob", max: 2, sensitive: true },
      },
    };
    assert.deepEqual(validateInput(constraints, "Put", { Data: new Uint8Array(3), Secret: new Uint8Array(3) }), [
      "Value 'java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 2",
      "Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 2",
    ]);
  });

  test("IAM never shows values", () => {
    assert.deepEqual(validateInput(iam, "CreateUser", { UserName: "u", Tags: [{ Key: "", Value: "" }, { Key: "k" }] }), [
      "Value at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
      "Value at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
      "Value at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
    ]);
  });

  test("CloudWatch Logs: an empty batch, an event without its time", () => {
    const put = (logEvents: object[]): string[] =>
      validateInput(logs, "PutLogEvents", { logGroupName: "g", logStreamName: "s", logEvents });
    assert.deepEqual(put([]), [
      "Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ]);
    assert.deepEqual(put([{ message: "m" }]), [
      "Value null at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must not be null",
    ]);
  });

  test("so many items that the answer must be cut", () => {
    const logEvents = Array.from({ length: 9_000 }, () => ({}));
    const { length } = validateInput(logs, "PutLogEvents", { logGroupName: "g", logStreamName: "s", logEvents });
    assert.ok(length >= 100 && length < 110);
  });

  test("shapes that contain themselves", () => {
    const constraints: ServiceConstraints = {
      operations: { Grow: "Tree" },
      shapes: {
        Tree: { kind: "structure", members: { Name: "Name", Children: "Trees" }, required: ["Name"] },
        Trees: { kind: "map", key: "Name", value: "Tree" },
        Name: { kind: "string" },
      },
    };
    const input = { Name: "a", Children: { b: { Name: "b", Children: { c: {} } } } };
    assert.deepEqual(validateInput(constraints, "Grow", input), [
      "Value null at 'children.b.member.children.c.member.name' failed to satisfy constraint: Member must not be null",
    ]);
  });
});

const demand = (violation: string): string => violation.slice(violation.indexOf(": ") + 2);
