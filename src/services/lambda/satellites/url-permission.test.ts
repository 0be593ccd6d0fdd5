import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyStatement } from "../resource-policy.ts";
import { urlPermission } from "./url-permission.ts";

const anybody = { signer: undefined, authType: "NONE" } as const;
const ada = { signer: { arn: "arn:aws:iam::123456789012:user/ada", accountId: "123456789012" }, authType: "AWS_IAM" } as const;

const url: PolicyStatement = {
  Effect: "Allow",
  Principal: "*",
  Action: "lambda:InvokeFunctionUrl",
  Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } },
};
const byUrl: PolicyStatement = {
  Effect: "Allow",
  Principal: "*",
  Action: "lambda:InvokeFunction",
  Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
};
const verdict = (statements: PolicyStatement[], caller: Parameters<typeof urlPermission>[1] = anybody): string =>
  urlPermission({ Statement: statements }, caller);

test("it takes both permissions", () => {
  assert.equal(urlPermission(undefined, anybody), "unmentioned");
  assert.equal(verdict([url]), "unmentioned");
  assert.equal(verdict([byUrl]), "unmentioned");
  assert.equal(verdict([url, byUrl]), "allowed");
  assert.equal(verdict([{ Effect: "Allow", Principal: { AWS: ["*"] }, Action: "lambda:Invoke*" }]), "allowed");
});

test("a permission is for whom it names", () => {
  const both = (principal: PolicyStatement["Principal"] & object): PolicyStatement[] => [
    { Effect: "Allow", Principal: principal, Action: ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] },
  ];
  for (const name of [ada.signer.arn, ada.signer.accountId, "arn:aws:iam::123456789012:root", "*"]) {
    assert.equal(verdict(both({ AWS: name }), ada), "allowed", name);
  }
  assert.equal(verdict(both({ AWS: "arn:aws:iam::123456789012:user/bob" }), ada), "unmentioned");
  assert.equal(verdict(both({ AWS: ada.signer.arn })), "unmentioned");
  assert.equal(verdict(both({ Service: "*" })), "unmentioned");
});

test("conditions must hold, and those that are not understood do not allow", () => {
  assert.equal(verdict([url, byUrl], ada), "unmentioned");
  assert.equal(verdict([url, { ...byUrl, Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "false" } } }]), "unmentioned");
  for (const Condition of [{ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, { StringEquals: { "aws:PrincipalOrgID": "o-1" } }])
    assert.equal(verdict([url, { ...byUrl, Condition }]), "unmentioned");
});

test("what is forbidden is forbidden, also by a condition that is not understood", () => {
  const deny: PolicyStatement = { Effect: "Deny", Principal: "*", Action: "*" };
  assert.equal(verdict([url, byUrl, deny]), "denied");
  assert.equal(verdict([url, byUrl, { ...deny, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }]), "denied");
  assert.equal(verdict([url, byUrl, { ...deny, Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } } }]), "allowed");
});
