import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkJson } from "./json-payload.ts";

const source = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";
const prefix = "Could not parse request body into json: Could not parse payload into json: ";

describe("a payload", () => {
  test("may be any JSON value, and nothing at all is an empty object", () => {
    assert.equal(Buffer.from(checkJson(Buffer.alloc(0))).toString(), "{}");
    for (const text of ["{}", "[1]", "null", '"x"', " 5 ", '"größe"'])
      assert.equal(Buffer.from(checkJson(Buffer.from(text))).toString(), text);
  });

  // The first two are recorded from AWS.
  const refused: Array<[payload: Buffer, message: string]> = [
    [
      Buffer.from([0x99]),
      `Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')${source}line: 1, column: 1]`,
    ],
    [Buffer.from([0x22, 0x61, 0x87]), `Invalid UTF-8 start byte 0x87${source}line: 1, column: 3]`],
    [
      Buffer.from("hello"),
      `Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')${source}line: 1, column: 6]`,
    ],
    [Buffer.from('{"a":'), `Unexpected end-of-input${source}line: 1, column: 6]`],
  ];
  for (const [payload, message] of refused) {
    test(`is refused as ${JSON.stringify(payload.toString("latin1"))}`, () => {
      assert.throws(() => checkJson(payload), { code: "InvalidRequestContentException", message: prefix + message });
    });
  }
});
