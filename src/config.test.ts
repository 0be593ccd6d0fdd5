import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rangeText } from "#kit/ip-range.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";

function read(args: string[], environment: Record<string, string> = {}): Config {
  const config = readConfig(args, environment);
  assert.ok(config !== "help");
  return config;
}

describe("the configuration", () => {
  test("takes a flag before a variable, a variable before a default", () => {
    assert.equal(read([]).port, 4566);
    assert.equal(read([], { PILOTLIGHT_PORT: "1" }).port, 1);
    assert.equal(read(["--port", "2"], { PILOTLIGHT_PORT: "1" }).port, 2);
  });

  test("takes an empty variable for none", () => {
    assert.equal(read([], { PILOTLIGHT_HOST: "" }).host, "127.0.0.1");
  });

  test("takes a number, next or none for the HTTPS port", () => {
    assert.equal(read([]).httpsPort, "next");
    assert.equal(read(["--https-port", "none"]).httpsPort, "none");
    assert.equal(read(["--https-port", "0"]).httpsPort, 0);
  });

  test("keeps toolchains in the data folder unless told otherwise", () => {
    assert.equal(read(["--data-dir", "/d"]).toolchainFolder, "/d/toolchains");
    assert.equal(read(["--data-dir", "/d", "--toolchain-dir", "/t"]).toolchainFolder, "/t");
  });

  test("looks for Java in JAVA_HOME before the PATH", () => {
    assert.equal(read([], { PATH: "/usr/bin", JAVA_HOME: "/opt/jdk" }).searchPath, "/opt/jdk/bin:/usr/bin");
    assert.equal(read([], { PATH: "/usr/bin" }).searchPath, "/usr/bin");
  });

  test("takes memory for functions in MB, and chooses none itself", () => {
    assert.equal(read([]).functionMemoryMb, undefined);
    assert.equal(read(["--function-memory", "20480"]).functionMemoryMb, 20_480);
    assert.throws(
      () => read(["--function-memory", "0"]),
      /--function-memory \(or PILOTLIGHT_FUNCTION_MEMORY\) must be a number from 1 to 99999999/,
    );
  });

  test("refuses what cannot be, and names flag and variable", () => {
    const refused = [
      ["--port", "65536"],
      ["--port", "-1"],
      ["--https-port", "off"],
      ["--sns-certificate-host", "a/b"],
      ["--otlp-endpoint", "127.0.0.1:4318"],
      ["--maven-repository", "file:///srv/maven"],
      ["--region", "nowhere"],
      ["--account", "12"],
      ["--log-level", "loud"],
      ["--root-secret-key", ""],
    ] as const;
    for (const [flag, value] of refused) {
      const variable = `PILOTLIGHT_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
      assert.throws(
        () => read([`${flag}=${value}`]),
        (error: Error) => error instanceof ConfigError && error.message.includes(`${flag} (or ${variable})`),
        flag,
      );
    }
    assert.throws(() => read(["--prot", "1"]), ConfigError);
  });

  test("serves loopback only while the secret key is the one that everybody knows, whatever the access key", () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) assert.equal(read(["--host", host]).host, host);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example"]) {
      assert.throws(() => read(["--host", host]), ConfigError, host);
      assert.throws(() => read(["--host", host, "--root-access-key", "mine"]), ConfigError, host);
      assert.equal(read(["--host", host, "--root-secret-key", "mine"]).host, host);
    }
  });

  test("reads where images may come from", () => {
    assert.deepEqual(read([]).imagePlaces, { folders: [], registries: new Map() });
    const args = ["--image-folder", "/a", "--image-folder", "/b/../c", "--image-registry", "ecr=http://localhost:5000"];
    assert.deepEqual(read(args).imagePlaces, { folders: ["/a", "/c"], registries: new Map([["ecr", "http://localhost:5000"]]) });
    const variables = { PILOTLIGHT_IMAGE_FOLDERS: "/a,/b", PILOTLIGHT_IMAGE_REGISTRIES: "r.example:5000=https://me:pass@r.example" };
    const { folders, registries } = read([], variables).imagePlaces;
    assert.deepEqual([folders, registries.get("r.example:5000")], [["/a", "/b"], "https://me:pass@r.example"]);
    for (const bad of ["r.example", "r.example=ftp://x", "=http://x", "a b=http://x"]) {
      assert.throws(() => read(["--image-registry", bad]), ConfigError, bad);
    }
  });

  test("reads file systems from repeated flags, or from one variable with commas", () => {
    const arns = [1, 2].map((number) => `arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-${number}`);
    const wanted = new Map(arns.map((arn, index) => [arn, `/folder=${index}`]));
    const texts = [...wanted].map(([arn, folder]) => `${arn}=${folder}`);
    assert.deepEqual(read(texts.flatMap((text) => ["--file-system", text])).fileSystems, wanted);
    assert.deepEqual(read([], { PILOTLIGHT_FILE_SYSTEMS: texts.join(",") }).fileSystems, wanted);
    assert.throws(() => read(["--file-system", "/folder"]), ConfigError);
  });

  test("functions to be debugged are named, with or without a port", () => {
    assert.deepEqual(
      read(["--debug", "one", "--debug", "two:9231"]).debugged,
      new Map<string, number | undefined>([
        ["one", undefined],
        ["two", 9231],
      ]),
    );
    for (const text of ["two:", "two:0", "two:70000", "two:x", "a b"]) assert.throws(() => read(["--debug", text]), /--debug/, text);
  });

  test("networks for functions are ranges, given once or often, and never this machine's loopback", () => {
    const allowed = (args: string[], environment = {}): string[] => read(args, environment).outbound.allowed.map(rangeText);
    assert.deepEqual(
      allowed(["--allow-network", "10.1.0.0/16,192.168.1.7", "--allow-network", "172.16.0.0/12", "--allow-network", "10.1.0.0/16"]),
      ["10.1.0.0/16", "192.168.1.7/32", "172.16.0.0/12"],
    );
    assert.deepEqual(allowed([], { PILOTLIGHT_ALLOW_NETWORKS: "10.0.0.0/8" }), ["10.0.0.0/8"]);
    for (const text of ["10.0.0.1/8", "fd00::/8", "127.0.0.1", "0.0.0.0/0", "localhost"]) {
      assert.throws(() => read(["--allow-network", text]), /--allow-network/, text);
    }
    assert.equal(read([]).outbound.internet, true);
    assert.equal(read(["--internet", "no"]).outbound.internet, false);
  });
});
