import type { UnpackedImage } from "#storage/images/unpacked-images.ts";
import type { ImageOverrides } from "../contract.ts";
import type { RuntimeStart } from "./runtime-start.ts";

/** What programs are looked for in where an image does not say: https://github.com/opencontainers/runc/blob/main/libcontainer/init_linux.go has the same. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * An image brings everything, its runtime client among it, which speaks the Runtime API. What the function sets takes the place of what the image
 * says, each for itself. https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-parms
 */
export function imageStart(image: UnpackedImage, overrides: ImageOverrides): RuntimeStart {
  const { entryPoint, command, workingDirectory } = overrides;
  const [program = "", ...args] = [...filled(entryPoint, image.entryPoint), ...filled(command, image.command)];
  return {
    link: "http",
    program,
    args,
    workingDirectory: workingDirectory || image.workingDirectory || "/",
    runtimeFolder: "/var/runtime",
    variables: () => ({ PATH: defaultPath, ...image.variables }),
    readable: [],
  };
}

const filled = (wanted: readonly string[] | undefined, otherwise: readonly string[]): readonly string[] =>
  wanted === undefined || wanted.length === 0 ? otherwise : wanted;
