import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvironmentLifecycle, transitions, type EnvironmentState } from "./lifecycle.ts";

const states = Object.keys(transitions) as EnvironmentState[];

/** A shortest way from the first state, found in the table itself. */
function pathTo(target: EnvironmentState): EnvironmentState[] {
  const paths: EnvironmentState[][] = [["Cold"]];
  for (const path of paths) {
    const last = path.at(-1) as EnvironmentState;
    if (last === target) return path.slice(1);
    for (const next of transitions[last]) if (!paths.some((known) => known.at(-1) === next)) paths.push([...path, next]);
  }
  throw new Error(`${target} cannot be reached`);
}

function lifecycleIn(state: EnvironmentState): EnvironmentLifecycle {
  const lifecycle = new EnvironmentLifecycle();
  for (const step of pathTo(state)) lifecycle.moveTo(step);
  return lifecycle;
}

test("every state can be reached, and every one leads to Stopped", () => {
  for (const state of states) {
    const lifecycle = lifecycleIn(state);
    assert.equal(lifecycle.state, state);
    if (state !== "Stopped" && state !== "Stopping") lifecycle.moveTo("Stopping");
    if (state !== "Stopped") lifecycle.moveTo("Stopped");
    assert.equal(lifecycle.isEnding, true);
  }
});

test("each of the pairs moves if listed, and otherwise throws naming both states", () => {
  for (const from of states) {
    for (const to of states) {
      const lifecycle = lifecycleIn(from);
      if (transitions[from].includes(to)) {
        lifecycle.moveTo(to);
        assert.equal(lifecycle.state, to);
      } else {
        assert.throws(() => lifecycle.moveTo(to), new RegExp(`from ${from} to ${to}$`));
        assert.equal(lifecycle.state, from);
      }
    }
  }
});
