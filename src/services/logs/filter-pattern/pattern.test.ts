import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidPattern, parseFilterPattern } from "./pattern.ts";

/** Pattern, then messages that match, then messages that do not. */
type Row = [pattern: string, matching: string[], others: string[]];

function check(rows: readonly Row[]): void {
  for (const [text, matching, others] of rows) {
    const pattern = parseFilterPattern(text);
    for (const message of matching) assert.equal(pattern.matches(message), true, `${text} should match ${message}`);
    for (const message of others) assert.equal(pattern.matches(message), false, `${text} should not match ${message}`);
  }
}

test("terms", () => {
  check([
    ["", ["", "anything"], []],
    [" ", ["anything"], []],
    ["ERROR", ["[ERROR 400] BAD REQUEST", "ERRORCODE: -1"], ["error", "", "WARN"]],
    ["ERROR ARGUMENTS", ["[ERROR 419] MISSING ARGUMENTS", "ARGUMENTS ERROR"], ["[ERROR 400] BAD REQUEST"]],
    ['"INTERNAL SERVER ERROR"', ["[ERROR 500] INTERNAL SERVER ERROR"], ["INTERNAL ERROR SERVER"]],
    ["?ERROR ?ARGUMENTS", ["[ERROR 400]", "NO ARGUMENTS"], ["REQUEST"]],
    ["ERROR -ARGUMENTS", ["[ERROR 400] BAD REQUEST"], ["[ERROR 419] MISSING ARGUMENTS", "fine"]],
    ["-ERROR", ["fine"], ["ERROR"]],
    ['ERROR -"NOT FOUND"', ["ERROR FOUND"], ["ERROR NOT FOUND"]],
    ["?ERROR REQUEST", ["REQUEST"], ["ERROR"]],
    ['"say \\"hi\\""', ['they say "hi" now'], ["say hi"]],
    ['"-"', ["a-b"], ["ab"]],
    ["%AUTHORIZED%", ["[ERROR 401] UNAUTHORIZED REQUEST", "AUTHORIZED"], ["authorized"]],
    ["größe", ["die größe"], ["grösse"]],
  ]);
});

test("regular expressions", () => {
  check([
    ["%^[hc]at%", ["hat", "cat", "cats"], ["what", "bat"]],
    ["%[hc]at$%", ["hat", "the cat"], ["cats"]],
    ["%^$%", [""], ["a"]],
    ["%colou?r%", ["color", "colour"], ["colouur"]],
    ["%a{3,5}%", ["aaa", "baaaaaa"], ["aa"]],
    ["%^a{2}$%", ["aa"], ["a", "aaa"]],
    ["%^a{2,}$%", ["aa", "aaaaa"], ["a"]],
    ["%^a{0,1}b$%", ["b", "ab"], ["aab"]],
    ["%gra|ey%", ["gra", "hey"], ["gry"]],
    ["%\\d{1,3}\\.\\d{1,3}%", ["at 10.0"], ["at 10"]],
    ["%[^a-c]x%", ["dx"], ["ax", "x"]],
    ["%[\\d_]+%", ["_"], ["abc"]],
    ["%a.c%", ["abc"], ["ac", "a\nc"]],
    ["%ab*c+d%", ["acd", "abbccd"], ["abd"]],
    ["%a\\|b%", ["a|b"], ["a"]],
    ["%[|]%", ["|"], ["a"]],
    ["%\\w\\W\\s\\S\\D%", ["a- xy"], ["a- x1"]],
    ["%\\x41%", ["A"], ["B"]],
    ["%a\\$%", ["a$"], ["a"]],
    ["%100\\%%", ["100%"], ["100"]],
  ]);
});

test("an expression that makes other engines explode takes no time", () => {
  const pattern = parseFilterPattern(`%${"a*".repeat(60)}b%`);
  const message = "a".repeat(5_000);
  assert.equal(pattern.matches(message), false);
  assert.equal(pattern.matches(`${message}b`), true);
});

test("JSON", () => {
  const event = JSON.stringify({
    eventType: "UpdateTrail",
    sourceIPAddress: "111.111.111.111",
    arrayKey: ["value", "another value"],
    objectList: [
      { name: "a", id: 1 },
      { name: "b", id: 2 },
    ],
    SomeObject: null,
    ThisFlag: true,
    other: false,
    cluster: { name: "c" },
    "cluster.name": "c2",
    bandwidth: 75.5,
    latency: "50",
    small: 1e-3,
  });
  check([
    ['{ $.eventType = "UpdateTrail" }', [event], ["UpdateTrail", "{", "[]", '"x"', '{"eventType":"x"}']],
    ['{$.eventType="Update*"}', [event], ['{"eventType":"Up"}']],
    ['{ $.eventType = "*Tr*l" }', [event], []],
    ['{ $.eventType = "*" }', [event], ["{}"]],
    ["{ $.eventType = UpdateTrail }", [event], []],
    ["{ $.eventType = %^Update% }", [event], ['{"eventType":"xUpdate"}']],
    ["{ $.sourceIPAddress != 123.123.* }", [event], ['{"sourceIPAddress":"123.123.1.1"}', "{}"]],
    ['{ $.arrayKey[0] = "value" }', [event], ['{"arrayKey":["other"]}', '{"arrayKey":[]}', '{"arrayKey":"value"}']],
    ["{ $.objectList[1].id = 2 }", [event], []],
    ["{ $.objectList[*].id = 2 }", [event], ['{"objectList":[{"id":3}]}']],
    ['{ $.* = "UpdateTrail" }', [event], ['{"a":{"b":"UpdateTrail"}}']],
    ["{ $.SomeObject IS NULL }", [event], ["{}", '{"SomeObject":0}']],
    ["{ $.SomeOtherObject NOT EXISTS }", [event], ['{"SomeOtherObject":null}']],
    ["{ $.ThisFlag IS TRUE }", [event], ['{"ThisFlag":"true"}', '{"ThisFlag":false}']],
    ["{ $.other IS FALSE }", [event], ["{}"]],
    ["{ $.ThisFlag = true }", [event], []],
    ['{ $.cluster.name = "c" }', [event], ['{"cluster.name":"c"}']],
    ['{ $.["cluster.name"] = "c2" && $["cluster"]["name"] = "c" }', [event], []],
    ["{ $.bandwidth > 75 }", [event], ['{"bandwidth":75}', '{"bandwidth":"much"}']],
    ["{ $.bandwidth = 75.50 }", [event], []],
    ["{ $.bandwidth <= 75.5 && $.bandwidth >= 7.55e1 }", [event], ['{"bandwidth":76}']],
    ["{ $.bandwidth < -1 }", ['{"bandwidth":-2}'], [event]],
    ["{ $.small = 0.001 }", [event], []],
    ["{ $.a = 1 || $.b = 2 && $.c = 3 }", ['{"a":1}', '{"b":2,"c":3}'], ['{"b":2}', '{"c":3}']],
    ["{ ($.a = 1 || $.b = 2) && $.c = 3 }", ['{"a":1,"c":3}', '{"b":2,"c":3}'], ['{"a":1}']],
    ['{ ($.a = "x") && (($.n > 3) || ($.e NOT EXISTS)) }', ['{"a":"x"}', '{"a":"x","e":1,"n":4}'], ['{"a":"x","e":1,"n":3}']],
    ["{ $[0].a = 1 }", ['[{"a":1}]'], ['{"a":1}']],
    ["{ $.toString NOT EXISTS }", ["{}"], []],
  ]);
});

test("space-delimited", () => {
  const line = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  check([
    ["[ip, server, username, timestamp, request, status_code, bytes]", [line], ["one two", `${line} more`]],
    [
      "[ip, server, username, timestamp, request =*.html*, status_code = 4*, bytes]",
      [line],
      [line.replace("404", "200"), line.replace(".html", "")],
    ],
    ["[ip, server, username, timestamp, request, status_code = 4*, bytes > 1000]", [line], [line.replace("1534", "1000")]],
    ["[..., status_code=404, bytes]", [line, "404 1"], ["404", line.replace("404", "403")]],
    ["[ip=%127\\.0\\.0\\.[1-9]%, ...]", [line], [line.replace("127.0.0.1", "127.0.0.0")]],
    ["[ip, ..., bytes]", [line, "a b"], ["a"]],
    ["[...]", [line, ""], []],
    ["[w1=ERROR, w2]", ["ERROR x"], ["x ERROR", "ERROR"]],
    ["[w1!=ERROR&&w1!=WARN, w2]", ["INFO x"], ["WARN x", "ERROR x"]],
    ["[w1=ERROR || w1=%WARN%, ...]", ["WARNING x", "ERROR"], ["INFO"]],
    ['[user="frank t", ...]', ['"frank t" x'], ["frank t"]],
    ["[status=404 || (status>=500 && status<600), ...]", ["404", "503"], ["600", "403"]],
  ]);
});

test("what a pattern names is extracted", () => {
  assert.deepEqual(parseFilterPattern("[ip, ..., status=4*, bytes]").extract('1.1.1.1 a "b c" 404 12'), {
    $ip: "1.1.1.1",
    $2: "a",
    $3: "b c",
    $status: "404",
    $bytes: "12",
  });
  assert.deepEqual(parseFilterPattern('{ $.a.b = "*" && $.n > 1 }').extract('{"a":{"b":"x"},"n":2}'), { "$.a.b": "x", "$.n": "2" });
  assert.deepEqual(parseFilterPattern("ERROR").extract("ERROR"), {});
});

test("what is no pattern is refused", () => {
  const wrong = [
    '"unfinished',
    "?",
    "- ",
    "foo.bar",
    "%(a)%",
    "%a!%",
    "%a",
    "%%",
    "%a{3,2}%",
    "%a{1,999}%",
    "%*%",
    "%[z-a]%",
    "%a% %b% %c%",
    "{",
    "{}",
    "{ $.a }",
    "{ $.a = }",
    "{ $.a = 1",
    "{ $.a > x }",
    '{ $.a > "1" }',
    "{ a = 1 }",
    "{ $.a IS BLUE }",
    "{ ($.a = 1 }",
    "{ $.a = 1 } x",
    "{ $.a[*].b[*].c[*].d[*] = 1 }",
    "{ $.a = 1 && }",
    "[",
    "[a",
    "[]",
    "[a,]",
    "[..., a, ...]",
    "[a=1 || b=2]",
    "[a>x]",
    "[a] b",
  ];
  for (const text of wrong) assert.throws(() => parseFilterPattern(text), InvalidPattern, text);
});
