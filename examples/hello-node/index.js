// Greets whoever the event names. Answers as API Gateway wants it: a status and a body.
exports.handler = async (event, context) => {
  try {
    console.log("greeting", event.name, "with", context.getRemainingTimeInMillis(), "ms to go");
    if (event.name === undefined) throw new Error("nobody to greet");
    return { statusCode: 200, body: JSON.stringify({ message: `Hello, ${event.name}, from Node.js ${process.version}` }) };
  } catch (error) {
    console.error("could not greet", error);
    return { statusCode: 500, body: JSON.stringify({ message: error.message }) };
  }
};
