import { findCompiler, obtainJar } from "#test/java.ts";

/** What the Java functions of the tests are compiled with: places in a Maven repository, and the hashes of what is there. */
const libraries = {
  core: [
    "com/amazonaws/aws-lambda-java-core/1.4.0/aws-lambda-java-core-1.4.0.jar",
    "575c24393cc1ad645e83e618956eabd89ffe8cc09efae2cb62bc6589154d68ed",
  ],
  events: [
    "com/amazonaws/aws-lambda-java-events/3.16.1/aws-lambda-java-events-3.16.1.jar",
    "e090b3832e8b4decbde272b8b0e6dd248115fe20d05f17e00f32a00805892f05",
  ],
  joda: ["joda-time/joda-time/2.10.8/joda-time-2.10.8.jar", "da04572b431597f0a42e6a7f44973f2bdc975776c25ad3cdb2ba92d17c554a66"],
  crac: ["org/crac/crac/1.5.0/crac-1.5.0.jar", "f4426e1641c8f0fa2f025a4cd7c40c285abaf265930e6717adfcaef03d034850"],
} as const;

export interface JavaTools {
  compiler: string;
  /** Paths, as `libraries` has them. */
  jars: string[];
}

/** Resolves with why there are none, if so. */
export async function obtainJavaTools(): Promise<JavaTools | string> {
  const compiler = await findCompiler();
  if (compiler === undefined) return "there is no JDK of version 11 or later here";
  try {
    return { compiler, jars: await Promise.all(Object.values(libraries).map(([path, sha256]) => obtainJar(path, sha256))) };
  } catch (error) {
    return `Maven Central cannot be reached: ${(error as Error).message}`;
  }
}
