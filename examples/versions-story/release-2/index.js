exports.handler = async (_event, { functionVersion, invokedFunctionArn }) => ({
  release: 2,
  colour: process.env.COLOUR,
  functionVersion,
  invokedFunctionArn,
});
