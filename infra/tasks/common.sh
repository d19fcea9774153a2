# Shared by the tasks; sourced, not run.

cd "$(dirname "$0")/../.." || exit 1
target="${CARGO_TARGET_DIR:-target}"
# Nothing of ours is written outside the checkout.
export npm_config_cache="${npm_config_cache:-$PWD/.rapport/npm}"

say() { printf '%s\n' "$*" >&2; }
die() { say "make: $*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# What has to be there before we start, each with where it comes from.
need_tools() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    has cargo && has rustc || die "Rust is missing: install it from https://rustup.rs ($wanted or newer)"
    rust=$(rustc --version | cut -d ' ' -f 2)
    is_at_least "$rust" "$wanted" || die "Rust $rust is too old: $wanted or newer is needed (rustup update)"
    has cc || die "a C compiler is missing: install the package build-essential (macOS: xcode-select --install)"
    has node || die "Node.js is missing: install version 20 or newer"
    has npm || die "npm is missing: install it beside Node.js"
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
        die "Node.js $(node --version) is too old: version 20 or newer is needed"
}

# is_at_least <version> <least>: both <major>.<minor>, with or without more.
is_at_least() {
    printf '%s\n%s\n' "$1" "$2" | awk -F '[.-]' 'NR == 1 { major = $1; minor = $2 } END { exit !(major > $1 || major == $1 && minor >= $2) }' -
}

# Redis or Valkey from the machine, else from the package manager where we may. Nothing is started: the product runs a
# private one.
get_redis() {
    has redis-server || has valkey-server && return 0
    apt_install redis-server || brew_install redis
    has redis-server || has valkey-server
}

# A browser for the tests, its path in CHROMIUM_PATH: one of the machine, else from the package manager where we may.
get_chromium() {
    find_chromium && return 0
    apt_install chromium
    find_chromium
}

find_chromium() {
    for browser in "${CHROMIUM_PATH:-chromium}" chromium google-chrome chromium-browser \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
        # Ubuntu has a chromium-browser that only says which snap to install.
        if has "$browser" && "$browser" --version >/dev/null 2>&1; then
            CHROMIUM_PATH=$(command -v "$browser")
            export CHROMIUM_PATH
            return 0
        fi
    done
    return 1
}

# RAPPORT_INSTALL=no keeps us from installing anything that belongs to the machine.
may_install() { [ "${RAPPORT_INSTALL:-yes}" != no ]; }

# apt_install <Debian package>: as root and where there is apt-get; elsewhere nothing is done. RUNLEVEL keeps the
# package from starting a service.
apt_install() {
    may_install && [ "$(id -u)" = 0 ] && has apt-get || return 1
    say "Installing $1 with apt-get"
    install="apt-get install --yes --quiet --no-install-recommends $1"
    export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
    $install >/dev/null 2>&1 || { apt-get update --quiet >/dev/null 2>&1 && $install >/dev/null 2>&1; }
}

# brew_install <formula>: where there is Homebrew, which refuses root. It starts no service.
brew_install() {
    may_install && [ "$(id -u)" != 0 ] && has brew || return 1
    say "Installing $1 with brew"
    HOMEBREW_NO_AUTO_UPDATE=1 brew install --quiet "$1" >/dev/null 2>&1
}

# The packages of web/, when they are not the ones of its lock file.
get_web_packages() { get_packages web; }

# get_packages <folder with a package-lock.json>
get_packages() {
    [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return 0
    say "Fetching the npm packages of $1"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
}
