exports.handler = async (_event, { functionVersion, invokedFunctionArn }) => ({
  release: 3,
  colour: process.env.COLOUR,
  functionVersion,
  invokedFunctionArn,
});
