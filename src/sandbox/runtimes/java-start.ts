import type { PreparedClient } from "./java-client.ts";
import type { JavaHome } from "./java-homes.ts";
import type { RuntimeStart } from "./runtime-start.ts";

const mainClass = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
const crac = "com.amazonaws.services.lambda.crac";
const nativeLibraryProperty = "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI";

/** Which Java an identifier names: `java8.al2` is 8, `java21` is 21. */
export const javaVersion = (runtime: string): number => Number(/^java(\d+)(?:\.al2|\.al2023)?$/.exec(runtime)?.[1]);

/** How a function is started on this Java. The options are AWS's as far as they are known; JAVA_TOOL_OPTIONS is the JVM's own affair. */
export function javaStart(runtime: string, java: JavaHome, client: PreparedClient): RuntimeStart {
  return {
    link: "http",
    writesFramedLogs: true,
    program: java.program,
    args: [
      "-XX:+UseSerialGC",
      ...tieredCompilation(javaVersion(runtime)),
      ...(client.archive === undefined ? [] : ["-Xshare:auto", `-XX:SharedArchiveFile=${client.archive}`]),
      ...opened(java.major),
      "-Djava.net.preferIPv4Stack=true",
      // On AWS there is the locale that LANG names; where it is not, Java up to 17 would read and write text as ASCII.
      "-Dfile.encoding=UTF-8",
      "-Dsun.jnu.encoding=UTF-8",
      // https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-java.html: what org.crac finds; without SnapStart nobody calls the hooks.
      `-Dorg.crac.Core.Compat=${crac}`,
      `-D${nativeLibraryProperty}=${client.nativeLibrary}`,
      "-classpath",
      client.classPath,
    ],
    functionArgs: ({ memoryMb, handler }) => [...memoryOptions(memoryMb), mainClass, handler],
    runtimeFolder: client.folder,
    variables: () => ({}),
    readable: [java.folder, client.folder, ...java.linked],
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/java-customization.html: from Java 17 on, compilation stops at level 1; before, there is but one level. */
const tieredCompilation = (version: number): string[] =>
  version >= 17 ? ["-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1"] : ["-XX:-TieredCompilation"];

/** What the client does by reflection and by native code, which newer Javas allow only when told to. */
function opened(major: number): string[] {
  return [
    ...(major >= 9 ? ["--add-opens=java.base/java.io=ALL-UNNAMED"] : []),
    ...(major >= 22 ? ["--enable-native-access=ALL-UNNAMED"] : []),
    ...(major >= 23 ? ["--sun-misc-unsafe-memory-access=allow"] : []),
  ];
}

/**
 * How AWS divides the memory of a function: a tenth for classes, 160 MB at most, a twentieth for compiled code, 80 MB at most, the rest for the heap. Told by
 * the command lines in https://github.com/DataDog/datadog-lambda-extension/pull/117 (256 MB) and https://github.com/aws/aws-sam-cli/issues/524 (3,008 MB).
 */
export function memoryOptions(memoryMb: number): string[] {
  const totalKb = memoryMb * 1024;
  const classesKb = Math.min(Math.floor(totalKb / 10), 160 * 1024);
  const codeKb = Math.min(Math.floor(totalKb / 20), 80 * 1024);
  return [`-XX:MaxHeapSize=${totalKb - classesKb - codeKb}k`, `-XX:MaxMetaspaceSize=${classesKb}k`, `-XX:ReservedCodeCacheSize=${codeKb}k`];
}
