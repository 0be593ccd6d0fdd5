/** Names under which function URLs answer: `ID.lambda-url.REGION.localhost`, and AWS's own. */
export const functionUrlHosts = /^([a-z0-9]+)\.lambda-url\.([a-z0-9-]+)\.(?:localhost|on\.aws)(?::\d+)?$/;
