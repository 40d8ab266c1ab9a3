/** The GitLab client: all that the lifecycles and the `get…` functions import. Knows nothing of Pulumi. */
export { limitedTo, openGitLab, type GitLab } from "./client";
export type { Operation } from "./operation";
export {
  checkBeforePosts,
  cancelWaits,
  forgetCancellation,
  PROCESS_RUNTIME,
  speakThrough,
  type Runtime,
  type Voice,
} from "./runtime";
export {
  describeSettings,
  insecureWarning,
  plainHttpWarning,
  resolveSettings,
  type Settings,
  type SettingsInput,
} from "./settings/settings";
export {
  ALIASES,
  SETTING_NAMES,
  likelyMeant,
  misspellings,
  misspellingWarning,
  type Misspelling,
  type SettingName,
} from "./settings/settingNames";
export { countsRetries, DEFAULT_NAMESPACE, keyOf, type Namespace } from "./settings/settingKeys";
export { unusableSettings } from "./settings/unusableSettings";
export { decodedPath, projectPath, type ProjectRef } from "./http/request";
export { agentFrom, type ClusterAgents, type WireClusterAgent } from "./api/clusterAgents";
export { tokenFrom, type AgentTokens, type NewToken, type WireAgentToken } from "./api/agentTokens";
export {
  urlConfigurationFrom,
  type NewUrlConfiguration,
  type UrlConfigurations,
  type WireUrlConfiguration,
} from "./api/urlConfigurations";
export type { Projects, WireProject } from "./api/projects";
export type { WireMetadata, WireUser } from "./api/metadata";
export {
  AuthenticationError,
  ConfigurationError,
  ConflictError,
  GitLabError,
  LostResponseError,
  NetworkError,
  NotFoundError,
  OperationTimeoutError,
  PermissionError,
  RateLimitedError,
  RedirectRefusedError,
  ServerError,
  UnexpectedResponseError,
  ValidationError,
} from "./errors";
export { nearestFirst } from "./settings/spelling";
export { withCode } from "./errorCodes";
export { VERSION } from "./version";
