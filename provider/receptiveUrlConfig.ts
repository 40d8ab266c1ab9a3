import type { dynamic } from "@pulumi/pulumi";
import { agentProject, confirmedProject, learnRecordedProject, throughAgent, type AgentOf } from "./agentProjects";
import { importUrlConfiguration } from "./creation/import";
import { certificatesFault, expiredSince, keyMatches, privateKeyFault, samePem } from "./inputs/certificates";
import { gitLab } from "./configuration";
import { NotFoundError, type WireUrlConfiguration } from "./gitlab";
import { noteRecorded } from "./ownership/heldObjects";
import { imported } from "./ownership/importComparison";
import { formatChildId, parseChildId, projectFromId, type ProjectName } from "./inputs/ids";
import { failure, createResult, secret, serve, type Lifecycle, type Properties } from "./lifecycle";
import { existenceOfUrlConfiguration, assertGone } from "./presence";
import { sameProject } from "./projects";
import { isUnknown } from "./inputs/unknowns";
import {
  createUrlConfiguration,
  holdUrlConfiguration,
  type WantedUrlConfiguration,
} from "./creation/receptiveUrlConfig";
import { agentIdFault, agentUrlFault, hostNameFault, validate, projectFault, unknownKeys } from "./inputs/validation";

/** What a program declares of an agent's URL configuration. Every change but one of `importId` replaces it. */
export interface ReceptiveUrlConfigInputs extends WantedUrlConfiguration {
  importId?: string;
}

/** What the state keeps of a URL configuration. `clientKey` is secret; GitLab never returns it. */
export interface ReceptiveUrlConfigState extends WantedUrlConfiguration {
  urlConfigurationId: number;
  /** GitLab's public key, where it made the key pair (JWT); absent with mTLS. */
  publicKey?: string;
  /** The numeric id of the project, where the agent of the same program told it: it outlives renames. */
  projectId?: number;
}

const ARGUMENTS = ["project", "agentId", "url", "clientCert", "clientKey", "caCert", "tlsHost"] as const;

/** Certificates that a resource already has: they may expire without standing in the way of a change of something else. */
const inUse = new Set<string>();

const lifecycle: Lifecycle = {
  kind: "URL configuration",
  compared: ["project", "agentId", "url", "clientCert", "caCert", "tlsHost"],
  importObject,

  check(olds, news) {
    const faults = unknownKeys("ReceptiveUrlConfig", news, ARGUMENTS, ["importId"]);
    validate(faults, news, "project", projectFault, "required");
    validate(faults, news, "agentId", agentIdFault, "required");
    validate(faults, news, "url", agentUrlFault, "required");
    validate(faults, news, "clientCert", certificatesFault);
    validate(faults, news, "clientKey", privateKeyFault);
    validate(faults, news, "caCert", certificatesFault);
    validate(faults, news, "tlsHost", hostNameFault);
    judgePair(faults, olds, news);
    if (faults.length > 0) return { inputs: news, failures: faults.map(failure) };
    const inputs = { ...news };
    if (typeof inputs["agentId"] === "string" && !isUnknown(inputs["agentId"]))
      inputs["agentId"] = Number(inputs["agentId"]);
    for (const key of ["clientCert", "clientKey", "caCert", "tlsHost", "importId"])
      if (inputs[key] == null) delete inputs[key];
    return { inputs };
  },

  async diff(_, olds, news) {
    holdUrlConfiguration(olds["urlConfigurationId"]);
    learnRecordedProject(olds["agentId"], olds["projectId"]);
    const replaces: string[] = [];
    const changed = (key: string, same: boolean) => {
      if (isUnknown(news[key]) || !same) replaces.push(key);
    };
    changed("agentId", Number(news["agentId"]) === Number(olds["agentId"]));
    changed("url", news["url"] === olds["url"]);
    changed("tlsHost", (news["tlsHost"] ?? "") === (olds["tlsHost"] ?? ""));
    const same = (key: string) =>
      samePem((olds[key] ?? undefined) as string | undefined, (news[key] ?? undefined) as string | undefined);
    changed("clientCert", same("clientCert"));
    changed("caCert", same("caCert"));
    // A configuration that was brought in by `pulumi import` has no key in the state. The declared one belongs to the declared
    // certificate (check saw to it): to one and the same certificate belongs one and the same key.
    const neverSeen = olds["clientKey"] == null && olds["clientCert"] != null && news["clientKey"] != null;
    changed("clientKey", neverSeen || same("clientKey"));
    if (isUnknown(news["project"])) replaces.push("project");
    // What is not known yet may turn out to be no change at all: not worth a request.
    const mayAsk = !replaces.some((key) => isUnknown(news[key]));
    if (mayAsk && !replaces.includes("agentId") && !(await sameProjectAs(olds, news))) replaces.push("project");
    // An agent holds one configuration: on the same agent the old one has to go first. An agent of another project is another
    // agent: should there be none, the creation fails while the old configuration is still there.
    const sameAgent = !replaces.includes("agentId") && !replaces.includes("project");
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: replaces.length > 0 && sameAgent };
  },

  async create(properties) {
    const inputs = properties as unknown as ReceptiveUrlConfigInputs;
    const { project, agentId, importId } = inputs;
    const configuration =
      importId === undefined
        ? await createUrlConfiguration(
            () => gitLab().begin(`create the URL configuration of agent ${agentId} in project ${project}`),
            inputs,
          )
        : await imported("URL configuration", properties, () => importObject(properties));
    const declared = declaredIn(properties);
    const known = { ...declared, urlConfigurationId: configuration.id };
    const projectId = await confirmedProject(() => gitLab().begin(`learn the number of project ${project}`), inputs);
    return createResult(formatChildId(project, agentId, configuration.id), known, properties, () =>
      stateOf(configuration, { ...declared, projectId }),
    );
  },

  async read(id, props) {
    const { project, agentId, childId } = parseChildId("ReceptiveUrlConfig", id);
    const refreshing = "urlConfigurationId" in props;
    if (refreshing) noteRecorded("URL configuration", childId);
    const named = refreshing ? (props["project"] as ProjectName) : projectFromId(project);
    const numericId = numericIdIn(props, named, agentId);
    const operation = gitLab().begin(`read URL configuration ${childId} of agent ${agentId} in project ${named}`);
    try {
      const found = await throughAgent(
        operation,
        { project: named, agentId },
        numericId,
        (p) => operation.urlConfigurations.get(p, agentId, childId),
        "listed",
      );
      const projectId = await projectNumber(props, { project: named, agentId });
      return {
        id: formatChildId(named, agentId, childId),
        props: stateOf(found, { ...declaredIn(props), project: named, agentId, projectId }),
      };
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await assertGone(error, existenceOfUrlConfiguration(operation, numericId ?? named, agentId, childId));
      // Another one in its place is somebody else's: ours is gone, and the next creation says what stands there.
      if (refreshing) return {};
      throw error.withAdvice(
        `Agent ${agentId} has no URL configuration ${childId}. \`getReceptiveUrlConfigs\` tells the one it has.`,
      );
    }
  },

  async delete(id, props) {
    const { project, agentId, childId } = parseChildId("ReceptiveUrlConfig", id);
    const named = (props["project"] as ProjectName | undefined) ?? project;
    const numericId = numericIdIn(props, named, agentId);
    const operation = gitLab().begin(`delete URL configuration ${childId} of agent ${agentId} in project ${named}`);
    try {
      await throughAgent(
        operation,
        { project: named, agentId },
        numericId,
        (p) => operation.urlConfigurations.delete(p, agentId, childId),
        "listed",
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await assertGone(error, existenceOfUrlConfiguration(operation, numericId ?? named, agentId, childId));
    }
  },
};

/** The door for the dynamic-provider process. */
export const receptiveUrlConfig: dynamic.ResourceProvider = serve(lifecycle);

function importObject(inputs: Properties, limit?: number): Promise<WireUrlConfiguration> {
  const { importId = "", ...wanted } = inputs as unknown as ReceptiveUrlConfigInputs;
  return importUrlConfiguration(gitLab(), importId, wanted, limit);
}

/** The rules that certificate and key have together. GitLab drops a lone certificate silently and compares nothing. */
function judgePair(faults: string[], olds: Properties, news: Properties): void {
  const [cert, key] = [news["clientCert"] ?? undefined, news["clientKey"] ?? undefined];
  if (isUnknown(cert) || isUnknown(key)) return;
  // Brought in by `pulumi import`, whose file cannot have the key: asked for when a replacement needs it.
  const imported = typeof olds["clientCert"] === "string" && olds["clientKey"] == null;
  if (imported && key === undefined && samePem(olds["clientCert"] as string, cert as string | undefined)) return;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ["clientKey", "clientCert"] : ["clientCert", "clientKey"];
    faults.push(
      `\`${given}\` is given without \`${missing}\`: mTLS needs both; leave both out, and GitLab makes a key pair and authenticates with JWT`,
    );
    return;
  }
  if (typeof cert !== "string" || typeof key !== "string") return;
  if (certificatesFault(cert) !== undefined || privateKeyFault(key) !== undefined) return;
  const { url } = news;
  // What is in place already, imported as it was, may stay: it does not stand in the way of another change.
  if (typeof url === "string" && /^grpc:/i.test(url) && olds["url"] !== url) {
    faults.push(
      '`url` has the scheme "grpc", by which no certificate is shown: mTLS by `clientCert` and `clientKey` needs grpcs://',
    );
  }
  if (!keyMatches(cert, key)) {
    faults.push(
      "`clientKey` does not belong to the first certificate of `clientCert`; expected the pair that was made together",
    );
  }
  if (typeof olds["clientCert"] === "string" && samePem(olds["clientCert"], cert)) inUse.add(cert);
  const expired = inUse.has(cert) ? undefined : expiredSince(cert, Date.now());
  if (expired !== undefined) {
    faults.push(`\`clientCert\` expired on ${expired.toISOString()}; expected a certificate that is still valid`);
  }
}

function sameProjectAs(olds: Properties, news: Properties): Promise<boolean> {
  const [recordedName, declared] = [olds["project"] as ProjectName, news["project"] as ProjectName];
  const begin = () => gitLab().begin(`tell whether the projects ${recordedName} and ${declared} are the same`);
  return sameProject(begin, recordedName, olds["projectId"] as number | undefined, declared);
}

/** The number to record at a refresh: learnt where the state lacks it. */
function projectNumber(props: Properties, agent: AgentOf): Promise<number | undefined> {
  learnRecordedProject(agent.agentId, props["projectId"]);
  return confirmedProject(() => gitLab().begin(`learn the number of project ${agent.project}`), agent);
}

/** The number of the agent's project: what the agent told goes before what was recorded. Never what only a path leads to. */
function numericIdIn(props: Properties, project: ProjectName, agentId: number): number | undefined {
  const named = /^\d+$/.test(String(project)) ? Number(project) : undefined;
  return agentProject(agentId) ?? (props["projectId"] as number | undefined) ?? named;
}

function declaredIn(properties: Properties): Properties {
  return Object.fromEntries(ARGUMENTS.map((argument) => [argument, properties[argument] ?? undefined]));
}

/** Outputs from GitLab's answer. A certificate that says what the declared one says keeps the declared spelling. */
export function stateOf(found: WireUrlConfiguration, kept: Properties): Properties {
  const pem = (key: "clientCert" | "caCert", answered: string | null | undefined) =>
    samePem(kept[key] as string | undefined, answered ?? undefined) ? kept[key] : (answered ?? undefined);
  return {
    project: kept["project"],
    agentId: kept["agentId"],
    url: found.url,
    clientCert: pem("clientCert", found.client_cert),
    clientKey: secret(kept["clientKey"] as string | undefined),
    caCert: pem("caCert", found.ca_cert),
    tlsHost: found.tls_host ?? undefined,
    urlConfigurationId: found.id,
    // The earliest versions end it with a newline.
    publicKey: found.public_key?.trim() ?? undefined,
    projectId: kept["projectId"],
  };
}
