/** Opens the data folder at argv[2], says `open` or the name of the error, and holds it until standard input ends. */
import { openDataFolder } from "#storage/data-folder.ts";

try {
  const data = await openDataFolder(process.argv[2]!);
  console.log("open");
  process.stdin.resume().on("end", () => data[Symbol.dispose]());
} catch (error) {
  console.log((error as Error).name);
}
