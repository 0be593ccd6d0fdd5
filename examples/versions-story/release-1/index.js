exports.handler = async (_event, { functionVersion, invokedFunctionArn }) => ({
  release: 1,
  colour: process.env.COLOUR,
  functionVersion,
  invokedFunctionArn,
});
