import { isAxiosError } from "axios";
import { adviceOn } from "../settings/advice";
import { responseWords, complaintsOf } from "./responseText";
import * as errors from "../errors";
import { FailedTry } from "./fault";
import type { Proxy } from "../settings/proxy";
import type { Redaction } from "../redaction";
import type { ApiResponse, RequestContext } from "./request";
import type { Runtime } from "../runtime";
import type { Settings } from "../settings/settings";

interface Surroundings {
  readonly settings: Settings;
  readonly runtime: Runtime;
  readonly redaction: Redaction;
}

/** Turns a failed request into the error for the user: all failures leave the transport through this. */
export function errorOf(
  error: unknown,
  context: RequestContext,
  around: Surroundings,
  proxy: Proxy | undefined,
): Error {
  if (error instanceof FailedTry) return errorOfFault(error, context, around, proxy);
  const facts = requestFacts(context, around);
  const redact = (text: string): string => around.redaction.apply(text);
  if (isAxiosError(error)) return new errors.NetworkError({ ...facts, words: error.message }, redact);
  return error instanceof Error ? error : new errors.NetworkError({ ...facts, words: String(error) }, redact);
}

/** The error for a redirect that is not followed; it shows the redirect's target. */
export function redirectRefused(
  context: RequestContext,
  status: number,
  target: URL | undefined,
  location: string,
  around: Surroundings,
): errors.RedirectRefusedError {
  const elsewhere = target?.origin !== context.url.origin;
  // Credentials and query of the new address are not shown.
  const shown = target === undefined ? location : `${target.origin}${target.pathname}`;
  const { settings, redaction } = around;
  return new errors.RedirectRefusedError(
    {
      ...requestFacts(context, around),
      status,
      elsewhere,
      words: `it redirects to ${shown}${elsewhere ? ", which is not the configured host; nothing was sent there" : ""}`,
      advice: adviceOn(
        elsewhere ? "otherHost" : context.request.method === "GET" ? "redirectCircle" : "redirectedWrite",
        settings,
      ),
    },
    (text) => redaction.apply(text),
  );
}

/** The error for a success that cannot be used. */
export function unexpectedResponse(
  context: RequestContext,
  { status, headers }: ApiResponse,
  words: string,
  around: Surroundings,
): errors.UnexpectedResponseError {
  const requestId = headers["x-request-id"];
  return new errors.UnexpectedResponseError(
    {
      ...requestFacts(context, around),
      status,
      words,
      ...(requestId === undefined ? {} : { requestId }),
      advice: adviceOn("foreignResponse", around.settings),
    },
    (text) => around.redaction.apply(text),
  );
}

function errorOfFault(
  fault: FailedTry,
  context: RequestContext,
  around: Surroundings,
  proxy: Proxy | undefined,
): errors.GitLabError {
  const { redaction } = around;
  const { request, settings } = context;
  const redact = (text: string): string => redaction.apply(text);
  const said = fault.kind === "status" ? responseWords(fault.text) : "";
  const facts: errors.ErrorFacts = { ...requestFacts(context, around), words: said || fault.words };
  if (fault.status !== undefined && fault.sent) facts.status = fault.status;
  const requestId = fault.headers?.["x-request-id"];
  if (requestId !== undefined) facts.requestId = requestId;
  if (fault.tooLong !== undefined) {
    facts.tried = `${facts.tried ?? "tried once"}; the next try in ${Math.ceil(fault.tooLong / 1000)} s would pass the operation's limit of ${settings.operationTimeout} s`;
  }
  if (fault.cancelled) {
    facts.tried = `${facts.tried ?? "tried once"}, and not again, since the update was cancelled`;
  }
  if (fault.kind === "deadline" && context.last !== undefined) {
    facts.tried = `${facts.tried ?? "not sent again"}; before that: ${context.last.summary}`;
  }

  if (fault.lost(request.method)) {
    const objectId = fault.kind === "body" ? idIn(fault.text) : undefined;
    facts.lost = {
      sentAt: fault.sentAt,
      lostAt: fault.failedAt,
      timedOut: fault.kind === "timeout" || fault.kind === "deadline",
      ...(objectId === undefined ? {} : { objectId }),
    };
    return new errors.LostResponseError({ ...facts, advice: adviceOn("lostResponse", settings) }, redact);
  }
  if (fault.status === 429)
    return new errors.RateLimitedError({ ...facts, advice: adviceOn("rateLimit", settings) }, redact);
  if (fault.kind === "deadline") {
    return new errors.OperationTimeoutError({ ...facts, advice: adviceOn("time", settings) }, redact);
  }
  if (fault.kind !== "status") {
    return new errors.NetworkError(
      { ...facts, advice: fault.advice ?? adviceOn("network", settings, { proxy: proxy?.address }) },
      redact,
    );
  }
  return errorOfStatus(fault, facts, settings, request.method, redact);
}

function errorOfStatus(
  fault: FailedTry,
  facts: errors.ErrorFacts,
  settings: Settings,
  method: string,
  redact: (text: string) => string,
): errors.GitLabError {
  const status = fault.status ?? 0;
  switch (status) {
    case 400:
    case 422:
      return new errors.ValidationError(
        { ...facts, complaints: complaintsOf(fault.text), advice: adviceOn("validation", settings) },
        redact,
      );
    case 401:
      return new errors.AuthenticationError({ ...facts, advice: adviceOn("authentication", settings) }, redact);
    case 403:
      return new errors.PermissionError(
        { ...facts, advice: adviceOn("permission", settings, { method, path: facts.path ?? "", text: fault.text }) },
        redact,
      );
    case 404:
      return new errors.NotFoundError({ ...facts, advice: adviceOn("notFound", settings) }, redact);
    default:
      return status === 408 || status >= 500
        ? new errors.ServerError({ ...facts, advice: adviceOn("server", settings) }, redact)
        : new errors.UnexpectedResponseError(
            { ...facts, advice: adviceOn("unexpected", settings, { status }) },
            redact,
          );
  }
}

function requestFacts(context: RequestContext, { runtime }: Surroundings): errors.ErrorFacts {
  const seconds = Math.max(1, Math.round((runtime.now() - context.startedAt) / 1000));
  return {
    what: context.what,
    method: context.request.method,
    path: context.url.pathname,
    origin: context.url.origin,
    ...(context.tries > 1 ? { tried: `tried ${context.tries} times in ${seconds} s` } : {}),
  };
}

/** The id in a truncated response; every object of this API begins with it. */
function idIn(text: string): number | undefined {
  const id = /^\s*\{\s*"id"\s*:\s*(\d+)\s*[,}]/.exec(text)?.[1];
  return id === undefined ? undefined : Number(id);
}
