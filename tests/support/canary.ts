import type * as auto from "@pulumi/pulumi/automation";
import { EngineFailure, withStack, type EngineRun, type EngineStack, type StackOptions } from "./engine";

/** Secrets by name. Each value is recognizable in any text. */
export type Canaries = Record<string, string>;

/** A secret was found in a place where none is allowed. */
export class LeakError extends Error {
  override readonly name = "LeakError";
}

/**
 * The names of the secrets in a text: unchanged, URL-encoded, in base64, JSON-escaped, or any long line of a PEM.
 */
export function leaks(text: string, canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([, value]) => spellings(value).some((spelling) => text.includes(spelling)))
    .map(([name]) => name);
}

function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 24 && !line.startsWith("-----"));
  return [value, ...lines].flatMap((text) => [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    // Three bytes become four base64 characters, so a secret can start at three offsets.
    ...[0, 1, 2].map((shift) =>
      Buffer.from(`${"x".repeat(shift)}${text}`)
        .toString("base64")
        .slice(shift === 0 ? 0 : 4)
        .replace(/.{0,4}$/, ""),
    ),
  ]);
}

/**
 * {@link withStack} with a check for secrets: whatever `use` does, no secret of `canaries` appears in an output or event of the
 * engine, or in a file of backend, Pulumi home and work folder. `canaries` is called at the end, so that it may include secrets
 * created by `use`. Not checked: the stack's `exportState` and `outputs`, which show secrets on purpose, and events of severity
 * `debug`, in which Pulumi's SDK writes its requests to the engine (only for `pulumi --debug`).
 *
 * @throws LeakError that names the secret and the place
 */
export async function withWatchedStack<T>(
  options: StackOptions,
  canaries: () => Canaries,
  use: (stack: EngineStack) => Promise<T>,
): Promise<T> {
  return withStack(options, async (stack) => {
    const seen: { place: string; text: string }[] = [];
    watch(stack, (place, run) => {
      const events = run.events.filter((event) => (event.diagnosticEvent?.severity as string | undefined) !== "debug");
      seen.push({ place, text: `${run.output}\n${JSON.stringify(events)}` });
    });
    try {
      return await use(stack);
    } finally {
      stack.allFiles().forEach((text, at) => seen.push({ place: `file ${at + 1} of the stack's folder`, text }));
      const secrets = canaries();
      for (const { place, text } of seen) {
        const [name] = leaks(text, secrets);
        // eslint-disable-next-line no-unsafe-finally -- a leak is reported before any other error
        if (name !== undefined) throw new LeakError(`${name} stands in ${place}: ${around(text, secrets[name] ?? "")}`);
      }
    }
  });
}

const OPERATIONS = ["up", "preview", "refresh", "destroy"] as const;

function watch(stack: EngineStack, see: (place: string, run: EngineRun) => void): void {
  let count = 0;
  for (const operation of OPERATIONS) {
    const run: (options?: auto.UpOptions) => Promise<EngineRun> = stack[operation].bind(stack);
    stack[operation] = async (options?: auto.UpOptions) => {
      const place = `the output of operation ${++count} (${operation})`;
      try {
        const result = await run(options);
        see(place, result);
        return result;
      } catch (error) {
        if (error instanceof EngineFailure) see(place, error.run);
        throw error;
      }
    };
  }
}

/** The place of a secret, without the secret. */
function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  if (at === -1) return "in another spelling";
  return JSON.stringify(
    `${text.slice(Math.max(0, at - 200), at)}[the secret]${text.slice(at + secret.length, at + secret.length + 80)}`,
  );
}
