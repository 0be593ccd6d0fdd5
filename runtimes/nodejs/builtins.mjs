import { createRequire } from "node:module";

/**
 * Node's own modules by `require`: to `import` them reads every property that they have, which loads promises, streams and
 * parsers that nobody asked for and adds a third to the time that the runtime takes to start.
 */
export const require = createRequire(import.meta.url);
