import * as path from "node:path";
import { compile, type CompilerError } from "../support/compiler";
import { repository } from "../support/repository";

const head = `
  import * as kubernetes from "@pulumi/kubernetes";
  import * as pulumi from "@pulumi/pulumi";
  import { AgentToken, ClusterAgent, Provider, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
  import { AgentInstallation, type AgentInstallationArgs, type ReceptiveAgentArgs } from "pulumi-gitlab-agent/kubernetes";
  declare const text: pulumi.Output<string>;
  declare const installation: AgentInstallation;
`;

/** Programs that compile, by their topic. */
const GOOD: Record<string, string> = {
  "a project alone": `new AgentInstallation("a", { project: 42 });`,
  "every argument, plain": `
    const args: AgentInstallationArgs = {
      project: "group/app", agentName: "a", tokenRotationTriggers: { month: "2026-11" }, namespace: "a",
      createNamespace: true, kasAddress: "wss://kas", replicas: 3, values: { a: { b: [1, null] } }, chart: "c",
      version: "1", repository: "r",
      receptive: {
        url: "grpcs://a", clientCert: "a", clientKey: "a", caCert: "a", tlsHost: "a", clientCaCert: "a",
        tls: { cert: "a", key: "a" }, stringData: { a: "b" },
      },
    };
    new AgentInstallation("a", args);`,
  "every argument, as an output": `
    new AgentInstallation("a", {
      project: text, agentName: text, tokenRotationTriggers: pulumi.output({ a: 1 }), namespace: text, kasAddress: text,
      replicas: pulumi.output(3), values: pulumi.output({ a: 1 }), chart: text, version: text, repository: text,
      receptive: { url: text, clientCert: text, clientKey: text, caCert: text, tlsHost: text, clientCaCert: text,
        tls: { cert: text, key: text }, stringData: pulumi.output({ a: "b" }) },
    });`,
  "an agent, a namespace and providers of the program": `
    const agent = new ClusterAgent("a", { project: 42 });
    const namespace = new kubernetes.core.v1.Namespace("a", {});
    const providers = [new Provider("a", {}), new kubernetes.Provider("a", { context: "a" })];
    new AgentInstallation("a", { agent, namespace }, { providers, protect: true, aliases: [{ name: "b" }], dependsOn: agent });`,
  "outputs are the classes of GitLab's and Kubernetes' packages": `
    const agent: ClusterAgent = installation.agent;
    const token: AgentToken = installation.token;
    const secret: kubernetes.core.v1.Secret = installation.secret;
    const release: kubernetes.helm.v3.Release = installation.release;
    const namespace: pulumi.Output<string> = installation.namespace;
    const urlConfig: ReceptiveUrlConfig | undefined = installation.urlConfig;
    const status: pulumi.Output<string> = installation.release.status.namespace;
    const name: pulumi.Output<string> = installation.secret.metadata.name;
    new kubernetes.core.v1.ConfigMap("a", { metadata: { namespace: installation.namespace } }, { dependsOn: installation });`,
  "what getKas says may be undefined": `
    declare const address: pulumi.Output<string | undefined>;
    new AgentInstallation("a", { project: 42, kasAddress: address });`,
};

/** Programs that do not compile, by the code of their only error. */
const BAD: Record<string, [code: number, program: string]> = {
  "a misspelt argument": [2561, `new AgentInstallation("a", { project: 42, replica: 2 });`],
  "a token": [2353, `new AgentInstallation("a", { project: 42, token: "t" });`],
  "a number as a name": [2322, `new AgentInstallation("a", { project: 42, agentName: 7 });`],
  "a namespace to be made or not by an output": [
    2322,
    `new AgentInstallation("a", { project: 42, createNamespace: pulumi.output(true) });`,
  ],
  "TLS without its key": [
    2741,
    `new AgentInstallation("a", { project: 42, receptive: { url: "a", tls: { cert: "a" } } });`,
  ],
  "a receptive agent without an address": [2741, `const args: ReceptiveAgentArgs = { caCert: "a" };`],
  "another resource in place of an agent": [
    2740,
    `new AgentInstallation("a", { agent: new kubernetes.core.v1.Namespace("a", {}) });`,
  ],
  "an output that is written to": [2540, `installation.namespace = text;`],
};

describe.each([
  ["the oldest 4.x that is to be had", "kubernetes-oldest"],
  ["the 4.x of this repository", "@pulumi/kubernetes"],
])("types, against %s", (_, kubernetes) => {
  const cases = { ...GOOD, ...Object.fromEntries(Object.entries(BAD).map(([name, [, program]]) => [name, program])) };
  let found: Record<string, CompilerError[]>;
  // One compilation for all, with a module for each program.
  beforeAll(async () => {
    found = await compiled(cases, kubernetes);
  });

  test("the package is the expected one", () => {
    const { version } = jest.requireActual<{ version: string }>(`${kubernetes}/package.json`);
    expect(version).toMatch(kubernetes === "kubernetes-oldest" ? /^v?4\.1\./ : /^4\.(?!1\.)/);
  });
  test("the sources compile", () => expect(found["sources"]).toEqual([]));
  test.each(Object.keys(GOOD))("compiles: %s", (name) => expect(found[name]).toEqual([]));
  test.each(Object.entries(BAD))("does not compile: %s", (name, [code]) => {
    expect(found[name]?.map((each) => each.code)).toEqual([code]);
  });
});

/** The errors of each program by its topic, and those of the sources. */
async function compiled(cases: Record<string, string>, kubernetes: string): Promise<Record<string, CompilerError[]>> {
  const inRepository = (place: string) => [path.join(repository, place)];
  const topics = Object.keys(cases);
  const errors = await compile({
    options: {
      module: "node16",
      esModuleInterop: true,
      skipLibCheck: true,
      paths: {
        "pulumi-gitlab-agent": inRepository("sdk/index.ts"),
        "pulumi-gitlab-agent/kubernetes": inRepository("sdk/kubernetes/index.ts"),
        "@pulumi/kubernetes": inRepository(`node_modules/${kubernetes}`),
        "@pulumi/kubernetes/*": inRepository(`node_modules/${kubernetes}/*`),
      },
    },
    programs: Object.fromEntries(topics.map((topic, index) => [`case${index}.ts`, `${head}${cases[topic]}`])),
  });
  return {
    sources: errors.filter(({ file }) => file.includes("sdk/kubernetes/")),
    ...Object.fromEntries(
      topics.map((topic, index) => [topic, errors.filter(({ file }) => file === `case${index}.ts`)]),
    ),
  };
}
