/**
 * The short codes of messages to users, each with the texts that it stands for: the first match counts. docs/errors.md has an entry for
 * each code, and says what its number means. A number never changes its meaning and is never given to something else.
 *
 * The code is added when a text is shown to the user, not when an error is created: an error is composed of several parts, and may be
 * shown with another next step, which can have another code.
 */
const CODES: readonly (readonly [code: number, text: RegExp])[] = [
  // Settings and credentials.
  [1002, /\bthere is no GitLab credential.*: CI_JOB_TOKEN is set/],
  [1001, /\bthere is no GitLab credential/],
  [1003, / A CI job token \(CI_JOB_TOKEN\) cannot call this API/],
  [1004, /\bThe base URL from .+ (is not a URL|does not start with|holds )/],
  [1005, /\bThe setting `\w+` from .+ is empty\./],
  [1006, / is not a setting of pulumi-gitlab-agent, and `baseUrl` is not given there/],
  [
    1007,
    /^Provider ".*" has a problem: `.+` is not an argument of Provider\.|^`[^`]+` is not an argument of the provider /,
  ],
  [1008, /\bProvider ".+" has a `token` and no `baseUrl`/],
  [1010, /\bThe setting `headers` from /],
  [1011, /\bThe setting `\w+` from .+ needs `\w+` too: /],
  [1009, /\bThe setting `\w+` from .+ (must be|holds) /],
  [1012, /\bThe file .+ \(`\w+` from .+\) cannot be read: /],
  [1013, /\bThe file .+ \(`\w+` from .+\) holds (no certificate|a certificate that) /],
  [1014, /\bThe client certificate .+ and the key .+ cannot be used: /],
  [1015, /\bThe proxy of the environment \(\w+\) is not /],
  [1016, /\bThe proxy of the environment \(\w+\) has a /],
  [1017, / is not a setting of pulumi-gitlab-agent and is ignored\. Did you mean /],
  [1018, /^TLS certificate checks for .+ are off/],
  [1019, /^The base URL .+ begins with http:\/\//],
  [1020, /^The provider that was given to a lookup/],
  [1021, /^A setting of the explicit provider is not known in this preview/],
  [1022, /^The component AgentInstallation could not be started from /],
  [1023, /^The component AgentInstallation ended before /],
  // Arguments.
  [2015, /^`get\w+` (has a problem: |takes either )/],
  [2001, /^`[^`]+` is not an argument of /],
  [2002, /^`\w+` is missing\b/],
  [2003, /^`project` /],
  [2004, /^`name` .* an agent's name /],
  [2005, /^`(name|description)` /],
  [2006, /^`(agentId|tokenId|urlConfigurationId)` is /],
  [2007, /^`(timeout|rotateAfterDays)` is /],
  [2008, /^`rotationTriggers` is /],
  [2014, /^`url` has the scheme "grpc", by which no certificate /],
  [2009, /^`url` /],
  [2010, /^`tlsHost` /],
  [2012, /^`client(Cert|Key)` is given without /],
  [2013, /^`clientKey` does not belong to /],
  [2011, /^`(clientCert|clientKey|caCert)` /],
  [2016, /^AgentInstallation ".*" is given (both|neither) /],
  [2017, /^AgentInstallation ".*" is given `receptive.clientCert` \(mTLS\) without /],
  [2019, /^AgentInstallation ".*" is given `\w+`, which is /],
  [2018, /^`values\.config\.token` is set/],
  // Whose an object is, and whether it is there. Before GitLab's statuses, which are the same for many of these.
  [5032, /\bthe update was cancelled\b/],
  [5009, /^Could not (delete|revoke) .* answered 403: .* needs the role /],
  [
    5008,
    /\bThe responses? to (the only try|\d+ tries) (was|were) lost|which of these active tokens .* the lost request created/,
  ],
  [5008, / was lost.*, so GitLab may have carried it out: .* Look at the project's agents /],
  [5001, /\bAgent \d+ of project .+ has this name since |GitLab says that the name is taken, but /],
  [5002, /\bAn agent has at most two active tokens, and agent /],
  [5003, /\bAgent \d+ (has URL configuration \d+ for .+, and an agent has at most one|now has URL configuration )/],
  [5004, /\breceptive agents need GitLab Ultimate/],
  [5005, /\bProject .+ has no agent \d+\. Take the id from /],
  [5006, /: GitLab saw no use of the token within /],
  [5007, /\bToken \d+ is not active: it was revoked/],
  [5010, /\bGitLab shows this credential no project .* Nothing was removed/],
  [5011, /\bThe credential sees project .+, but not its agents.* Nothing was removed/],
  [5012, /\bGitLab's list still shows the object/],
  [5020, /^Could not import .+: it differs from the declared inputs in /],
  [5021, /\bThere is no such .+ for this credential\. Correct the `import` option/],
  [5022, /^`import` cannot retrieve this token's secret/],
  [5023, /^`import` does not apply/],
  [5025, /\bhas no (agent|active token|URL configuration) \d+\. `get\w+` (lists|tells) /],
  [5026, /^".*" is not the id of a /],
  [5027, /^Could not find agent /],
  [5028, / is to be replaced, but the agent has no free slot for the new one/],
  [5029, /^it could not be determined whether agent .+ has a free slot /],
  [5030, /^will import .+, but it could not be compared with what is declared/],
  [5031, /^the token .+ is read without its secret/],
  // The network and TLS. The proxy's own trouble first.
  [4009, /: the proxy .* refused with status /],
  [
    4011,
    /: (the TLS certificate of the proxy|the proxy \S+ (refused the TLS|does not speak TLS)|the TLS connection to the proxy) /,
  ],
  [4003, /: GitLab's TLS certificate is not trusted /],
  [4004, /: GitLab's TLS certificate (has expired|is not valid yet) /],
  [4005, /: GitLab's TLS certificate is for another host /],
  [4006, /: GitLab's host refused the TLS connection /],
  [4007, /: the host does not speak TLS at this port/],
  [4008, /: the TLS connection (failed|broke) /],
  [4012, /\bThe limit is .*\b(operationTimeout|customTimeouts)\b/],
  [4002, / got no usable response: no response within /],
  [4010, /: .*\(through the proxy .*, and the proxy \S+, and run it again/],
  [4001, / got no usable response: | Check the base URL \(.+\), the network/],
  // What GitLab, or something in front of it, answers.
  [3001, / answered 401: /],
  [3003, /\bThe access token lacks the scope `api`/],
  [3002, /\bneeds? the (role )?(Maintainer|Developer)\b/],
  [3004, /\bGitLab shows this credential no project /],
  [3005, /\bGitLab answers 404 both for what does not exist and for what the credential may not see/],
  [
    3007,
    / answered 429: .* would pass the operation's limit |GitLab asked this process to wait beyond the operation's limit/,
  ],
  [3006, / answered 429: /],
  [3008, /^GitLab at \S+ (does not answer|limits the request rate) \(/],
  [3009, /\bGitLab, or something in front of it, is failing/],
  [3010, /\bGitLab rejected the request, and nothing was changed/],
  [3011, /: it redirects to .+, which is not the configured host/],
  [3012, / Where the project was renamed or moved, use its new path, or its id/],
  [3013, /: it redirects to .+ Too many redirects/],
  [3015, /: the response is longer than /],
  [3016, / does not describe its agent server: /],
  [3017, /: the (header X-Next-Page of page \d+ is|list ends with page \d+, but) /],
  [3014, / (Something in front of GitLab may have answered in its place|Two tries in a row got a web page)/],
  [3019, /^GitLab reports no address for agents to connect to/],
  [3018, / is GitLab's own and not something in front of it/],
];

/** The code of a message, such as `GLA1001`; undefined if docs/errors.md has no entry for it. */
export function codeOf(text: string): string | undefined {
  const found = CODES.find(([, pattern]) => pattern.test(text));
  return found && `GLA${found[0]}`;
}

/**
 * A message with its code at the end, by which users find the entry in docs/errors.md.
 *
 * @example withCode("`agentId` is missing") // "`agentId` is missing. GLA2002"
 */
export function withCode(text: string): string {
  const code = / GLA\d{4}$/.test(text) ? undefined : codeOf(text);
  return code === undefined ? text : `${text}${/[.!?]$/.test(text) ? "" : "."} ${code}`;
}

/** Every code: a test holds that each has one entry. */
export const ERROR_CODES = [...new Set(CODES.map(([code]) => `GLA${code}`))];
