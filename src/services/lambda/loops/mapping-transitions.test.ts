import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { mappingTransitionMs } from "../event-sources/limits.ts";
import { changedMapping, createdMapping, deletedMapping, type Mapping } from "../event-sources/mapping.ts";
import { eventSourceMappings } from "../migrations/0005-event-source-mappings.ts";
import { Bell } from "../state.ts";
import { EventSourceMappingStore } from "../store/event-source-mappings.ts";
import { mappingTransitions } from "./mapping-transitions.ts";

/** Disk and loop work in real time, whatever the clock of the test says. */
class Bench {
  readonly clock = new ManualClock();
  readonly mappingBell = new Bell();
  readonly pollingBell = new Bell<Mapping>();
  readonly log = silentLog;
  readonly mappings: EventSourceMappingStore;

  private constructor(mappings: EventSourceMappingStore) {
    this.mappings = mappings;
  }

  static async open(t: TestContext): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), "mappings-"));
    const database = await openSqliteDatabase({ path: join(folder, "database") });
    t.after(async () => {
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });
    await database.migrate("lambda", [eventSourceMappings]);
    return new Bench(new EventSourceMappingStore(database));
  }

  async create(uuid: string, isEnabled = true): Promise<Mapping> {
    const scope = { accountId: "123456789012", region: "eu-central-1" };
    const sourceArn = `arn:aws:sqs:eu-central-1:123456789012:${uuid}`;
    const functionArn = "arn:aws:lambda:eu-central-1:123456789012:function:reader";
    const mapping = createdMapping({ ...scope, uuid, kind: "sqs", sourceArn, functionArn, options: {}, isEnabled }, this.clock.now());
    await this.mappings.create(mapping, {});
    this.mappingBell.ring();
    return mapping;
  }

  /** Once the loop has written what it had to. */
  async reaches(mapping: Mapping, wanted: Mapping["state"] | undefined): Promise<Mapping> {
    for (let look = 0; ; look++) {
      const found = await this.mappings.find(mapping);
      if (found?.state === wanted) return found!;
      assert.ok(look < 1_000, `still ${found?.state}`);
      await pause(2);
    }
  }

  /** Time goes by once the loop has armed its timer for it. */
  async advance(byMs: number): Promise<void> {
    for (let look = 0; this.clock.pendingCount === 0; look++) {
      assert.ok(look < 1_000, "no timer is armed");
      await pause(2);
    }
    await this.clock.advance(byMs);
  }
}

test("mappings go from state to state in their time", async (t) => {
  const bench = await Bench.open(t);
  await using _loop = mappingTransitions(bench).start();
  const created = await bench.create("a");
  await bench.advance(mappingTransitionMs - 1);
  assert.equal((await bench.mappings.find(created))!.state, "Creating");
  await bench.advance(1);
  const enabled = await bench.reaches(created, "Enabled");
  assert.equal(enabled.modifiedMs, created.modifiedMs + mappingTransitionMs);

  const disabling = changedMapping(enabled, { isEnabled: false }, bench.clock.now());
  assert.equal(await bench.mappings.replace(disabling), true);
  assert.equal(await bench.mappings.replace(disabling), false, "a second writer of the same revision");
  bench.mappingBell.ring();
  await bench.advance(mappingTransitionMs);
  const disabled = await bench.reaches(created, "Disabled");

  await bench.mappings.replace(deletedMapping(disabled, bench.clock.now()));
  bench.mappingBell.ring();
  await bench.advance(mappingTransitionMs);
  await bench.reaches(created, undefined);
});

test("what was under way goes on after a start, each mapping in its own time", async (t) => {
  const bench = await Bench.open(t);
  const first = await bench.create("a");
  await bench.clock.advance(100);
  const second = await bench.create("b", false);
  await bench.clock.advance(mappingTransitionMs - 100);
  await using _loop = mappingTransitions(bench).start();
  await bench.reaches(first, "Enabled");
  assert.equal((await bench.mappings.find(second))!.state, "Creating");
  await bench.advance(100);
  await bench.reaches(second, "Disabled");
});

test("the loop can be stopped", async (t) => {
  const bench = await Bench.open(t);
  const loop = mappingTransitions(bench).start();
  const created = await bench.create("a");
  await loop[Symbol.asyncDispose]();
  await bench.clock.advance(mappingTransitionMs);
  assert.equal(bench.clock.pendingCount, 0);
  assert.equal((await bench.mappings.find(created))!.state, "Creating");
});
