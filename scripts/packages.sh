# shellcheck shell=sh
# Installs what a script needs with the package manager of the system. To be sourced.

# Runs a command as root: directly, or by sudo, which asks for a password only when somebody is there to type it.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        return 1
    fi
}

# Installs packages by what the system has: names for apt, dnf, apk and brew, each list in one argument.
install_packages() {
    # shellcheck disable=SC2086 # each list is split into its names
    if command -v apt-get >/dev/null 2>&1; then
        as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends $1
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf install -y $2
    elif command -v apk >/dev/null 2>&1; then
        as_root apk add $3
    elif command -v brew >/dev/null 2>&1; then
        brew install $4
    else
        return 1
    fi
}
