/** The GitLab client: all that the lifecycles and the `get…` functions import. Knows nothing of Pulumi. */
export { openGitLab, type GitLab } from "./client";
export type { Operation } from "./operation";
export { countsRetries } from "./retry";
export { askBeforePosts, type Runtime } from "./runtime";
export {
  describeSettings,
  insecureWarning,
  plainHttpWarning,
  resolveSettings,
  type Settings,
  type SettingsInput,
} from "./settings";
export {
  ALIASES,
  SETTING_NAMES,
  likelyMeant,
  misspellings,
  misspellingWarning,
  type Misspelling,
  type SettingName,
} from "./settingNames";
export { keyOf } from "./settingKeys";
export { unusableSettings } from "./unusableSettings";
export { projectPath, type ProjectRef } from "./request";
export type { ClusterAgents, WireClusterAgent } from "./clusterAgents";
export type { AgentTokens, WireAgentToken } from "./agentTokens";
export type { NewUrlConfiguration, UrlConfigurations, WireUrlConfiguration } from "./urlConfigurations";
export type { Projects, WireAccess, WireProject } from "./projects";
export type { WireMetadata, WireUser } from "./metadata";
export {
  AuthenticationError,
  ConfigurationError,
  ConflictError,
  GitLabError,
  LostAnswerError,
  NetworkError,
  NotFoundError,
  OperationTimeoutError,
  PermissionError,
  RateLimitedError,
  RedirectRefusedError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from "./errors";
export { VERSION } from "./version";
