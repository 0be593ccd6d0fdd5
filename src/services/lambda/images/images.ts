/**
 * Container images of functions: found when a function is created or updated, pulled and unpacked behind its back. Which places images may come from
 * is the operator's decision. https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
 */
import { Semaphore } from "#kit/semaphore.ts";
import type { ImageLimits } from "#storage/images/image-tree.ts";
import { ImageRejected } from "#storage/images/image-rejected.ts";
import type { UnpackedImages } from "#storage/images/unpacked-images.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "../errors.ts";
import type { ContainerImage } from "../function-image.ts";
import type { CodePackage, FunctionVersion } from "../function-version.ts";
import { imageEntries, unpackedImageBytes } from "../limits.ts";
import { ImageProblem, type ImageSource } from "./image-source.ts";
import { type ImageUri, parseImageUri } from "./image-uri.ts";
import { openLayout } from "./layout-source.ts";
import { describeImage } from "./manifest.ts";
import { openRegistry } from "./registry-source.ts";

export const imageLimits: ImageLimits = { maxUnpackedBytes: unpackedImageBytes, maxEntries: imageEntries };

export interface ImagePlaces {
  /** Folders of this machine below which `oci:` layouts may lie. */
  folders: readonly string[];
  /** URLs by host; `ecr` stands for every registry of ECR. */
  registries: ReadonlyMap<string, string>;
}

/** Registries of this machine need not be named: they are where people put what they have built. */
const ownRegistry = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/;
const ecrRegistry = /^\d{12}\.dkr[.-]ecr\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;

/** Layers are large, and each is unpacked by this process. */
const concurrentPulls = 3;

type Architecture = FunctionVersion["architecture"];

export class Images {
  readonly #places: ImagePlaces;
  readonly #unpacked: Pick<UnpackedImages, "unpack">;
  readonly #pulls = new Semaphore(concurrentPulls);

  constructor(places: ImagePlaces, unpacked: Pick<UnpackedImages, "unpack">) {
    this.#places = places;
    this.#unpacked = unpacked;
  }

  /** The image and what stands for it as code: a tag becomes a digest here, once. Rejects with AWS's errors. */
  async find(uri: string, architecture: Architecture): Promise<{ image: ContainerImage; code: CodePackage }> {
    const parsed = parseImageUri(uri);
    if (parsed === undefined) throw invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`);
    try {
      const { digest } = await describeImage(await this.#open(parsed), parsed.reference, architecture);
      return {
        image: { uri, resolvedUri: `${parsed.name}@sha256:${digest}` },
        code: { digest, sha256: digest, sizeBytes: 0, unzippedBytes: 0 },
      };
    } catch (error) {
      throw error instanceof ImageProblem || error instanceof ImageRejected ? explain(uri, error) : error;
    }
  }

  /** Sees to it that the image is here. Rejects with `ImageProblem` or `ImageRejected`. */
  async pull({ resolvedUri }: ContainerImage, architecture: Architecture): Promise<void> {
    const parsed = parseImageUri(resolvedUri);
    if (parsed === undefined) throw new ImageProblem("invalid", `${resolvedUri} is no image`);
    await this.#pulls.run(async () => {
      const { digest, settings, layers } = await describeImage(await this.#open(parsed), parsed.reference, architecture);
      await this.#unpacked.unpack(digest, settings, layers);
    });
  }

  async #open({ source, name }: ImageUri): Promise<ImageSource> {
    if (source.kind === "layout") return openLayout(source.folder, this.#places.folders);
    const { host, repository } = source;
    const named = this.#places.registries.get(host) ?? (ecrRegistry.test(host) ? this.#places.registries.get("ecr") : undefined);
    const url = named ?? (ownRegistry.test(host) ? `http://${host}` : undefined);
    if (url === undefined) {
      const hint = ecrRegistry.test(host) ? "ecr=URL" : `${host}=URL`;
      throw new ImageProblem("denied", `No registry is known for ${name}. Start Pilotlight with --image-registry ${hint}.`);
    }
    return openRegistry({ url, repository });
  }
}

/** AWS's words, and ours where the operator can help. */
function explain(uri: string, error: ImageProblem | ImageRejected): AwsError {
  const { message } = error;
  const kind = error instanceof ImageProblem ? error.kind : "invalid";
  if (kind === "missing") return invalidParameter(`Source image ${uri} does not exist. Provide a valid source image.`);
  if (kind === "invalid")
    return invalidParameter(`The image manifest, config or layer media type for the source image ${uri} is not supported.`);
  if (kind === "denied")
    return new AwsError(
      "AccessDeniedException",
      `Lambda does not have permission to access the ECR image. Check the ECR permissions. ${message}`,
      { Type: "User" },
    );
  return new AwsError("ServiceException", message, { Type: "Service" });
}

/** Why a function cannot be made ready, as its state shows it. */
export function pullFailure({ uri }: ContainerImage, error: unknown): { reason: string; reasonCode: string } {
  const kind = error instanceof ImageProblem ? error.kind : error instanceof ImageRejected ? "invalid" : "unreachable";
  const { message } = error as Error;
  if (kind === "missing") return { reasonCode: "ImageDeleted", reason: `The image ${uri} was deleted: ${message}.` };
  if (kind === "denied")
    return { reasonCode: "ImageAccessDenied", reason: `Lambda lost permission to access the image ${uri}: ${message}` };
  if (kind === "invalid") return { reasonCode: "InvalidImage", reason: `The image ${uri} is not valid: ${message}.` };
  return { reasonCode: "InternalError", reason: `The image ${uri} could not be had: ${message}.` };
}
