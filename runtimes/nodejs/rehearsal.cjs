// See stand-by.mjs.
exports.handler = async () => ({});
