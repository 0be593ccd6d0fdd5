// See index.mjs.
process.send("x", () => process.disconnect());
