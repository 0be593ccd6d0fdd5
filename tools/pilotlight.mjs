#!/usr/bin/env node
/**
 * The `pilotlight` command: `npx pilotlight doctor` in this folder, `pilotlight doctor` anywhere after `npm link`. Each word is a script;
 * like set-up.mjs, which runs it, this file is plain JavaScript without packages.
 */
const scripts = {
  start: ["src/main.ts"],
  doctor: ["src/main.ts", "doctor"],
  runtimes: ["src/main.ts", "runtimes"],
  trust: ["src/cli/trust.ts"],
};

const usage = `Usage: pilotlight COMMAND [options]

  start    Pilotlight in the foreground (--help tells its settings)
  doctor   what a start with the same settings would find on this machine, and what would make it better
  runtimes which runtimes functions find on this machine; runtimes install ID fetches what one lacks
  trust    fetches the certificate of a running Pilotlight's authority and tells how clients accept it
`;

const [command = "", ...rest] = process.argv.slice(2);
if (Object.hasOwn(scripts, command)) {
  process.argv.splice(2, Infinity, ...scripts[command], ...rest);
  await import("./set-up.mjs");
} else {
  const wasAsked = ["help", "--help", "-h"].includes(command);
  (wasAsked ? process.stdout : process.stderr).write(usage);
  process.exitCode = wasAsked ? 0 : 2;
}
