/** The GitLab client: all that the lifecycles and the `get…` functions import. Knows nothing of Pulumi. */
export { limitedTo, openGitLab, type GitLab } from "./client";
export type { Operation } from "./operation";
export {
  checkBeforePosts,
  cancelWaits,
  forgetCancellation,
  PROCESS_RUNTIME,
  redirectOutput,
  type Runtime,
  type UserOutput,
} from "./runtime";
export {
  describeSettings,
  insecureWarning,
  plainHttpWarning,
  resolveSettings,
  unusableSettings,
} from "./settings/resolveSettings";
export {
  SETTING_NAMES,
  type Namespace,
  type SettingName,
  type Settings,
  type SettingsInput,
} from "./settings/settings";
export {
  ALIASES,
  likelyMeant,
  misspellings,
  misspellingWarning,
  nearestFirst,
  type Misspelling,
} from "./settings/settingNames";
export { countsRetries, DEFAULT_NAMESPACE, keyOf } from "./settings/settingKeys";
export { decodedPath, projectPath, type ProjectRef } from "./http/request";
export * from "./api";
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
export { withCode } from "./errorCodes";
export { VERSION } from "./version";
