import { PythonInterpreters } from "../src/sandbox/runtimes/python-interpreters.ts";

/** SnapStart is for 3.12 and newer. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html */
const versions = ["3.12", "3.13", "3.14", "3.11"] as const;
const oldestWithSnapStart = 12;

export interface Python {
  runtime: `python${(typeof versions)[number]}`;
  /** The interpreter itself: a shim that leads to it may take longer than its start. */
  program: string;
  hasSnapStart: boolean;
}

/** The Python that functions of the bench are for: the first of those that this machine has, by the product's own search. */
export async function findPython(): Promise<Python> {
  const interpreters = new PythonInterpreters(process.env["PATH"] ?? "");
  for (const version of versions) {
    const found = await interpreters.find(version).catch(() => undefined);
    const hasSnapStart = Number(version.split(".")[1]) >= oldestWithSnapStart;
    if (found) return { runtime: `python${version}`, program: found.program, hasSnapStart };
  }
  throw new Error(`The bench takes one of Python ${versions.join(", ")}.`);
}
