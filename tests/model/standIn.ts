import { Ended, Killed, Run, type StartProcess } from "./standInRun";
import { objectOf, type Engine, type Held, type Outcome, type UpOptions } from "./engine";
import { argumentsOf, type Declared, type Kind, type Program } from "./program";
import { plain, UNKNOWN, type Properties } from "./wire";

/** A resource in the stand-in's state. */
interface Entry {
  name: string;
  kind: Kind;
  id: string;
  inputs: Properties;
  outputs: Properties;
  /** The resource of its agent, if the program declares it. */
  agent?: string;
  pending: boolean;
  replacing: boolean;
}

/**
 * A stand-in for Pulumi's engine without parallelism: it makes the same calls to a provider, in the same order and with the same
 * values (from step_generator.go and step.go of 3.259, and from tests/engine). Each run starts a new process.
 */
export class StandIn implements Engine {
  #state: Entry[] = [];
  /** Resources whose creation was running when the process was killed. */
  #underWay: string[] = [];

  constructor(private readonly start: StartProcess) {}

  held(): Promise<Held[]> {
    return Promise.resolve(
      this.#state.map(({ name, kind, id, pending, replacing, outputs }) => {
        const secret = outputs["token"] as string | undefined;
        return {
          name,
          kind,
          id,
          ...objectOf(kind, id),
          pending,
          replacing,
          ...(secret === undefined ? {} : { secret }),
        };
      }),
    );
  }

  up(program: Program, options: UpOptions = {}): Promise<Outcome> {
    return this.#run(options, async (run) => {
      if (options.refresh) await this.#readAll(run);
      for (const declared of program) await this.#register(run, declared);
      run.assertWhole();
      await this.#deleteRest(run, program);
    });
  }

  preview(program: Program): Promise<Outcome> {
    return this.#run({}, async (run) => {
      run.dry = true;
      for (const declared of program) await this.#register(run, declared);
      for (const entry of this.#rest(program)) run.changed.push(entry.name);
    });
  }

  refresh(): Promise<Outcome> {
    return this.#run({}, (run) => this.#readAll(run));
  }

  destroy(): Promise<Outcome> {
    return this.#run({}, (run) => this.#deleteRest(run, []));
  }

  async #run(options: UpOptions, act: (run: Run) => Promise<void>): Promise<Outcome> {
    const run = new Run(this.start, options);
    if (this.#underWay.length > 0) run.say(`warning: pending operations: ${this.#underWay.join(", ")}`);
    let killed = false;
    try {
      await act(run);
      this.#underWay = [];
    } catch (error) {
      killed = error instanceof Killed;
      if (killed) this.#underWay.push(...run.creating);
      else if (!(error instanceof Ended)) throw error;
    }
    const { text, clear, errors, changed } = run;
    return { ok: !killed && errors.length === 0, killed, text, clear, errors, changed };
  }

  async #readAll(run: Run): Promise<void> {
    for (const entry of [...this.#state]) {
      if (entry.replacing) continue;
      const door = run.process.door(entry.kind);
      const found = await run.call(entry.name, () => door.read(entry.id, plain(entry.outputs)));
      if (found.id === undefined || found.id === "") {
        this.#forget(entry);
        run.changed.push(entry.name);
        continue;
      }
      entry.id = found.id;
      entry.outputs = withProvider(found.props as Properties, entry.inputs);
      await run.call(entry.name, () => door.diff(entry.id, plain(entry.outputs), plain(entry.inputs)));
    }
  }

  async #register(run: Run, declared: Declared): Promise<void> {
    const { name, kind } = declared;
    const parent =
      typeof declared.agent === "string" ? entryOf(this.#state, { kind: "agent", name: declared.agent }) : undefined;
    if (typeof declared.agent === "string" && run.failed.has(declared.agent)) return void run.failed.add(name);
    const unknown =
      run.dry && typeof declared.agent === "string" && (parent === undefined || run.changed.includes(declared.agent));
    const agentId =
      typeof declared.agent === "string" ? (unknown ? UNKNOWN : parent?.outputs["agentId"]) : declared.agent;
    const news: Properties = plain({
      ...argumentsOf(declared, agentId),
      ...(kind !== "config" && declared.called === undefined ? { name, __auto: true } : {}),
      ...(declared.importId === undefined ? {} : { importId: declared.importId }),
      ...(declared.importId !== undefined && kind === "token" ? { allowMissingToken: true } : {}),
      __provider: "text",
    });
    try {
      await this.#step(run, declared, news);
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      run.failed.add(name);
      // Without --continue-on-error the engine starts no further step.
      throw error;
    }
  }

  async #step(run: Run, declared: Declared, news: Properties): Promise<void> {
    const { name, kind, agent } = declared;
    const door = run.process.door(kind);
    const check = async (olds: Properties): Promise<Properties> => {
      const { inputs, failures } = await run.call(name, () => door.check(plain(olds), plain(news)));
      if (failures !== undefined && failures.length > 0) {
        run.fail(name, failures.map(({ reason }) => reason).join("\n"));
      }
      return plain(inputs as Properties);
    };
    const old = entryOf(this.#state, declared);
    const forced = run.options.replace?.includes(name) ?? false;
    const make = async (): Promise<void> => {
      run.changed.push(name);
      // A resource that is created again has no old inputs: the engine calls check again without them.
      const inputs = await check({});
      if (run.dry) return;
      const created = await run.write(name, () => door.create(plain(inputs)), "creates");
      this.#state = this.#state.filter((entry) => !(entry === old && entry.replacing));
      this.#state.push({
        name,
        kind,
        id: created.id,
        inputs,
        outputs: withProvider(created.outs as Properties, inputs),
        agent: typeof agent === "string" ? agent : undefined,
        pending: false,
        replacing: false,
      });
    };
    if (old === undefined || old.replacing) return make();
    const inputs = await check(forced ? {} : old.inputs);
    const diff = forced
      ? { changes: true, replaces: ["id"], deleteBeforeReplace: false }
      : await run.call(name, () => door.diff(old.id, plain(old.outputs), plain(inputs)));
    if (!diff.changes) {
      if (!run.dry) Object.assign(old, { name, inputs, agent: typeof agent === "string" ? agent : undefined });
      return;
    }
    if (!(declared.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
      await make();
      if (!run.dry) old.pending = true;
      return;
    }
    run.changed.push(name);
    if (!run.dry) {
      for (const child of this.#state.filter(
        (entry) => !entry.pending && !entry.replacing && entry.agent === old.name && kind === "agent",
      )) {
        const unknownAgent = { ...child.inputs, agentId: UNKNOWN };
        const diffOfChild = await run.call(child.name, () =>
          run.process.door(child.kind).diff(child.id, plain(child.outputs), plain(unknownAgent)),
        );
        if (diffOfChild.changes && (diffOfChild.replaces ?? []).length > 0) await this.#goFirst(run, child);
      }
      await this.#goFirst(run, old);
    }
    await make();
  }

  /** Deletes an object before its replacement is created, and records that. */
  async #goFirst(run: Run, entry: Entry): Promise<void> {
    await run.write(entry.name, () => run.process.door(entry.kind).delete(entry.id, plain(entry.outputs)));
    entry.replacing = true;
  }

  /** Deletes replaced and removed resources, children before their agents. */
  async #deleteRest(run: Run, program: Program): Promise<void> {
    const rest = this.#rest(program);
    const children = rest.filter(({ kind }) => kind !== "agent").reverse();
    for (const entry of [...children, ...rest.filter(({ kind }) => kind === "agent").reverse()]) {
      run.changed.push(entry.name);
      if (!entry.replacing) {
        await run.write(entry.name, () => run.process.door(entry.kind).delete(entry.id, plain(entry.outputs)));
      }
      this.#forget(entry);
    }
  }

  /** Replaced resources, and those that the program no longer declares. */
  #rest(program: Program): Entry[] {
    const kept = new Set(program.map((declared) => entryOf(this.#state, declared)));
    return this.#state.filter((entry) => entry.pending || !kept.has(entry));
  }

  #forget(entry: Entry): void {
    this.#state = this.#state.filter((one) => one !== entry);
  }
}

/** The entry of a resource that is not to be deleted, by its name or its former name. */
function entryOf(
  state: readonly Entry[],
  { kind, name, alias }: Pick<Declared, "kind" | "name" | "alias">,
): Entry | undefined {
  const live = state.filter((entry) => entry.kind === kind && !entry.pending);
  return live.find((entry) => entry.name === name) ?? live.find((entry) => entry.name === alias);
}

/** The outputs with the text that loads the provider, which the host of dynamic providers adds. */
function withProvider(outputs: Properties, inputs: Properties): Properties {
  return plain({ ...outputs, __provider: inputs["__provider"] });
}
