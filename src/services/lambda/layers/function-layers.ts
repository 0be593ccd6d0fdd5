/** The layers of a function: which it may have, and what of them it remembers, so that it runs on when they are deleted. */
import type { RequestContext } from "#wire/operation.ts";
import { invalidParameter } from "../errors.ts";
import type { CodePackage, FunctionLayer, FunctionVersion } from "../function-version.ts";
import { functionLayers, unzippedPackageBytes } from "../limits.ts";
import type { LambdaState } from "../state.ts";
import { checkLayerAccess } from "./layer-policy.ts";
import { parseLayerVersionArn } from "./layer-version.ts";

type Context = Pick<RequestContext<Pick<LambdaState, "layers" | "packages">>, "state" | "accountId" | "region" | "principal">;

/** Finds the layers and keeps their packages while `use` runs, after which they stay if a version names them. Rejects for those that cannot be had. */
export async function useLayers<Result>(
  arns: readonly string[],
  context: Context,
  use: (layers: FunctionLayer[]) => Promise<Result>,
): Promise<Result> {
  const digests = (await findLayers(arns, context)).map(({ digest }) => digest);
  // Once more, now that what is found cannot go.
  return context.state.packages.holding(digests, async () => use(await findLayers(arns, context)));
}

/** A function with these layers and no others. Throws if that makes it too large. */
export function withLayers(version: FunctionVersion, layers: FunctionLayer[]): FunctionVersion {
  checkCombinedSize(version.code, layers);
  const { layers: _previous, ...rest } = version;
  return layers.length === 0 ? rest : { ...rest, layers };
}

/** Throws if code and layers are too large together. */
export function checkCombinedSize(code: CodePackage, layers: readonly FunctionLayer[] = []): void {
  const bytes = [code, ...layers].reduce((sum, { unzippedBytes }) => sum + unzippedBytes, 0);
  if (bytes <= unzippedPackageBytes) return;
  throw invalidParameter(
    `Function code combined with layers exceeds the maximum allowed size of ${unzippedPackageBytes} bytes. The actual size is ${bytes} bytes.`,
  );
}

async function findLayers(arns: readonly string[], context: Context): Promise<FunctionLayer[]> {
  if (arns.length > functionLayers) throw invalidParameter(`Cannot reference more than ${functionLayers} layers.`);
  const arnByLayer = new Map<string, string>();
  const found: FunctionLayer[] = [];
  for (const arn of arns) {
    const layer = await findLayer(arn, context);
    const name = arn.slice(0, arn.lastIndexOf(":"));
    const other = arnByLayer.get(name);
    if (other !== undefined) {
      throw invalidParameter(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn} are versions of the same layer.`,
      );
    }
    arnByLayer.set(name, arn);
    found.push(layer);
  }
  return found;
}

async function findLayer(arn: string, context: Context): Promise<FunctionLayer> {
  const { state, region } = context;
  const id = parseLayerVersionArn(arn);
  if (id !== undefined && id.region !== region) {
    throw invalidParameter(`Layers are not in the same region as the function. Layers are expected to be in region ${region}.`);
  }
  if (id !== undefined) await checkLayerAccess(id, context);
  const version = id && (await state.layers.find(id));
  if (version === undefined) throw invalidParameter(`Layer version ${arn} does not exist.`);
  const { digest, sizeBytes, unzippedBytes } = version.code;
  return { arn, digest, sizeBytes, unzippedBytes };
}
