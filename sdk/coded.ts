import type * as errorCodes from "../provider/gitlab/errorCodes";

/**
 * A message with its code at the end, by which docs/errors.md is searched. The codes are loaded here alone: a program without a mistake
 * does not pay for them.
 */
export function coded(message: string): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a constructor cannot wait for `import()`
  const { withCode } = require("../provider/gitlab/errorCodes") as typeof errorCodes;
  return withCode(message);
}
