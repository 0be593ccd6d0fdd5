exports.handler = async ({ untilMs }) => {
  const startedMs = Date.now();
  await new Promise((resolve) => setTimeout(resolve, untilMs - startedMs));
  return { startedMs };
};
