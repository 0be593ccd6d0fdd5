import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LaunchFolders, Places } from "./driver.ts";
import { findProgram, runs } from "./system-programs.ts";

/**
 * On Linux a process can have a view of the files of its own, in which its folders lie where AWS has them: the code on /var/task, the
 * layers on /opt, file systems under /mnt, a private folder on /tmp. That takes `unshare` and the right to mount (root, or a kernel
 * that lets users make user namespaces); what works is found out by trying.
 */
export interface FileView {
  places(folders: LaunchFolders): Places;
  /** Program and arguments that run the rest of the command line in the view, in the folder of the code. `hosts` takes the place of the machine's. */
  command(folders: LaunchFolders, hosts?: string): Promise<string[]>;
}

const taskPlace = "/var/task";
export const layersPlace = "/opt";
const fileSystemsPlace = "/mnt";
const tmpPlace = "/tmp";
export const hostsPlace = "/etc/hosts";

interface Bind {
  option: "-obind,ro" | "--rbind";
  source: string;
  target: string;
}

/** $1: mount (the function's PATH is not ours); $2: the working folder; then, up to `--`, binds. They are gone with the last process of the view. */
const script = `
mount=$1; work=$2; shift 2
while [ "$1" != -- ]; do "$mount" "$1" "$2" "$3" || exit 125; shift 3; done
shift
cd "$work" || exit 125
unset OLDPWD
exec "$@"`;

const ways = [["--mount"], ["--user", "--map-root-user", "--mount"]];

/** The view with the most of AWS's places that works here, if any does. `scratchFolder` must exist. */
export async function findFileView(scratchFolder: string): Promise<FileView | undefined> {
  if (process.platform !== "linux") return undefined;
  const [unshare, mount] = await Promise.all([findProgram("unshare"), findProgram("mount")]);
  if (unshare === undefined || mount === undefined) return undefined;
  const places = await makePlaces();
  for (const mountable of [places, new Set<string>()]) {
    for (const way of ways) {
      const view = new MountedView([unshare, ...way, "--", "/bin/sh", "-c", script, "sh", mount], mountable);
      if (await works(view, scratchFolder)) return view;
    }
  }
  return undefined;
}

/** Those of AWS's places that are folders here: only they can be mounted upon. Missing ones are made, if we may. */
async function makePlaces(): Promise<Set<string>> {
  const places = new Set<string>();
  for (const place of [taskPlace, layersPlace, fileSystemsPlace]) {
    await mkdir(place, { recursive: true }).then(
      () => places.add(place),
      () => {},
    );
  }
  return places;
}

async function works(view: FileView, scratchFolder: string): Promise<boolean> {
  const environment = await mkdtemp(join(scratchFolder, "probe-"));
  const [tmp, task, share] = ["tmp", "task", "share"].map((name) => join(environment, name)) as [string, string, string];
  try {
    for (const folder of [tmp, task, share]) await mkdir(join(folder, "seen"), { recursive: true });
    const folders = {
      environment,
      tmp,
      task,
      layers: task,
      fileSystems: [{ folder: share, mountPath: join(fileSystemsPlace, "share") }],
      readable: [],
    };
    const { task: seenTask, layers, hasFileSystems } = view.places(folders);
    const expected = [tmpPlace, seenTask, layers, ...(hasFileSystems ? [join(fileSystemsPlace, "share")] : [])];
    return await runs([
      ...(await view.command(folders)),
      "/bin/sh",
      "-c",
      'for at; do test -d "$at/seen" || exit 1; done',
      "sh",
      ...expected,
    ]);
  } finally {
    await rm(environment, { recursive: true, force: true });
  }
}

class MountedView implements FileView {
  readonly #start: readonly string[];
  readonly #mountable: ReadonlySet<string>;

  constructor(start: readonly string[], mountable: ReadonlySet<string>) {
    this.#start = start;
    this.#mountable = mountable;
  }

  places(folders: LaunchFolders): Places {
    // A mount hides what lies below it, which must not be what the program needs.
    const isFree = (place: string) =>
      this.#mountable.has(place) && ![folders.environment, ...folders.readable].some((folder) => isWithin(folder, place));
    return {
      task: isFree(taskPlace) ? taskPlace : folders.task,
      layers: folders.layers === undefined || isFree(layersPlace) ? layersPlace : folders.layers,
      hasFileSystems: this.#mountable.has(fileSystemsPlace),
    };
  }

  async command(folders: LaunchFolders, hosts?: string): Promise<string[]> {
    const { task, layers } = this.places(folders);
    const readable = new Set([
      ...folders.readable,
      ...(task === folders.task ? [task] : []),
      ...(layers === folders.layers ? [layers] : []),
    ]);
    const binds: Bind[] = [];
    // Folders of our own take the place of whole trees; within them is made visible again what else the program needs of the tree.
    const trees = [{ place: tmpPlace, own: folders.tmp }];
    if (folders.fileSystems.length > 0) trees.push({ place: fileSystemsPlace, own: join(folders.environment, "mnt") });
    for (const { place, own } of trees) {
      const hidden = [...readable].filter((folder) => isWithin(folder, place)).map((folder) => ({ folder, mountPath: folder }));
      const shown = [...hidden, ...folders.fileSystems.filter(({ mountPath }) => isWithin(mountPath, place))];
      for (const { folder, mountPath } of shown) {
        if (await isFolder(folder)) binds.push({ option: "--rbind", source: folder, target: own + mountPath.slice(place.length) });
      }
    }
    await Promise.all(
      [...trees.map(({ own }) => own), ...binds.map(({ target }) => target)].map((folder) => mkdir(folder, { recursive: true })),
    );
    if (task === taskPlace) binds.push({ option: "-obind,ro", source: folders.task, target: task });
    if (folders.layers !== undefined && layers === layersPlace) binds.push({ option: "-obind,ro", source: folders.layers, target: layers });
    if (hosts !== undefined) binds.push({ option: "-obind,ro", source: hosts, target: hostsPlace });
    // The tree that holds the sources goes last.
    const last = (place: string) => Number(isWithin(folders.environment, place));
    for (const { place, own } of trees.toSorted((a, b) => last(a.place) - last(b.place)))
      binds.push({ option: "--rbind", source: own, target: place });
    return [...this.#start, task, ...binds.flatMap(({ option, source, target }) => [option, source, target]), "--"];
  }
}

const isWithin = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
