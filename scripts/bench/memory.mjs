import { readFileSync, readdirSync } from "node:fs";

/** Milliseconds between two readings. The kernel records the peak, so a peak between them is not missed. */
const INTERVAL = 200;

/**
 * Watches the provider process, dynamic or native, of the engine that has `mark` in its environment. `end()` returns the peak of
 * its memory (resident set) in MiB; undefined if the system has no /proc, or no such process ran.
 */
export function watchProvider(mark) {
  let pid;
  let peak;
  const look = () => {
    pid ??= providerOf(mark);
    if (pid === undefined) return;
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? [];
    if (kilobytes === undefined) pid = undefined;
    else peak = Math.max(peak ?? 0, Math.round((Number(kilobytes) / 1024) * 10) / 10);
  };
  const timer = setInterval(look, INTERVAL);
  return {
    end() {
      clearInterval(timer);
      return peak;
    },
  };
}

function providerOf(mark) {
  return names("/proc").find(
    (name) =>
      /^\d+$/.test(name) &&
      /^[^\0]*node\0.*(cmd\/dynamic-provider|pulumi-resource-(gitlab-agent|pulumi-nodejs))/s.test(
        read(`/proc/${name}/cmdline`),
      ) &&
      read(`/proc/${name}/environ`).includes(`BENCH_RUN=${mark}`),
  );
}

function names(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
