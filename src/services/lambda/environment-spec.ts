import type { STS } from "@aws-sdk/client-sts";
import type { EnvironmentSpec, ImageOverrides, SessionCredentials } from "#sandbox/contract.ts";
import type { CallsOf } from "#wire/calls.ts";
import { servicePrincipal } from "#wire/principal.ts";
import { type FileSystemFolders, mountsOf } from "./function-file-systems.ts";
import type { ContainerImage } from "./function-image.ts";
import { type FunctionVersion, isSnapped } from "./function-version.ts";
import { runtimeVersionArn } from "./runtimes.ts";
import type { Tracer } from "./tracing/tracer.ts";

/** How long the credentials of one environment are good; the sandbox replaces environments long before. */
const credentialSeconds = 12 * 3_600;

/** What the sandbox is told of a function version; made once per version object, because the invoke path asks each time. */
export class EnvironmentSpecs {
  readonly #made = new WeakMap<FunctionVersion, EnvironmentSpec>();
  readonly #sts: Pick<CallsOf<STS>, "assumeRole">;
  readonly #endpoint: () => string;
  readonly #folders: FileSystemFolders;
  readonly #tracer: Pick<Tracer, "take">;

  constructor(sts: Pick<CallsOf<STS>, "assumeRole">, endpoint: () => string, folders: FileSystemFolders, tracer: Pick<Tracer, "take">) {
    this.#sts = sts;
    this.#endpoint = endpoint;
    this.#folders = folders;
    this.#tracer = tracer;
  }

  /** Throws for a file system that is not there. */
  of(version: FunctionVersion): EnvironmentSpec {
    let spec = this.#made.get(version);
    if (spec === undefined) {
      spec = this.#make(version);
      this.#made.set(version, spec);
    }
    return spec;
  }

  #make(version: FunctionVersion): EnvironmentSpec {
    return {
      key: version.environmentKey,
      accountId: version.accountId,
      region: version.region,
      functionName: version.name,
      functionVersion: version.version,
      runtime: version.runtime,
      runtimeVersionArn: runtimeVersionArn(version.runtime, version.region),
      handler: version.handler,
      architecture: version.architecture,
      codeDigest: version.code.digest,
      ...(version.image && { image: overridesOf(version.image) }),
      layerDigests: (version.layers ?? []).map(({ digest }) => digest),
      memoryMb: version.memoryMb,
      timeoutMs: version.timeoutSeconds * 1_000,
      ephemeralStorageMb: version.ephemeralStorageMb,
      fileSystems: mountsOf(version.fileSystems ?? [], this.#folders),
      variables: version.variables ?? {},
      endpointUrl: this.#endpoint(),
      logging: version.logging,
      hasSnapStart: isSnapped(version),
      tracing: version.tracingMode,
      takeSegments: (documents) => this.#tracer.take(version, documents),
      credentials: () => this.#assumeRole(version),
    };
  }

  async #assumeRole({ accountId, region, roleArn, name }: FunctionVersion): Promise<SessionCredentials> {
    // A session's name has two characters at least, a function's may have one.
    const sessionName = name.padEnd(2, "-");
    const { Credentials } = await this.#sts.assumeRole(
      { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: credentialSeconds },
      { as: servicePrincipal("lambda.amazonaws.com", accountId), region },
    );
    return {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
      expiresAtMs: Credentials!.Expiration!.getTime(),
    };
  }
}

function overridesOf({ config = {} }: ContainerImage): ImageOverrides {
  const { EntryPoint: entryPoint, Command: command, WorkingDirectory: workingDirectory } = config;
  return { ...(entryPoint && { entryPoint }), ...(command && { command }), ...(workingDirectory && { workingDirectory }) };
}
