/**
 * Who takes part in this run, on what: the contestants that were asked for and whose toolchains are
 * here, ready to be started, and the clients.
 *
 * @module
 */

import { type Contestant, CONTESTANTS, titleOf } from "./contestants.ts";
import { type Cores, findCores } from "./cores.ts";
import type { Clients } from "./load.ts";
import { type Row, ROWS } from "./rows.ts";
import type { Settings } from "./settings.ts";
import { isInstalled, MissingToolError, prepareClient, prepareToolchain } from "./toolchains.ts";

/** A contestant that can be started. */
export interface Ready {
  readonly contestant: Contestant;
  /** How, on its core. */
  readonly command: readonly string[];
}

/** Who and what. */
export interface Lineup {
  readonly ready: readonly Ready[];
  readonly rows: readonly Row[];
  readonly clients: Clients;
  readonly cores: Cores;
  /** What is not measured, and why. */
  readonly leftOut: readonly string[];
}

/** Builds what there is to be built. */
export async function prepareLineup(settings: Settings): Promise<Lineup> {
  const leftOut: string[] = [];
  const cores = await findCores();
  const clients = await findClients(cores, leftOut);
  const rows = ROWS.filter(({ name, title, client }) => {
    if (!settings.rows.includes(name)) return false;
    if (clients[client] === undefined) leftOut.push(`${title}: its client is missing`);
    return clients[client] !== undefined;
  });
  if (rows.length === 0) throw new Error(`Cannot measure anything:\n${leftOut.join("\n")}`);
  const ready = await prepareContestants(settings, cores, leftOut);
  for (const each of leftOut) console.error(`left out: ${each}`);
  return { ready, rows, clients, cores, leftOut };
}

async function prepareContestants(
  settings: Settings,
  cores: Cores,
  leftOut: string[],
): Promise<Ready[]> {
  const picked = CONTESTANTS.filter(({ name }) => settings.contestants.includes(name));
  const ready: Ready[] = [];
  for (const [toolchain, contestants] of Map.groupBy(picked, ({ toolchain }) => toolchain)) {
    console.error(`preparing ${toolchain} ...`);
    const titles = contestants.map((each) => titleOf(each)).join(", ");
    const prepared = await orLeftOut(titles, leftOut, () => prepareToolchain(toolchain));
    if (prepared === undefined) continue;
    for (const contestant of contestants) {
      ready.push({ contestant, command: [...cores.server, ...contestant.command(prepared)] });
    }
  }
  return ready;
}

async function findClients(cores: Cores, leftOut: string[]): Promise<Clients> {
  const own = await orLeftOut("the client for streams", leftOut, prepareClient);
  const hasH2load = await isInstalled("h2load");
  if (!hasH2load) leftOut.push("h2load: it is not installed (Debian has it in nghttp2-client)");
  return {
    h2load: hasH2load ? [...cores.client, "h2load"] : undefined,
    own: own === undefined ? undefined : [...cores.client, own],
  };
}

async function orLeftOut(
  what: string,
  leftOut: string[],
  prepare: () => Promise<string>,
): Promise<string | undefined> {
  try {
    return await prepare();
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error;
    leftOut.push(`${what}: ${error.message}`);
  }
}
