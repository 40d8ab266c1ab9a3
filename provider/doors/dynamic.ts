import type { dynamic } from "@pulumi/pulumi";
import { listenForCancel } from "../creation/cancellation";
import { GitLabError, withCode } from "../gitlab";
import { type Lifecycle, InitFailure, messageOf } from "../lifecycle";
import { type Properties } from "../inputs/properties";
import { configure } from "./configure";

/** How the engine's protocol marks a secret: the name of the mark, and the mark. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Outputs that are always secret. */
const SECRETS = ["token", "clientKey"];

/** The lifecycle as the host of dynamic providers calls it, with readable errors and plain results, secrets marked. */
export function serve(lifecycle: Lifecycle): dynamic.ResourceProvider {
  return {
    configure,
    check: (olds, news) => withReadableErrors(() => lifecycle.check(olds as Properties, news as Properties)),
    diff: (id, olds, news) =>
      withReadableErrors(async () => {
        const result = await lifecycle.diff(id, olds as Properties, news as Properties);
        return isOfPlugin(olds as Properties, news as Properties) ? { ...result, changes: true } : result;
      }),
    create: (inputs) =>
      withReadableErrors(async () => {
        try {
          const result = await lifecycle.create(inputs as Properties);
          return { ...result, outs: withSecrets(result.outs) };
        } catch (error) {
          // Without __provider, no later refresh or destroy could load this package for the resource.
          if (error instanceof InitFailure) error.properties["__provider"] = (inputs as Properties)["__provider"];
          throw error;
        }
      }),
    read: (id, state) =>
      withReadableErrors(async () => {
        const found = await lifecycle.read(id, (state ?? {}) as Properties);
        return found.props === undefined ? {} : { ...found, props: withSecrets(found.props) };
      }),
    update: (id, olds, news) =>
      withReadableErrors(async () => {
        const result = await lifecycle.update(id, olds as Properties, news as Properties);
        return { ...result, outs: withSecrets(result.outs) };
      }),
    delete: (id, state) => withReadableErrors(() => lifecycle.delete(id, state as Properties)),
  };
}

/** Like {@link serve}, for a wait that the user's Ctrl-C ends: the host does not pass on the engine's Cancel. */
export function serveCancellable(lifecycle: Lifecycle): dynamic.ResourceProvider {
  return {
    ...serve(lifecycle),
    configure(request) {
      listenForCancel();
      return configure(request);
    },
  };
}

/**
 * Marks a value as secret. The engine marks outputs with the name of a secret input itself; another output would be
 * plain text in the state without this mark.
 */
export function secret(value: string): unknown {
  return { [SIGNATURE]: SECRET, value };
}

function withSecrets(outputs: Properties): Properties {
  const marked = { ...outputs };
  for (const key of SECRETS) {
    if (typeof marked[key] === "string") marked[key] = secret(marked[key]);
  }
  return marked;
}

/**
 * Whether the state was written by the native plugin, so that it lacks the text that loads us: neither refresh nor destroy could do
 * anything. An update, which only reads, adds it.
 */
function isOfPlugin(olds: Properties, news: Properties): boolean {
  return typeof news["__provider"] === "string" && olds["__provider"] === undefined;
}

/** Runs a call of the engine, and turns whatever it throws into a readable error. */
async function withReadableErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw readableError(thrown);
  }
}

/**
 * The host of dynamic providers prints `${error}: ${error.stack}` in addition to the engine's own message, and crashes if the thrown
 * value is not an object. So this always returns an Error, whose stack is a short form of the message.
 */
function readableError(thrown: unknown): Error {
  const error = new Error(withCode(messageOf(thrown)));
  const name = thrown instanceof Error ? thrown.name : "Error";
  error.name = name;
  error.stack = thrown instanceof GitLabError && thrown.what !== "" ? `Could not ${thrown.what}` : error.message;
  error.toString = () => name;
  if (thrown instanceof InitFailure) {
    return Object.assign(error, { id: thrown.id, properties: withSecrets(thrown.properties), reasons: thrown.reasons });
  }
  return error;
}
