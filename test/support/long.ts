/** Whether the long forms of tests run: `npm run test:long`. */
export const long = process.env["PILOTLIGHT_LONG"] === "1";
