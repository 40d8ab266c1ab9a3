import { gitLab } from "./configuration";
import { importUrlConfiguration } from "./creation/import";
import {
  createUrlConfiguration,
  holdUrlConfiguration,
  type WantedUrlConfiguration,
} from "./creation/receptiveUrlConfig";
import { urlConfigurationFrom, type WireUrlConfiguration } from "./gitlab";
import { certificatesViolation, privateKeyViolation, samePem } from "./inputs/certificates";
import { changedInputs, staysOnAgent } from "./inputs/changes";
import { clientCertificateViolations } from "./inputs/clientCertificate";
import { normalizedInputs, optional, required, violationsOf } from "./inputs/rules";
import { agentIdViolation, agentUrlViolation, hostNameViolation, projectViolation } from "./inputs/validation";
import type { Kind } from "./lifecycle";
import { projectIdOf } from "./objects";
import { describeChild } from "./ownership/heldObjects";
import { existenceOfUrlConfiguration } from "./presence";
import { learnRecordedProject, declaresSameProject } from "./projectNumbers";

/** The declared inputs of an agent's URL configuration. Every change except of `importId` replaces it. */
export interface ReceptiveUrlConfigInputs extends WantedUrlConfiguration {
  importId?: string;
}

/** The state of a URL configuration. `clientKey` is secret; GitLab never returns it. */
export interface ReceptiveUrlConfigState
  extends Pick<WantedUrlConfiguration, "project">, ReturnType<typeof urlConfigurationFrom> {
  clientKey?: string | undefined;
  /** The project's numeric id, which renames do not change. */
  projectId?: number | undefined;
}

const RULES = {
  project: required(projectViolation),
  agentId: required(agentIdViolation),
  url: required(agentUrlViolation),
  clientCert: optional(certificatesViolation),
  clientKey: optional(privateKeyViolation),
  caCert: optional(certificatesViolation),
  tlsHost: optional(hostNameViolation),
};

/** URL configurations of receptive agents: the addresses at which GitLab connects to them. */
export const receptiveUrlConfig: Kind<ReceptiveUrlConfigInputs, ReceptiveUrlConfigState, WireUrlConfiguration> = {
  kind: "URL configuration",
  resource: "ReceptiveUrlConfig",
  numberKey: "urlConfigurationId",
  verb: "delete",
  compared: ["project", "agentId", "url", "clientCert", "caCert", "tlsHost"],
  describe: (object) => describeChild("URL configuration", object),

  check(olds, news) {
    const violations = [...violationsOf("ReceptiveUrlConfig", news, RULES), ...clientCertificateViolations(olds, news)];
    return { inputs: violations.length > 0 ? news : normalizedInputs(news), violations };
  },

  async diff(_, olds, news) {
    holdUrlConfiguration(olds.urlConfigurationId);
    learnRecordedProject(olds.agentId, olds.projectId);
    // A configuration imported by `pulumi import` has no key in the state. Check has made sure that the declared key belongs to
    // the declared certificate, and one certificate has only one key.
    const neverSeen = olds.clientKey == null && olds.clientCert != null && news.clientKey != null;
    const same = {
      agentId: Number(news.agentId) === Number(olds.agentId),
      url: news.url === olds.url,
      tlsHost: (news.tlsHost ?? "") === (olds.tlsHost ?? ""),
      clientCert: samePem(olds.clientCert, news.clientCert),
      caCert: samePem(olds.caCert, news.caCert),
      clientKey: neverSeen || samePem(olds.clientKey, news.clientKey),
    };
    const replaces = await changedInputs(news, same, (declared) => declaresSameProject(olds, declared));
    // An agent has one configuration: on the same agent the old one has to be deleted first. An agent of another project is another
    // agent: if it does not exist, the creation fails while the old configuration still exists.
    const deleteBeforeReplace = replaces.length > 0 && staysOnAgent(replaces);
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace };
  },

  create: (inputs) =>
    createUrlConfiguration(
      () => gitLab().begin(`create the URL configuration of agent ${inputs.agentId} in project ${inputs.project}`),
      inputs,
    ),
  importObject: importUrlConfiguration,
  known: (found, inputs) => ({ ...declaredIn(inputs), urlConfigurationId: found.id }),
  async created(found, inputs) {
    return stateOf(found, { ...inputs, projectId: await projectIdOf(inputs) });
  },

  projectIdIn: ({ projectId }) => projectId,
  get: ({ agent, objectId }) => agent.urlConfigurations.get(objectId),
  async refreshed(found, { agent, state }) {
    const { name: project, agentId } = agent;
    learnRecordedProject(agentId, state.projectId);
    return stateOf(found, { ...state, project, agentId, projectId: await agent.projectId() });
  },
  delete: ({ agent, objectId }) => agent.urlConfigurations.delete(objectId),
  // Another one instead is somebody else's: ours is gone, and the next creation names the existing one.
  existence: ({ agent, objectId }) => existenceOfUrlConfiguration(agent, objectId),
  notFound: ({ agent, objectId }) =>
    `Agent ${agent.agentId} has no URL configuration ${objectId}. \`getReceptiveUrlConfigs\` tells the one it has.`,
};

/** The inputs in the state. */
function declaredIn({ project, agentId, url, clientCert, clientKey, caCert, tlsHost }: ReceptiveUrlConfigInputs) {
  return { project, agentId, url, clientCert, clientKey, caCert, tlsHost };
}

/** What {@link stateOf} takes from the inputs, or from the earlier state. */
type Kept = Pick<ReceptiveUrlConfigState, "project" | "agentId"> &
  Partial<Pick<ReceptiveUrlConfigState, "clientCert" | "clientKey" | "caCert" | "projectId">>;

/** The state from GitLab's response. A certificate that equals the declared one keeps the declared spelling. */
export function stateOf(
  wire: WireUrlConfiguration,
  { project, agentId, clientCert, clientKey, caCert, projectId }: Kept,
): ReceptiveUrlConfigState {
  const found = urlConfigurationFrom(wire);
  return {
    ...found,
    project,
    agentId,
    clientCert: samePem(clientCert, found.clientCert) ? clientCert : found.clientCert,
    clientKey,
    caCert: samePem(caCert, found.caCert) ? caCert : found.caCert,
    projectId,
  };
}
