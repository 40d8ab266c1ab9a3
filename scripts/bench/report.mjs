import { OPERATIONS, PROGRAMS } from "./scenarios.mjs";

export const NAMES = {
  ours: "this package",
  native: "its native plugin",
  plain: "plain dynamic provider",
  floor: "the engine's floor",
};

/** The median of the values that `of` reads from the rows; undefined without rows. */
export function median(rows, of) {
  const values = rows.map(of).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  values.sort((one, other) => one - other);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/**
 * One row for each size, latency and operation of the grid: the medians of each program. The floor has no latency, so that
 * it stands beside every one.
 */
export function summary({ rows }) {
  const grid = rows.filter(({ scenario }) => scenario === "grid");
  const distinct = (of) => [...new Set(grid.map(of))].sort((one, other) => one - other);
  const latencies = distinct((row) => (row.program === "floor" ? -1 : row.latency)).filter((latency) => latency >= 0);
  return distinct(({ size }) => size).flatMap((size) =>
    latencies.flatMap((latency) =>
      OPERATIONS.map((operation) => {
        const of = (program) =>
          grid.filter(
            (row) =>
              row.program === program &&
              row.size === size &&
              row.operation === operation &&
              (program === "floor" || row.latency === latency),
          );
        const medians = PROGRAMS.map((program) => [
          program,
          {
            runs: of(program).length,
            seconds: median(of(program), (row) => row.seconds),
            cpuSeconds: median(of(program), (row) => row.cpuSeconds),
            requests: median(of(program), (row) => row.requests),
            stateBytes: median(of(program), (row) => row.stateBytes),
            providerMiB: median(of(program), (row) => row.providerMiB),
          },
        ]);
        return { size, latency, operation, ...Object.fromEntries(medians) };
      }),
    ),
  );
}

const seconds = (value) => (value === undefined ? "" : value.toFixed(2));
const whole = (value) => (value === undefined ? "" : String(Math.round(value)));
const ratio = (one, other) => (one === undefined || !other ? "" : (one / other).toFixed(2));

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** The whole table, with the machine, the versions and the command. */
export function markdown(results) {
  const rows = summary(results);
  const bySize = [...new Set(rows.map(({ size }) => size))];
  const sections = [
    "# Results",
    "Written by `scripts/bench.mjs`, explained in [README.md](README.md). The numbers are medians of the runs in the column " +
      "`runs`. *native* is our native plugin, *plain* a typical dynamic provider, *floor* a dynamic resource that does nothing (it sends no requests, so it " +
      "is measured without latency only).",
    results.runs.map(described).join("\n\n"),
    ...inShort(rows),
    ...nativeInShort(rows, results.rows),
    "## Wall time, in seconds",
    times(rows, "seconds"),
    "## Processor time of the engine and all that it starts, in seconds",
    times(rows, "cpuSeconds"),
    "## Requests",
    table(
      ["resources", "operation", "ours", "native", "plain"],
      bySize.flatMap((size) =>
        OPERATIONS.map((operation) => {
          const found = rows.filter((row) => row.size === size && row.operation === operation);
          const most = (program) => whole(median(found, (row) => row[program].requests));
          return [size, operation, most("ours"), most("native"), most("plain")];
        }),
      ),
    ),
    "## State on disk after `up`, in bytes a resource",
    table(
      ["resources", ...PROGRAMS],
      bySize.map((size) => {
        const found = rows.filter((row) => row.size === size && row.operation === "up");
        const bytes = (program) => found.findLast((row) => row[program].stateBytes)?.[program].stateBytes;
        return [size, ...PROGRAMS.map((program) => whole(bytes(program) && bytes(program) / size))];
      }),
    ),
    "## Memory of the provider process, peak of the resident set in MiB",
    table(
      ["resources", "operation", ...PROGRAMS],
      bySize.flatMap((size) =>
        OPERATIONS.map((operation) => {
          const found = rows.filter((row) => row.size === size && row.operation === operation);
          const peak = (program) => found.findLast((row) => row[program].providerMiB)?.[program].providerMiB;
          return [size, operation, ...PROGRAMS.map((program) => whole(peak(program)))];
        }),
      ),
    ),
    ...tokens(results.rows),
    ...rateLimited(results.rows),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** What docs/benchmarks/README.md shows: most resources, at a latency that is usual. */
const HEADLINE_LATENCY = 50;

function inShort(rows) {
  const most = Math.max(...rows.map(({ size }) => size));
  const shown = rows.filter(({ size, latency }) => size === most && latency === HEADLINE_LATENCY);
  const up = shown.find(({ operation }) => operation === "up");
  const refresh = shown.find(({ operation }) => operation === "refresh");
  if (!up || !refresh) return [];
  const times = shown.map(({ operation, ours, plain, floor }) => [
    ...[`\`${operation}\`, seconds`, seconds(ours.seconds), seconds(plain.seconds), seconds(floor.seconds)],
    ...[ratio(ours.seconds, plain.seconds), ratio(ours.seconds, floor.seconds)],
  ]);
  const bytes = (program) => program.stateBytes && program.stateBytes / most;
  const state = [up.ours, up.plain, up.floor].map(bytes);
  return [
    "## In short",
    table(
      [`${most} agents, ${HEADLINE_LATENCY} ms`, "ours", "plain", "floor", "ours / plain", "ours / floor"],
      [
        ...times,
        [
          ...["requests of a refresh", whole(refresh.ours.requests), whole(refresh.plain.requests), ""],
          ...[ratio(refresh.ours.requests, refresh.plain.requests), ""],
        ],
        ["bytes of state a resource", ...state.map(whole), ratio(state[0], state[1]), ratio(state[0], state[2])],
      ],
    ),
  ];
}

/** The native plugin beside the other programs: the largest case that has it, and the start. */
function nativeInShort(rows, all) {
  const size = Math.max(...rows.filter(({ native }) => native.runs > 0).map((row) => row.size));
  const shown = rows.filter((row) => row.size === size && row.native.runs > 0);
  const latency = shown.some((row) => row.latency === HEADLINE_LATENCY) ? HEADLINE_LATENCY : shown[0]?.latency;
  const found = shown.filter((row) => row.latency === latency);
  const up = found.find(({ operation }) => operation === "up");
  if (up === undefined) return [];
  const starts = all.filter(({ scenario, operation }) => scenario === "start" && operation === "preview");
  const line = (name, of, format) => {
    const values = Object.fromEntries(PROGRAMS.map((program) => [program, of(program)]));
    return [name, ...PROGRAMS.map((program) => format(values[program])), ratio(values.native, values.ours)];
  };
  const start = (field) => (program) =>
    median(
      starts.filter((row) => row.program === program),
      (row) => row[field],
    );
  return [
    "## The native plugin in short",
    table(
      [`${size} agents, ${latency} ms`, ...PROGRAMS, "native / ours"],
      [
        ...found.flatMap((row) => [
          line(`\`${row.operation}\`, seconds`, (program) => row[program].seconds, seconds),
          line(`\`${row.operation}\`, processor seconds`, (program) => row[program].cpuSeconds, seconds),
        ]),
        line("start (`preview` of one agent), seconds", start("seconds"), seconds),
        line("start, processor seconds", start("cpuSeconds"), seconds),
        line("bytes of state a resource", (program) => up[program].stateBytes && up[program].stateBytes / size, whole),
        line("memory of the provider process, MiB", (program) => up[program].providerMiB, whole),
      ],
    ),
  ];
}

function times(rows, field) {
  return table(
    ["resources", "latency", "operation", "runs", ...PROGRAMS, "native / ours", "ours / plain", "ours / floor"],
    rows
      .filter((row) => PROGRAMS.some((program) => row[program][field] !== undefined))
      .map(({ size, latency, operation, ...row }) => [
        ...[size, `${latency} ms`, operation, PROGRAMS.map((program) => row[program].runs).join(" / ")],
        ...PROGRAMS.map((program) => seconds(row[program][field])),
        ratio(row.native[field], row.ours[field]),
        ...[ratio(row.ours[field], row.plain[field]), ratio(row.ours[field], row.floor[field])],
      ]),
  );
}

function described({ command, machine, versions, began, ended }) {
  const numbers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Command: \`${command}\`, from ${began} to ${ended}`,
    `- Machine: ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}; load while it began: ${machine.load}`,
    `- Versions: ${numbers.join(", ")}`,
  ].join("\n");
}

function tokens(all) {
  const rows = all.filter(({ scenario }) => scenario === "tokens");
  if (rows.length === 0) return [];
  const { size, latency } = rows[0];
  return [
    `## Agents with tokens: ${size / 2} of each, ${latency} ms`,
    table(
      ["program", "operation", "seconds", "requests", "bytes of state a resource", "MiB"],
      rows.map((row) => [
        ...[row.program, row.operation, seconds(row.seconds), row.requests],
        ...[row.operation === "destroy" ? "" : whole(row.stateBytes / size), whole(row.providerMiB)],
      ]),
    ),
  ];
}

function rateLimited(all) {
  const rows = all.filter(({ scenario }) => scenario === "rateLimited");
  if (rows.length === 0) return [];
  const [{ size, limit }] = rows;
  return [
    `## ${size} resources with a rate limit of ${limit} requests a minute`,
    "Each operation starts at a new minute; a run that fails is repeated at the next minute. The times include these waits.",
    table(
      ["program", "operation", "finished", "commands run", "seconds", "requests", "refused (429)"],
      rows.map((row) => [
        ...[row.program, row.operation, row.ok ? "yes" : "no", row.attempts],
        ...[row.seconds.toFixed(0), row.requests, row.refused],
      ]),
    ),
  ];
}
