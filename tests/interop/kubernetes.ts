/**
 * The manifests of `deploy/kubernetes/` and `deploy/prometheus/`, as Kubernetes' own code sees them:
 * decoded strictly, validated as on creation, and held against the standard for Pods "restricted".
 * kube-score knows good practice besides.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { type CommandResult, runCommand, transcript } from "../support/command.ts";
import { walkFiles } from "../support/files.ts";
import { createTempDirectory } from "../support/pem_files.ts";
import { goTool, reportLeftOut } from "../support/tools.ts";

const CHECK = await goTool("kube-check");
const SCORE = await goTool("kube-score");
reportLeftOut();

const DEPLOY = new URL("../../deploy/", import.meta.url);

/** What the manifests do on purpose, as kube-score calls it. */
const ON_PURPOSE: Readonly<Record<string, string>> = {
  "container-resources": "a server whose CPU is throttled misses deadlines",
  "container-image-pull-policy": "the image's tag is a version, which stays what it is",
  "deployment-has-host-podantiaffinity": "topologySpreadConstraints spread the Pods",
};

for (const folder of ["kubernetes", "prometheus"]) {
  Deno.test({
    name: `kube-check finds no fault with deploy/${folder}`,
    ignore: CHECK === undefined,
    async fn() {
      const result = await check(new URL(`${folder}/`, DEPLOY));
      assertEquals([result.code, result.stderr], [0, ""], transcript(result));
    },
  });
}

Deno.test({
  name: "kube-check renders all files of deploy/kubernetes",
  ignore: CHECK === undefined,
  async fn() {
    const { stdout } = await check(new URL("kubernetes/", DEPLOY));
    const kinds = [...stdout.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind!);
    assertEquals(kinds.sort(), [
      "ConfigMap",
      "Deployment",
      "HorizontalPodAutoscaler",
      "NetworkPolicy",
      "PodDisruptionBudget",
      "Service",
      "Service",
    ]);
  },
});

/** Mistakes that it must find: in which file, what becomes what, and what it says. */
const MISTAKES: readonly (readonly [file: string, from: string, to: string, says: RegExp])[] = [
  ["deployment.yaml", "readOnlyRootFilesystem", "readOnlyRootFileSystem", /unknown field/],
  ["deployment.yaml", "runAsNonRoot: true", "runAsNonRoot: false", /runAsNonRoot != true/],
  ["deployment.yaml", "drop: [ALL]", "drop: []", /unrestricted capabilities/],
  ["deployment.yaml", "RuntimeDefault", "Unconfined", /seccompProfile/],
  ["deployment.yaml", "memory: 128Mi", "memory: 1Gi", /less than or equal to memory limit/],
  ["service.yaml", "targetPort: grpc", "targetPort: gr_pc", /targetPort: Invalid value/],
  ["pod_disruption_budget.yaml", "maxUnavailable: 1", "maxUnavailable: -1", /maxUnavailable/],
  ["horizontal_pod_autoscaler.yaml", "minReplicas: 3", "minReplicas: 30", /maxReplicas/],
  ["network_policy.yaml", "port: admin", "port: 70000", /between 1 and 65535/],
];
Deno.test({
  name: "kube-check finds mistakes",
  ignore: CHECK === undefined,
  async fn(t) {
    for (const [file, from, to, says] of MISTAKES) {
      await t.step(to, async () => {
        await using copy = await copyFolder(new URL("kubernetes/", DEPLOY));
        const path = new URL(file, copy.directory);
        const text = await Deno.readTextFile(path);
        await Deno.writeTextFile(path, text.replace(from, to));
        const result = await check(copy.directory);
        assertMatch(result.stderr, says);
        assertEquals(result.code, 1);
      });
    }
  },
});

Deno.test({
  name: "kube-score finds no fault with deploy/kubernetes",
  ignore: CHECK === undefined || SCORE === undefined,
  async fn() {
    const { stdout: manifests } = await check(new URL("kubernetes/", DEPLOY));
    await using temporary = await createTempDirectory();
    const file = new URL("all.yaml", temporary.directory);
    await Deno.writeTextFile(file, manifests);
    const score = (ignored: readonly string[]) =>
      runCommand(SCORE!, [
        ...["score", "--output-format=ci", "--exit-one-on-warning"],
        ...ignored.map((name) => `--ignore-test=${name}`),
        file.pathname,
      ]);
    const result = await score(Object.keys(ON_PURPOSE));
    assertEquals(result.code, 0, transcript(result));
    // None of them is ignored in vain.
    for (const name of Object.keys(ON_PURPOSE)) {
      const others = Object.keys(ON_PURPOSE).filter((each) => each !== name);
      assertEquals((await score(others)).code, 1, `${name} holds, and need not be ignored`);
    }
  },
});

function check(folder: URL): Promise<CommandResult> {
  return runCommand(CHECK!, [folder.pathname]);
}

async function copyFolder(folder: URL): ReturnType<typeof createTempDirectory> {
  const copy = await createTempDirectory();
  for (const name of await walkFiles(folder)) {
    await Deno.copyFile(new URL(name, folder), new URL(name, copy.directory));
  }
  return copy;
}
