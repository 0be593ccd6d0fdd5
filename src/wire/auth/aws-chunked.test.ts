import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../errors.ts";
import { AwsChunkedDecoder, type ChunkedBodyOptions } from "./aws-chunked.ts";
import { SigningKeys } from "./signing-keys.ts";

/** The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and its sibling with trailers: 66,560 times `a`. */
const exampleSigning = {
  key: new SigningKeys().derive("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3"),
  timestamp: "20130524T000000Z",
  scope: "20130524/us-east-1/s3/aws4_request",
};
const signed: ChunkedBodyOptions = {
  signing: { ...exampleSigning, seedSignature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9" },
  decodedLengthBytes: 66_560,
  trailerNames: [],
};
const signedBody = Buffer.from(
  `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(65_536)}\r\n` +
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1_024)}\r\n` +
    `0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n`,
);
const signedWithTrailer: ChunkedBodyOptions = {
  signing: { ...exampleSigning, seedSignature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e" },
  decodedLengthBytes: 66_560,
  trailerNames: ["x-amz-checksum-crc32c"],
};
const signedBodyWithTrailer = Buffer.from(
  `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${"a".repeat(65_536)}\r\n` +
    `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${"a".repeat(1_024)}\r\n` +
    `0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n` +
    `x-amz-checksum-crc32c:sOO8/Q==\r\n` +
    `x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n`,
);
const unsigned: ChunkedBodyOptions = { decodedLengthBytes: 9, trailerNames: ["x-amz-checksum-crc64nvme"] };
const unsignedBody = Buffer.from("4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc64nvme:rosUhgp5mIg=\r\n\r\n");

/** Pushes the body in pieces of `pieceBytes`. */
function decode(
  body: Buffer,
  options: ChunkedBodyOptions,
  pieceBytes = body.length,
): { data: Buffer; trailers: ReadonlyMap<string, string> } {
  const decoder = new AwsChunkedDecoder(options);
  const decoded: Buffer[] = [];
  for (let offset = 0; offset < body.length; offset += pieceBytes)
    decoded.push(...decoder.push(body.subarray(offset, offset + pieceBytes)));
  return { trailers: decoder.end(), data: Buffer.concat(decoded) };
}

function refusalCode(body: Buffer | string, options: ChunkedBodyOptions): string {
  try {
    decode(Buffer.from(body), options);
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error));
    return error.code;
  }
  assert.fail("the body was accepted");
}

for (const pieceBytes of [3, 1_000, 100_000]) {
  test(`AWS's examples and an unsigned body decode from pieces of ${pieceBytes} bytes`, () => {
    assert.ok(decode(signedBody, signed, pieceBytes).data.equals(Buffer.alloc(66_560, "a")));
    const withTrailer = decode(signedBodyWithTrailer, signedWithTrailer, pieceBytes);
    assert.ok(withTrailer.data.equals(Buffer.alloc(66_560, "a")));
    assert.deepEqual([...withTrailer.trailers], [["x-amz-checksum-crc32c", "sOO8/Q=="]]);
    assert.equal(decode(unsignedBody, unsigned, pieceBytes).data.toString(), "123456789");
  });
}

test("every byte of a signed body counts", () => {
  const short = signedBody.length;
  // Data, then signatures of each chunk; sizes and line ends are refused for their own reasons.
  for (const offset of [100, 60_000, 22, 85, 65_650, 66_000, short - 10]) {
    const forged = Buffer.from(signedBody);
    forged[offset] = forged[offset] === 0x62 ? 0x63 : 0x62;
    assert.equal(refusalCode(forged, signed), "SignatureDoesNotMatch", `byte ${offset}`);
  }
  const text = signedBodyWithTrailer.toString();
  assert.equal(refusalCode(text.replace("sOO8", "sOO9"), signedWithTrailer), "SignatureDoesNotMatch");
  assert.equal(refusalCode(text.replace(/x-amz-trailer-signature.*\r\n/, ""), signedWithTrailer), "SignatureDoesNotMatch");
  assert.equal(refusalCode(text.replace(/;chunk-signature=[0-9a-f]+/, ""), signedWithTrailer), "SignatureDoesNotMatch");
  assert.equal(refusalCode(unsignedBody, { ...unsigned, signing: signed.signing! }), "SignatureDoesNotMatch");
});

test("a body cut off anywhere is incomplete", () => {
  for (let length = 0; length < unsignedBody.length; length++) {
    assert.equal(refusalCode(unsignedBody.subarray(0, length), unsigned), "IncompleteBody", `cut to ${length}`);
  }
});

test("lengths, checksums and trailers must be those announced", () => {
  const text = unsignedBody.toString();
  const answers: Array<[body: string, code: string, options?: Partial<ChunkedBodyOptions>]> = [
    [text, "IncompleteBody", { decodedLengthBytes: 8 }],
    [text, "IncompleteBody", { decodedLengthBytes: 10 }],
    [text.replace("1234", "1235"), "BadDigest"],
    [text.replace("rosU", "rosV"), "BadDigest"],
    [text.replace(/x-amz-checksum.*\r\n/, ""), "MalformedTrailerError"],
    [text, "MalformedTrailerError", { trailerNames: [] }],
    [text, "MalformedTrailerError", { trailerNames: ["x-amz-checksum-crc64nvme", "x-amz-checksum-sha1"] }],
    [text.replace("crc64nvme:", "crc64nvme "), "MalformedTrailerError"],
    [`${text}x\n`, "InvalidRequest"],
    [text.replace("4\r\n", "3\r\n"), "InvalidRequest"],
    [text.replace("4\r\n", "-4\r\n"), "InvalidRequest"],
    [text.replace("4\r\n", "\r\n"), "InvalidRequest"],
    [text.replace("4\r\n", "4;extension\r\n"), "InvalidRequest"],
    ["0".repeat(2_000), "InvalidRequest"],
  ];
  for (const [body, code, options] of answers) assert.equal(refusalCode(body, { ...unsigned, ...options }), code, body);
});
