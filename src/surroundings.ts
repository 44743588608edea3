/**
 * What is around a server for those who look after it: its side ports, and what is observed of it.
 * Nothing of it is loaded that is not wanted.
 *
 * @module
 */

import type { CallObserver } from "./call_observer.ts";
import type { HealthStatus } from "./health_status.ts";
import type { ResolvedMountOptions } from "./serve_options.ts";
import type { AdminSource } from "./side_ports/admin_port.ts";
import type { SideAddress, SidePort } from "./side_ports/side_port.ts";
import type { ServerCounts } from "./telemetry/instruments.ts";
import type { Observation, ObservationOptions } from "./telemetry/observation.ts";

/** What {@linkcode openSurroundings} goes by. */
export interface SurroundingsOptions extends Pick<ResolvedMountOptions, "telemetry" | "sidePorts"> {
  /** What the side ports tell. */
  readonly health: HealthStatus;
  /** What there is to count. */
  readonly counts: ServerCounts;
}

/** What is around a server. */
export interface Surroundings {
  readonly healthPort: SidePort | undefined;
  readonly adminPort: SidePort | undefined;
  /** Is to be told of the server's calls. */
  readonly observer: CallObserver | undefined;
  /** Closes all of it. */
  close(): Promise<void>;
}

/**
 * Opens what is wanted.
 *
 * @throws {ConfigError} If a port cannot be opened. None is open then.
 */
export async function openSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
  const { telemetry, sidePorts: { hostname, healthPort, adminPort }, health, counts } = options;
  const ports: SidePort[] = [];
  let observation: Observation | undefined;
  const close = async () => {
    await Promise.all(ports.map((port) => port.close()));
    await observation?.close();
  };
  const open = async (port: Promise<SidePort>) => {
    ports.push(await port);
    return ports.at(-1)!;
  };
  try {
    const prometheus = adminPort !== undefined;
    if (telemetry || prometheus) observation = await observe({ telemetry, prometheus, counts });
    return {
      healthPort: healthPort === undefined
        ? undefined
        : await open(openHealth({ hostname, port: healthPort }, health)),
      adminPort: adminPort === undefined
        ? undefined
        : await open(openAdmin({ hostname, port: adminPort }, {
          isServing: () => health.get("") === "SERVING",
          metricsText: () => observation!.metricsText(),
        })),
      observer: observation?.observer,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

// Each is loaded by those who want it.

async function observe(options: ObservationOptions): Promise<Observation> {
  const { startObservation } = await import("./telemetry/observation.ts");
  return await startObservation(options);
}

async function openHealth(address: SideAddress, health: HealthStatus): Promise<SidePort> {
  const { openHealthPort } = await import("./side_ports/health_port.ts");
  return await openHealthPort(address, health);
}

async function openAdmin(address: SideAddress, source: AdminSource): Promise<SidePort> {
  const { openAdminPort } = await import("./side_ports/admin_port.ts");
  return await openAdminPort(address, source);
}
