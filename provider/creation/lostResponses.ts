import {
  AuthenticationError,
  countsRetries,
  keyOf,
  NotFoundError,
  PermissionError,
  type LostResponseError,
  type Operation,
} from "../gitlab";

/**
 * The waits and the times of a creation whose response was lost; the loop is in repairedCreation.ts, and each kind looks its object
 * up in its own way (clusterAgent.ts, agentToken.ts, receptiveUrlConfig.ts).
 */
export interface CreatedObject {
  id: number;
  created_at: string;
  created_by_user_id?: number | null;
}

/**
 * The wait before retry number `retry` (1, 2, …) of a creation, in milliseconds. First short ones, since GitLab has just responded to
 * the lookup; then longer ones, since each retry may leave an object to be looked up, and a restart takes minutes.
 */
export function pauseBeforeRetry(retry: number): number {
  return Math.min(250 * 2 ** (retry - 1), 15_000);
}

/** Waits before retry number `retry` (1, 2, …) of a creation, never past the operation's limit. */
export function pause(operation: Operation, retry: number): Promise<void> {
  return operation.sleep(pauseBeforeRetry(retry));
}

/**
 * Whether a creation with so many lost responses may be tried once more; throws the last failure if no tries or time
 * remain. Tries are counted only if the user set `maxRetries`. After five seconds a line shows that it takes longer.
 *
 * @param leftover the text about a request that GitLab may still carry out
 * @param mayBeLeft whether there may be such a request
 */
export function assertAnotherTry(
  operation: Operation,
  lost: readonly LostResponseError[],
  leftover: (since: string) => string,
  mayBeLeft: boolean,
): void {
  const [first, last] = [lost[0], lost[lost.length - 1]];
  if (first === undefined || last === undefined) return;
  const { maxRetries, operationTimeout } = operation.settings;
  const wait = pauseBeforeRetry(lost.length);
  const inTime = wait < operation.remaining();
  const retries = countsRetries(operation.settings) ? maxRetries : Infinity;
  if (lost.length <= retries && inTime) {
    if (operation.now() - first.sentAt + wait >= 5000) {
      const all = Math.min(retries + 1, lost.length + triesWithin(operation.remaining(), lost.length));
      const seen = last.status ?? last.words ?? "";
      operation.infoOfWait(
        `does not answer (${seen}), try ${lost.length} of ${all}, next in ${Math.max(1, Math.round(wait / 1000))} s`,
        wait,
      );
    }
    return;
  }
  const seconds = Math.max(1, Math.round((operation.now() - first.sentAt) / 1000));
  const tries =
    lost.length === 1
      ? `The response to the only try was lost after ${seconds} s`
      : `The responses to ${lost.length} tries were lost in ${seconds} s, one after another`;
  const left = mayBeLeft
    ? `nothing of it has appeared so far. ${leftover(new Date(first.sentAt).toISOString())}`
    : "nothing was left.";
  const limit = inTime
    ? `${keyOf(operation.settings, "maxRetries")} sets how often it is tried`
    : `the operation's limit of ${operationTimeout} s (${keyOf(operation.settings, "operationTimeout")}) leaves no time for another try`;
  throw last.withAdvice(
    `${tries}. After each try GitLab was asked what that try had created, and ${left} Check the connection to GitLab, then run \`pulumi up\` again; ${limit}.`,
  );
}

/** How many more tries start within a time in ms, after a number of lost ones. */
function triesWithin(ms: number, lost: number): number {
  let more = 0;
  for (let left = ms - pauseBeforeRetry(lost + 1); left > 0; left -= pauseBeforeRetry(lost + more + 1)) more += 1;
  return Math.max(1, more);
}

/** Statuses of a proxy that gave up while GitLab may still work on the request. */
const PROXY_TIMEOUTS = [408, 504, 522, 524];

/** Whether GitLab may still carry out the request later. */
export function mayComeLate({ timedOut, status }: LostResponseError): boolean {
  return timedOut || PROXY_TIMEOUTS.includes(status ?? 0);
}

/**
 * The wait before a creation that got a 404 is tried again, in milliseconds; undefined if no retries or time remain, so that
 * the 404 is the result.
 */
export function settlingPause(operation: Operation, settling: number): number | undefined {
  const wait = SETTLING_PAUSES[settling];
  return wait === undefined || wait >= operation.remaining() ? undefined : wait;
}

/** Whether the object was created before the lost request was sent, by GitLab's own clock; undefined if unknown. */
export function createdBefore(
  operation: Operation,
  object: CreatedObject,
  lost: LostResponseError,
  tolerance = 0,
): boolean | undefined {
  const clock = operation.serverTime(lost.sentAt);
  const createdAt = Date.parse(object.created_at);
  if (clock === undefined || Number.isNaN(createdAt)) return undefined;
  // GitLab truncates times to milliseconds: the object may be up to one millisecond older.
  return createdAt + 1 + tolerance < clock.earliest;
}

/** Whether the object was created only after the response was given up; undefined if unknown. */
export function createdAfter(
  operation: Operation,
  object: CreatedObject,
  lost: LostResponseError,
): boolean | undefined {
  const clock = operation.serverTime(lost.lostAt);
  const createdAt = Date.parse(object.created_at);
  if (clock === undefined || Number.isNaN(createdAt)) return undefined;
  return createdAt > clock.latest;
}

/** The creator that GitLab records for our own objects, by settings. */
const creators = new WeakMap<object, number | null>();

/** Records the creator of an object that is certainly ours. */
export function learnCreator(operation: Operation, object: CreatedObject): void {
  if (object.created_by_user_id !== undefined) creators.set(operation.settings, object.created_by_user_id);
}

/**
 * Whether the object was created by our credential's user; undefined if GitLab does not say. Sends one request, and
 * only if we have created nothing before.
 */
export async function createdByOurUser(operation: Operation, object: CreatedObject): Promise<boolean | undefined> {
  const creator = object.created_by_user_id;
  if (creator === undefined) return undefined;
  let own = creators.get(operation.settings);
  if (own === undefined) {
    own = await ownUserId(operation);
    if (own === undefined) return undefined;
    creators.set(operation.settings, own);
  }
  return creator === own;
}

/** The user of the credential; undefined if the credential may not read it. */
async function ownUserId(operation: Operation): Promise<number | undefined> {
  try {
    return (await operation.user()).id;
  } catch (error) {
    if (error instanceof PermissionError || error instanceof NotFoundError || error instanceof AuthenticationError)
      return undefined;
    throw error;
  }
}

/**
 * The waits before retries of a creation that got a 404, since GitLab may not show a new project or agent
 * everywhere at once.
 */
const SETTLING_PAUSES = [500, 1000, 2000];
