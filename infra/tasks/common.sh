# Shared by the tasks; sourced, not run.

cd "$(dirname "$0")/../.." || exit 1
target="${CARGO_TARGET_DIR:-target}"

say() { printf '%s\n' "$*" >&2; }
die() { say "make: $*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# What has to be there before we start, each with where it comes from.
need_tools() {
    has cargo || die "Rust is missing: install it from https://rustup.rs (1.95 or newer)"
    has cc || die "a C compiler is missing: install the package build-essential (macOS: xcode-select --install)"
    has node || die "Node.js is missing: install version 20 or newer"
    has npm || die "npm is missing: install it beside Node.js"
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
        die "Node.js $(node --version) is too old: version 20 or newer is needed"
}

# Redis or Valkey from the machine, else from the package manager where we may. Nothing is started: the product runs a
# private one. RUNLEVEL keeps the package from starting its service.
get_redis() {
    has redis-server || has valkey-server && return 0
    if [ "$(id -u)" = 0 ] && has apt-get; then
        say "Installing redis-server with apt-get"
        install='apt-get install --yes --quiet --no-install-recommends redis-server'
        export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
        $install >/dev/null 2>&1 || { apt-get update --quiet >/dev/null 2>&1 && $install >/dev/null 2>&1; }
    fi
    has redis-server || has valkey-server
}

# The packages of web/, when they are not the ones of its lock file.
get_web_packages() { get_packages web; }

# get_packages <folder with a package-lock.json>
get_packages() {
    [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return 0
    say "Fetching the npm packages of $1"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
}
