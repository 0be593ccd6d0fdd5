/**
 * Three stages of one function, told with versions and aliases: Dev follows $LATEST, Stage gets what is published, Prod is moved by a
 * canary and can be moved back. README.md has the same as commands. Against a running Pilotlight, with the variables of the README set:
 *
 *     node examples/versions-story/story.ts arn:aws:iam::000000000000:role/hello
 */
import { join } from "node:path";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { zipFolder } from "../zip-folder.ts";

/** What a stage's function says of itself. */
export interface Answer {
  release: number;
  colour: string;
  functionVersion: string;
  invokedFunctionArn: string;
}

export interface Chapter {
  title: string;
  Dev: Answer;
  Stage: Answer;
  Prod: Answer;
  /** How many of the canary's invocations each version served. */
  served?: Record<string, number>;
}

interface Scene {
  lambda: Lambda;
  functionName: string;
  roleArn: string;
}

type Release = 1 | 2 | 3;

/** Each release has its own code, in the folder of its name, and its own configuration. */
const colours: Record<Release, string> = { 1: "blue", 2: "green", 3: "red" };
const patience = { maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 };

/** Plays the story and gives `tell` what the stages answer after each chapter. */
export async function playStory(scene: Scene, canaryInvocations: number, tell: (chapter: Chapter) => void): Promise<void> {
  const { lambda, functionName: FunctionName } = scene;
  const moveAlias = (Name: string, FunctionVersion: string, weights?: Record<string, number>) =>
    lambda.updateAlias({ FunctionName, Name, FunctionVersion, ...(weights && { RoutingConfig: { AdditionalVersionWeights: weights } }) });

  await createFunction(scene);
  const first = await publish(scene);
  await lambda.createAlias({ FunctionName, Name: "Dev", FunctionVersion: "$LATEST" });
  for (const Name of ["Stage", "Prod"]) await lambda.createAlias({ FunctionName, Name, FunctionVersion: first });
  tell(await look(scene, "Dev follows $LATEST, Stage and Prod point to 1"));

  await deploy(scene, 2);
  const second = await publish(scene);
  await moveAlias("Stage", second);
  tell(await look(scene, "2 is published, Stage moved to it"));

  await deploy(scene, 3);
  tell(await look(scene, "$LATEST is edited: only Dev sees it"));

  await moveAlias("Prod", first, { [second]: 0.1 });
  const served = await countVersions(scene, "Prod", canaryInvocations);
  tell({ ...(await look(scene, "Prod gives a tenth of its invocations to 2")), served });

  await moveAlias("Prod", second, {});
  tell(await look(scene, "2 is promoted"));

  await moveAlias("Prod", first);
  tell(await look(scene, "Prod is rolled back to 1"));
}

async function createFunction({ lambda, functionName, roleArn }: Scene): Promise<void> {
  await lambda.createFunction({
    FunctionName: functionName,
    Runtime: "nodejs26.x",
    Handler: "index.handler",
    Role: roleArn,
    Code: { ZipFile: await zipFolder(join(import.meta.dirname, "release-1")) },
    Environment: { Variables: { COLOUR: colours[1] } },
  });
  await waitUntilFunctionActiveV2({ client: lambda, ...patience }, { FunctionName: functionName });
}

/** Puts a release into $LATEST: its code and its configuration. */
async function deploy({ lambda, functionName: FunctionName }: Scene, release: Release): Promise<void> {
  await lambda.updateFunctionCode({ FunctionName, ZipFile: await zipFolder(join(import.meta.dirname, `release-${release}`)) });
  await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName });
  await lambda.updateFunctionConfiguration({ FunctionName, Environment: { Variables: { COLOUR: colours[release] } } });
  await waitUntilFunctionUpdatedV2({ client: lambda, ...patience }, { FunctionName });
}

async function publish({ lambda, functionName }: Scene): Promise<string> {
  return (await lambda.publishVersion({ FunctionName: functionName })).Version!;
}

async function look(scene: Scene, title: string): Promise<Chapter> {
  return { title, Dev: await ask(scene, "Dev"), Stage: await ask(scene, "Stage"), Prod: await ask(scene, "Prod") };
}

async function ask({ lambda, functionName }: Scene, stage: string): Promise<Answer> {
  const { Payload } = await lambda.invoke({ FunctionName: functionName, Qualifier: stage });
  return JSON.parse(Buffer.from(Payload!).toString()) as Answer;
}

/** The header X-Amz-Executed-Version tells which version served an invocation. */
async function countVersions({ lambda, functionName }: Scene, stage: string, invocations: number): Promise<Record<string, number>> {
  const served: Record<string, number> = {};
  for (let count = 0; count < invocations; count++) {
    const { ExecutedVersion } = await lambda.invoke({ FunctionName: `${functionName}:${stage}` });
    served[ExecutedVersion!] = (served[ExecutedVersion!] ?? 0) + 1;
  }
  return served;
}

if (import.meta.main) {
  const [roleArn, functionName = "versions-story"] = process.argv.slice(2);
  if (roleArn === undefined) throw new Error("which role shall the function have? its ARN is the first argument");
  const stage = ({ release, colour, functionVersion }: Answer): string => `release ${release}, ${colour} (${functionVersion})`;
  await playStory({ lambda: new Lambda({}), functionName, roleArn }, 200, ({ title, Dev, Stage, Prod, served }) => {
    console.log(`\n${title}\n  Dev    ${stage(Dev)}\n  Stage  ${stage(Stage)}\n  Prod   ${stage(Prod)}`);
    if (served) console.log(`  served by ${JSON.stringify(served)}`);
  });
}
