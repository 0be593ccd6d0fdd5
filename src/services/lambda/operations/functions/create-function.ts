import type { CreateFunctionRequest, FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { invalidParameter, notSupportedYet } from "../../errors.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import type { FileSystemFolders } from "../../function-file-systems.ts";
import type { ContainerImage } from "../../function-image.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { checkFunctionRole } from "../../function-role.ts";
import { applySettings, defaultSettings, type Settings } from "../../function-settings.ts";
import { type CodePackage, creating, type FunctionVersion, latestVersion } from "../../function-version.ts";
import { useLayers, withLayers } from "../../layers/function-layers.ts";
import { draftVersion } from "../../publishing.ts";
import { checkCodeSigning } from "../../satellites/code-signing.ts";
import { placeOf } from "../../satellites/place.ts";
import type { Satellite } from "../../satellites/satellite.ts";
import { startSettling } from "../../settling.ts";
import type { LambdaOperation, LambdaState } from "../../state.ts";
import { checkTags } from "../../tags.ts";

const defaultArchitecture = "x86_64";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export const createFunction: LambdaOperation<CreateFunctionRequest, FunctionConfiguration> = async (input, context) => {
  const { state, accountId, region } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  const settings = initialSettings(id.name, input, state.fileSystems);
  const tags = input.Tags ?? {};
  checkTags(tags);
  if (input.CodeSigningConfigArn !== undefined) await checkCodeSigning(state, input.CodeSigningConfigArn, context);
  await checkFunctionRole(state, input.Role, accountId, region);
  const created = await useCode(input, state, (code, image) =>
    useLayers(input.Layers ?? [], context, async (layers) => {
      const latest: FunctionVersion = {
        ...id,
        ...settings,
        ...(image && { image: { ...settings.image, ...image } }),
        version: latestVersion,
        architecture: input.Architectures?.[0] ?? defaultArchitecture,
        code,
        modifiedMs: state.clock.now(),
        revisionId: state.ids.uuid(),
        environmentKey: state.ids.uuid(),
        state: creating,
      };
      return create(state, withLayers(latest, layers), tags, input);
    }),
  );
  for (const version of created) startSettling(state, version);
  // The version that was published, if one was, but under the function's own ARN: so AWS answers.
  return functionConfiguration(created.at(-1)!);
};

/** Adds the function, and its first version if it is published at once. */
async function create(
  state: LambdaState,
  latest: FunctionVersion,
  tags: Record<string, string>,
  { Publish, CodeSigningConfigArn: configArn }: Present<CreateFunctionRequest>,
): Promise<FunctionVersion[]> {
  const published = Publish === true ? (await draftVersion(state, latest)).version : undefined;
  const satellites: Satellite[] = configArn === undefined ? [] : [{ kind: "code-signing", place: placeOf(latest), content: { configArn } }];
  await state.store.create(latest, tags, satellites, published);
  return published === undefined ? [latest] : [latest, published];
}

function initialSettings(name: string, input: Present<CreateFunctionRequest>, folders: FileSystemFolders): Settings {
  refuseWhatIsNotServed(input);
  const initial = {
    ...defaultSettings(name),
    roleArn: input.Role,
    runtime: "",
    handler: "",
    ...(input.TenancyConfig && { isTenantIsolated: true as const }),
  };
  if (input.PackageType !== "Image") {
    checkRuntimeAndHandler(input);
    return applySettings(initial, input, folders);
  }
  if (input.Layers?.length) throw invalidParameter("Please don't provide Layers for a function with packageType Image.");
  return applySettings({ ...initial, image: { uri: imageUri(input), resolvedUri: "" } }, input, folders);
}

/** Members that belong to later work are refused by name rather than forgotten. */
function refuseWhatIsNotServed(request: Present<CreateFunctionRequest>): void {
  if (request.PublishTo !== undefined) throw notSupportedYet("PublishTo");
}

/** Both are the model's options, because images have neither; for zip packages AWS asks for them. */
function checkRuntimeAndHandler({ Runtime, Handler }: Present<CreateFunctionRequest>): void {
  if (Runtime !== undefined && Handler !== undefined) return;
  if (Runtime === undefined && Handler === undefined) {
    throw invalidParameter("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  }
  throw invalidParameter(`${Runtime === undefined ? "Runtime" : "Handler"} is mandatory for functions created with deployment packages.`);
}

/** Keeps the package, or the image if it is here already, while `use` runs. */
async function useCode<Result>(
  input: Present<CreateFunctionRequest>,
  { packages, images }: LambdaState,
  use: (code: CodePackage, image?: ContainerImage) => Promise<Result>,
): Promise<Result> {
  if (input.PackageType !== "Image") return packages.keepFor(inlineZip(input.Code), use);
  const { code, image } = await images.find(imageUri(input), input.Architectures?.[0] ?? defaultArchitecture);
  return packages.holding([code.digest], () => use(code, image));
}

function imageUri({ Code }: Present<CreateFunctionRequest>): string {
  if (Code.ImageUri === undefined) throw invalidParameter("Please provide ImageUri when creating a function with packageType Image.");
  return Code.ImageUri;
}

function inlineZip(code: Present<CreateFunctionRequest>["Code"]): Uint8Array {
  if (code.S3Bucket !== undefined || code.S3Key !== undefined) throw notSupportedYet("code from S3; send it inline as ZipFile");
  if (code.ImageUri !== undefined) throw invalidParameter("Please don't provide ImageUri when creating a function with packageType Zip.");
  if (code.ZipFile === undefined) throw invalidParameter("Please provide a source for function code.");
  return code.ZipFile;
}
