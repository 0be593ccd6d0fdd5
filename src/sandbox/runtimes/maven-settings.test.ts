import assert from "node:assert/strict";
import { test } from "node:test";
import { mirrorOfCentral } from "./maven-settings.ts";

const mirror = (of: string, url: string, more = ""): string =>
  `<mirror><id>house</id><mirrorOf>${of}</mirrorOf><url>${url}</url>${more}</mirror>`;
const settings = (...parts: string[]): string => `<settings><mirrors>${parts.join("\n")}</mirrors></settings>`;

test("a mirror of Maven Central is taken from the settings of Maven", () => {
  const cases: Array<[settings: string, expected: string | undefined]> = [
    [settings(mirror("central", "https://maven.example/all")), "https://maven.example/all/"],
    [settings(mirror("*", " https://maven.example/all/ ")), "https://maven.example/all/"],
    [settings(mirror("external:*,!snapshots", "https://maven.example/")), "https://maven.example/"],
    [settings(mirror("snapshots", "https://one.example/"), mirror("central", "https://two.example/")), "https://two.example/"],
    [settings(mirror("*,!central", "https://maven.example/")), undefined],
    [settings(mirror("*", "http://0.0.0.0/", "<blocked>true</blocked>")), undefined],
    [settings(`<!-- ${mirror("*", "https://maven.example/")} -->`), undefined],
    [settings(mirror("*", "file:///srv/maven")), undefined],
    [
      settings(mirror("*", "https://maven.example/")) + "<servers><server><id>house</id><password>x</password></server></servers>",
      undefined,
    ],
    ["", undefined],
  ];
  for (const [text, expected] of cases) assert.equal(mirrorOfCentral(text), expected, text);
});
