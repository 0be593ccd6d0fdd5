import assert from "node:assert/strict";
import { test } from "node:test";
import type { JavaHome } from "./java-homes.ts";
import { javaStart, javaVersion, memoryOptions } from "./java-start.ts";

test("identifiers name a version of Java", () => {
  const identifiers = ["java8.al2", "java8.al2023", "java11", "java17.al2023", "java21", "java25"];
  assert.deepEqual(identifiers.map(javaVersion), [8, 8, 11, 17, 21, 25]);
  assert.ok(Number.isNaN(javaVersion("java")) && Number.isNaN(javaVersion("java21.al3")));
});

test("the memory is divided as AWS divides it", () => {
  assert.deepEqual(memoryOptions(256), ["-XX:MaxHeapSize=222823k", "-XX:MaxMetaspaceSize=26214k", "-XX:ReservedCodeCacheSize=13107k"]);
  assert.deepEqual(memoryOptions(3_008), ["-XX:MaxHeapSize=2834432k", "-XX:MaxMetaspaceSize=163840k", "-XX:ReservedCodeCacheSize=81920k"]);
});

test("options follow the function's version and the Java that runs it", () => {
  const client = { folder: "/client", classPath: "/client/a.jar", nativeLibrary: "/client/jni/x.so", archive: undefined };
  const argsOn = (runtime: string, major: number): readonly string[] => {
    const java: JavaHome = { folder: "/jdk", program: "/jdk/bin/java", major, build: "1", isMusl: false, linked: ["/etc/java"] };
    const { args, readable } = javaStart(runtime, java, client);
    assert.deepEqual(readable, ["/jdk", "/client", "/etc/java"]);
    return args;
  };
  assert.ok(argsOn("java11", 17).includes("-XX:-TieredCompilation"));
  assert.ok(argsOn("java21", 25).includes("-XX:TieredStopAtLevel=1"));
  assert.ok(!argsOn("java8.al2", 8).some((arg) => arg.startsWith("--")), "Java 8 knows no such options");
  assert.ok(argsOn("java8.al2", 25).includes("--enable-native-access=ALL-UNNAMED"));
});
