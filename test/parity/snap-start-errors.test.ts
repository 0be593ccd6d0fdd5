/** What SnapStart does not go with. The words are AWS's for runtimes, and ours, after them, for the rest. */
import { after, before } from "node:test";
import type { CreateFunctionCommandInput, Lambda, UpdateFunctionConfigurationCommandInput } from "@aws-sdk/client-lambda";
import { createFunction } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, connect, type Product, roleArn, startProduct } from "#test/product.ts";
import { badParameter, describeRefusals, type Refusal, type RefusalRow } from "#test/refusals.ts";

const accessPoint = `arn:aws:elasticfilesystem:us-east-1:${accountId}:access-point/fsap-0123456789abcdef0`;
const files = {
  VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
  FileSystemConfigs: [{ Arn: accessPoint, LocalMountPath: "/mnt/share" }],
};
const snapStart = { SnapStart: { ApplyOn: "PublishedVersions" } } as const;
const roomy = { EphemeralStorage: { Size: 513 } };

const zip = await zipOf({ "App.class": "" });
const java = {
  Runtime: "java25",
  Handler: "App::handle",
  Role: roleArn,
  Code: { ZipFile: zip },
} as const;
const create =
  (settings: Partial<CreateFunctionCommandInput>, FunctionName = "refused") =>
  (lambda: Lambda) =>
    lambda.createFunction({ FunctionName, ...java, ...settings });
const update = (FunctionName: string, settings: Partial<UpdateFunctionConfigurationCommandInput>) => (lambda: Lambda) =>
  lambda.updateFunctionConfiguration({ FunctionName, ...settings });
const unsupported = (what: string): Refusal => badParameter(`${what} is not supported for SnapStart enabled functions.`);

const rows: RefusalRow[] = [
  ["a large /tmp at creation", create({ ...snapStart, ...roomy }), unsupported("EphemeralStorage larger than 512 MB")],
  ["a file system at creation", create({ ...snapStart, ...files }), unsupported("FileSystemConfigs")],
  ["tenants", create({ ...snapStart, TenancyConfig: { TenantIsolationMode: "PER_TENANT" } }), unsupported("Tenant isolation")],
  ["a runtime before SnapStart", create({ ...snapStart, Runtime: "python3.11" }), unsupported("python3.11")],
  ["a runtime of the operating system", create({ ...snapStart, Runtime: "provided.al2023" }), unsupported("provided.al2023")],
  ["SnapStart, a large /tmp being there", update("roomy", snapStart), unsupported("EphemeralStorage larger than 512 MB")],
  ["SnapStart, a file system being there", update("filed", snapStart), unsupported("FileSystemConfigs")],
  ["a large /tmp, SnapStart being there", update("snapped", roomy), unsupported("EphemeralStorage larger than 512 MB")],
  ["a file system, SnapStart being there", update("snapped", files), unsupported("FileSystemConfigs")],
  ["another runtime, SnapStart being there", update("snapped", { Runtime: "ruby3.4" }), unsupported("ruby3.4")],
];

let product: Product;

before(async () => {
  product = await startProduct({}, "--file-system", `${accessPoint}=/nowhere`);
  const { lambda } = product;
  const source = "exports.handler = async () => 1;";
  await createFunction(lambda, "roomy", source, { Runtime: "python3.14", ...roomy });
  await createFunction(lambda, "filed", source, { Runtime: "python3.14", ...files });
  await createFunction(lambda, "snapped", source, { Runtime: "python3.14", ...snapStart });
});
after(() => product[Symbol.asyncDispose]());

describeRefusals("SnapStart refuses", () => connect(product.endpoint).lambda, rows);
