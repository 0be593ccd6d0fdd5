export const handler = async ({ name = "world" }) => `Hello, ${name}.`;
