import type { dynamic } from "@pulumi/pulumi";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { repository } from "../support/repository";
import { CLASSES, type Kind } from "./program";

type Door = Required<dynamic.ResourceProvider>;
type Loader = (exports: object, require: (name: string) => unknown, module: object) => void;

/** What the client needs from its process: clock, randomness and output. */
export type Surroundings = Record<string, unknown>;

const outside = createRequire(__filename);
const loaders = new Map<string, Loader>();

/**
 * One process of the provider, as the engine starts for each run: the modules of dist/provider, loaded again. Libraries are loaded
 * once and shared, so that a start takes a few milliseconds.
 */
export class ProviderProcess {
  readonly #modules = new Map<string, { exports: object }>();
  readonly #doors: Record<Kind, Door>;

  constructor(surroundings: Surroundings, settings: Record<string, string>) {
    const runtime = this.#load(path.join(repository, "dist/provider/gitlab/runtime.js")) as {
      PROCESS_RUNTIME: Surroundings;
    };
    Object.assign(runtime.PROCESS_RUNTIME, surroundings);
    const entry = this.#load(path.join(repository, "dist/provider/index.js")) as Record<string, Door>;
    const door = (kind: Kind) => {
      const found = entry[CLASSES[kind].charAt(0).toLowerCase() + CLASSES[kind].slice(1)];
      if (found === undefined) throw new Error(`dist/provider has no ${kind}`);
      void found.configure({ config: { get: (key) => settings[key], require: (key) => settings[key] ?? "" } });
      return found;
    };
    this.#doors = { agent: door("agent"), token: door("token"), config: door("config") };
  }

  door(kind: Kind): Door {
    return this.#doors[kind];
  }

  #load(file: string): object {
    const known = this.#modules.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.#modules.set(file, module);
    loader(file)(module.exports, (name) => this.#require(file, name), module);
    return module.exports;
  }

  #require(from: string, name: string): unknown {
    return name.startsWith(".") ? this.#load(resolved(from, name)) : (outside(name) as unknown);
  }
}

// Every process asks for the same files again.
const resolutions = new Map<string, string>();

function resolved(from: string, name: string): string {
  const key = `${from} ${name}`;
  const known = resolutions.get(key);
  if (known !== undefined) return known;
  const file = path.resolve(path.dirname(from), name);
  const found = existsSync(`${file}.js`) ? `${file}.js` : path.join(file, "index.js");
  resolutions.set(key, found);
  return found;
}

function loader(file: string): Loader {
  let found = loaders.get(file);
  if (found === undefined) {
    // Runs in the test's realm, so that errors and arrays are instances of the classes that the code knows.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the package's own compiled code, read from dist/
    found = new Function("exports", "require", "module", readFileSync(file, "utf8")) as Loader;
    loaders.set(file, found);
  }
  return found;
}
