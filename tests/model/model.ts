import { actMeanwhile, actOfOthers } from "./acts";
import { Chance } from "./chance";
import type { Engine, Outcome, UpOptions } from "./engine";
import { addFaults, addLateToken } from "./faults";
import { mutated } from "./mutations";
import { textOf, type Program } from "./program";
import { brokenRules, isNamed, type RunSeen, type Snapshot } from "./rules";
import { settle } from "./settlement";
import type { World } from "./world";

/** A broken rule. The message names seed and step, and the steps that led to it. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** How often something happens in a run of the model. */
export interface Weights {
  /** The share of runs with faults. */
  faults: number;
  /** The share of runs during which others change something. */
  meanwhile: number;
  /** The share of updates whose process is killed. */
  kills: number;
  /** Steps between two settlements. */
  settleEvery: number;
  /** Whether GitLab carries out some requests late, which needs the model's clock. */
  late: boolean;
}

/** A random sequence of runs of one stack, and of what others do in the same GitLab. */
export class Model {
  #program: Program = [];
  #trace: string[] = [];
  #step = 0;
  #counts: Record<string, number> = {};
  #running = false;
  /** The output of the last run. */
  #lastOutput = "";
  /** Objects that GitLab created after a run without an announcement by that run. */
  #unannounced: string[] = [];

  constructor(
    readonly world: World,
    private readonly engine: Engine,
    private readonly chance: Chance,
    private readonly weights: Weights,
  ) {}

  /** The number of times that each thing happened. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** All that happened, the newest last, as text. */
  get trace(): string {
    return this.#trace.join("\n");
  }

  get stepNumber(): number {
    return this.#step;
  }

  /** One step: the program changes, others act, the engine runs, the rules are checked. */
  async step(): Promise<void> {
    const { chance, world } = this;
    this.#note(`== step ${++this.#step}`);
    if (this.#step % this.weights.settleEvery === 0) return this.#settle();
    const { held } = await this.snapshot();
    // The first program has several resources, so that short runs have some, too.
    for (let changes = this.#step === 1 ? 8 : chance.below(4); changes > 0; changes--) {
      this.#program = mutated(this.#program, world, held, chance);
    }
    this.#note(`program:\n${textOf(this.#program)}`);
    for (let acts = chance.happens(0.5) ? 1 + chance.below(2) : 0; acts > 0; acts--) {
      this.#note(`others: ${actOfOthers(world, chance)}`);
    }
    if (chance.happens(this.weights.faults)) this.#note(`faults: ${addFaults(world, chance).join("; ")}`);
    else if (this.weights.late && chance.happens(0.1)) this.#late();
    if (chance.happens(this.weights.meanwhile)) this.#meanwhile();
    const operation = chance.weighted({ up: 14, refresh: 3, destroy: 1 });
    const outcome = await this.run(operation, operation === "up" ? this.#upOptions() : {});
    world.clearFaults();
    if (operation === "up" && outcome.ok) await this.expectClean();
    if (chance.happens(0.4)) this.#followErrors(outcome);
    this.#lastOutput = outcome.text;
    world.clock?.pass(60_000);
    this.assert(this.#unannounced.splice(0));
  }

  /** Runs the engine once, and checks the rules. @throws Violation */
  async run(operation: RunSeen["operation"], options: UpOptions = {}): Promise<Outcome> {
    const { world } = this;
    const program = this.#program;
    const before = await this.snapshot();
    const { requests } = world.simulator;
    requests.length = 0;
    this.#note(`${operation} ${JSON.stringify(options)}`);
    this.#running = true;
    const outcome = await this.#operate(operation, options);
    this.#running = false;
    const after = await this.snapshot();
    const sent = requests.map(
      ({ method, path, status, apiStatus, fault }) =>
        `    ${method} ${path} ${apiStatus ?? "-"} ${status ?? "no answer"} ${fault ?? ""}`,
    );
    this.#note(
      `  ${outcome.killed ? "killed" : outcome.ok ? "succeeded" : "failed"}; requests:\n${sent.join("\n")}\n  said:\n${outcome.text}`,
    );
    this.#note(
      `  state: ${after.held.map(({ name, key, pending, replacing }) => `${name}=${key}${pending ? " (to be deleted)" : ""}${replacing ? " (to be made)" : ""}`).join(", ")}`,
    );
    this.#count(`${operation} ${outcome.killed ? "killed" : outcome.ok ? "succeeded" : "failed"}`);
    this.#count("requests", requests.length);
    this.assert(brokenRules({ operation, program, before, after, outcome, requests: [...requests] }, world));
    return outcome;
  }

  #operate(operation: RunSeen["operation"], options: UpOptions): Promise<Outcome> {
    if (operation === "up") return this.engine.up(this.#program, options);
    return operation === "preview" ? this.engine.preview(this.#program) : this.engine[operation]();
  }

  async snapshot(): Promise<Snapshot> {
    return { live: this.world.live(), held: await this.engine.held() };
  }

  /** @throws Violation if a rule is broken */
  assert(found: readonly string[]): void {
    if (found.length > 0) throw new Violation(found.join("\n"));
  }

  /** After a successful update a preview plans nothing, and sends no request except to resolve another spelling of a project. */
  async expectClean(): Promise<void> {
    const { ok, changed, text } = await this.run("preview");
    const requests = this.world.simulator.requests.filter(({ path }) => !/\/projects\/[^/]+$/.test(path));
    if (!ok) this.assert([`the preview after a successful update failed:\n${text}`]);
    if (changed.length > 0) this.assert([`the preview after a successful update plans changes: ${changed.join(", ")}`]);
    this.assert(requests.map(({ method, path }) => `the preview after a successful update asked ${method} ${path}`));
  }

  #upOptions(): UpOptions {
    const { chance, weights } = this;
    const options: UpOptions = {};
    if (chance.happens(0.15)) options.refresh = true;
    if (chance.happens(0.15)) {
      const target = chance.pick(this.#program);
      if (target !== undefined) options.replace = [target.name];
    }
    if (chance.happens(weights.kills)) options.killAt = 1 + chance.below(4);
    return options;
  }

  /** Others change something after so many requests of the run. */
  #meanwhile(): void {
    let after = this.chance.below(10);
    // A separate random source, so that the number of requests does not affect later choices.
    const chance = new Chance(this.chance.below(1_000_000));
    const { onRequest } = this.world;
    this.world.onRequest = (request) => {
      onRequest(request);
      if (after-- === 0) this.#note(`meanwhile: ${actMeanwhile(this.world, chance)}`);
    };
  }

  /** GitLab carries out a creation late; if that is after the run, the run must have announced it. */
  #late(): void {
    const { world, chance } = this;
    const delay = chance.one([300, 2000, 20_000]);
    this.#note(`late: the next token, ${delay} ms after its 504`);
    addLateToken(world, delay, (id) => {
      this.#note(`late: token ${id} was created`);
      if (this.#running) return;
      const key = `token:${id}`;
      world.orphans.add(key);
      if (!isNamed(key, this.#lastOutput, world)) this.#unannounced.push(`${key} came late, and no message named it`);
    });
  }

  /** Follows an error's advice: sets the `import` that it shows. */
  #followErrors(outcome: Outcome): void {
    for (const { name, text } of outcome.errors) {
      const importId = /import: "([^"]+)"/.exec(text)?.[1];
      if (importId === undefined) continue;
      this.#note(`follows the error of ${name}: import ${importId}`);
      this.#program = this.#program.map((one) => (one.name === name ? { ...one, importId } : one));
    }
  }

  async #settle(): Promise<void> {
    this.#note("others take back what stands in the way");
    this.#program = await settle(this, this.#program, (program) => (this.#program = program));
  }

  #note(line: string): void {
    this.#trace.push(line);
  }

  #count(what: string, by = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + by;
  }
}
