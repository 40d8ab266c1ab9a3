import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import type { KeyedCertificate } from "../support/certificates";
import type { EngineRun } from "../support/engine";

/** The steps of every resource of a part of the program, except the source of the unknown values. */
export const ops = (run: EngineRun, part: string) =>
  Object.fromEntries(
    [...new Set(run.steps.map(({ name }) => name))]
      .filter((name) => name.startsWith(`${part}-`) && name !== `${part}-source`)
      .map((name) => [name.slice(part.length + 1), run.ops(name).join(" ")]),
  );

/** The same, if each had the same steps. */
export const all = (run: EngineRun, part: string, op: string) =>
  Object.fromEntries(Object.keys(ops(run, part)).map((name) => [name, op]));

/**
 * A part of the program whose inputs are unknown in a preview, since they come from an agent that is to be created or replaced. It can
 * be declared twice: as `one` and as `new`.
 */
export function unknownInputs({ state }: Simulator, pair: KeyedCertificate) {
  const agentsOf = (part: string) =>
    Array.from({ length: 13 }, (_, at) => state.createAgent(101, `${part}-there-${at}`).id);
  const agents = { one: agentsOf("one"), new: agentsOf("new") };
  return (part: keyof typeof agents, name: string, deleteBeforeReplace = false) => {
    const free = [...agents[part]];
    const there = () => ({ project: 101, agentId: free.shift() ?? 0 });
    const source = new ClusterAgent(`${part}-source`, { project: 101, name }, { deleteBeforeReplace });
    // `follows` changes with the source; `stays` is unknown in a preview, and then equal each time.
    const follows = source.agentId.apply((id) => `v${id}`);
    const stays = <T>(value: T): pulumi.Output<T> => source.agentId.apply(() => value);

    const named = new ClusterAgent(`${part}-agent-name`, { project: 101, name: follows });
    new ClusterAgent(`${part}-agent-project`, { project: source.configProject.id });
    new AgentToken(`${part}-token-agent`, { project: source.project, agentId: source.agentId });
    new AgentToken(`${part}-token-of-unknown-project`, { project: source.configProject.id, agentId: named.agentId });
    new AgentToken(`${part}-token-name`, { ...there(), name: follows });
    new AgentToken(`${part}-token-description`, { ...there(), description: pulumi.interpolate`for ${source.agentId}` });
    new AgentToken(`${part}-token-triggers`, { ...there(), rotationTriggers: { deep: [{ inside: follows }] } });
    new ReceptiveUrlConfig(`${part}-config-agent`, {
      project: source.project,
      agentId: source.agentId,
      url: "grpc://a.example.com:80",
    });
    new ReceptiveUrlConfig(`${part}-config-url`, {
      ...there(),
      url: pulumi.interpolate`grpcs://${follows}.example.com:443`,
    });
    new ReceptiveUrlConfig(`${part}-config-host`, {
      ...there(),
      url: "grpcs://a.example.com:443",
      tlsHost: pulumi.interpolate`${follows}.example.com`,
    });
    new AgentToken(`${part}-same-description`, { ...there(), description: stays("as ever") });
    new AgentToken(`${part}-same-project`, { ...there(), project: stays(101) });
    new ReceptiveUrlConfig(`${part}-same-pair`, {
      ...there(),
      url: "grpcs://a.example.com:443",
      clientCert: stays(pair.cert),
      clientKey: stays(pair.key),
    });
    new ReceptiveUrlConfig(`${part}-same-key`, {
      ...there(),
      url: "grpcs://a.example.com:443",
      clientCert: pair.cert,
      clientKey: stays(pair.key),
      caCert: stays(pair.cert),
    });
  };
}
